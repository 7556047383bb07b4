# SPDX-License-Identifier: Apache-2.0
"""Texts that a carrier has approved beforehand, and which of them, filled with what, a released text is (right_words).

Some carriers take no text, only the code of a template they have approved and the values of its variables. A released
text goes out under a template only if the template, filled with values taken from the text itself, is that text again
to the last sign; otherwise it does not go out. So the recipient reads what the gate released.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

LONGEST_VALUE: Final = 100
"""Characters of a variable; carriers allow less for most kinds, and refuse what is longer for them."""
MOST_VARIABLES: Final = 20
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z][A-Za-z0-9_]{0,30})\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedTemplate:
    """One template as the carrier has it."""

    code: str
    text: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a text that could be filled in more than one way.

        Raises:
            ValueError: no code, no text, or two variables with nothing between them.
        """
        if not self.code or not self.text:
            raise ValueError("a template has a code and a text")
        if len(_VARIABLE.findall(self.text)) > MOST_VARIABLES:
            raise ValueError(f"template {self.code}: {MOST_VARIABLES} variables at most")
        if re.search(r"\}\$\{", self.text):
            raise ValueError(f"template {self.code}: two variables need something between them")

    def values_in(self, text: str) -> dict[str, str] | None:
        """Return the values with which this template is the text, None if there are none.

        Each value is as short as the rest allows. The time is bounded by the length of template and text.
        """
        parts = _VARIABLE.split(self.text)
        ends = _ends(parts, text)
        if ends is None:
            return None
        values: dict[str, str] = {}
        for name, (begin, end) in zip(parts[1::2], ends, strict=True):
            if values.setdefault(name, text[begin:end]) != text[begin:end]:
                return None
        return values


def _ends(parts: Sequence[str], text: str) -> list[tuple[int, int]] | None:
    """Return begin and end of each variable; `parts` are fixed, variable, fixed, and so on."""
    dead: set[tuple[int, int]] = set()

    def match(n: int, at: int) -> list[tuple[int, int]] | None:
        """Match the fixed part n and what follows it from a place on."""
        if (n, at) in dead or not text.startswith(parts[n], at):
            return None
        begin = at + len(parts[n])
        if n + 1 == len(parts):
            return [] if begin == len(text) else None
        for end in range(begin + 1, min(begin + LONGEST_VALUE, len(text)) + 1):
            rest = match(n + 2, end)
            if rest is not None:
                return [(begin, end), *rest]
        dead.add((n, at))
        return None

    return match(0, 0)


def read_templates(text: str) -> tuple[ApprovedTemplate, ...]:
    """Return the templates of a TOML file: `[[template]]` with `code` and `text`, in which variables are `${name}`.

    Raises:
        ValueError: it is no such file, or a template cannot be used.
    """
    entries = tomllib.loads(text).get("template")
    if not isinstance(entries, list) or not entries:
        raise ValueError("a file of approved templates has at least one [[template]] with code and text")
    try:
        return tuple(ApprovedTemplate(code=entry["code"], text=entry["text"].strip("\n")) for entry in entries)
    except (KeyError, TypeError, AttributeError):
        raise ValueError("each [[template]] has code and text, both strings") from None


def template_of(text: str, templates: Sequence[ApprovedTemplate]) -> tuple[str, dict[str, str]] | None:
    """Return code and values of the first template that is the text, None if none is."""
    for template in templates:
        values = template.values_in(text)
        if values is not None:
            return template.code, values
    return None
