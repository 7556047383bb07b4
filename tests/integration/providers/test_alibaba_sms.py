# SPDX-License-Identifier: Apache-2.0
"""once, right_words: texts through Alibaba Cloud's own client, against a peer made from its published description."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from rightparty.dispatch.channels.adapter import Fate, OutboundMessage, Question, ReceiptOutcome
from rightparty.dispatch.channels.alibaba_sms import AlibabaSms
from rightparty.dispatch.channels.callbacks import Callback, CallbackNotReadError, CallbackRefusedError
from tests.integration.providers import provider_answers as answers
from tests.integration.providers.provider_answers import AT, always, hasten, message, quick
from tests.peers.alibaba_peer import KEY, SECRET, SIGN, TEMPLATES, AlibabaPeer
from tests.peers.http_peer import Seen, Wire, http_peer

CALLBACKS = "a-secret-in-the-address"
TEXT = "【蓝灯】您有一笔款项需要处理，查询码K7Q2。"


@pytest.fixture
def service() -> Iterator[AlibabaPeer]:
    with http_peer() as peer:
        yield AlibabaPeer(peer)


def channel_to(service: AlibabaPeer, folder: Path, *, secret: str = SECRET) -> AlibabaSms:
    file = folder / "templates.toml"
    entries = [f'[[template]]\ncode = "{code}"\ntext = "{text}"\n' for code, text in TEMPLATES.items()]
    file.write_text("\n".join(entries), encoding="utf-8")
    query = f"sign={quote(SIGN)}&templates={file}&callbacks={CALLBACKS}"
    return AlibabaSms.from_url(
        f"alibaba://{KEY}:{secret}@{service.peer.host}?{query}", name="alibaba", exchange=quick()
    )


@pytest.fixture
def channel(service: AlibabaPeer, tmp_path: Path) -> Iterator[AlibabaSms]:
    made = channel_to(service, tmp_path)
    yield made
    made.close()


def text(number: int = 0, *, body: str = TEXT) -> OutboundMessage:
    return replace(message(number), body=body)


def callback(entries: object, *, subject: str = "receipts", key: str = CALLBACKS) -> Callback:
    url = f"https://lender.example/api/v1/carriers/alibaba/{subject}?key={key}"
    return Callback(url=url, subject=subject, headers={}, body=json.dumps(entries).encode(), at=AT)


def test_the_recipient_reads_what_was_released(service: AlibabaPeer, channel: AlibabaSms) -> None:
    said = channel.send_all([text(0), text(1, body="【蓝灯】您好。")], may_send=always)
    assert [each.fate for each in said] == [Fate.ACCEPTED, Fate.ACCEPTED]
    by_id = {each["OutId"]: each for each in service.taken}
    assert by_id[text(0).reminder_id]["text"] == TEXT
    assert by_id[text(1).reminder_id]["text"] == "【蓝灯】您好。"
    assert {each["number"] for each in service.taken} == {"8615400000000", "8615400000001"}
    for sent, each in zip((text(0), text(1)), said, strict=True):
        assert each.provider_ids[0] == sent.reminder_id
        assert each.provider_ids[1].endswith("^0")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("【灯塔】您好。", "alibaba.other_signature"),
        ("您好。", "alibaba.other_signature"),
        ("【蓝灯】您好！", "alibaba.no_approved_template"),
        ("【蓝灯】您有一笔款项需要处理，查询码。", "alibaba.no_approved_template"),
    ],
)
def test_a_text_that_no_approved_template_is_does_not_go_out(
    service: AlibabaPeer, channel: AlibabaSms, body: str, code: str
) -> None:
    (said,) = channel.send_all([text(body=body)], may_send=always)
    assert (said.fate, said.code) == (Fate.REFUSED, code)
    assert service.peer.seen == []


@pytest.mark.parametrize(
    ("status", "code", "fate"),
    [
        (200, "isv.BUSINESS_LIMIT_CONTROL", Fate.REFUSED),
        (200, "isv.MOBILE_NUMBER_ILLEGAL", Fate.REFUSED),
        (200, "isv.AMOUNT_NOT_ENOUGH", Fate.BUSY),
        (200, "isv.OUT_OF_SERVICE", Fate.BUSY),
        (200, "isp.RAM_PERMISSION_DENY", Fate.BUSY),
        (400, "Throttling.User", Fate.BUSY),
        (429, "Throttling", Fate.BUSY),
        (404, "InvalidAccessKeyId.NotFound", Fate.BUSY),
        (200, "isp.SYSTEM_ERROR", Fate.UNKNOWN),
        (500, "InternalError", Fate.UNKNOWN),
        (200, "SOMETHING_NEW", Fate.UNKNOWN),
    ],
)
def test_what_each_code_means(service: AlibabaPeer, channel: AlibabaSms, status: int, code: str, fate: Fate) -> None:
    service.errors["8615400000001"] = (status, code)
    said = channel.send_all([text(0), text(1), text(2)], may_send=always)
    assert [each.fate for each in said] == [Fate.ACCEPTED, fate, Fate.ACCEPTED]
    assert said[1].code == f"alibaba.{code}"
    assert said[1].provider_ids == ((text(1).reminder_id,) if fate is Fate.UNKNOWN else ())
    assert len(service.peer.seen) == 3, "nothing is ever handed over twice"


def test_a_wrong_secret_says_nothing_of_the_message(service: AlibabaPeer, tmp_path: Path) -> None:
    channel = channel_to(service, tmp_path, secret="another-secret-altogether")
    (said,) = channel.send_all([text()], may_send=always)
    assert (said.fate, said.code) == (Fate.BUSY, "alibaba.SignatureDoesNotMatch")
    assert "another-secret" not in repr(channel)
    channel.close()


@pytest.mark.parametrize("bad", answers.BAD, ids=lambda bad: bad.__name__)
def test_an_unreadable_answer_is_unknown_is_never_repeated_and_the_rest_flow_on(
    service: AlibabaPeer, channel: AlibabaSms, bad: answers.Callable[..., object]
) -> None:
    def handler(seen: Seen, wire: Wire) -> object:
        return bad(seen, wire) if "PhoneNumbers=8615400000001" in seen.path else service.answer(seen, wire)

    channel.send_all([text(9)], may_send=always)
    service.peer.seen.clear()
    hasten(channel, bad)
    service.peer.handler = handler  # type: ignore[assignment]
    said = channel.send_all([text(n) for n in range(3)], may_send=always)
    assert [each.fate for each in said] == [Fate.ACCEPTED, Fate.UNKNOWN, Fate.ACCEPTED]
    assert said[1].provider_ids == (text(1).reminder_id,)
    assert len(service.peer.seen) == 3


def test_a_lost_message_is_found_again_by_our_id(service: AlibabaPeer, channel: AlibabaSms) -> None:
    channel.send_all([text(0)], may_send=always)
    asked = [
        Question(reminder_id=text(n).reminder_id, handed_over_at=AT, address=address)
        for n, address in ((0, text(0).address), (1, text(0).address), (0, ""))
    ]
    said = channel.ask(asked)
    assert [each.fate if each else None for each in said] == [Fate.ACCEPTED, None, None]


@pytest.mark.parametrize("bad", [answers.sends_a_page, answers.sends_a_list, answers.closes_in_the_body])
def test_an_unreadable_list_leaves_it_unknown(
    service: AlibabaPeer, channel: AlibabaSms, bad: answers.Callable[..., object]
) -> None:
    service.peer.handler = bad  # type: ignore[assignment]
    asked = Question(reminder_id=text(0).reminder_id, handed_over_at=AT, address=text(0).address)
    assert channel.ask([asked]) == [None]


def test_a_report_speaks_of_the_message_by_both_ids(channel: AlibabaSms) -> None:
    report = {
        "phone_number": "15400000000", "send_time": "2026-11-25 10:00:00", "report_time": "2026-11-25 10:00:05",
        "success": True, "err_code": "DELIVERED", "err_msg": "用户接收成功", "sms_size": "1",
        "biz_id": "000000000001^0", "out_id": text(0).reminder_id,
    }  # fmt: skip
    news = channel.read(callback([report, report | {"success": False, "out_id": None}]))
    assert [(each.provider_id, each.outcome) for each in news.receipts] == [
        (text(0).reminder_id, ReceiptOutcome.DELIVERED), ("000000000001^0", ReceiptOutcome.DELIVERED),
        ("000000000001^0", ReceiptOutcome.UNDELIVERED),
    ]  # fmt: skip
    assert {str(each.occurred_at) for each in news.receipts} == {"2026-11-25 02:00:05+00:00"}
    assert json.loads(news.answer)["code"] == 0


def test_a_reply_is_read_with_its_id(channel: AlibabaSms) -> None:
    told = {"phone_number": "15400000000", "content": "TD", "sequence_id": "1234567890", "dest_code": "1234"}
    (reply,) = channel.read(callback([told], subject="replies")).texts
    assert (reply.sender, reply.body, reply.provider_id) == ("+8615400000000", "TD", "1234567890")


@pytest.mark.parametrize("key", ["", "a-secret-in-the-addresS", "秘密"])
def test_a_report_without_the_secret_is_refused(channel: AlibabaSms, key: str) -> None:
    with pytest.raises(CallbackRefusedError):
        channel.read(callback([], key=quote(key)))


@pytest.mark.parametrize("entries", [{}, None, [1], [{"success": "yes"}], [{}], [{"success": True}] * 1001])
def test_a_report_that_is_none_is_not_read(channel: AlibabaSms, entries: object) -> None:
    with pytest.raises(CallbackNotReadError):
        channel.read(callback(entries))
