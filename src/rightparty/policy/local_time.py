# SPDX-License-Identifier: Apache-2.0
"""The recipient's local time at an instant, over every zone he may plausibly be in (serves right_time).

Where location information conflicts a contact must be convenient in all zones: 12 CFR 1006, comment 6(b)(1)(i)-2.
"""

from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from rightparty.kernel.clock import is_known_zone, require_aware
from rightparty.policy.zone_clocks import MICROSECONDS_A_DAY, Ints, SeveralClocks, microseconds_of

ZONE_SEPARATOR = "|"
INSTANT: Final = pl.Datetime("us", "UTC")
_MICROSECONDS_A_MINUTE: Final = 60_000_000
_ADDED: Final = ("local_minute_min", "local_minute_max", "local_date_min", "local_date_max", "day_began_at")


def with_local_time(frame: pl.DataFrame, *, at: datetime | None = None) -> pl.DataFrame:
    """Add local minute and date, least and greatest over the row's zones, and the earliest local midnight.

    Args:
        frame: with `zone_set` (IANA names joined by `|`).
        at: the instant of all rows; None: each row's own, in its column `at`.

    Shape: the same rows in the same order with local_minute_min, local_minute_max, local_date_min, local_date_max, and
    day_began_at (UTC). All null if a zone is unknown, none is given, or there is no instant.

    Raises:
        NaiveInstantError: `at` carries no zone.
    """
    zone_sets, set_of_row = coded(frame["zone_set"])
    zones_of = [zones_in(zone_set) for zone_set in zone_sets]
    readable = pl.Series(
        [number for number, zones in enumerate(zones_of) if all(is_known_zone(zone) for zone in zones)], dtype=pl.UInt32
    )
    if at:
        sets, instants = readable, np.full(readable.len(), microseconds_of(require_aware(at)))
        pair_of_row = _place_of(readable, len(zone_sets)).gather(set_of_row)
    else:
        rows = pl.DataFrame({"zone_set": set_of_row, "at": frame["at"].cast(INSTANT)})
        pairs = rows.filter(pl.col("zone_set").is_in(readable.implode())).drop_nulls().unique().with_row_index("pair")
        sets, instants = pairs["zone_set"], pairs["at"].to_physical().to_numpy()
        of_row = rows.join(pairs, on=["zone_set", "at"], how="left", maintain_order="left")
        pair_of_row = of_row["pair"]
    shown = _shown(SeveralClocks(zones_of, sets.to_numpy()), instants)
    if stale := [name for name in _ADDED if name in frame.columns]:
        frame = frame.drop(stale)
    if instants.size == 1 and not pair_of_row.null_count():
        return frame.hstack([column.new_from_index(0, frame.height) for column in shown])
    return frame.hstack([column.gather(pair_of_row) for column in shown])


def _place_of(numbers: pl.Series, size: int) -> pl.Series:
    """Return the place of each number below a size among some numbers; null where it is not one of them."""
    places: list[int | None] = [None] * size
    for place, number in enumerate(numbers):
        places[number] = place
    return pl.Series(places, dtype=pl.UInt32)


def zones_in(zone_set: str) -> list[str]:
    """Return the zones of a set."""
    return zone_set.split(ZONE_SEPARATOR)


def coded(texts: pl.Series) -> tuple[list[str], pl.Series]:
    """Return the different texts of a column, and of each row the place (UInt32) of its text; null stays null."""
    different = texts.drop_nulls().unique()
    return different.to_list(), texts.cast(pl.Enum(different)).to_physical().cast(pl.UInt32)


def _shown(clocks: SeveralClocks, instants: Ints) -> list[pl.Series]:
    """Return the columns that are added, one row for each instant."""
    each = clocks.each(instants)
    local = each + clocks.offsets(each)
    day = local // MICROSECONDS_A_DAY
    minute = (local - day * MICROSECONDS_A_DAY) // _MICROSECONDS_A_MINUTE
    return [
        pl.Series("local_minute_min", clocks.least(minute).astype(np.int16)),
        pl.Series("local_minute_max", clocks.greatest(minute).astype(np.int16)),
        pl.Series("local_date_min", clocks.least(day).astype(np.int32)).cast(pl.Date),
        pl.Series("local_date_max", clocks.greatest(day).astype(np.int32)).cast(pl.Date),
        pl.Series("day_began_at", clocks.least(clocks.days_began(day, each))).cast(INSTANT),
    ]
