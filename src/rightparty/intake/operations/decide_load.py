# SPDX-License-Identifier: Apache-2.0
"""Decides on a quarantined load: admitted, it takes effect as a load of its own; refused, its files are deleted.

Crash meaning: one transaction; the files go after it, a leftover is harmless.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.intake.errors import DecisionError
from rightparty.intake.keeping import drop_files, kept_files
from rightparty.intake.load_report import LoadReport
from rightparty.intake.models import Load
from rightparty.intake.operations.load_portfolio import load_portfolio, quarantine_folder
from rightparty.kernel.clock import require_aware


def admit_load(
    load_id: int, *, by: str, reason: str, at: datetime, on_progress: Callable[[str], None] | None = None
) -> LoadReport:
    """Take a quarantined load after all; returns the report of the load it becomes.

    Raises:
        DecisionError: no such load, not quarantined, no name or reason, or the kept files are not what was screened.
        DeliveryError: the files cannot be taken any more, as the portfolio stands now.
    """
    decided_at = require_aware(at)
    with transaction.atomic():
        load = _open_load(load_id, by=by, reason=reason)
        files = kept_files(digest=load.content_digest, folder=quarantine_folder())
        load.state = Load.State.ADMITTED
        load.save(update_fields=["state"])
        report = load_portfolio(
            files, at=decided_at, label=f"admitted {load_id}", admitted=True, on_progress=on_progress
        )
        load.became_id = report.load_id
        _record(load, by=by, reason=reason, at=decided_at)
    drop_files(digest=load.content_digest, folder=quarantine_folder())
    return report


def refuse_load(load_id: int, *, by: str, reason: str, at: datetime) -> None:
    """Refuse a quarantined load; nothing of it was ever used.

    Raises:
        DecisionError: no such load, not quarantined, or no name or reason.
    """
    decided_at = require_aware(at)
    with transaction.atomic():
        load = _open_load(load_id, by=by, reason=reason)
        load.state = Load.State.REFUSED
        _record(load, by=by, reason=reason, at=decided_at)
    drop_files(digest=load.content_digest, folder=quarantine_folder())


def _open_load(load_id: int, *, by: str, reason: str) -> Load:
    if not by.strip() or not reason.strip():
        raise DecisionError("a decision needs a name and a reason", remedy="Say who decides, and why.")
    load = Load.objects.select_for_update().filter(pk=load_id).first()
    if load is None:
        raise DecisionError(f"there is no load {load_id}", remedy="`rightparty loads` lists the loads.")
    if load.state != Load.State.QUARANTINED:
        raise DecisionError(f"load {load_id} is {load.state}, not quarantined", remedy="Nothing is to be decided.")
    return load


def _record(load: Load, *, by: str, reason: str, at: datetime) -> None:
    load.decided_by, load.decision, load.decided_at = by.strip()[:150], reason.strip()[:300], at
    load.save(update_fields=["state", "decided_by", "decision", "decided_at", "became_id"])
    facts = {"load": load.pk, "decision": load.state, "became": load.became_id or 0}
    private = {"decided_by": load.decided_by, "reason": load.decision}
    append_leaves([LeafRecord(kind="portfolio.decided", recorded_at=at, facts=facts, private=private)])
