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

_NARROWEST: Final = 1.0
"""A stretch is drawn at least so wide, in percent, or nobody sees it."""


def shown_findings(summary: Mapping[str, Any]) -> list[dict[str, object]]:
    """Return the findings of a load's summary with a title and, where known, their stretch of the file in percent."""
    rows = _rows_of(summary.get("tables", []))
    return [
        {**found, "told": FINDINGS.get(found["finding"], found["finding"]), "strip": _strip(found, rows)}
        for found in summary.get("findings", [])
    ]


def _rows_of(tables: Sequence[Mapping[str, Any]]) -> int:
    return next((int(table["read"]) for table in tables if table["table"] == "contact_points"), 0)


def _strip(found: Mapping[str, Any], rows: int) -> tuple[str, str] | None:
    if not rows:
        return None
    begin = 100.0 * (int(found["first_line"]) - 2) / rows
    width = max(100.0 * (int(found["last_line"]) - int(found["first_line"]) + 1) / rows, _NARROWEST)
    # written out here: a template would use the language's decimal comma, which SVG does not read
    return f"{min(begin, 100 - width):.2f}", f"{min(width, 100):.2f}"
