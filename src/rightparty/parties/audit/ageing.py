# SPDX-License-Identifier: Apache-2.0
"""Contact points past their life by the market's own pace, and dates that cannot be. Serves right_party.

How long contact points last is taken from the attribution parameters, per segment (`given_up_per_year`), not from one
constant: a Chinese number and a street address do not age alike.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import log
from typing import Any, Final

import polars as pl

from rightparty.parties.attribution.parameters import SEGMENTS, AttributionParameters
from rightparty.parties.audit.findings import Finding, found
from rightparty.parties.audit.frames import Audited

GIVEN_UP_FROM: Final = 0.3
"""From this probability of having been given up since the last sign of life a point is called stale."""

AGES: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "segment": pl.String, "years": pl.Int64, "points": pl.Int64,
}  # fmt: skip

OLDEST_YEARS: Final = 10

_SKEW: Final = timedelta(minutes=15)
"""Clocks of honest systems differ by less."""

_SIGNS: Final = ("otp_verified", "login", "replied", "answered", "paid", "name_agrees", "consent_given",
                 "promise_to_pay", "holder_same", "subscriber_matches")  # fmt: skip


def segment_of() -> pl.Expr:
    """Return the segment whose points age alike: a country's phones, else the channel."""
    told: Any = pl.when(pl.col("channel") != "phone").then(pl.col("channel"))
    for segment, code in SEGMENTS.items():
        if code:
            told = told.when(pl.col("value").str.starts_with(code)).then(pl.lit(segment))
    segment_: pl.Expr = told.otherwise(pl.lit("phone"))
    return segment_


def ageing_findings(given: Audited, *, at: datetime, parameters: AttributionParameters) -> list[Finding | None]:
    """Return stale contact points, and dates of collection and of events that cannot be."""
    own = given.own
    aged = _with_years(own, given.events, at=at)
    longest = {
        name: -log(1 - GIVEN_UP_FROM) / segment.ageing.given_up_per_year
        for name, segment in parameters.segments.items()
    }
    limit = pl.col("segment").replace_strict(longest, default=longest["phone"], return_dtype=pl.Float64)
    births = given.parties.filter(pl.col("date_of_birth").is_not_null()).select("party_id", "date_of_birth")
    born_later = own.join(births, on="party_id").filter(pl.col("collected_at").dt.date() < pl.col("date_of_birth"))
    years = {f"years_{name}": round(most, 2) for name, most in longest.items() if name in set(aged["segment"].unique())}
    return [
        found("stale", aged.filter(pl.col("years") > limit), shown="value", total=own.height, figures=years),
        found("collected_in_future", own.filter(pl.col("collected_at") > at + _SKEW), shown="value", total=own.height),
        found("collected_before_birth", born_later, shown="value", total=own.height),
        *late_events(given, at=at),
    ]


def late_events(given: Audited, *, at: datetime) -> list[Finding | None]:
    """Return the events dated in the future."""
    late = given.events.filter(pl.col("occurred_at") > at + _SKEW)
    return [found("event_in_future", late, shown="value", total=given.events.height)]


def ages_by_market(given: Audited, *, at: datetime) -> pl.DataFrame:
    """Return AGES: points by segment and whole years since the last sign of life, the oldest together."""
    aged = _with_years(given.own, given.events, at=at).filter(pl.col("years").is_not_null())
    whole = pl.col("years").floor().clip(0, OLDEST_YEARS).cast(pl.Int64)
    return aged.group_by("segment", years=whole).agg(points=pl.len().cast(pl.Int64)).sort("segment", "years")


def _with_years(own: pl.DataFrame, events: pl.DataFrame, *, at: datetime) -> pl.DataFrame:
    """Add `segment` and `years` since the person was last seen at the point, or since it was collected."""
    seen = (
        events.filter(pl.col("kind").is_in(_SIGNS) & (pl.col("occurred_at") <= at))
        .group_by("party_id", "channel", "value")
        .agg(seen_at=pl.col("occurred_at").max())
    )
    last = pl.max_horizontal("collected_at", "seen_at")
    return own.join(seen, on=["party_id", "channel", "value"], how="left").with_columns(
        segment=segment_of(), years=(pl.lit(at) - last).dt.total_days() / 365.25
    )
