# SPDX-License-Identifier: Apache-2.0
"""once, right_time: what carriers report by themselves, let in by their signature; nothing of it counts twice."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client

from rightparty.dispatch.channels.callbacks import connect_reader
from rightparty.dispatch.channels.registry import connect
from rightparty.dispatch.channels.route import Route
from rightparty.dispatch.channels.signatures import key_of, signed_headers
from rightparty.dispatch.channels.signed_http import SignedHttpChannel
from rightparty.dispatch.channels.twilio_sms import TwilioSms
from rightparty.dispatch.worker import drain
from rightparty.inbound.models import Receipt, Reply
from rightparty.parties.models import ContactEvent
from tests.integration.dispatch.lender import CountingChannel, add_person, enqueue, only, phone_of
from tests.integration.providers import provider_answers as answers
from tests.integration.providers.provider_answers import SECRET, quick
from tests.peers.http_peer import Seen, Wire, http_peer
from tests.peers.twilio_peer import ACCOUNT, TOKEN, TwilioPeer

pytestmark = pytest.mark.django_db(transaction=True)

PUBLIC = "https://lender.example"


@pytest.fixture(autouse=True)
def public_url(settings: Any) -> None:
    settings.RIGHTPARTY = {**settings.RIGHTPARTY, "PUBLIC_URL": PUBLIC, "API_TOKENS": []}


@pytest.fixture
def twilio() -> Iterator[TwilioPeer]:
    with http_peer() as peer:
        service = TwilioPeer(peer)
        url = f"twilio://{ACCOUNT}:{TOKEN}@{peer.host}?from=+15005550006"
        channel = TwilioSms.from_url(url, source="", public_url=PUBLIC, name="twilio", exchange=quick())
        connect("sms", Route([channel], patience=0.0))
        connect_reader("twilio", channel)
        yield service
        channel.close()
        connect("sms", CountingChannel())


@pytest.fixture
def acme() -> SignedHttpChannel:
    channel = SignedHttpChannel.from_url(f"http://acme:{SECRET}@127.0.0.1:9", now=lambda: datetime.now(UTC).timestamp())
    connect_reader("acme", channel)
    return channel


def handed_over(at: datetime) -> Any:
    enqueue([(add_person(101, at)[0], 101)], at)
    drain(clock=lambda: at)
    return only()


def call_back(form: dict[str, str], *, path: str, signature: str | None = None) -> HttpResponse:
    """Call as Twilio does."""
    given = TwilioPeer.signature(PUBLIC + path, form) if signature is None else signature
    return Client(enforce_csrf_checks=True).post(  # type: ignore[return-value]
        path,
        urlencode(form),
        content_type="application/x-www-form-urlencoded",
        headers={"x-twilio-signature": given},
    )


def report(subject: str, told: object, *, age: int = 0, key: str = SECRET, carrier: str = "acme") -> HttpResponse:
    """Call as a provider of our own contract does."""
    body = json.dumps(told).encode()
    stamp = int(datetime.now(UTC).timestamp()) - age
    signed = signed_headers(key_of(key), message_id="msg_1", stamp=stamp, body=body)
    return Client(enforce_csrf_checks=True).post(  # type: ignore[return-value]
        f"/api/v1/carriers/{carrier}/{subject}", body, content_type="application/json", headers=signed
    )


def status_of(service: TwilioPeer, status: str, *, sid: str | None = None) -> HttpResponse:
    """Call back at the address that the message named."""
    known, form = next(iter(service.taken.items()))
    path = form["StatusCallback"].removeprefix(PUBLIC)
    return call_back({"MessageSid": sid or known, "MessageStatus": status}, path=path)


def test_a_message_is_delivered_by_its_callback_once(at: datetime, twilio: TwilioPeer) -> None:
    assert handed_over(at).state == "handed_over"
    for status in ("sent", "delivered", "delivered"):
        assert status_of(twilio, status).status_code == 200
    assert only().state == "delivered"
    assert ContactEvent.objects.filter(kind="delivered").count() == 1
    status_of(twilio, "failed")
    assert only().state == "delivered"


def test_a_message_whose_answer_was_lost_is_known_again_by_its_callback(at: datetime, twilio: TwilioPeer) -> None:
    def takes_and_closes(seen: Seen, wire: Wire) -> None:
        twilio.answer(seen, wire)

    twilio.peer.handler = takes_and_closes
    assert handed_over(at).state == "unknown"
    assert len(twilio.peer.seen) == 1, "never handed over again"
    assert status_of(twilio, "delivered").status_code == 200
    assert only().state == "delivered"


def test_a_callback_that_overtakes_its_message_waits_for_it(at: datetime, twilio: TwilioPeer) -> None:
    def reports_first(seen: Seen, wire: Wire) -> object:
        reply = twilio.answer(seen, wire)
        early.append(dict(next(iter(twilio.taken.values()))))
        return reply

    early: list[dict[str, str]] = []
    twilio.peer.handler = reports_first  # type: ignore[assignment]
    enqueue([(add_person(101, at)[0], 101)], at)
    path = f"/api/v1/carriers/twilio/receipts?message={only().id.hex}"
    call_back({"MessageSid": "SM" + f"{0:032x}", "MessageStatus": "delivered"}, path=path)
    assert Receipt.objects.filter(reminder_id__isnull=True).count() == 2
    drain(clock=lambda: at)
    call_back({"MessageSid": "SM" + "9" * 32, "MessageStatus": "delivered"}, path="/api/v1/carriers/twilio/receipts")
    assert only().state == "delivered"


def test_a_stop_through_a_callback_holds_before_it_is_answered(at: datetime, twilio: TwilioPeer) -> None:
    enqueue([(add_person(101, at)[0], 101)], at)
    form = {"MessageSid": "SM" + "7" * 32, "From": phone_of(101), "To": "+15005550006", "Body": "退订"}
    for _ in range(2):
        response = call_back(form, path="/api/v1/carriers/twilio/replies")
        assert (response.status_code, response["Content-Type"]) == (200, "text/xml")
        assert b"<Response/>" in response.content
    assert (only().state, Reply.objects.get().intent) == ("cancelled", "stop")
    assert ContactEvent.objects.filter(kind="opted_out").count() == 1


@pytest.mark.parametrize("signature", ["", "A" * 27 + "=", "ü"])
def test_a_callback_with_a_wrong_signature_changes_nothing(at: datetime, twilio: TwilioPeer, signature: str) -> None:
    enqueue([(add_person(101, at)[0], 101)], at)
    form = {"MessageSid": "SM" + "7" * 32, "From": phone_of(101), "Body": "退订"}
    response = call_back(form, path="/api/v1/carriers/twilio/replies", signature=signature)
    assert (response.status_code, response.content) == (403, b"")
    assert (only().state, Reply.objects.count()) == ("planned", 0)


def test_receipts_and_replies_of_our_own_contract(at: datetime, acme: SignedHttpChannel) -> None:
    connect("sms", CountingChannel())
    name = handed_over(at).provider_ids
    told = {"receipts": [{"channel": "sms", "id": name, "outcome": "delivered", "at": "2026-11-25T10:00:00+08:00"}]}
    for _ in range(2):
        assert report("receipts", told).status_code == 200
    assert only().state == "delivered"
    assert Receipt.objects.get().occurred_at == datetime(2026, 11, 25, 2, tzinfo=UTC)
    wrong = {"replies": [{"channel": "sms", "from": phone_of(101), "text": "你打错了，我不认识他"}]}
    for _ in range(2):
        assert report("replies", wrong).status_code == 200
    assert Reply.objects.get().intent == "wrong_party"


@pytest.mark.parametrize(
    "wrong", [{"age": 301}, {"age": -301}, {"key": "another-key-of-somebody"}, {"carrier": "nobody"}]
)
def test_an_old_a_forged_and_an_unknown_callback_are_answered_alike(
    acme: SignedHttpChannel, wrong: dict[str, Any]
) -> None:
    told = {"receipts": [{"channel": "sms", "id": "x", "outcome": "delivered"}]}
    assert report("receipts", told).status_code == 200
    Receipt.objects.all().delete()
    response = report("receipts", told, **wrong)
    assert (response.status_code, response.content) == (403, b"")
    assert not Receipt.objects.exists()


@pytest.mark.parametrize(
    "told",
    [
        {}, [], None, {"receipts": {}}, {"receipts": [1]}, {"receipts": [{}]},
        {"receipts": [{"channel": "pigeon", "id": "x", "outcome": "delivered"}]},
        {"receipts": [{"channel": "sms", "id": "", "outcome": "delivered"}]},
        {"receipts": [{"channel": "sms", "id": 7, "outcome": "delivered"}]},
        {"receipts": [{"channel": "sms", "id": "x", "outcome": "lost"}]},
        {"receipts": [{"channel": "sms", "id": "x", "outcome": "delivered", "at": "yesterday"}]},
        {"receipts": [{"channel": "sms", "id": "x", "outcome": "delivered"}, 7]},
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_whole(acme: SignedHttpChannel, told: object) -> None:
    response = report("receipts", told)
    assert response.status_code == 422
    assert not Receipt.objects.exists()


def test_too_much_at_once_is_refused_and_other_paths_are_not_there(acme: SignedHttpChannel) -> None:
    assert report("receipts", {"receipts": [], "more": "x" * 70_000}).status_code == 413
    assert report("secrets", {}).status_code in (404, 422)
    assert Client().get("/api/v1/carriers/acme/receipts").status_code == 405


def test_a_message_to_a_provider_that_breaks_is_parked_and_the_next_goes_on(at: datetime, twilio: TwilioPeer) -> None:
    def handler(seen: Seen, wire: Wire) -> object:
        broken = phone_of(102).removeprefix("+").encode() in seen.body
        return answers.sends_broken_text(seen, wire) if broken else twilio.answer(seen, wire)

    twilio.peer.handler = handler  # type: ignore[assignment]
    rows = [(add_person(number, at)[0], number) for number in (101, 102, 103)]
    enqueue(rows, at)
    drain(clock=lambda: at)
    from rightparty.dispatch.models import Reminder

    assert sorted(Reminder.objects.values_list("state", flat=True)) == ["handed_over", "handed_over", "unknown"]
    assert Reminder.objects.get(state="unknown").outcome == "twilio.nonsense"
