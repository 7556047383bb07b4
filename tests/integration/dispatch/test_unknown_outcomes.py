# SPDX-License-Identifier: Apache-2.0
"""once: what may have been taken is never handed over again; who can be asked is asked; a late answer still counts."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import OperationalError

from rightparty.dispatch.channels.adapter import Capabilities, Fate, Handover, OnUnknown, OutboundMessage, Question
from rightparty.dispatch.channels.registry import connect
from rightparty.dispatch.channels.route import Route
from rightparty.dispatch.models import Reminder, Segment
from rightparty.dispatch.operations import hand_over as handing
from rightparty.dispatch.operations import settle as settling
from rightparty.dispatch.operations.halt import halt
from rightparty.dispatch.operations.hand_over import hand_over
from rightparty.dispatch.operations.recover_leases import recover_leases
from rightparty.dispatch.operations.release import release
from rightparty.dispatch.operations.resolve_unknown import PAUSES, resolve_unknown
from rightparty.dispatch.operations.settle import FIRST_ASK, settle
from rightparty.dispatch.worker import drain
from rightparty.kernel.reasons import mask_of
from tests.integration.dispatch.lender import LEASE, CountingChannel, add_person, claimed, enqueue, only

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


class Provider(CountingChannel):
    """Can be asked; knows what it was given if it says so."""

    capabilities = Capabilities(on_unknown=OnUnknown.ASK)

    def __init__(self, fate: Fate = Fate.UNKNOWN, *, says: Handover | None = None) -> None:
        super().__init__(fate)
        self.says, self.questions = says, list[Question]()

    def ask(self, questions: Sequence[Question]) -> list[Handover | None]:
        self.questions += questions
        return [self.says] * len(questions)


@pytest.fixture
def provider() -> Provider:
    channel = Provider()
    connect("sms", Route([channel], patience=0.0))
    return channel


def released() -> list[UUID]:
    enqueue([(account, 1) for account in add_person(1, AT)], AT)
    return release(claimed(AT), at=AT, worker="w1").released


def handed_over() -> Reminder:
    hand_over(released(), worker="w1", clock=lambda: AT)
    return only()


def test_an_unknown_outcome_is_asked_after_and_never_sent_again(provider: Provider) -> None:
    assert handed_over().state == "unknown"
    assert resolve_unknown(at=AT + FIRST_ASK - timedelta(seconds=1)) == 0
    assert provider.questions == []
    provider.says = Handover(fate=Fate.ACCEPTED, provider_ids=("x1",))
    assert resolve_unknown(at=AT + FIRST_ASK) == 1
    found = only()
    assert (found.state, found.provider_ids, found.next_ask_at) == ("handed_over", "x1", None)
    assert Segment.objects.get().provider_id == "x1"
    drain(clock=lambda: AT + timedelta(minutes=10))
    assert len(provider.written) == 1


def test_a_provider_that_never_had_it_ends_it_as_failed(provider: Provider) -> None:
    handed_over()
    provider.says = Handover(fate=Fate.REFUSED, code="test.never_seen")
    resolve_unknown(at=AT + FIRST_ASK)
    assert (only().state, only().outcome) == ("failed", "test.never_seen")


def test_it_is_asked_less_and_less_often_and_then_stays_unknown(provider: Provider) -> None:
    handed_over()
    at = AT + FIRST_ASK
    for pause in PAUSES:
        resolve_unknown(at=at)
        assert only().next_ask_at == at + pause
        at += pause
    resolve_unknown(at=at)
    assert len(provider.questions) == len(PAUSES) + 1
    assert (only().state, only().next_ask_at) == ("unknown", None)


def test_a_crash_on_the_wire_is_asked_after_too(provider: Provider) -> None:
    released()
    Reminder.objects.update(outcome="handing_over")
    after = AT + timedelta(seconds=LEASE)
    assert recover_leases(at=after).unknown == 1
    provider.says = Handover(fate=Fate.ACCEPTED, provider_ids=("x1",))
    assert resolve_unknown(at=after + FIRST_ASK) == 1
    assert only().state == "handed_over"


def test_nobody_to_ask_means_nobody_is_asked() -> None:
    connect("sms", CountingChannel(Fate.UNKNOWN))
    assert handed_over().next_ask_at is None


@pytest.mark.parametrize(
    ("fate", "state"),
    [(Fate.ACCEPTED, "handed_over"), (Fate.REFUSED, "failed"), (Fate.NOT_SENT, "failed"), (Fate.UNKNOWN, "unknown")],
)
def test_an_answer_after_the_lease_still_tells(fate: Fate, state: str) -> None:
    connect("sms", CountingChannel())
    (key,) = released()
    Reminder.objects.update(outcome="handing_over")
    recover_leases(at=AT + timedelta(seconds=LEASE))
    settle({key.hex: Handover(fate=fate, code="test")}, at=AT + timedelta(seconds=LEASE + 1))
    assert only().state == state


class Sleepy(CountingChannel):
    """Its process is paused while it writes the first message."""

    def __init__(self, wake: list[datetime]) -> None:
        super().__init__()
        self.wake = wake

    def send(self, message: OutboundMessage) -> Handover:
        self.wake[0] += timedelta(seconds=LEASE)
        return super().send(message)


def test_a_worker_that_slept_writes_nothing_more() -> None:
    now = [AT]
    channel = Sleepy(now)
    connect("sms", channel)
    for person in (1, 2, 3):
        enqueue([(account, person) for account in add_person(person, AT)], AT)
    ids = release(claimed(AT), at=AT, worker="w1").released
    fates = hand_over(ids, worker="w1", clock=lambda: now[0])
    assert (fates[Fate.ACCEPTED], fates[Fate.NOT_SENT]) == (1, 2)
    assert len(channel.written) == 1
    cancelled = Reminder.objects.filter(state="cancelled")
    assert {r.reasons_mask for r in cancelled} == {mask_of(["once.lease_lost"])}


class Stopping(CountingChannel):
    """Somebody halts everything while it writes the first message; the look at the store is due."""

    def send(self, message: OutboundMessage) -> Handover:
        halt(at=AT, by="ann", why="test")
        return super().send(message)


def test_a_halt_stops_a_group_that_is_being_written() -> None:
    channel, ticks = Stopping(), iter(range(1000))
    connect("sms", channel)
    for person in (1, 2, 3):
        enqueue([(account, person) for account in add_person(person, AT)], AT)
    ids = release(claimed(AT), at=AT, worker="w1").released
    hand_over(ids, worker="w1", clock=lambda: AT, ticks=lambda: float(next(ticks)))
    assert len(channel.written) == 1
    cancelled = Reminder.objects.filter(state="cancelled")
    assert {r.reasons_mask for r in cancelled} == {mask_of(["once.dispatch_halted"])}
    assert cancelled.count() == 2


def test_what_nobody_took_may_be_proposed_again(provider: Provider) -> None:
    provider.fate = Fate.BUSY
    found = handed_over()
    assert (found.state, found.reasons_mask) == ("cancelled", mask_of(["once.provider_unavailable"]))
    assert enqueue([(found.account_id, 1)], AT).added == 1


def test_answers_are_recorded_again_when_the_store_fails_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    connect("sms", CountingChannel())
    (key,) = released()
    failures, slept, real = iter([True, True, False]), list[float](), settling.settle

    def failing(answers: Mapping[str, Handover], *, at: datetime, halted: bool = False) -> int:
        if next(failures):
            raise OperationalError
        return real(answers, at=at, halted=halted)

    monkeypatch.setattr(handing, "settle", failing)
    hand_over([key], worker="w1", clock=lambda: AT, sleep=slept.append)
    assert only().state == "handed_over"
    assert slept == list(handing.SETTLE_PAUSES[:2])
