# SPDX-License-Identifier: Apache-2.0
"""right_party: a new batch of contact data goes out as a small sample; reports stop it; two people let it go on."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from rightparty.casework.operations.report_wrong_party import report_wrong_party
from rightparty.dispatch.channels.adapter import Fate
from rightparty.dispatch.channels.registry import connect
from rightparty.dispatch.models import Alarm, Batch, BatchDecision, BatchMessage, Reminder
from rightparty.dispatch.operations.agree_to_go_on import agree_to_go_on
from rightparty.dispatch.operations.ask_to_go_on import ask_to_go_on
from rightparty.dispatch.operations.hand_over import hand_over
from rightparty.dispatch.operations.judge_trials import judge_trials
from rightparty.dispatch.operations.stop_batch import BatchError, stop_batch
from rightparty.dispatch.queries import batches_as_of
from rightparty.dispatch.trial import Verdict
from rightparty.evidence.models import Leaf
from rightparty.evidence.queries import verify_log
from rightparty.parties.models import ContactEvent, ContactPoint
from tests.integration.dispatch.batches import (
    LOAD,
    brought_by_load,
    open_load,
    reasons_of,
    release_all,
    sample,
    say_not_me,
)
from tests.integration.dispatch.lender import CountingChannel, add_person, enqueue, phone_of

pytestmark = pytest.mark.django_db
TRIAL = "right_party.batch_on_trial"
STOPPED = "right_party.batch_stopped"


@pytest.fixture
def wire() -> CountingChannel:
    channel = CountingChannel()
    connect("sms", channel)
    return channel


def state() -> str:
    return str(Batch.objects.get(load_id=LOAD).state)


def stop(at: datetime) -> int:
    return stop_batch(load_id=LOAD, at=at, by="ann", why="the column looks shifted")


def test_on_trial_only_the_sample_is_released_and_the_rest_is_proposed_again(at: datetime) -> None:
    open_load(at, points=100)
    brought_by_load(range(1, 31), at)
    assert len(release_all(at)) == 25
    withheld = Reminder.objects.filter(state="withheld")
    assert {reasons_of(int(r.party_id[1:])).pop() for r in withheld} == {TRIAL}
    later = at + timedelta(hours=1)
    again = [int(r.party_id[1:]) for r in withheld]
    assert enqueue([(f"A{n}-0", n) for n in again], later, cycle="c1").added == len(again) == 5
    assert release_all(later) == []
    next_days = at + timedelta(hours=72)
    enqueue([(f"A{n}-0", n) for n in again], next_days, cycle="c2")
    assert len(release_all(next_days)) == 5, [reasons_of(n) for n in again]


def test_a_trusted_load_and_what_no_load_brought_are_released_without_a_sample(at: datetime) -> None:
    open_load(at, state="trusted")
    brought_by_load(range(1, 31), at)
    enqueue([(add_person(99, at)[0], 99)], at)
    assert len(release_all(at)) == 31
    assert (BatchMessage.objects.count(), sample()) == (30, 0)


def test_a_load_that_nobody_knows_is_withheld(at: datetime) -> None:
    brought_by_load(range(1, 3), at)
    assert release_all(at) == []
    assert reasons_of(1) == {TRIAL}


def test_what_the_person_confirmed_elsewhere_is_not_on_trial_but_is_stopped_with_the_load(at: datetime) -> None:
    open_load(at, points=100)
    Batch.objects.update(new_points=0)
    brought_by_load(range(1, 31), at)
    ContactEvent.objects.filter(value=phone_of(1), event_id="otp-P1-12").update(load_id=0)
    before = {n: phone_of(n) for n in range(1, 31)}
    released = release_all(at)
    assert len(released) == 21
    assert BatchMessage.objects.get(reminder__address=before[1]).is_sample is False
    stop(at)
    assert Reminder.objects.get(address=before[1]).state == "cancelled"


def test_a_value_this_person_had_before_is_not_on_trial_with_the_load_that_states_it_again(at: datetime) -> None:
    open_load(at)
    open_load(at, state="trusted", load_id=3)
    brought_by_load(range(1, 3), at, load_id=3)
    ContactPoint.objects.update(retired_by_id=LOAD)
    for point in list(ContactPoint.objects.all()):
        point.pk, point.load_id, point.retired_by_id = None, LOAD, None
        point.save()
    assert len(release_all(at)) == 2
    assert set(BatchMessage.objects.values_list("batch_id", flat=True)) == {3}
    assert stop(at) == 2, "what a stopped load states again is stopped as well"


def test_a_stop_withholds_cancels_what_waits_and_keeps_it_from_the_wire(at: datetime, wire: CountingChannel) -> None:
    open_load(at)
    brought_by_load(range(1, 6), at)
    released = release_all(at)
    assert len(released) == 5
    hand_over(released[:2], worker="w1", clock=lambda: at)
    assert stop(at) == 3
    assert hand_over(released, worker="w1", clock=lambda: at)[Fate.ACCEPTED] == 0
    assert len(wire.written) == 2
    assert set(Reminder.objects.filter(state="cancelled").values_list("outcome", flat=True)) == {"batch_stopped"}
    enqueue([("A3-0", 3)], at, cycle="c9")
    assert release_all(at) == []
    assert STOPPED in reasons_of(3)


def test_hand_over_looks_by_itself_should_a_released_message_have_escaped_the_stop(
    at: datetime, wire: CountingChannel
) -> None:
    open_load(at)
    brought_by_load(range(1, 3), at)
    released = release_all(at)
    Batch.objects.update(state="stopped")
    hand_over(released, worker="w1", clock=lambda: at)
    assert wire.written == []
    assert set(Reminder.objects.values_list("state", flat=True)) == {"cancelled"}


def test_reports_beyond_the_prediction_stop_the_batch_in_the_transaction_of_the_last(
    at: datetime, wire: CountingChannel
) -> None:
    open_load(at)
    brought_by_load(range(1, 21), at)
    hand_over(release_all(at), worker="w1", clock=lambda: at)
    states = []
    for number in range(1, 6):
        say_not_me(number, at + timedelta(minutes=number))
        states.append(state())
    stopped_by = states.index("stopped") + 1
    assert 2 <= stopped_by <= 4
    assert BatchMessage.objects.filter(reported_at__isnull=False).count() == 5
    leaf = Leaf.objects.get(kind="batch.stopped")
    assert f'"reports":{stopped_by}' in leaf.payload
    assert Alarm.objects.get().kind == "batch_stopped"
    assert phone_of(1) not in str(Alarm.objects.get().facts)
    assert verify_log().intact


def test_one_who_reports_again_and_again_counts_once(at: datetime, wire: CountingChannel) -> None:
    open_load(at)
    brought_by_load(range(1, 21), at)
    hand_over(release_all(at), worker="w1", clock=lambda: at)
    code = Reminder.objects.get(address=phone_of(1)).code
    for minute in range(1, 8):
        say_not_me(1, at + timedelta(minutes=minute))
        report_wrong_party(code=code, origin="portal", words="", at=at + timedelta(minutes=minute, seconds=30))
    assert BatchMessage.objects.filter(reported_at__isnull=False).count() == 1
    assert state() == "on_trial"


def test_a_report_from_before_the_message_and_an_opt_out_count_nothing(at: datetime, wire: CountingChannel) -> None:
    from rightparty.dispatch.operations.count_reports import count_reports

    open_load(at)
    brought_by_load(range(1, 3), at)
    hand_over(release_all(at), worker="w1", clock=lambda: at)
    for number, kind, when in ((1, "wrong_party", at - timedelta(days=1)), (2, "opted_out", at + timedelta(days=1))):
        ContactEvent.objects.create(
            event_id=f"x{number}", channel="phone", value=phone_of(number), kind=kind, occurred_at=when
        )
    assert count_reports(values=[phone_of(1), phone_of(2)], at=at + timedelta(days=2)) == {}


def test_a_clean_sample_ends_the_trial_only_when_it_has_matured(at: datetime, wire: CountingChannel) -> None:
    open_load(at, points=800)
    for wave in range(3):
        now = at + timedelta(days=4 * wave)
        brought_by_load(range(1 + 100 * wave, 101 + 100 * wave), now)
        hand_over(release_all(now), worker="w1", clock=lambda now=now: now)
    assert sample() == 300
    assert judge_trials(at=now + timedelta(hours=71)) == {LOAD: Verdict.GO_ON}
    assert judge_trials(at=now + timedelta(hours=73)) == {LOAD: Verdict.TRUST}
    assert state() == "trusted"
    assert Leaf.objects.filter(kind="batch.trusted").count() == 1


def test_an_unknown_outcome_is_no_silence(at: datetime, wire: CountingChannel) -> None:
    wire.fate = Fate.UNKNOWN
    open_load(at, points=800)
    brought_by_load(range(1, 101), at)
    hand_over(release_all(at), worker="w1", clock=lambda: at)
    assert judge_trials(at=at + timedelta(days=9)) == {LOAD: Verdict.GO_ON}


def test_going_on_takes_two_people_and_puts_the_batch_on_a_new_trial(at: datetime) -> None:
    open_load(at)
    stop(at)
    with pytest.raises(BatchError, match="nobody has asked"):
        agree_to_go_on(load_id=LOAD, at=at, by="bob")
    ask_to_go_on(load_id=LOAD, at=at, by="ann", reason="the reports were of another load")
    with pytest.raises(BatchError, match="asked already"):
        ask_to_go_on(load_id=LOAD, at=at, by="bob", reason="me too")
    for same in ("ann", " Ann "):
        with pytest.raises(BatchError, match="cannot agree"):
            agree_to_go_on(load_id=LOAD, at=at, by=same)
    later = at + timedelta(minutes=1)
    assert agree_to_go_on(load_id=LOAD, at=later, by="bob") == "on_trial"
    assert Batch.objects.get().tested_from == later
    kinds = list(Leaf.objects.order_by("index").values_list("kind", flat=True))
    assert kinds == ["batch.stopped", "batch.asked", "batch.agreed"]
    assert verify_log().intact


def test_two_people_may_end_a_trial_early(at: datetime) -> None:
    open_load(at)
    assert ask_to_go_on(load_id=LOAD, at=at, by="ann", reason="each number was called") == "trusted"
    assert agree_to_go_on(load_id=LOAD, at=at, by="bob") == "trusted"
    with pytest.raises(BatchError, match="is trusted"):
        ask_to_go_on(load_id=LOAD, at=at, by="ann", reason="again")


def test_a_new_stop_overtakes_a_request(at: datetime) -> None:
    open_load(at)
    ask_to_go_on(load_id=LOAD, at=at, by="ann", reason="each number was called")
    stop(at)
    with pytest.raises(BatchError, match="nobody has asked"):
        agree_to_go_on(load_id=LOAD, at=at, by="bob")


def test_the_store_itself_refuses_one_person_for_two(at: datetime) -> None:
    batch = open_load(at, state="stopped")
    asked = {"batch": batch, "from_state": "stopped", "to_state": "on_trial", "asked_at": at, "reason": "why"}
    for names in ({"asked_by": "ann", "agreed_by": "ANN", "agreed_at": at}, {"asked_by": ""},
                  {"asked_by": "ann", "agreed_by": "bob"}):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            BatchDecision.objects.create(**asked, **names)
    BatchDecision.objects.create(**asked, asked_by="ann", agreed_by="bob", agreed_at=at)


@pytest.mark.parametrize(("by", "why"), [("", "why"), ("ann", " ")])
def test_a_stop_needs_a_name_and_a_reason(at: datetime, by: str, why: str) -> None:
    open_load(at)
    with pytest.raises(BatchError, match="name and a reason"):
        stop_batch(load_id=LOAD, at=at, by=by, why=why)
    with pytest.raises(BatchError, match="no batch 8"):
        stop_batch(load_id=8, at=at, by="ann", why="why")
    stop(at)
    with pytest.raises(BatchError, match="is stopped"):
        stop(at)


def test_without_the_lock_alone_there_is_no_room(at: datetime) -> None:
    open_load(at)
    assert batches_as_of(at=at)["room"].to_list() == [25]
    assert batches_as_of(at=at, locked={LOAD})["room"].to_list() == [25]
    assert batches_as_of(at=at, locked=set())["room"].to_list() == [0]
