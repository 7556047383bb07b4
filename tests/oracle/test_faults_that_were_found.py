# SPDX-License-Identifier: Apache-2.0
"""right_time: the least example of every fault that the comparison has found."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import polars as pl
import pytest

from rightparty.policy.calendar import with_calendar
from tests.oracle.clocks import at_local
from tests.oracle.comparing import SHIPPED, SILENT_HOUSE, readers
from tests.oracle.drafts import write_pack
from tests.oracle.production import facts_of, verdicts
from tests.oracle.situation import Contact, Situation
from tests.oracle.test_the_comparison_can_fail import NEEDED, statement

BOTH = readers(SHIPPED)
NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


def test_a_person_is_as_old_as_the_calendar_says() -> None:
    """Month times a hundred does not fit into a byte: on some days a boy of seventeen counted as of age."""
    today = date(2026, 11, 24)
    born = [date(2008, 1, 1) + timedelta(days=n) for n in range(366)]
    at = at_local(today, time(12), "Europe/Moscow")
    seen = facts_of([
        Situation(market="RU", zones=("Europe/Moscow",), at=at, born=day, person=str(day)) for day in born
    ]).sort("row")  # fmt: skip
    assert seen["age_years"].to_list() == [18 if (day.month, day.day) <= (11, 24) else 17 for day in born]


def test_the_history_of_nobody_is_not_empty_but_unknown() -> None:
    [reasons] = verdicts([Situation(at=NOON, person=None)], BOTH.engine)
    assert "right_time.history_unknown" in reasons


def test_a_channel_that_nobody_knows_has_no_approved_template() -> None:
    [reasons] = verdicts([Situation(at=NOON, channel="fax")], BOTH.engine)
    assert reasons


@pytest.mark.parametrize(("market", "day"), [("IN", date(2036, 10, 20)), ("SK", date(2101, 5, 4))])
def test_a_year_without_a_calendar_is_not_a_year_without_holidays(market: str, day: date) -> None:
    frame = pl.DataFrame({"market": [market], "local_date_min": [day], "local_date_max": [day]})
    assert with_calendar(frame).row(0, named=True)["public_holiday"] is None


def test_hours_of_working_days_hold_in_the_zone_where_it_is_one(tmp_path: Path) -> None:
    """Friday 19:00 in Honolulu is Saturday 19:00 on Kiritimati: the hours of the working day are over."""
    hours = {**statement("contact_hours"), "from": "08:00", "to": "18:00", "days": "working"}
    hours.pop("until_dpd")
    write_pack(tmp_path, "US", [*(statement(needed) for needed in NEEDED), hours])
    both = readers(tmp_path, house=SILENT_HOUSE)
    at = at_local(date(2026, 11, 20), time(19), "Pacific/Honolulu")
    [friday, either] = verdicts(
        [
            Situation(market="US", at=at, zones=("Pacific/Honolulu",), person="friday"),
            Situation(market="US", at=at, zones=("Pacific/Honolulu", "Pacific/Kiritimati"), person="either"),
        ],
        both.engine,
    )
    assert "right_time.outside_contact_hours" in friday
    assert "right_time.outside_contact_hours" in either


def test_two_dates_of_one_person_are_both_looked_at() -> None:
    """Control of the example before: by day the hours hold in both zones."""
    seen = facts_of([Situation(at=NOON, zones=("Pacific/Honolulu", "Pacific/Kiritimati"), past=(
        Contact(NOON, "sms", "sent", "A"),
    ))]).row(0, named=True)  # fmt: skip
    assert (seen["local_date_min"], seen["local_date_max"]) == (date(2026, 11, 23), date(2026, 11, 24))
    assert seen["messages_person_day"] == 1
