# SPDX-License-Identifier: Apache-2.0
"""correctable, right_time: what an agent enters binds the next gate before he goes on; an entry counts once."""

from datetime import date, datetime, time, timedelta

import pytest
from django.db import DatabaseError, transaction

from rightparty.casework.models import Case
from rightparty.casework.operations.take_call_outcome import take_call_outcome
from rightparty.dispatch.calls.outcomes import OUTCOMES, Detail
from rightparty.dispatch.calls.queries import find_call
from rightparty.dispatch.models import CallOutcome
from rightparty.dispatch.operations.enter_outcome import OutcomeDetails
from rightparty.dispatch.operations.identify_person import identify_person
from rightparty.dispatch.operations.plan_call import CallError, plan_call
from rightparty.dispatch.operations.release import release
from rightparty.evidence.queries import find_leaf, verify_log
from rightparty.lending.models import Hold
from rightparty.parties.models import CeaseCommunication, ContactEvent
from tests.integration.dispatch.calls import AGENT, kinds_of, opened, planned, press, reasons_of, reminder_of
from tests.integration.dispatch.lender import claimed, enqueue, phone_of

pytestmark = pytest.mark.django_db

TOMORROW = date(2026, 11, 24)
DETAILS = {
    Detail.PROMISE: OutcomeDetails(promised_on=TOMORROW, promised_minor=50_000),
    Detail.CALL_BACK: OutcomeDetails(call_back_on=TOMORROW, call_back_at=time(15, 30)),
    Detail.WORDS: OutcomeDetails(words="I paid it"),
    None: OutcomeDetails(),
}


def entered(at: datetime, outcome: str, *, identified: bool = True, **said):
    call = opened(at)
    if identified:
        identify_person(call, agent=AGENT, at=at)
    assert take_call_outcome(call_id=call, outcome=outcome, by=AGENT, at=at, **said)
    return call


def next_gate(at: datetime) -> set[str]:
    """Why another text message to the person is withheld a little later."""
    enqueue([("A101-0", 101)], at)
    (reminder,) = claimed(at)
    release([reminder], at=at, worker="w1")
    return reasons_of(reminder)


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda each: each.code)
def test_every_outcome_ends_the_call_with_its_events_and_its_record(at: datetime, outcome) -> None:
    call = entered(at, outcome.code, details=DETAILS[outcome.asks])
    assert reminder_of(call).state == outcome.ends
    assert reminder_of(call).outcome == f"call.{outcome.code}"
    story = find_call(call)
    assert story is not None
    leaf = find_leaf(story.outcomes[0].evidence_index)
    assert leaf is not None
    assert (leaf.kind, leaf.facts["outcome"], leaf.facts["state"]) == ("call.outcome", outcome.code, outcome.ends)
    assert leaf.opens
    assert verify_log().intact


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("promise_to_pay", "right_time.promise_to_pay"),
        ("dispute", "right_debt.disputed"),
        ("hardship", "right_debt.on_hold"),
        ("attorney", "right_time.attorney_represented"),
        ("cease_communication", "right_time.cease_communication"),
        ("wrong_party", "right_party.reported_wrong_party"),
        ("deceased", "right_party.deceased"),
    ],
)
def test_the_next_gate_withholds_for_it(at: datetime, outcome: str, reason: str) -> None:
    details = OutcomeDetails(promised_on=TOMORROW) if outcome == "promise_to_pay" else OutcomeDetails()
    entered(at, outcome, details=details)
    assert reason in next_gate(at + timedelta(minutes=1))


def test_a_promise_names_party_account_and_day(at: datetime) -> None:
    call = entered(at, "promise_to_pay", details=DETAILS[Detail.PROMISE])
    event = ContactEvent.objects.get(kind="promise_to_pay")
    assert (event.party_id, event.account_id, event.detail) == ("P101", "A101-0", "2026-11-24")
    assert CallOutcome.objects.get(call_id=call).promised_minor == 50_000


def test_a_call_back_is_a_wish_for_that_day(at: datetime) -> None:
    entered(at, "callback_requested", details=DETAILS[Detail.CALL_BACK])
    event = ContactEvent.objects.get(kind="consent_given")
    assert (event.party_id, event.detail) == ("P101", "call_back:2026-11-24")


def test_no_more_calls_stops_calls_alone(at: datetime) -> None:
    entered(at, "no_more_calls")
    again = plan_call(account_id="A101-0", party_id="P101", by=AGENT, at=at + timedelta(minutes=1))
    press(again, at + timedelta(minutes=1))
    assert "right_time.opted_out" in reasons_of(again)
    assert "right_time.opted_out" not in next_gate(at + timedelta(minutes=2))


def test_a_wrong_number_opens_a_case_of_an_agent_and_stops_the_number(at: datetime) -> None:
    entered(at, "wrong_party", identified=False)
    case = Case.objects.get()
    assert (case.kind, case.origin) == ("wrong_party", "agent")
    assert ContactEvent.objects.filter(kind="wrong_party", value=phone_of(101)).count() == 1


def test_a_disputes_words_are_kept_with_its_case_alone(at: datetime) -> None:
    entered(at, "dispute", details=OutcomeDetails(words="I never borrowed it"))
    assert Case.objects.get().words == "I never borrowed it"
    assert Hold.objects.get().account_id == "A101-0"


def test_the_same_outcome_twice_has_one_effect(at: datetime) -> None:
    call = entered(at, "wrong_party")
    assert not take_call_outcome(call_id=call, outcome="wrong_party", by=AGENT, at=at + timedelta(seconds=5))
    assert CallOutcome.objects.count() == Case.objects.count() == 1


def test_another_outcome_is_refused_until_it_is_called_a_correction(at: datetime) -> None:
    call = entered(at, "no_answer")
    with pytest.raises(CallError, match="already"):
        take_call_outcome(call_id=call, outcome="busy", by="bob", at=at)
    with pytest.raises(CallError, match="already"):
        take_call_outcome(call_id=call, outcome="busy", by="bob", at=at, corrects=2)
    assert take_call_outcome(call_id=call, outcome="wrong_party", by="bob", at=at, corrects=1)
    assert [(e.entry, e.outcome, e.recorded_by) for e in CallOutcome.objects.order_by("entry")] == [
        (1, "no_answer", AGENT), (2, "wrong_party", "bob"),
    ]  # fmt: skip
    assert reminder_of(call).state == "failed", "an end is an end; the entries and their facts tell the rest"
    assert "right_party.reported_wrong_party" in next_gate(at + timedelta(minutes=1))


def test_what_a_first_entry_stopped_stays_stopped(at: datetime) -> None:
    call = entered(at, "wrong_party")
    assert take_call_outcome(call_id=call, outcome="right_party_contact", by=AGENT, at=at, corrects=1)
    assert "right_party.reported_wrong_party" in next_gate(at + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("outcome", "details"),
    [
        ("promise_to_pay", OutcomeDetails()),
        ("promise_to_pay", OutcomeDetails(promised_on=date(2026, 11, 1))),
        ("promise_to_pay", OutcomeDetails(promised_on=date(2028, 1, 1))),
        ("promise_to_pay", OutcomeDetails(promised_on=TOMORROW, promised_minor=0)),
        ("callback_requested", OutcomeDetails()),
        ("nonsense", OutcomeDetails()),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(at: datetime, outcome: str, details: OutcomeDetails) -> None:
    call = opened(at)
    identify_person(call, agent=AGENT, at=at)
    with pytest.raises(CallError):
        take_call_outcome(call_id=call, outcome=outcome, by=AGENT, at=at, details=details)
    assert (reminder_of(call).state, kinds_of(call)) == ("released", [])


def test_a_conversation_needs_an_identity_that_was_checked(at: datetime) -> None:
    call = opened(at)
    with pytest.raises(CallError, match="whether this is the person"):
        take_call_outcome(call_id=call, outcome="right_party_contact", by=AGENT, at=at)
    identify_person(call, agent=AGENT, at=at)
    take_call_outcome(call_id=call, outcome="right_party_contact", by=AGENT, at=at)
    assert kinds_of(call) == ["answered", "name_agrees"]


def test_a_stop_from_somebody_unidentified_holds_and_is_no_evidence_of_ownership(at: datetime) -> None:
    call = entered(at, "cease_communication", identified=False)
    assert kinds_of(call) == ["answered"]
    assert CeaseCommunication.objects.filter(person_id="H101", origin="agent").count() == 1


def test_a_call_that_was_never_opened_has_no_outcome(at: datetime) -> None:
    call = planned(at)
    with pytest.raises(CallError):
        take_call_outcome(call_id=call, outcome="no_answer", by=AGENT, at=at)


def test_the_store_refuses_to_change_what_was_entered(at: datetime) -> None:
    entered(at, "no_answer")
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        CallOutcome.objects.update(outcome="busy")
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        CallOutcome.objects.all().delete()
