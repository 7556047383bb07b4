# SPDX-License-Identifier: Apache-2.0
"""How alarms leave: a log line, an e-mail to operations, a signed webhook. None carries personal data.

A webhook is a POST of JSON with `X-Rightparty-Signature: v1=HEX`, the HMAC-SHA-256 of `TIMESTAMP.BODY` under the shared
key, and `X-Rightparty-Timestamp`, seconds since 1970. The receiver refuses old timestamps and remembers `id`: an alarm
whose answer was lost comes again.
"""

import hashlib
import hmac
import json
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from http.client import HTTPException
from typing import Any, Final, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import structlog
from django.conf import settings
from django.utils.translation import gettext

from rightparty.dispatch.alarms import ALARMS, page_of

ANSWER_SECONDS: Final = 10.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmMessage:
    """One alarm as it leaves."""

    #: the same on every attempt and channel
    id: str
    kind: str
    raised_at: datetime
    sent_at: datetime
    facts: Mapping[str, object]

    @property
    def page(self) -> str:
        """Where to look."""
        return page_of(self.kind, self.facts, public_url=str(settings.RIGHTPARTY["PUBLIC_URL"]))


class AlarmSender(Protocol):
    """A way to operations."""

    def send(self, alarm: AlarmMessage) -> str:
        """Hand over one alarm; return an empty string if it was taken, else a code of what went wrong."""


class LogAlarms:
    """Writes alarms to the log, at the level of a warning."""

    def send(self, alarm: AlarmMessage) -> str:
        """Write one line."""
        load = alarm.facts.get("load")
        log.warning("alarm.raised", kind=alarm.kind, load_id=load if isinstance(load, int) else None)
        return ""


class MailAlarms:
    """Sends alarms to one address of operations."""

    def __init__(self, url: str, *, sender: str, to: str) -> None:
        self._url = urlsplit(url)
        self._sender, self._to = sender, to

    def send(self, alarm: AlarmMessage) -> str:
        """Send one e-mail on a connection of its own."""
        if self._url.scheme not in ("smtp", "smtp+tls"):
            return "smtp.no_server"
        try:
            with smtplib.SMTP(
                self._url.hostname or "localhost", self._url.port or 25, timeout=ANSWER_SECONDS
            ) as server:
                if self._url.scheme == "smtp+tls":
                    server.starttls(context=ssl.create_default_context())
                if self._url.username:
                    server.login(unquote(self._url.username), unquote(self._url.password or ""))
                server.send_message(self.mail_of(alarm), from_addr=self._sender, to_addrs=[self._to])
        except smtplib.SMTPResponseException as refused:
            return f"smtp.status_{refused.smtp_code}"
        except smtplib.SMTPRecipientsRefused:
            return "smtp.recipient_refused"
        except (smtplib.SMTPException, OSError):
            return "smtp.not_connected"
        return ""

    def mail_of(self, alarm: AlarmMessage) -> EmailMessage:
        """Return the alarm as it goes over the wire."""
        kind = ALARMS[alarm.kind]
        mail = EmailMessage()
        mail["Message-ID"] = f"<alarm-{alarm.id}@{self._sender.rpartition('@')[2]}>"
        mail["Date"] = format_datetime(alarm.sent_at)
        mail["From"], mail["To"] = self._sender, self._to
        mail["Subject"] = f"[rightparty] {gettext(kind.text)}"
        mail["Auto-Submitted"] = "auto-generated"
        facts = "\n".join(f"{name}: {value}" for name, value in alarm.facts.items())
        lines = (gettext(kind.text), gettext(kind.remedy), alarm.page, alarm.raised_at.isoformat(), facts)
        mail.set_content("\n\n".join(line for line in lines if line) + "\n", charset="utf-8")
        return mail


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would carry the alarm to somebody we were not told of."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class WebhookAlarms:
    """Posts alarms, signed, to one address."""

    def __init__(self, url: str, *, key: str) -> None:
        self._url, self._key = url, key
        self._opener = build_opener(_NoRedirect)

    def send(self, alarm: AlarmMessage) -> str:
        """Post one alarm."""
        parts = urlsplit(self._url)
        if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            return "webhook.not_https"
        if not self._key:
            return "webhook.no_key"
        try:
            with self._opener.open(self.request_of(alarm), timeout=ANSWER_SECONDS):
                return ""
        except HTTPError as refused:
            refused.close()
            return f"webhook.status_{refused.code}"
        except (URLError, TimeoutError, HTTPException, OSError, ValueError):
            return "webhook.not_connected"

    def request_of(self, alarm: AlarmMessage) -> Request:
        """Return the signed request."""
        told = {
            "id": alarm.id, "kind": alarm.kind, "raised_at": alarm.raised_at.isoformat(), "facts": dict(alarm.facts),
            "text": ALARMS[alarm.kind].text, "page": alarm.page,
        }  # fmt: skip
        body = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
        stamp = str(int(alarm.sent_at.timestamp()))
        return Request(  # noqa: S310 -- the scheme is checked in send
            self._url,
            data=body,
            method="POST",
            headers={
                "Content-Type": "application/json",
                "X-Rightparty-Timestamp": stamp,
                "X-Rightparty-Signature": f"v1={signature(self._key, stamp, body)}",
            },
        )


def signature(key: str, stamp: str, body: bytes) -> str:
    """Return the HMAC-SHA-256 of `STAMP.BODY` in hexadecimal."""
    return hmac.new(key.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def installed_senders() -> dict[str, AlarmSender]:
    """Return the ways to operations that the settings name, by channel."""
    options = settings.RIGHTPARTY
    server = str(options["ALARM_SMTP"]) or next(iter(str(options["EMAIL_CHANNEL"]).split()), "")
    return {
        "log": LogAlarms(),
        "email": MailAlarms(server, sender=str(options["EMAIL_FROM"]), to=str(options["ALARM_EMAIL"])),
        "webhook": WebhookAlarms(str(options["ALARM_WEBHOOK"]), key=str(options["ALARM_WEBHOOK_KEY"])),
    }
