# SPDX-License-Identifier: Apache-2.0
"""Loads as the console shows them: states and findings in words."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rightparty.console.audits import findings_shown

STATES: Final[Mapping[str, Promise]] = {
    "loaded": _("loaded"),
    "reverted": _("reverted"),
    "revert": _("revert"),
    "quarantined": _("quarantined"),
    "admitted": _("admitted"),
    "refused": _("refused"),
}


def shown_findings(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the findings of a load's summary in words, with their stretch of the file of contact points."""
    return findings_shown(summary.get("findings", []), rows=_rows_of(summary.get("tables", [])))


def _rows_of(tables: Sequence[Mapping[str, Any]]) -> int:
    return next((int(table["read"]) for table in tables if table["table"] == "contact_points"), 0)
