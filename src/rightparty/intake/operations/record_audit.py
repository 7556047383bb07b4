# SPDX-License-Identifier: Apache-2.0
"""Audits the whole portfolio and keeps what was found, for the pages of staff and for the evidence.

Crash meaning: one transaction; without it nothing is kept, and an audit may be made again at any time.
"""

from datetime import datetime

from django.db import transaction

from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.intake.models import Audit
from rightparty.kernel.clock import require_aware
from rightparty.lending.queries import account_links
from rightparty.parties.audit.examine import AuditReport
from rightparty.parties.queries import run_audit


def record_audit(*, at: datetime) -> AuditReport:
    """Return what an audit of the portfolio finds as of the instant, and keep it."""
    as_of = require_aware(at)
    with transaction.atomic():
        report = run_audit(at=as_of, links=account_links(party_ids=None))
        kept = Audit.objects.create(as_of=as_of, report=report.as_json())
        counts = {f"finding.{row['finding']}": row["count"] for row in report.findings.to_dicts()}
        facts = {"audit": kept.pk, **report.looked_at, **counts}
        append_leaves([LeafRecord(kind="portfolio.audited", recorded_at=as_of, facts=facts)])
    return report
