# SPDX-License-Identifier: Apache-2.0
"""The PDUs of SMPP 3.4 that a client needs, as bytes; whatever the peer sends, reading it ends in a value or PduError.

Source: SMPP Protocol Specification v3.4, sections 3.2 (format), 4 (PDUs), 5.1.2 (command ids), 5.1.3 (status), 5.3.2
(optional parameters).
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

GENERIC_NACK: Final = 0x8000_0000
RESPONSE: Final = 0x8000_0000
"""The bit of a command id that says: this answers the request of the same sequence number."""
SUBMIT_SM: Final = 0x04
DELIVER_SM: Final = 0x05
UNBIND: Final = 0x06
BIND_TRANSCEIVER: Final = 0x09
OUTBIND: Final = 0x0B
ENQUIRE_LINK: Final = 0x15
ALERT_NOTIFICATION: Final = 0x0102

OK: Final = 0x00
INVALID_COMMAND: Final = 0x03
WRONG_BIND_STATE: Final = 0x04
QUEUE_FULL: Final = 0x14
THROTTLED: Final = 0x58
RECEIVER_TEMPORARY: Final = 0x64
RECEIVER_REJECTS: Final = 0x66

INTERNATIONAL, ALPHANUMERIC, UNKNOWN_TYPE = 1, 5, 0
ISDN: Final = 1
UDH_BIT: Final = 0x40
RECEIPT_BIT: Final = 0x04
INTERMEDIATE_BIT: Final = 0x20
"""Bits of esm_class in a deliver_sm: a receipt, a notice on the way; neither for a text from a phone (5.2.12)."""

RECEIPTED_MESSAGE_ID: Final = 0x001E
MESSAGE_PAYLOAD: Final = 0x0424
MESSAGE_STATE: Final = 0x0427
SAR_REFERENCE: Final = 0x020C
SAR_TOTAL: Final = 0x020E
SAR_NUMBER: Final = 0x020F

_HEADER: Final = struct.Struct(">IIII")
_TLV: Final = struct.Struct(">HH")
LONGEST: Final = 70_000
"""Bytes of a PDU: message_payload may hold 65,535; what claims more is no SMPP."""
LONGEST_ID: Final = 65
"""Characters of a message id, the terminator included (4.4.2)."""
LONGEST_LOGIN: Final = 64
"""The specification allows 15 and 8; many carriers give longer ones."""


class PduError(ValueError):
    """Bytes that are not the PDU they claim to be. The message names the field, never its content."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """One PDU with its body unread."""

    command: int
    status: int
    sequence: int
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A deliver_sm: a receipt or a text from a phone."""

    source: str = field(repr=False)
    esm_class: int
    data_coding: int
    text: bytes = field(repr=False)
    tlvs: Mapping[int, bytes] = field(repr=False)

    @property
    def is_receipt(self) -> bool:
        """Tell whether it is a carrier's word on a message rather than a text."""
        return bool(self.esm_class & (RECEIPT_BIT | INTERMEDIATE_BIT))


def pdu_bytes(command: int, *, sequence: int, status: int = OK, body: bytes = b"") -> bytes:
    """Return a PDU as it goes over the wire."""
    return _HEADER.pack(16 + len(body), command, status, sequence) + body


def take_pdus(buffer: bytearray) -> tuple[list[Pdu], bool]:
    """Remove the whole PDUs at the start of a buffer, and tell whether what follows can still be one."""
    pdus, start, sound = [], 0, True
    while len(buffer) - start >= 4:
        length = int.from_bytes(buffer[start : start + 4])
        if not 16 <= length <= LONGEST:
            sound = False
            break
        if len(buffer) - start < length:
            break
        _, command, status, sequence = _HEADER.unpack_from(buffer, start)
        pdus.append(Pdu(command, status, sequence, bytes(buffer[start + 16 : start + length])))
        start += length
    del buffer[:start]
    return pdus, sound


def bind_body(*, user: str, password: str) -> bytes:
    """Return the body of a bind: no system type, version 3.4, any address.

    Raises:
        PduError: a name or password that cannot stand in it.
    """
    return _string(user, LONGEST_LOGIN) + _string(password, LONGEST_LOGIN) + b"\0" + bytes([0x34, 0, 0, 0])


def submit_body(
    *, source: str, destination: str, text: bytes, data_coding: int, has_header: bool, receipt: bool = True
) -> bytes:
    """Return the body of a submit_sm.

    Args:
        source: digits, or letters as the carrier registered them.
        destination: digits of the international number.
        text: at most 254 bytes.
        data_coding: 0 for the default alphabet, 8 for UCS-2.
        has_header: the text begins with a user data header.
        receipt: ask for a receipt of the final outcome.

    Raises:
        PduError: an address that cannot stand in it.
    """
    kind = UNKNOWN_TYPE if source.isdigit() else ALPHANUMERIC
    return b"".join(
        (
            b"\0",
            bytes([kind, 0]) + _string(source, 20),
            bytes([INTERNATIONAL, ISDN]) + _string(destination, 20),
            bytes([UDH_BIT if has_header else 0, 0, 0]),
            b"\0\0",
            bytes([int(receipt), 0, data_coding, 0, len(text)]),
            text,
        )
    )


def read_message_id(body: bytes) -> str:
    """Return the message id of a submit_sm_resp; empty if the SMSC gives none.

    Raises:
        PduError: no id that a receipt could name.
    """
    raw = body.split(b"\0", 1)[0]
    if len(raw) > LONGEST_ID or not all(0x21 <= byte <= 0x7E for byte in raw):
        raise PduError("message_id")
    return raw.decode("ascii")


def read_delivery(body: bytes) -> Delivery:
    """Read the body of a deliver_sm.

    Raises:
        PduError: truncated, or a length that does not fit.
    """
    _, at = _cut_string(body, 0, "service_type")
    source, at = _cut_string(body, at + 2, "source_addr")
    _, at = _cut_string(body, at + 2, "destination_addr")
    if len(body) < at + 3:
        raise PduError("esm_class")
    esm_class = body[at]
    _, at = _cut_string(body, at + 3, "schedule_delivery_time")
    _, at = _cut_string(body, at, "validity_period")
    if len(body) < at + 5:
        raise PduError("sm_length")
    data_coding, length = body[at + 2], body[at + 4]
    text = body[at + 5 : at + 5 + length]
    if len(text) != length:
        raise PduError("short_message")
    tlvs = _tlvs(body, at + 5 + length)
    return Delivery(
        source=source.decode("latin-1"),
        esm_class=esm_class,
        data_coding=data_coding,
        text=text or tlvs.get(MESSAGE_PAYLOAD, b""),
        tlvs=tlvs,
    )


def _tlvs(body: bytes, at: int) -> dict[int, bytes]:
    tlvs = {}
    while at < len(body):
        if len(body) < at + 4:
            raise PduError("optional parameter")
        tag, length = _TLV.unpack_from(body, at)
        value = body[at + 4 : at + 4 + length]
        if len(value) != length:
            raise PduError("optional parameter")
        tlvs[tag] = value
        at += 4 + length
    return tlvs


def _string(value: str, most: int) -> bytes:
    """Return a C string; PduError if it does not fit."""
    if len(value) > most or not value.isascii() or "\0" in value:
        raise PduError("string")
    return value.encode("ascii") + b"\0"


def _cut_string(body: bytes, at: int, name: str) -> tuple[bytes, int]:
    end = body.find(b"\0", at)
    if end < 0:
        raise PduError(name)
    return body[at:end], end + 1
