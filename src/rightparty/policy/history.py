# SPDX-License-Identifier: Apache-2.0
"""Contacts already made, counted over the linked person as laws and house rules count them (serves right_time).

A rolling window of 7 days is 7 x 24 hours back from the instant, its far end included (the stricter reading of "seven
consecutive days", 12 CFR 1006.14(b)(2)(i)(A)); a month is 31 x 24 hours, which no calendar month exceeds. "Today"
begins at the earliest local midnight of the person's zones. The day of a conversation is day one (comment to
1006.14(b)(2)(i)(B)).
"""

from datetime import datetime, timedelta
from typing import Final

import polars as pl

from rightparty.kernel.clock import is_known_zone
from rightparty.policy.local_time import INSTANT, ZONE_SEPARATOR

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""Contacts this much later than the instant are taken for clocks that disagree a little, and count as now."""

WEEK: Final = timedelta(days=7)
MONTH: Final = timedelta(days=31)

COUNTS: Final = (
    "contacts_person_day", "contacts_person_7d", "messages_person_day", "messages_person_7d", "messages_person_31d",
    "calls_person_day", "call_attempts_person_day", "call_attempts_person_7d", "call_attempts_person_31d",
    "calls_debt_7d",
)  # fmt: skip
"""The counts; 0 where there was no contact."""

_MESSAGES: Final = ("sms", "email", "app")


def count_contacts(frame: pl.DataFrame, history: pl.DataFrame, *, at: datetime | None = None) -> pl.DataFrame:
    """Add the frequency facts.

    Args:
        frame: [person_id, account_id, zone_set, day_began_at, …], with `at` if no instant is given.
        history: [person_id, account_id, channel (sms, email, app, post, call), kind (sent, called, answered),
            occurred_at].
        at: the instant of all rows; None: each person's own, in the column `at` (the rows of a person share it).

    Shape: the frame's rows in the same order with COUNTS, days_since_conversation and history_in_future.
    A call recorded as `called` and again as `answered` counts twice where attempts count: nothing pairs the two events,
    and counting too few would be laxer than the law. A contact without an instant is taken for one in the future.
    """
    added = [name for name in (*COUNTS, "days_since_conversation", "history_in_future") if name in frame.columns]
    frame = frame.drop(added)
    instant = pl.lit(at).cast(INSTANT) if at else pl.col("at").min().cast(INSTANT)
    # one person may stand under several ids with different zones: his day begins at the earliest known midnight
    persons = frame.lazy().drop_nulls("person_id").group_by("person_id").agg(pl.col("day_began_at").min(), now=instant)
    past = history.lazy().join(persons, on="person_id").with_columns(is_call=pl.col("channel") == "call")
    of_person = past.group_by("person_id").agg(**_of_person())
    calls = past.filter("is_call")
    of_debt = (
        calls.filter((pl.col("occurred_at") >= pl.col("now") - WEEK).fill_null(value=True))
        .group_by("person_id", "account_id")
        .agg(calls_debt_7d=pl.len().cast(pl.Int32))
    )
    talked = (
        calls.filter(pl.col("kind") == "answered", pl.col("occurred_at") <= pl.col("now") + CLOCK_TOLERANCE)
        .group_by("person_id", "account_id")
        .agg(talked_at=pl.col("occurred_at").max())
    )
    joined = (
        frame.lazy()
        .join(of_person, on="person_id", how="left", maintain_order="left")
        .join(of_debt, on=["person_id", "account_id"], how="left", maintain_order="left")
        .join(talked, on=["person_id", "account_id"], how="left", maintain_order="left")
        .with_columns(
            # of a person whom nobody knows no history is known
            pl.when(pl.col("person_id").is_not_null()).then(pl.col(COUNTS).fill_null(0)),
            pl.col("history_in_future").fill_null(value=False),
        )
        .collect()
    )
    return _with_days_since_conversation(joined, at=at).drop("talked_at")


def _of_person() -> dict[str, pl.Expr]:
    """Aggregates over one person's contacts."""
    occurred, is_call, now = pl.col("occurred_at"), pl.col("is_call"), pl.col("now")
    is_message = pl.col("channel").is_in(_MESSAGES)
    # an unknown beginning of the day counts every contact as today's: stricter, and another reason withholds anyway
    today = (occurred >= pl.col("day_began_at")).fill_null(value=True)
    week = (occurred >= now - WEEK).fill_null(value=True)
    month = (occurred >= now - MONTH).fill_null(value=True)

    def count(where: pl.Expr) -> pl.Expr:
        return where.sum().cast(pl.Int32)

    return {
        "contacts_person_day": count(today),
        "contacts_person_7d": count(week),
        "messages_person_day": count(is_message & today),
        "messages_person_7d": count(is_message & week),
        "messages_person_31d": count(is_message & month),
        "calls_person_day": count(is_call & today & (pl.col("kind") == "answered")),
        "call_attempts_person_day": count(is_call & today),
        "call_attempts_person_7d": count(is_call & week),
        "call_attempts_person_31d": count(is_call & month),
        "history_in_future": (occurred > now + CLOCK_TOLERANCE).fill_null(value=True).any(),
    }


def _with_days_since_conversation(frame: pl.DataFrame, *, at: datetime | None) -> pl.DataFrame:
    """Add local calendar days from `talked_at` to the instant: in each plausible zone, and the fewest counts.

    Dates are compared, not hours: the days on which clocks change have 23 or 25 hours.
    """
    key = ["zone_set", "talked_at"] if at else ["zone_set", "talked_at", "at"]
    talks = frame.select(key).drop_nulls().unique()
    apart = talks.with_columns(
        now=pl.lit(at).cast(INSTANT) if at else pl.col("at"), zone=pl.col("zone_set").str.split(ZONE_SEPARATOR)
    ).explode("zone")
    counted = [
        part.select(*key, days=_days_between(pl.col("talked_at"), pl.col("now"), zone=str(zone)))
        for (zone,), part in apart.partition_by("zone", as_dict=True).items()
        if is_known_zone(str(zone))
    ]
    if not counted:
        return frame.with_columns(days_since_conversation=pl.lit(None, dtype=pl.Int32))
    fewest = pl.concat(counted).group_by(key).agg(days_since_conversation=pl.col("days").min())
    return frame.join(fewest, on=key, how="left", maintain_order="left")


def _days_between(earlier: pl.Expr, later: pl.Expr, *, zone: str) -> pl.Expr:
    def day(instant: pl.Expr) -> pl.Expr:
        return instant.cast(INSTANT).dt.convert_time_zone(zone).dt.date()

    return (day(later) - day(earlier)).dt.total_days().clip(lower_bound=0).cast(pl.Int32)
