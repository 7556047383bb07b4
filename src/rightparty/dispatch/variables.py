# SPDX-License-Identifier: Apache-2.0
"""The variables of a text: each of one type, checked before it is filled in (right_words).

A text is read as literal pieces and plain names in braces, never as a Python format string: no attribute, index,
conversion, format specification or position can be written, and a value is never read again for further braces.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from rightparty.kernel.identifiers import ALPHABET
from rightparty.kernel.money import MINOR_DIGITS


class VariableError(ValueError):
    """A text's braces or a value cannot be taken."""

    remedy = "Write variables as {sender}, {code}, {link}, {amount}, {due_date} or {phone}, and nothing else in braces."


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """What may be filled in for one name."""

    #: for people: what kind of value it is
    kind: str
    #: characters at most
    longest: int
    #: tells whether a value has the form of its kind; it is clean and not too long then
    is_well_formed: Callable[[str], bool]
    #: an everyday value and the longest that can occur, for previews and lengths
    example: str
    worst: str


_CODE: Final = re.compile(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}-[{ALPHABET}]{{3}}")
_AMOUNT: Final = re.compile(r"([A-Z]{3}) \d{1,3}(?:,\d{3})*(?:\.\d{1,3})?")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_PHONE: Final = re.compile(r"\+?\d(?:[ ()-]{0,2}\d){2,17}")
_PAGE: Final = re.compile(rf"(?:/[A-Za-z0-9._~-]+)*/m/[{ALPHABET}]{{11}}")
_NAME: Final = re.compile(r"\{([^{}]*)\}")

JOINERS: Final = "\u200c\u200d"
"""Zero-width joiners: Indic scripts need them, and they change no direction."""


def _is_name(value: str) -> bool:
    return "://" not in value and not set(value) & set("{}【】<>") and any(c.isalnum() for c in value)


def _is_page(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    more = parts.query or parts.fragment or parts.username or parts.password
    host = parts.hostname or ""
    return (
        parts.scheme in ("http", "https")
        and not more
        and re.fullmatch(r"[A-Za-z0-9.:-]+", host) is not None
        and _PAGE.fullmatch(parts.path) is not None
        and value.startswith(f"{parts.scheme}://")
    )


def _is_amount(value: str) -> bool:
    found = _AMOUNT.fullmatch(value)
    return found is not None and found.group(1) in MINOR_DIGITS


def _is_date(value: str) -> bool:
    try:
        return _DATE.fullmatch(value) is not None and bool(date.fromisoformat(value))
    except ValueError:
        return False


VARIABLES: Final[Mapping[str, Variable]] = {
    "sender": Variable(
        kind="the lender's name", longest=60, is_well_formed=_is_name, example="Lantern", worst="M" * 60
    ),
    "code": Variable(
        kind="a reference code as it is shown", longest=13,
        is_well_formed=lambda value: _CODE.fullmatch(value) is not None,
        example="7K3M-92XQ-A4B", worst="7K3M-92XQ-A4B",
    ),
    "link": Variable(
        kind="the recipient's page at the lender's own address", longest=120, is_well_formed=_is_page,
        example="https://lender.example/m/7K3M92XQA4B", worst=f"https://{'m' * 41}.example/m/7K3M92XQA4B",
    ),
    "amount": Variable(
        kind="an amount as money is written", longest=30, is_well_formed=_is_amount, example="USD 1,234.50",
        worst="IDR 10,000,000,000,000.00",
    ),
    "due_date": Variable(
        kind="a date, ISO 8601", longest=10, is_well_formed=_is_date, example="2026-11-08", worst="2026-11-08"
    ),
    "phone": Variable(
        kind="the lender's own number as configured", longest=30,
        is_well_formed=lambda value: _PHONE.fullmatch(value) is not None,
        example="+1 555 010 0199", worst="+420 (800) 123-456-789",
    ),
}  # fmt: skip
"""Every variable by name."""


@lru_cache(maxsize=4_096)
def names_in(text: str) -> frozenset[str]:
    """Return the variables of a text.

    Raises:
        VariableError: a brace that is not part of a known plain name.
    """
    rest = _NAME.sub("", text)
    if "{" in rest or "}" in rest:
        raise VariableError("its braces do not match")
    names = _NAME.findall(text)
    if strange := [name for name in names if name not in VARIABLES]:
        raise VariableError(f"{{{strange[0][:40]}}} is no variable")
    return frozenset(names)


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its variables replaced, in one pass: what a value contains is never read as a variable.

    Raises:
        VariableError: a brace that is not part of a known plain name, or a value that is missing.
    """
    if missing := names_in(text) - values.keys():
        raise VariableError(f"no value for {', '.join(sorted(missing))}")
    return _NAME.sub(lambda found: values[found.group(1)], text)


def checked_value(name: str, value: str, *, home: str = "") -> str:
    """Return a value as it may be filled in: in one spelling (NFC) and of the variable's form.

    Control characters, line breaks, marks that turn the direction of writing and other invisible characters are
    refused rather than removed: a value that has them is not the lender's.

    Args:
        name: the variable's name.
        value: what is to stand in its place.
        home: the lender's own address, where a link must lead; empty where that is checked elsewhere.

    Raises:
        VariableError: no such variable, or the value is empty, too long, unclean or not of its form.
    """
    variable = VARIABLES.get(name)
    if variable is None:
        raise VariableError(f"{{{name[:40]}}} is no variable")
    composed = unicodedata.normalize("NFC", value)
    if not composed.strip():
        raise VariableError(f"no value for {name}")
    if len(composed) > variable.longest:
        raise VariableError(f"the value of {name} is longer than {variable.longest} characters")
    if composed != composed.strip() or unclean_in(composed) or not variable.is_well_formed(composed):
        raise VariableError(f"the value of {name} is not {variable.kind}")
    if name == "link" and home and not composed.startswith(home.rstrip("/") + "/"):
        raise VariableError("the link leads elsewhere than to the lender's own address")
    return composed


def unclean_in(text: str, *, allowed: str = "") -> str | None:
    """Return the first character that has no business in a text (as U+…), or None.

    Controls, line and paragraph separators, format characters (among them the marks of direction), surrogates, private
    and unassigned code points. Zero-width joiners stay.
    """
    if text.isprintable():
        return None
    for character in text:
        kind = unicodedata.category(character)
        strange = kind[0] == "C" or kind in ("Zl", "Zp")
        if strange and character not in JOINERS and character not in allowed:
            return f"U+{ord(character):04X}"
    return None
