# SPDX-License-Identifier: Apache-2.0
"""A SQLite file per history, a connection per actor: every statement and commit is a point at which things go wrong.

One writer at a time, as SQLite has it: whoever begins while another writes waits. A crash closes the connection, which
rolls back what was not committed. Errors are those that the driver would raise: database restarted, disk full, and an
answer to COMMIT that is lost although the transaction is committed.
"""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import OperationalError, connections

from tests.simulation.scheduler import Actor, CrashError, Fault, Scheduler

_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")
_ERRORS = {"full": "database or disk is full", "error": "disk I/O error: the database went away"}


def verb_of(sql: str) -> str:
    """Return the first word of a statement, looking through a batch's count."""
    words = sql.split(None, 1)
    return words[0].upper() if words else ""


class FaultyStore:
    """The store of one history."""

    def __init__(self, template: Path, folder: Path, scheduler: Scheduler) -> None:
        self.path = folder / "history.db"
        self.remove()
        shutil.copyfile(template, self.path)
        self.scheduler = scheduler
        self.writer: Actor | None = None
        self.commits = 0
        #: called after each commit with the actor whose it was
        self.on_commit: Callable[[Actor], None] = lambda _actor: None
        self._mine: list[Any] = []
        self.own = self._connect(None)
        self.observer = sqlite3.connect(self.path, isolation_level=None)

    def remove(self) -> None:
        """Delete the files."""
        for end in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + end).unlink(missing_ok=True)

    def close(self) -> None:
        """Close every connection and delete the files."""
        self.observer.close()
        for made in self._mine:
            made.execute_wrappers.clear()
            made.close()
        self.remove()

    def switch_to(self, actor: Actor) -> None:
        """Make the actor's connection the current one."""
        if actor.connection is None:
            actor.connection = self._connect(actor)
        connections["default"] = actor.connection

    def end(self, actor: Actor) -> None:
        """Close what a dead or finished actor held; what it had not committed is gone."""
        made, actor.connection = actor.connection, None
        if made is not None:
            made.execute_wrappers.clear()
            raw, made.connection = made.connection, None
            if raw is not None:
                raw.close()
            self._mine.remove(made)
        self._free(actor)

    def _connect(self, actor: Actor | None) -> Any:
        made = connections.create_connection("default")
        made.settings_dict = {**made.settings_dict, "NAME": str(self.path), "CONN_MAX_AGE": None}
        made.settings_dict["OPTIONS"] = {**made.settings_dict["OPTIONS"], "timeout": 0}
        made.inc_thread_sharing()
        self._mine.append(made)
        if actor is None:
            return made
        made.execute_wrappers.append(
            lambda execute, sql, params, many, context: self._statement(actor, execute, sql, params, many, context)
        )
        # the line in front of the one writer is of real time; here the scheduler says who waits
        made._start_transaction_under_autocommit = lambda: made.cursor().execute("BEGIN IMMEDIATE")
        commit, rollback = made._commit, made._rollback
        made._commit = lambda: self._commit(actor, commit)
        made._rollback = lambda: self._rollback(actor, rollback)
        return made

    def _statement(self, actor: Actor, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        verb = verb_of(sql)
        if actor.dying:
            if verb in ("ROLLBACK", "RELEASE"):
                return execute(sql, params, many, context)
            raise CrashError
        wire = "wire" if self.scheduler.at_the_wire else ""
        begins, writes = verb == "BEGIN", verb in _WRITES
        if begins or writes:
            self._carry_out(actor, self.scheduler.point("statement", "write", label=sql[:60]))
        elif verb not in ("SAVEPOINT", "RELEASE", "ROLLBACK"):
            self._carry_out(actor, self.scheduler.point("statement", wire or "read", label=sql[:40]))
        alone = not context["connection"].in_atomic_block
        if begins or (writes and alone):
            while self.writer is not None and self.writer is not actor:
                self.scheduler.wait_for_lock(actor)
        result = execute(sql, params, many, context)
        if begins:
            self.writer = actor
        elif writes and alone and self.writer is not actor:
            self._committed(actor)
        return result

    def _carry_out(self, actor: Actor, fault: Fault | None) -> None:
        if fault is None:
            return
        if fault.what in _ERRORS:
            raise OperationalError(_ERRORS[fault.what])

    def _commit(self, actor: Actor, commit: Callable[[], None]) -> None:
        try:
            if actor.dying:
                raise CrashError
            fault = self.scheduler.point("commit", "write", label="before")
        except CrashError:
            # who dies here does nothing more; Django's way out would still commit
            actor.connection.connection.rollback()
            raise
        if fault is not None and fault.what != "lost_answer":
            self._carry_out(actor, fault)
        writes = self.writer is actor
        commit()
        self._free(actor)
        if writes:
            self._committed(actor)
        if fault is not None and fault.what == "lost_answer":
            raise OperationalError("server closed the connection unexpectedly")
        self._carry_out(actor, self.scheduler.point("committed", label="after"))

    def _rollback(self, actor: Actor, rollback: Callable[[], None]) -> None:
        rollback()
        self._free(actor)

    def _free(self, actor: Actor) -> None:
        if self.writer is actor:
            self.writer = None
        self.scheduler.lock_is_free()

    def _committed(self, actor: Actor) -> None:
        self.commits += 1
        self.scheduler.note(f"{actor.name} committed {self.commits}")
        self.on_commit(actor)
