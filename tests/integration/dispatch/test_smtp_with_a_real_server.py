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

from rightparty.dispatch.channels.adapter import Fate, OutboundMessage
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
        if envelope.rcpt_tos[0].startswith("554"):
            return "554 5.7.1 content refused"
        self.mails.append(envelope.content)
        if envelope.rcpt_tos[0].startswith("cut"):
            server.transport.abort()
        return "250 taken"


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
    handover = channel.send(MESSAGE)
    assert handover.fate is Fate.ACCEPTED
    assert handover.provider_ids == ("7d3f@lender.example",)
    mail = email.message_from_bytes(mailbox.mails[0], policy=email.policy.default)
    assert mail["Subject"] == MESSAGE.subject
    assert mail["List-Unsubscribe"] == "<https://lender.example/m/0>"
    assert mail.get_content().strip().splitlines() == MESSAGE.body.splitlines()


@pytest.mark.parametrize("status", ["550", "450", "554"])
def test_a_refusal_is_a_refusal_and_the_next_mail_goes_on(server: tuple[Mailbox, SmtpChannel], status: str) -> None:
    _, channel = server
    refused = channel.send(replace(MESSAGE, address=f"{status}@example.com"))
    assert (refused.fate, refused.code) == (Fate.REFUSED, f"smtp.status_{status}")
    assert channel.send(MESSAGE).fate is Fate.ACCEPTED


def test_a_connection_lost_after_the_text_is_unknown_and_the_server_may_have_it(
    server: tuple[Mailbox, SmtpChannel],
) -> None:
    mailbox, channel = server
    lost = channel.send(replace(MESSAGE, address="cut@example.com"))
    assert (lost.fate, lost.code) == (Fate.UNKNOWN, "smtp.connection_lost")
    assert len(mailbox.mails) == 1


def test_no_server_no_write() -> None:
    channel = SmtpChannel.from_url("smtp://127.0.0.1:1", sender="reminders@lender.example")
    assert not channel.is_ready()
    assert channel.send(MESSAGE).code == "smtp.not_connected"


def test_a_line_break_in_a_subject_cannot_add_a_header() -> None:
    channel = SmtpChannel.from_url("smtp://127.0.0.1:1", sender="reminders@lender.example")
    refused = channel.send(replace(MESSAGE, subject="x\nBcc: other@example.com"))
    assert (refused.fate, refused.code) == (Fate.REFUSED, "smtp.not_a_mail")
