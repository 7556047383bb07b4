# SPDX-License-Identifier: Apache-2.0
"""Contacts already made, counted over the linked person as laws and house rules count them (serves right_time).

A rolling window of 7 days is 7 x 24 hours back from the instant, its far end included (the stricter reading of "seven
consecutive days", 12 CFR 1006.14(b)(2)(i)(A)). "Today" begins at the earliest local midnight of the person's zones. The
day of a conversation is day one (1006.14(b)(2)(i)(B)).
"""

from datetime import datetime, timedelta
from typing import Final

import polars as pl

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""Contacts this much later than the instant are taken for clocks that disagree a little, and count as now."""

_MESSAGES: Final = ("sms", "email", "app")


def count_contacts(frame: pl.DataFrame, history: pl.DataFrame, *, at: datetime) -> pl.DataFrame:
    """Add the frequency facts.

    Shape: frame [person_id, account_id, day_began_at, …], history [person_id, account_id, channel (sms, email, app,
    post, call), kind (sent, called, answered), occurred_at] -> the frame's rows with contacts_person_day,
    contacts_person_7d, messages_person_day, calls_person_day, calls_debt_7d, days_since_conversation and
    history_in_future.
    An answered call may be recorded as `called` and `answered`: it counts once.
    """
    persons = frame.select("person_id", "day_began_at").unique("person_id").drop_nulls("person_id")
    past = history.join(persons, on="person_id").with_columns(
        is_call=pl.col("channel") == "call", is_answered=pl.col("kind") == "answered"
    )
    of_person = past.group_by("person_id").agg(**_of_person(at))
    of_debt = (
        past.filter("is_call", pl.col("occurred_at") >= at - timedelta(days=7))
        .group_by("person_id", "account_id")
        .agg(calls_debt_7d=pl.max_horizontal((~pl.col("is_answered")).sum(), pl.col("is_answered").sum()))
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
    return joined.with_columns(days_since_conversation=_days_since("talked_at")).drop("talked_at")


def _of_person(at: datetime) -> dict[str, pl.Expr]:
    """Aggregates over one person's contacts."""
    occurred, is_call, answered = pl.col("occurred_at"), pl.col("is_call"), pl.col("is_answered")
    today = occurred >= pl.col("day_began_at")
    week = occurred >= at - timedelta(days=7)

    def contacts(window: pl.Expr) -> pl.Expr:
        attempts = pl.max_horizontal((is_call & ~answered & window).sum(), (is_call & answered & window).sum())
        return (~is_call & window).sum() + attempts

    return {
        "contacts_person_day": contacts(today),
        "contacts_person_7d": contacts(week),
        "messages_person_day": (pl.col("channel").is_in(_MESSAGES) & today).sum(),
        "calls_person_day": (is_call & answered & today).sum(),
        "history_in_future": (occurred > at + CLOCK_TOLERANCE).any(),
    }


def _days_since(column: str) -> pl.Expr:
    """Local days between an earlier instant and the present: midnights of the person's day crossed since.

    A day is counted from the person's own midnight backwards in steps of 24 hours.
    """
    since_midnight = pl.col("day_began_at") - pl.col(column)
    days = (since_midnight.dt.total_microseconds() / (24 * 3600 * 1_000_000)).ceil().clip(lower_bound=0)
    return pl.when(pl.col(column).is_not_null()).then(days.cast(pl.Int32)).otherwise(None)
