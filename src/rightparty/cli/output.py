# SPDX-License-Identifier: Apache-2.0
"""How commands answer: a table for people, JSON for machines (`--json`), or JSON into a file (`--out FILE`)."""

import json
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import polars as pl
import typer
from rich.console import Console
from rich.table import Table

from rightparty.kernel.clock import NaiveInstantError, parse_instant

console = Console(stderr=False)
progress_console = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Out = Annotated[Path | None, typer.Option("--out", help="Write JSON to this file instead of printing.")]
At = Annotated[
    str | None, typer.Option("--at", help="Instant to act as of, ISO 8601 with offset. Default: the present.")
]


class UsageError(typer.Exit):
    """The command cannot be carried out as asked; the message has been printed."""


def refuse(message: str, remedy: str = "") -> UsageError:
    """Print why a command is refused and what to do, and return the exit to raise (status 2)."""
    progress_console.print(f"[bold red]refused[/]: {message}", highlight=False, soft_wrap=True)
    if remedy:
        progress_console.print(f"[bold]do[/]: {remedy}", highlight=False, soft_wrap=True)
    return UsageError(code=2)


def instant_of(text: str | None) -> datetime:
    """Return the instant an `--at` option names, or the present.

    Raises:
        UsageError: the text is not an instant with an offset.
    """
    if text is None:
        return datetime.now(tz=UTC)
    try:
        return parse_instant(text)
    except NaiveInstantError as error:
        raise refuse(f"--at: {text} has no offset", error.remedy) from error
    except ValueError as error:
        raise refuse(f"--at: {text} is not an instant", NaiveInstantError.remedy) from error


def answer(result: object, *, as_json: bool, out: Path | None, tables: Sequence[Table] = ()) -> None:
    """Give a command's result in the form that was asked for."""
    text = json.dumps(result, default=_plain, ensure_ascii=False, indent=2)
    if out is not None:
        out.write_text(text + "\n", encoding="utf-8")
        progress_console.print(f"written: {out}", highlight=False)
    elif as_json:
        typer.echo(text)
    else:
        for table in tables:
            console.print(table)


def table_of(title: str, frame: pl.DataFrame, *, most: int = 50) -> Table:
    """Return a frame as a table for people, at most `most` rows and a line that counts the rest."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for position, (name, kind) in enumerate(frame.schema.items()):
        justify: Literal["left", "right"] = "right" if kind.is_numeric() else "left"
        table.add_column(name.replace("_", " "), justify=justify, overflow="fold", no_wrap=position == 0)
    for row in frame.head(most).rows():
        table.add_row(*(_shown(cell) for cell in row))
    if frame.height > most:
        table.caption = f"and {frame.height - most:,} more"
    return table


def _shown(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, int) and not isinstance(cell, bool):
        return f"{cell:,}"
    if isinstance(cell, float):
        return f"{cell:.3f}"
    if isinstance(cell, list):
        return "; ".join(str(c) for c in cell)
    return str(cell)


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID | Path):
        return str(value)
    if isinstance(value, pl.DataFrame):
        return value.to_dicts()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
