# SPDX-License-Identifier: Apache-2.0
"""`rightparty calls`: the calls that wait for agents, and whether recordings are still what was attached."""

import polars as pl
import typer

from rightparty.cli.output import At, Json, Out, answer, instant_of, refuse, table_of
from rightparty.cli.store import ensure_store
from rightparty.dispatch.calls.queries import waiting_calls
from rightparty.dispatch.operations.fetch_recording import RecordingState, check_recordings

group = typer.Typer(help="Agents' calls and their recordings.", no_args_is_help=True)

_WAITING = {
    "reminder": pl.String(), "planned_at": pl.Datetime("us", "UTC"), "language": pl.String(),
    "permitted": pl.Boolean(), "earliest": pl.Datetime("us", "UTC"), "reasons": pl.String(),
}  # fmt: skip
_CHECKED = {"evidence_index": pl.Int64(), "sha256": pl.String(), "state": pl.String(), "keep_until": pl.Date()}


@group.command("list")
def list_(at: At = None, as_json: Json = False, out: Out = None) -> None:
    """List the calls that wait, those permitted now first; nothing of whom they are about."""
    ensure_store()
    rows = [
        (str(each.reminder_id), each.planned_at, each.language, each.permitted, each.earliest,
         ", ".join(reason.code for reason in each.reasons))
        for each in waiting_calls(at=instant_of(at))
    ]  # fmt: skip
    listed = pl.DataFrame(rows, schema=_WAITING, orient="row")
    answer(listed.to_dicts(), as_json=as_json, out=out, tables=[table_of("Calls that wait", listed)])


@group.command()
def verify(as_json: Json = False, out: Out = None) -> None:
    """Compare every recording with the digest under which it was attached; ends with status 2 if one differs."""
    ensure_store()
    rows = [(r.evidence_index, r.sha256, state.value, r.keep_until) for r, state in check_recordings()]
    checked = pl.DataFrame(rows, schema=_CHECKED, orient="row")
    bad = checked.filter(pl.col("state") != RecordingState.INTACT.value)
    answer(checked.to_dicts(), as_json=as_json, out=out, tables=[table_of(f"{checked.height:,} recordings", checked)])
    if bad.height:
        raise refuse(f"{bad.height} recordings are not what was attached", "Restore them from a backup; tell security.")


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(group, name="calls")
