# SPDX-License-Identifier: Apache-2.0
"""Cuts a text into SMS segments: GSM 7-bit where it suffices, UCS-2 else; no character is cut in two.

Source: 3GPP TS 23.038 (alphabets), 23.040 section 9.2.3.24.1 (concatenation header).
"""

from dataclasses import dataclass
from typing import Final

GSM_PLAIN: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 \n\r!\"#%&'()*+,-./:;<=>?")
"""Characters of the GSM alphabet whose codes are those of ASCII on every SMSC: the rest differ by vendor."""

GSM_SINGLE, GSM_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67
MOST_SEGMENTS: Final = 10

CODING_DEFAULT: Final = 0
CODING_UCS2: Final = 8


class TextTooLongError(ValueError):
    """A text does not fit into the segments a reminder may take."""

    remedy = "Shorten the template."


@dataclass(frozen=True, slots=True)
class Segments:
    """A text as it goes over the air."""

    data_coding: int
    #: with their concatenation header if there are several
    parts: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """How long a text is over the air."""

    #: "GSM-7" or "UCS-2"
    alphabet: str
    #: 7-bit characters, or UCS-2 units of 16 bits
    units: int
    segments: int


def length_of(text: str) -> Length:
    """Return in which alphabet a text goes, and in how many segments; it may be more than MOST_SEGMENTS."""
    plain = GSM_PLAIN.issuperset(text)
    single, part = (GSM_SINGLE, GSM_PART) if plain else (UCS2_SINGLE, UCS2_PART)
    units = _units(text)
    pieces = 1 if units <= single else len(_cut(text, part))
    return Length(alphabet="GSM-7" if plain else "UCS-2", units=units, segments=pieces)


def segments_of(text: str, *, reference: int) -> Segments:
    """Cut a text.

    Args:
        text: the message.
        reference: 0…255, the same in all segments of a message and different from its neighbours'.

    Raises:
        TextTooLongError: more than MOST_SEGMENTS.
    """
    plain = GSM_PLAIN.issuperset(text)
    encoding, single, part = ("ascii", GSM_SINGLE, GSM_PART) if plain else ("utf-16-be", UCS2_SINGLE, UCS2_PART)
    coding = CODING_DEFAULT if plain else CODING_UCS2
    pieces = [text] if _units(text) <= single else _cut(text, part)
    if len(pieces) > MOST_SEGMENTS:
        raise TextTooLongError(f"{len(pieces)} segments. {TextTooLongError.remedy}")
    encoded = [piece.encode(encoding) for piece in pieces]
    if len(encoded) == 1:
        return Segments(coding, tuple(encoded))
    header = bytes([5, 0, 3, reference & 0xFF, len(encoded)])
    return Segments(coding, tuple(header + bytes([n]) + body for n, body in enumerate(encoded, start=1)))


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text) if _is_wide(text) else len(text)


def _is_wide(text: str) -> bool:
    """Tell whether a character takes two UCS-2 units."""
    return bool(text) and max(text) > "\uffff"


def _cut(text: str, size: int) -> list[str]:
    if not _is_wide(text):
        return [text[at : at + size] for at in range(0, len(text), size)]
    pieces, current, used = [], "", 0
    for character in text:
        width = 2 if character > "\uffff" else 1
        if used + width > size:
            pieces.append(current)
            current, used = "", 0
        current, used = current + character, used + width
    return [*pieces, current]
