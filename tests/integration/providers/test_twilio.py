# SPDX-License-Identifier: Apache-2.0
"""once: texts and calls through Twilio's own client, against a peer made from Twilio's published description."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree

import pytest

from rightparty.dispatch.channels.adapter import Fate, OutboundMessage, ReceiptOutcome
from rightparty.dispatch.channels.callbacks import Callback, CallbackNotReadError, CallbackRefusedError
from rightparty.dispatch.channels.twilio_sms import TwilioSms
from rightparty.dispatch.channels.twilio_voice import TwilioVoice
from tests.integration.providers import provider_answers as answers
from tests.integration.providers.provider_answers import AT, always, hasten, message, quick
from tests.peers.http_peer import Peer, Seen, Wire, http_peer
from tests.peers.twilio_peer import ACCOUNT, TOKEN, TwilioPeer

PUBLIC = "https://lender.example"


@pytest.fixture
def service() -> Iterator[TwilioPeer]:
    with http_peer() as peer:
        yield TwilioPeer(peer)


def sms_to(peer: Peer, *, token: str = TOKEN, source: str = "+15005550006") -> TwilioSms:
    url = f"twilio://{ACCOUNT}:{token}@{peer.host}?from={source}"
    return TwilioSms.from_url(url, source="", public_url=PUBLIC, name="twilio", exchange=quick())


def voice_to(peer: Peer) -> TwilioVoice:
    url = f"twilio://{ACCOUNT}:{TOKEN}@{peer.host}?from=+15005550006"
    return TwilioVoice.from_url(url, source="", public_url=PUBLIC, name="twilio-voice", exchange=quick())


@pytest.fixture
def sms(service: TwilioPeer) -> Iterator[TwilioSms]:
    made = sms_to(service.peer)
    yield made
    made.close()


@pytest.fixture
def voice(service: TwilioPeer) -> Iterator[TwilioVoice]:
    made = voice_to(service.peer)
    yield made
    made.close()


def callback(form: dict[str, str], *, url: str, subject: str = "receipts", signature: str | None = None) -> Callback:
    given = TwilioPeer.signature(url, form) if signature is None else signature
    headers = {"x-twilio-signature": given, "content-type": "application/x-www-form-urlencoded"}
    return Callback(url=url, subject=subject, headers=headers, body=urlencode(form).encode(), at=AT)


def test_a_text_is_taken_and_known_by_both_ids(service: TwilioPeer, sms: TwilioSms) -> None:
    (taken,) = sms.send_all([message()], may_send=always)
    ((sid, form),) = service.taken.items()
    assert (taken.fate, taken.provider_ids) == (Fate.ACCEPTED, (message().reminder_id, sid))
    assert form == {
        "To": "+8615400000000", "From": "+15005550006", "Body": "【Lantern】您有一笔款项到期。",
        "StatusCallback": f"{PUBLIC}/api/v1/carriers/twilio/receipts?message={message().reminder_id}",
    }  # fmt: skip


def test_a_messaging_service_may_send_in_place_of_a_number(service: TwilioPeer) -> None:
    channel = sms_to(service.peer, source="MG" + "1" * 32)
    assert channel.send_all([message()], may_send=always)[0].fate is Fate.ACCEPTED
    (form,) = service.taken.values()
    assert form["MessagingServiceSid"] == "MG" + "1" * 32
    assert "From" not in form
    channel.close()


@pytest.mark.parametrize(
    ("status", "code", "fate"),
    [
        (400, 21211, Fate.REFUSED),
        (400, 21610, Fate.REFUSED),
        (429, 20429, Fate.BUSY),
        (403, 20005, Fate.BUSY),
        (401, 20003, Fate.BUSY),
        (500, 20500, Fate.UNKNOWN),
        (503, 20503, Fate.UNKNOWN),
    ],
)
def test_what_each_error_means(service: TwilioPeer, sms: TwilioSms, status: int, code: int, fate: Fate) -> None:
    service.errors[message(1).address] = (status, code)
    said = sms.send_all([message(0), message(1), message(2)], may_send=always)
    assert [each.fate for each in said] == [Fate.ACCEPTED, fate, Fate.ACCEPTED]
    assert said[1].code == f"twilio.{code}"
    assert len(service.peer.seen) == 3, "nothing is ever handed over twice"


def test_a_wrong_token_says_nothing_of_the_message(service: TwilioPeer) -> None:
    channel = sms_to(service.peer, token="f" * 32)
    (said,) = channel.send_all([message()], may_send=always)
    assert (said.fate, said.code) == (Fate.BUSY, "twilio.20003")
    assert "f" * 32 not in repr(channel)
    channel.close()


@pytest.mark.parametrize("bad", answers.BAD, ids=lambda bad: bad.__name__)
def test_an_unreadable_answer_is_unknown_is_never_repeated_and_the_rest_flow_on(
    service: TwilioPeer, sms: TwilioSms, bad: answers.Callable[..., object]
) -> None:
    troubled = message(1).address.removeprefix("+").encode()

    def handler(seen: Seen, wire: Wire) -> object:
        return bad(seen, wire) if b"To=%2B" + troubled in seen.body else service.answer(seen, wire)

    sms.send_all([message(9)], may_send=always)
    service.peer.seen.clear()
    hasten(sms, bad)
    service.peer.handler = handler  # type: ignore[assignment]
    said = sms.send_all([message(n) for n in range(3)], may_send=always)
    assert [each.fate for each in said] == [Fate.ACCEPTED, Fate.UNKNOWN, Fate.ACCEPTED]
    assert said[1].provider_ids == (message(1).reminder_id,), "a callback that repeats our id must find it"
    assert len(service.peer.seen) == 3


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("delivered", ReceiptOutcome.DELIVERED),
        ("undelivered", ReceiptOutcome.UNDELIVERED),
        ("failed", ReceiptOutcome.UNDELIVERED),
        ("sent", None),
        ("queued", None),
        ("something new", None),
    ],
)
def test_a_status_callback_speaks_of_the_message_by_both_ids(
    sms: TwilioSms, status: str, outcome: ReceiptOutcome | None
) -> None:
    url = f"{PUBLIC}/api/v1/carriers/twilio/receipts?message={message().reminder_id}"
    news = sms.read(callback({"MessageSid": "SM" + "2" * 32, "MessageStatus": status}, url=url))
    ids = [message().reminder_id, "SM" + "2" * 32] if outcome else []
    assert [(each.provider_id, each.outcome) for each in news.receipts] == [(each, outcome) for each in ids]


@pytest.mark.parametrize("wrong", ["signature", "none", "form", "url"])
def test_a_callback_that_twilio_did_not_sign_is_refused(sms: TwilioSms, wrong: str) -> None:
    url = f"{PUBLIC}/api/v1/carriers/twilio/receipts?message={message().reminder_id}"
    form = {"MessageSid": "SM" + "2" * 32, "MessageStatus": "delivered"}
    signature = TwilioPeer.signature(url, form)
    given = {
        "signature": callback(form, url=url, signature="A" * 27 + "="),
        "none": callback(form, url=url, signature=""),
        "form": callback(form | {"MessageStatus": "failed"}, url=url, signature=signature),
        "url": callback(form, url=url.replace("receipts", "replies"), signature=signature),
    }[wrong]
    with pytest.raises(CallbackRefusedError):
        sms.read(given)


def test_a_reply_is_read_with_its_id(sms: TwilioSms) -> None:
    url = f"{PUBLIC}/api/v1/carriers/twilio/replies"
    form = {"MessageSid": "SM" + "3" * 32, "From": "+8615400000000", "To": "+15005550006", "Body": "退订"}
    (text,) = sms.read(callback(form, url=url, subject="replies")).texts
    assert (text.sender, text.body, text.provider_id) == ("+8615400000000", "退订", "SM" + "3" * 32)
    del form["From"]
    with pytest.raises(CallbackNotReadError):
        sms.read(callback(form, url=url, subject="replies"))


@pytest.mark.parametrize(
    ("language", "spoken"),
    [("zh-Hans", "zh-CN"), ("zh-Hant", "zh-TW"), ("en", "en-US"), ("en-GB", "en-GB"), ("cs", "cs-CZ")],
)
def test_a_call_speaks_the_released_text_in_its_language(
    service: TwilioPeer, voice: TwilioVoice, language: str, spoken: str
) -> None:
    (said,) = voice.send_all([message(channel="call", language=language)], may_send=always)
    assert said.fate is Fate.ACCEPTED
    (form,) = service.taken.values()
    say = ElementTree.fromstring(form["Twiml"]).find("Say")
    assert say is not None
    assert (say.text, say.get("language")) == (message().body, spoken)
    assert (form["MachineDetection"], form["To"]) == ("Enable", message().address)


def test_words_that_look_like_markup_are_spoken_as_words(service: TwilioPeer, voice: TwilioVoice) -> None:
    text = "</Say><Dial>+15005550009</Dial>"
    made = OutboundMessage(
        reminder_id=message().reminder_id, channel="call", address="+8615400000000", subject="", body=text, page="",
        at=AT, language="en",
    )  # fmt: skip
    voice.send_all([made], may_send=always)
    (form,) = service.taken.values()
    tree = ElementTree.fromstring(form["Twiml"])
    assert [child.tag for child in tree] == ["Say"]
    assert tree[0].text == text


def test_a_language_nobody_speaks_is_refused_before_anything_is_sent(service: TwilioPeer, voice: TwilioVoice) -> None:
    (said,) = voice.send_all([message(channel="call", language="kk")], may_send=always)
    assert (said.fate, said.code) == (Fate.REFUSED, "twilio-voice.language_not_spoken")
    assert service.peer.seen == []


@pytest.mark.parametrize(
    ("form", "outcome"),
    [
        ({"CallStatus": "completed", "AnsweredBy": "human"}, ReceiptOutcome.DELIVERED),
        ({"CallStatus": "completed"}, ReceiptOutcome.DELIVERED),
        ({"CallStatus": "completed", "AnsweredBy": "machine_start"}, ReceiptOutcome.UNDELIVERED),
        ({"CallStatus": "completed", "AnsweredBy": "fax"}, ReceiptOutcome.UNDELIVERED),
        ({"CallStatus": "busy"}, ReceiptOutcome.UNDELIVERED),
        ({"CallStatus": "no-answer"}, ReceiptOutcome.UNDELIVERED),
        ({"CallStatus": "failed"}, ReceiptOutcome.UNDELIVERED),
        ({"CallStatus": "canceled"}, ReceiptOutcome.REJECTED),
        ({"CallStatus": "ringing"}, None),
    ],
)
def test_how_a_call_ended(voice: TwilioVoice, form: dict[str, str], outcome: ReceiptOutcome | None) -> None:
    url = f"{PUBLIC}/api/v1/carriers/twilio-voice/receipts?message={message().reminder_id}"
    news = voice.read(callback(form | {"CallSid": "CA" + "4" * 32}, url=url))
    assert {each.outcome for each in news.receipts} == ({outcome} if outcome else set())
    assert {each.channel for each in news.receipts} <= {"call"}


def test_the_callback_address_names_our_id_once(service: TwilioPeer, sms: TwilioSms) -> None:
    sms.send_all([message(7)], may_send=always)
    (form,) = service.taken.values()
    assert parse_qs(urlsplit(form["StatusCallback"]).query) == {"message": [message(7).reminder_id]}


@pytest.mark.parametrize("url", ["twilio://api.twilio.com", f"twilio://{ACCOUNT}@api.twilio.com?from=+1"])
def test_an_address_without_credentials_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="an account and its token are needed"):
        TwilioSms.from_url(url, source="", public_url=PUBLIC, name="twilio")
