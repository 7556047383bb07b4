# SPDX-License-Identifier: Apache-2.0
"""A TOML file with the line on which each of its keys stands, so that a fault can be named by its place."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

type KeyPath = tuple[str | int, ...]
"""Keys and positions in arrays, from 0, from the top of the file: ("steps", 2, "dpd_to")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlText:
    """One read file."""

    #: what messages call it
    label: str
    text: str
    values: Mapping[str, Any]

    def line_of(self, path: KeyPath) -> int:
        """Return the line, from 1, where a key or table is written; of a missing one, that of the table it belongs to.

        The language's own parser decides, on longer and longer beginnings of the file: slow, and only for messages.
        """
        while path and not _holds(self.values, path):
            path = path[:-1]
        statement = 1
        lines = self.text.splitlines()
        for count in range(1, len(lines) + 1) if path else ():
            try:
                known = tomllib.loads("\n".join(lines[:count]))
            except tomllib.TOMLDecodeError:
                continue  # within a value of several lines
            if _holds(known, path):
                return statement
            statement = count + 1
        return statement if path else 1

    def place(self, *path: str | int) -> str:
        """Return `file, line 7: field caps.US.calls`, the beginning of every message about a key."""
        name = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        return f"{self.label}, line {self.line_of(path)}: field {name}"


def parse_toml(label: str, text: str) -> TomlText:
    """Read a TOML text.

    Raises:
        TOMLDecodeError: it is none; the message names line and column.
    """
    return TomlText(label=label, text=text, values=tomllib.loads(text))


def _holds(values: object, path: KeyPath) -> bool:
    for part in path:
        if isinstance(values, list) and isinstance(part, int) and part < len(values):
            values = values[part]
            continue
        if not isinstance(values, dict) or part not in values:
            return False
        values = values[part]
    return True
