# SPDX-License-Identifier: Apache-2.0
"""correctable: once a report has committed, no later gate releases to that contact point for that person."""

from datetime import datetime, timedelta

import pytest

from rightparty.casework.operations.open_dispute import open_dispute
from rightparty.casework.operations.report_wrong_party import report_wrong_party
from rightparty.casework.operations.stop_channel import stop_channel
from rightparty.dispatch.models import Reminder
from rightparty.dispatch.operations.release import release
from rightparty.kernel.reasons import reasons_in
from tests.integration.dispatch.lender import add_person, claimed, enqueue

pytestmark = pytest.mark.django_db(transaction=True)
DAYS_LATER = timedelta(days=8)
"""Past every frequency cap, so that only the report can withhold."""


def first_message(at: datetime) -> Reminder:
    (account,) = add_person(101, at)
    enqueue([(account, 101)], at)
    release(claimed(at), at=at, worker="w1")
    return Reminder.objects.get(state="released")


def next_one(message: Reminder, at: datetime) -> tuple[str, set[str]]:
    """Plan the next step, claim it and let the gate decide."""
    enqueue([(message.account_id, 101)], at, cycle="c2")
    release(claimed(at), at=at, worker="w1")
    second = Reminder.objects.get(cycle="c2")
    return second.state, {reason.code for reason in reasons_in(second.reasons_mask)}


def test_without_a_report_the_next_one_is_released(at: datetime) -> None:
    state, reasons = next_one(first_message(at), at + DAYS_LATER)
    assert (state, reasons) == ("released", set())


def test_a_wrong_party_report_withholds_the_next_one(at: datetime) -> None:
    message = first_message(at)
    report_wrong_party(code=message.code, origin="portal", words="", at=at + DAYS_LATER - timedelta(seconds=1))
    state, reasons = next_one(message, at + DAYS_LATER)
    assert state == "withheld"
    assert "right_party.reported_wrong_party" in reasons


def test_a_report_between_claim_and_gate_still_stops_it(at: datetime) -> None:
    message, later = first_message(at), at + DAYS_LATER
    enqueue([(message.account_id, 101)], later, cycle="c2")
    ids = claimed(later)
    report_wrong_party(code=message.code, origin="reply", words="", at=later)
    outcome = release(ids, at=later, worker="w1")
    assert outcome.released == []
    assert Reminder.objects.get(cycle="c2").state == "cancelled"


def test_a_stop_withholds_the_next_one_on_this_channel(at: datetime) -> None:
    message = first_message(at)
    stop_channel(code=message.code, origin="portal", at=at + timedelta(minutes=1))
    state, reasons = next_one(message, at + DAYS_LATER)
    assert state == "withheld"
    assert "right_time.opted_out" in reasons


def test_an_objection_withholds_the_next_one(at: datetime) -> None:
    message = first_message(at)
    open_dispute(code=message.code, origin="portal", words="", at=at + timedelta(minutes=1))
    state, reasons = next_one(message, at + DAYS_LATER)
    assert state == "withheld"
    assert "right_debt.disputed" in reasons
