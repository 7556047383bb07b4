# SPDX-License-Identifier: Apache-2.0
"""Facts as they happen: each has its effect at the next release, told again it has none, a bad one is named."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from rightparty.dispatch.operations.release import release
from rightparty.intake.operations.take_facts import FactsRefusedError, Taken, take_facts
from rightparty.kernel.reasons import reasons_in
from rightparty.lending.models import Hold, Payment
from rightparty.lending.queries import balances_as_of
from rightparty.parties.models import CeaseCommunication, ContactEvent
from rightparty.store.queries import is_postgresql
from tests.integration.dispatch.lender import add_person, claimed, enqueue, only, phone_of

pytestmark = pytest.mark.django_db

NOW = "2026-11-23T10:00:00+08:00"
PAYMENT = {"payment_id": "PAY", "account_id": "A101-0", "paid_at": NOW, "amount_minor": 1_200_00}
HOLD = {"kind": "dispute", "from_at": NOW, "account_id": "A101-0"}
STOP = {"event_id": "E", "channel": "phone", "value": phone_of(101), "occurred_at": NOW}


def fact(kind: str, data: dict[str, Any], **change: Any) -> dict[str, Any]:
    return {"type": kind, "data": {**data, **change}}


@pytest.fixture
def at(at: datetime) -> datetime:
    """Two ids of one human, one overdue account."""
    add_person(101, at, person="H101")
    add_person(102, at, person="H101", accounts=0)
    return at


def due(at: datetime) -> int:
    return int(balances_as_of(at=at, account_ids=["A101-0"])["amount_due_minor"][0])


def decided(at: datetime) -> list[str]:
    """Put a reminder through the gate and return why it was withheld."""
    enqueue([("A101-0", 101)], at)
    release(claimed(at), at=at, worker="w1")
    return [reason.code for reason in reasons_in(only().reasons_mask)]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (fact("payment.posted", PAYMENT), "right_debt.nothing_due"),
        # booked on a later day, or by a clock that is ahead: the money is here all the same
        (fact("payment.posted", PAYMENT, paid_at="2026-11-24T00:00:00+08:00"), "right_debt.nothing_due"),
        (fact("payment.pending", PAYMENT, paid_at="2026-11-23T10:02:00+08:00"), "right_debt.payment_in_flight"),
        (fact("hold.placed", HOLD), "right_debt.disputed"),
        (fact("hold.placed", HOLD, from_at="2026-11-23T10:02:00+08:00"), "right_debt.disputed"),
        (fact("hold.placed", HOLD, account_id="", party_id="P102"), "right_debt.disputed"),
        (fact("stop.opted_out", STOP), "right_time.opted_out"),
        (fact("stop.opted_out", STOP, occurred_at="2026-11-23T10:02:00+08:00"), "right_time.opted_out"),
        (fact("stop.opted_out", STOP, message_channel="sms"), "right_time.opted_out"),
        (fact("stop.opted_out", STOP, value="+86 154-0000-0101"), "right_time.opted_out"),
        (fact("stop.consent_revoked", STOP), "right_time.opted_out"),
        (fact("stop.wrong_party", STOP), "right_party.reported_wrong_party"),
        (fact("stop.promise_to_pay", {"event_id": "E", "party_id": "P102", "occurred_at": NOW}),
         "right_time.promise_to_pay"),
        (fact("stop.cease_communication", {"party_id": "P102", "occurred_at": NOW}),
         "right_time.cease_communication"),
    ],
    ids=lambda each: each if isinstance(each, str) else each["type"],
)  # fmt: skip
def test_each_fact_withholds_at_the_next_release(at: datetime, told: dict[str, Any], reason: str) -> None:
    assert take_facts([told], at=at).outcomes == {0: "new"}
    reasons = decided(at)
    assert any(code == reason or code.startswith(reason) for code in reasons), reasons
    assert take_facts([told], at=at + timedelta(seconds=1)).outcomes == {0: "repeated"}


def test_a_stop_of_calls_leaves_text_messages_alone(at: datetime) -> None:
    take_facts([fact("stop.opted_out", STOP, message_channel="call")], at=at)
    assert decided(at) == []


def test_a_stop_cancels_what_is_planned_to_the_value(at: datetime) -> None:
    enqueue([("A101-0", 101)], at)
    assert take_facts([fact("stop.wrong_party", STOP)], at=at).cancelled == 1
    assert only().state == "cancelled"


def test_a_reversal_makes_due_again_what_the_payment_cured(at: datetime) -> None:
    take_facts([fact("payment.posted", PAYMENT)], at=at)
    assert due(at) == 0
    back = fact("payment.reversed", {"payment_id": "PAY", "account_id": "A101-0"})
    assert take_facts([back], at=at).outcomes == {0: "changed"}
    assert due(at) == 1_200_00


def test_a_batch_goes_in_its_order(at: datetime) -> None:
    steps = ["payment.pending", "payment.posted", "payment.pending", "payment.reversed"]
    outcomes = take_facts([fact(step, PAYMENT) for step in steps], at=at).outcomes
    assert list(outcomes.values()) == ["new", "changed", "repeated", "changed"]
    assert Payment.objects.get().status == "reversed"


def test_a_hold_ends_at_the_instant_that_is_told(at: datetime) -> None:
    end = {"kind": "dispute", "ended_at": "2026-11-23T11:00:00+08:00", "account_id": "A101-0"}
    assert list(take_facts([fact("hold.placed", HOLD), fact("hold.ended", end)], at=at).outcomes.values()) == [
        "new", "changed",
    ]  # fmt: skip
    assert Hold.objects.get().to_at == at + timedelta(hours=1)
    again = take_facts([fact("hold.ended", end), fact("hold.placed", HOLD)], at=at)
    assert list(again.outcomes.values()) == ["repeated", "repeated"]


@pytest.mark.parametrize(
    ("told", "field", "status"),
    [
        (fact("payment.posted", PAYMENT, amount_minor=1), "data.amount_minor", 409),
        (fact("payment.posted", PAYMENT, account_id="A103-0"), "data.account_id", 409),
        (fact("payment.posted", PAYMENT, payment_id="GONE"), "data.payment_id", 409),
        (fact("payment.posted", PAYMENT, account_id="NOBODYS"), "data.account_id", 404),
        (fact("payment.reversed", {"payment_id": "X", "account_id": "A101-0"}), "data.payment_id", 404),
        (fact("hold.placed", HOLD, to_at="2026-12-01T00:00:00+08:00"), "data.to_at", 409),
        (fact("hold.placed", HOLD, account_id="", party_id="NOBODY"), "data.party_id", 404),
        (fact("hold.placed", HOLD, account_id=""), "data", 422),
        (fact("stop.opted_out", STOP, channel="email", value="a@b.example"), "data.channel", 409),
        (fact("stop.wrong_party", STOP), "type", 409),
        (fact("stop.opted_out", STOP, message_channel="sms"), "data.message_channel", 409),
        (fact("stop.opted_out", STOP, message_channel="email"), "data", 422),
        (fact("stop.opted_out", STOP, value="everybody"), "data.value", 422),
        (fact("payment.posted", PAYMENT, paid_at=1795399200), "data.paid_at", 422),
        (fact("payment.posted", PAYMENT, paid_at="2026-11-23T10:00:00"), "data.paid_at", 422),
        (fact("payment.posted", PAYMENT, amount_minor="120000"), "data.amount_minor", 422),
        (fact("payment.posted", PAYMENT, colour="red"), "data.colour", 422),
        (fact("payment.posted", PAYMENT, payment_id="a\ud800"), "data.payment_id", 422),
        (fact("payment.lost", PAYMENT), "type", 422),
        ({"type": "payment.posted", "data": None}, "data", 422),
        ({"type": "payment.posted", "data": PAYMENT, "mood": 1}, "mood", 422),
        ("payment", "", 422),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_named_and_refuses_all(
    at: datetime, told: dict[str, Any], field: str, status: int
) -> None:
    add_person(103, at)
    known = [
        fact("payment.posted", PAYMENT), fact("payment.reversed", PAYMENT, payment_id="GONE"),
        fact("hold.placed", HOLD), fact("stop.opted_out", STOP),
    ]  # fmt: skip
    take_facts(known, at=at)
    before = counts()
    with pytest.raises(FactsRefusedError) as refused:
        take_facts([fact("payment.posted", PAYMENT, payment_id="GOOD"), told], at=at)
    [fault] = refused.value.faults
    assert (fault.place, fault.field, fault.status) == (1, field, status)
    assert fault.fault
    assert fault.remedy
    assert counts() == before


def counts() -> list[int]:
    return [model.objects.count() for model in (Payment, Hold, ContactEvent, CeaseCommunication)]


def test_the_others_are_taken_where_that_is_asked_for(at: datetime) -> None:
    told = [fact("payment.posted", PAYMENT), 7, fact("payment.posted", PAYMENT, payment_id="B", account_id="NONE")]
    taken: Taken = take_facts(told, at=at, refuse_all=False)
    assert taken.outcomes == {0: "new"}
    assert [fault.place for fault in taken.faults] == [1, 2]
    assert taken.counts() == {"new": 1, "changed": 0, "repeated": 0, "refused": 2}


@pytest.mark.skipif(is_postgresql(), reason="Django's counting cursor does not know how to copy")
def test_a_thousand_facts_take_a_dozen_statements(at: datetime, django_assert_max_num_queries: Any) -> None:
    def batch(size: int) -> list[dict[str, Any]]:
        return [fact("payment.posted", PAYMENT, payment_id=f"P{size}-{n}", amount_minor=1) for n in range(size)]

    with django_assert_max_num_queries(12):
        take_facts(batch(1_000), at=at)
    assert Payment.objects.count() == 1_000
    assert isinstance(balances_as_of(at=at, account_ids=None), pl.DataFrame)
