# SPDX-License-Identifier: Apache-2.0
"""`rightparty alarms`: what operations must hear of, and whether it was delivered."""

import time
from datetime import UTC, datetime
from typing import Annotated, Final

import typer

from rightparty.cli.output import At, Json, Out, answer, console, instant_of, progress_console, table_of
from rightparty.cli.store import ensure_store
from rightparty.dispatch.channels.alarms import installed_senders
from rightparty.dispatch.operations.retry_alarms import retry_alarms
from rightparty.dispatch.operations.send_alarms import AlarmsSent, send_alarms
from rightparty.dispatch.queries import list_alarms

group = typer.Typer(help="Alarms for operations and their delivery.", no_args_is_help=True)

WATCH_SECONDS: Final = 5


@group.command("list")
def list_(as_json: Json = False, out: Out = None) -> None:
    """List the latest alarms and what became of each on each channel."""
    ensure_store()
    frame = list_alarms()
    answer(frame, as_json=as_json, out=out, tables=[table_of("Alarms", frame)])


@group.command()
def send(
    watch: Annotated[bool, typer.Option("--watch", help="Go on until interrupted, for a process of its own.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Try at once what waits or was given up.")] = False,
    at: At = None,
) -> None:
    """Deliver what is due: log, e-mail, webhook."""
    ensure_store()
    if retry:
        retry_alarms(at=instant_of(at))
    _tell(send_alarms(at=instant_of(at), senders=installed_senders()))
    while watch:
        time.sleep(WATCH_SECONDS)
        outcome = send_alarms(at=datetime.now(tz=UTC), senders=installed_senders())
        if outcome.sent or outcome.put_off or outcome.failed:
            _tell(outcome)


def _tell(outcome: AlarmsSent) -> None:
    console.print(f"{outcome.sent} delivered, {outcome.put_off} put off, {outcome.failed} given up", highlight=False)
    if outcome.put_off or outcome.failed:
        progress_console.print("[bold]do[/]: `rightparty alarms list` shows the faults", highlight=False)


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(group, name="alarms")
