# SPDX-License-Identifier: Apache-2.0
"""once: whatever a mail server does, each mail ends in one fate; unknown only after its text began to be written."""

import contextlib
import smtplib
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from rightparty.dispatch.channels import smtp_connection
from rightparty.dispatch.channels.adapter import Fate, Handover, OutboundMessage
from rightparty.dispatch.channels.mail import Mail
from rightparty.dispatch.channels.smtp import SmtpChannel

type Script = Callable[[str, int], bytes | None]
"""Takes a command's first word (TEXT for a mail's text) and how often it came; returns a reply, None to close."""

USUAL = {"EHLO": b"250-peer\r\n250 HELP\r\n", "DATA": b"354 go\r\n", "QUIT": b"221 bye\r\n"}


class MailPeer:
    def __init__(self, script: Script, *, pipelined: bool = False) -> None:
        self.script, self.pipelined = script, pipelined
        self.lines: list[str] = []
        self.texts: list[bytes] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 peer\r\n")
            while line := lines.readline():
                word = line.split()[0].decode().upper() if line.split() else ""
                self.lines.append(line.decode().strip())
                reply = self._reply(word)
                if reply is None:
                    return
                connection.sendall(reply)
                if word == "DATA" and reply.startswith(b"354"):
                    text = b""
                    while not text.endswith(b"\r\n.\r\n") and text != b".\r\n":
                        text += lines.readline()
                    self.texts.append(text)
                    reply = self._reply("TEXT")
                    if reply is None:
                        return
                    connection.sendall(reply)

    def _reply(self, word: str) -> bytes | None:
        count = sum(line.upper().startswith(word) for line in self.lines) if word != "TEXT" else len(self.texts)
        scripted = self.script(word, count)
        if scripted != b"":
            return scripted
        if word == "EHLO" and self.pipelined:
            return b"250-peer\r\n250-DSN\r\n250 PIPELINING\r\n"
        return USUAL.get(word, b"250 ok\r\n")


@contextlib.contextmanager
def channel_to(
    script: Script, *, pipelined: bool = False, connections: int = 1
) -> Iterator[tuple[MailPeer, SmtpChannel]]:
    peer = MailPeer(script, pipelined=pipelined)
    channel = SmtpChannel.from_url(
        f"smtp://127.0.0.1:{peer.port}/?connections={connections}", sender="reminders@lender.example"
    )
    yield peer, channel
    channel.close()
    peer._listener.close()


def message(number: int) -> OutboundMessage:
    return OutboundMessage(
        reminder_id=f"r{number}", channel="email", address=f"wang{number}@example.com", subject="due", body="due",
        page="https://lender.example/m/0", at=datetime(2026, 11, 23, tzinfo=UTC),
    )  # fmt: skip


def handed(channel: SmtpChannel, count: int = 3) -> list[Handover]:
    return channel.send_all([message(n) for n in range(count)], may_send=lambda: True)


def fates(answers: list[Handover]) -> list[Fate]:
    return [answer.fate for answer in answers]


@pytest.mark.parametrize("pipelined", [False, True])
@pytest.mark.parametrize(
    ("word", "reply", "fate"),
    [
        ("MAIL", b"451 later\r\n", Fate.BUSY),
        ("MAIL", b"550 no\r\n", Fate.REFUSED),
        ("RCPT", b"450 later\r\n", Fate.BUSY),
        ("RCPT", b"550-no\r\n550 never\r\n", Fate.REFUSED),
        ("DATA", b"451 later\r\n", Fate.BUSY),
        ("DATA", b"554 no\r\n", Fate.REFUSED),
        ("TEXT", b"452 full\r\n", Fate.BUSY),
        ("TEXT", b"554 spam\r\n", Fate.REFUSED),
    ],
)
def test_what_a_server_declines_was_not_taken_and_the_next_mail_goes_over_the_same_connection(
    word: str, reply: bytes, fate: Fate, pipelined: bool
) -> None:
    script = lambda said, count: reply if (said, count) == (word, 1) else b""  # noqa: E731
    with channel_to(script, pipelined=pipelined) as (peer, channel):
        answers = handed(channel)
    assert fates(answers) == [fate, Fate.ACCEPTED, Fate.ACCEPTED]
    assert peer.connections == 1
    real = [text for text in peer.texts if text != b".\r\n"]
    assert len(real) == (3 if word == "TEXT" else 2)


@pytest.mark.parametrize("pipelined", [False, True])
@pytest.mark.parametrize(
    ("word", "reply", "fate"),
    [
        ("MAIL", None, Fate.NOT_SENT),
        ("RCPT", None, Fate.NOT_SENT),
        ("DATA", None, Fate.NOT_SENT),
        ("TEXT", None, Fate.UNKNOWN),
        ("RCPT", b"what?\r\n", Fate.NOT_SENT),
        ("DATA", b"250 ok\r\n", Fate.NOT_SENT),
        ("TEXT", b"354 more\r\n", Fate.UNKNOWN),
        ("TEXT", b"x" * 20_000, Fate.UNKNOWN),
        ("MAIL", b"421 closing\r\n", Fate.BUSY),
        ("TEXT", b"421 closing\r\n", Fate.BUSY),
    ],
)
def test_a_lost_connection_is_unknown_only_after_the_text_began_and_the_rest_goes_over_a_new_one(
    word: str, reply: bytes | None, fate: Fate, pipelined: bool
) -> None:
    script = lambda said, count: reply if (said, count) == (word, 1) else b""  # noqa: E731
    with channel_to(script, pipelined=pipelined) as (peer, channel):
        answers = handed(channel)
    assert fates(answers) == [fate, Fate.ACCEPTED, Fate.ACCEPTED]
    assert peer.connections == 2
    assert answers[0].provider_ids == (("r0@lender.example",) if fate is Fate.UNKNOWN else ())


@pytest.mark.parametrize(("word", "fate"), [("RCPT", Fate.NOT_SENT), ("TEXT", Fate.UNKNOWN)])
def test_a_server_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch, word: str, fate: Fate) -> None:
    monkeypatch.setattr(smtp_connection, "ANSWER_SECONDS", 1.0)
    held = threading.Event()
    script = lambda said, count: (held.wait(20), b"")[1] if (said, count) == (word, 1) else b""  # noqa: E731
    with channel_to(script) as (_, channel):
        answers = handed(channel, 2)
        held.set()
    assert fates(answers) == [fate, Fate.ACCEPTED]
    assert answers[0].code == "smtp.no_answer"


def test_a_server_that_always_closes_gets_three_tries_and_the_rest_comes_back_unwritten() -> None:
    with channel_to(lambda said, count: None if said == "MAIL" else b"") as (peer, channel):
        answers = handed(channel, 50)
    assert set(fates(answers)) == {Fate.NOT_SENT}
    assert peer.connections == 3


def test_a_connection_that_the_server_closed_meanwhile_costs_no_mail() -> None:
    script = lambda said, count: b"250 ok\r\n421 idle\r\n" if (said, count) == ("TEXT", 1) else b""  # noqa: E731
    with channel_to(script) as (_, channel):
        first = handed(channel, 1)
        second = handed(channel, 1)
    assert (fates(first), fates(second)) == ([Fate.ACCEPTED], [Fate.ACCEPTED])


def test_the_text_is_withheld_if_the_lease_ends_between_the_command_and_the_invitation() -> None:
    asked = iter([True, False])
    with channel_to(lambda said, count: b"") as (peer, channel):
        [answer] = channel.send_all([message(1)], may_send=lambda: next(asked))
    assert (answer.fate, answer.code) == (Fate.NOT_SENT, "fenced")
    assert peer.texts in ([], [b""])


def test_only_failures_are_reported_back_and_without_the_text_where_the_server_can() -> None:
    with channel_to(lambda said, count: b"", pipelined=True) as (peer, channel):
        handed(channel, 1)
    assert "MAIL FROM:<reminders@lender.example> RET=HDRS" in peer.lines
    assert "RCPT TO:<wang0@example.com> NOTIFY=FAILURE" in peer.lines


def test_a_reply_that_never_ends_is_none() -> None:
    with channel_to(lambda word, _: b"250-more\r\n" * 100_000 if word == "MAIL" else b"") as (_, channel):
        answers = handed(channel, 1)
    assert [(answer.fate, answer.code) for answer in answers] == [(Fate.NOT_SENT, "smtp.not_a_reply")]


@pytest.mark.parametrize(
    ("early", "fate"),
    [(b"250 ok\r\n", Fate.UNKNOWN), (b"552 too long\r\n", Fate.REFUSED), (b"452 full\r\n", Fate.BUSY)],
)
def test_an_answer_before_the_whole_text_is_out_ends_the_connection(early: bytes, fate: Fate) -> None:
    """A server that answers and reads no further would else be waited for without end."""
    ours, theirs = socket.socketpair()
    server = smtplib.SMTP()
    server.sock = ours
    server.esmtp_features = {}
    connection = smtp_connection.Connection(server, sender="reminders@lender.example")
    mail = Mail(message_id="r0@lender.example", to="wang@example.com", content=b"x" * 76 * 100_000)
    with theirs:
        connection.begin(mail, may_send=lambda: True)
        for reply in (b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", early):
            connection.feed(reply)
        assert connection.is_lost
        assert connection.result is not None
        assert connection.result.fate is fate


@pytest.mark.parametrize(
    ("login", "features", "challenge"),
    [
        ("reminders:geheim", b"250 AUTH CRAM-MD5\r\n", b"334 YWJjZA\r\n"),
        ("reminders:gehe%C3%AFm", b"250 AUTH PLAIN\r\n", b"334 \r\n"),
    ],
)
def test_a_log_in_that_cannot_be_had_is_no_connection_and_shows_no_password(
    login: str, features: bytes, challenge: bytes
) -> None:
    peer = MailPeer(lambda word, _: {"EHLO": b"250-peer\r\n" + features, "AUTH": challenge}.get(word, b""))
    url = f"smtp://{login}@127.0.0.1:{peer.port}/"
    channel = SmtpChannel.from_url(url, sender="reminders@lender.example")
    assert not channel.is_ready()
    with pytest.raises(ConnectionRefusedError) as refused:
        channel._server.connected()
    told = "".join(traceback.format_exception(refused.value))
    assert "gehe" not in told
    peer._listener.close()


def test_a_host_name_that_is_none_is_no_connection() -> None:
    channel = SmtpChannel.from_url("smtp://mail..example:25/", sender="reminders@lender.example")
    assert not channel.is_ready()
