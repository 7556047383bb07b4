# SPDX-License-Identifier: Apache-2.0
"""Identifiers that cannot be guessed: reference codes a stranger types, tokens that stand in URLs (answerable)."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final

import numpy as np

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXY"
"""Crockford's letters (no I, L, O, U) less Z, which is taken for 2: 31 characters, a prime, so that the
check character catches every single error and every swap of neighbours. From: crockford.com/base32.html."""

CODE_DATA_CHARACTERS: Final = 10
"""49.5 random bits: at a million live codes a thousand guessers find less than one in three years."""

_CHECK_WEIGHTS: Final = tuple(range(1, CODE_DATA_CHARACTERS + 1))

_READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "Z": "2", " ": "", "-": "", "\u3000": ""})

type RandomBelow = Callable[[int], int]


def new_reference_code(random_below: RandomBelow = secrets.randbelow) -> str:
    """Return a fresh code: ten random characters and a check character, without dashes."""
    data = "".join(ALPHABET[random_below(len(ALPHABET))] for _ in range(CODE_DATA_CHARACTERS))
    return data + _check_character(data)


def new_reference_codes(count: int, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> list[str]:
    """Return so many fresh codes, as `new_reference_code` returns one.

    Of five random bits at a time those that are no letter's number are thrown away, so that every letter is as likely.
    """
    needed = count * CODE_DATA_CHARACTERS
    numbers = np.empty(0, np.uint8)
    while len(numbers) < needed:
        drawn = np.frombuffer(random_bytes(needed - len(numbers)), np.uint8) & 31
        numbers = np.concatenate([numbers, drawn[drawn < len(ALPHABET)]])
    data = numbers.reshape(count, CODE_DATA_CHARACTERS)
    check = data.astype(np.int64) @ np.array(_CHECK_WEIGHTS) % len(ALPHABET)
    letters = np.frombuffer(ALPHABET.encode(), np.uint8)
    text = letters[np.column_stack([data, check])].tobytes().decode()
    width = CODE_DATA_CHARACTERS + 1
    return [text[begin : begin + width] for begin in range(0, len(text), width)]


def time_ordered_ids(
    count: int, *, at: datetime, random_bytes: Callable[[int], bytes] = secrets.token_bytes
) -> list[str]:
    """Return so many fresh UUIDs of version 7 in hex, ascending: an instant to the millisecond, then 74 random bits.

    What is written together stands together in every index of them, where ids of chance alone touch a page each.
    Source: RFC 9562, section 5.7.
    """
    width = 10
    drawn = np.frombuffer(random_bytes(width * count), np.uint8).reshape(count, width).copy()
    drawn[:, 0] = drawn[:, 0] & 0x0F | 0x70
    drawn[:, 2] = drawn[:, 2] & 0x3F | 0x80
    stamp = f"{int(at.timestamp() * 1000):012x}"
    text = drawn.tobytes().hex()
    return sorted(stamp + text[begin : begin + 2 * width] for begin in range(0, len(text), 2 * width))


def show_code(code: str) -> str:
    """Return the code as it is printed: groups of four, four and three."""
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def read_code(typed: str) -> str | None:
    """Return the code somebody typed in its stored form, or None if it cannot be one.

    Case, dashes and spaces do not matter; O reads as 0, I and L as 1, Z as 2.
    """
    code = typed.strip().upper().translate(_READ_AS)
    if len(code) != CODE_DATA_CHARACTERS + 1 or any(c not in ALPHABET for c in code):
        return None
    return code if _check_character(code[:-1]) == code[-1] else None


def _check_character(data: str) -> str:
    total = sum(w * ALPHABET.index(c) for w, c in zip(_CHECK_WEIGHTS, data, strict=True))
    return ALPHABET[total % len(ALPHABET)]


def new_token() -> str:
    """Return an unguessable URL token of 128 random bits."""
    return secrets.token_urlsafe(16)
