# SPDX-License-Identifier: Apache-2.0
"""once: whatever an SMSC does, each message ends in one fate; what may have been taken is never sent again."""

import logging
import time
from datetime import UTC, datetime

import pytest

from rightparty.dispatch.channels import smpp_session
from rightparty.dispatch.channels.adapter import Fate, Handover, OutboundMessage
from rightparty.dispatch.channels.smpp import SmppChannel
from tests.unit.dispatch.smpp_peers import (
    DELIVER,
    NACK,
    RESPONSE,
    SUBMIT,
    Pdu,
    Peer,
    Script,
    delivery,
    pdu,
    peer_of,
    taken,
)

TAKEN, REFUSED, UNKNOWN, BUSY, NOT_SENT = Fate.ACCEPTED, Fate.REFUSED, Fate.UNKNOWN, Fate.BUSY, Fate.NOT_SENT


def message(number: int, body: str = "due") -> OutboundMessage:
    return OutboundMessage(
        reminder_id=f"r{number}", channel="sms", address=f"+86154{number:08d}", subject="", body=body,
        page="https://lender.example/m/0", at=datetime(2026, 11, 23, tzinfo=UTC),
    )  # fmt: skip


def channel_of(peer: Peer, window: int = 10) -> SmppChannel:
    return SmppChannel.from_url(f"smpp://u:p@127.0.0.1:{peer.port}/?window={window}", sender="1069")


def handed(
    script: Script, *, count: int = 5, window: int = 10, body: str = "due", greeting: bytes = b""
) -> tuple[list[Handover], Peer]:
    with peer_of(script, greeting=greeting) as peer:
        channel = channel_of(peer, window)
        answers = channel.send_all([message(n, body) for n in range(count)], may_send=lambda: True)
        channel.close()
    return answers, peer


def fates(answers: list[Handover]) -> list[Fate]:
    return [answer.fate for answer in answers]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smpp_session, "ANSWER_SECONDS", 1.0)


def test_answers_out_of_order_find_their_messages() -> None:
    held: list[int] = []

    def script(peer: Peer, request: Pdu) -> bytes:
        held.append(request[2])
        return b"".join(taken(sequence) for sequence in reversed(held)) if len(held) == 5 else b""

    answers, peer = handed(script)
    assert fates(answers) == [TAKEN] * 5
    sequences = [sequence for _, _, sequence, _ in peer.submits]
    assert [answer.provider_ids for answer in answers] == [(f"id{sequence}",) for sequence in sequences]


def test_never_more_is_unanswered_than_the_window_allows() -> None:
    unanswered, most = 0, 0

    def script(peer: Peer, request: Pdu) -> bytes:
        nonlocal unanswered, most
        unanswered += 1
        most = max(most, unanswered)
        if unanswered < 3 and len(peer.submits) < 20:
            return b""
        answer = b"".join(taken(request[2] - back) for back in range(unanswered))
        unanswered = 0
        return answer

    answers, _ = handed(script, count=20, window=3)
    assert fates(answers) == [TAKEN] * 20
    assert most == 3


def test_a_connection_closed_in_mid_window_leaves_the_written_unknown_and_the_rest_goes_over_a_new_bind() -> None:
    def script(peer: Peer, request: Pdu) -> bytes | None:
        if len(peer.submits) == 4 and peer.binds == 1:
            return None
        return taken(request[2]) if len(peer.submits) == 1 or peer.binds == 2 else b""

    answers, peer = handed(script, count=20, window=4)
    told = fates(answers)
    assert told[0] is TAKEN
    assert set(told) == {TAKEN, UNKNOWN}
    assert 3 <= told.count(UNKNOWN) <= 4
    assert peer.binds == 2
    written = [body for _, _, _, body in peer.submits]
    assert len(written) == len(set(written)), "a message was written twice"


def test_an_smsc_that_closes_at_once_gets_no_second_message() -> None:
    answers, peer = handed(lambda peer, request: None, count=20, window=1)
    assert fates(answers) == [UNKNOWN] + [NOT_SENT] * 19
    assert len(peer.submits) == 1


@pytest.mark.usefixtures("impatient")
def test_silence_leaves_the_window_unknown_and_the_rest_unwritten() -> None:
    answers, peer = handed(lambda peer, request: b"", count=8, window=3)
    assert fates(answers) == [UNKNOWN] * 3 + [NOT_SENT] * 5
    assert len(peer.submits) == 3


@pytest.mark.usefixtures("impatient")
def test_one_lost_answer_among_many_costs_one_message() -> None:
    def script(peer: Peer, request: Pdu) -> bytes:
        time.sleep(0.02)
        return b"" if len(peer.submits) == 2 else taken(request[2])

    answers, peer = handed(script, count=30, window=3)
    assert fates(answers) == [TAKEN, UNKNOWN, *[TAKEN] * 28]
    assert (answers[1].code, peer.binds) == ("smpp.no_answer", 1)


@pytest.mark.parametrize(
    ("status", "fate"),
    [(0x58, BUSY), (0x14, BUSY), (0x0B, REFUSED), (0x08, REFUSED), (0x400, REFUSED)],
)
def test_not_now_is_busy_and_every_other_error_is_refused(status: int, fate: Fate) -> None:
    answers, _ = handed(
        lambda peer, request: taken(request[2], status=status if len(peer.submits) == 1 else 0), window=1
    )
    assert fates(answers) == [fate, *[TAKEN] * 4]
    assert answers[0].code == f"smpp.status_{status:08x}"


def test_an_smsc_that_takes_nothing_for_now_gets_the_rest_back_unwritten() -> None:
    answers, peer = handed(lambda peer, request: taken(request[2], status=0x58), count=100, window=10)
    told = fates(answers)
    assert set(told) == {BUSY, NOT_SENT}
    assert told.count(BUSY) == len(peer.submits) < 100


def test_a_bind_that_is_none_any_more_is_made_anew() -> None:
    with peer_of(lambda peer, request: taken(request[2], status=0x04 if peer.binds == 1 else 0)) as peer:
        channel = channel_of(peer, 1)
        first = channel.send_all([message(1)], may_send=lambda: True)
        second = channel.send_all([message(2)], may_send=lambda: True)
        channel.close()
    assert (fates(first), fates(second), peer.binds) == ([BUSY], [TAKEN], 2)


LONG = "款" * 150  # three segments


@pytest.mark.parametrize(
    ("statuses", "window", "fate"),
    [
        ((0, 0, 0), 10, TAKEN),
        ((0, 0x0B, 0), 10, UNKNOWN),
        ((0, 0x58, 0), 10, UNKNOWN),
        ((0x0B, 0x0B, 0x0B), 10, REFUSED),
        ((0x58, 0x58, 0x58), 10, BUSY),
        ((0x58, 0x0B, 0x58), 10, REFUSED),
        ((0x0B,), 1, REFUSED),
        ((0x58,), 1, BUSY),
        ((0, 0x0B), 1, UNKNOWN),
    ],
)
def test_a_long_text_is_taken_whole_refused_whole_or_unknown(
    statuses: tuple[int, ...], window: int, fate: Fate
) -> None:
    answers, peer = handed(
        lambda peer, request: taken(request[2], status=statuses[len(peer.submits) - 1]),
        count=1, window=window, body=LONG,
    )  # fmt: skip
    assert fates(answers) == [fate]
    assert len(peer.submits) == len(statuses), "after a refusal no further segment is written"


def test_the_fence_is_asked_once_before_each_message_and_not_before_a_later_segment() -> None:
    asked = 0

    def may_send() -> bool:
        nonlocal asked
        asked += 1
        return asked <= 2

    with peer_of(lambda peer, request: taken(request[2])) as peer:
        channel = channel_of(peer, 1)
        answers = channel.send_all([message(n, LONG) for n in range(4)], may_send=may_send)
        channel.close()
    assert fates(answers) == [TAKEN, TAKEN, NOT_SENT, NOT_SENT]
    assert {answer.code for answer in answers[2:]} == {"fenced"}
    assert (asked, len(peer.submits)) == (4, 6)


GARBAGE = {
    "too short a length": b"\0\0\0\x0f" + b"x" * 11,
    "too long a length": b"\x7f\xff\xff\xff" + b"x" * 12,
    "text": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "an answer to nothing": pdu(SUBMIT | RESPONSE, 9_999, b"x\0"),
    "a nack of nothing": pdu(NACK, 0, status=2),
}


@pytest.mark.parametrize("what", GARBAGE)
def test_where_the_stream_cannot_be_trusted_the_bind_is_given_up(what: str) -> None:
    def script(peer: Peer, request: Pdu) -> bytes:
        return taken(request[2]) if len(peer.submits) == 1 else GARBAGE[what]

    answers, _ = handed(script, count=2, window=1)
    assert fates(answers) == [TAKEN, UNKNOWN]


@pytest.mark.parametrize(
    "answer",
    [
        lambda sequence: pdu(NACK, sequence, status=3),
        lambda sequence: pdu(0x15 | RESPONSE, sequence),
        lambda sequence: pdu(SUBMIT | RESPONSE, sequence, b"\xff\xfe\0"),
        lambda sequence: pdu(SUBMIT | RESPONSE, sequence, b"two words\0"),
        lambda sequence: pdu(SUBMIT | RESPONSE, sequence, b"x" * 5_000),
    ],
)
def test_an_answer_that_is_none_leaves_its_message_unknown(answer) -> None:
    answers, _ = handed(
        lambda peer, request: answer(request[2]) if len(peer.submits) == 1 else taken(request[2]), count=1
    )
    assert fates(answers) == [UNKNOWN]


def test_nonsense_between_answers_stops_nothing() -> None:
    def script(peer: Peer, request: Pdu) -> bytes:
        noise = (
            pdu(DELIVER, 7, b"\0\xff")
            + pdu(0x103, 8, b"what")
            + pdu(0x102, 9, b"")
            + delivery(10, b"id:zz stat:X", esm=4)
        )
        return noise + taken(request[2]) + taken(request[2])

    answers, peer = handed(script, count=10)
    assert fates(answers) == [TAKEN] * 10
    assert {(command, status) for command, status, sequence, _ in peer.answers if sequence == 7} == {
        (DELIVER | RESPONSE, 0x66)
    }
    assert {(command, status) for command, status, sequence, _ in peer.answers if sequence == 8} == {(NACK, 3)}


def test_a_receipt_before_its_answer_is_kept() -> None:
    with peer_of(lambda peer, request: delivery(50, b"id:id2 stat:DELIVRD", esm=4) + taken(request[2])) as peer:
        channel = channel_of(peer)
        [answer] = channel.send_all([message(1)], may_send=lambda: True)
        assert [receipt.provider_id for receipt in channel.take_receipts()] == list(answer.provider_ids) == ["id2"]
        channel.close()


def wait_for(condition) -> None:
    until = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)


def parted(number: int, text: str) -> bytes:
    return delivery(60 + number, bytes([5, 0, 3, 9, 2, number]) + text.encode("utf-16-be"), esm=0x40, coding=8)


def test_a_text_from_a_phone_is_acknowledged_only_once_it_was_taken_and_a_long_one_is_put_together() -> None:
    greeting = parted(2, "我") + delivery(70, "退订".encode("utf-16-be"), coding=8) + parted(1, "不是")
    with peer_of(lambda peer, request: taken(request[2]), greeting=greeting) as peer:
        channel = channel_of(peer)
        texts = []
        assert channel.is_ready()
        wait_for(lambda: channel.take_receipts() == [] and len(channel._texts) == 2)
        assert 70 not in {sequence for _, _, sequence, _ in peer.answers}
        texts = channel.take_texts()
        assert sorted(text.body for text in texts) == ["不是我", "退订"]
        assert 70 not in {sequence for _, _, sequence, _ in peer.answers}
        channel.take_receipts()
        wait_for(lambda: 70 in {sequence for _, _, sequence, _ in peer.answers})
        channel.close()


def test_an_idle_bind_asks_and_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    from rightparty.dispatch.channels import smpp

    monkeypatch.setattr(smpp_session, "IDLE_SECONDS", 0.05)
    monkeypatch.setattr(smpp, "WATCH_SECONDS", 0.02)
    seen: list[int] = []
    with peer_of(lambda peer, request: taken(request[2]), greeting=pdu(0x15, 33)) as peer:
        answer = peer._answer
        monkeypatch.setattr(peer, "_answer", lambda request: (seen.append(request[0]), answer(request))[1])
        channel = channel_of(peer)
        assert channel.is_ready()
        wait_for(lambda: 0x15 in seen)
        wait_for(lambda: any(sequence == 33 for _, _, sequence, _ in peer.answers))
        channel.close()
    assert seen[-1] == 0x06, "it takes leave"


def test_what_cannot_be_a_text_is_refused_before_anything_is_written() -> None:
    bad = [message(1, "x" * 5_000), message(2, "\ud800")]
    letters = OutboundMessage(
        **{name: getattr(bad[0], name) for name in bad[0].__slots__} | {"address": "wang@x.example"}
    )
    with peer_of(lambda peer, request: taken(request[2])) as peer:
        channel = channel_of(peer)
        answers = channel.send_all([*bad, letters, message(3)], may_send=lambda: True)
        channel.close()
    assert fates(answers) == [REFUSED, REFUSED, REFUSED, TAKEN]
    assert len(peer.submits) == 1


@pytest.mark.parametrize("url", ["smpp://h/?window=0", "smpp://h/?window=x", "smpp://h/?rate=-1", "smpp://h/?colour=red",
                                 "smpp://u:secret%00@h", "smpp://u:secret@h:port"])  # fmt: skip
def test_a_setting_that_cannot_be_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"window|rate|option|user|port") as refused:
        SmppChannel.from_url(url, sender="1069")
    assert "secret" not in str(refused.value)


def test_an_smsc_that_cannot_be_reached_is_left_alone_for_a_while() -> None:
    channel = SmppChannel.from_url("smpp://u:p@127.0.0.1:1", sender="1069")
    attempts, connect = [], channel._connect

    def counted() -> smpp_session.Session:
        attempts.append(1)
        return connect()

    channel._connect = counted
    assert not any(channel.is_ready() for _ in range(1_000))
    assert len(attempts) < 5


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def test_no_number_and_no_word_reaches_a_log_or_a_repr(log: pytest.LogCaptureFixture) -> None:
    answers, _ = handed(
        lambda peer, request: taken(request[2]) + delivery(1, b"a private word"), count=3, body="private"
    )
    told = log.text + repr(answers)
    assert "private" not in told
    assert "86154" not in told
