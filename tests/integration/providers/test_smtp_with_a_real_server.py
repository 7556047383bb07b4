# SPDX-License-Identifier: Apache-2.0
"""once: e-mail through a real SMTP server (aiosmtpd): taken, refused for good, refused for now, connection lost."""

import email
import email.policy
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiosmtpd.controller import Controller

from rightparty.dispatch.channels.adapter import Fate, Handover, OutboundMessage
from rightparty.dispatch.channels.smtp import SmtpChannel

MESSAGE = OutboundMessage(
    reminder_id="7d3f", channel="email", address="wang@example.com", subject="【Lantern Finance】还款提醒",
    body="【Lantern Finance】\n\n您有款项到期。", page="https://lender.example/m/0",
    at=datetime(2026, 11, 23, tzinfo=UTC),
)  # fmt: skip


class Mailbox:
    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 aiosmtpd's name
        if address.startswith(("550", "450")):
            return f"{address[:3]} 5.1.1 no"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 aiosmtpd's name
        if envelope.rcpt_tos[0].startswith(("554", "451")):
            return f"{envelope.rcpt_tos[0][:3]} 5.7.1 content refused"
        self.mails.append(envelope.content)
        if envelope.rcpt_tos[0].startswith("cut"):
            server.transport.abort()
        return "250 taken"


def sent(channel: SmtpChannel, message: OutboundMessage) -> Handover:
    [handover] = channel.send_all([message], may_send=lambda: True)
    return handover


@pytest.fixture
def server() -> Iterator[tuple[Mailbox, SmtpChannel]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    channel = SmtpChannel.from_url(f"smtp://127.0.0.1:{port}", sender="reminders@lender.example")
    yield mailbox, channel
    channel.close()
    controller.stop()


def test_a_mail_arrives_with_its_stable_id_and_a_way_out(server: tuple[Mailbox, SmtpChannel]) -> None:
    mailbox, channel = server
    handover = sent(channel, MESSAGE)
    assert handover.fate is Fate.ACCEPTED
    assert handover.provider_ids == ("7d3f@lender.example",)
    mail = email.message_from_bytes(mailbox.mails[0], policy=email.policy.default)
    assert mail["Subject"] == MESSAGE.subject
    assert mail["List-Unsubscribe"] == "<https://lender.example/m/0/one-click>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().strip().splitlines() == MESSAGE.body.splitlines()


@pytest.mark.parametrize(
    ("status", "fate"),
    [("550", Fate.REFUSED), ("450", Fate.BUSY), ("554", Fate.REFUSED), ("451", Fate.BUSY)],
)
def test_no_for_good_is_refused_and_not_now_is_busy_and_the_next_mail_goes_on(
    server: tuple[Mailbox, SmtpChannel], status: str, fate: Fate
) -> None:
    mailbox, channel = server
    refused = sent(channel, replace(MESSAGE, address=f"{status}@example.com"))
    assert (refused.fate, refused.code) == (fate, f"smtp.status_{status}")
    assert mailbox.mails == []
    assert sent(channel, MESSAGE).fate is Fate.ACCEPTED


def test_a_connection_lost_after_the_text_is_unknown_and_the_server_may_have_it(
    server: tuple[Mailbox, SmtpChannel],
) -> None:
    mailbox, channel = server
    lost = sent(channel, replace(MESSAGE, address="cut@example.com"))
    assert (lost.fate, lost.code) == (Fate.UNKNOWN, "smtp.connection_lost")
    assert len(mailbox.mails) == 1


def test_no_server_no_write() -> None:
    channel = SmtpChannel.from_url("smtp://127.0.0.1:1", sender="reminders@lender.example")
    assert not channel.is_ready()
    assert sent(channel, MESSAGE).code == "smtp.not_connected"


def test_a_line_break_in_a_subject_is_no_mail(server: tuple[Mailbox, SmtpChannel]) -> None:
    _, channel = server
    refused = sent(channel, replace(MESSAGE, subject="x\nBcc: other@example.com"))
    assert (refused.fate, refused.code) == (Fate.REFUSED, "smtp.not_a_mail")


def test_many_mails_go_over_a_few_connections_and_each_gets_its_own_answer(
    server: tuple[Mailbox, SmtpChannel],
) -> None:
    mailbox, channel = server
    addresses = [f"{'550' if n % 10 == 3 else 'wang'}{n}@example.com" for n in range(200)]
    messages = [replace(MESSAGE, reminder_id=f"r{n}", address=address) for n, address in enumerate(addresses)]
    answers = channel.send_all(messages, may_send=lambda: True)
    assert [answer.fate for answer in answers] == [
        Fate.REFUSED if address.startswith("550") else Fate.ACCEPTED for address in addresses
    ]
    taken = [email.message_from_bytes(mail)["Message-ID"].strip("<>") for mail in mailbox.mails]
    accepted = [answer.provider_ids[0] for answer in answers if answer.fate is Fate.ACCEPTED]
    assert sorted(taken) == sorted(accepted)


def test_no_mail_is_begun_once_the_lease_is_over(server: tuple[Mailbox, SmtpChannel]) -> None:
    mailbox, channel = server
    asked = iter(range(100))
    messages = [replace(MESSAGE, reminder_id=f"r{n}") for n in range(20)]
    answers = channel.send_all(messages, may_send=lambda: next(asked) < 10)
    assert {answer.fate for answer in answers} == {Fate.ACCEPTED, Fate.NOT_SENT}
    assert sum(answer.fate is Fate.ACCEPTED for answer in answers) == len(mailbox.mails)
    assert {answer.code for answer in answers if answer.fate is Fate.NOT_SENT} == {"fenced"}


@pytest.mark.parametrize(
    ("url", "dkim"),
    [
        ("smtp://h/?connections=0", ""),
        ("smtp://h/?colour=red", ""),
        ("smtp://h:secret-port", ""),
        ("smtp://h", "no-colons"),
        ("smtp://h", "sel:lender.example:/nowhere/key.pem"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_without_showing_it(url: str, dkim: str) -> None:
    with pytest.raises(ValueError, match=r"connections|option|port|DKIM") as refused:
        SmtpChannel.from_url(url, sender="reminders@lender.example", dkim=dkim)
    assert "secret" not in str(refused.value)
