# SPDX-License-Identifier: Apache-2.0
"""What a worker tells its surroundings over HTTP: /healthz, /readyz and /metrics. Numbers and words of ours only."""

import json
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from django.db import Error as StoreError
from django.db import connection
from prometheus_client import ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from rightparty.dispatch.channels.registry import provider_health
from rightparty.dispatch.metrics import StoreCollector, StoreFigures
from rightparty.dispatch.queries import is_halted, oldest_waiting, waiting_reminders
from rightparty.dispatch.worker import Worker
from rightparty.evidence.queries import newest_index

STILL_ALIVE_SECONDS: Final = 90.0
"""Longest time without a sign of life: a transaction of the gate or a provider's answer takes less."""

KEPT_SECONDS: Final = 5.0
"""For how long the store's figures are told again, so that many scrapers cost no more than one."""


class _Server6(ThreadingHTTPServer):
    address_family = socket.AF_INET6


class WorkerPages:
    """The pages of one worker, served by threads of their own until it ends."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._kept: tuple[float, StoreFigures | None] = (float("-inf"), None)
        self._lock = threading.Lock()
        ProcessCollector(registry=worker.metrics.registry)
        worker.metrics.registry.register(StoreCollector(self._figures))

    def serve(self, host: str, port: int) -> ThreadingHTTPServer:
        """Begin to serve and return the server; port 0 takes any that is free.

        Raises:
            OSError: the address is taken or not ours.
        """
        kind = _Server6 if ":" in host else ThreadingHTTPServer
        server = kind((host, port), _handler_of(self))
        threading.Thread(target=server.serve_forever, name="worker-pages", daemon=True).start()
        return server

    def healthz(self) -> tuple[HTTPStatus, str, bytes]:
        """Tell whether the loop still turns."""
        silent = self._worker.ticks() - self._worker.alive_at
        status = HTTPStatus.OK if silent < STILL_ALIVE_SECONDS else HTTPStatus.SERVICE_UNAVAILABLE
        return status, "application/json", json.dumps({"alive": status is HTTPStatus.OK}).encode()

    def readyz(self) -> tuple[HTTPStatus, str, bytes]:
        """Tell whether the worker takes new work: the store answers and nobody has asked it to stop."""
        try:
            halted: bool | None = is_halted()
        except StoreError:
            halted = None
        finally:
            connection.close()
        draining = self._worker.stop.is_asked
        ready = halted is not None and not draining
        told = {"ready": ready, "store": halted is not None, "draining": draining, "halted": halted}
        return (
            HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE,
            "application/json",
            json.dumps(told).encode(),
        )

    def metrics(self) -> tuple[HTTPStatus, str, bytes]:
        """Tell every figure in the form that Prometheus reads."""
        return HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(self._worker.metrics.registry)

    def _figures(self) -> StoreFigures | None:
        with self._lock:
            kept_at, figures = self._kept
            if figures is None or time.monotonic() - kept_at >= KEPT_SECONDS:
                self._kept = (time.monotonic(), read_figures(at=self._worker.clock()))
            return self._kept[1]


def read_figures(*, at: datetime) -> StoreFigures | None:
    """Return what the store knows, or None if it does not answer; the connection is this thread's and is given up."""
    try:
        oldest = oldest_waiting()
        return StoreFigures(
            waiting=waiting_reminders(),
            oldest_wait=max((at - oldest).total_seconds(), 0.0) if oldest else None,
            halted=is_halted(),
            evidence_head=newest_index(),
            providers={(each.channel, each.provider): (each.failures, each.resting) for each in provider_health()},
        )
    except StoreError:
        return None
    finally:
        connection.close()


def _handler_of(pages: WorkerPages) -> type[BaseHTTPRequestHandler]:
    answers: dict[str, Callable[[], tuple[HTTPStatus, str, bytes]]] = {
        "/healthz": pages.healthz,
        "/readyz": pages.readyz,
        "/metrics": pages.metrics,
    }

    class Handler(BaseHTTPRequestHandler):
        """Answers GET on three paths; writes no log, since a path may hold anything."""

        timeout = 10
        server_version = "rightparty"
        sys_version = ""

        def do_GET(self) -> None:
            """Answer."""
            answer = answers.get(self.path.partition("?")[0])
            if answer is None:
                self.send_error(HTTPStatus.NOT_FOUND, explain="ask for /healthz, /readyz or /metrics")
                return
            status, kind, body = answer()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: Any) -> None:
            """Write nothing."""

    return Handler
