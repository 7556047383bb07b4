# SPDX-License-Identifier: Apache-2.0
"""Real worker processes on the test's store, and a real SMSC that notes when each message came in.

A worker runs as `rightparty work` does, but for its clock: it shows a lawful hour whenever the test runs.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from tests.peers.real_smsc import running_smsc

ROOT = Path(__file__).resolve().parents[3]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(condition: Callable[[], object], seconds: float = 30, *, every: float = 0.02) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(every)


def store_url() -> str:
    """The address of the test's own store, as a worker's settings take it."""
    options = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{options['NAME']}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{options['NAME']}").geturl()


class Smsc:
    """A real SMSC process that answers after a while."""

    def __init__(self, *, port: int, record: Path) -> None:
        self.port = port
        self._taken = record

    @classmethod
    @contextmanager
    def running(cls, *, delay_ms: int) -> Iterator[Self]:
        with running_smsc("slow_smsc.js", str(delay_ms)) as (port, record):
            yield cls(port=port, record=record)

    @property
    def url(self) -> str:
        return f"smpp://lender:secret@127.0.0.1:{self.port}"

    def taken(self) -> list[dict[str, object]]:
        """What came in: `at` in seconds since 1970, `to`, `part` of a long text."""
        lines = [json.loads(line) for line in self._taken.read_text().splitlines() if line.startswith("{")]
        return [{**line, "at": line["at"] / 1000} for line in lines]

    def unbound(self) -> int:
        return self._taken.read_text().count("unbound")


class WorkerProcess:
    """One `rightparty work`."""

    def __init__(self, *words: str, sms: str, shows: datetime, home: Path | None = None) -> None:
        self.home = home or Path(settings.RIGHTPARTY["HOME"])
        environment = {
            **os.environ, "DATABASE_URL": store_url(), "RIGHTPARTY_HOME": str(self.home), "RIGHTPARTY_SMS": sms,
            "RIGHTPARTY_SECRET_KEY": "tests-only", "DJANGO_SETTINGS_MODULE": "rightparty.site.settings",
            "RIGHTPARTY_HOUSE_RULES": str(ROOT / "tests/house.toml"), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
            "RIGHTPARTY_LOG": "-", "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        ahead = (shows - datetime.now(tz=UTC)).total_seconds()
        self._said = Path(tempfile.mkstemp(prefix="worker-")[1])
        with self._said.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.integration.workers.shifted", str(ahead), *words],
                env=environment, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def said(self) -> str:
        return self._said.read_text()

    def wait_until_it_works(self) -> None:
        wait_for(lambda: " works (stop" in self.said() or self.process.poll() is not None, 120)
        assert self.process.poll() is None, self.said()

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def ended(self, seconds: float = 30) -> int:
        return self.process.wait(timeout=seconds)

    def end(self) -> None:
        print(self.said())  # shown with a failure
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=10)
        with suppress(FileNotFoundError):
            self._said.unlink()


def enough_people(numbers: Sequence[int], at: datetime) -> None:
    """Add debtors with one planned reminder each."""
    from tests.integration.dispatch.lender import add_person, enqueue

    enqueue([(add_person(number, at)[0], number) for number in numbers], at)
