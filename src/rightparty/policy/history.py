# SPDX-License-Identifier: Apache-2.0
"""Contacts already made, counted over the linked person as laws and house rules count them (serves right_time).

A rolling window of 7 days is 7 x 24 hours back from the instant, its far end included (the stricter reading of "seven
consecutive days", 12 CFR 1006.14(b)(2)(i)(A)); a month is 31 x 24 hours, which no calendar month exceeds. "Today"
begins at the earliest local midnight of the person's zones. The day of a conversation is day one (comment to
1006.14(b)(2)(i)(B)).

What is not known counts: a contact without an instant lies in every window and in the future; where the instant of the
decision or the beginning of the day is not known, every contact lies in the window; another reason withholds anyway.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, reduce
from operator import or_
from typing import Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rightparty.kernel.clock import is_known_zone, require_aware
from rightparty.policy.identities import NOBODY, Ids, Numbered, Places, numbered
from rightparty.policy.local_time import INSTANT, coded, zones_in
from rightparty.policy.zone_clocks import Ints, SeveralClocks, microseconds_of

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

_ADDED: Final = (*COUNTS, "days_since_conversation", "history_in_future")
_MESSAGES: Final = ("sms", "email", "app")
NO_INSTANT: Final = np.iinfo(np.int64).max
NO_DAYS: Final = -1
_ALWAYS: Final = np.iinfo(np.int64).min
_MICROSECOND: Final = timedelta(microseconds=1)

type Flags = NDArray[np.bool_]


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

    Raises:
        NaiveInstantError: `at` carries no zone.
    """
    frame = frame.drop(_ADDED, strict=False)
    if at:
        require_aware(at)
    if history.is_empty():
        return frame.with_columns(_without_contacts())
    zone_sets, zone_set = coded(frame["zone_set"])
    rows = Rows(
        person=Ids.of(frame["person_id"]),
        account=Ids.of(frame["account_id"]),
        now=np.full(frame.height, microseconds_of(at)) if at else instants_of(frame["at"]),
        day_began=instants_of(frame["day_began_at"]),
        zone_sets=zone_sets,
        zone_set=(zone_set.fill_null(len(zone_sets)) if zone_set.null_count() else zone_set).to_numpy(),
    )
    return frame.hstack(columns_of(count(rows, Contacts.of(history))))


@cache
def _without_contacts() -> tuple[pl.Expr, ...]:
    """Return what is counted where nobody was contacted: nothing, and of a person that is not known not even that."""
    known = pl.when(pl.col("person_id").is_not_null())
    return (
        *(known.then(pl.lit(0, pl.Int32)).alias(name) for name in COUNTS),
        known.then(pl.lit(value=False)).alias("history_in_future"),
        pl.lit(None, pl.Int32).alias("days_since_conversation"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Whose contacts are counted. Instants are microseconds, NO_INSTANT where none is known."""

    person: Ids
    account: Ids
    #: instant of the decision; the rows of a person share it
    now: Ints
    #: earliest local midnight of the row's zones
    day_began: Ints
    zone_sets: Sequence[str]
    #: place of the row's zones in `zone_sets`; one beyond its end where it has none
    zone_set: NDArray[np.integer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """Contacts already made. Instants are microseconds, NO_INSTANT where none is known."""

    person: Ids
    account: Ids
    occurred: Ints
    is_call: Flags
    is_message: Flags
    is_answer: Flags

    @classmethod
    def of(cls, history: pl.DataFrame) -> Self:
        """Return the contacts of a frame as `count_contacts` takes it."""
        told = history.select(
            is_call=_is("channel", "call"),
            is_message=reduce(or_, (_is("channel", name) for name in _MESSAGES)),
            is_answer=_is("kind", "answered"),
        )
        return cls(
            person=Ids.of(history["person_id"]),
            account=Ids.of(history["account_id"]),
            occurred=instants_of(history["occurred_at"]),
            **{name: told[name].to_numpy() for name in told.columns},
        )

    def __getitem__(self, some: Places | Flags) -> "Contacts":
        """Return some of the contacts."""
        return Contacts(
            person=self.person[some],
            account=self.account[some],
            occurred=self.occurred[some],
            is_call=self.is_call[some],
            is_message=self.is_message[some],
            is_answer=self.is_answer[some],
        )


def _is(column: str, value: str) -> pl.Expr:
    return pl.col(column).eq_missing(value)


def instants_of(column: pl.Series) -> Ints:
    """Return instants in microseconds; NO_INSTANT where there is none."""
    told = column.cast(INSTANT).to_physical()
    return (told.fill_null(NO_INSTANT) if told.null_count() else told).to_numpy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was counted, row by row."""

    #: whether it is known who the person is; if not, nothing counted means anything
    known: Flags
    #: name of COUNTS -> whole numbers
    counts: Mapping[str, NDArray[np.number]]
    in_future: Flags
    #: local days since the last conversation about the debt; NO_DAYS if there was none
    days: NDArray[np.integer]


def columns_of(counted: Counted) -> list[pl.Series]:
    """Return COUNTS, history_in_future and days_since_conversation as facts."""
    columns = [pl.Series(name, counted.counts[name].astype(np.int32)) for name in COUNTS]
    columns.append(pl.Series("history_in_future", counted.in_future))
    if not counted.known.all():
        columns = [column.set(pl.Series(~counted.known), None) for column in columns]
    days = pl.Series("days_since_conversation", counted.days.astype(np.int32))
    return [*columns, days.set(days == NO_DAYS, None)]


def count(rows: Rows, contacts: Contacts) -> Counted:
    """Count contacts; see `count_contacts`."""
    people = numbered(rows.person, contacts.person)
    with_them = people.of_other != NOBODY
    if not with_them.all():
        contacts = contacts[with_them]
        people = Numbered(people.of_row, people.of_other[with_them], people.size)
    now = _earliest(rows.now, people)
    # one person may stand under several ids with different zones: his day begins at the earliest known midnight
    began = _earliest(rows.day_began, people)
    past = _Past(
        contacts=contacts,
        today=contacts.occurred >= np.where(began == NO_INSTANT, _ALWAYS, began)[people.of_other],
        week=contacts.occurred >= _moved(now, -WEEK)[people.of_other],
        month=contacts.occurred >= _moved(now, -MONTH)[people.of_other],
        future=contacts.occurred > _moved(now, CLOCK_TOLERANCE)[people.of_other],
    )
    of_person = _count_by_person(past, people)
    of_debt = _count_by_debt(past, people, rows.account)
    in_future = np.zeros(people.size + 1, dtype=np.bool_)
    in_future[people.of_other[past.future]] = True
    counts = {name: counted[people.of_row] for name, counted in of_person.items()}
    return Counted(
        known=people.of_row != NOBODY,
        counts={**counts, "calls_debt_7d": of_debt.calls},
        in_future=in_future[people.of_row],
        days=_days_since_conversation(rows, of_debt.talked_at),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """Contacts with the persons of some rows, each with the windows in which it lies."""

    contacts: Contacts
    today: Flags
    week: Flags
    month: Flags
    future: Flags


def _earliest(instants: Ints, people: Numbered) -> Ints:
    """Return each person's earliest known instant; NO_INSTANT where none is known."""
    known = people.of_row != NOBODY
    earliest = np.full(people.size, NO_INSTANT)
    np.minimum.at(earliest, people.of_row[known], instants[known])
    return earliest


def _moved(instants: Ints, by: timedelta) -> Ints:
    """Return instants moved; _ALWAYS where they are not known, so that every contact is at or after them."""
    unknown = instants == NO_INSTANT
    return np.where(unknown, _ALWAYS, np.where(unknown, 0, instants) + by // _MICROSECOND)


def _count_by_person(past: _Past, people: Numbered) -> dict[str, NDArray[np.float64]]:
    """Return the counts of each person, and one more for NOBODY."""
    told = past.contacts
    which = {
        "contacts_person_day": past.today,
        "contacts_person_7d": past.week,
        "messages_person_day": told.is_message & past.today,
        "messages_person_7d": told.is_message & past.week,
        "messages_person_31d": told.is_message & past.month,
        "calls_person_day": told.is_call & past.today & told.is_answer,
        "call_attempts_person_day": told.is_call & past.today,
        "call_attempts_person_7d": told.is_call & past.week,
        "call_attempts_person_31d": told.is_call & past.month,
    }
    return {name: np.bincount(people.of_other, where, minlength=people.size + 1) for name, where in which.items()}


@dataclass(frozen=True, slots=True)
class _OfDebt:
    """What was counted about the debt of each row."""

    calls: NDArray[np.float64]
    #: last conversation in microseconds; _ALWAYS where there was none
    talked_at: Ints


def _count_by_debt(past: _Past, people: Numbered, account: Ids) -> _OfDebt:
    """Count the calls of the last seven days, and find the last conversation, of a person about an account."""
    told = past.contacts
    talked = told.is_call & told.is_answer & ~past.future
    call = np.flatnonzero((told.is_call & past.week) | talked)
    debts = numbered(account.of_each(people.of_row), told.account[call].of_each(people.of_other[call]))
    named = debts.of_other != NOBODY
    call, debt = call[named], debts.of_other[named]
    talk = talked[call]
    talked_at = np.full(debts.size + 1, _ALWAYS)
    np.maximum.at(talked_at, debt[talk], told.occurred[call][talk])
    calls = np.bincount(debt, past.week[call], minlength=debts.size + 1)
    return _OfDebt(calls[debts.of_row], talked_at[debts.of_row])


def _days_since_conversation(rows: Rows, talked_at: Ints) -> NDArray[np.int64]:
    """Return local calendar days from the last conversation to now: in each plausible zone, and the fewest counts.

    Dates are compared, not hours: the days on which clocks change have 23 or 25 hours.
    """
    zones_of = [[zone for zone in zones_in(zone_set) if is_known_zone(zone)] for zone_set in rows.zone_sets]
    readable = np.array([*map(bool, zones_of), False])
    some = np.flatnonzero((talked_at != _ALWAYS) & (rows.now != NO_INSTANT) & readable[rows.zone_set])
    clocks = SeveralClocks(zones_of, rows.zone_set[some])
    then, today = clocks.days(clocks.each(talked_at[some])), clocks.days(clocks.each(rows.now[some]))
    days = np.full(talked_at.size, NO_DAYS)
    days[some] = np.maximum(clocks.least(today - then), 0)
    return days
