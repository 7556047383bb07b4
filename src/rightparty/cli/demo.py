# SPDX-License-Identifier: Apache-2.0
"""`rightparty demo`: the main job on the sample lender, from its files to the phones, and what came of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings

from rightparty.cli.audit import audit
from rightparty.cli.demo_summary import DemoReport, summarise
from rightparty.cli.dispatch import run_dispatch
from rightparty.cli.load import report_tables, run_load
from rightparty.cli.output import Json, Out, answer, console, progress_console, refuse
from rightparty.cli.plan import run_plan
from rightparty.cli.sample import SAMPLE_AS_OF, SAMPLE_SEED
from rightparty.cli.serve import run_server
from rightparty.cli.store import ensure_store, make_user
from rightparty.intake.queries import list_loads
from rightparty.kernel.clock import Clock
from rightparty.simulation.operations.write_sample import write_sample_lender

ROUNDS = (
    ("Monday 10:00 in Shanghai", SAMPLE_AS_OF),
    ("Monday 10:00 in New York", datetime(2026, 11, 23, 15, 0, tzinfo=UTC)),
)
"""Two planning rounds, since no single instant is lawful for every market."""


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
    answer(report, as_json=as_json, out=out, tables=report.tables())
    if not as_json and out is None:
        console.print(f"evidence: {report.evidence}", highlight=False)
    if serve:
        password = make_user("demo", decides_loads=True, decides_batches=True, resumes_dispatch=True)
        console.print(f"\nconsole: http://127.0.0.1:{port}/console/   name demo, password {password}", highlight=False)
        console.print(f"handsets and mailboxes: http://127.0.0.1:{port}/sim/", highlight=False)
        run_server(host="127.0.0.1", port=port)


def run_demo(deliveries: Path, truth_directory: Path, *, quiet: bool) -> DemoReport:
    """Write the sample, take it in, plan and dispatch two rounds, judge by the truth."""
    write_sample_lender(
        deliveries, seed=SAMPLE_SEED, as_of=SAMPLE_AS_OF, cards=None, berka=None, truth_directory=truth_directory
    )
    for delivery in ("portfolio", "contact_refresh"):
        load = run_load(deliveries / delivery, label=delivery, at=SAMPLE_AS_OF.isoformat(), dry_run=False)
        if not quiet:
            shown = report_tables(load)
            for table in shown if load.outcome == "quarantined" else shown[:1]:
                console.print(table)
            console.print(f"{load.moved_values:,} contact values moved from one person to another\n")
    if not quiet:
        audit(at=SAMPLE_AS_OF.isoformat())
    plans = []
    for number, (name, at) in enumerate(ROUNDS):
        with progress_console.status(f"planning: {name}"):
            plans.append((name, run_plan(at)))
        if number == 0:  # money that had arrived but was not posted when the plan was made
            run_load(deliveries / "late_postings", label="late_postings", at=at.isoformat(), dry_run=False)
        run_dispatch(_standing_at(at + timedelta(minutes=5)))
    return summarise(plans, everyone_at=SAMPLE_AS_OF, truth_directory=truth_directory)


def _standing_at(instant: datetime) -> Clock:
    return lambda: instant


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(demo)
