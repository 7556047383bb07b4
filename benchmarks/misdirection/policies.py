# SPDX-License-Identifier: Apache-2.0
"""Other ways to choose a contact point. Each returns [party_id, channel, value, score], the lowest score sent first."""

from datetime import datetime

import polars as pl

KEYS = ["party_id", "channel", "value"]


def by_attribution(judged: pl.DataFrame) -> pl.DataFrame:
    """Rank by the odds of a stranger against the person."""
    odds = (pl.col("p_stranger") + 1e-12) / (pl.col("p_person") + 1e-12)
    return judged.select(*KEYS, score=odds)


def newest_only(points: pl.DataFrame) -> pl.DataFrame:
    """Rank the newest point of each person by its age; use no other."""
    newest = points.sort("collected_at", descending=True).unique("party_id", keep="first", maintain_order=True)
    return newest.select(*KEYS, score=-pl.col("collected_at").to_physical().cast(pl.Float64))


def code_verified_only(events: pl.DataFrame, *, at: datetime) -> pl.DataFrame:
    """Rank the points where a code was once confirmed by how long ago that is; use no other."""
    return _latest(events.filter(pl.col("kind") == "otp_verified"), at=at)


def latest_sign(points: pl.DataFrame, events: pl.DataFrame, *, at: datetime) -> pl.DataFrame:
    """Rank by the most recent log-in, code or reply; points without any come last, the newest first."""
    seen = _latest(events.filter(pl.col("kind").is_in(["login", "otp_verified", "replied"])), at=at)
    age = (pl.lit(at) - pl.col("collected_at")).dt.total_seconds().cast(pl.Float64) + 1e12
    rest = points.group_by(KEYS).agg(pl.col("collected_at").max()).select(*KEYS, score=age)
    return pl.concat([seen, rest]).group_by(KEYS).agg(pl.col("score").min())


def _latest(events: pl.DataFrame, *, at: datetime) -> pl.DataFrame:
    named = events.filter(pl.col("party_id") != "")
    return named.group_by(KEYS).agg(
        score=(pl.lit(at) - pl.col("occurred_at").max()).dt.total_seconds().cast(pl.Float64)
    )
