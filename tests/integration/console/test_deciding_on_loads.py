# SPDX-License-Identifier: Apache-2.0
"""right_party: who may decide on a quarantined load does so on its page, with a reason; who may not cannot."""

from datetime import datetime

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from rightparty.intake.models import Load

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def load(at: datetime) -> Load:
    found = {"finding": "contact_column_moved", "severity": "high", "count": 60, "first_line": 3, "last_line": 70,
             "examples": ["+120*****0101"], "cause": "shifted", "remedy": "refuse", "quarantines": True}  # fmt: skip
    summary = {"tables": [{"table": "contact_points", "read": 200}], "findings": [found]}
    return Load.objects.create(content_digest="e" * 64, state="quarantined", loaded_at=at, summary=summary)


def client_of(*, decides: bool) -> Client:
    user = User.objects.create_user("ada", password="ada")
    if decides:
        user.user_permissions.add(Permission.objects.get(codename="decide_load"))
    client = Client()
    client.force_login(user)
    return client


def test_the_page_shows_findings_and_the_list_leads_to_it(load: Load) -> None:
    client = client_of(decides=True)
    assert f"/console/loads/{load.pk}/" in client.get("/console/loads/").content.decode()
    page = client.get(f"/console/loads/{load.pk}/").content.decode()
    assert "A contact column stands beside the wrong rows" in page
    assert 'value="admit"' in page


def test_a_refusal_is_recorded_under_the_users_name(load: Load) -> None:
    answer = client_of(decides=True).post(f"/console/loads/{load.pk}/", {"decision": "refuse", "why": "shifted"})
    load.refresh_from_db()
    assert (answer.status_code, load.state, load.decided_by, load.decision) == (302, "refused", "ada", "shifted")


def test_without_a_reason_nothing_is_decided_and_the_page_says_so(load: Load) -> None:
    page = client_of(decides=True).post(f"/console/loads/{load.pk}/", {"decision": "admit", "why": " "})
    load.refresh_from_db()
    assert load.state == "quarantined"
    assert "a decision needs a name and a reason" in page.content.decode()


def test_who_may_not_decide_sees_no_form_and_is_refused(load: Load) -> None:
    client = client_of(decides=False)
    assert 'value="admit"' not in client.get(f"/console/loads/{load.pk}/").content.decode()
    assert client.post(f"/console/loads/{load.pk}/", {"decision": "admit", "why": "x"}).status_code == 403
    load.refresh_from_db()
    assert load.state == "quarantined"


def test_an_unknown_load_is_not_found() -> None:
    assert client_of(decides=True).get("/console/loads/987654/").status_code == 404
