# SPDX-License-Identifier: Apache-2.0
"""Contacts already made, counted over the linked person as laws and house rules count them (serves right_time).

A rolling window of 7 days is 7 x 24 hours back from the instant, its far end included (the stricter reading of "seven
consecutive days", 12 CFR 1006.14(b)(2)(i)(A)). "Today" begins at the earliest local midnight of the person's zones. The
day of a conversation is day one (1006.14(b)(2)(i)(B)).
"""

from datetime import datetime, timedelta
from typing import Final

import polars as pl

from rightparty.kernel.clock import is_known_zone
from rightparty.policy.local_time import ZONE_SEPARATOR

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""Contacts this much later than the instant are taken for clocks that disagree a little, and count as now."""

_MESSAGES: Final = ("sms", "email", "app")


def count_contacts(frame: pl.DataFrame, history: pl.DataFrame, *, at: datetime) -> pl.DataFrame:
    """Add the frequency facts.

    Shape: frame [person_id, account_id, zone_set, day_began_at, …], history [person_id, account_id, channel (sms,
    email, app, post, call), kind (sent, called, answered), occurred_at] -> the frame's rows with contacts_person_day,
    contacts_person_7d, messages_person_day, calls_person_day, calls_debt_7d, days_since_conversation and
    history_in_future.
    A call recorded as `called` and again as `answered` counts twice where attempts count: nothing pairs the two events,
    and counting too few would be laxer than the law.
    """
    # one person may stand under several ids with different zones: his day begins at the earliest known midnight
    persons = frame.drop_nulls("person_id").group_by("person_id").agg(pl.col("day_began_at").min())
    past = history.join(persons, on="person_id").with_columns(
        is_call=pl.col("channel") == "call", is_answered=pl.col("kind") == "answered"
    )
    of_person = past.group_by("person_id").agg(**_of_person(at))
    of_debt = (
        past.filter("is_call", pl.col("occurred_at") >= at - timedelta(days=7))
        .group_by("person_id", "account_id")
        .agg(calls_debt_7d=pl.len().cast(pl.Int32))
    )
    talked = (
        past.filter("is_call", "is_answered", pl.col("occurred_at") <= at + CLOCK_TOLERANCE)
        .group_by("person_id", "account_id")
        .agg(talked_at=pl.col("occurred_at").max())
    )
    counts = ["contacts_person_day", "contacts_person_7d", "messages_person_day", "calls_person_day", "calls_debt_7d"]
    joined = (
        frame.join(of_person, on="person_id", how="left")
        .join(of_debt, on=["person_id", "account_id"], how="left")
        .join(talked, on=["person_id", "account_id"], how="left")
        .with_columns(pl.col(counts).fill_null(0), pl.col("history_in_future").fill_null(value=False))
    )
    return _with_days_since_conversation(joined, at=at).drop("talked_at")


def _of_person(at: datetime) -> dict[str, pl.Expr]:
    """Aggregates over one person's contacts."""
    occurred, is_call, answered = pl.col("occurred_at"), pl.col("is_call"), pl.col("is_answered")
    today = occurred >= pl.col("day_began_at")
    week = occurred >= at - timedelta(days=7)

    return {
        "contacts_person_day": today.sum(),
        "contacts_person_7d": week.sum(),
        "messages_person_day": (pl.col("channel").is_in(_MESSAGES) & today).sum(),
        "calls_person_day": (is_call & answered & today).sum(),
        "history_in_future": (occurred > at + CLOCK_TOLERANCE).any(),
    }


def _with_days_since_conversation(frame: pl.DataFrame, *, at: datetime) -> pl.DataFrame:
    """Add local calendar days from `talked_at` to the instant: in each plausible zone, and the fewest counts.

    Dates are compared, not hours: the days on which clocks change have 23 or 25 hours.
    """
    talks = frame.select("zone_set", "talked_at").drop_nulls().unique()
    apart = talks.with_columns(zone=pl.col("zone_set").str.split(ZONE_SEPARATOR)).explode("zone")
    counted = [
        part.select("zone_set", "talked_at", days=_days_between(pl.col("talked_at"), pl.lit(at), zone=str(zone)))
        for (zone,), part in apart.partition_by("zone", as_dict=True).items()
        if is_known_zone(str(zone))
    ]
    if not counted:
        return frame.with_columns(days_since_conversation=pl.lit(None, dtype=pl.Int32))
    fewest = pl.concat(counted).group_by("zone_set", "talked_at").agg(days_since_conversation=pl.col("days").min())
    return frame.join(fewest, on=["zone_set", "talked_at"], how="left", maintain_order="left")


def _days_between(earlier: pl.Expr, later: pl.Expr, *, zone: str) -> pl.Expr:
    def day(instant: pl.Expr) -> pl.Expr:
        return instant.cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(zone).dt.date()

    return (day(later) - day(earlier)).dt.total_days().clip(lower_bound=0).cast(pl.Int32)
