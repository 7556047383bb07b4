# SPDX-License-Identifier: Apache-2.0
"""once: receipts never move a state backwards; right_time, correctable: a stop and a "not me" take effect at once."""

from datetime import datetime, timedelta

import pytest

from rightparty.dispatch.channels.adapter import Fate, InboundText, ReceiptOutcome, ReceiptReport
from rightparty.dispatch.channels.registry import connect
from rightparty.dispatch.models import Reminder
from rightparty.dispatch.worker import drain
from rightparty.inbound.intent import Intent
from rightparty.inbound.models import Receipt, Reply
from rightparty.inbound.operations.receive_receipt import receive_receipt, receive_receipts
from rightparty.inbound.operations.receive_reply import receive_reply
from rightparty.parties.models import ContactEvent
from tests.integration.dispatch.lender import CountingChannel, add_person, enqueue, only, phone_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wire() -> CountingChannel:
    channel = CountingChannel()
    connect("sms", channel)
    return channel


def handed_over(at: datetime) -> Reminder:
    enqueue([(add_person(101, at)[0], 101)], at)
    drain(clock=lambda: at)
    return only()


def report(provider_id: str, outcome: ReceiptOutcome, at: datetime | None = None) -> ReceiptReport:
    return ReceiptReport(channel="sms", provider_id=provider_id, outcome=outcome, occurred_at=at)


def test_a_receipt_delivers_once(at: datetime, wire: CountingChannel) -> None:
    name = handed_over(at).provider_ids
    assert receive_receipt(report(name, ReceiptOutcome.DELIVERED, at), at=at).moved == 1
    again = receive_receipt(report(name, ReceiptOutcome.DELIVERED, at), at=at)
    assert (again.new, again.repeated, again.moved) == (0, 1, 0)
    assert only().state == "delivered"
    assert ContactEvent.objects.filter(kind="delivered").count() == 1


def test_a_late_failure_does_not_take_a_delivery_back(at: datetime, wire: CountingChannel) -> None:
    name = handed_over(at).provider_ids
    receive_receipts([report(name, ReceiptOutcome.DELIVERED)], at)
    receive_receipts([report(name, ReceiptOutcome.EXPIRED)], at + timedelta(days=1))
    assert only().state == "delivered"


def test_a_receipt_before_its_message_is_settled_waits_for_it(at: datetime, wire: CountingChannel) -> None:
    enqueue([(add_person(101, at)[0], 101)], at)
    early = f"c-1-{only().id.hex}"
    assert receive_receipts([report(early, ReceiptOutcome.DELIVERED)], at).unmatched == 1
    drain(clock=lambda: at)
    assert only().state == "delivered", "the worker's next look at what came back matches it"


def test_a_receipt_for_nothing_known_is_kept_and_does_nothing(at: datetime) -> None:
    taken = receive_receipts([report("nobody", ReceiptOutcome.DELIVERED)], at)
    assert (taken.new, taken.unmatched, taken.moved) == (1, 1, 0)
    assert Receipt.objects.get().reminder_id is None


def test_a_stop_ends_the_channel_and_cancels_what_is_planned(at: datetime, wire: CountingChannel) -> None:
    handed = handed_over(at)
    enqueue([(handed.account_id, 101)], at, cycle="c2")
    result = receive_reply(InboundText(channel="sms", sender=phone_of(101), body="退订"), at=at)
    assert (result.intent, result.cancelled, result.reminder_id) == (Intent.STOP, 1, handed.id)
    assert ContactEvent.objects.get(kind="opted_out").value == phone_of(101)
    assert Reminder.objects.filter(state="cancelled").count() == 1


def test_not_me_is_a_contradiction_at_once_and_counts_once(at: datetime, wire: CountingChannel) -> None:
    handed = handed_over(at)
    enqueue([(handed.account_id, 101)], at, cycle="c2")
    text = InboundText(channel="sms", sender=phone_of(101), body="你打错了", provider_id="mo-1")
    first, second = receive_reply(text, at=at), receive_reply(text, at=at + timedelta(hours=1))
    assert (first.intent, first.cancelled, first.repeated) == (Intent.WRONG_PARTY, 1, False)
    assert (second.repeated, second.cancelled) == (True, 0)
    assert ContactEvent.objects.filter(kind="wrong_party").count() == 1
    assert Reply.objects.count() == 1


def test_ordinary_words_change_nothing(at: datetime, wire: CountingChannel) -> None:
    enqueue([(add_person(101, at)[0], 101)], at)
    assert receive_reply(InboundText(channel="sms", sender=phone_of(101), body="好的"), at=at).intent is Intent.NONE
    assert only().state == "planned"


def test_an_unknown_outcome_is_resolved_by_a_receipt(at: datetime, wire: CountingChannel) -> None:
    from rightparty.dispatch.models import Segment

    wire.fate = Fate.UNKNOWN
    reminder = handed_over(at)
    assert reminder.state == "unknown"
    Segment.objects.create(reminder=reminder, channel="sms", provider_id="late")
    receive_receipts([report("late", ReceiptOutcome.DELIVERED)], at)
    assert only().state == "delivered"
