# SPDX-License-Identifier: Apache-2.0
"""Every promise is checked again in the one transaction that releases; each refusal names its reason."""

from datetime import datetime, timedelta

import pytest
from django.conf import settings

from rightparty.dispatch.channels.adapter import Fate
from rightparty.dispatch.channels.registry import connect
from rightparty.dispatch.models import MessageText, Reminder
from rightparty.dispatch.operations import release as gate
from rightparty.dispatch.operations.cancel_planned import cancel_planned
from rightparty.dispatch.operations.halt import halt
from rightparty.dispatch.operations.hand_over import hand_over
from rightparty.dispatch.operations.lift_halt import lift_halt
from rightparty.dispatch.operations.recover_leases import recover_leases
from rightparty.dispatch.operations.release import make_ready, release
from rightparty.dispatch.queries import explain_reminder, find_by_code, released_reminders, withheld_at_the_gate
from rightparty.dispatch.worker import drain
from rightparty.evidence.queries import verify_log
from rightparty.kernel.identifiers import show_code
from rightparty.kernel.reasons import reasons_in
from rightparty.lending.models import Hold
from rightparty.lending.operations.record_payment import record_payment
from rightparty.parties.models import ContactEvent
from tests.integration.dispatch.lender import CountingChannel, add_person, claimed, enqueue, only, phone_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wire() -> CountingChannel:
    channel = CountingChannel()
    connect("sms", channel)
    return channel


def one(at: datetime) -> str:
    (account,) = add_person(101, at)
    enqueue([(account, 101)], at)
    return account


def reasons(reminder: Reminder) -> set[str]:
    return {reason.code for reason in reasons_in(reminder.reasons_mask)}


def test_a_lawful_reminder_is_released_with_text_record_and_contact_event(at: datetime) -> None:
    one(at)
    outcome = release(claimed(at), at=at, worker="w1")
    reminder = only()
    assert reasons(reminder) == set()
    assert outcome.released == [reminder.id]
    text = MessageText.objects.get().body
    assert "CNY 1,200.00" in text
    assert f"【{settings.RIGHTPARTY['SENDER_NAME']}】" in text
    assert show_code(reminder.code) in text
    assert find_by_code(show_code(reminder.code)).id == reminder.id
    assert ContactEvent.objects.filter(kind="sent", party_id="P101", account_id=reminder.account_id).count() == 1
    story = explain_reminder(reminder.id)
    assert story.leaf.opens
    assert story.leaf.private["body"] == text
    assert story.leaf.facts["facts"]["amount_due_minor"] == 120000
    assert verify_log().intact
    assert released_reminders().height == 1


def test_the_log_of_a_release_holds_no_personal_data_in_the_clear(at: datetime, tmp_path) -> None:
    from rightparty.evidence.queries import export_log

    account = one(at)
    release(claimed(at), at=at, worker="w1")
    export_log(tmp_path / "log")
    exported = (tmp_path / "log").read_text()
    for planted in (account, "P101", "H101", phone_of(101), "Planted", only().code, only().id.hex):
        assert planted not in exported


def test_a_payment_after_the_plan_withholds(at: datetime) -> None:
    account = one(at)
    record_payment(payment_id="p1", account_id=account, paid_at=at, amount_minor=120000, status="posted")
    assert release(claimed(at), at=at + timedelta(seconds=30), worker="w1").withheld == 1
    assert "right_debt.nothing_due" in reasons(only())
    assert withheld_at_the_gate()["reasons"].explode().to_list().count("right_debt.nothing_due") == 1


def test_a_part_payment_changes_the_amount_in_the_text(at: datetime) -> None:
    """A payment posted late: made before the days of peace that the house rules leave, known only after the plan."""
    account = one(at)
    made = at - timedelta(days=3)
    record_payment(payment_id="p1", account_id=account, paid_at=made, amount_minor=20000, status="posted")
    release(claimed(at), at=at + timedelta(seconds=30), worker="w1")
    assert only().amount_minor == 100000
    assert "CNY 1,000.00" in MessageText.objects.get().body


def test_who_has_just_paid_a_part_is_left_in_peace(at: datetime) -> None:
    account = one(at)
    record_payment(payment_id="p1", account_id=account, paid_at=at, amount_minor=20000, status="posted")
    assert release(claimed(at), at=at + timedelta(seconds=30), worker="w1").withheld == 1
    assert reasons(only()) == {"right_time.cooling_off"}


def test_a_hold_a_stop_and_a_report_after_the_plan_withhold(at: datetime) -> None:
    expected = {
        1: "right_debt.disputed",
        2: "right_time.opted_out",
        3: "right_party.reported_wrong_party",
    }
    for number in expected:
        enqueue([(add_person(number, at)[0], number)], at)
    Hold.objects.create(kind="dispute", from_at=at - timedelta(hours=1), account_id="A1-0")
    for number, kind in ((2, "opted_out"), (3, "wrong_party")):
        ContactEvent.objects.create(
            event_id=f"e{number}", channel="phone", value=phone_of(number), kind=kind, detail="sms",
            occurred_at=at - timedelta(hours=1),
        )  # fmt: skip
    assert release(claimed(at), at=at, worker="w1").withheld == 3
    for number, code in expected.items():
        assert code in reasons(Reminder.objects.get(party_id=f"P{number}"))


def test_night_in_the_persons_place_withholds(at: datetime) -> None:
    one(at)
    night = at + timedelta(hours=14)
    release(claimed(night), at=night, worker="w1")
    assert "right_time.outside_contact_hours" in reasons(only())


def test_a_plan_of_yesterday_is_not_acted_on(at: datetime) -> None:
    one(at)
    later = at + timedelta(hours=25)
    release(claimed(later), at=later, worker="w1")
    assert "right_time.plan_expired" in reasons(only())


def test_one_person_under_two_ids_gets_one_reminder(at: datetime) -> None:
    """once, right_time: the linked person is counted, not the party id; the second waits, then meets the daily cap."""
    rows = [(account, n) for n in (1, 2) for account in add_person(n, at, person="H1", accounts=2)]
    enqueue(rows, at)
    outcome = release(claimed(at), at=at, worker="w1")
    assert len(outcome.released) == 1
    assert outcome.deferred == 3
    again = release(claimed(at), at=at, worker="w1")
    assert not again.released
    assert again.withheld == 3
    assert {"right_time.person_daily_cap"} <= reasons(Reminder.objects.filter(state="withheld").first())


def test_without_evidence_nothing_is_released(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_leaves: object) -> list[int]:
        raise OSError("disk full")

    one(at)
    monkeypatch.setattr(gate, "append_columns", fails)
    with pytest.raises(OSError, match="disk full"):
        release(claimed(at), at=at, worker="w1")
    assert only().state == "claimed"
    assert not MessageText.objects.exists()
    assert not ContactEvent.objects.filter(kind="sent").exists()


def test_a_worker_releases_only_what_it_still_owns(at: datetime) -> None:
    one(at)
    ids = claimed(at)
    assert not release(ids, at=at, worker="w2").released
    assert not release(ids, at=at + timedelta(seconds=61), worker="w1").released
    assert only().state == "claimed"


def test_a_worker_that_slept_past_its_lease_cannot_hand_over(at: datetime, wire: CountingChannel) -> None:
    one(at)
    ids = release(claimed(at), at=at, worker="w1").released
    late = at + timedelta(seconds=61)
    assert hand_over(ids, worker="w1", clock=lambda: late)[Fate.ACCEPTED] == 0
    assert recover_leases(at=late).cancelled == 1
    assert wire.written == []
    assert reasons(only()) == {"once.lease_lost"}


def test_the_same_ids_are_handed_over_once(at: datetime, wire: CountingChannel) -> None:
    one(at)
    ids = release(claimed(at), at=at, worker="w1").released
    for _ in range(3):
        hand_over(ids, worker="w1", clock=lambda: at)
    assert len(wire.written) == 1
    assert only().state == "handed_over"


@pytest.mark.parametrize(("fate", "state"), [(Fate.REFUSED, "failed"), (Fate.UNKNOWN, "unknown")])
def test_refused_and_unknown_are_ends_with_a_code_and_are_never_sent_again(
    at: datetime, wire: CountingChannel, fate: Fate, state: str
) -> None:
    wire.fate = fate
    one(at)
    drain(clock=lambda: at)
    drain(clock=lambda: at + timedelta(minutes=10))
    assert (only().state, only().outcome) == (state, "test.code")
    assert len(wire.written) == 1


def test_a_halt_stops_claimed_and_released_messages(at: datetime, wire: CountingChannel) -> None:
    one(at)
    ids = claimed(at)
    halt(at=at, by="test", why="wrong texts")
    assert release(ids, at=at, worker="w1").deferred == 1
    lift_halt(at=at, by="test")
    ids = release(claimed(at), at=at, worker="w1").released
    halt(at=at, by="test", why="again")
    hand_over(ids, worker="w1", clock=lambda: at)
    assert wire.written == []
    assert reasons(only()) == {"once.dispatch_halted"}
    assert drain(clock=lambda: at).halted


def test_a_drain_hands_over_everything_and_a_second_finds_nothing(at: datetime, wire: CountingChannel) -> None:
    for number in range(1, 30):
        enqueue([(add_person(number, at)[0], number)], at)
    seen: list[tuple[int, int]] = []
    summary = drain(clock=lambda: at, batch=10, on_progress=lambda done, total: seen.append((done, total)))
    assert summary.counts["handed over"] == 29
    assert seen[-1] == (29, 29)
    assert len({message.reminder_id for message in wire.written}) == 29
    assert drain(clock=lambda: at).counts["handed over"] == 0


def test_a_plan_enqueued_twice_adds_nothing(at: datetime) -> None:
    account = one(at)
    assert enqueue([(account, 101)], at).already_there == 1
    assert Reminder.objects.count() == 1


def test_cancelled_means_never_released(at: datetime, wire: CountingChannel) -> None:
    one(at)
    assert cancel_planned(address=phone_of(101), at=at, reason="right_party.reported_wrong_party") == 1
    drain(clock=lambda: at)
    assert wire.written == []
    assert reasons(only()) == {"right_party.reported_wrong_party"}


def test_what_was_withheld_at_night_may_be_proposed_again_and_leaves_once(at: datetime) -> None:
    """once: a refusal never left, so the same step and period may be tried by day; what left is never tried again."""
    account = one(at)
    night, morning = at + timedelta(hours=13), at + timedelta(hours=24)
    assert release(claimed(night), at=night, worker="w1").withheld == 1
    assert reasons(only()) == {"right_time.outside_contact_hours", "right_time.outside_house_hours"}
    enqueue([(account, 101)], morning)
    assert len(release(claimed(morning), at=morning, worker="w1").released) == 1
    enqueue([(account, 101)], morning)
    assert sorted(Reminder.objects.values_list("state", flat=True)) == ["released", "withheld"]


def test_getting_ready_decides_nothing(at: datetime) -> None:
    one(at)
    make_ready(at=at)
    assert only().state == "planned"
    assert release(claimed(at), at=at, worker="w1").released == [only().id]
