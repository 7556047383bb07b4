# SPDX-License-Identifier: Apache-2.0
"""Public holidays and working days of a market on the recipient's local dates (serves right_time).

From the `holidays` library, which follows each state's announcements, shifted Chinese and Russian working days among
them. A year that a state has not announced yet has only the days that follow from its law; a shift that is announced
later is known with the next release of the library.
"""

import warnings
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Final

import holidays
import polars as pl

_PARTS: Final = {"GB": ("ENG", "NIR", "SCT", "WLS")}
"""Markets without one calendar: a holiday in any part counts, for the part a person lives in is not a fact."""

_MOST_DAYS_APART: Final = 2
"""Two zones' dates differ by at most this (UTC-12 and UTC+14)."""

KEY: Final = ("market", "local_date_min", "local_date_max")


def with_calendar(frame: pl.DataFrame) -> pl.DataFrame:
    """Add what the calendar says of the local dates.

    Shape: frame [market, local_date_min, local_date_max, …] -> the same rows in the same order with public_holiday (any
    date between the two is one) and working_day (all of them are). Null where the market has no calendar or no date is
    known, which withholds where a rule depends on it.
    """
    keys = frame.select(KEY)
    days = keys.unique().drop_nulls()
    if days.height == 1 and not any(column.null_count() for column in keys.iter_columns()):
        market, first, last = days.row(0)
        holiday, working = _says(market, first, last) if _calendars(market) else (None, None)
        return frame.with_columns(public_holiday=pl.lit(holiday, pl.Boolean), working_day=pl.lit(working, pl.Boolean))
    known = [
        (market, first, last, *_says(market, first, last))
        for market, first, last in days.iter_rows()
        if _calendars(market)
    ]
    table = pl.DataFrame(
        known,
        schema={
            "market": pl.String,
            "local_date_min": pl.Date,
            "local_date_max": pl.Date,
            "public_holiday": pl.Boolean,
            "working_day": pl.Boolean,
        },
        orient="row",
    )
    stale = [name for name in ("public_holiday", "working_day") if name in frame.columns]
    return frame.drop(stale).join(table, on=list(KEY), how="left", maintain_order="left")


@lru_cache(maxsize=10_000)
def _says(market: str, first: date, last: date) -> tuple[bool | None, bool | None]:
    apart = (last - first).days
    if not 0 <= apart <= _MOST_DAYS_APART:
        return None, None
    days = [first + timedelta(days=n) for n in range(apart + 1)]
    if not all(_is_announced(market, year) for year in {first.year, last.year}):
        return None, None
    calendars = _calendars(market)
    holiday = any(day in calendar for day in days for calendar in calendars)
    working = all(calendar.is_working_day(day) for day in days for calendar in calendars)
    return holiday, working


@cache
def _is_announced(market: str, year: int) -> bool:
    """Tell whether the library has the market's days of a year; it warns of the years for which it lacks some."""
    calendars = _calendars(market)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        try:
            for calendar in calendars:
                calendar.get(date(year, 1, 1))
        except UserWarning:
            return False
    return all(calendar.start_year <= year <= calendar.end_year for calendar in calendars)


@cache
def _calendars(market: str) -> tuple[holidays.HolidayBase, ...]:
    """Return a market's calendars; they read a year when it is first asked for."""
    try:
        parts = _PARTS.get(market)
        if parts is None:
            return (holidays.country_holidays(market),)
        return tuple(holidays.country_holidays(market, subdiv=part) for part in parts)
    except NotImplementedError:
        return ()
