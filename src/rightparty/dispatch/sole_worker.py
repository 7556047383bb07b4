# SPDX-License-Identifier: Apache-2.0
"""Lets one worker at a time work on an embedded store: a lock of the operating system, which dies with its process."""

import fcntl
import os
from pathlib import Path


class SoleWorker:
    """The right to be the worker of a store, held until it is let go or the process ends, however it ends."""

    def __init__(self, store: Path) -> None:
        self._file = store.with_name(store.name + ".worker")
        self._open: int | None = None

    def take(self) -> bool:
        """Take the right if nobody holds it; tell whether it is held now.

        Raises:
            OSError: the folder of the store takes no file.
        """
        if self._open is None:
            opened = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(opened)
                return False
            self._open = opened
        return True

    def let_go(self) -> None:
        """Give the right up. The file stays: deleting it would let two hold a lock on two files of one name."""
        if self._open is not None:
            os.close(self._open)
            self._open = None
