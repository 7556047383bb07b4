# SPDX-License-Identifier: Apache-2.0
"""`rightparty facts`, `inbox`: payments, holds and stops of the day from a file; the inbox that others write into."""

from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.progress import Progress

from rightparty.cli.output import At, Json, Out, answer, instant_of, progress_console, refuse, table_of
from rightparty.cli.store import ensure_store
from rightparty.intake.errors import IntakeError
from rightparty.intake.operations.apply_inbound_facts import apply_inbound_facts
from rightparty.intake.operations.take_facts_file import take_facts_file
from rightparty.lending.inbox.queries import faulty_facts

REJECTED_STATUS = 4
"""Exit status where some lines or facts could not be taken."""


def facts(
    file: Annotated[Path, typer.Argument(help="Facts as JSON lines (.jsonl) or CSV (.csv).")],
    at: At = None,
    as_json: Json = False,
    out: Out = None,
) -> None:
    """Take payments, reversals, holds and stops from a file; lines that cannot be taken are kept with the reason."""
    ensure_store()
    with Progress(console=progress_console) as bar:
        task = bar.add_task(f"facts {file.name}", total=None)
        try:
            taken = take_facts_file(file, at=instant_of(at), on_progress=lambda read: bar.update(task, completed=read))
        except IntakeError as error:
            raise refuse(str(error), error.remedy) from error
    counts = {name: getattr(taken, name) for name in ("read", "new", "changed", "repeated", "refused", "cancelled")}
    tables = [table_of(f"Facts of {file.name}", pl.DataFrame({"facts": list(counts), "number": list(counts.values())}))]
    if taken.refused:
        tables.append(table_of("Lines that were not taken", taken.rejected))
    answer(taken, as_json=as_json, out=out, tables=tables)
    if taken.refused:
        raise typer.Exit(code=REJECTED_STATUS)


def inbox(at: At = None, as_json: Json = False, out: Out = None) -> None:
    """Let the facts in the inbox table take effect, and show those that cannot; what these name is on hold."""
    ensure_store()
    apply_inbound_facts(at=instant_of(at))
    faulty = faulty_facts()
    answer(faulty, as_json=as_json, out=out, tables=[table_of("Facts without effect", faulty)])
    if faulty.height:
        raise typer.Exit(code=REJECTED_STATUS)


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(facts)
    app.command()(inbox)
