# SPDX-License-Identifier: Apache-2.0
"""Takes a lender's delivery as one batch: all of it or nothing, and the same files again have no effect.

Its contact points are screened inside the transaction, against the portfolio as it stood. A load whose findings pass
the lender's limits is rolled back and quarantined: its files are kept apart, and nothing of it is used until somebody
decides.

Crash meaning: before the commit nothing happened; the database rolls everything back, the staging with it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import polars as pl
import structlog
from django.conf import settings
from django.db import transaction

from rightparty.dispatch.operations.count_reports import count_reports
from rightparty.dispatch.operations.open_batch import open_batch
from rightparty.dispatch.operations.raise_alarm import raise_alarm
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.intake.checking import (
    Checked,
    Context,
    check_rows,
    concat_faults,
    referring_columns,
    reject_duplicates,
    reject_unknown,
)  # fmt: skip
from rightparty.intake.contract import CONTRACT, REFERENCES, REJECTED_SHARE_FROM_ROWS, REJECTED_SHARE_LIMIT, Table
from rightparty.intake.errors import DeliveryError
from rightparty.intake.keeping import keep_files
from rightparty.intake.load_report import EXAMPLES_SHOWN, LoadReport, TableReport
from rightparty.intake.models import Load
from rightparty.intake.operations.link_persons import with_linked_persons
from rightparty.intake.operations.screen_load import Delivered, screen_load
from rightparty.intake.queries import (
    current_attributes,
    existing_ids,
    find_quarantined_load,
    find_standing_load,
    moved_values,
)
from rightparty.intake.reading import Delivery, digest_of, find_files, read_blocks
from rightparty.intake.row_errors import rejected_frame
from rightparty.kernel.clock import require_aware
from rightparty.kernel.masking import mask_value
from rightparty.lending.operations import take_rows as lending
from rightparty.parties.operations import take_rows as parties
from rightparty.parties.operations.link_applicants import link_applicants
from rightparty.parties.queries import reported_values
from rightparty.store.operations.append_rows import append_rows
from rightparty.store.versions import MergeCounts

type Progress = Callable[[str], None]

_ATTRIBUTES = {"party_id": "country", "account_id": "currency"}
"""What the reading of other tables needs of a party and of an account."""


log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Known:
    """What this delivery has brought so far that later files refer to, by the id's column."""

    rows: dict[str, pl.DataFrame]
    #: what screening looks at
    delivered: Delivered = field(default_factory=Delivered)

    def attributes(self, id_column: str, ids: pl.Series) -> pl.DataFrame:
        """Return the attribute of these ids from the delivery, and from the store for those not delivered."""
        mine = self.rows[id_column]
        wanted = ids.drop_nulls().unique().to_frame(id_column)
        missing = wanted.join(mine, on=id_column, how="anti")[id_column]
        return pl.concat([mine, current_attributes(id_column, _ATTRIBUTES[id_column], missing)])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """One file's share of the report."""

    report: TableReport
    rejected: pl.DataFrame
    unknown_columns: list[str]
    collapsed: int


def load_portfolio(
    directory: Path,
    *,
    at: datetime,
    label: str = "",
    dry_run: bool = False,
    admitted: bool = False,
    on_progress: Progress | None = None,
) -> LoadReport:
    """Load a folder with the portfolio contract's files in one transaction, or quarantine it.

    A dry run does the same work and rolls it back. Rejected rows are kept with the load. `admitted`: somebody has
    decided that these files are to be taken whatever screening finds.

    Raises:
        DeliveryError: the delivery cannot be taken as it is; the store is as it was.
        NaiveInstantError: `at` has no zone.
    """
    loaded_at = require_aware(at)
    tell = on_progress or (lambda _: None)
    delivery = find_files(directory)
    tell("reading")
    digest = digest_of(delivery)
    with transaction.atomic():
        standing = find_standing_load(digest)
        if standing is not None:
            return LoadReport(outcome="repeated", load_id=standing, content_digest=digest, tables=[])
        held = find_quarantined_load(digest)
        if held is not None:
            return _as_quarantined(held, digest)
        load = Load.objects.create(
            content_digest=digest, label=label[:200], state=Load.State.LOADED, loaded_at=loaded_at
        )
        try:
            with transaction.atomic():
                report = _load(delivery, load=load, tell=tell)
                if not admitted and any(finding["quarantines"] for finding in report.findings):
                    raise _QuarantinedError(report)
                tell("linked persons")
                # after screening: what this load lets look like one household may not excuse what is wrong with it
                link_applicants(load_id=load.pk, at=loaded_at)
        except _QuarantinedError as quarantined:
            report = replace(quarantined.report, outcome="quarantined")
            load.state = Load.State.QUARANTINED
            if not dry_run:
                keep_files(delivery, digest=digest, folder=quarantine_folder())
            told = {"load": load.pk, "findings": len(report.findings)}
            raise_alarm(kind="load_quarantined", facts=told, at=loaded_at)
        else:
            count_reports(values=reported_values(load.pk), at=loaded_at)
            _open_batch(load.pk, report, at=loaded_at)
        load.summary = _summary_of(report)
        load.save(update_fields=["summary", "state"])
        append_leaves([_leaf_of(report, loaded_at)])
        if dry_run:
            transaction.set_rollback(True)
    rejected = sum(table.rejected for table in report.tables)
    log.info("load.read", load_id=load.pk, moved=report.moved_values, rejected=rejected, outcome=report.outcome)
    return _as_preview(report) if dry_run else report


class _QuarantinedError(Exception):
    """Carries the report out of the savepoint that is rolled back."""

    def __init__(self, report: LoadReport) -> None:
        super().__init__("quarantined")
        self.report = report


def _open_batch(load_id: int, report: LoadReport, *, at: datetime) -> None:
    """Open the batch of a load that brought contact points, new or changed (right_party)."""
    brought = sum(table.added + table.changed for table in report.tables if table.table == "contact_points")
    if brought:
        open_batch(load_id=load_id, brought=brought, at=at)


def quarantine_folder() -> Path:
    """Return where files of quarantined loads are kept."""
    return Path(settings.RIGHTPARTY["HOME"]) / "quarantine"


def _as_quarantined(load: Load, digest: str) -> LoadReport:
    findings = list(load.summary.get("findings", []))
    return LoadReport(outcome="quarantined", load_id=load.pk, content_digest=digest, tables=[], findings=findings)


def _load(delivery: Delivery, *, load: Load, tell: Progress) -> LoadReport:
    load_id, at = load.pk, load.loaded_at
    empty = {"party_id": pl.String(), "country": pl.String()}, {"account_id": pl.String(), "currency": pl.String()}
    known = _Known({"party_id": pl.DataFrame(schema=empty[0]), "account_id": pl.DataFrame(schema=empty[1])})
    taken: list[_Taken] = []
    for name, path in delivery.files.items():
        tell(name)
        taken.append(_take_file(CONTRACT[name], path, known=known, load_id=load_id, at=at))
    tell("moved contact values")
    moved = moved_values(load_id)
    tell("screening")
    findings = screen_load(delivered=known.delivered, moved=moved, load_id=load_id, at=at)
    rejected = pl.concat([t.rejected for t in taken])
    reasons = rejected.group_by("file", "column", "reason", maintain_order=True).agg(
        pl.len().alias("rows"), pl.col("line").min().alias("first_line")
    )
    return LoadReport(
        outcome="loaded",
        load_id=load_id,
        content_digest=load.content_digest,
        tables=[t.report for t in taken],
        moved_values=moved.height,
        moved_examples=[row | {"value": mask_value(row["value"])} for row in moved.head(EXAMPLES_SHOWN).to_dicts()],
        rejected_examples=rejected.drop("row").head(EXAMPLES_SHOWN).to_dicts(),
        rejected_reasons=reasons.to_dicts(),
        unknown_columns=[column for t in taken for column in t.unknown_columns],
        ignored_files=list(delivery.ignored),
        collapsed_rows=sum(t.collapsed for t in taken),
        findings=findings,
    )


def _take_file(table: Table, path: Path, *, known: _Known, load_id: int, at: datetime) -> _Taken:
    """Read, check and merge one file.

    Raises:
        DeliveryError: the file, or too many of its rows, cannot be taken.
    """
    checked, read, unknown = _check_file(table, path, known)
    single, collapsed = reject_duplicates(table, checked.accepted)
    rows, faults = single.accepted, [checked.faults, single.faults]
    for column in referring_columns(table):
        found = reject_unknown(rows, column, _known_ids(known, column, rows[column]))
        rows = found.accepted
        faults.append(found.faults)
    rejected = rejected_frame(concat_faults(faults), file=path.name)
    rejected_lines = rejected["line"].n_unique()
    _require_few_rejected(path, read=read, rejected=rejected, lines=rejected_lines)
    append_rows("intake_rejectedrow", rejected.with_columns(pl.lit(load_id).alias("load_id")))
    for id_column, attribute in _ATTRIBUTES.items():
        if REFERENCES[id_column] == table.name:
            known.rows[id_column] = rows.select(id_column, attribute)
    accepted = rows.height
    known.delivered.note(table.name, rows, file=path.name, at=at)
    if table.name == "parties":
        rows = with_linked_persons(rows, load_id=load_id)
    counts = _merge(table, rows, load_id)
    report = TableReport(
        table=table.name, read=read, accepted=accepted, rejected=rejected_lines,
        added=counts.added, changed=counts.changed, unchanged=counts.unchanged,
    )  # fmt: skip
    return _Taken(report=report, rejected=rejected, unknown_columns=unknown, collapsed=collapsed)


def _check_file(table: Table, path: Path, known: _Known) -> tuple[Checked, int, list[str]]:
    """Return a file's checked rows, how many it has, and its columns that the contract does not know."""
    accepted: list[pl.DataFrame] = []
    faults: list[pl.DataFrame] = []
    read = 0
    names: list[str] = []
    for block in read_blocks(path, table):
        checked = check_rows(table, block.rows, _context_of(block.rows, known))
        accepted.append(checked.accepted)
        faults += [block.faults, checked.faults]
        read += block.rows.height + block.faults.height
        names = block.rows.columns
    contract = {c.name for c in table.columns} | {"line"}
    unknown = [f"{path.name}: {name}" for name in names if name not in contract]
    return Checked(accepted=pl.concat(accepted), faults=concat_faults(faults)), read, unknown


def _context_of(rows: pl.DataFrame, known: _Known) -> Context:
    ids = {c: rows[c].str.strip_chars() if c in rows.columns else pl.Series([], dtype=pl.String) for c in _ATTRIBUTES}
    return Context(
        countries=known.attributes("party_id", ids["party_id"]),
        currencies=known.attributes("account_id", ids["account_id"]),
    )


def _known_ids(known: _Known, column: str, used: pl.Series) -> pl.Series:
    mine = known.rows[column][column]
    missing = used.unique().to_frame(column).join(mine.to_frame(column), on=column, how="anti")[column]
    return pl.concat([mine, existing_ids(column, missing.filter(missing != ""))])


def _require_few_rejected(path: Path, *, read: int, rejected: pl.DataFrame, lines: int) -> None:
    if read < REJECTED_SHARE_FROM_ROWS or lines <= read * REJECTED_SHARE_LIMIT:
        return
    first = rejected.row(0, named=True)
    raise DeliveryError(
        f"{path.name}: {lines:,} of {read:,} rows cannot be taken, more than {REJECTED_SHARE_LIMIT:.0%};"
        f" the first is line {first['line']}, column {first['column']}: {first['reason']}",
        remedy=f"So many faults mean a broken export: correct it and deliver again. {first['remedy']}",
    )


def _merge(table: Table, rows: pl.DataFrame, load_id: int) -> MergeCounts:
    take_rows = parties.take_rows if table.name in parties.TABLES else lending.take_rows
    return take_rows(table=table.name, rows=rows, load_id=load_id)


def _summary_of(report: LoadReport) -> dict[str, object]:
    frame = report.as_frame()
    return {
        "tables": frame.to_dicts(), "moved_values": report.moved_values, "collapsed_rows": report.collapsed_rows,
        "findings": report.findings,
    }  # fmt: skip


def _leaf_of(report: LoadReport, at: datetime) -> LeafRecord:
    """What the log keeps of a load: counts and the digest of the files, nothing of a person."""
    counts = {
        f"{t.table}.{name}": getattr(t, name)
        for t in report.tables
        for name in ("read", "rejected", "added", "changed")
    }
    facts = {"load": report.load_id, "content_digest": report.content_digest, "moved_values": report.moved_values}
    found = {f"finding.{finding['finding']}": int(str(finding["count"])) for finding in report.findings}
    found |= {f"quarantined_by.{reason}": 1 for reason in report.quarantine_reasons}
    kind = "portfolio.quarantined" if report.outcome == "quarantined" else "portfolio.loaded"
    return LeafRecord(kind=kind, recorded_at=at, facts={**facts, **counts, **found})


def _as_preview(report: LoadReport) -> LoadReport:
    return replace(report, outcome="previewed", load_id=None)  # its findings say whether it would be quarantined
