# SPDX-License-Identifier: Apache-2.0
"""Clocks are read once a day; what they show is what zoneinfo says of each instant (right_time)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rightparty.kernel.clock import is_known_zone
from rightparty.policy.local_time import INSTANT, with_local_time
from rightparty.policy.zone_clocks import SeveralClocks, microseconds_of

ZONES = [
    "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata", "Asia/Kathmandu",
    "Africa/Casablanca", "America/Asuncion", "Asia/Beirut", "Pacific/Apia", "Pacific/Kiritimati", "Etc/GMT+12",
    "Africa/Monrovia",
]  # fmt: skip
INSTANTS = st.datetimes(datetime(1930, 1, 1), datetime(2090, 1, 1)).map(lambda naive: naive.replace(tzinfo=UTC))


@given(st.lists(st.tuples(st.lists(st.sampled_from(ZONES), min_size=1, max_size=3), INSTANTS), max_size=20))
@example([(["America/New_York"], datetime(2026, 11, 1, 5, 59, 59, tzinfo=UTC))])
@example([(["Australia/Lord_Howe", "Pacific/Apia"], datetime(2011, 12, 30, 10, tzinfo=UTC))])
@example([(["Africa/Monrovia"], datetime(1972, 1, 7, 0, 44, 30, tzinfo=UTC))])
def test_every_clock_shows_what_zoneinfo_says(rows: list[tuple[list[str], datetime]]) -> None:
    clocks = SeveralClocks([zones for zones, _ in rows], np.arange(len(rows)))
    each = clocks.each(np.array([microseconds_of(instant) for _, instant in rows], dtype=np.int64))
    told = [timedelta(microseconds=offset) for offset in clocks.offsets(each).tolist()]
    assert told == [instant.astimezone(ZoneInfo(zone)).utcoffset() for zones, instant in rows for zone in zones]


def test_no_clock_is_changed_twice_within_a_day() -> None:
    """What two ends of a day have in common is taken for all of it; so no day may hold a change and its contrary."""
    begin = datetime(2024, 1, 1, tzinfo=UTC)
    for zone in ZONES:
        clock = ZoneInfo(zone)
        hourly = [(begin + timedelta(hours=n)).astimezone(clock).utcoffset() for n in range(24 * 366 * 4)]
        changes = {n // 24 for n in range(1, len(hourly)) if hourly[n] != hourly[n - 1]}
        assert all(hourly[24 * day : 24 * day + 25][0] != hourly[24 * day : 24 * day + 25][-1] for day in changes), zone


@pytest.mark.parametrize(
    ("zone", "at", "began"),
    [
        # Beirut leaves midnight out: the day begins at 01:00 of summer time
        ("Asia/Beirut", datetime(2026, 3, 29, 10, tzinfo=UTC), datetime(2026, 3, 28, 22, tzinfo=UTC)),
        # Havana turns back from 01:00 to 00:00: the first of the two midnights
        ("America/Havana", datetime(2026, 11, 1, 18, tzinfo=UTC), datetime(2026, 11, 1, 4, tzinfo=UTC)),
        ("Asia/Kolkata", datetime(2026, 11, 1, 18, 29, tzinfo=UTC), datetime(2026, 10, 31, 18, 30, tzinfo=UTC)),
    ],
)
def test_the_day_begins_at_its_first_instant(zone: str, at: datetime, began: datetime) -> None:
    row = with_local_time(pl.DataFrame({"zone_set": [zone]}), at=at).row(0, named=True)
    assert row["day_began_at"] == began


@given(st.lists(st.tuples(st.sampled_from(["", "Mars/Olympus", *ZONES]), st.none() | INSTANTS), max_size=12))
def test_an_instant_of_all_rows_and_one_of_each_row_are_read_alike(rows: list[tuple[str, datetime | None]]) -> None:
    frame = pl.DataFrame(rows, schema={"zone_set": pl.String, "at": INSTANT}, orient="row")
    by_row = with_local_time(frame).rows()
    alone = [
        with_local_time(frame[n : n + 1], at=at).row(0) if at else (zone_set, None, None, None, None, None, None)
        for n, (zone_set, at) in enumerate(rows)
    ]
    assert by_row == alone


def test_what_is_no_place_is_no_known_zone() -> None:
    """`localtime` is wherever this machine stands, and Factory nowhere; neither says when it is late for a person."""
    assert not is_known_zone("localtime")
    assert not is_known_zone("Factory")
    assert with_local_time(pl.DataFrame({"zone_set": ["Factory"]}), at=datetime(2026, 1, 1, tzinfo=UTC))[
        "local_date_min"
    ].to_list() == [None]


def test_instants_that_no_calendar_holds_stop_nothing() -> None:
    far = pl.Series("at", [2**62, -(2**62)]).cast(INSTANT)
    frame = pl.DataFrame({"zone_set": ["Asia/Shanghai"] * 2}).with_columns(far)
    assert with_local_time(frame).height == 2


def test_a_date_is_a_date() -> None:
    row = with_local_time(
        pl.DataFrame({"zone_set": ["Pacific/Kiritimati|Etc/GMT+12"]}), at=datetime(2026, 1, 2, 11, tzinfo=UTC)
    )
    assert (row["local_date_min"][0], row["local_date_max"][0]) == (date(2026, 1, 1), date(2026, 1, 3))
