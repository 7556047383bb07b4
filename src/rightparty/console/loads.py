# SPDX-License-Identifier: Apache-2.0
"""Loads as the console shows them: states and findings in words, and where in the file a finding lies."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

STATES: Final[Mapping[str, Promise]] = {
    "loaded": _("loaded"),
    "reverted": _("reverted"),
    "revert": _("revert"),
    "quarantined": _("quarantined"),
    "admitted": _("admitted"),
    "refused": _("refused"),
}

FINDINGS: Final[Mapping[str, Promise]] = {
    "contact_column_moved": _("A contact column stands beside the wrong rows"),
    "contact_values_moved": _("Contact values that stood under another person"),
    "filler_value": _("Values that only fill a field"),
    "value_under_many_persons": _("One value under many persons"),
}

CAUSES: Final[Mapping[str, tuple[Promise, Promise]]] = {
    "contact_column_moved": (
        _("a contact column shifted against its rows, or sorted apart from them"),
        _("refuse the load, correct the file between these lines, deliver it again"),
    ),
    "contact_values_moved": (
        _("re-assigned or shared numbers, corrections; many at once: rows of two files merged wrongly"),
        _("compare the examples with the file the lender's system holds"),
    ),
    "filler_value": (_("a field that had to be filled"), _("collect each person's own contact point")),
    "value_under_many_persons": (
        _("a switchboard, an agent's own number, a filler, a column filled down"),
        _("collect each person's own contact point"),
    ),
}
"""Finding -> likely cause and what to do."""

_NARROWEST: Final = 1.0
"""A stretch is drawn at least so wide, in percent, or nobody sees it."""


def shown_findings(summary: Mapping[str, Any]) -> list[dict[str, object]]:
    """Return the findings of a load's summary with a title and, where known, their stretch of the file in percent."""
    rows = _rows_of(summary.get("tables", []))
    return [{**found, **_words(found), "strip": _strip(found, rows)} for found in summary.get("findings", [])]


def _words(found: Mapping[str, Any]) -> dict[str, object]:
    """Return a finding's title, cause and remedy in the reader's language, as far as there are any."""
    cause, remedy = CAUSES.get(found["finding"], (found["cause"], found["remedy"]))
    return {"told": FINDINGS.get(found["finding"], found["finding"]), "cause": cause, "remedy": remedy}


def _rows_of(tables: Sequence[Mapping[str, Any]]) -> int:
    return next((int(table["read"]) for table in tables if table["table"] == "contact_points"), 0)


def _strip(found: Mapping[str, Any], rows: int) -> tuple[str, str] | None:
    if not rows:
        return None
    begin = 100.0 * (int(found["first_line"]) - 2) / rows
    width = max(100.0 * (int(found["last_line"]) - int(found["first_line"]) + 1) / rows, _NARROWEST)
    # written out here: a template would use the language's decimal comma, which SVG does not read
    return f"{min(begin, 100 - width):.2f}", f"{min(width, 100):.2f}"
