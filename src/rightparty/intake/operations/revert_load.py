# SPDX-License-Identifier: Apache-2.0
"""Undoes a load as one batch: what it brought is retired, what it had replaced comes back. Nothing is deleted."""

from datetime import datetime

from django.db import transaction

from rightparty.dispatch.operations.withdraw_batch import withdraw_batch
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.intake.contract import CONTRACT
from rightparty.intake.errors import RevertError
from rightparty.intake.load_report import LoadReport, TableReport
from rightparty.intake.models import Load
from rightparty.intake.operations.link_persons import link_persons
from rightparty.intake.queries import undone_loads
from rightparty.kernel.clock import require_aware
from rightparty.lending.operations import take_rows as lending
from rightparty.parties.operations import take_rows as parties
from rightparty.store.versions import RetiredByLaterLoadError


def revert_load(load_id: int, *, at: datetime) -> LoadReport:
    """Undo a load, as a load of its own; in the report `changed` rows came back, `unchanged` is 0, `rejected` are gone.

    Raises:
        RevertError: there is no such load, it is reverted already, or a later load has changed rows of it.
    """
    reverted_at = require_aware(at)
    with transaction.atomic():
        load = _standing_load(load_id)
        undone = {later: by for later, by in undone_loads().items() if later > load_id}
        revert = Load.objects.create(
            content_digest=load.content_digest,
            label=f"revert of {load_id}",
            state=Load.State.REVERT,
            loaded_at=reverted_at,
            reverts_id=load_id,
        )
        tables = [_take_back(name, load_id=load_id, revert_id=revert.pk, undone=undone) for name in CONTRACT]
        relinked = link_persons(load_id=revert.pk, reverted=load_id)
        withdraw_batch(load_id=load_id, at=reverted_at)
        load.state = Load.State.REVERTED
        load.save(update_fields=["state"])
        report = LoadReport(
            outcome="reverted",
            load_id=revert.pk,
            content_digest=load.content_digest,
            tables=[t for t in tables if t.read],
        )
        revert.summary = {"tables": report.as_frame().to_dicts(), "relinked_parties": relinked}
        revert.save(update_fields=["summary"])
        append_leaves([_leaf_of(report, load_id=load_id, at=reverted_at)])
    return report


def _standing_load(load_id: int) -> Load:
    load = Load.objects.select_for_update().filter(pk=load_id).first()
    if load is None:
        raise RevertError(f"there is no load {load_id}", remedy="`rightparty loads` lists the loads.")
    if load.state == Load.State.REVERTED:
        raise RevertError(f"load {load_id} is reverted already", remedy="Nothing is to be done.")
    if load.state == Load.State.REVERT:
        raise RevertError(
            f"load {load_id} is itself the revert of load {load.reverts_id}", remedy="Load the files again instead."
        )
    return load


def _take_back(name: str, *, load_id: int, revert_id: int, undone: dict[int, int]) -> TableReport:
    room = parties if name in parties.TABLES else lending
    try:
        taken = room.take_back_rows(table=name, load_id=load_id, revert_id=revert_id, undone=undone)
    except RetiredByLaterLoadError as error:
        raise RevertError(
            f"load {error.load_id} came later and changed {error.rows:,} rows of {name} that load {load_id} brought",
            remedy=f"Revert load {error.load_id} first.",
        ) from error
    return TableReport(
        table=name, read=taken.retired + taken.restored, accepted=taken.restored, rejected=taken.retired,
        added=0, changed=taken.restored, unchanged=0,
    )  # fmt: skip


def _leaf_of(report: LoadReport, *, load_id: int, at: datetime) -> LeafRecord:
    counts = {
        f"{t.table}.{n}": c for t in report.tables for n, c in (("retired", t.rejected), ("restored", t.accepted))
    }
    return LeafRecord(
        kind="portfolio.reverted", recorded_at=at, facts={"load": load_id, "revert": report.load_id, **counts}
    )
