# SPDX-License-Identifier: Apache-2.0
"""Local clocks and calendars, read one at a time with the standard library's zones."""

import warnings
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache

import holidays

NAMES = zoneinfo.available_timezones()
PARTS_OF = {"GB": ("ENG", "NIR", "SCT", "WLS")}


@dataclass(slots=True, frozen=True)
class Clock:
    """What a clock on the wall of one zone shows."""

    day: date
    #: whole minutes after midnight as the clock counts them
    minute: int


place_of = cache(zoneinfo.ZoneInfo)


def clocks(at: datetime | None, zones: Sequence[str] | None) -> list[Clock] | None:
    """Read the clock of every zone; None if one of them, or the instant, is not known."""
    if at is None or not zones or any(zone not in NAMES for zone in zones):
        return None
    return [clock(at, zone) for zone in zones]


@lru_cache(maxsize=200_000)
def clock(at: datetime, zone: str) -> Clock:
    local = at.astimezone(place_of(zone))
    return Clock(local.date(), local.hour * 60 + local.minute)


@lru_cache(maxsize=50_000)
def day_began(day: date, zone: str) -> datetime:
    """Find the first instant of a local day that there is: try every quarter of an hour, then halve the last step.

    A clock that is set back over midnight shows the same date twice; the first instant counts.
    """
    place = place_of(zone)
    # no clock is set forward or back by more than a day, and by more than three hours only where a day is left out
    on = before = at_local(day, time(0), zone) - timedelta(hours=3)
    while on.astimezone(place).date() != day:
        before, on = on, on + timedelta(minutes=15)
    while on - before > timedelta(seconds=1):
        middle = before + (on - before) // timedelta(seconds=2) * timedelta(seconds=1)
        if middle.astimezone(place).date() == day:
            on = middle
        else:
            before = middle
    return on


def days_between(clocks_read: Sequence[Clock]) -> list[date]:
    """Every day from the earliest to the latest local date: one as a rule, never more than three."""
    first, last = min(read.day for read in clocks_read), max(read.day for read in clocks_read)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def at_local(day: date, clock_time: time, zone: str, *, fold: int = 0) -> datetime:
    """Return the instant at which a clock of the zone shows this."""
    local = datetime.combine(day, clock_time, tzinfo=place_of(zone)).replace(fold=fold)
    return local.astimezone(UTC)


@cache
def calendars_of(market: str | None) -> tuple[holidays.HolidayBase, ...]:
    if market is None:
        return ()
    try:
        return tuple(holidays.country_holidays(market, subdiv=part) for part in PARTS_OF.get(market, (None,)))
    except NotImplementedError:
        return ()


@lru_cache(maxsize=10_000)
def has_calendar(market: str | None, year: int) -> bool:
    """Tell whether the library knows the market's days in a year; where it holds only some of them it warns."""
    books = calendars_of(market)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            for book in books:
                _ = date(year, 1, 1) in book.__class__(subdiv=book.subdiv, years=year)
        except UserWarning:
            return False
    return bool(books) and all(book.start_year <= year <= book.end_year for book in books)


@lru_cache(maxsize=100_000)
def is_public_holiday(market: str | None, day: date) -> bool | None:
    """Tell whether any part of the market keeps the day; None if nobody knows its calendar in that year."""
    if not has_calendar(market, day.year):
        return None
    return any(day in book for book in calendars_of(market))


@lru_cache(maxsize=100_000)
def is_working_day(market: str | None, day: date) -> bool | None:
    """Tell whether every part of the market works on the day, shifted working days included."""
    if not has_calendar(market, day.year):
        return None
    return all(_works(book, day) for book in calendars_of(market))


def _works(book: holidays.HolidayBase, day: date) -> bool:
    kept = day in book  # reading a year also fills its shifted working days
    if day.weekday() in book.weekend:
        return day in book.weekend_workdays
    return not kept
