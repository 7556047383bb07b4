# SPDX-License-Identifier: Apache-2.0
"""`rightparty evidence`: verify and export the hash-linked record of every decision."""

from pathlib import Path
from typing import Annotated

import typer

from rightparty.cli.output import Json, Out, answer, console
from rightparty.cli.store import ensure_store
from rightparty.evidence.queries import export_log, verify_log

group = typer.Typer(help="Verify and export the record of every decision.", no_args_is_help=True)


@group.command()
def verify(as_json: Json = False, out: Out = None) -> None:
    """Recompute the whole chain; exit status 1 and the first broken record if anything was altered."""
    ensure_store()
    verdict = verify_log()
    answer(verdict, as_json=as_json, out=out)
    if not as_json and out is None:
        console.print(verdict.sentence(), highlight=False)
    if not verdict.intact:
        raise typer.Exit(code=1)


@group.command()
def export(file: Annotated[Path, typer.Argument(help="Where to write the records, one JSON object a line.")]) -> None:
    """Write every record for an auditor; `python -m rightparty.evidence.verify FILE` checks it anywhere."""
    ensure_store()
    count = export_log(file)
    console.print(f"{count:,} records written to {file}", highlight=False)


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(group, name="evidence")
