# SPDX-License-Identifier: Apache-2.0
"""`rightparty policy copy`, `propose`, `approve` and `drafts`: rules change by two people (right_time)."""

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from rightparty.cli.load import By, Reason
from rightparty.cli.output import At, Json, Out, answer, console, instant_of, refuse, table_of
from rightparty.cli.store import ensure_store
from rightparty.dispatch.queries import texts_in_force
from rightparty.planning.drafts.kinds import DraftError, DraftKind
from rightparty.planning.drafts.queries import installed_source, list_drafts
from rightparty.planning.operations.approve_draft import approve_draft
from rightparty.planning.operations.propose_draft import propose_draft
from rightparty.planning.strategy import StrategyError, read_strategy_file
from rightparty.policy.errors import PackError
from rightparty.policy.pack import read_house_file

_REFUSED = (DraftError, PackError, StrategyError)


def copy(directory: Annotated[Path, typer.Argument(help="Folder to write house.toml and strategy.toml into.")]) -> None:
    """Write the house rules and the strategy in use into a folder, to be edited and proposed."""
    ensure_store()
    directory.mkdir(parents=True, exist_ok=True)
    for kind in DraftKind:
        file = directory / f"{kind}.toml"
        if file.exists():
            raise refuse(f"{file} is there already", "name another folder, or take the file away")
        file.write_text(installed_source(kind).text, encoding="utf-8")
        console.print(f"written: {file}", highlight=False)


def propose(
    by: By,
    reason: Reason,
    house: Annotated[Path | None, typer.Option("--house", help="The file of house rules.")] = None,
    strategy: Annotated[Path | None, typer.Option("--strategy", help="The strategy file.")] = None,
    at: At = None,
) -> None:
    """Propose house rules or a strategy; nothing uses them before somebody else approves."""
    ensure_store()
    if (house is None) is (strategy is None):
        raise refuse("one draft at a time", "name either --house FILE or --strategy FILE")
    kind = DraftKind.HOUSE if house else DraftKind.STRATEGY
    try:
        source = read_house_file(house) if house else read_strategy_file(strategy)
        number = propose_draft(
            kind, source, wordings=texts_in_force().available, at=instant_of(at), by=by, reason=reason
        )
    except _REFUSED as error:
        raise refuse(str(error), error.remedy) from error
    console.print(f"draft {number}: {kind} {source.label}; somebody else has to approve it", highlight=False)


def approve(
    draft: Annotated[int, typer.Argument(help="The draft's number, as `rightparty policy drafts` shows it.")],
    by: By,
    at: At = None,
) -> None:
    """Approve what somebody else proposed: planner and gate use it from now on."""
    ensure_store()
    try:
        kind = approve_draft(draft, wordings=texts_in_force().available, at=instant_of(at), by=by)
    except _REFUSED as error:
        raise refuse(str(error), error.remedy) from error
    console.print(f"draft {draft} is the {kind} in use", highlight=False)


def drafts(as_json: Json = False, out: Out = None) -> None:
    """List drafts: the open ones, then the approved, newest first."""
    ensure_store()
    rows = [
        {
            "draft": draft.id,
            "kind": draft.kind,
            "file": draft.label,
            "proposed_by": draft.proposed_by,
            "proposed_at": draft.proposed_at.isoformat(),
            "reason": draft.reason,
            "approved_by": draft.approved_by,
            "approved_at": draft.approved_at.isoformat() if draft.approved_at else "",
            "sha256": draft.digest,
        }
        for draft in list_drafts()
    ]
    frame = pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame({"draft": []})
    answer(rows, as_json=as_json, out=out, tables=[table_of("Drafts", frame.drop("sha256", strict=False))])


def add_to(group: typer.Typer) -> None:
    """Add these commands to the group."""
    for command in (copy, propose, approve, drafts):
        group.command()(command)
