# SPDX-License-Identifier: Apache-2.0
"""How frames are computed: the same plans serve a portfolio and the few rows of a batch at the gate."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import polars as pl

FEW_ROWS: Final = 50_000
"""Rows up to which a plan is computed in memory, as it is written."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def collected(plan: pl.LazyFrame, *, rows: int) -> pl.DataFrame:
    """Return what a plan over so many rows yields.

    The engine that streams keeps memory within bounds and the optimiser saves work, but both take milliseconds: as long
    as a thousand rows take.
    """
    if rows > FEW_ROWS:
        return plan.collect()
    return plan.collect(engine="in-memory", optimizations=pl.QueryOptFlags.none())


def instant_literal(at: datetime) -> pl.Expr:
    """Return an aware instant as an expression; Polars makes a column of a `datetime` first, which takes ten times."""
    return pl.lit((at - _EPOCH) // _MICROSECOND, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))


@dataclass(frozen=True, slots=True)
class Same[Thing: Any]:
    """A thing that cannot be compared quickly, or not at all, known again by being the same object."""

    thing: Thing

    def __eq__(self, other: object) -> bool:
        """Tell whether the other is of the same object."""
        return isinstance(other, Same) and self.thing is other.thing

    def __hash__(self) -> int:
        """Return the object's own number: it lives as long as this does."""
        return id(self.thing)
