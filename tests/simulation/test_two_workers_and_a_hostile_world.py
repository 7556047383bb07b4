# SPDX-License-Identifier: Apache-2.0
"""once, right_debt, right_party, provable: two workers, crashes between steps, payments and reports in any order.

The real operations run on the real store; the carrier only counts. After every step: at most one wire write per
reminder, each with a committed release before it, none after a payment or a "not me" that had committed before the
release; at the end everything rests in one state with a reason or a fate, and the log is intact.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from rightparty.dispatch.channels.adapter import Fate, InboundText, ReceiptOutcome, ReceiptReport
from rightparty.dispatch.channels.registry import connect
from rightparty.dispatch.models import Reminder, Segment
from rightparty.dispatch.operations.hand_over import hand_over
from rightparty.dispatch.operations.recover_leases import recover_leases
from rightparty.dispatch.operations.release import release
from rightparty.dispatch.reminder_state import MOVES, RESTING, ReminderState
from rightparty.dispatch.worker import drain
from rightparty.evidence.queries import verify_log
from rightparty.inbound.operations.receive_receipt import receive_receipts
from rightparty.inbound.operations.receive_reply import receive_reply
from rightparty.lending.operations.record_payment import record_payment
from tests.integration.dispatch.lender import CountingChannel, add_person, claimed, enqueue, phone_of

START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
PEOPLE = range(1, 5)
WORKERS = ("w1", "w2")


class CrashError(Exception):
    """The process died on the wire."""


class CrashingChannel(CountingChannel):
    crash_before = crash_after = False

    def send(self, message):
        if self.crash_before:
            raise CrashError
        answer = super().send(message)
        if self.crash_after:
            raise CrashError
        return answer


def empty_the_store() -> None:
    from django.core.management import call_command

    call_command("flush", verbosity=0, interactive=False)


class Dispatch(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        empty_the_store()
        self.now = START
        self.wire = CrashingChannel()
        connect("sms", self.wire)
        self.claims: dict[str, list[UUID]] = {worker: [] for worker in WORKERS}
        self.released: dict[str, list[UUID]] = {worker: [] for worker in WORKERS}
        self.paid: dict[str, datetime] = {}
        self.disowned: dict[str, datetime] = {}
        self.states: dict[UUID, str] = {}
        self.accounts = {account: n for n in PEOPLE for account in add_person(n, START, accounts=2)}
        enqueue(list(self.accounts.items()), START)

    @rule(worker=st.sampled_from(WORKERS), batch=st.integers(1, 5))
    def claim(self, worker: str, batch: int) -> None:
        self.claims[worker] = claimed(self.now, worker=worker, batch=batch)

    @rule(worker=st.sampled_from(WORKERS))
    def release(self, worker: str) -> None:
        self.released[worker] = release(self.claims[worker], at=self.now, worker=worker).released

    @rule(worker=st.sampled_from(WORKERS), other=st.sampled_from(WORKERS))
    def release_what_another_claimed(self, worker: str, other: str) -> None:
        if worker != other:
            assert not release(self.claims[other], at=self.now, worker=worker).released

    @rule(worker=st.sampled_from(WORKERS), fate=st.sampled_from(Fate), crash=st.sampled_from(["", "before", "after"]))
    def hand_over(self, worker: str, fate: Fate, crash: str) -> None:
        self.wire.fate = fate
        self.wire.crash_before, self.wire.crash_after = crash == "before", crash == "after"
        try:
            hand_over(self.released[worker], worker=worker, clock=lambda: self.now)
        except CrashError:
            self.claims[worker] = []
        finally:
            self.wire.crash_before = self.wire.crash_after = False

    @rule(seconds=st.sampled_from([1, 30, 61]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def recover(self) -> None:
        recover_leases(at=self.now)

    @rule(person=st.sampled_from(PEOPLE), which=st.integers(0, 1))
    def pay(self, person: int, which: int) -> None:
        account = f"A{person}-{which}"
        if account not in self.paid:
            record_payment(
                payment_id=f"pay-{account}", account_id=account, paid_at=self.now, amount_minor=120000, status="posted"
            )
            self.paid[account] = self.now

    @rule(person=st.sampled_from(PEOPLE))
    def say_not_me(self, person: int) -> None:
        self.disowned.setdefault(phone_of(person), self.now)
        receive_reply(InboundText(channel="sms", sender=phone_of(person), body="打错了"), at=self.now)

    @precondition(lambda self: Segment.objects.exists())
    @rule(outcome=st.sampled_from(ReceiptOutcome), which=st.integers(0, 20))
    def receipt(self, outcome: ReceiptOutcome, which: int) -> None:
        names = list(Segment.objects.order_by("id").values_list("provider_id", flat=True))
        report = ReceiptReport(channel="sms", provider_id=names[which % len(names)], outcome=outcome)
        receive_receipts([report], self.now)

    @invariant()
    def at_most_one_wire_write_each_after_a_release(self) -> None:
        writes = Counter(message.reminder_id for message in self.wire.written)
        assert all(count == 1 for count in writes.values())
        for reminder in Reminder.objects.filter(id__in=[UUID(key) for key in writes]):
            assert reminder.released_at is not None
            assert reminder.evidence_index is not None

    @invariant()
    def nothing_is_released_after_a_payment_or_a_report(self) -> None:
        for reminder in Reminder.objects.filter(released_at__isnull=False):
            paid, disowned = self.paid.get(reminder.account_id), self.disowned.get(reminder.address)
            assert paid is None or reminder.released_at <= paid
            assert disowned is None or reminder.released_at <= disowned

    @invariant()
    def one_release_per_person_and_day(self) -> None:
        persons = Counter(Reminder.objects.filter(released_at__isnull=False).values_list("person_id", flat=True))
        assert all(count == 1 for count in persons.values())

    @invariant()
    def only_lawful_moves(self) -> None:
        for key, state in Reminder.objects.values_list("id", "state"):
            before = self.states.get(key, "planned")
            assert state == before or _reachable(before, state)
            self.states[key] = state

    def teardown(self) -> None:
        self.now += timedelta(seconds=120)
        self.wire.fate = Fate.ACCEPTED
        drain(clock=lambda: self.now)
        for reminder in Reminder.objects.all():
            assert ReminderState(reminder.state) in RESTING
            if reminder.state in ("withheld", "cancelled"):
                assert reminder.reasons_mask > 0
        self.at_most_one_wire_write_each_after_a_release()
        assert verify_log().intact


def _reachable(before: str, after: str) -> bool:
    seen, frontier = set(), {ReminderState(before)}
    while frontier:
        frontier = {follow for state in frontier for follow in MOVES[state]} - seen
        seen |= frontier
    return ReminderState(after) in seen


@pytest.fixture
def _store(transactional_db: None) -> Iterator[None]:
    yield
    connection.close()


@pytest.mark.slow
@pytest.mark.usefixtures("_store")
def test_any_interleaving_keeps_the_promises() -> None:
    run_state_machine_as_test(Dispatch, settings=settings(max_examples=10, stateful_step_count=25, deadline=None))
