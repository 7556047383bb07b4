# SPDX-License-Identifier: Apache-2.0
"""E-mail over SMTP: a Message-ID that never changes for a reminder, List-Unsubscribe to the recipient's page (once).

A connection lost after the text began to be written leaves the outcome `unknown`: the server may have taken it.
"""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from urllib.parse import unquote, urlsplit

from rightparty.dispatch.channels.adapter import Capabilities, Fate, Handover, OutboundMessage
from rightparty.dispatch.channels.one_by_one import OneByOne

ANSWER_SECONDS: Final = 20


class SmtpChannel(OneByOne):
    """One connection to a mail server, kept open between messages."""

    name = "smtp"
    capabilities = Capabilities(receipts=False)

    def __init__(
        self, *, host: str, port: int, sender: str, user: str = "", password: str = "", starttls: bool = False
    ) -> None:
        self._address = (host, port)
        self._sender = sender
        self._login = (user, password)
        self._starttls = starttls
        self._connection: smtplib.SMTP | None = None

    @classmethod
    def from_url(cls, url: str, *, sender: str) -> "SmtpChannel":
        """Make the channel of `smtp://user:password@host:port`; `smtp+tls://` asks for STARTTLS."""
        parts = urlsplit(url)
        return cls(
            host=parts.hostname or "localhost",
            port=parts.port or 25,
            sender=sender,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            starttls=parts.scheme == "smtp+tls",
        )

    def is_ready(self) -> bool:
        """Connect if not connected; tell whether the server answers."""
        try:
            if self._connection is None:
                self._connection = self._connected()
            elif self._connection.noop()[0] != 250:
                raise smtplib.SMTPServerDisconnected
        except (smtplib.SMTPException, OSError):
            self.close()
            return False
        return True

    def _connected(self) -> smtplib.SMTP:
        connection = smtplib.SMTP(*self._address, timeout=ANSWER_SECONDS)
        try:
            if self._starttls:
                connection.starttls(context=ssl.create_default_context())
            if self._login[0]:
                connection.login(*self._login)
        except (smtplib.SMTPException, OSError):
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def send(self, message: OutboundMessage) -> Handover:
        """Hand over one e-mail."""
        try:
            mail = self.mail_of(message)
        except ValueError:
            return Handover(fate=Fate.REFUSED, code="smtp.not_a_mail")
        if not self.is_ready() or self._connection is None:
            return Handover(fate=Fate.NOT_SENT, code="smtp.not_connected")
        try:
            self._connection.send_message(mail, from_addr=self._sender, to_addrs=[message.address])
        except smtplib.SMTPRecipientsRefused as refused:
            status = next(iter(refused.recipients.values()))[0]
            return Handover(fate=Fate.REFUSED, code=f"smtp.status_{status}")
        except smtplib.SMTPServerDisconnected:
            self.close()
            return Handover(fate=Fate.UNKNOWN, code="smtp.connection_lost")
        except smtplib.SMTPResponseException as refused:
            return Handover(fate=Fate.REFUSED, code=f"smtp.status_{refused.smtp_code}")
        except (smtplib.SMTPException, OSError):
            self.close()
            return Handover(fate=Fate.UNKNOWN, code="smtp.connection_lost")
        return Handover(fate=Fate.ACCEPTED, provider_ids=(str(mail["Message-ID"]).strip("<>"),))

    def mail_of(self, message: OutboundMessage) -> EmailMessage:
        """Return the message as it goes over the wire."""
        mail = EmailMessage()
        mail["Message-ID"] = f"<{message.reminder_id}@{self._sender.rpartition('@')[2]}>"
        mail["Date"] = format_datetime(message.at)
        mail["From"] = self._sender
        mail["To"] = message.address
        mail["Subject"] = message.subject
        mail["List-Unsubscribe"] = f"<{message.page}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.body, charset="utf-8")
        return mail
