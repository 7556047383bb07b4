# SPDX-License-Identifier: Apache-2.0
"""`rightparty plan`: who is due which reminder, by treatment strategy; who is not, and why."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl
import typer

from rightparty.cli.output import At, Json, Out, answer, instant_of, progress_console, table_of
from rightparty.cli.store import ensure_store
from rightparty.dispatch.operations.enqueue_proposals import enqueue_proposals
from rightparty.dispatch.queries import batches_as_of, outbox_keys, texts_in_force
from rightparty.planning.operations.propose_plan import propose_plan


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReport:
    """What one planning run proposed and put into the outbox."""

    plan_id: int
    at: datetime
    #: accounts looked at, reminders considered, proposed, put into the outbox, already there
    counts: dict[str, int]
    #: reason code -> reminders withheld for it (a reminder may have several)
    withheld: dict[str, int]


def plan(at: At = None, as_json: Json = False, out: Out = None) -> None:
    """Propose the day's reminders and put them into the outbox; nothing is sent."""
    ensure_store()
    instant = instant_of(at)
    with progress_console.status("planning"):
        report = run_plan(instant)
    tables = [
        table_of(f"Plan {report.plan_id} as of {instant.isoformat()}", _frame(report.counts, "what")),
        table_of("Withheld, by reason", _frame(report.withheld, "reason")),
    ]
    answer(report, as_json=as_json, out=out, tables=tables)


def run_plan(at: datetime) -> PlanReport:
    """Plan as of an instant and put the permitted reminders into the outbox."""
    result = propose_plan(
        at=at, wordings=texts_in_force().available, outbox=outbox_keys(), batches=batches_as_of(at=at)
    )
    queued = enqueue_proposals(result.proposals, plan_id=result.plan_id, at=at)
    return PlanReport(
        plan_id=result.plan_id,
        at=at,
        counts={**result.counts, "put into the outbox": queued.added, "already there": queued.already_there},
        withheld=result.withheld,
    )


def _frame(counts: dict[str, int], name: str) -> pl.DataFrame:
    return pl.DataFrame({name: list(counts), "count": list(counts.values())}).sort("count", descending=True)


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(plan)
