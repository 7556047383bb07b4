# SPDX-License-Identifier: Apache-2.0
"""The texts that carry a one-time code and those of letters; none tells of a debt (right_words).

A code's text goes to a point that may be a stranger's, and only because somebody asked for it behind a log-in: it names
the sender and the code, gives no link to follow, and says that whoever did not ask need do nothing.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from rightparty.dispatch.variables import filled

FILE: Final = Path(__file__).parent / "code_texts.toml"

FALLBACK: Final = "en"
"""Language where the person's is not known; a code is of no use in none."""


@cache
def code_texts() -> dict[str, dict[str, str]]:
    """Return [language][subject, text, letter] as written in `code_texts.toml`."""
    return tomllib.loads(FILE.read_text("utf-8"))


def code_text(language: str, *, sender: str, code: str) -> tuple[str, str]:
    """Return subject and text that carry a one-time code."""
    own = code_texts().get(language, code_texts()[FALLBACK])
    return filled(own["subject"], {"sender": sender}), filled(own["text"], {"sender": sender, "code": code})


def letter_text(language: str, *, sender: str, code: str) -> str:
    """Return the text of a letter that asks whether a contact point is still the person's."""
    own = code_texts().get(language, code_texts()[FALLBACK])
    return filled(own["letter"], {"sender": sender, "code": code})
