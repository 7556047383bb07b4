# SPDX-License-Identifier: Apache-2.0
"""`rightparty dispatch`, `halt`, `resume`: the outbox through the gate to the channels."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import polars as pl
import typer
from django.conf import settings
from django.db import Error as StoreError
from rich.progress import Progress

from rightparty.cli.output import At, Json, Out, answer, instant_of, progress_console, refuse, table_of
from rightparty.cli.store import ensure_store
from rightparty.dispatch import halt_file
from rightparty.dispatch.operations.halt import halt as halt_dispatch
from rightparty.dispatch.operations.lift_halt import lift_halt
from rightparty.dispatch.worker import DispatchSummary, drain


def dispatch(at: At = None, as_json: Json = False, out: Out = None) -> None:
    """Release what the gate permits and hand it to the channels, until the outbox is empty."""
    ensure_store()
    summary = run_dispatch(fixed_clock(at))
    frame = pl.DataFrame({"outcome": list(summary.counts), "reminders": list(summary.counts.values())})
    answer(summary, as_json=as_json, out=out, tables=[table_of("Dispatch", frame)])


def fixed_clock(at: str | None) -> Callable[[], datetime]:
    """Return the machine's clock, or one that stands at the instant asked for (rehearsals on past data)."""
    if at is None:
        return lambda: datetime.now(tz=UTC)
    instant = instant_of(at)
    return lambda: instant


def run_dispatch(clock: Callable[[], datetime]) -> DispatchSummary:
    """Drain the outbox with progress on the terminal."""
    with Progress(console=progress_console) as bar:
        task = bar.add_task("dispatch", total=None)
        return drain(clock=clock, on_progress=lambda done, total: bar.update(task, completed=done, total=total))


def halt(why: Annotated[str, typer.Argument(help="Why; shown to everybody.")], at: At = None) -> None:
    """Stop all dispatch now; the gate releases nothing until somebody resumes."""
    try:
        ensure_store()
        halt_dispatch(at=instant_of(at), by="command line", why=why)
    except StoreError as fault:
        home = settings.RIGHTPARTY["HOME"]
        halt_file.lay_down(home)
        progress_console.print(f"the store did not take the halt; the file {home / halt_file.NAME} stops this machine")
        raise refuse(
            f"the store does not answer ({type(fault).__name__})",
            "halt again when it does: workers on other machines stop by themselves only while they cannot reach it",
        ) from fault
    progress_console.print('dispatch is halted (lift with: rightparty resume "why")')


def resume(why: Annotated[str, typer.Argument(help="Why it may go on; kept with the halt.")], at: At = None) -> None:
    """Lift the halt."""
    ensure_store()
    lift_halt(at=instant_of(at), by="command line", why=why)
    progress_console.print("dispatch may go on")


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(dispatch)
    app.command()(halt)
    app.command()(resume)
