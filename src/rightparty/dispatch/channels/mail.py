# SPDX-License-Identifier: Apache-2.0
"""A reminder as an e-mail in bytes: a Message-ID that never changes, one click to stop, signed (once, answerable).

Written without the standard library's MIME objects, which cost several times what sending does. Source: RFC 5322
(headers), RFC 2047 (words that are not ASCII), RFC 2369 and RFC 8058 (List-Unsubscribe), RFC 3834 (Auto-Submitted).
"""

import base64
import re
from dataclasses import dataclass, field
from email.utils import format_datetime
from functools import lru_cache
from typing import Final

from rightparty.dispatch.channels.adapter import OutboundMessage
from rightparty.dispatch.channels.dkim import DkimSigner

ONE_CLICK: Final = "/one-click"
"""After the address of a recipient's page: takes the POST of RFC 8058."""
WORD_BYTES: Final = 42
"""UTF-8 bytes in an encoded word, which may be 75 characters long."""
PLAIN_SUBJECT: Final = 60
LINE: Final = 76
"""Characters of a line of base64 (RFC 2045, 6.8)."""

_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_PAGE: Final = re.compile(r"https?://[\x21-\x3b\x3d\x3f-\x7e]+")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class NotAMailError(ValueError):
    """An address, a subject or a page that cannot stand in a mail. The message names which, never its content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """An e-mail ready to be sent."""

    message_id: str
    to: str = field(repr=False)
    #: headers and body, CRLF at line ends, no line begins with a dot
    content: bytes = field(repr=False)


def is_mail_address(address: str) -> bool:
    """Tell whether an address is of the plain form that every server takes."""
    return _ADDRESS.fullmatch(address) is not None


def message_id_of(reminder_id: str, *, sender: str) -> str:
    """Return the Message-ID of a reminder, without its angle brackets: the same however often it is written."""
    return f"{reminder_id}@{sender.rpartition('@')[2]}"


def mail_of(message: OutboundMessage, *, sender: str, dkim: DkimSigner | None = None) -> Mail:
    """Return a message as it goes over the wire.

    Raises:
        NotAMailError: something of it cannot stand in a mail.
    """
    if not is_mail_address(message.address):
        raise NotAMailError("address")
    if not _PAGE.fullmatch(message.page):
        raise NotAMailError("page")
    message_id = message_id_of(message.reminder_id, sender=sender)
    headers = [
        ("Message-ID", f"<{message_id}>"),
        ("Date", format_datetime(message.at)),
        ("From", sender),
        ("To", message.address),
        ("Subject", _subject(message.subject)),
        *_unsubscribe(message.page),
        ("Auto-Submitted", "auto-generated"),
        ("Feedback-ID", f"reminder:{message.language or 'und'}:email:{sender.rpartition('@')[2]}"),
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Transfer-Encoding", "base64"),
    ]
    body = _body(message.body)
    written = "".join([f"{name}: {value}\r\n" for name, value in headers]).encode("ascii")
    signature = dkim.signature(headers, body, at=message.at) if dkim else b""
    return Mail(message_id=message_id, to=message.address, content=signature + written + b"\r\n" + body)


def _unsubscribe(page: str) -> list[tuple[str, str]]:
    """Return where to unsubscribe; one click only over https, as RFC 8058 asks."""
    if not page.startswith("https://"):
        return [("List-Unsubscribe", f"<{page}>")]
    return [
        ("List-Unsubscribe", f"<{page}{ONE_CLICK}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ]


def _body(text: str) -> bytes:
    try:
        raw = "\r\n".join(text.splitlines()).encode("utf-8")
    except UnicodeEncodeError:
        raise NotAMailError("body") from None
    coded = base64.b64encode(raw + b"\r\n")
    return b"".join([coded[start : start + LINE] + b"\r\n" for start in range(0, len(coded), LINE)])


@lru_cache(maxsize=256)
def _subject(subject: str) -> str:
    """Return the subject, in encoded words if it is not short and plain."""
    if _CONTROL.search(subject):
        raise NotAMailError("subject")
    if subject.isascii() and len(subject) <= PLAIN_SUBJECT and "=?" not in subject:
        return subject
    words, current = [], b""
    for character in subject:
        try:
            raw = character.encode("utf-8")
        except UnicodeEncodeError:
            raise NotAMailError("subject") from None
        if len(current) + len(raw) > WORD_BYTES:
            words.append(current)
            current = b""
        current += raw
    words.append(current)
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(word).decode('ascii')}?=" for word in words)
