# SPDX-License-Identifier: Apache-2.0
"""The recipient's local time at an instant, over every zone he may plausibly be in (serves right_time).

Where location information conflicts a contact must be convenient in all zones: 12 CFR 1006, comment 6(b)(1)(i)-2.
"""

from datetime import datetime

import polars as pl

from rightparty.kernel.clock import is_known_zone

ZONE_SEPARATOR = "|"


def with_local_time(frame: pl.DataFrame, *, at: datetime) -> pl.DataFrame:
    """Add local minute and date, least and greatest over the row's zones, and the earliest local midnight.

    Shape: frame with `zone_set` (IANA names joined by `|`) -> the same rows with local_minute_min, local_minute_max,
    local_date_min, local_date_max, and day_began_at (UTC). All null if a zone is unknown or none is given.
    """
    sets = frame.select("zone_set").unique().drop_nulls()
    per_zone = sets.with_columns(zone=pl.col("zone_set").str.split(ZONE_SEPARATOR)).explode("zone")
    clocks = _clocks(per_zone["zone"].unique().to_list(), at)
    per_set = (
        per_zone.join(clocks, on="zone", how="left")
        .group_by("zone_set")
        .agg(
            known=pl.col("minute").is_not_null().all(),
            local_minute_min=pl.col("minute").min(),
            local_minute_max=pl.col("minute").max(),
            local_date_min=pl.col("day").min(),
            local_date_max=pl.col("day").max(),
            day_began_at=pl.col("midnight").min(),
        )
        .filter("known")
        .drop("known")
    )
    return frame.join(per_set, on="zone_set", how="left")


def _clocks(zones: list[str], at: datetime) -> pl.DataFrame:
    """Return [zone, minute, day, midnight] of the known zones at the instant."""
    rows = []
    instant = pl.Series([at]).dt.cast_time_unit("us").dt.convert_time_zone("UTC")
    for zone in zones:
        if not is_known_zone(zone):
            continue
        local = instant.dt.convert_time_zone(zone)
        midnight = local.dt.truncate("1d").dt.convert_time_zone("UTC")
        rows.append((zone, local.dt.hour()[0] * 60 + local.dt.minute()[0], local.dt.date()[0], midnight[0]))
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "zone": pl.String,
        "minute": pl.Int16,
        "day": pl.Date,
        "midnight": pl.Datetime("us", "UTC"),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")
