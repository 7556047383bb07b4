# SPDX-License-Identifier: Apache-2.0
"""What a name table has to know about surnames and characters, from `surnames.toml`. Serves right_party."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

_TABLES: Final = tomllib.loads((files("rightparty.parties.linkage") / "surnames.toml").read_text(encoding="utf-8"))
_WORDS: Final[Mapping[str, str]] = _TABLES["words"]

READINGS: Final[Mapping[str, str]] = _TABLES["readings"]
"""Surname in simplified characters -> pinyin with tone numbers, where a dictionary's first reading is another."""

SHARES: Final[Mapping[str, float]] = _TABLES["shares"]
"""Share of people with a surname (folded)."""

COMPOUND: Final = frozenset(_WORDS["compound"].split())
"""Surnames of two characters, simplified."""

LATIN_SURNAMES: Final = frozenset(_WORDS["latin_surnames"].split())
"""Latin spellings of family-first surnames."""

ALIKE: Final = tuple(_WORDS["alike"].split())
"""Groups of characters taken for each other by shape."""

PLACEHOLDERS: Final = frozenset(_WORDS["placeholders"].split())
"""What stands for a name that is not known."""

NICKNAMES: Final = tuple(_WORDS["nicknames"].strip().splitlines())
"""English names, each followed by its short forms."""
