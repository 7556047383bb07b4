# SPDX-License-Identifier: Apache-2.0
"""The interface: facts in, states out, nobody without a token, nothing twice, no personal data in an answer."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from rightparty.dispatch.channels.registry import connect
from rightparty.dispatch.models import Halt
from rightparty.dispatch.worker import drain
from rightparty.lending.models import Hold, Payment
from rightparty.parties.models import ContactEvent
from tests.integration.dispatch.lender import CountingChannel, add_person, enqueue, only, phone_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("rightparty.api.urls")]

TOKEN = "a-token-of-the-tests"
NOBODY = UUID(int=7)


@pytest.fixture(autouse=True)
def one_token(settings: Any) -> None:
    settings.RIGHTPARTY = {**settings.RIGHTPARTY, "API_TOKENS": ["another", TOKEN]}


def post(path: str, body: object, token: str = TOKEN) -> HttpResponse:
    raw = body if isinstance(body, str) else json.dumps(body)
    return Client().post(path, raw, content_type="application/json", headers={"authorization": f"Bearer {token}"})  # type: ignore[return-value]


def get(path: str, token: str = TOKEN) -> HttpResponse:
    return Client().get(path, headers={"authorization": f"Bearer {token}"})  # type: ignore[return-value]


def said(response: HttpResponse) -> Any:
    return json.loads(response.content)


def payment(account: str, **change: object) -> dict[str, object]:
    body: dict[str, object] = {
        "payment_id": "PAY-1", "account_id": account, "paid_at": "2026-11-23T09:00:00+08:00", "amount_minor": 1_200_00,
        "status": "pending",
    }  # fmt: skip
    return {**body, **change}


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", "täken"])
def test_nobody_is_let_in_without_a_known_token(token: str) -> None:
    response = get("/health", token)
    assert response.status_code == 401
    assert said(response)["errors"][0]["field"] == "Authorization"


def test_without_any_token_in_the_settings_nobody_is_let_in(settings: Any) -> None:
    settings.RIGHTPARTY = {**settings.RIGHTPARTY, "API_TOKENS": []}
    assert get("/health").status_code == get("/health", "").status_code == 401


def test_a_blank_among_the_tokens_lets_nobody_in(settings: Any) -> None:
    settings.RIGHTPARTY = {**settings.RIGHTPARTY, "API_TOKENS": [" ", TOKEN]}
    assert get("/health", " ").status_code == 401
    assert get("/health").status_code == 200


def test_health_tells_whether_dispatch_is_halted() -> None:
    assert said(get("/health")) == {"store": "ready", "halted": False}


def test_a_payment_is_recorded_once_and_may_become_posted(at: datetime) -> None:
    account = add_person(101, at)[0]
    assert post("/payments", payment(account)).status_code == 200
    assert post("/payments", payment(account)).status_code == 200
    assert said(post("/payments", payment(account, status="posted"))) == {"payment_id": "PAY-1", "status": "posted"}
    assert Payment.objects.get().status == "posted"


def test_a_payment_id_of_another_amount_is_a_conflict(at: datetime) -> None:
    account = add_person(101, at)[0]
    post("/payments", payment(account))
    response = post("/payments", payment(account, amount_minor=1))
    assert response.status_code == 409
    assert said(response)["errors"][0]["field"] == "amount_minor"
    assert Payment.objects.get().amount_minor == 1_200_00


def test_a_payment_of_an_unknown_account_is_refused() -> None:
    response = post("/payments", payment("NOBODYS"))
    assert (response.status_code, said(response)["errors"][0]["field"]) == (404, "account_id")
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("paid_at", "2026-11-23T09:00:00"),
        ("paid_at", "yesterday"),
        ("amount_minor", -1),
        ("amount_minor", "120.00"),
        ("amount_minor", 12.5),
        ("amount_minor", True),
        ("amount_minor", 10**30),
        ("status", "maybe"),
        ("account_id", ""),
        ("account_id", "A\u00001"),
        ("payment_id", "x" * 65),
        ("colour", "red"),
    ],
)
def test_a_fault_names_its_field_and_a_remedy(at: datetime, field: str, value: object) -> None:
    response = post("/payments", payment(add_person(101, at)[0], **{field: value}))
    assert response.status_code == 422
    [fault] = said(response)["errors"]
    assert fault["field"] == field
    assert fault["fault"]
    assert fault["remedy"]
    assert not Payment.objects.exists()


@pytest.mark.parametrize("raw", ["", "{", "[]", "null", '"x"', "\x00", "[" * 5000])
def test_a_body_that_is_no_object_is_refused(raw: str) -> None:
    assert post("/payments", raw).status_code in (400, 422)


def test_a_hold_opened_twice_is_one_hold(at: datetime) -> None:
    account = add_person(101, at)[0]
    body = {"kind": "dispute", "from_at": "2026-11-23T09:00:00+08:00", "account_id": account}
    assert said(post("/holds", body)) == said(post("/holds", body))
    assert Hold.objects.get().kind == "dispute"


@pytest.mark.parametrize(
    "change",
    [{"account_id": ""}, {"to_at": "2026-11-23T08:00:00+08:00"}, {"kind": "mood"}],
    ids=["names nobody", "ends before it starts", "unknown kind"],
)
def test_an_impossible_hold_is_refused(at: datetime, change: dict[str, object]) -> None:
    body = {"kind": "dispute", "from_at": "2026-11-23T09:00:00+08:00", "account_id": add_person(101, at)[0], **change}
    assert post("/holds", body).status_code == 422
    assert not Hold.objects.exists()


def test_a_receipt_delivers_its_reminder_once(at: datetime) -> None:
    connect("sms", CountingChannel())
    enqueue([(add_person(101, at)[0], 101)], at)
    drain(clock=lambda: at)
    body = {"channel": "sms", "provider_id": only().provider_ids, "outcome": "delivered"}
    assert said(post("/receipts", body)) == {"repeated": False, "moved": True}
    assert said(post("/receipts", body))["repeated"] is True
    story = said(get(f"/reminders/{only().id}"))
    assert (story["state"], story["reasons"]) == ("delivered", [])


def test_a_stop_from_an_address_in_any_spelling_ends_the_channel(at: datetime) -> None:
    add_person(101, at)
    spelled = phone_of(101).replace("+1202555", "+1 (202) 555-")
    answer = said(post("/replies", {"channel": "sms", "sender": spelled, "body": "STOP", "provider_id": "mo-1"}))
    assert (answer["intent"], answer["repeated"]) == ("stop", False)
    assert ContactEvent.objects.get(kind="opted_out").value == phone_of(101)
    again = said(post("/replies", {"channel": "sms", "sender": spelled, "body": "STOP", "provider_id": "mo-1"}))
    assert again["repeated"] is True


def test_a_reply_from_no_address_is_refused_without_repeating_it() -> None:
    response = post("/replies", {"channel": "sms", "sender": "my secret", "body": "STOP"})
    assert response.status_code == 422
    assert b"secret" not in response.content


def test_a_withheld_reminder_tells_its_reasons_and_no_personal_data(at: datetime) -> None:
    connect("sms", CountingChannel())
    account = add_person(101, at)[0]
    enqueue([(account, 101)], at)
    post("/payments", payment(account))
    drain(clock=lambda: at)
    response = get(f"/reminders/{only().id}")
    story = said(response)
    assert story["state"] == "withheld"
    assert [reason["code"] for reason in story["reasons"]] == ["right_debt.payment_in_flight"]
    for private in (phone_of(101), "Planted", account, "P101", "120000"):
        assert private not in response.content.decode()


def test_an_unknown_reminder_is_not_found() -> None:
    assert get(f"/reminders/{uuid4()}").status_code == 404
    malformed = get("/reminders/not-an-id")
    assert (malformed.status_code, said(malformed)["errors"][0]["field"]) == (422, "reminder")


@pytest.mark.urls("rightparty.site.urls")
def test_it_is_mounted_and_asks_no_browser_token() -> None:
    strict = Client(enforce_csrf_checks=True)
    head = {"authorization": f"Bearer {TOKEN}"}
    assert strict.get("/api/v1/health", headers=head).status_code == 200
    assert strict.post("/api/v1/payments", "{}", content_type="application/json", headers=head).status_code == 422


@pytest.mark.urls("rightparty.site.urls")
def test_a_body_without_measure_is_refused() -> None:
    head = {"authorization": f"Bearer {TOKEN}"}
    body = json.dumps({"words": "x" * 100_000})
    large = Client().post("/api/v1/payments", body, content_type="application/json", headers=head)
    assert large.status_code == 400
    assert "64 KiB" in large.json()["errors"][0]["remedy"]


@pytest.mark.parametrize("raw", ["{", "[" * 50_000, '{"amount_minor": ' + "9" * 5_000 + "}"], ids=range(3))
def test_what_is_no_json_is_told_as_every_other_fault(raw: str) -> None:
    response = post("/payments", raw)
    assert response.status_code == 400
    assert said(response)["errors"][0]["remedy"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/calls", {"agent": "a\0", "reminder": str(NOBODY)}, "agent"),
        (f"/calls/{NOBODY}/outcome", {"agent": "a", "outcome": "dispute", "words": "a\0"}, "words"),
        (f"/calls/{NOBODY}/recording-file", {"agent": "a", "file": "a\0"}, "file"),
        ("/receipts", {"channel": "sms", "provider_id": "a\0", "outcome": "delivered"}, "provider_id"),
        ("/holds/end", {"kind": "dispute", "account_id": "A\0", "ended_at": "2026-11-23T10:00:00Z"}, "account_id"),
    ],
)
def test_text_that_no_store_keeps_is_refused_by_its_field(path: str, body: dict[str, str], field: str) -> None:
    response = post(path, body)
    assert response.status_code == 422
    assert {error["field"] for error in said(response)["errors"]} == {field}


def test_a_stop_and_a_halt_are_never_refused_for_a_character(at: datetime) -> None:
    add_person(101, at)
    reply = {"channel": "sms", "sender": phone_of(101), "body": "STOP\0", "provider_id": "1\0"}
    assert said(post("/replies", reply))["intent"] == "stop"
    assert said(post("/halt", {"why": "error\0 rate"})) == {"halted": True}
    assert Halt.objects.get().why == "error rate"


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z"])
def test_an_instant_outside_the_calendar_is_refused_and_nothing_is_done(at: datetime, when: str) -> None:
    account = add_person(101, at)[0]
    hold = {"kind": "dispute", "from_at": when, "account_id": account}
    receipt = {"channel": "sms", "provider_id": "1", "outcome": "delivered"}
    for path, body, field in (
        ("/payments", payment(account, paid_at=when), "paid_at"),
        ("/holds", hold, "from_at"),
        ("/facts", {"type": "hold.placed", "data": hold}, "facts.0.data.from_at"),
        ("/receipts", {**receipt, "occurred_at": when}, "occurred_at"),
    ):
        response = post(path, body)
        assert (response.status_code, said(response)["errors"][0]["field"]) == (422, field)
    assert not Hold.objects.exists()
    assert not Payment.objects.exists()


def test_a_hold_for_ever_is_taken_as_systems_say_it(at: datetime) -> None:
    account = add_person(101, at)[0]
    hold = {"kind": "dispute", "from_at": "2026-11-23T10:00:00Z", "to_at": "9999-12-31T23:59:59Z"}
    assert post("/holds", {**hold, "account_id": account}).status_code == 200


def test_a_system_halts_dispatch_before_the_answer_and_lets_it_go_on_again() -> None:
    for _ in range(2):
        assert said(post("/halt", {"why": "error rate over 5 %"})) == {"halted": True}
    assert said(get("/health"))["halted"] is True
    assert Halt.objects.get().halted_by == "interface"
    assert post("/halt", {"why": ""}).status_code == post("/resume", {}).status_code == 422
    assert said(post("/resume", {"why": "provider is back"})) == {"halted": False}
    assert post("/halt", {"why": "x"}, token="wrong").status_code == 401
    assert said(get("/health"))["halted"] is False
