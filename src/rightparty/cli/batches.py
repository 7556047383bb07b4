# SPDX-License-Identifier: Apache-2.0
"""`rightparty batches`: new contact data on trial, stopped, let on by two people."""

from collections.abc import Callable
from typing import Annotated

import polars as pl
import typer

from rightparty.cli.load import By, Reason
from rightparty.cli.output import At, Json, Out, answer, console, instant_of, refuse, table_of
from rightparty.cli.store import ensure_store
from rightparty.dispatch.operations.agree_to_go_on import agree_to_go_on
from rightparty.dispatch.operations.ask_to_go_on import ask_to_go_on
from rightparty.dispatch.operations.stop_batch import BatchError, stop_batch
from rightparty.dispatch.queries import BatchStory, list_batches

group = typer.Typer(help="Batches of contact data: on trial, trusted, stopped.", no_args_is_help=True)

Load = Annotated[int, typer.Argument(help="The load's number, as `rightparty loads` shows it.")]


@group.command("list")
def list_(at: At = None, as_json: Json = False, out: Out = None) -> None:
    """List batches, the stopped ones and those on trial first; what was predicted of them and what was seen."""
    ensure_store()
    rows = [_row(story) for story in list_batches(at=instant_of(at))]
    frame = pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame({"batch": []})
    answer(rows, as_json=as_json, out=out, tables=[table_of("Batches", frame)])


def _row(story: BatchStory) -> dict[str, object]:
    return {
        "batch": story.batch.load_id,
        "state": story.batch.state,
        "since": story.batch.state_changed_at.date().isoformat(),
        "cause": story.batch.cause,
        "points": story.batch.new_points,
        "sample": f"{story.out}/{story.sample}" if story.sample else "",
        "sent": story.seen.messages,
        "predicted": round(story.seen.predicted, 2),
        "reports": story.seen.reported,
        "asked_by": story.asked.asked_by if story.asked else "",
    }


@group.command()
def stop(load: Load, by: By, reason: Reason, at: At = None) -> None:
    """Stop everything that a batch feeds, at once."""
    ensure_store()
    cancelled = _or_refuse(lambda: stop_batch(load_id=load, at=instant_of(at), by=by, why=reason))
    console.print(f"batch {load} is stopped; {cancelled} released messages did not go out", highlight=False)


@group.command()
def resume(load: Load, by: By, reason: Reason, at: At = None) -> None:
    """Ask that a stopped batch be tried again, or that a trial end; somebody else has to agree."""
    ensure_store()
    after = _or_refuse(lambda: ask_to_go_on(load_id=load, at=instant_of(at), by=by, reason=reason))
    console.print(f"asked: batch {load} will be {after} when somebody else agrees", highlight=False)


@group.command()
def approve(load: Load, by: By, at: At = None) -> None:
    """Agree with what somebody else asked for."""
    ensure_store()
    after = _or_refuse(lambda: agree_to_go_on(load_id=load, at=instant_of(at), by=by))
    console.print(f"batch {load} is {after}", highlight=False)


def _or_refuse[T](act: Callable[[], T]) -> T:
    try:
        return act()
    except BatchError as error:
        raise refuse(str(error), error.remedy) from error


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(group, name="batches")
