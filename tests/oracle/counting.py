# SPDX-License-Identifier: Apache-2.0
"""Past contacts, counted one by one as a slow reader of the laws would."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tests.oracle.clocks import NAMES, clock, clocks, day_began
from tests.oracle.situation import Contact, Situation

CLOCKS_MAY_DISAGREE_BY = timedelta(minutes=5)
MESSAGES = {"sms", "email", "app"}
WINDOWS = {"7d": timedelta(days=7), "31d": timedelta(days=31)}


@dataclass(slots=True, frozen=True)
class Counts:
    """What was counted: (counts, window) -> contacts; None where the person, so his history, is not known."""

    of: dict[tuple[str, str], int] | None
    days_since_conversation: int | None
    in_future: bool


def count(situation: Situation) -> Counts:
    if situation.person is None:
        return Counts(None, None, in_future=True)  # nobody knows that it is not
    at, began = situation.at, today_began(situation)
    past = situation.past
    of: dict[tuple[str, str], int] = {}
    # a time that nobody knows may lie in any window
    today = [c for c in past if began is None or c.at is None or c.at >= began]
    _tally(of, "day", today, situation.account)
    for window, length in WINDOWS.items():
        recent = [c for c in past if at is None or c.at is None or c.at >= at - length]
        _tally(of, window, recent, situation.account)
    future = any(at is None or c.at is None or c.at > at + CLOCKS_MAY_DISAGREE_BY for c in past)
    return Counts(of, days_since_conversation(situation), in_future=future)


def _tally(of: dict[tuple[str, str], int], window: str, contacts: Sequence[Contact], account: str) -> None:
    calls = [c for c in contacts if c.channel == "call"]
    of["contacts", window] = len(contacts)
    of["messages", window] = sum(c.channel in MESSAGES for c in contacts)
    of["call_attempts", window] = len(calls)
    of["effective_calls", window] = sum(c.kind == "answered" for c in calls)
    of["debt_calls", window] = sum(c.account == account for c in calls)


def today_began(situation: Situation) -> datetime | None:
    """Find the earliest instant at which the present day began for the person, over all records that can be read."""
    if situation.at is None:
        return None
    readable = [zones for zones in (situation.zones, *situation.other_zones) if clocks(situation.at, zones)]
    return min(
        (day_began(clock(situation.at, zone).day, zone) for zones in readable for zone in zones or ()), default=None
    )


def days_since_conversation(situation: Situation) -> int | None:
    """Count local calendar days since the last conversation about the debt; the zone with the fewest counts."""
    at = situation.at
    if at is None:
        return None
    talks = [
        c.at for c in situation.past
        if c.channel == "call" and c.kind == "answered" and c.account == situation.account
        and c.at is not None and c.at <= at + CLOCKS_MAY_DISAGREE_BY
    ]  # fmt: skip
    zones = [zone for zone in situation.zones or () if zone in NAMES]
    if not talks or not zones:
        return None
    last = max(talks).astimezone(UTC)
    return min(max(0, (clock(at, zone).day - clock(last, zone).day).days) for zone in zones)


def age(born: date | None, days: Iterable[date] | None) -> int | None:
    """Count whole years at the earliest local date; who is born on 29 February is a year older on 1 March."""
    if born is None or days is None:
        return None
    today = min(days)
    if born > today:
        return None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
