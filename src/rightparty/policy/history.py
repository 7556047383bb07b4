# SPDX-License-Identifier: Apache-2.0
"""Contacts already made, counted over the linked person as laws and house rules count them (serves right_time).

A rolling window of 7 days is 7 x 24 hours back from the instant, its far end included (the stricter reading of "seven
consecutive days", 12 CFR 1006.14(b)(2)(i)(A)); a month is 31 x 24 hours, which no calendar month exceeds. "Today"
begins at the earliest local midnight of the person's zones. The day of a conversation is day one (comment to
1006.14(b)(2)(i)(B)).

What is not known counts: a contact without an instant lies in every window and in the future; where the instant of the
decision or the beginning of the day is not known, every contact lies in the window; another reason withholds anyway.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rightparty.kernel.clock import is_known_zone, require_aware
from rightparty.policy.identities import NOBODY, Numbered, Places, numbered, numbered_pairs
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
_NEVER: Final = np.iinfo(np.int64).max
_ALWAYS: Final = np.iinfo(np.int64).min
_MICROSECOND: Final = timedelta(microseconds=1)

type _Flags = NDArray[np.bool_]


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
    people = numbered(frame["person_id"], history["person_id"])
    now = np.full(frame.height, microseconds_of(require_aware(at))) if at else _instants(frame["at"])
    past = _Past.of(history, people, now=_earliest(now, people))
    # one person may stand under several ids with different zones: his day begins at the earliest known midnight
    began = _earliest(_instants(frame["day_began_at"]), people)
    by_person = _count_by_person(past, np.where(began == _NEVER, _ALWAYS, began))
    by_debt = _count_by_debt(past, people, frame["account_id"])
    of_row = {name: counted[people.of_row] for name, counted in by_person.items()}
    of_row["calls_debt_7d"] = by_debt.calls
    columns = [pl.Series(name, of_row[name].astype(np.int32)) for name in COUNTS]
    columns.append(pl.Series("history_in_future", _in_future(past)[people.of_row]))
    known = people.of_row != NOBODY
    if not known.all():
        columns = [column.set(pl.Series(~known), None) for column in columns]
    return frame.hstack([*columns, _days_since_conversation(frame["zone_set"], by_debt.talked_at, now)])


@dataclass(frozen=True, slots=True)
class _Past:
    """Contacts with the persons of some rows, each with the windows in which it lies."""

    person: Places
    account: pl.Series
    #: microseconds; _NEVER where not known
    occurred: Ints
    is_call: _Flags
    is_message: _Flags
    is_answer: _Flags
    week: _Flags
    month: _Flags
    future: _Flags
    #: how many persons there are
    people: int

    @classmethod
    def of(cls, history: pl.DataFrame, people: Numbered, *, now: Ints) -> Self:
        """Take the contacts with some persons; `now`: instant of the decision for each of them."""
        with_them = people.of_other != NOBODY
        if not with_them.all():
            history = history.filter(pl.Series(with_them))
        person = people.of_other[with_them]
        told = history.select(
            is_call=_is("channel", "call"),
            is_message=reduce(or_, (_is("channel", name) for name in _MESSAGES)),
            is_answer=_is("kind", "answered"),
        )
        occurred = _instants(history["occurred_at"])
        return cls(
            person=person,
            account=history["account_id"],
            occurred=occurred,
            week=occurred >= _moved(now, -WEEK)[person],
            month=occurred >= _moved(now, -MONTH)[person],
            future=occurred > _moved(now, CLOCK_TOLERANCE)[person],
            people=people.size,
            **{name: told[name].to_numpy() for name in told.columns},
        )


def _is(column: str, value: str) -> pl.Expr:
    return pl.col(column).eq_missing(value)


def _instants(column: pl.Series) -> Ints:
    """Return instants in microseconds; _NEVER where there is none."""
    told = column.cast(INSTANT).to_physical()
    return (told.fill_null(_NEVER) if told.null_count() else told).to_numpy()


def _earliest(instants: Ints, people: Numbered) -> Ints:
    """Return each person's earliest known instant; _NEVER where none is known."""
    known = people.of_row != NOBODY
    earliest = np.full(people.size, _NEVER)
    np.minimum.at(earliest, people.of_row[known], instants[known])
    return earliest


def _moved(instants: Ints, by: timedelta) -> Ints:
    """Return instants moved; _ALWAYS where they are not known, so that every contact is at or after them."""
    return np.where(instants == _NEVER, _ALWAYS, np.where(instants == _NEVER, 0, instants) + by // _MICROSECOND)


def _count_by_person(past: _Past, day_began: Ints) -> dict[str, NDArray[np.float64]]:
    """Return the counts of each person, and one more for NOBODY."""
    today = past.occurred >= day_began[past.person]
    which = {
        "contacts_person_day": today,
        "contacts_person_7d": past.week,
        "messages_person_day": past.is_message & today,
        "messages_person_7d": past.is_message & past.week,
        "messages_person_31d": past.is_message & past.month,
        "calls_person_day": past.is_call & today & past.is_answer,
        "call_attempts_person_day": past.is_call & today,
        "call_attempts_person_7d": past.is_call & past.week,
        "call_attempts_person_31d": past.is_call & past.month,
    }
    return {name: np.bincount(past.person, where, minlength=past.people + 1) for name, where in which.items()}


def _in_future(past: _Past) -> _Flags:
    """Return of each person, and of NOBODY, whether a contact is recorded that has not been yet."""
    found = np.zeros(past.people + 1, dtype=np.bool_)
    found[past.person[past.future]] = True
    return found


@dataclass(frozen=True, slots=True)
class _OfDebt:
    """What was counted about the debt of each row."""

    calls: NDArray[np.float64]
    #: last conversation in microseconds; _ALWAYS where there was none
    talked_at: Ints


def _count_by_debt(past: _Past, people: Numbered, account_of_row: pl.Series) -> _OfDebt:
    """Count the calls of the last seven days, and find the last conversation, of a person about an account."""
    talked = past.is_call & past.is_answer & ~past.future
    call = np.flatnonzero((past.is_call & past.week) | talked)
    debts = numbered_pairs(
        Numbered(people.of_row, past.person[call], people.size), numbered(account_of_row, past.account.gather(call))
    )
    named = debts.of_other != NOBODY
    call, debt = call[named], debts.of_other[named]
    talk = talked[call]
    talked_at = np.full(debts.size + 1, _ALWAYS)
    np.maximum.at(talked_at, debt[talk], past.occurred[call][talk])
    calls = np.bincount(debt, past.week[call], minlength=debts.size + 1)
    return _OfDebt(calls[debts.of_row], talked_at[debts.of_row])


def _days_since_conversation(zone_set: pl.Series, talked_at: Ints, now: Ints) -> pl.Series:
    """Return local calendar days from the last conversation to now: in each plausible zone, and the fewest counts.

    Dates are compared, not hours: the days on which clocks change have 23 or 25 hours.
    """
    days = np.zeros(talked_at.size, dtype=np.int32)
    none = np.ones(talked_at.size, dtype=np.bool_)
    zone_sets, set_of_row = coded(zone_set)
    zones_of = [[zone for zone in zones_in(zone_set) if is_known_zone(zone)] for zone_set in zone_sets]
    readable = np.array([bool(zones) for zones in zones_of] + [False])
    place = (set_of_row.fill_null(len(zone_sets)) if set_of_row.null_count() else set_of_row).to_numpy()
    rows = np.flatnonzero((talked_at != _ALWAYS) & (now != _NEVER) & readable[place])
    clocks = SeveralClocks(zones_of, place[rows])
    then, today = clocks.days(clocks.each(talked_at[rows])), clocks.days(clocks.each(now[rows]))
    days[rows] = np.maximum(clocks.least(today - then), 0)
    none[rows] = False
    return pl.Series("days_since_conversation", days).set(pl.Series(none), None)
