# SPDX-License-Identifier: Apache-2.0
"""What an audit asks of a load's own rows before it takes effect. Serves right_party.

What depends on the whole portfolio (moved values, agreement with what was on file) is `screening`'s.
"""

from datetime import datetime
from typing import Final

import polars as pl

from rightparty.parties.attribution.parameters import AttributionParameters
from rightparty.parties.audit.ageing import ageing_findings, late_events
from rightparty.parties.audit.clocks import clock_findings
from rightparty.parties.audit.findings import Finding
from rightparty.parties.audit.frames import Audited, audited
from rightparty.parties.audit.identity import identity_findings
from rightparty.parties.audit.names import name_findings
from rightparty.parties.audit.sharing import sharing_findings
from rightparty.parties.audit.values import value_findings

_ELSEWHERE: Final = ("stale", "party_without_usable_contact")
"""What one load cannot tell: what else is on file decides."""


def delivery_findings(given: Audited, *, at: datetime, parameters: AttributionParameters) -> list[Finding | None]:
    """Return the findings on a load's points and persons by themselves."""
    found = [
        *sharing_findings(given, at=at),
        *value_findings(given),
        *name_findings(given),
        *ageing_findings(given, at=at, parameters=parameters),
        *identity_findings(given, at=at),
    ]
    return [finding for finding in found if finding and finding["finding"] not in _ELSEWHERE]


def event_findings(events: pl.DataFrame, *, at: datetime) -> list[Finding | None]:
    """Return the findings on a load's events by themselves."""
    nothing = pl.DataFrame()
    given = audited(nothing, events, nothing, nothing)
    return [*clock_findings(given), *late_events(given, at=at)]
