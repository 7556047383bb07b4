# SPDX-License-Identifier: Apache-2.0
"""The audit: every subject asked in turn, and what its pictures show. Serves right_party."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl

from rightparty.parties.attribution.parameters import AttributionParameters, shipped_parameters
from rightparty.parties.audit.ageing import ageing_findings, ages_by_market
from rightparty.parties.audit.agreement import agreement_findings, agreement_over_time
from rightparty.parties.audit.clocks import clock_findings
from rightparty.parties.audit.findings import SCHEMA_VERSION, findings_frame
from rightparty.parties.audit.frames import Audited, audited
from rightparty.parties.audit.identity import identity_findings
from rightparty.parties.audit.moved import moved_findings, with_moved
from rightparty.parties.audit.names import name_findings
from rightparty.parties.audit.sharing import sharing_findings
from rightparty.parties.audit.values import value_findings

STRIP_PARTS: Final = 100
"""Parts into which a file is divided for its strip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """Findings, and the counts that pictures are drawn from."""

    at: datetime
    #: points, events and parties looked at
    looked_at: dict[str, int]
    #: findings.FINDINGS
    findings: pl.DataFrame
    #: ageing.AGES
    ages: pl.DataFrame
    #: agreement.AGREEMENT
    agreement: pl.DataFrame
    #: [load_id, part (0 to 99), rows, moved]: where in each load moved values lie
    strips: pl.DataFrame

    def as_json(self) -> dict[str, Any]:
        """Return the whole as plain data, the shape of `rightparty audit --json`."""
        months = self.agreement.with_columns(pl.col("month").cast(pl.String))
        return {
            "schema_version": SCHEMA_VERSION,
            "as_of": self.at.isoformat(),
            "looked_at": self.looked_at,
            "findings": self.findings.to_dicts(),
            "ages": self.ages.to_dicts(),
            "agreement": months.to_dicts(),
            "strips": self.strips.to_dicts(),
        }


def audit(
    points: pl.DataFrame,
    events: pl.DataFrame,
    parties: pl.DataFrame,
    links: pl.DataFrame,
    *,
    at: datetime,
    parameters: AttributionParameters | None = None,
) -> pl.DataFrame:
    """List the findings, most serious first; a finding that nothing shows is left out.

    Shape: points `frames.POINTS`, events `frames.EVENTS`, parties `frames.PARTIES`, links [party_id, group_id] (any
    column may be missing) -> findings.FINDINGS.
    """
    return _findings(audited(points, events, parties, links), at=at, parameters=parameters or shipped_parameters())


def report_on(given: Audited, *, at: datetime, parameters: AttributionParameters) -> AuditReport:
    """Return the findings with what their pictures show."""
    return AuditReport(
        at=at,
        looked_at={"points": given.points.height, "events": given.events.height, "parties": given.parties.height},
        findings=_findings(given, at=at, parameters=parameters),
        ages=ages_by_market(given, at=at),
        agreement=agreement_over_time(given),
        strips=_strips(given),
    )


def _findings(given: Audited, *, at: datetime, parameters: AttributionParameters) -> pl.DataFrame:
    return findings_frame(
        [
            *moved_findings(given),
            *agreement_findings(given),
            *sharing_findings(given, at=at),
            *value_findings(given),
            *name_findings(given),
            *ageing_findings(given, at=at, parameters=parameters),
            *identity_findings(given, at=at),
            *clock_findings(given),
        ]
    )


def _strips(given: Audited) -> pl.DataFrame:
    marked = with_moved(given).with_columns(place=pl.int_range(pl.len()).over("load_id"), rows=pl.len().over("load_id"))
    loads = marked.filter("marked").select("load_id").unique()
    return (
        marked.join(loads, on="load_id", how="semi")
        .group_by("load_id", part=pl.col("place") * STRIP_PARTS // pl.col("rows"))
        .agg(rows=pl.len().cast(pl.Int64), moved=pl.col("marked").sum().cast(pl.Int64))
        .sort("load_id", "part")
    )
