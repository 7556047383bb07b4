# SPDX-License-Identifier: Apache-2.0
"""What a mail to the sender's address reports: a bounce, a delay, a complaint, or nothing for machines (once).

Source: RFC 3464 (delivery status notifications), RFC 5965 and 6591 (feedback reports). Which message it is about is
told by the Message-ID of the returned mail alone; addresses in a report are anybody's claim and are not read.
"""

import logging
import re
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message
from enum import StrEnum
from typing import Any, Final

from flufl.bounce import all_failures

LONGEST: Final = 1 << 20
"""Bytes of a mail that are looked at: reports are short, and return a short mail."""
MOST_IDS: Final = 4

UNREADABLE: Final = (ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError)
"""What reading a broken mail may raise."""
# flufl.bounce logs with a traceback what it stumbles over; mails are personal data
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL + 1)


class ReportKind(StrEnum):
    """What a mail reports."""

    BOUNCED = "bounced"
    DELIVERED = "delivered"
    #: still being tried, or passed on to a system that does not report
    PENDING = "pending"
    COMPLAINED = "complained"
    OTHER = "other"


_COMPLAINTS: Final = frozenset({"abuse", "fraud", "virus", "other", "opt-out", "opt-out-list"})
"""Feedback types after which nothing more is sent; `not-spam` and `auth-failure` are no complaints."""
_ACTIONS: Final = {"failed": ReportKind.BOUNCED, "delivered": ReportKind.DELIVERED}
_RETURNED: Final = ("message/rfc822", "message/rfc822-headers", "text/rfc822-headers", "message/global",
                    "message/global-headers")  # fmt: skip
_ID: Final = re.compile(r"<([^<>\s]{3,200})>")
_QUOTED_ID: Final = re.compile(rb"(?im)^[> \t]{0,40}message-id:\s{0,40}<([^<>\s]{3,200})>")
"""Bounded: who sends empty lines by the megabyte must not hold up the mails behind his."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailReport:
    """What a mail reports, and of which messages of whomever."""

    kind: ReportKind
    #: of the returned mail, without angle brackets
    message_ids: tuple[str, ...] = ()


NO_REPORT: Final = MailReport(kind=ReportKind.OTHER)


def read_mail(raw: bytes) -> MailReport:
    """Return what a mail reports; never raises, whatever the bytes."""
    try:
        mail = message_from_bytes(raw[:LONGEST])
        parts = list(mail.walk())
        return _notification(parts) or _feedback(parts) or _bounce(mail, raw)
    except UNREADABLE:
        return NO_REPORT


def _notification(parts: list[Message]) -> MailReport | None:
    """Read an RFC 3464 notification: one block for the message, one for each recipient."""
    for part in parts:
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
            actions = {_word(block.get("Action")) for block in _blocks(part)} - {""}
            kinds = {_ACTIONS.get(action, ReportKind.PENDING) for action in actions}
            # each of our mails has one recipient: more than one kind cannot be about it
            kind = kinds.pop() if len(kinds) == 1 else ReportKind.OTHER
            return MailReport(kind=kind, message_ids=_returned_ids(parts))
    return None


def _feedback(parts: list[Message]) -> MailReport | None:
    """Read an RFC 5965 report."""
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            types = {_word(block.get("Feedback-Type")) for block in _blocks(part)}
            kind = ReportKind.COMPLAINED if types & _COMPLAINTS else ReportKind.OTHER
            return MailReport(kind=kind, message_ids=_returned_ids(parts))
    return None


def _bounce(mail: Message, raw: bytes) -> MailReport:
    """Read a bounce of no standard form: a library knows their makers, the quoted mail tells which it was."""
    temporary, permanent = all_failures(mail)
    if temporary or not permanent:
        return NO_REPORT
    decoded = [part.get_payload(decode=True) for part in mail.walk() if part.get_content_maintype() == "text"]
    texts = [raw[:LONGEST], *(text for text in decoded if isinstance(text, bytes))]
    own = set(_ID.findall(str(mail.get("Message-ID", ""))))
    quoted = (found.decode("ascii", "replace") for text in texts for found in _QUOTED_ID.findall(text))
    ids = tuple(dict.fromkeys(identity for identity in quoted if identity not in own))
    return MailReport(kind=ReportKind.BOUNCED, message_ids=ids[:MOST_IDS])


def _blocks(part: Message) -> list[Message]:
    """Return the groups of fields in a part of type message."""
    payload: Any = part.get_payload()
    if isinstance(payload, list):
        return [block for block in payload if isinstance(block, Message)]
    return [message_from_string(str(payload))]


def _returned_ids(parts: list[Message]) -> tuple[str, ...]:
    for part in parts:
        if part.get_content_type() in _RETURNED:
            headers = _blocks(part) if part.get_content_maintype() == "message" else [_headers_in(part)]
            found = [identity for mail in headers for identity in _ID.findall(str(mail.get("Message-ID", "")))]
            return tuple(dict.fromkeys(found))[:MOST_IDS]
    return ()


def _headers_in(part: Message) -> Message:
    decoded = part.get_payload(decode=True)
    return message_from_bytes(decoded if isinstance(decoded, bytes) else b"")


def _word(value: object) -> str:
    """Return the first word of a field in lower case."""
    words = str(value or "").split(";")[0].split()
    return words[0].lower() if words else ""
