# SPDX-License-Identifier: Apache-2.0
"""What happened at the sample lender's contact points: the evidence from which attribution is to be told."""

from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from rightparty.simulation.points import INSTANT
from rightparty.simulation.rates import Rates

WATCHED_DAYS: Final = 400
"""Events older than this are not exported."""
WEEK_DAYS: Final = 7


def make_events(dice: np.random.Generator, points: pl.DataFrame, *, rates: Rates, as_of: datetime) -> pl.DataFrame:
    """Return the `contact_events` table for the phones and mailboxes recorded as people's own."""
    own = _lives(points, as_of=as_of)
    engaged = dice.gamma(1.2, 1 / 1.2, own.height)
    share, per_year = rates["share"], rates["per_year"]
    phones = pl.col("channel") == "phone"
    delivered, failed = (np.full(own.height, per_year[kind]) for kind in ("delivered", "undelivered"))
    week = pl.lit(as_of).cast(INSTANT) - pl.duration(days=WEEK_DAYS)
    recent = own.filter(phones & (pl.col("collected_at") < week)).with_columns(
        since=week, until=pl.lit(as_of).cast(INSTANT)
    )
    contacted = recent.filter(pl.Series(dice.random(recent.height) < share["contacted_this_week"]))
    passed_on = own.filter(phones & (pl.col("mishap") == "re_assigned"))
    parts = [
        _once(dice, own.filter(phones & pl.col("reached")), "otp_verified", share["otp_at_capture"], "collected_at"),
        _over(dice, own, "login", per_year["login"] * engaged, "mine_from", "mine_to"),
        _over(dice, own, "replied", per_year["replied"] * engaged, "mine_from", "mine_to"),
        _over(dice, own, "delivered", delivered, "alive_from", "mine_to"),
        _over(dice, own, "delivered", delivered, "strange_from", "now"),
        _over(dice, own, "undelivered", failed, "dead_from", "dead_to"),
        _within(dice, own, "wrong_party", share["stranger_complained"], "strange_from", "now"),
        _within(dice, passed_on, "reassigned", share["reassigned_listed"], "strange_from", "now"),
        _within(dice, own.filter(phones), "opted_out", share["opted_out"], "alive_from", "now"),
        *_week(dice, contacted),
    ]  # fmt: skip
    return (
        pl.concat(parts)
        .filter(pl.col("occurred_at") < as_of)
        .sort("occurred_at", "value", "kind", "party_id")
        .with_row_index("row", offset=1)
        .select(
            pl.format("E{}", pl.col("row").cast(pl.String).str.zfill(7)).alias("event_id"),
            "channel", "value", "party_id", "kind", pl.col("occurred_at").dt.truncate("1s"), "detail",
        )
    )  # fmt: skip


def _lives(points: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Return own points with the watched part of each state: mine, dead, strange, each half-open."""
    now = pl.lit(as_of).cast(INSTANT)
    watch = now - pl.duration(days=WATCHED_DAYS)
    reached = pl.col("reaches_from").is_not_null()
    back = pl.col("reaches_to") + pl.duration(days=pl.col("quarantine_days"))
    strange = pl.when(reached).then(back).otherwise(pl.col("collected_at"))
    return points.filter((pl.col("relation") == "self") & pl.col("channel").is_in(["phone", "email"])).with_columns(
        now=now,
        reached=reached,
        alive_from=pl.max_horizontal(pl.when(reached).then("collected_at"), pl.when(reached).then(watch)),
        mine_from=pl.max_horizontal(pl.when(reached).then("collected_at"), pl.when(reached).then(watch)),
        mine_to=pl.when(reached).then(pl.min_horizontal(pl.col("reaches_to").fill_null(now), now)),
        dead_from=pl.max_horizontal("reaches_to", pl.when(pl.col("reaches_to").is_not_null()).then(watch)),
        dead_to=pl.min_horizontal(back, now),
        strange_from=pl.when(strange.is_not_null()).then(pl.max_horizontal(strange, watch)),
    )


def _rows(own: pl.DataFrame, kind: str, when: pl.Expr, detail: str = "") -> pl.DataFrame:
    return own.select(
        "channel", "value", "party_id", kind=pl.lit(kind), occurred_at=when.cast(INSTANT), detail=pl.lit(detail)
    ).filter(pl.col("occurred_at").is_not_null())


def _once(dice: np.random.Generator, own: pl.DataFrame, kind: str, share: float, at: str) -> pl.DataFrame:
    drawn = own.filter(pl.Series(dice.random(own.height) < share))
    return _rows(drawn, kind, pl.col(at) + pl.duration(minutes=5))


def _within(
    dice: np.random.Generator, own: pl.DataFrame, kind: str, share: float, since: str, until: str
) -> pl.DataFrame:
    """At most one event, uniform in [since, until)."""
    draws = pl.Series(dice.random(own.height))
    places = pl.Series(dice.random(own.height))
    drawn = own.with_columns(place=places).filter((draws < share) & (pl.col(since) < pl.col(until)))
    return _rows(drawn, kind, pl.col(since) + (pl.col(until) - pl.col(since)) * pl.col("place"))


def _over(
    dice: np.random.Generator, own: pl.DataFrame, kind: str, yearly: np.ndarray, since: str, until: str
) -> pl.DataFrame:
    """As many events as a Poisson process of `yearly` rate throws into [since, until)."""
    days = own.select((pl.col(until) - pl.col(since)).dt.total_seconds() / 86_400).to_series().fill_null(0).to_numpy()
    counts = dice.poisson(np.maximum(days, 0) / 365.25 * yearly)
    rows = np.repeat(np.arange(own.height), counts)
    thrown = own[rows].with_columns(place=pl.Series(dice.random(len(rows))))
    return _rows(thrown, kind, pl.col(since) + (pl.col(until) - pl.col(since)) * pl.col("place"))


def _week(dice: np.random.Generator, contacted: pl.DataFrame) -> list[pl.DataFrame]:
    """One to four texts and up to eight calls within the last week: what frequency rules count."""
    texts = np.repeat(np.arange(contacted.height), dice.integers(1, 5, contacted.height))
    calls = np.repeat(np.arange(contacted.height), dice.integers(0, 9, contacted.height))
    parts = []
    for kind, detail, rows in (("sent", "sms", texts), ("called", "call", calls)):
        thrown = contacted[rows].with_columns(place=pl.Series(dice.random(len(rows))))
        when = pl.col("since") + (pl.col("until") - pl.col("since")) * pl.col("place")
        parts.append(_rows(thrown, kind, when, detail))
    return parts
