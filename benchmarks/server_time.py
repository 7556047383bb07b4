# SPDX-License-Identifier: Apache-2.0
"""Processor time that a PostgreSQL server on this machine has used: beside its clients on the same cores it counts."""

import os
from pathlib import Path

_PARENT, _USER, _SYSTEM, _ENDED_USER, _ENDED_SYSTEM = 1, 11, 12, 13, 14
"""Places in /proc/PID/stat after the process's name. Source: proc_pid_stat(5)."""


def server_seconds(backend: int) -> float | None:
    """Return what all processes of a server have used since it started, those that have ended among them.

    Args:
        backend: one of its processes, as `pg_backend_pid()` names it.

    Returns:
        Seconds; None if it does not run on this machine.
    """
    own = _stat(backend)
    if own is None or not (Path("/proc") / str(backend) / "comm").read_text().startswith("postgres"):
        return None
    server = int(own[_PARENT])
    ticks = 0
    for entry in Path("/proc").iterdir():
        stat = _stat(int(entry.name)) if entry.name.isdigit() else None
        if stat is None:
            continue
        if int(stat[_PARENT]) == server:
            ticks += int(stat[_USER]) + int(stat[_SYSTEM])
        if int(entry.name) == server:
            ticks += sum(int(stat[place]) for place in (_USER, _SYSTEM, _ENDED_USER, _ENDED_SYSTEM))
    return ticks / os.sysconf("SC_CLK_TCK")


def _stat(process: int) -> list[str] | None:
    try:
        return (Path("/proc") / str(process) / "stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
