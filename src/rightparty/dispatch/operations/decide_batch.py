# SPDX-License-Identifier: Apache-2.0
"""Take a claimed batch through the gate, also when one of its reminders makes the gate fail: the others go on (once).

A batch on which the gate fails is halved until the reminders at fault stand alone; those are set aside. If several fail
and none passes, or the gate fails on nothing at all, the gate is at fault and not a reminder: all stay claimed, and the
caller gives them back.

Crash meaning: each part commits by itself; what is left is claimed until the lease ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

import polars as pl
from django.db import DataError, IntegrityError, ProgrammingError

from rightparty.dispatch.operations.release import Released, make_ready, release
from rightparty.dispatch.operations.set_aside import set_aside

FAULTS: Final = (
    ArithmeticError, AssertionError, AttributeError, DataError, EOFError, IntegrityError, LookupError, NameError,
    OSError, ProgrammingError, RuntimeError, TypeError, ValueError, pl.exceptions.PanicException,
    pl.exceptions.PolarsError,
)  # fmt: skip
"""What a defect or a row that nobody thought of raises; a store that does not answer is not among it."""

ENOUGH: Final = 5
"""So many reminders that fail, and none that passes, show that the gate itself fails."""


class GateFailingError(RuntimeError):
    """The gate fails on everything it is given."""

    remedy = "Look at the log for the kind of the fault and its places; nothing is lost, the reminders wait."


@dataclass(slots=True, kw_only=True)
class DecidedBatch:
    """What became of a batch."""

    released: list[UUID] = field(default_factory=list)
    withheld: int = 0
    deferred: int = 0
    set_aside: int = 0

    @property
    def passed(self) -> int:
        """How many the gate decided on by itself."""
        return len(self.released) + self.withheld + self.deferred

    def add(self, part: Released) -> None:
        """Add what became of a part."""
        self.released += part.released
        self.withheld += part.withheld
        self.deferred += part.deferred


def decide_batch(ids: Sequence[UUID], *, worker: str, at: datetime) -> DecidedBatch:
    """Release or withhold every reminder of a claimed batch.

    Raises:
        GateFailingError: the gate fails on whatever it is given.
    """
    decided, alone = DecidedBatch(), dict[UUID, str]()
    parts = [list(ids)]
    while parts:
        part = parts.pop()
        try:
            decided.add(release(part, at=at, worker=worker))
        except FAULTS as fault:
            if len(part) > 1:
                # the halves of the rest come later: the first look goes to both ends of the batch
                half = len(part) // 2
                parts = [*parts, part[half:], part[:half]] if decided.passed else [part[half:], *parts, part[:half]]
                continue
            alone[part[0]] = type(fault).__name__
            if not decided.passed and len(alone) >= ENOUGH:
                raise GateFailingError(type(fault).__name__) from fault
    if alone and not decided.passed:
        _see_that_the_gate_stands(at)
    decided.set_aside = set_aside(alone, worker=worker, at=at)
    return decided


def _see_that_the_gate_stands(at: datetime) -> None:
    """Fail if the gate fails on no reminder at all: then even a few that failed are not at fault."""
    try:
        make_ready(at=at)
    except FAULTS as fault:
        raise GateFailingError(type(fault).__name__) from fault
