# SPDX-License-Identifier: Apache-2.0
"""By when a case is answered (correctable)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightparty.casework.deadlines import UnknownCaseKindError, due_at
from rightparty.casework.models import Case
from rightparty.kernel.clock import NaiveInstantError

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def test_a_wrong_party_report_is_answered_the_next_working_day() -> None:
    assert due_at("wrong_party", MONDAY) == MONDAY + timedelta(days=1)


@pytest.mark.parametrize("weekday", [4, 5, 6])
def test_a_wrong_party_report_before_or_on_a_weekend_is_answered_on_monday(weekday: int) -> None:
    due = due_at("wrong_party", MONDAY + timedelta(days=weekday))
    assert due == MONDAY + timedelta(days=7)


@pytest.mark.parametrize(("kind", "days"), [("dispute", 15), ("complaint", 15), ("correction", 20)])
def test_the_other_kinds_have_the_shorter_of_the_markets_terms(kind: str, days: int) -> None:
    assert due_at(kind, MONDAY) == MONDAY + timedelta(days=days)


def test_every_kind_of_case_has_a_deadline() -> None:
    assert all(due_at(kind, MONDAY) > MONDAY for kind in Case.Kind.values)


def test_an_unknown_kind_has_none() -> None:
    with pytest.raises(UnknownCaseKindError):
        due_at("gossip", MONDAY)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(NaiveInstantError):
        due_at("dispute", MONDAY.replace(tzinfo=None))


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)))
def test_a_wrong_party_report_is_never_due_on_a_weekend_and_within_three_days(opened: datetime) -> None:
    due = due_at("wrong_party", opened)
    assert due.weekday() < 5
    assert opened < due <= opened + timedelta(days=3)
