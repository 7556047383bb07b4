# SPDX-License-Identifier: Apache-2.0
"""Contacts already made, counted over the linked person as laws and house rules count them (serves right_time).

A rolling window of 7 days is 7 x 24 hours back from the instant, its far end included (the stricter reading of "seven
consecutive days", 12 CFR 1006.14(b)(2)(i)(A)); a month is 31 x 24 hours, which no calendar month exceeds. "Today"
begins at the earliest local midnight of the person's zones. The day of a conversation is day one (comment to
1006.14(b)(2)(i)(B)).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Literal

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
    now = pl.lit(at).cast(INSTANT) if at else pl.col("at").cast(INSTANT)
    people = frame.select("person_id", "account_id", "zone_set", "day_began_at", now=now)
    try:
        counted = _counted(people, history, _hashed, at=at)
    except _CollisionError:
        counted = _counted(people, history, pl.col, at=at)
    known = pl.col("person_id").is_not_null()
    facts = counted.select(
        pl.when(known).then(pl.col(COUNTS).fill_null(0)),
        pl.when(known).then(pl.col("history_in_future").fill_null(value=False)),
        _days_since_conversation(counted),
    )
    return frame.hstack(facts)


class _CollisionError(Exception):
    """Two ids have one hash; join by the ids themselves."""


_STREAMED_FROM: Final = 50_000
"""Contacts from which Polars's streaming engine is faster; below it costs more to start than it saves."""


def _hashed(name: str) -> pl.Expr:
    """Return an id as a number, which joins and groups several times as fast; null stays null."""
    return pl.when(pl.col(name).is_not_null()).then(pl.col(name).hash())


def _counted(
    people: pl.DataFrame, history: pl.DataFrame, key_of: Callable[[str], pl.Expr], *, at: datetime | None
) -> pl.DataFrame:
    """Join what was counted to the rows of `people`, in their order.

    Raises:
        _CollisionError: two ids have one key.
    """
    engine: Literal["streaming", "in-memory"] = "streaming" if history.height > _STREAMED_FROM else "in-memory"
    rows = people.with_columns(person=key_of("person_id"), account=key_of("account_id"))
    # one person may stand under several ids with different zones: his day begins at the earliest known midnight
    persons = (
        rows.lazy()
        .drop_nulls("person_id")
        .group_by("person")
        .agg(
            pl.col("person_id").first().alias("of_person_id"),
            pl.col("person_id").first().hash(1).alias("of_check"),
            pl.col("day_began_at").min(),
            *([] if at else [pl.col("now").min()]),
        )
        .collect(engine=engine)
    )
    now = pl.lit(at).cast(INSTANT) if at else pl.col("now")
    # numbers and truth values only, for what is joined is copied
    past = (
        history.lazy()
        .select(
            "occurred_at",
            "account_id",
            person=key_of("person_id"),
            check=pl.col("person_id").hash(1),
            is_call=pl.col("channel") == "call",
            is_message=pl.col("channel").is_in(_MESSAGES),
            is_answer=pl.col("kind") == "answered",
        )
        .join(persons.lazy().drop("of_person_id"), on="person")
        .filter(pl.col("check") == pl.col("of_check"))
    )
    of_person, calls = pl.collect_all(
        [past.group_by("person").agg(**_of_person(now)), past.filter("is_call", _of_use(now))], engine=engine
    )
    of_debt = calls.group_by("person", "account_id").agg(**_of_debt(now)).with_columns(account=key_of("account_id"))
    if of_debt.select(pl.struct("person", "account").is_duplicated().any()).item():
        raise _CollisionError
    joined = (
        rows.join(persons.select("person", "of_person_id"), on="person", how="left", maintain_order="left")
        .join(of_person, on="person", how="left", maintain_order="left")
        .join(
            of_debt.rename({"account_id": "of_account_id"}), on=["person", "account"], how="left", maintain_order="left"
        )
    )
    same = [pl.col(name) == pl.col(f"of_{name}") for name in ("person_id", "account_id")]
    if not joined.select(pl.all_horizontal(pl.all_horizontal(same).fill_null(value=True)).all()).item():
        raise _CollisionError
    return joined


def _of_person(now: pl.Expr) -> dict[str, pl.Expr]:
    """Aggregates over one person's contacts."""
    occurred, is_call, is_message = pl.col("occurred_at"), pl.col("is_call"), pl.col("is_message")
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
        "calls_person_day": count(is_call & today & pl.col("is_answer")),
        "call_attempts_person_day": count(is_call & today),
        "call_attempts_person_7d": count(is_call & week),
        "call_attempts_person_31d": count(is_call & month),
        "history_in_future": (occurred > now + CLOCK_TOLERANCE).fill_null(value=True).any(),
    }


def _of_use(now: pl.Expr) -> pl.Expr:
    """Calls that count for their debt: of the last seven days, or conversations."""
    return (pl.col("occurred_at") >= now - WEEK).fill_null(value=True) | pl.col("is_answer")


def _of_debt(now: pl.Expr) -> dict[str, pl.Expr]:
    """Aggregates over one person's calls about one debt."""
    occurred = pl.col("occurred_at")
    talked = pl.col("is_answer") & (occurred <= now + CLOCK_TOLERANCE)
    return {
        "calls_debt_7d": (occurred >= now - WEEK).fill_null(value=True).sum().cast(pl.Int32),
        "talked_at": occurred.filter(talked).max(),
    }


def _days_since_conversation(frame: pl.DataFrame) -> pl.Series:
    """Return local calendar days from `talked_at` to `now`: in each plausible zone, and the fewest counts.

    Dates are compared, not hours: the days on which clocks change have 23 or 25 hours.
    """
    talks = frame.select("zone_set", "talked_at", "now").with_row_index("row").drop_nulls()
    counted = [pl.DataFrame(schema={"row": pl.UInt32, "days": pl.Int32})]
    for (zone_set,), part in talks.partition_by("zone_set", as_dict=True).items():
        zones = [zone for zone in str(zone_set).split(ZONE_SEPARATOR) if is_known_zone(zone)]
        days = [_days_between(pl.col("talked_at"), pl.col("now"), zone=zone) for zone in zones]
        if days:
            counted.append(part.select("row", days=pl.min_horizontal(days)))
    rows = frame.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"))
    days_of = rows.join(pl.concat(counted), on="row", how="left", maintain_order="left")["days"]
    return days_of.alias("days_since_conversation")


def _days_between(earlier: pl.Expr, later: pl.Expr, *, zone: str) -> pl.Expr:
    def day(instant: pl.Expr) -> pl.Expr:
        return instant.cast(INSTANT).dt.convert_time_zone(zone).dt.date()

    return (day(later) - day(earlier)).dt.total_days().clip(lower_bound=0).cast(pl.Int32)
