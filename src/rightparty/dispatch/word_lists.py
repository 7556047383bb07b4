# SPDX-License-Identifier: Apache-2.0
"""Words that may not stand in texts, and the stop words that must, by language, from `words.toml` (right_words)."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).parent / "words.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The lists of one language."""

    #: what the recipient writes to hear no more
    stop: str
    #: how a call's text says that it is recorded
    recording: re.Pattern[str]
    #: what a stranger must not read
    debt: re.Pattern[str]
    #: what nobody is to read: kind of threat -> pattern
    threats: Mapping[str, re.Pattern[str]]


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(_composed(text), re.IGNORECASE)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


@cache
def words_by_language() -> Mapping[str, Words]:
    """Return the lists of every language a text may have, in the file's order."""
    return {
        language: Words(
            stop=lists["stop"],
            recording=_pattern(lists["recording"]),
            debt=_pattern(lists["debt"]),
            threats={kind: _pattern(text) for kind, text in lists["threats"].items()},
        )
        for language, lists in _read().items()
        if language != "markets"
    }


def stop_words(language: str, market: str) -> tuple[str, ...]:
    """Return the words of which a text must offer one: the market's where it has its own, else the language's."""
    of_market = _read()["markets"].get(market, {})
    return tuple(of_market.get("stop", (words_by_language()[language].stop,)))


def debt_word_in(text: str, language: str) -> str | None:
    """Return the first word of a text that gives a debt away, or None."""
    found = words_by_language()[language].debt.search(_composed(text))
    return found.group(0) if found else None


def announces_recording(text: str, language: str) -> bool:
    """Tell whether a text says that the call is recorded."""
    return words_by_language()[language].recording.search(_composed(text)) is not None


def threats_in(text: str, language: str) -> list[tuple[str, str]]:
    """Return what threatens, shames or names other people in a text: [(kind, word)], one word per kind."""
    lists, read = words_by_language()[language].threats, _composed(text)
    return [(kind, found.group(0)) for kind, pattern in lists.items() if (found := pattern.search(read))]
