# SPDX-License-Identifier: Apache-2.0
"""An agent's call is released by the gate like any message: all promises, once, and nobody sees a number before."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from rightparty.casework.operations.take_call_outcome import take_call_outcome
from rightparty.dispatch.calls.queries import earliest_call, find_call, unfinished_calls, waiting_calls
from rightparty.dispatch.channels.adapter import Capabilities, Fate, Handover, OnUnknown
from rightparty.dispatch.channels.registry import connect
from rightparty.dispatch.models import Call, MessageText, Reminder
from rightparty.dispatch.operations.halt import halt
from rightparty.dispatch.operations.identify_person import identify_person
from rightparty.dispatch.operations.open_call import LEASE
from rightparty.dispatch.operations.plan_call import CallError, plan_call
from rightparty.dispatch.operations.recover_leases import recover_leases
from rightparty.dispatch.operations.resolve_unknown import resolve_unknown
from rightparty.dispatch.worker import drain
from rightparty.evidence.queries import export_log, verify_log
from rightparty.lending.models import AccountParty
from rightparty.lending.operations.record_payment import record_payment
from rightparty.parties.models import ContactEvent
from tests.integration.dispatch.calls import (
    AGENT,
    IN_NEW_YORK,
    kinds_of,
    opened,
    planned,
    planned_in_new_york,
    press,
    reasons_of,
    reminder_of,
)
from tests.integration.dispatch.lender import CountingChannel, add_person, phone_of

pytestmark = pytest.mark.django_db


def end(call, at, outcome="right_party_contact", **said):
    if outcome in ("right_party_contact", "promise_to_pay", "callback_requested", "refused_to_pay"):
        identify_person(call, agent=AGENT, at=at)
    return take_call_outcome(call_id=call, outcome=outcome, by=AGENT, at=at, **said)


def test_a_lawful_call_is_released_with_script_code_and_record(at: datetime) -> None:
    call = opened(at)
    assert reminder_of(call).outcome == "handing_over"
    story = find_call(call)
    assert story is not None
    assert story.is_being_made(at=at)
    assert not story.is_being_made(at=at + LEASE)
    assert "录音" in story.script.opening
    assert "Planted Debtor" in story.script.ask
    assert story.amount == "CNY 1,200.00"
    assert "1,200" not in MessageText.objects.get().body
    assert [duty.id for duty in story.duties.record] == ["CN.recording"]
    assert ContactEvent.objects.filter(kind="sent", detail="call", party_id="P101").count() == 1
    assert verify_log().intact


def test_a_second_press_finds_the_same_call_and_decides_nothing_anew(at: datetime) -> None:
    call = opened(at)
    again = press(call, at + timedelta(seconds=1))
    assert (again.repeated, again.state) == (True, "released")
    assert Call.objects.count() == 1
    assert ContactEvent.objects.filter(kind="sent").count() == 1


def test_another_agent_cannot_take_a_call_that_is_being_made(at: datetime) -> None:
    call = opened(at)
    with pytest.raises(CallError, match="Somebody else"):
        press(call, at, agent="bob")
    assert Call.objects.get().agent == AGENT


@pytest.mark.parametrize("agent", ["", "  "])
def test_a_call_needs_an_agent(at: datetime, agent: str) -> None:
    with pytest.raises(CallError):
        press(planned(at), at, agent=agent)


def test_a_text_message_is_no_call_and_an_unknown_one_neither(at: datetime) -> None:
    call = planned(at)
    Reminder.objects.filter(id=call).update(channel="sms")
    for wrong in (call, uuid4()):
        with pytest.raises(CallError, match="no such call"):
            press(wrong, at)


def test_at_night_the_call_is_withheld_and_the_earliest_hour_is_told(at: datetime) -> None:
    night = at + timedelta(hours=12)
    call = planned(night)
    assert press(call, night).state == "withheld"
    assert not Call.objects.exists()
    assert "right_time.outside_contact_hours" in reasons_of(call)
    earliest = earliest_call(call, at=night)
    assert earliest is not None
    assert night < earliest <= night + timedelta(hours=14)
    assert press(planned_again(call, earliest), earliest).state == "released"


def planned_again(call, at):
    old = reminder_of(call)
    return plan_call(account_id=old.account_id, party_id=old.party_id, by=AGENT, at=at)


def test_a_payment_between_the_plan_and_the_press_withholds(at: datetime) -> None:
    call = planned(at)
    record_payment(payment_id="p1", account_id="A101-0", paid_at=at, amount_minor=120000, status="posted")
    assert press(call, at).state == "withheld"
    assert "right_debt.nothing_due" in reasons_of(call)


def test_a_halt_keeps_the_call_waiting(at: datetime) -> None:
    call = planned(at)
    halt(at=at, by="ops", why="drill")
    assert press(call, at).state == "planned"
    assert not Call.objects.exists()


def test_seven_calls_about_a_debt_in_seven_days_are_enough_in_a_market_of_regulation_f(at: datetime) -> None:
    """12 CFR 1006.14(b)(2)(i)(A). The house's own caps are of other reasons."""
    day = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)  # Tuesday, 11:00 in New York
    call = planned_in_new_york(day)
    for n in range(7):
        ContactEvent.objects.create(
            event_id=f"call-{n}", channel="phone", value=IN_NEW_YORK, party_id="P101", account_id="A101-0",
            kind="called", occurred_at=day - timedelta(days=6, hours=-n), detail="call",
        )  # fmt: skip
    assert press(call, day).state == "withheld"
    assert "right_time.debt_call_cap" in reasons_of(call)


def test_after_a_conversation_the_debt_rests_for_seven_days(at: datetime) -> None:
    """12 CFR 1006.14(b)(2)(i)(B): what the agent enters is what the next gate counts."""
    day = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
    call = planned_in_new_york(day)
    assert press(call, day).state == "released"
    end(call, day + timedelta(minutes=3), outcome="refused_to_pay")
    later = day + timedelta(days=3)
    again = planned_again(call, later)
    assert again != call
    assert press(again, later).state == "withheld"
    assert "right_time.after_conversation" in reasons_of(again)


def test_a_call_without_an_answer_is_an_attempt_and_no_conversation(at: datetime) -> None:
    call = opened(at)
    end(call, at, outcome="no_answer")
    assert reminder_of(call).state == "failed"
    assert kinds_of(call) == []
    assert ContactEvent.objects.filter(kind="sent", detail="call").count() == 1


def test_the_agent_asks_twice_and_there_is_one_call(at: datetime) -> None:
    call = planned(at)
    assert planned_again(call, at + timedelta(seconds=1)) == call
    press(call, at)
    assert planned_again(call, at + timedelta(seconds=2)) == call
    assert Reminder.objects.count() == 1


def test_a_call_cannot_be_planned_to_who_has_nothing_to_do_with_the_account(at: datetime) -> None:
    add_person(1, at)
    add_person(2, at)
    with pytest.raises(CallError, match="nothing to do"):
        plan_call(account_id="A1-0", party_id="P2", by=AGENT, at=at)


def test_a_call_to_somebody_who_does_not_owe_is_planned_and_withheld(at: datetime) -> None:
    """Planning proposes; only the gate decides."""
    add_person(1, at)
    add_person(2, at)
    AccountParty.objects.create(account_id="A1-0", party_id="P2", role="emergency_contact")
    call = plan_call(account_id="A1-0", party_id="P2", by=AGENT, at=at)
    assert press(call, at).state == "withheld"
    assert "right_party.not_liable" in reasons_of(call)


def test_no_worker_takes_a_call_that_an_agent_asked_for(at: datetime) -> None:
    """Not even where an automated voice is connected."""
    call = planned(at)
    voice = CountingChannel()
    connect("call", voice)
    drain(clock=lambda: at)
    assert voice.written == []
    assert reminder_of(call).state == "planned"


def test_a_closed_browser_leaves_an_unknown_outcome_that_a_late_entry_resolves(at: datetime) -> None:
    call = opened(at)
    late = at + LEASE + timedelta(seconds=1)
    assert recover_leases(at=late).unknown == 1
    assert reminder_of(call).state == "unknown"
    assert [found.reminder_id for found in unfinished_calls(agent=AGENT, at=late)] == [call]
    end(call, late + timedelta(hours=1))
    reminder = reminder_of(call)
    assert (reminder.state, reminder.handed_over_at) == ("delivered", at)
    assert unfinished_calls(agent=AGENT, at=late) == []


def test_no_provider_of_automated_calls_is_asked_what_became_of_an_agents_call(at: datetime) -> None:
    class Voice(CountingChannel):
        capabilities = Capabilities(on_unknown=OnUnknown.ASK)

        def ask(self, questions):
            return [Handover(fate=Fate.BUSY, code="voice.never_had_it")] * len(questions)

    connect("call", Voice())
    call = opened(at)
    late = at + LEASE + timedelta(seconds=1)
    assert recover_leases(at=late).unknown == 1
    assert resolve_unknown(at=late + timedelta(minutes=5)) == 0
    assert reminder_of(call).state == "unknown"
    end(call, late + timedelta(hours=1))
    assert reminder_of(call).state == "delivered"


def test_an_agent_lost_before_the_gate_loses_nothing(at: datetime) -> None:
    call = planned(at)
    from rightparty.dispatch.operations import open_call as module

    assert module._claim(call, agent=AGENT, at=at)
    assert press(call, at + timedelta(seconds=5)).state == "released"


def test_the_list_shows_what_is_permitted_first_and_nothing_of_whom(at: datetime) -> None:
    day = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    first, second = planned(day, 1), planned(day, 2)
    ContactEvent.objects.create(
        event_id="wish", channel="phone", value=phone_of(1), party_id="P1", kind="opted_out", occurred_at=day,
        detail="outside:15:00-20:00",
    )  # fmt: skip
    listed = waiting_calls(at=day)
    assert [(each.reminder_id, each.permitted) for each in listed] == [(second, True), (first, False)]
    assert listed[1].earliest == datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    assert not {"P1", phone_of(1), "A1-0"} & {str(getattr(listed[1], name)) for name in listed[1].__slots__}


def test_the_log_holds_nothing_personal_of_a_call_in_the_clear(at: datetime, tmp_path) -> None:
    call = opened(at)
    end(call, at, outcome="dispute", details=_words("I never borrowed that"))
    export_log(tmp_path / "log")
    exported = (tmp_path / "log").read_text()
    for planted in ("A101-0", "P101", phone_of(101), "Planted", AGENT, call.hex, "borrowed"):
        assert planted not in exported
    assert verify_log().intact


def _words(text):
    from rightparty.dispatch.operations.enter_outcome import OutcomeDetails

    return OutcomeDetails(words=text)
