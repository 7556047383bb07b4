# SPDX-License-Identifier: Apache-2.0
"""Facts by interface and signed webhook: nobody without a token or signature, nothing twice, nothing half done."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import Client

from rightparty.api.apps import ApiConfig
from rightparty.api.signatures import is_authentic, keys_of
from rightparty.lending.models import Hold, Payment
from rightparty.parties.models import CeaseCommunication, ContactEvent
from tests.integration.dispatch.lender import add_person, phone_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("rightparty.api.urls")]

TOKEN = "a-token-of-the-tests"
OLD, NEW = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
NOW = "2026-11-23T10:00:00+08:00"
PAYMENT = {"payment_id": "PAY", "account_id": "A101-0", "paid_at": NOW, "amount_minor": 1_200_00}
POSTED = {"type": "payment.posted", "data": PAYMENT}
STOP = {"event_id": "E", "channel": "phone", "value": phone_of(101), "occurred_at": NOW}


@pytest.fixture(autouse=True)
def world(at: datetime, settings: Any) -> None:
    settings.RIGHTPARTY = {**settings.RIGHTPARTY, "API_TOKENS": [TOKEN], "EVENTS_KEYS": [NEW, OLD]}
    add_person(101, at)


def post(path: str, body: object, key: str | None = None, token: str = TOKEN) -> HttpResponse:
    head = {"authorization": f"Bearer {token}"} | ({"idempotency-key": key} if key is not None else {})
    raw = body if isinstance(body, str) else json.dumps(body)
    return Client().post(path, raw, content_type="application/json", headers=head)  # type: ignore[return-value]


def said(response: HttpResponse) -> Any:
    return json.loads(response.content)


def signed(body: bytes, key: str, *, name: str = "msg_1", stamp: int) -> str:
    mac = hmac.digest(base64.b64decode(key), f"{name}.{stamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(mac).decode()}"


def push(
    body: object, *, keys: Sequence[str] = (OLD,), name: str = "msg_1", late: int = 0, **head: str
) -> HttpResponse:
    raw, stamp = json.dumps(body).encode(), int(datetime.now(UTC).timestamp()) - late
    given = {
        "webhook-id": name, "webhook-timestamp": str(stamp),
        "webhook-signature": " ".join(signed(raw, key, name=name, stamp=stamp) for key in keys),
    }  # fmt: skip
    return Client().post("/events", raw, content_type="application/json", headers={**given, **head})  # type: ignore[return-value]


def test_many_facts_in_one_request() -> None:
    reversal = {"type": "payment.reversed", "data": {"payment_id": "PAY", "account_id": "A101-0"}}
    answer = said(post("/facts", {"facts": [POSTED, POSTED, reversal]}))
    assert answer == {"taken": 3, "outcomes": ["new", "repeated", "changed"], "cancelled": 0}


def test_one_bad_fact_refuses_the_batch_and_is_named() -> None:
    bad = {"type": "payment.posted", "data": {**PAYMENT, "payment_id": "B", "account_id": "NOBODYS"}}
    response = post("/facts", {"facts": [POSTED, bad]})
    assert response.status_code == 404
    assert [error["field"] for error in said(response)["errors"]] == ["facts.1.data.account_id"]
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 422), ("{", 422), ("[" * 9999, 422), ("[]", 422), ("null", 422), ('{"facts": []}', 422),
        ('{"facts": {}}', 422), ('{"facts": [1], "mood": 1}', 422), ('{"facts": [NaN]}', 422), ("\x00", 422),
        (json.dumps({"facts": [POSTED] * 1001}), 422), (" " * (1024 * 1024 + 1), 413),
    ],
    ids=range(12),
)  # fmt: skip
def test_a_body_that_is_no_batch_is_refused(body: str, status: int) -> None:
    response = post("/facts", body)
    assert response.status_code == status
    assert said(response)["errors"][0]["remedy"]
    assert not Payment.objects.exists()


def test_a_batch_of_a_thousand_is_larger_than_other_bodies_and_is_taken() -> None:
    many = [{"type": "payment.posted", "data": {**PAYMENT, "payment_id": f"P{n:040}"}} for n in range(1000)]
    assert said(post("/facts", {"facts": many}))["taken"] == 1000


def test_nobody_sends_facts_without_a_token() -> None:
    assert post("/facts", {"facts": [POSTED]}, token="wrong").status_code == 401
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/payments", {**PAYMENT, "status": "posted"}),
        ("/holds", {"kind": "dispute", "from_at": NOW, "account_id": "A101-0"}),
        ("/facts", {"facts": [POSTED]}),
        ("/stops", {"type": "opted_out", "data": STOP}),
    ],
)
def test_the_same_key_gets_the_same_answer_and_another_content_is_a_conflict(path: str, body: dict[str, Any]) -> None:
    first = post(path, body, key="k1")
    assert first.status_code == 200, first.content
    before = effects()
    assert said(post(path, body, key="k1")) == said(first)
    assert effects() == before
    other = post(path, json.dumps(body).replace("A101-0", "A101-1").replace("E", "F"), key="k1")
    assert (other.status_code, said(other)["errors"][0]["field"]) == (409, "Idempotency-Key")


def effects() -> list[int]:
    return [model.objects.count() for model in (Payment, Hold, ContactEvent, CeaseCommunication)]


def test_a_refused_request_may_come_again_under_its_key(at: datetime) -> None:
    body = {**PAYMENT, "account_id": "A102-0", "status": "posted"}
    assert post("/payments", body, key="k").status_code == 404
    add_person(102, at)
    assert post("/payments", body, key="k").status_code == 200


def test_a_reversal_an_end_of_a_hold_and_a_stop() -> None:
    post("/payments", {**PAYMENT, "status": "posted"})
    assert said(post("/reversals", {"payment_id": "PAY", "account_id": "A101-0"}))["status"] == "reversed"
    unknown = post("/reversals", {"payment_id": "NONE", "account_id": "A101-0"})
    assert (unknown.status_code, said(unknown)["errors"][0]["field"]) == (404, "payment_id")
    post("/holds", {"kind": "dispute", "from_at": NOW, "account_id": "A101-0"})
    end = {"kind": "dispute", "ended_at": "2026-11-24T10:00:00+08:00", "account_id": "A101-0"}
    assert [said(post("/holds/end", end))["outcome"] for _ in range(2)] == ["changed", "repeated"]
    demand = {"type": "cease_communication", "data": {"party_id": "P101", "occurred_at": NOW}}
    assert said(post("/stops", demand)) == {"outcome": "new", "cancelled": 0}
    assert CeaseCommunication.objects.get().person_id == "H101"


@pytest.mark.parametrize("keys", [(OLD,), (NEW,), (OLD, NEW)], ids=["old", "new", "both"])
def test_an_event_that_is_signed_with_one_of_the_keys_is_taken(keys: Sequence[str]) -> None:
    assert said(push(POSTED, keys=keys)) == {"taken": 1, "outcomes": ["new"], "cancelled": 0}


def test_a_replayed_event_gets_the_same_answer_without_effect() -> None:
    first = said(push(POSTED))
    Payment.objects.all().delete()
    # signed anew, as senders do when they try again
    assert said(push(POSTED, keys=(NEW,), late=-1)) == first
    assert not Payment.objects.exists()
    other = push({**POSTED, "data": {**PAYMENT, "amount_minor": 1}})
    assert (other.status_code, said(other)["errors"][0]["field"]) == (409, "webhook-id")


STRANGE = base64.b64encode(b"x" * 32).decode()


@pytest.mark.parametrize(
    "change",
    [
        {"keys": (STRANGE,)}, {"keys": ()}, {"late": 301}, {"late": -301}, {"webhook-id": "msg_2"}, {"webhook-id": ""},
        {"webhook-timestamp": "1"}, {"webhook-timestamp": "soon"}, {"webhook-timestamp": "1e400"},
        {"webhook-signature": "v1"}, {"webhook-signature": "v1,@@@"}, {"webhook-signature": "v1,,"},
        {"webhook-signature": "v2,AAAA"}, {"webhook-signature": "v1," + "A" * 5000}, {"webhook-signature": "v1,\u00e9"},
    ],
    ids=str,
)  # fmt: skip
def test_an_event_that_is_not_authentic_is_refused_and_told_nothing(change: dict[str, Any]) -> None:
    response = push({**POSTED, "type": "payment.lost"}, **change)
    assert response.status_code == 401
    assert [(error["field"], error["fault"]) for error in said(response)["errors"]] == [("", "not authentic")]
    assert not Payment.objects.exists()


def test_without_a_key_in_the_settings_no_event_is_taken(settings: Any) -> None:
    settings.RIGHTPARTY = {**settings.RIGHTPARTY, "EVENTS_KEYS": []}
    assert push(POSTED).status_code == 401


def test_a_changed_body_is_not_authentic() -> None:
    raw, stamp = json.dumps(POSTED).encode(), int(datetime.now(UTC).timestamp())
    head = {
        "webhook-id": "msg_1", "webhook-timestamp": str(stamp), "webhook-signature": signed(raw, OLD, stamp=stamp),
    }  # fmt: skip
    assert is_authentic(raw, head, keys_of([OLD]))
    assert not is_authentic(raw.replace(b"120000", b"1"), head, keys_of([OLD]))
    # another version and a stranger's signature beside ours
    beside = {**head, "webhook-signature": f"v1a,AAAA {signed(raw, STRANGE, stamp=stamp)} {head['webhook-signature']}"}
    assert is_authentic(raw, beside, keys_of([NEW, f"whsec_{OLD}"]))


def test_an_unknown_type_or_a_bad_item_of_an_event_is_named_and_nothing_is_done() -> None:
    response = push({"facts": [POSTED, {"type": "payment.lost", "data": {}}]})
    assert (response.status_code, said(response)["errors"][0]["field"]) == (422, "facts.1.type")
    assert not Payment.objects.exists()
    # it may come again, corrected, under its own id
    assert push({"facts": [POSTED]}).status_code == 200


@pytest.mark.parametrize("key", ["short", "@@@@", "whsec_", base64.b64encode(b"short").decode()])
def test_a_key_that_is_none_stops_the_start_and_is_not_repeated(key: str, settings: Any) -> None:
    settings.RIGHTPARTY = {**settings.RIGHTPARTY, "EVENTS_KEYS": [OLD, key]}
    config = ApiConfig.create("rightparty.api")
    with pytest.raises(ImproperlyConfigured, match="key 2") as refused:
        config.ready()
    assert key not in str(refused.value).replace("whsec_ before", "")


def test_the_vector_of_the_specification(monkeypatch: pytest.MonkeyPatch) -> None:
    # From: the reference libraries' own test of signing, github.com/standard-webhooks/standard-webhooks
    (verifier,) = keys_of(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    at = datetime.fromtimestamp(1614265330, tz=UTC)
    signature = verifier.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, '{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
