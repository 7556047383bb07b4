# SPDX-License-Identifier: Apache-2.0
"""once: a store, a gate, a reminder or a channel that fails is told and got over: nothing is lost or sent twice."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import override_settings

from rightparty.dispatch import worker as loop
from rightparty.dispatch.channels.adapter import Fate, OutboundMessage
from rightparty.dispatch.channels.measured import measure_channels
from rightparty.dispatch.channels.registry import adapter_of, connect
from rightparty.dispatch.metrics import WorkerMetrics
from rightparty.dispatch.models import Alarm, Reminder
from rightparty.dispatch.operations import decide_batch as deciding
from rightparty.dispatch.operations.decide_batch import GateFailingError, decide_batch
from rightparty.dispatch.operations.give_back import give_back
from rightparty.dispatch.operations.release import release
from rightparty.dispatch.worker import Stop, Worker, WorkOptions, drain
from rightparty.evidence.queries import verify_log
from rightparty.kernel.reasons import reasons_in
from tests.integration.dispatch.lender import CountingChannel, add_person, claimed, enqueue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wire() -> Iterator[CountingChannel]:
    before = adapter_of("sms")
    counting = CountingChannel()
    connect("sms", counting)
    yield counting
    connect("sms", before)


def people(count: int, at: datetime) -> None:
    enqueue([(add_person(number, at)[0], number) for number in range(1, count + 1)], at)


def states() -> Counter[str]:
    return Counter(Reminder.objects.values_list("state", flat=True))


def worker(at: datetime, **options: object) -> Worker:
    return Worker(clock=lambda: at, options=WorkOptions(**options))  # type: ignore[arg-type]


def failing_on(is_poison: Callable[[set[str]], bool]) -> Callable[..., object]:
    """A gate that fails whenever a batch has something in it."""

    def gate(ids, **named):
        if is_poison(set(Reminder.objects.filter(id__in=ids).values_list("party_id", flat=True))):
            raise KeyError("a value of somebody's row")
        return release(ids, **named)

    return gate


def test_a_reminder_on_which_the_gate_fails_is_set_aside_with_a_reason_and_the_others_go_out(
    at: datetime, wire: CountingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(20, at)
    monkeypatch.setattr(deciding, "release", failing_on(lambda parties: bool(parties & {"P3", "P17"})))
    summary = drain(clock=lambda: at)
    assert summary.counts["handed over"] == len(wire.written) == 18
    assert summary.counts["withheld"] == 2
    for aside in Reminder.objects.filter(party_id__in=["P3", "P17"]):
        assert (aside.state, aside.outcome) == ("withheld", "gate.KeyError")
        assert [reason.code for reason in reasons_in(aside.reasons_mask)] == ["right_words.render_failed"]
        assert aside.evidence_index is not None
    assert [(a.kind, a.facts) for a in Alarm.objects.all()] == [("reminder_set_aside", {"count": 2})]
    assert verify_log().intact


def test_a_gate_that_fails_on_everything_loses_nothing_and_sets_nothing_aside(
    at: datetime, wire: CountingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(12, at)
    monkeypatch.setattr(deciding, "release", failing_on(bool))
    ids = claimed(at)
    with pytest.raises(GateFailingError) as failing:
        decide_batch(ids, worker="w1", at=at)
    assert str(failing.value) == "KeyError", "the words of the fault may be somebody's data"
    assert states() == {"claimed": 12}
    assert give_back(worker="w1", at=at).planned == 12
    assert states() == {"planned": 12}
    failed = worker(at)
    failed.run(seconds=0.9)
    assert states() == {"planned": 12}
    assert Alarm.objects.filter(kind="gate_failing").count() == 1
    monkeypatch.undo()
    drain(clock=lambda: at)
    assert len(wire.written) == 12


def test_a_store_that_fails_while_the_gate_fails_ends_no_worker_and_the_alarm_is_raised_later(
    at: datetime, wire: CountingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(5, at)
    monkeypatch.setattr(deciding, "release", failing_on(bool))
    real, failures = loop.raise_alarm, iter([True])

    def failing(**named: object) -> None:
        if next(failures, False):
            raise OperationalError
        real(**named)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "raise_alarm", failing)
    monkeypatch.setattr(loop, "pause_after_failures", lambda _failures: 0.01)
    worker(at).run(seconds=1.5)
    assert Alarm.objects.filter(kind="gate_failing").count() == 1


@pytest.mark.parametrize("setting", ["TRIAL_FILE", "ATTRIBUTION_FILE"])
def test_a_gate_that_fails_on_nothing_at_all_sets_aside_not_even_a_few(
    at: datetime, wire: CountingChannel, tmp_path: Path, setting: str
) -> None:
    people(2, at)
    with override_settings(RIGHTPARTY={**settings.RIGHTPARTY, setting: str(tmp_path / "gone.toml")}):
        worker(at).run(seconds=0.1)
        assert states() == {"planned": 2}
        assert Alarm.objects.get().kind == "gate_failing"
    drain(clock=lambda: at)
    assert len(wire.written) == 2


def test_a_store_that_fails_is_tried_again_and_what_was_released_meanwhile_is_given_back(
    at: datetime, wire: CountingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(4, at)
    faults = Counter(claim=1, hand_over=1)

    def failing(name: str) -> Callable[..., object]:
        original = getattr(loop, name)

        def once(*given, **named):
            faults[name] -= 1
            if faults[name] >= 0:
                raise OperationalError("the server closed the connection unexpectedly")
            return original(*given, **named)

        return once

    monkeypatch.setattr(loop, "claim", failing("claim"))
    monkeypatch.setattr(loop, "hand_over", failing("hand_over"))
    tried = worker(at)
    monkeypatch.setattr(tried.stop.__class__, "sleep", lambda _self, _seconds: None)
    tried.run(until_empty=True)
    assert states() == {"cancelled": 4}, "released for now, handed over too late: the next plan proposes it again"
    assert wire.written == []
    assert {r.outcome for r in Reminder.objects.all()} == {"worker_stopped"}
    counted = tried.metrics.registry.get_sample_value
    assert counted("rightparty_store_faults_total", {"kind": "OperationalError"}) == 2
    faults["claim"] = 1
    with pytest.raises(OperationalError):
        drain(clock=lambda: at)


def test_a_channel_that_fails_for_itself_costs_what_it_had_and_nothing_else(
    at: datetime, wire: CountingChannel
) -> None:
    people(3, at)
    wire.send = lambda _message: (_ for _ in ()).throw(ValueError("+8615400000001"))  # type: ignore[method-assign]
    tried = worker(at)
    tried.run(until_empty=True)
    assert states() == {"released": 3}, "they may be on the wire: they end when the lease does"
    assert tried.metrics.registry.get_sample_value("rightparty_faults_total", {"step": "hand_over"}) == 1


def test_a_busy_channel_is_left_alone_and_its_queue_stays(at: datetime, wire: CountingChannel) -> None:
    people(40, at)
    wire.fate = Fate.BUSY
    worker(at).run(seconds=0.2)
    assert len(wire.written) <= 40
    assert states()["planned"] == 40 - len(wire.written) > 0


def test_a_worker_asked_to_stop_writes_nothing_more_once_its_time_is_over(at: datetime, wire: CountingChannel) -> None:
    people(10, at)
    stop, metrics = Stop(), WorkerMetrics()
    stopping = Worker(clock=lambda: at, stop=stop, metrics=metrics, options=WorkOptions(drain_seconds=0))
    measure_channels(metrics, goes_on=stopping.may_go_on)
    take = wire.send

    def stop_after_three(message):
        if len(wire.written) == 2:
            stop.ask()
        return take(message)

    wire.send = stop_after_three  # type: ignore[method-assign]
    stopping.run()
    assert len(wire.written) == 3
    assert states() == {"handed_over": 3, "cancelled": 7}
    assert Reminder.objects.filter(state="cancelled", reasons_mask=0).count() == 0


def test_a_fence_that_cannot_ask_the_store_lets_nothing_out(at: datetime, wire: CountingChannel) -> None:
    measure_channels(WorkerMetrics(), goes_on=lambda: True)

    def cannot_ask() -> bool:
        raise OperationalError("the connection is lost")

    message = OutboundMessage(reminder_id="r1", channel="sms", address="+8615400000001", subject="", body="x",
                              page="https://lender.example/m/0", at=at)  # fmt: skip
    assert [a.code for a in adapter_of("sms").send_all([message], may_send=cannot_ask)] == ["fenced"]
    assert wire.written == []
