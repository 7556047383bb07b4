# SPDX-License-Identifier: Apache-2.0
"""The recipient's local time at an instant, over every zone he may plausibly be in (serves right_time).

Where location information conflicts a contact must be convenient in all zones: 12 CFR 1006, comment 6(b)(1)(i)-2.
"""

from datetime import datetime
from typing import Final

import polars as pl

from rightparty.kernel.clock import is_known_zone

ZONE_SEPARATOR = "|"
INSTANT: Final = pl.Datetime("us", "UTC")
_ADDED: Final = ("local_minute_min", "local_minute_max", "local_date_min", "local_date_max", "day_began_at")


def with_local_time(frame: pl.DataFrame, *, at: datetime | None = None) -> pl.DataFrame:
    """Add local minute and date, least and greatest over the row's zones, and the earliest local midnight.

    Args:
        frame: with `zone_set` (IANA names joined by `|`).
        at: the instant of all rows; None: each row's own, in its column `at`.

    Shape: the same rows in the same order with local_minute_min, local_minute_max, local_date_min, local_date_max, and
    day_began_at (UTC). All null if a zone is unknown, none is given, or there is no instant.
    """
    key = ["zone_set"] if at else ["zone_set", "at"]
    frame = frame.drop([name for name in _ADDED if name in frame.columns])
    pairs = frame.select(key).unique().drop_nulls()
    if at:
        pairs = pairs.with_columns(at=pl.lit(at))
    apart = pairs.with_columns(pl.col("at").cast(INSTANT), zone=pl.col("zone_set").str.split(ZONE_SEPARATOR)).explode(
        "zone"
    )
    clocks = [_clock(part, str(zone)) for (zone,), part in apart.partition_by("zone", as_dict=True).items()]
    told = pl.concat([_clock(apart.clear(), "UTC"), *clocks])
    per_set = (
        told.group_by("zone_set", "at")
        .agg(
            known=pl.col("minute").is_not_null().all(),
            local_minute_min=pl.col("minute").min(),
            local_minute_max=pl.col("minute").max(),
            local_date_min=pl.col("day").min(),
            local_date_max=pl.col("day").max(),
            day_began_at=pl.col("midnight").min(),
        )
        .filter("known")
        .select(*key, *_ADDED)
    )
    return frame.join(per_set, on=key, how="left", maintain_order="left")


def _clock(pairs: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Return [zone_set, at, minute, day, midnight] in one zone; nulls if nobody knows the zone."""
    if not is_known_zone(zone):
        return pairs.select(
            "zone_set",
            "at",
            minute=pl.lit(None, dtype=pl.Int16),
            day=pl.lit(None, dtype=pl.Date),
            midnight=pl.lit(None, dtype=INSTANT),
        )
    local = pl.col("at").dt.convert_time_zone(zone)
    return pairs.select(
        "zone_set",
        "at",
        minute=(local.dt.hour().cast(pl.Int16) * 60 + local.dt.minute()).cast(pl.Int16),
        day=local.dt.date(),
        midnight=_day_began(local, zone),
    )


def _day_began(local: pl.Expr, zone: str) -> pl.Expr:
    """Return the first instant of the local day: midnight, or what follows where a clock change leaves midnight out."""
    naive = local.dt.replace_time_zone(None).dt.truncate("1d")
    begun = [
        naive.dt.offset_by(later).dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        for later in ("0m", "30m", "1h")
    ]
    return pl.coalesce(*begun, local).dt.convert_time_zone("UTC")
