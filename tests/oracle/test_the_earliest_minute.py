# SPDX-License-Identifier: Apache-2.0
"""right_time: the earliest minute that the engine names is permitted by the oracle too, and none before it is."""

import itertools
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from rightparty.policy.earliest import HORIZON_DAYS, earliest_permitted
from tests.oracle.clocks import at_local
from tests.oracle.comparing import SHIPPED, THRESHOLDS, readers
from tests.oracle.generate import frame_of
from tests.oracle.judge import judge
from tests.oracle.production import facts_of, history_of
from tests.oracle.situation import Contact, Said, Situation

BOTH = readers(SHIPPED)
TRIED = int(os.environ.get("RIGHTPARTY_ORACLE_FRAMES", "8")) * 2
PASSING = {
    "right_time.outside_contact_hours", "right_time.not_a_contact_day", "right_time.person_daily_cap",
    "right_time.person_weekly_cap", "right_time.debt_call_cap", "right_time.person_call_cap",
    "right_time.person_message_cap", "right_time.after_conversation", "right_time.outside_requested_hours",
}  # fmt: skip
"""Reasons that time alone takes away."""


def withheld_for_a_time() -> Iterator[Situation]:
    """Situations that only time withholds; each of one record, whose wishes do not end with a day."""
    for seed in itertools.count(1000):
        for situation in frame_of(seed, 500, BOTH.oracle):
            if situation.other_zones or any(said.detail.startswith("call_back") for said in situation.said):
                continue
            reasons = judge(situation, BOTH.oracle, THRESHOLDS)
            if reasons and reasons <= PASSING:
                yield situation


def later(situation: Situation, at: datetime) -> Situation:
    """The same situation at a later instant, if nothing but time has passed."""
    assert situation.at is not None
    due = situation.days_past_due
    return replace(situation, at=at, days_past_due=None if due is None else due + (at - situation.at).days)


def is_permitted(situation: Situation, at: datetime) -> bool:
    return not judge(later(situation, at), BOTH.oracle, THRESHOLDS)


def test_the_earliest_minute_is_permitted_and_none_before_it() -> None:
    for situation in itertools.islice(withheld_for_a_time(), TRIED):
        found = earliest(situation)
        if found is not None:
            assert is_permitted(situation, found), situation
        assert [minute for minute in minutes_before(situation, found) if is_permitted(situation, minute)] == [], (
            situation
        )


def earliest(situation: Situation) -> datetime | None:
    row = facts_of([situation]).drop("row")
    return earliest_permitted(row, history_of([situation]), BOTH.engine, house=False)


def minutes_before(situation: Situation, found: datetime | None) -> list[datetime]:
    """Every seventh whole minute from the instant to the one that was found, and every one of the last quarter hour."""
    assert situation.at is not None
    begin = situation.at.replace(second=0, microsecond=0)
    begin += timedelta(minutes=begin < situation.at)
    end = found or begin + timedelta(days=HORIZON_DAYS)
    whole = int((end - begin).total_seconds()) // 60
    return [begin + timedelta(minutes=n) for n in {*range(0, whole, 7), *range(max(0, whole - 15), whole)}]


def test_a_call_back_asked_for_today_permits_no_call_tomorrow() -> None:
    """12 CFR 1006.14(b)(2)(i)(B): they talked this morning; he asked to be called back today, and it is too late."""
    at = at_local(date(2026, 11, 17), time(21, 30), "America/New_York")
    situation = Situation(
        market="US", channel="call", at=at, zones=("America/New_York",),
        past=(Contact(at - timedelta(hours=12), "call", "answered", "A"),),
        said=(Said(at - timedelta(hours=12), "consent_given", "call_back:2026-11-17"),),
    )  # fmt: skip
    found = earliest(situation)
    assert found is None or is_permitted(situation, found), found
