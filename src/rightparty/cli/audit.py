# SPDX-License-Identifier: Apache-2.0
"""`rightparty audit`: what is wrong with the contact data, on file or in files that are not loaded yet."""

import json
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from rightparty.cli.output import At, Json, answer, instant_of, progress_console, refuse, table_of
from rightparty.cli.store import ensure_store
from rightparty.console.audits import LANGUAGES, audit_page
from rightparty.intake.errors import IntakeError
from rightparty.intake.operations.record_audit import record_audit
from rightparty.intake.unloaded import read_unloaded
from rightparty.parties.audit.examine import AuditReport, report_on
from rightparty.parties.audit.findings import SCHEMA_VERSION
from rightparty.parties.queries import installed_parameters


def audit(
    directory: Annotated[
        Path | None, typer.Argument(help="Folder with files that are not loaded yet; none: what is on file.")
    ] = None,
    language: Annotated[str, typer.Option(help="Language of an HTML report: en, zh-hans or zh-hant.")] = "en",
    at: At = None,
    as_json: Json = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write to this file: .html, .parquet (the findings) or JSON.")
    ] = None,
) -> None:
    """List findings in the contact data, with counts, masked examples, likely cause and remedy."""
    if language not in LANGUAGES:
        raise refuse(f"--language: {language} is none of {', '.join(LANGUAGES)}", "Choose one of them.")
    ensure_store()
    instant = instant_of(at)
    rejected = 0
    if directory is None:
        report = record_audit(at=instant)
    else:
        try:
            unloaded = read_unloaded(directory)
        except IntakeError as error:
            raise refuse(str(error), error.remedy) from error
        report, rejected = report_on(unloaded.given, at=instant, parameters=installed_parameters()), unloaded.rejected
    whole = report.as_json() | {"rejected": rejected}
    if out is not None and out.suffix in {".html", ".parquet"}:
        _write(report, whole, out, language)
        progress_console.print(f"written: {out}", highlight=False)
        return
    answer(whole, as_json=as_json, out=out, tables=[table_of("Findings in the contact data", _told(report.findings))])


def _write(report: AuditReport, whole: dict[str, Any], out: Path, language: str) -> None:
    if out.suffix == ".html":
        out.write_text(audit_page(json.loads(json.dumps(whole)), language=language), encoding="utf-8")
    else:
        facts = {"schema_version": str(SCHEMA_VERSION), "as_of": report.at.isoformat()}
        report.findings.write_parquet(out, metadata=facts)


def _told(findings: pl.DataFrame) -> pl.DataFrame:
    """Return findings as a table for people."""
    shown = pl.col("examples").list.eval(pl.element().struct.field("shown")).list.first()
    return findings.select("finding", "severity", "count", shown.alias("example"), "remedy")


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(audit)
