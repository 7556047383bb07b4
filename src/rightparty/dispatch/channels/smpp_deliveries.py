# SPDX-License-Identifier: Apache-2.0
"""What deliver_sm PDUs mean: a receipt by optional parameters or by its text, a text from a phone, a part of one.

Source: SMPP v3.4, table 5-6 and appendix B (receipts); 3GPP TS 23.040 section 9.2.3.24 (concatenation headers).
"""

import re
from dataclasses import dataclass, field
from typing import Final

from rightparty.dispatch.channels.adapter import InboundText, ReceiptOutcome, ReceiptReport
from rightparty.dispatch.channels.smpp_pdus import (
    MESSAGE_STATE,
    RECEIPTED_MESSAGE_ID,
    SAR_NUMBER,
    SAR_REFERENCE,
    SAR_TOTAL,
    UDH_BIT,
    Delivery,
)
from rightparty.kernel.vocabulary import MessageChannel

_OUTCOMES: Final = {
    2: ReceiptOutcome.DELIVERED, 3: ReceiptOutcome.EXPIRED, 4: ReceiptOutcome.UNDELIVERED,
    5: ReceiptOutcome.UNDELIVERED, 7: ReceiptOutcome.UNKNOWN, 8: ReceiptOutcome.REJECTED,
}  # fmt: skip
"""message_state -> outcome; ENROUTE (1) and ACCEPTED (6) are no outcome."""
_TEXT_OUTCOMES: Final = {
    "DELIVRD": ReceiptOutcome.DELIVERED, "EXPIRED": ReceiptOutcome.EXPIRED, "DELETED": ReceiptOutcome.UNDELIVERED,
    "UNDELIV": ReceiptOutcome.UNDELIVERED, "UNKNOWN": ReceiptOutcome.UNKNOWN, "REJECTD": ReceiptOutcome.REJECTED,
}  # fmt: skip
"""`stat:` in the text of a receipt -> outcome."""

_IDENTITY: Final = re.compile(r"\bid:(\S+)")
_STATE: Final = re.compile(r"\bstat:(\w+)")
UCS2: Final = 8
MOST_PARTS: Final = 1_000
"""Parts of unfinished texts that are kept; beyond it the oldest text is handed on as it is."""
PART_SECONDS: Final = 60.0
"""How long a text waits for its missing parts."""


def receipt_of(delivery: Delivery) -> ReceiptReport | None:
    """Return the receipt, or None if it tells no outcome of a named message."""
    state = delivery.tlvs.get(MESSAGE_STATE)
    return receipt_in(delivery.text, delivery.tlvs.get(RECEIPTED_MESSAGE_ID), state[0] if state else None)


def receipt_in(body: bytes, message_id: bytes | None, state: int | None) -> ReceiptReport | None:
    """Return the receipt of a deliver_sm, from its optional parameters or else from its text; None if it is none."""
    outcome = _OUTCOMES.get(state) if state is not None else None
    identity = (message_id or b"").split(b"\0", 1)[0].decode("latin-1").strip()
    stated = body.decode("latin-1")
    if not identity and (found := _IDENTITY.search(stated)):
        identity = found.group(1)
    if outcome is None and state is None and (found := _STATE.search(stated)):
        outcome = _TEXT_OUTCOMES.get(found.group(1).upper()[:7])
    if not identity or outcome is None or not identity.isprintable():
        return None
    return ReceiptReport(channel=MessageChannel.SMS, provider_id=identity[:100], outcome=outcome)


@dataclass(slots=True)
class _Unfinished:
    """A text of which parts are missing."""

    since: float
    total: int
    parts: dict[int, str] = field(default_factory=dict, repr=False)


class Texts:
    """Puts together what phones sent: a long text comes in parts, in any order."""

    def __init__(self) -> None:
        self._unfinished: dict[tuple[str, int, int], _Unfinished] = {}

    def take(self, delivery: Delivery, *, now: float) -> InboundText | None:
        """Return the text if it is whole now.

        Args:
            delivery: a deliver_sm that is no receipt.
            now: seconds of any clock that does not go back.
        """
        sender = "+" + delivery.source.lstrip("+")
        part, body = _part_of(delivery)
        text = _decoded(body, delivery.data_coding)
        if part is None:
            return _text(sender, text)
        reference, total, number = part
        key = (sender, reference, total)
        kept = self._unfinished.setdefault(key, _Unfinished(now, total))
        kept.parts[number] = text
        if len(kept.parts) < total:
            return None
        del self._unfinished[key]
        return _text(sender, _joined(kept))

    def take_overdue(self, *, now: float) -> list[InboundText]:
        """Return texts whose missing parts are no longer waited for, as they are: a stop may stand in any part."""
        excess = sum(len(kept.parts) for kept in self._unfinished.values()) - MOST_PARTS
        given = []
        for key, kept in list(self._unfinished.items()):
            if excess > 0 or now - kept.since >= PART_SECONDS:
                excess -= len(kept.parts)
                del self._unfinished[key]
                given.append(_text(key[0], _joined(kept)))
        return given


def _joined(kept: _Unfinished) -> str:
    return "".join(kept.parts[number] for number in sorted(kept.parts))


def _text(sender: str, body: str) -> InboundText:
    return InboundText(channel=MessageChannel.SMS, sender=sender, body=body)


def _decoded(raw: bytes, data_coding: int) -> str:
    """Return the text; letters of vendors' alphabets that are not ASCII may come out wrong, never as an error."""
    return raw.decode("utf-16-be" if data_coding == UCS2 else "latin-1", errors="replace")


def _part_of(delivery: Delivery) -> tuple[tuple[int, int, int] | None, bytes]:
    """Return (reference, total, number) of a part, None for a whole text, and the text without its header."""
    if delivery.esm_class & UDH_BIT and delivery.text:
        size = delivery.text[0] + 1
        return _sound(_concatenation(delivery.text[1:size])), delivery.text[size:]
    tlvs = delivery.tlvs
    if all(tlvs.get(tag) for tag in (SAR_REFERENCE, SAR_TOTAL, SAR_NUMBER)):
        numbers = (int.from_bytes(tlvs[SAR_REFERENCE][:2]), tlvs[SAR_TOTAL][0], tlvs[SAR_NUMBER][0])
        return _sound(numbers), delivery.text
    return None, delivery.text


def _concatenation(header: bytes) -> tuple[int, int, int] | None:
    """Return what a user data header says of concatenation: element 0, or 8 with a reference of 16 bits."""
    at = 0
    while at + 2 <= len(header):
        element, length = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + length]
        if element == 0 and len(value) == 3:
            return value[0], value[1], value[2]
        if element == 8 and len(value) == 4:
            return int.from_bytes(value[:2]), value[2], value[3]
        at += 2 + length
    return None


def _sound(part: tuple[int, int, int] | None) -> tuple[int, int, int] | None:
    return part if part is not None and 1 <= part[2] <= part[1] and part[1] > 1 else None
