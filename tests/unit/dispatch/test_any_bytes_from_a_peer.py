# SPDX-License-Identifier: Apache-2.0
"""once: any bytes from an SMSC or a mail server end each message in a named fate; none raises, none invents."""

import smtplib
import socket
import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rightparty.dispatch.channels.adapter import Fate, OutboundMessage
from rightparty.dispatch.channels.mail import mail_of
from rightparty.dispatch.channels.segments import segments_of
from rightparty.dispatch.channels.smpp_deliveries import Texts, receipt_of
from rightparty.dispatch.channels.smpp_pdus import PduError, read_delivery, submit_body, take_pdus
from rightparty.dispatch.channels.smpp_session import Session
from rightparty.dispatch.channels.smpp_window import Submission
from rightparty.dispatch.channels.smtp_connection import Connection
from tests.unit.dispatch.smpp_peers import delivery, pdu

COMMANDS = st.sampled_from([0x80000000, 0x80000004, 0x80000015, 0x80000009, 4, 5, 6, 0x15, 0x103, 0x102])
PDUS = st.builds(
    pdu, COMMANDS, st.integers(0, 9), st.binary(max_size=30), st.sampled_from([0, 0, 0x0B, 0x58, 0xFFFFFFFF])
)
STREAMS = st.lists(st.one_of(PDUS, PDUS, st.binary(max_size=40)), max_size=12).map(b"".join)


def pieces(raw: bytes, cuts: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(raw) + 1) for cut in cuts), len(raw)]
    return [raw[start:end] for start, end in pairwise(edges)]


def after(chunks: Sequence[bytes]) -> tuple[list[object], str, list[object]]:
    """What five messages come to when an SMSC sends these chunks and then nothing more."""
    ours, theirs = socket.socketpair()
    with theirs:
        session = Session(ours)
        submissions = [Submission([b"x"]) for _ in range(5)]
        for submission in submissions:
            assert session.submit(submission.next_body(), submission)
        for chunk in chunks:
            if not session.lost:
                session.feed(chunk)
        lost = session.lost
        session.drop("smpp.connection_lost")
        assert session.open == 0
        return [submission.handover() for submission in submissions], lost, list(session.deliveries)


@given(STREAMS, st.lists(st.integers(0, 1_000), max_size=8))
def test_an_smsc_may_send_anything_in_any_pieces(raw: bytes, cuts: list[int]) -> None:
    answers, lost, deliveries = after([raw])
    assert after(pieces(raw, cuts)) == (answers, lost, deliveries)
    for place, answer in enumerate(answers, start=1):
        assert answer.fate in (Fate.ACCEPTED, Fate.REFUSED, Fate.BUSY, Fate.UNKNOWN)
        if answer.fate is not Fate.UNKNOWN:
            status = b"\0\0\0\0" if answer.fate is Fate.ACCEPTED else b""
            assert struct.pack(">I", 0x80000004) + status in raw
            assert struct.pack(">I", place) in raw
    texts = Texts()
    for _, brought in deliveries:
        receipt_of(brought) if brought.is_receipt else texts.take(brought, now=0)
    texts.take_overdue(now=1_000)


@given(st.binary(max_size=200))
def test_a_body_of_any_bytes_is_a_delivery_or_an_error(body: bytes) -> None:
    try:
        brought = read_delivery(body)
    except PduError:
        return
    receipt_of(brought)
    Texts().take(brought, now=0)


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=200), st.integers(0, 255))
def test_what_we_submit_is_read_as_it_was_meant(text: str, reference: int) -> None:
    segments = segments_of(text, reference=reference)
    texts, whole = Texts(), None
    for part in segments.parts:
        body = submit_body(
            source="8615400000001", destination="8615400000002", text=part, data_coding=segments.data_coding,
            has_header=len(segments.parts) > 1,
        )  # fmt: skip
        [read], is_sound = take_pdus(bytearray(pdu(4, 1, body)))
        assert is_sound
        brought = read_delivery(read.body)  # both PDUs have one form
        assert brought.source == "8615400000001"
        whole = texts.take(brought, now=0)
    assert whole is not None
    assert whole.body == text


@given(st.permutations(range(1, 5)), st.sets(st.integers(1, 4), max_size=3))
def test_parts_come_in_any_order_and_a_missing_one_does_not_lose_the_rest(order: list[int], missing: set[int]) -> None:
    texts, given_ = Texts(), []
    for number in order:
        if number not in missing:
            raw = delivery(number, bytes([6, 8, 4, 1, 2, 4, number]) + f"p{number}".encode(), esm=0x40)
            [read], _ = take_pdus(bytearray(raw))
            text = texts.take(read_delivery(read.body), now=0)
            given_ += [text] if text else []
    given_ += texts.take_overdue(now=61)
    assert [text.body for text in given_] == ["".join(f"p{n}" for n in range(1, 5) if n not in missing)]


MESSAGE = OutboundMessage(
    reminder_id="7d3f", channel="email", address="wang@example.com", subject="x", body="x",
    page="https://lender.example/m/0", at=datetime(2026, 11, 23, tzinfo=UTC),
)  # fmt: skip
MAIL = mail_of(MESSAGE, sender="reminders@lender.example")
CODES = st.sampled_from([b"250", b"250", b"354", b"354", b"451", b"550", b"421", b"220", b"199", b"25", b"9x9"])
REPLIES = st.lists(
    st.one_of(
        st.builds(lambda code, mark, text: code + mark + text + b"\r\n", CODES, st.sampled_from([b" ", b"-", b""]),
                  st.binary(max_size=10)),
        st.binary(max_size=20),
    ),
    max_size=10,
).map(b"".join)  # fmt: skip


def connection_to(ours: socket.socket, *, is_pipelined: bool) -> Connection:
    server = smtplib.SMTP()
    server.sock = ours
    server.esmtp_features = {"pipelining": "", "dsn": ""} if is_pipelined else {}
    server.does_esmtp = True
    return Connection(server, sender="reminders@lender.example")


@given(REPLIES, st.lists(st.integers(0, 300), max_size=6), st.booleans())
def test_a_mail_server_may_say_anything_in_any_pieces(raw: bytes, cuts: list[int], is_pipelined: bool) -> None:
    told = []
    for chunks in ([raw], pieces(raw, cuts)):
        ours, theirs = socket.socketpair()
        with theirs:
            connection = connection_to(ours, is_pipelined=is_pipelined)
            connection.begin(MAIL, may_send=lambda: True)
            for chunk in chunks:
                if not connection.is_lost:
                    connection.feed(chunk)
            connection.lose("smtp.connection_lost")
            theirs.settimeout(0)
            written = b""
            while chunk := theirs.recv(65_536):
                written += chunk
        answer = connection.result
        assert answer is not None
        is_text_out = MAIL.content in written
        if not is_text_out:
            assert answer.fate in (Fate.NOT_SENT, Fate.BUSY, Fate.REFUSED)
        else:
            assert answer.fate in (Fate.ACCEPTED, Fate.UNKNOWN, Fate.BUSY, Fate.REFUSED)
        if answer.fate is Fate.UNKNOWN:
            assert answer.provider_ids == (MAIL.message_id,), "a bounce can still tell"
        told.append(answer)
    assert told[0] == told[1]
