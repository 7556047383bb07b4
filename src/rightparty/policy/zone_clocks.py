# SPDX-License-Identifier: Apache-2.0
"""What the clocks of several IANA zones show at many instants at once (serves right_time). Pure.

`zoneinfo` is asked once for each zone and day; what it says of a day on which clocks do not change holds all that day.
Instants are whole microseconds since 1970-01-01 UTC, days are counted from then, offsets are microseconds east of UTC.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

type Ints = NDArray[np.int64]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
MICROSECONDS_A_DAY: Final = timedelta(days=1) // _MICROSECOND

_FIRST_DAY: Final = (datetime(2, 1, 1, tzinfo=UTC) - _EPOCH).days
_LAST_DAY: Final = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH).days
"""Beyond these zoneinfo tells no local time; what lies outside is given the offset of these."""

_DAYS: Final = _LAST_DAY - _FIRST_DAY + 1


def microseconds_of(instant: datetime) -> int:
    """Return an aware instant as microseconds since 1970-01-01 UTC."""
    return (instant - _EPOCH) // _MICROSECOND


class SeveralClocks:
    """Rows each of which has one or several clocks; what they show lies row by row in one array, here `each`."""

    def __init__(self, zones_of_set: Sequence[Sequence[str]], set_of_row: NDArray[np.integer]) -> None:
        """Give every row the clocks of its set.

        Args:
            zones_of_set: zones of each set of zones.
            set_of_row: of each row, the place of its set; such a set has at least one zone, all of them known.
        """
        self._zones = sorted({zone for zones in zones_of_set for zone in zones})
        place = {zone: number for number, zone in enumerate(self._zones)}
        flat = np.array([place[zone] for zones in zones_of_set for zone in zones], dtype=np.int64)
        sizes = np.array([len(zones) for zones in zones_of_set], dtype=np.int64)
        begins = np.cumsum(sizes) - sizes
        self._sizes = sizes[set_of_row]
        self._first = np.cumsum(self._sizes) - self._sizes
        within = np.arange(self._sizes.sum(), dtype=np.int64) - np.repeat(self._first, self._sizes)
        self._zone = flat[np.repeat(begins[set_of_row], self._sizes) + within]

    def each(self, of_row: Ints) -> Ints:
        """Return a value of each row for each of its clocks."""
        return np.repeat(of_row, self._sizes)

    def least(self, each: Ints) -> Ints:
        """Return the least value of each row's clocks."""
        return np.minimum.reduceat(each, self._first) if self._first.size else each

    def greatest(self, each: Ints) -> Ints:
        """Return the greatest value of each row's clocks."""
        return np.maximum.reduceat(each, self._first) if self._first.size else each

    def offsets(self, each: Ints) -> Ints:
        """Return the offset of each clock at its instant."""
        days = np.clip(each // MICROSECONDS_A_DAY, _FIRST_DAY, _LAST_DAY)
        found, unknown = self._once_a_day(days, _offset_all_day)
        for clock in np.flatnonzero(unknown).tolist():
            found[clock] = _offset_at(self._zones[self._zone[clock]], int(each[clock]))
        return found

    def days(self, each: Ints) -> Ints:
        """Return the local day that each clock shows at its instant."""
        return (each + self.offsets(each)) // MICROSECONDS_A_DAY

    def days_began(self, days: Ints, each: Ints) -> Ints:
        """Return the first instant of the day that each clock shows: midnight, or what follows where it is left out.

        Args:
            days: the local day.
            each: an instant of that day; returned where the clock leaves out the first hour of the day.
        """
        found, unknown = self._once_a_day(np.clip(days, _FIRST_DAY, _LAST_DAY), _day_began)
        return np.where(unknown, each, found)

    def _once_a_day(self, days: Ints, ask: Callable[[str, int], int | None]) -> tuple[Ints, NDArray[np.bool_]]:
        """Ask once for each zone and day; return the answers, and where there is none."""
        keys, of_key = np.unique(self._zone * _DAYS + (days - _FIRST_DAY), return_inverse=True)
        told = [ask(self._zones[key // _DAYS], key % _DAYS + _FIRST_DAY) for key in keys.tolist()]
        answers = np.array([answer or 0 for answer in told], dtype=np.int64)
        return answers[of_key], np.array([answer is None for answer in told], dtype=np.bool_)[of_key]


@lru_cache(maxsize=100_000)
def _offset_all_day(zone: str, day: int) -> int | None:
    """Return the offset that holds all of a day of UTC; None if the clock is changed within it."""
    first = _offset_at(zone, day * MICROSECONDS_A_DAY)
    last = _offset_at(zone, (day + 1) * MICROSECONDS_A_DAY - 1)
    return first if first == last else None


def _offset_at(zone: str, instant: int) -> int:
    local = (_EPOCH + instant * _MICROSECOND).astimezone(ZoneInfo(zone))
    return (local.utcoffset() or timedelta()) // _MICROSECOND


@lru_cache(maxsize=100_000)
def _day_began(zone: str, day: int) -> int | None:
    clock = ZoneInfo(zone)
    midnight = (_EPOCH + timedelta(days=day)).replace(tzinfo=None)
    for minutes in (0, 30, 60):
        local = midnight + timedelta(minutes=minutes)
        instant = local.replace(tzinfo=clock).astimezone(UTC)
        # a time that the clock leaves out comes back as another one
        if instant.astimezone(clock).replace(tzinfo=None) == local:
            return microseconds_of(instant)
    return None
