# SPDX-License-Identifier: Apache-2.0
"""What a person asked for or promised, as contact events tell it (serves right_time). Pure.

The detail of an event says what it is about; hours are local, days the names of weekdays, dates ISO 8601:

- `consent_given` with `hours:22:00-23:00`, `days:sunday,saturday` or `call_back:2026-04-06`: agreed with the person,
  the last of each counts; `consent_revoked` with `hours:` or `days:` takes it back;
- `opted_out` with `outside:12:00-20:00`: asked not to be contacted outside; `consent_given` with `outside:` ends it;
- `promise_to_pay` with a date: payment was promised for that day. Without a date it stands for UNDATED_DAYS. Where only
  the account is named, the promise is waited for with everybody who owes it.

An agreement that cannot be read is none; a wish that cannot be read leaves no hour at all, until it is corrected.
"""

from datetime import timedelta
from typing import Final

import polars as pl

_TOPIC: Final = r"^(hours|days|call_back|outside):"
_ABOUT_TIME: Final = {
    "consent_given": ("hours", "days", "call_back", "outside"),
    "consent_revoked": ("hours", "days"),
    "opted_out": ("outside",),
}
"""Kind of event -> the topics of detail that make it a wish about when."""

UNDATED_DAYS: Final = 7

WISHES: Final = {
    "person_id": pl.String(),
    "agreed_from_minute": pl.Int16(),
    "agreed_to_minute": pl.Int16(),
    "agreed_days_mask": pl.Int16(),
    "call_back_on": pl.Date(),
    "requested_from_minute": pl.Int16(),
    "requested_to_minute": pl.Int16(),
}
"""Columns of `read_wishes`, one row per person with any wish."""

PROMISES: Final = {"person_id": pl.String(), "account_id": pl.String(), "promised_on": pl.Date()}
"""Columns of `read_promises`."""

_HOURS: Final = r"^[a-z_]+:\s*(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})\s*$"
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NEVER: Final = 0
_LAST_MINUTE: Final = 24 * 60


def is_about_time() -> pl.Expr:
    """Return where an event [party_id, kind, detail] is about when, not about whether.

    Readers of opt-outs and consents leave these events alone. Any other refusal, whatever its detail begins with, and
    one of which no party is known, so that nobody's hours could follow from it, refuses the whole channel.
    """
    topic = pl.col("detail").str.extract(_TOPIC, 1)
    named = [(pl.col("kind") == kind) & topic.is_in(topics) for kind, topics in _ABOUT_TIME.items()]
    whose = (pl.col("party_id") != "") | (pl.col("kind") == "consent_given")
    return (pl.any_horizontal(named) & whose).fill_null(value=False)


def read_wishes(events: pl.DataFrame) -> pl.DataFrame:
    """Return the wishes in force.

    Shape: events [person_id, kind, detail, occurred_at] up to the instant -> WISHES. Where nothing was asked, null.
    """
    if events.is_empty():
        return pl.DataFrame(schema=WISHES)
    detail, kind = pl.col("detail"), pl.col("kind")
    about = events.with_columns(topic=detail.str.extract(_TOPIC, 1)).drop_nulls("topic")
    # of two at one instant the refusal is the last word
    last = (
        about.with_columns(refuses=kind != "consent_given")
        .sort("occurred_at", "refuses")
        .group_by("person_id", "topic")
        .agg(kind.last(), detail.last())
        .with_columns(**_minutes())
    )
    agreed, asked = kind == "consent_given", kind == "opted_out"

    def of(topic: str, value: pl.Expr, where: pl.Expr) -> pl.Expr:
        return value.filter((pl.col("topic") == topic) & where).first()

    broken = pl.col("from").is_null() | pl.col("to").is_null()
    day = detail.str.extract(r"(\d{4}-\d{2}-\d{2})", 1).str.to_date("%Y-%m-%d", strict=False)
    return (
        last.group_by("person_id")
        .agg(
            agreed_from_minute=of("hours", pl.col("from"), agreed),
            agreed_to_minute=of("hours", pl.col("to"), agreed),
            agreed_days_mask=of("days", _days_mask(), agreed),
            call_back_on=of("call_back", day, agreed),
            requested_from_minute=of("outside", pl.when(broken).then(_NEVER).otherwise("from"), asked),
            requested_to_minute=of("outside", pl.when(broken).then(_NEVER).otherwise("to"), asked),
        )
        .select(pl.col(name).cast(type_) for name, type_ in WISHES.items())
        .sort("person_id")
    )


def read_promises(events: pl.DataFrame) -> pl.DataFrame:
    """Return for which day payment was last promised.

    Shape: events [person_id, account_id, detail, occurred_at] of kind promise_to_pay up to the instant -> [person_id,
    account_id ('': for whatever the person owes), promised_on]; person_id '' where nobody is named but the account.
    """
    if events.is_empty():
        return pl.DataFrame(schema=PROMISES)
    named = pl.col("detail").str.extract(r"(\d{4}-\d{2}-\d{2})", 1).str.to_date("%Y-%m-%d", strict=False)
    undated = pl.col("occurred_at").dt.date() + timedelta(days=UNDATED_DAYS)
    return (
        events.with_columns(promised_on=pl.coalesce(named, undated))
        .sort("occurred_at")
        .group_by("person_id", "account_id")
        .agg(pl.col("promised_on").last())
        .sort("person_id", "account_id")
    )


def _minutes() -> dict[str, pl.Expr]:
    """Return minutes after midnight of the hours in `detail`; null where they are no hours or end too soon."""

    def clock(hour: int) -> pl.Expr:
        parts = [pl.col("detail").str.extract(_HOURS, group).cast(pl.Int16) for group in (hour, hour + 1)]
        total = parts[0] * 60 + parts[1]
        return pl.when((parts[1] < 60) & (total <= _LAST_MINUTE)).then(total)

    begin, end = clock(1), clock(3)
    return {"from": pl.when(begin < end).then(begin), "to": pl.when(begin < end).then(end)}


def _days_mask() -> pl.Expr:
    """Return the weekdays named in `detail`, bit 0 Monday."""
    words = pl.col("detail").str.to_lowercase()
    return pl.sum_horizontal(
        words.str.contains(name, literal=True).cast(pl.Int16) * (1 << bit) for bit, name in enumerate(_WEEKDAYS)
    )
