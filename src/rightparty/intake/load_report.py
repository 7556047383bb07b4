# SPDX-License-Identifier: Apache-2.0
"""What a load did, or would do: for the terminal, for machines, and for the evidence."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl

EXAMPLES_SHOWN = 20
"""Rejected rows and moved values that a report quotes; all rejected rows of a load are kept in the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReport:
    """One file, in rows."""

    table: str
    read: int
    accepted: int
    rejected: int
    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """A load, a preview, a repeat without effect, or a revert."""

    #: `loaded`, `previewed`, `repeated` (the same files stand already, nothing was done), `reverted`, or `quarantined`
    #: (nothing of it is used until somebody decides)
    outcome: str
    #: the load's number; for a repeat the number of the load that stands; None for a preview
    load_id: int | None
    content_digest: str
    tables: list[TableReport]
    #: contact values that move from one person to another, unlinked one
    moved_values: int = 0
    #: [channel, value (masked), from_party, to_party]
    moved_examples: list[dict[str, str]] = field(default_factory=list)
    #: the first rejected rows: file, line, column, reason, remedy
    rejected_examples: list[dict[str, object]] = field(default_factory=list)
    #: rejected rows by file, column and reason
    rejected_reasons: list[dict[str, object]] = field(default_factory=list)
    #: columns that the contract does not know, kept with each row: `file: column`
    unknown_columns: list[str] = field(default_factory=list)
    #: files that the contract does not know
    ignored_files: list[str] = field(default_factory=list)
    #: rows that said again what another row of the file said
    collapsed_rows: int = 0
    #: what screening found: rows of `parties.audit.findings.FINDINGS`
    findings: list[dict[str, object]] = field(default_factory=list)

    @property
    def quarantine_reasons(self) -> list[str]:
        """The findings that pass the lender's limits: why the load is held."""
        return sorted({str(row["finding"]) for row in self.findings if row.get("quarantines")})

    @property
    def title(self) -> str:
        """One line that says what happened."""
        return {
            "loaded": f"Load {self.load_id}",
            "previewed": "Preview: nothing was stored",
            "repeated": f"No effect: load {self.load_id} brought exactly these files",
            "reverted": f"Revert {self.load_id}",
            "quarantined": f"Load {self.load_id} is quarantined: nothing of it is used until somebody decides",
        }[self.outcome]

    def as_frame(self) -> pl.DataFrame:
        """Return one row per table."""
        return pl.DataFrame(
            [asdict(t) for t in self.tables],
            schema={"table": pl.String()}
            | dict.fromkeys(("read", "accepted", "rejected", "added", "changed", "unchanged"), pl.Int64()),
        )

    def notes_tables[T](self, table_of: Callable[[str, pl.DataFrame], T]) -> list[T]:
        """Return what else is to be said as further tables, made by `table_of`."""
        told = [_as_told(row) for row in self.findings]
        notes: list[tuple[str, Sequence[Mapping[str, object]]]] = [
            ("Findings of screening", told),
            (f"{self.moved_values:,} contact values move from one person to another", self.moved_examples),
            ("Rejected rows by reason", self.rejected_reasons),
            ("First rejected rows", self.rejected_examples),
            ("Columns the contract does not know (kept)", [{"column": c} for c in self.unknown_columns]),
            ("Files the contract does not know (ignored)", [{"file": f} for f in self.ignored_files]),
        ]
        return [table_of(title, pl.DataFrame(rows)) for title, rows in notes if rows]


def _as_told(row: Mapping[str, Any]) -> dict[str, object]:
    """Return a finding as a line for people."""
    shown = [str(each["shown"] if isinstance(each, Mapping) else each) for each in row["examples"]]
    lines = f"{row['first_line']}-{row['last_line']}" if row.get("first_line") else ""
    return {
        "finding": row["finding"], "holds": "yes" if row["quarantines"] else "", "severity": row["severity"],
        "count": row["count"], "lines": lines, "example": ", ".join(shown[:1]), "remedy": row["remedy"],
    }  # fmt: skip
