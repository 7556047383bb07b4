# SPDX-License-Identifier: Apache-2.0
"""`rightparty import`, `loads`, `revert`: a lender's files in, previewed, atomic, repeatable, revertible."""

from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from rightparty.cli.output import At, Json, Out, answer, console, instant_of, progress_console, table_of
from rightparty.cli.output import refuse as refuse_command
from rightparty.cli.store import ensure_store
from rightparty.intake.errors import IntakeError
from rightparty.intake.load_report import LoadReport
from rightparty.intake.operations.decide_load import admit_load, refuse_load
from rightparty.intake.operations.load_portfolio import load_portfolio
from rightparty.intake.operations.revert_load import revert_load
from rightparty.intake.queries import list_loads, rejected_rows

QUARANTINED_STATUS = 4
"""Exit status of an import whose load is quarantined."""

By = Annotated[str, typer.Option("--by", help="Who decides.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the load and in the evidence.")]


def import_(
    directory: Annotated[Path, typer.Argument(help="Folder with the portfolio contract's files.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; store nothing.")] = False,
    label: Annotated[str, typer.Option(help="A name for the load.")] = "",
    at: At = None,
    as_json: Json = False,
    out: Out = None,
) -> None:
    """Load a lender's files as one batch."""
    ensure_store()
    report = run_load(directory, label=label, at=at, dry_run=dry_run)
    answer(report, as_json=as_json, out=out, tables=report_tables(report))
    if report.outcome == "quarantined":
        progress_console.print(
            f"[bold]do[/]: look at the findings; `rightparty admit {report.load_id}` or `rightparty refuse"
            f" {report.load_id}`, with --by and --reason",
            highlight=False,
        )
        raise typer.Exit(code=QUARANTINED_STATUS)


def admit(
    load: Annotated[int, typer.Argument(help="The quarantined load's number.")],
    by: By,
    reason: Reason,
    at: At = None,
    as_json: Json = False,
    out: Out = None,
) -> None:
    """Take a quarantined load after all; it takes effect as a load of its own."""
    ensure_store()
    try:
        report = admit_load(load, by=by, reason=reason, at=instant_of(at))
    except IntakeError as error:
        raise refuse_command(str(error), error.remedy) from error
    answer(report, as_json=as_json, out=out, tables=report_tables(report))


def refuse(
    load: Annotated[int, typer.Argument(help="The quarantined load's number.")],
    by: By,
    reason: Reason,
    at: At = None,
) -> None:
    """Refuse a quarantined load; its files are deleted, nothing of it was ever used."""
    ensure_store()
    try:
        refuse_load(load, by=by, reason=reason, at=instant_of(at))
    except IntakeError as error:
        raise refuse_command(str(error), error.remedy) from error
    console.print(f"load {load} is refused", highlight=False)


def run_load(directory: Path, *, label: str, at: str | None, dry_run: bool) -> LoadReport:
    """Load a folder with progress on the terminal.

    Raises:
        UsageError: the load was refused; the reason has been printed and the store is as it was.
    """
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=progress_console
    ) as bar:
        task = bar.add_task(f"import {directory.name}", total=None)
        try:
            return load_portfolio(
                directory,
                at=instant_of(at),
                label=label,
                dry_run=dry_run,
                on_progress=lambda stage: bar.update(task, description=f"import {directory.name}: {stage}"),
            )
        except IntakeError as error:
            raise refuse_command(str(error), error.remedy) from error


def report_tables(report: LoadReport) -> list[Table]:
    """Return a load report as tables for people."""
    return [table_of(report.title, report.as_frame()), *report.notes_tables(table_of)]


def loads(as_json: Json = False, out: Out = None) -> None:
    """List the loads and reverts, newest first."""
    ensure_store()
    frame = list_loads()
    answer(frame, as_json=as_json, out=out, tables=[table_of("Loads", frame)])


def rejected(
    load: Annotated[int, typer.Argument(help="The load's number.")],
    as_json: Json = False,
    out: Out = None,
) -> None:
    """Show the rows a load could not take: file, line, column, reason, remedy."""
    ensure_store()
    frame: pl.DataFrame = rejected_rows(load)
    shown = frame.drop("row", strict=False)
    answer(shown, as_json=as_json, out=out, tables=[table_of(f"Rejected rows of load {load}", shown)])


def revert(
    load: Annotated[int, typer.Argument(help="The load's number, as `rightparty loads` shows it.")],
    at: At = None,
    as_json: Json = False,
    out: Out = None,
) -> None:
    """Undo a load: the rows it brought are retired, the rows it replaced come back."""
    ensure_store()
    try:
        report = revert_load(load, at=instant_of(at))
    except IntakeError as error:
        raise refuse_command(str(error), error.remedy) from error
    answer(report, as_json=as_json, out=out, tables=report_tables(report))


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command("import")(import_)
    app.command()(loads)
    app.command()(rejected)
    app.command()(revert)
    app.command()(admit)
    app.command()(refuse)
