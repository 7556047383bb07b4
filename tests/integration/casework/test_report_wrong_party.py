# SPDX-License-Identifier: Apache-2.0
"""A stranger's "this is not me" takes effect at once, everywhere, and is told what was done (correctable)."""

from datetime import datetime, timedelta

import pytest

from rightparty.casework.operations.open_case import UnknownReferenceError
from rightparty.casework.operations.report_wrong_party import report_wrong_party
from rightparty.casework.queries import actions_of, find_case_by_follow_token, list_cases
from rightparty.casework.record import STOPPED_CONTACT_POINT, STOPPED_FURNISHING
from rightparty.dispatch.models import Reminder
from rightparty.evidence.queries import read_leaf, verify_log
from rightparty.kernel.reasons import reasons_in
from rightparty.lending.models import FurnishingHold
from rightparty.parties.models import ContactEvent
from tests.integration.casework.outbox import STRANGERS_PHONE, add_debtor, planned, sent

pytestmark = pytest.mark.django_db(transaction=True)


def report(reminder: Reminder, at: datetime, words: str = "") -> object:
    return report_wrong_party(code=reminder.code, origin="portal", words=words, at=at)


def test_it_contradicts_the_contact_point_and_cancels_what_is_planned_there(at: datetime) -> None:
    add_debtor("P1", "A1")
    message, waiting, elsewhere = sent(at), planned(at), planned(at, address="+12025550177", account="A8")
    report(message, at)
    event = ContactEvent.objects.get(kind="wrong_party")
    assert (event.channel, event.value, event.party_id, event.occurred_at) == ("phone", STRANGERS_PHONE, "P1", at)
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"
    assert {reason.code for reason in reasons_in(waiting.reasons_mask)} == {"right_party.reported_wrong_party"}
    elsewhere.refresh_from_db()
    assert elsewhere.state == "planned"


def test_furnishing_stops_on_every_account_of_the_person_under_all_his_ids(at: datetime) -> None:
    add_debtor("P1", "A1", "A2")
    add_debtor("P1-old", "A3")
    add_debtor("P2", "B1", person="H2")
    report(sent(at), at)
    holds = FurnishingHold.objects.filter(kind="wrong_party", to_at__isnull=True)
    assert set(holds.values_list("account_id", flat=True)) == {"A1", "A2", "A3"}


def test_a_second_report_joins_the_open_case_and_repeats_no_effect(at: datetime) -> None:
    add_debtor("P1", "A1")
    message = sent(at)
    first = report(message, at, "wrong number")
    later = at + timedelta(minutes=5)
    second = report(message, later, "still me, not him")
    assert second.id == first.id
    assert second.words == "wrong number\n\nstill me, not him"
    assert ContactEvent.objects.filter(kind="wrong_party").count() == 1
    assert FurnishingHold.objects.count() == 1
    assert len(list_cases("open")) == 1


def test_two_debtors_at_one_number_are_two_reports(at: datetime) -> None:
    add_debtor("P1", "A1")
    add_debtor("P2", "B1", person="H2")
    report(sent(at), at)
    report(sent(at, party="P2", account="B1", person="H2"), at)
    assert set(ContactEvent.objects.values_list("party_id", flat=True)) == {"P1", "P2"}
    assert set(FurnishingHold.objects.values_list("account_id", flat=True)) == {"A1", "B1"}


def test_the_author_is_told_what_was_done_but_nothing_about_the_debtor(at: datetime) -> None:
    add_debtor("P1", "A1", "A2")
    case = report(sent(at), at)
    found = find_case_by_follow_token(case.follow_token)
    told = actions_of(found.id, shown_to_author=True)
    assert STOPPED_CONTACT_POINT in {action.action for action in told}
    assert STOPPED_FURNISHING not in {action.action for action in told}
    assert STOPPED_FURNISHING in {action.action for action in actions_of(found.id)}
    assert found.due_at == at + timedelta(days=1)


def test_it_is_in_the_log_without_personal_data(at: datetime) -> None:
    add_debtor("P1", "A1")
    report(sent(at), at, "planted words")
    verdict = verify_log()
    assert verdict.intact
    leaves = [read_leaf(index) for index in range(verdict.records)]
    (opened,) = [leaf for leaf in leaves if leaf.kind == "case.opened"]
    assert opened.opens
    assert opened.private["words"] == "planted words"
    assert STRANGERS_PHONE not in str(opened.facts)
    assert "planted" not in str(opened.facts)


@pytest.mark.parametrize("code", ["", "nonsense", "ABCDEFGHJKM", "' OR 1=1 --"])
def test_an_unknown_code_is_refused_and_nothing_happens(at: datetime, code: str) -> None:
    with pytest.raises(UnknownReferenceError):
        report_wrong_party(code=code, origin="portal", words="", at=at)
    assert not ContactEvent.objects.exists()
    assert list_cases() == []


def test_what_was_planned_but_never_sent_has_no_code_to_report(at: datetime) -> None:
    waiting = planned(at)
    Reminder.objects.filter(pk=waiting.pk).update(code="ABCDEFGHJKM")
    with pytest.raises(UnknownReferenceError):
        report_wrong_party(code="ABCDEFGHJKM", origin="portal", words="", at=at)
