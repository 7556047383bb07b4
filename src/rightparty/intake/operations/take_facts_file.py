# SPDX-License-Identifier: Apache-2.0
"""Take a day's facts from a file without a load of the portfolio; lines that cannot be taken are kept with the reason.

Crash meaning: what was taken stands, in transactions of some thousand facts; the file read again has no second effect
on it and takes the rest. Serves right_debt, correctable.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from pathlib import Path
from typing import Final

import polars as pl
import structlog
from django.db import transaction

from rightparty.intake.facts import FactFault
from rightparty.intake.facts_file import Line, read_lines
from rightparty.intake.models import RejectedFact
from rightparty.intake.operations.take_facts import take_facts
from rightparty.intake.row_errors import ROW_KEPT_CHARACTERS
from rightparty.kernel.clock import require_aware

log = structlog.get_logger(__name__)

AT_ONCE: Final = 2_000
"""Facts in one transaction: few enough that a release waits for its locks for a fraction of a second."""

REJECTED: Final = {
    "file": pl.String(), "line": pl.Int64(), "field": pl.String(), "reason": pl.String(), "remedy": pl.String(),
}  # fmt: skip
"""Columns of `FileTaken.rejected`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTaken:
    """What came of a file of facts."""

    read: int
    new: int
    changed: int
    repeated: int
    #: lines that could not be taken
    refused: int
    #: planned reminders that stops cancelled
    cancelled: int
    #: REJECTED
    rejected: pl.DataFrame


def take_facts_file(
    path: Path, *, at: datetime, on_progress: Callable[[int], object] = lambda _read: None
) -> FileTaken:
    """Take all facts of the file that can be taken.

    Raises:
        rightparty.intake.errors.DeliveryError: the file cannot be read as one of facts; what was before the place
            stands.
    """
    now = require_aware(at)
    lines = read_lines(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    RejectedFact.objects.filter(content_digest=digest).delete()
    total = dict.fromkeys(("read", "new", "changed", "repeated", "refused", "cancelled"), 0)
    rejected: list[RejectedFact] = []
    for part in batched(lines, AT_ONCE):
        with transaction.atomic():
            counts, faults = _take(part, now)
            kept = [_rejected(line, fault, path=path, digest=digest) for line, fault in faults]
            RejectedFact.objects.bulk_create(kept)
        rejected += kept
        for name, count in counts.items():
            total[name] += count
        on_progress(total["read"])
    rows = [(row.file, row.line, row.field, row.reason, row.remedy) for row in rejected]
    log.info("facts.file", accepted=total["read"] - total["refused"], rejected=total["refused"])
    return FileTaken(**total, rejected=pl.DataFrame(rows, schema=REJECTED, orient="row"))


def _take(lines: Sequence[Line], now: datetime) -> tuple[dict[str, int], list[tuple[Line, FactFault]]]:
    """Take some lines; return counts and what is wrong with which."""
    unread = [line for line in lines if line.fault]
    told = [line for line in lines if not line.fault]
    taken = take_facts([line.fact for line in told], at=now, refuse_all=False)
    faults = [(line, FactFault(place=0, field="", fault=line.fault, remedy=line.remedy)) for line in unread]
    faults += [(told[fault.place], fault) for fault in taken.faults]
    counts = taken.counts()
    counts["refused"] += len(unread)
    return {"read": len(lines), "cancelled": taken.cancelled, **counts}, faults


def _rejected(line: Line, fault: FactFault, *, path: Path, digest: str) -> RejectedFact:
    return RejectedFact(
        content_digest=digest, file=path.name[:200], line=line.number, field=fault.field.removeprefix("data.")[:64],
        reason=fault.fault[:300], remedy=fault.remedy[:300],
        row=line.text.replace("\0", "")[:ROW_KEPT_CHARACTERS],
    )  # fmt: skip
