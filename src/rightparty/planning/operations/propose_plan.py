# SPDX-License-Identifier: Apache-2.0
"""Propose the day's reminders: gather, decide, write the plan and its reasons. Nothing is sent; only the gate decides.

Crash meaning: plan, entries and evidence leaf commit together; before that nothing was planned.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl
import structlog
from django.db import transaction

from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.masking import masked
from rightparty.kernel.reasons import BY_CODE, REASONS
from rightparty.planning.assembly import assemble_facts
from rightparty.planning.batches import within_room
from rightparty.planning.candidates import choose_candidates
from rightparty.planning.drafts.queries import installed_packs, installed_strategy
from rightparty.planning.models import Plan
from rightparty.planning.queries import read_world
from rightparty.planning.strategy import Strategy
from rightparty.planning.treatment import treat
from rightparty.planning.words import refuse_missing_words
from rightparty.policy.evaluate import evaluate
from rightparty.policy.pack import LawPacks
from rightparty.store.operations.append_rows import append_rows

log = structlog.get_logger(__name__)

_PLANNED: Final = BY_CODE["once.already_planned"].mask
_PER_PERSON: Final = BY_CODE["right_time.person_daily_cap"].mask

PROPOSAL: Final = (
    "account_id", "party_id", "person_id", "channel", "address", "step", "cycle", "template", "tone", "language",
)  # fmt: skip
"""What the outbox takes of a permitted candidate; everything else is read again at the gate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanResult:
    """What a plan proposes, and what it withholds and why."""

    plan_id: int
    #: columns PROPOSAL, one row per permitted candidate
    proposals: pl.DataFrame
    #: accounts seen, with nothing due, at rest; candidates considered, proposed, withheld
    counts: dict[str, int]
    #: reason code -> candidates withheld for it (a candidate may have several reasons)
    withheld: dict[str, int]


def propose_plan(*, at: datetime, wordings: pl.DataFrame, outbox: pl.DataFrame, batches: pl.DataFrame) -> PlanResult:
    """Plan the whole portfolio as of an instant.

    Args:
        at: aware instant; everything is read and judged as of it.
        wordings: the approved texts, [template, language, channel, disclosure, disclosure_level, version].
        outbox: reminders that exist already, [account_id, party_id, step, cycle]; they are not proposed again.
        batches: how the loads that brought contact points stand, planning.batches.BATCHES.

    Raises:
        StrategyError: the lender's strategy cannot be used.
        PackError: the law packs or house rules cannot be used.
    """
    packs = installed_packs()
    strategy = installed_strategy()
    refuse_missing_words(strategy, packs=packs, wordings=wordings)
    world = read_world(at=at, batches=batches)
    stepped = treat(world, strategy, grace_days=packs.house.promise_grace_days).collect()
    candidates = choose_candidates(
        stepped.lazy().filter(pl.col("step").is_not_null()), world, strategy, least_p=packs.thresholds.limited_content
    ).collect()
    facts = assemble_facts(candidates, world, wordings=wordings, thresholds=packs.thresholds)
    judged = within_room(one_per_person(without_planned(evaluate(facts.lazy(), packs).collect(), outbox)))
    counts = {
        "accounts seen": stepped.height,
        "nothing due": stepped.filter(pl.col("amount_due_minor") <= 0).height,
        "strategy rests": stepped.filter((pl.col("amount_due_minor") > 0) & pl.col("step").is_null()).height,
        "considered": judged.height,
        "proposed": judged.filter("permitted").height,
        "withheld": judged.filter(~pl.col("permitted")).height,
    }
    plan_id = _write(judged, {**counts, "by_arm": _by_arm(stepped)}, strategy, packs, at=at)
    log.info("plan.proposed", plan_id=plan_id, considered=counts["considered"], proposed=counts["proposed"])
    return PlanResult(
        plan_id=plan_id,
        proposals=judged.filter("permitted").select(PROPOSAL),
        counts=counts,
        withheld=_by_reason(judged),
    )


def without_planned(judged: pl.DataFrame, outbox: pl.DataFrame) -> pl.DataFrame:
    """Withhold candidates whose step and period have a reminder already (once)."""
    key = ["account_id", "party_id", "step", "cycle"]
    there = outbox.select(key).unique().with_columns(there=pl.lit(value=True))
    joined = judged.join(there, on=key, how="left", maintain_order="left")
    bit = pl.when(pl.col("there")).then(pl.lit(_PLANNED)).otherwise(pl.lit(0)).cast(pl.Int64)
    return (
        joined.with_columns(reasons_mask=pl.col("reasons_mask") | bit)
        .with_columns(permitted=pl.col("reasons_mask") == 0)
        .drop("there")
    )


def one_per_person(judged: pl.DataFrame) -> pl.DataFrame:
    """Withhold all but the most urgent permitted candidate of each person: most days past due, then the larger due."""
    urgency = ["days_past_due", "amount_due_minor", "account_id", "party_id"]
    ranked = (
        judged.with_row_index("position")
        .sort(urgency, descending=[True, True, False, False])
        .with_columns(turn=pl.col("permitted").cast(pl.Int32).cum_sum().over("person_id"))
        .sort("position")
    )
    late = pl.col("permitted") & (pl.col("turn") > 1)
    return ranked.with_columns(
        reasons_mask=pl.when(late).then(pl.lit(_PER_PERSON)).otherwise(pl.col("reasons_mask")),
        permitted=pl.col("permitted") & ~late,
    ).drop("position", "turn")


def _by_arm(stepped: pl.DataFrame) -> dict[str, int]:
    """Count the accounts with a step today by the arm of the strategy that treats them."""
    return dict(stepped.drop_nulls("step").group_by("arm").len().sort("arm").rows())


def _by_reason(judged: pl.DataFrame) -> dict[str, int]:
    masks = judged.filter(~pl.col("permitted")).group_by("reasons_mask").len().rows()
    counts = {reason.code: sum(n for mask, n in masks if mask & reason.mask) for reason in REASONS}
    return {code: count for code, count in counts.items() if count}


def _entries(judged: pl.DataFrame, plan_id: int) -> pl.DataFrame:
    return (
        judged.with_columns(address_shown=masked("address"))
        .select(
            "account_id", "party_id", "step", "channel", "address_shown", "days_past_due", "amount_due_minor",
            "currency", "p_person", "permitted", "reasons_mask", plan_id=pl.lit(plan_id),
        )
        .with_columns(
            pl.col("address_shown", "currency").fill_null(""),
            pl.col("days_past_due", "amount_due_minor").fill_null(0),
        )
    )  # fmt: skip


def _write(judged: pl.DataFrame, counts: dict[str, Any], strategy: Strategy, packs: LawPacks, *, at: datetime) -> int:
    with transaction.atomic():
        plan = Plan.objects.create(
            as_of=at,
            made_at=at,
            strategy=strategy.name,
            strategy_digest=strategy.digest,
            accounts_seen=counts["accounts seen"],
            summary={**counts, "withheld_by_reason": _by_reason(judged)},
        )
        entries = _entries(judged, plan.id)
        append_rows("planning_planentry", entries)
        digest = hashlib.sha256(entries.sort("account_id", "party_id").write_csv().encode()).hexdigest()
        leaf = LeafRecord(
            kind="plan.proposed",
            recorded_at=at,
            facts={
                "plan": plan.id,
                "strategy": strategy.digest,
                "packs": packs.digest,
                "entries_sha256": digest,
                "considered": counts["considered"],
                "proposed": counts["proposed"],
            },
        )
        plan.evidence_index = append_leaves([leaf])[0]
        plan.save(update_fields=["evidence_index"])
    return int(plan.id)
