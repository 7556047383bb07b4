# SPDX-License-Identifier: Apache-2.0
"""`rightparty demo`: the main job on the sample lender, from its files to the phones, and what came of it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from django.conf import settings
from rich.table import Table

from rightparty.cli.audit import audit
from rightparty.cli.dispatch import run_dispatch
from rightparty.cli.load import report_tables, run_load
from rightparty.cli.output import Json, Out, answer, console, progress_console, refuse, table_of
from rightparty.cli.plan import PlanReport, run_plan
from rightparty.cli.sample import SAMPLE_AS_OF, SAMPLE_SEED
from rightparty.cli.serve import run_server
from rightparty.cli.store import ensure_store, make_user
from rightparty.dispatch.queries import released_reminders, withheld_at_the_gate
from rightparty.evidence.queries import verify_log
from rightparty.intake.queries import list_loads
from rightparty.kernel.promises import Promise
from rightparty.simulation.operations.write_sample import write_sample_lender
from rightparty.simulation.truth import judge, read_truth, send_to_everyone

ROUNDS = (
    ("Monday 10:00 in Shanghai", SAMPLE_AS_OF),
    ("Monday 10:00 in New York", datetime(2026, 11, 23, 15, 0, tzinfo=UTC)),
)
"""Two planning rounds, since no single instant is lawful for every market."""


@dataclass(slots=True, kw_only=True)
class DemoReport:
    """The closing summary."""

    plans: list[PlanReport] = field(default_factory=list)
    #: what happened to the reminders of the day, one line each
    day: dict[str, int] = field(default_factory=dict)
    #: promise -> reminders held by it (at the plan, at the gate)
    held: list[dict[str, object]] = field(default_factory=list)
    #: who received, by the sample's truth, ours beside sending to everyone
    received: list[dict[str, object]] = field(default_factory=list)
    evidence: str = ""


def demo(
    serve: Annotated[bool, typer.Option(help="Serve the pages afterwards.")] = True,
    port: Annotated[int, typer.Option(help="Port to serve on.")] = 8000,
    as_json: Json = False,
    out: Out = None,
) -> None:
    """Run the main job on the sample lender, then serve the pages."""
    ensure_store()
    if list_loads().height:
        raise refuse("this store holds loads already", "set RIGHTPARTY_HOME to an empty folder, or use make demo")
    home = Path(str(settings.RIGHTPARTY["HOME"]))
    report = run_demo(home / "sample", home / "truth", quiet=as_json)
    answer(report, as_json=as_json, out=out, tables=_tables(report))
    if not as_json and out is None:
        console.print(f"evidence: {report.evidence}", highlight=False)
    if serve:
        password = make_user("demo")
        console.print(f"\nconsole: http://127.0.0.1:{port}/console/   name demo, password {password}", highlight=False)
        console.print(f"handsets and mailboxes: http://127.0.0.1:{port}/sim/", highlight=False)
        run_server(host="127.0.0.1", port=port)


def run_demo(deliveries: Path, truth_directory: Path, *, quiet: bool) -> DemoReport:
    """Write the sample, take it in, plan and dispatch two rounds, judge by the truth."""
    report = DemoReport()
    write_sample_lender(
        deliveries, seed=SAMPLE_SEED, as_of=SAMPLE_AS_OF, cards=None, berka=None, truth_directory=truth_directory
    )
    for delivery in ("portfolio", "contact_refresh"):
        load = run_load(deliveries / delivery, label=delivery, at=SAMPLE_AS_OF.isoformat(), dry_run=False)
        if not quiet:
            for table in report_tables(load):
                console.print(table)
    if not quiet:
        audit(at=SAMPLE_AS_OF.isoformat())
    for number, (_name, at) in enumerate(ROUNDS):
        with progress_console.status(f"planning round {number + 1}"):
            report.plans.append(run_plan(at))
        if number == 0:  # money that had arrived but was not posted when the plan was made
            run_load(deliveries / "late_postings", label="late_postings", at=at.isoformat(), dry_run=False)
        later = at + timedelta(minutes=5)
        run_dispatch(lambda later=later: later)  # type: ignore[misc]
    _summarise(report, truth_directory)
    return report


def _summarise(report: DemoReport, truth_directory: Path) -> None:
    released, withheld = released_reminders(), withheld_at_the_gate()
    report.day = {
        "proposed": sum(p.counts["put into the outbox"] for p in report.plans),
        "held at the gate": withheld.height,
        "released": released.height,
        "delivered": released.filter(pl.col("state") == "delivered").height,
    }
    report.held = [_held_by(promise, report.plans, withheld) for promise in Promise]
    truth = read_truth(truth_directory)
    report.received = [
        {"policy": "rightparty", **judge(released, truth)},
        *send_to_everyone(truth, at=SAMPLE_AS_OF),
    ]
    report.evidence = verify_log().sentence()


def _held_by(promise: Promise, plans: list[PlanReport], withheld: pl.DataFrame) -> dict[str, object]:
    at_plan = [sum(n for code, n in p.withheld.items() if code.startswith(f"{promise}.")) for p in plans]
    codes = withheld.explode("reasons").filter(pl.col("reasons").str.starts_with(f"{promise}."))
    return {
        "promise": promise.value,
        **{name: count for (name, _at), count in zip(ROUNDS, at_plan, strict=True)},
        "at the gate": codes.height,
    }


def _tables(report: DemoReport) -> list[Table]:
    return [
        table_of("The day", pl.DataFrame({"what": list(report.day), "reminders": list(report.day.values())})),
        table_of("Held back, by promise", pl.DataFrame(report.held)),
        table_of("Who received it (the sample's truth is known)", pl.DataFrame(report.received)),
    ]


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(demo)
