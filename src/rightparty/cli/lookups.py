# SPDX-License-Identifier: Apache-2.0
"""`rightparty lookups`: silent questions to carriers about contact points in doubt."""

from typing import Annotated

import polars as pl
import typer
from django.conf import settings
from rich.progress import Progress

from rightparty.cli.output import At, Json, Out, answer, console, instant_of, progress_console, refuse, table_of
from rightparty.cli.store import ensure_store
from rightparty.dispatch.channels.lookups import STEPS, LookupService
from rightparty.dispatch.operations.look_up_points import choose_lookups, look_up_points
from rightparty.kernel.masking import mask_value
from rightparty.planning.reverification.choose import read_steps

group = typer.Typer(help="Silent questions to carriers about contact points in doubt.", no_args_is_help=True)

Budget = Annotated[float, typer.Option(help="What may be spent, in minor units as in the price list.")]


@group.command()
def plan(budget: Budget = 10_000, at: At = None, as_json: Json = False, out: Out = None) -> None:
    """Show what would be worth asking now, and why; ask nothing."""
    ensure_store()
    allowed = _allowed() or frozenset(STEPS)
    chosen = choose_lookups(at=instant_of(at), steps=read_steps(), allowed=allowed, budget=budget)
    shown = chosen.with_columns(value=pl.Series([mask_value(value) for value in chosen["value"]], dtype=pl.String))
    told = shown.drop("collected_at")
    answer(told.to_dicts(), as_json=as_json, out=out, tables=[table_of("Worth asking", told)])
    if not _allowed():
        console.print("none of these is allowed yet: set RIGHTPARTY_LOOKUP_STEPS to those that law and contract allow")


@group.command()
def run(budget: Budget = 10_000, at: At = None, as_json: Json = False, out: Out = None) -> None:
    """Ask what is worth asking and allowed; answers become contact events."""
    ensure_store()
    url, allowed = str(settings.RIGHTPARTY["LOOKUPS"]), _allowed()
    if not url or not allowed:
        raise refuse("nobody to ask, or nothing allowed", "set RIGHTPARTY_LOOKUPS and RIGHTPARTY_LOOKUP_STEPS")
    try:
        service = LookupService.from_url(url)
    except ValueError as error:
        raise refuse(f"RIGHTPARTY_LOOKUPS: {error}", "name an https address") from error
    with Progress(console=progress_console, transient=True) as bar:
        task = bar.add_task("asking", total=None)
        summary = look_up_points(
            at=instant_of(at), service=service, steps=read_steps(), allowed=allowed, budget=budget,
            on_progress=lambda done, all_: bar.update(task, completed=done, total=all_),
        )  # fmt: skip
    rows = [{"answer": name, "times": count} for name, count in summary.answers.items()]
    counts = pl.DataFrame(rows, schema={"answer": pl.String, "times": pl.Int64})
    answer(summary, as_json=as_json, out=out, tables=[table_of(f"{summary.chosen:,} chosen", counts)])
    if summary.stopped:
        raise refuse(summary.stopped, "What is left is chosen again the next time.")


def _allowed() -> frozenset[str]:
    named = frozenset(settings.RIGHTPARTY["LOOKUP_STEPS"])
    if unknown := named - set(STEPS):
        raise refuse(f"RIGHTPARTY_LOOKUP_STEPS: {', '.join(sorted(unknown))}", f"there are {', '.join(STEPS)}")
    return named


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(group, name="lookups")
