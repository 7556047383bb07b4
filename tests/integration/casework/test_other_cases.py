# SPDX-License-Identifier: Apache-2.0
"""Objections hold, decisions end what declined cases held, replies open cases (correctable)."""

from datetime import datetime, timedelta

import pytest

from rightparty.casework.operations.close_case import CaseDecisionError, close_case
from rightparty.casework.operations.open_complaint import open_complaint
from rightparty.casework.operations.open_dispute import open_dispute
from rightparty.casework.operations.open_from_reply import open_from_reply
from rightparty.casework.operations.report_wrong_party import report_wrong_party
from rightparty.casework.operations.request_correction import request_correction
from rightparty.casework.queries import actions_of, count_cases, find_case, list_cases
from rightparty.dispatch.channels.adapter import InboundText
from rightparty.inbound.operations.receive_reply import receive_reply
from rightparty.lending.models import FurnishingHold, Hold
from tests.integration.casework.outbox import STRANGERS_PHONE, add_debtor, sent

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def running(model: type, kind: str) -> set[str]:
    return set(model.objects.filter(kind=kind, to_at__isnull=True).values_list("account_id", flat=True))


def test_an_objection_holds_the_account_and_its_furnishing(at: datetime) -> None:
    message = sent(at)
    case = open_dispute(code=message.code, origin="portal", words="paid last week", at=at)
    again = open_dispute(code=message.code, origin="portal", words="", at=at + DAY)
    assert again.id == case.id
    assert running(Hold, "dispute") == {"A1"}
    assert Hold.objects.count() == 1
    assert running(FurnishingHold, "dispute") == {"A1"}


def test_a_complaint_holds_nothing_and_a_correction_only_furnishing(at: datetime) -> None:
    message = sent(at)
    open_complaint(code=message.code, origin="portal", words="rude", at=at)
    request_correction(code=message.code, origin="portal", words="my name", at=at)
    assert not Hold.objects.exists()
    assert running(FurnishingHold, "correction") == {"A1"}
    assert [case.kind for case in list_cases("open")] == ["complaint", "correction"]


def test_a_declined_objection_ends_its_holds_and_the_author_is_told(at: datetime) -> None:
    case = open_dispute(code=sent(at).code, origin="portal", words="", at=at)
    closed = close_case(case_id=case.id, decision="declined", by="clerk", at=at + DAY)
    assert (closed.state, closed.closed_at, closed.closed_by) == ("declined", at + DAY, "clerk")
    assert running(Hold, "dispute") == set()
    assert running(FurnishingHold, "dispute") == set()
    assert [a.action for a in actions_of(case.id, shown_to_author=True)][-2:] == ["decided", "closed_hold"]
    assert count_cases("open") == 0


def test_a_declined_case_leaves_holds_that_another_open_case_rests_on(at: datetime) -> None:
    case = open_dispute(code=sent(at).code, origin="portal", words="", at=at)
    open_dispute(code=sent(at, cycle="c2").code, origin="portal", words="", at=at + DAY)
    close_case(case_id=case.id, decision="declined", by="clerk", at=at + DAY)
    assert running(Hold, "dispute") == {"A1"}
    assert running(FurnishingHold, "dispute") == {"A1"}


def test_an_upheld_wrong_party_report_keeps_furnishing_stopped(at: datetime) -> None:
    add_debtor("P1", "A1", "A2")
    case = report_wrong_party(code=sent(at).code, origin="portal", words="", at=at)
    close_case(case_id=case.id, decision="upheld", by="clerk", at=at + DAY)
    assert running(FurnishingHold, "wrong_party") == {"A1", "A2"}


def test_a_declined_wrong_party_report_resumes_furnishing(at: datetime) -> None:
    add_debtor("P1", "A1", "A2")
    case = report_wrong_party(code=sent(at).code, origin="portal", words="", at=at)
    close_case(case_id=case.id, decision="declined", by="clerk", at=at + DAY)
    assert running(FurnishingHold, "wrong_party") == set()


def test_a_case_is_decided_once_and_only_upheld_or_declined(at: datetime) -> None:
    case = open_complaint(code=sent(at).code, origin="portal", words="rude", at=at)
    with pytest.raises(CaseDecisionError):
        close_case(case_id=case.id, decision="open", by="clerk", at=at)
    close_case(case_id=case.id, decision="upheld", by="clerk", at=at)
    with pytest.raises(CaseDecisionError):
        close_case(case_id=case.id, decision="declined", by="clerk", at=at)
    assert find_case(case.id).state == "upheld"


def test_after_a_decision_a_new_report_is_a_new_case(at: datetime) -> None:
    message = sent(at)
    case = open_complaint(code=message.code, origin="portal", words="rude", at=at)
    close_case(case_id=case.id, decision="declined", by="clerk", at=at)
    assert open_complaint(code=message.code, origin="portal", words="rude again", at=at + DAY).id != case.id


@pytest.mark.parametrize(
    ("words", "kind"), [("wrong number", "wrong_party"), ("打错了", "wrong_party"), ("STOP", None)]
)
def test_a_reply_opens_the_case_it_calls_for(at: datetime, words: str, kind: str | None) -> None:
    add_debtor("P1", "A1")
    sent(at)
    heard = receive_reply(InboundText(channel="sms", sender=STRANGERS_PHONE, body=words, provider_id="r1"), at=at)
    case = open_from_reply(heard, words=words, at=at)
    assert (case.kind if case else None) == kind
    if case:
        assert (case.origin, case.words) == ("reply", words)
        assert running(FurnishingHold, kind) == {"A1"}


def test_a_repeated_reply_opens_nothing_again(at: datetime) -> None:
    add_debtor("P1", "A1")
    sent(at)
    text = InboundText(channel="sms", sender=STRANGERS_PHONE, body="wrong number", provider_id="r1")
    cases = [open_from_reply(receive_reply(text, at=at), words=text.body, at=at) for _ in range(2)]
    assert cases[0] is not None
    assert cases[1] is None


def test_a_reply_to_no_message_of_ours_opens_nothing(at: datetime) -> None:
    heard = receive_reply(InboundText(channel="sms", sender=STRANGERS_PHONE, body="wrong number"), at=at)
    assert open_from_reply(heard, words="wrong number", at=at) is None
    assert count_cases() == 0
