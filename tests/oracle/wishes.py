# SPDX-License-Identifier: Apache-2.0
"""What the person agreed to and asked for, read from what he said, the last of each kind counting."""

from dataclasses import dataclass
from datetime import date

from tests.oracle.situation import Situation

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NEVER = (0, 0)


@dataclass(slots=True, frozen=True)
class Wishes:
    """Hours are (from, to) in minutes after local midnight, `to` excluded; days are ISO weekdays."""

    agreed_hours: tuple[int, int] | None
    agreed_days: frozenset[int]
    requested_hours: tuple[int, int] | None
    #: he asked to be called on this day
    call_requested: bool


def wishes_of(situation: Situation, days: list[date] | None) -> Wishes:
    last: dict[str, tuple[str, str]] = {}
    for said in sorted(situation.said, key=lambda said: said.at):
        topic, _, rest = said.detail.partition(":")
        if situation.person is not None:
            last[topic] = (said.kind, rest)

    def agreed(topic: str) -> str | None:
        kind, rest = last.get(topic, ("", ""))
        return rest if kind == "consent_given" else None

    hours, named, back = agreed("hours"), agreed("days"), agreed("call_back")
    asked = last.get("outside", ("", ""))
    return Wishes(
        agreed_hours=None if hours is None else _hours(hours),
        agreed_days=frozenset(n for n, name in enumerate(WEEKDAYS, 1) if named is not None and name in named.lower()),
        # a wish that nobody can read leaves no hour
        requested_hours=_hours(asked[1]) or NEVER if asked[0] == "opted_out" else None,
        call_requested=back is not None and days is not None and {_date(back)} == set(days),
    )


def _hours(text: str) -> tuple[int, int] | None:
    try:
        begin, end = (_minute(part) for part in text.strip().split("-"))
    except ValueError:
        return None
    return (begin, end) if begin < end else None


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    if not (len(minutes) == 2 and 1 <= len(hours) <= 2 and hours.isdigit() and minutes.isdigit() and int(minutes) < 60):
        raise ValueError(text)
    total = int(hours) * 60 + int(minutes)
    if total > 24 * 60:
        raise ValueError(text)
    return total


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
