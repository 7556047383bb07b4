# SPDX-License-Identifier: Apache-2.0
"""Django's SQLite with a line in front of the one writer: who waits is next, and not whoever happens to ask.

SQLite itself lets waiting writers ask again after sleeps of up to a tenth of a second. Beside a worker that writes
without a pause a payment would meet a free moment once in many seconds, if at all (right_debt). Here whoever wants to
write first takes a lock on a file beside the store and keeps it until his transaction has begun: the worker, when it
has committed, queues up behind him.

The line is about order alone. Who cannot join it in time goes on without; SQLite sees to it that only one writes.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

LINE_SECONDS: Final = 30.0
"""How long a writer waits, first for the line and then for the store; then it goes on without, or fails as ever."""

ASK_SECONDS: Final = 0.001
"""Between two looks whether it is one's turn."""

SQLITE_BUSY: Final = 5


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose writing transactions begin in the order of a line."""

    _line: int | None = None

    def _start_transaction_under_autocommit(self) -> None:
        with self._in_line():
            self._begin(time.monotonic() + LINE_SECONDS)

    def _begin(self, deadline: float) -> None:
        """Begin as soon as the store is free: asked anew each millisecond, not after SQLite's growing sleeps."""
        self.cursor().execute("PRAGMA busy_timeout = 0")
        try:
            while True:
                try:
                    super()._start_transaction_under_autocommit()  # type: ignore[misc]
                except OperationalError as fault:
                    code = getattr(fault.__cause__, "sqlite_errorcode", 0)
                    if code & 0xFF != SQLITE_BUSY or time.monotonic() > deadline:
                        raise
                    time.sleep(ASK_SECONDS)
                else:
                    return
        finally:
            self.cursor().execute(f"PRAGMA busy_timeout = {int(LINE_SECONDS * 1000)}")

    @contextmanager
    def _in_line(self) -> Iterator[None]:
        if self.is_in_memory_db():
            yield
            return
        if self._line is None:
            path = f"{self.settings_dict['NAME']}-line"
            self._line = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        line, deadline = self._line, time.monotonic() + LINE_SECONDS
        while not _took(line) and time.monotonic() < deadline:
            time.sleep(ASK_SECONDS)
        try:
            yield
        finally:
            fcntl.flock(line, fcntl.LOCK_UN)

    def _close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            os.close(line)
        super()._close()  # type: ignore[misc]


def _took(line: int) -> bool:
    try:
        fcntl.flock(line, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
