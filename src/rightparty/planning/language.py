# SPDX-License-Identifier: Apache-2.0
"""Which approved language a recipient reads: exact tag, script, bare language; never a guess (right_words)."""

from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

SCRIPT_OF_REGION: Final[Mapping[str, str]] = {
    "CN": "Hans", "SG": "Hans", "MY": "Hans", "TW": "Hant", "HK": "Hant", "MO": "Hant",
}  # fmt: skip
"""Script of written Chinese by region. From: Unicode CLDR likely subtags."""

SPELLED: Final[Mapping[str, str]] = {"tl": "fil", "in": "id"}
"""Older names of languages. From: Unicode CLDR language aliases."""


def language_read(tag: str, approved: Iterable[str]) -> str | None:
    """Return the approved language for a BCP 47 tag, or None if there is none.

    A bare `zh` names no script, so no text is chosen for it.
    """
    by_name = {name.lower(): name for name in approved}
    parts = [part for part in tag.replace("_", "-").split("-") if part]
    if not parts:
        return None
    primary = SPELLED.get(parts[0].lower(), parts[0].lower())
    scripts = [part.title() for part in parts[1:] if len(part) == 4]
    scripts += [SCRIPT_OF_REGION[part.upper()] for part in parts[1:] if part.upper() in SCRIPT_OF_REGION]
    candidates = [tag, *(f"{primary}-{script}" for script in scripts[:1]), primary]
    return next((by_name[name.lower()] for name in candidates if name.lower() in by_name), None)


def languages_read(tags: pl.Series, approved: Iterable[str]) -> pl.DataFrame:
    """Return [language, read_language] for the distinct tags of a column."""
    names = list(approved)
    distinct = tags.unique().drop_nulls()
    return pl.DataFrame(
        {"language": distinct, "read_language": [language_read(tag, names) for tag in distinct]},
        schema={"language": pl.String, "read_language": pl.String},
    )
