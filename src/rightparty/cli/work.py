# SPDX-License-Identifier: Apache-2.0
"""`rightparty work`: a worker that runs until it is told to stop, and says how it does."""

import os
import signal
from dataclasses import asdict
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Annotated, Final

import typer
from django.db import connection

from rightparty.cli.output import Json, Out, answer, progress_console, refuse
from rightparty.cli.store import ensure_store
from rightparty.cli.worker_pages import WorkerPages
from rightparty.dispatch.channels.measured import measure_channels
from rightparty.dispatch.channels.registry import close_all
from rightparty.dispatch.sole_worker import SoleWorker
from rightparty.dispatch.worker import (
    BATCH,
    DRAIN_SECONDS,
    LEASE_SECONDS,
    STORE_FAULTS,
    Stop,
    Worker,
    WorkOptions,
    pause_after_failures,
)
from rightparty.kernel.vocabulary import MessageChannel

SHORTEST_LEASE: Final = 5
"""Seconds: below this a lease is over before an ordinary hand-over is."""

LOOK_SECONDS: Final = 0.5
"""Between two looks whether another worker has left an embedded store."""


def work(
    once: Annotated[bool, typer.Option("--once", help="End when nothing more can be decided.")] = False,
    for_: Annotated[float | None, typer.Option("--for", min=0, help="End after so many seconds.")] = None,
    batch: Annotated[int, typer.Option("--batch", min=1, max=5000, help="Most reminders in one transaction.")] = BATCH,
    lease: Annotated[
        int, typer.Option("--lease", min=SHORTEST_LEASE, max=3600, help="Seconds from claim to last hand-over.")
    ] = LEASE_SECONDS,
    drain: Annotated[
        float, typer.Option("--drain", min=0, help="Seconds in which released messages still go out after a stop.")
    ] = DRAIN_SECONDS,
    channel: Annotated[list[str] | None, typer.Option("--channel", help="Only this channel; may be repeated.")] = None,
    listen: Annotated[
        str, typer.Option("--listen", help="HOST:PORT for /healthz, /readyz and /metrics; none: not served.")
    ] = "",
    wait: Annotated[
        bool, typer.Option("--wait", help="Embedded store: wait for the other worker instead of refusing.")
    ] = False,
    as_json: Json = False,
    out: Out = None,
) -> None:
    """Work: take reminders through the gate to the channels until told to stop (SIGTERM or Ctrl-C; twice: at once)."""
    channels = _known(channel)
    address = _address(listen)
    stop = stop_on_signals()
    if not reach_store(stop, patient=not once) or not take_store(stop, wait=wait):
        return
    options = WorkOptions(batch=batch, lease_seconds=lease, drain_seconds=drain, channels=channels)
    worker = Worker(clock=present, options=options, stop=stop)
    summary = run_worker(worker, once=once, seconds=for_, address=address)
    answer(summary, as_json=as_json, out=out)


def present() -> datetime:
    """Return the present instant."""
    return datetime.now(tz=UTC)


def run_worker(
    worker: Worker, *, once: bool = False, seconds: float | None = None, address: tuple[str, int] | None = None
) -> dict[str, object]:
    """Run a worker with its pages and counters, and let the providers go when it ends."""
    set_up_tracing()
    measure_channels(worker.metrics, goes_on=worker.may_go_on)
    server = _serve(worker, address) if address else None
    progress_console.print(f"worker {worker.name} works (stop: Ctrl-C or SIGTERM)", highlight=False)
    try:
        summary = worker.run(until_empty=once, seconds=seconds)
    finally:
        close_all()
        if server is not None:
            server.shutdown()
    told = ", ".join(f"{count} {name}" for name, count in summary.counts.items())
    progress_console.print(f"worker {worker.name} ended: {told}", highlight=False)
    return asdict(summary)


def stop_on_signals() -> Stop:
    """Return what the first SIGTERM or SIGINT asks to stop; a second one ends the process at once."""
    stop = Stop()

    def ask(_number: int, _frame: FrameType | None) -> None:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, signal.SIG_DFL)
        stop.ask()
        os.write(2, b"stopping: what is under way is finished (again: at once)\n")

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    return stop


def reach_store(stop: Stop, *, patient: bool) -> bool:
    """Find or make the store's tables; return False if asked to stop while the store does not answer.

    Raises:
        UsageError: it does not answer and this worker is not patient, or its tables are missing or old.
    """
    attempts = 0
    while not stop.is_asked:
        try:
            ensure_store()
        except STORE_FAULTS as fault:
            kind = type(fault).__name__
            if not patient:
                raise refuse(f"the store does not answer ({kind})", "start it, or correct DATABASE_URL") from fault
            attempts += 1
            progress_console.print(f"the store does not answer ({kind}): trying again")
            connection.close()
            stop.sleep(pause_after_failures(attempts))
        else:
            return True
    return False


def take_store(stop: Stop, *, wait: bool) -> bool:
    """Become the only worker of an embedded store; return False if asked to stop while waiting for it.

    Raises:
        UsageError: another worker has it, and this one is not to wait.
    """
    if connection.vendor != "sqlite":
        return True
    sole = SoleWorker(Path(str(connection.settings_dict["NAME"])))
    if sole.take():
        _HELD.append(sole)
        return True
    if not wait:
        raise refuse(
            "another worker has this embedded store, which has one writer",
            "stop it, let this one wait with --wait, or use PostgreSQL for several workers",
        )
    progress_console.print("another worker has this embedded store: waiting until it ends")
    while not stop.is_asked:
        stop.sleep(LOOK_SECONDS)
        if sole.take():
            _HELD.append(sole)
            return True
    return False


_HELD: Final[list[SoleWorker]] = []
"""Keeps the lock's file open until the process ends."""


def set_up_tracing() -> bool:
    """Send spans where the OTEL_* settings say; without them nothing is traced.

    Raises:
        UsageError: tracing is asked for, and its packages are not installed.
    """
    asked = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    if not any(os.environ.get(name) for name in asked) or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    try:
        from opentelemetry import trace  # noqa: PLC0415 (an extra that most installations do without)
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as missing:
        raise refuse(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, and the packages for traces are not installed",
            "install rightparty[traces], or unset it",
        ) from missing
    name = os.environ.get("OTEL_SERVICE_NAME", "rightparty-worker")
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return True


def _serve(worker: Worker, address: tuple[str, int]) -> ThreadingHTTPServer:
    try:
        server = WorkerPages(worker).serve(*address)
    except OSError as fault:
        raise refuse(
            f"--listen: cannot listen on {address[0]}:{address[1]}", "choose an address of this machine that is free"
        ) from fault
    host, port = server.server_address[:2]
    progress_console.print(f"pages on http://{host!s}:{port}/metrics", highlight=False)
    return server


def _address(text: str) -> tuple[str, int] | None:
    if not text:
        return None
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise refuse(f"--listen: {text} is not HOST:PORT", "for example --listen 127.0.0.1:9100")
    return host.strip("[]"), int(port)


def _known(channels: list[str] | None) -> frozenset[str] | None:
    unknown = sorted(set(channels or []) - set(MessageChannel))
    if unknown:
        raise refuse(f"--channel: {', '.join(unknown)} is no channel", f"one of {', '.join(MessageChannel)}")
    return frozenset(channels) if channels else None


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(work)
