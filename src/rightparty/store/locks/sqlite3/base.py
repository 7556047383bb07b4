# SPDX-License-Identifier: Apache-2.0
"""Django's SQLite with a line in front of the one writer: who waits is next, and not whoever happens to ask.

SQLite itself lets waiting writers ask again after sleeps of up to a tenth of a second. Beside a worker that writes
without a pause a payment would meet a free moment once in many seconds, if at all (right_debt). Here whoever wants to
write first takes a lock on a file beside the store and keeps it until his transaction has begun: the worker, when it
has committed, queues up behind him.

Several who wait have no order among themselves. So a process that writes without a pause (`store.locks.give_way`) lets
all who wait go first, for a while: one of eight payers would else lose the race against it several times in a row.

The line is about order alone. Who cannot join it in time goes on without; SQLite sees to it that only one writes.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

from rightparty.store.locks import GIVES_WAY

LINE_SECONDS: Final = 30.0
"""How long a writer waits, first for the line and then for the store; then it goes on without, or fails as ever."""

ASK_SECONDS: Final = 0.001
"""Between two looks whether it is one's turn."""

GIVE_WAY_SECONDS: Final = 0.5
"""How long a process that gives way waits for others: then it takes its turn like everybody."""

SQLITE_BUSY: Final = 5


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose writing transactions begin in the order of a line."""

    _files: dict[str, int]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make a connection that is not open yet."""
        super().__init__(*args, **kwargs)
        self._files = {}

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
        line, waiting = self._opened("line"), self._opened("waiting")
        if self.settings_dict.get(GIVES_WAY):
            # whoever waits shares this lock: alone with it, nobody does
            _wait_for(waiting, GIVE_WAY_SECONDS)
            fcntl.flock(waiting, fcntl.LOCK_UN)
            _wait_for(line, LINE_SECONDS)
        else:
            fcntl.flock(waiting, fcntl.LOCK_SH)
            try:
                _wait_for(line, LINE_SECONDS)
            finally:
                fcntl.flock(waiting, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(line, fcntl.LOCK_UN)

    def _opened(self, name: str) -> int:
        if name not in self._files:
            path = f"{self.settings_dict['NAME']}-{name}"
            self._files[name] = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        return self._files[name]

    def _close(self) -> None:
        files, self._files = self._files, {}
        for file in files.values():
            os.close(file)
        super()._close()  # type: ignore[misc]


def _wait_for(file: int, seconds: float) -> None:
    """Take a lock, or go on without it when the time is over."""
    deadline = time.monotonic() + seconds
    while not _took(file) and time.monotonic() < deadline:
        time.sleep(ASK_SECONDS)


def _took(line: int) -> bool:
    try:
        fcntl.flock(line, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
