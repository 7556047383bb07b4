# SPDX-License-Identifier: Apache-2.0
"""right_party: who may decide sees two records in full and answers with a reason; others see them masked, no form."""

import json
from datetime import datetime

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from rightparty.console.link_words import reasons_in_words
from rightparty.parties.linkage.comparisons import COMPARISONS
from rightparty.parties.linkage.judge import CONTRADICTIONS, ONLY
from rightparty.parties.models import LinkReview, PersonChange
from tests.integration.parties.humans import add_party, add_point, pair, persons, relink

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(at: datetime) -> str:
    add_party(1, full_name="Planted Debtor", national_id="11010119900102001X", national_id_type="id")
    add_party(2, full_name="Planted Debitor", address="1 Example Street")
    for number in (1, 2):
        add_point(number, "+12025550100", at)
    relink([pair(1, 2, "review", p=0.6)], at)
    return f"/console/links/{LinkReview.objects.get().pk}/"


def client_of(*, decides: bool) -> Client:
    user = User.objects.create_user("ada", password="ada")
    if decides:
        user.user_permissions.add(Permission.objects.get(codename="decide_link"))
    client = Client()
    client.force_login(user)
    return client


def test_the_queue_leads_to_both_records_with_reasons_in_words(address: str) -> None:
    client = client_of(decides=True)
    assert address in client.get("/console/links/").content.decode()
    page = client.get(address).content.decode()
    for shown in (
        "Planted Debtor",
        "Planted Debitor",
        "1 Example Street",
        "+12025550100",
        "Given name: the same",
        "60 %",
    ):
        assert shown in page
    assert page.count('name="verdict"') == 3


@pytest.mark.parametrize(("verdict", "person"), [("same", "P1"), ("not_same", "P2"), ("household", "P2")])
def test_an_answer_is_recorded_under_the_users_name(address: str, verdict: str, person: str) -> None:
    answer = client_of(decides=True).post(address, {"verdict": verdict, "why": "spoke to them"})
    assert answer.status_code == 302
    assert persons()["P2"] == person
    assert PersonChange.objects.get(kind="decide").by == "ada"
    assert LinkReview.objects.get().state == "decided"


@pytest.mark.parametrize("wrong", [{"why": " "}, {"verdict": "maybe"}])
def test_without_a_reason_or_verdict_nothing_is_decided_and_the_page_says_so(
    address: str, wrong: dict[str, str]
) -> None:
    page = client_of(decides=True).post(address, {"verdict": "same", "why": "x", **wrong})
    assert 'role="alert"' in page.content.decode()
    assert persons()["P2"] == "P2"


def test_who_may_not_decide_sees_masked_values_no_form_and_is_refused(address: str) -> None:
    client = client_of(decides=False)
    page = client.get(address).content.decode()
    for hidden in ("Planted", "Example Street", "+12025550100", "11010119900102001X", "1990-01-02", 'name="verdict"'):
        assert hidden not in page
    assert client.post(address, {"verdict": "same", "why": "x"}).status_code == 403
    assert (
        client.post("/console/links/person/?party=P1", {"deed": "merge", "other": "P2", "why": "x"}).status_code == 403
    )
    assert persons()["P2"] == "P2"


def test_a_persons_page_merges_splits_and_undoes(address: str) -> None:
    client, person = client_of(decides=True), "/console/links/person/?party=P1"
    assert client.post(person, {"deed": "merge", "other": "P2", "why": "one"}).status_code == 302
    assert persons()["P2"] == "P1"
    assert client.post(person, {"deed": "split", "ids": ["P2"], "why": "two"}).status_code == 302
    assert persons()["P2"] == "P2"
    split = PersonChange.objects.get(kind="split").pk
    assert f"({split})" in client.get("/console/links/person/?party=P2").content.decode()
    assert client.post(person, {"deed": "undo", "act": str(split), "why": "one after all"}).status_code == 302
    assert persons()["P2"] == "P1"
    for wrong in ({"deed": ""}, {"deed": "merge", "other": "nobody"}, {"deed": "undo", "act": "x"}, {"deed": "split"}):
        page = client.post(person, {**wrong, "why": "x"})
        assert 'role="alert"' in page.content.decode()


def test_every_reason_of_linkage_has_words() -> None:
    codes = [level.code for comparison in COMPARISONS for level in comparison.levels] + [*CONTRADICTIONS, *ONLY]
    told = reasons_in_words(json.dumps(codes))
    assert [code for code, words in zip(codes, told, strict=True) if code == words] == []


def test_pages_of_nobody_are_not_found(address: str) -> None:
    client = client_of(decides=True)
    assert client.get("/console/links/999999/").status_code == 404
    assert "There is no party" in client.get("/console/links/person/?party=nobody").content.decode()
    assert Client().get(address).status_code == 302
