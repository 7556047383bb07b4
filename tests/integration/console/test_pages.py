# SPDX-License-Identifier: Apache-2.0
"""Staff pages: only for staff, addresses masked, decisions explained, the decision on a case works."""

from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client

from rightparty.casework.models import Case
from rightparty.casework.operations.report_wrong_party import report_wrong_party
from rightparty.console.urls import urlpatterns
from rightparty.dispatch.models import Reminder
from rightparty.dispatch.operations.release import release
from rightparty.lending.models import Hold
from tests.integration.dispatch.lender import add_person, claimed, enqueue, phone_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_user("agent", password="agent"))
    return client


@pytest.fixture
def released(at: datetime) -> Reminder:
    (account,) = add_person(101, at)
    enqueue([(account, 101)], at)
    release(claimed(at), at=at, worker="w1")
    return Reminder.objects.get()


@pytest.mark.parametrize("address", ["", "messages/", "person/", "cases/", "loads/", "halt/", "plan/1/", "loads/1/"])
def test_a_page_of_the_console_asks_for_a_log_in(address: str) -> None:
    response = Client().get(f"/console/{address}")
    assert (response.status_code, response.headers["Location"].partition("?")[0]) == (302, "/console/login/")
    assert len(urlpatterns) > 10


def test_pages_mask_addresses(staff: Client, released: Reminder) -> None:
    for address in ("messages/", "person/?party=P101"):
        page = staff.get(f"/console/{address}").content.decode()
        assert phone_of(101) not in page
        assert "Planted Debtor" not in page


def test_a_withheld_reminder_is_explained_with_its_reason_and_citation(staff: Client, at: datetime) -> None:
    (account,) = add_person(102, at)
    enqueue([(account, 102)], at)
    Hold.objects.create(kind="dispute", from_at=at, account_id=account)
    release(claimed(at), at=at, worker="w1")
    withheld = Reminder.objects.get()
    page = staff.get(f"/console/messages/{withheld.id}/").content.decode()
    assert "right_debt.disputed" in page
    assert "days past due" in page


def test_a_case_is_decided_once(staff: Client, released: Reminder, at: datetime) -> None:
    case = report_wrong_party(code=released.code, origin="portal", words="", at=at)
    staff.post(f"/console/cases/{case.id}/", {"decision": "upheld", "why": "verified by telephone"})
    assert Case.objects.get().state == "upheld"
    staff.post(f"/console/cases/{case.id}/", {"decision": "declined", "why": "again"})
    assert Case.objects.get().state == "upheld"
