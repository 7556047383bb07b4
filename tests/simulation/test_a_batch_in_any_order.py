# SPDX-License-Identifier: Apache-2.0
"""right_party: in whatever order a batch is used, reported, stopped and let on, a stop is final until two people agree.

The machine keeps its own account of what was stopped when and by whom, and compares after each step.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from rightparty.dispatch.channels.adapter import Fate
from rightparty.dispatch.channels.registry import connect
from rightparty.dispatch.models import Batch, BatchDecision, BatchMessage, Reminder
from rightparty.dispatch.operations.agree_to_go_on import agree_to_go_on
from rightparty.dispatch.operations.ask_to_go_on import ask_to_go_on
from rightparty.dispatch.operations.hand_over import hand_over
from rightparty.dispatch.operations.judge_trials import judge_trials
from rightparty.dispatch.operations.release import release
from rightparty.dispatch.operations.stop_batch import BatchError, stop_batch
from rightparty.dispatch.queries import trial_rules
from rightparty.evidence.queries import verify_log
from tests.integration.dispatch.batches import LOAD, brought_by_load, open_load, say_not_me
from tests.integration.dispatch.lender import CountingChannel, claimed
from tests.simulation.test_two_workers_and_a_hostile_world import empty_the_store

START = datetime.fromisoformat("2026-11-23T02:00:00+00:00")
WORKERS = ("w1", "w2")
STAFF = ("ann", "Ann", "bob")
PEOPLE = 40
POINTS = 100


class OneBatch(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        empty_the_store()
        self.now = START
        self.wire = CountingChannel()
        connect("sms", self.wire)
        open_load(START, points=POINTS)
        brought_by_load(range(1, PEOPLE + 1), START)
        self.released: dict[str, list[UUID]] = {worker: [] for worker in WORKERS}
        self.asked_by = ""
        #: messages released and written when the batch was last stopped; None while it is not stopped
        self.at_stop: tuple[int, int] | None = None

    def state(self) -> str:
        return str(Batch.objects.get(load_id=LOAD).state)

    def note_the_stop(self) -> None:
        if self.state() == "stopped" and self.at_stop is None:
            self.at_stop = (BatchMessage.objects.count(), len(self.wire.written))
            self.asked_by = ""

    @rule(worker=st.sampled_from(WORKERS), batch=st.integers(1, 20))
    def release(self, worker: str, batch: int) -> None:
        self.released[worker] = release(
            claimed(self.now, worker=worker, batch=batch), at=self.now, worker=worker
        ).released

    @rule(worker=st.sampled_from(WORKERS), fate=st.sampled_from([Fate.ACCEPTED, Fate.UNKNOWN]))
    def hand_over(self, worker: str, fate: Fate) -> None:
        self.wire.fate = fate
        hand_over(self.released[worker], worker=worker, clock=lambda: self.now)

    @rule(person=st.integers(1, PEOPLE))
    def say_not_me(self, person: int) -> None:
        self.now += timedelta(seconds=1)
        say_not_me(person, self.now)
        self.note_the_stop()

    @rule()
    def stop(self) -> None:
        try:
            stop_batch(load_id=LOAD, at=self.now, by="ann", why="doubt")
        except BatchError:
            assert self.state() == "stopped"
        self.note_the_stop()

    @rule(who=st.sampled_from(STAFF))
    def ask(self, who: str) -> None:
        try:
            ask_to_go_on(load_id=LOAD, at=self.now, by=who, reason="looked at")
        except BatchError:
            assert self.asked_by or self.state() == "trusted"
        else:
            self.asked_by = who.lower()

    @rule(who=st.sampled_from(STAFF))
    def agree(self, who: str) -> None:
        before = self.state()
        try:
            after = agree_to_go_on(load_id=LOAD, at=self.now, by=who)
        except BatchError:
            assert self.asked_by in ("", who.lower()) or before == "trusted"
            return
        assert self.asked_by not in ("", who.lower())
        assert (before, after) in (("stopped", "on_trial"), ("on_trial", "trusted"))
        self.asked_by, self.at_stop = "", None

    @rule(hours=st.sampled_from([1, 72]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        judge_trials(at=self.now)
        self.note_the_stop()

    @invariant()
    def nothing_follows_a_stop(self) -> None:
        if self.at_stop is not None:
            assert self.state() == "stopped"
            assert (BatchMessage.objects.count(), len(self.wire.written)) == self.at_stop
            assert not Reminder.objects.filter(state="released", outcome="").exists()

    @invariant()
    def the_sample_is_never_exceeded(self) -> None:
        rules = trial_rules()
        young = BatchMessage.objects.filter(is_sample=True, released_at__gt=self.now - rules.matures)
        assert young.count() <= rules.sample(POINTS)

    @invariant()
    def two_people_agreed(self) -> None:
        for decision in BatchDecision.objects.filter(agreed_at__isnull=False):
            assert decision.asked_by.lower() != decision.agreed_by.lower()

    def teardown(self) -> None:
        assert verify_log().intact


@pytest.fixture
def _store(transactional_db: None) -> Iterator[None]:
    yield
    connection.close()


@pytest.mark.slow
@pytest.mark.usefixtures("_store")
def test_a_stop_is_final_until_two_people_agree() -> None:
    run_state_machine_as_test(OneBatch, settings=settings(max_examples=6, stateful_step_count=20, deadline=None))
