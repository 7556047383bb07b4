# SPDX-License-Identifier: Apache-2.0
"""The demo's closing summary: what became of the day's reminders, what held them, and who really received them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from rich.table import Table

from rightparty.cli.output import table_of
from rightparty.cli.plan import PlanReport
from rightparty.dispatch.queries import released_reminders, withheld_at_the_gate
from rightparty.evidence.queries import verify_log
from rightparty.kernel.promises import Promise
from rightparty.kernel.vocabulary import Disclosure
from rightparty.simulation.truth import Truth, judge, read_truth, send_to_everyone


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoReport:
    """What the demo did."""

    #: one line per planning round
    rounds: list[dict[str, object]]
    #: promise -> reminders held by it, at each round's plan and at the gate (a reminder may have several reasons)
    held: list[dict[str, object]]
    #: who received, by the sample's truth: ours beside sending to everyone
    received: list[dict[str, object]]
    evidence: str

    def tables(self) -> list[Table]:
        """Return the report as tables for people."""
        return [
            table_of("The day", pl.DataFrame(self.rounds)),
            table_of("Held back, by promise", pl.DataFrame(self.held)),
            table_of("Who received them (the sample's truth is known)", pl.DataFrame(self.received)),
        ]


def summarise(plans: Sequence[tuple[str, PlanReport]], *, everyone_at: datetime, truth_directory: Path) -> DemoReport:
    """Sum up the day; the only place of the command line that reads the truth."""
    released, withheld = released_reminders(), withheld_at_the_gate()
    return DemoReport(
        rounds=[_round(name, plan, released, withheld) for name, plan in plans],
        held=[_held_by(promise, plans, withheld) for promise in Promise],
        received=_received(released, read_truth(truth_directory), at=everyone_at),
        evidence=verify_log().sentence(),
    )


def _round(name: str, plan: PlanReport, released: pl.DataFrame, withheld: pl.DataFrame) -> dict[str, object]:
    mine = released.filter(pl.col("plan_id") == plan.plan_id)
    return {
        "round": name,
        "considered": plan.counts["considered"],
        "proposed": plan.counts["proposed"],
        "held at the gate": withheld.filter(pl.col("plan_id") == plan.plan_id).height,
        "released": mine.height,
        "delivered": mine.filter(pl.col("state") == "delivered").height,
    }


def _held_by(promise: Promise, plans: Sequence[tuple[str, PlanReport]], withheld: pl.DataFrame) -> dict[str, object]:
    prefix = f"{promise}."
    at_gate = withheld.filter(pl.col("reasons").list.eval(pl.element().str.starts_with(prefix)).list.any())
    return {
        "promise": promise.value,
        **{
            f"plan, {name}": sum(n for code, n in plan.withheld.items() if code.startswith(prefix))
            for name, plan in plans
        },
        "at the gate": at_gate.height,
    }


def _received(released: pl.DataFrame, truth: Truth, *, at: datetime) -> list[dict[str, object]]:
    telling = released.filter(pl.col("disclosure") != Disclosure.LIMITED_CONTENT.value)
    neutral = released.filter(pl.col("disclosure") == Disclosure.LIMITED_CONTENT.value)
    return [
        {"what was sent": "by rightparty, all", **judge(released, truth)},
        {"what was sent": "  telling of a debt", **judge(telling, truth)},
        {"what was sent": "  neutral texts", **judge(neutral, truth)},
        *({"what was sent": f"to {line.pop('policy')}", **line} for line in send_to_everyone(truth, at=at)),
    ]
