# SPDX-License-Identifier: Apache-2.0
"""What the last month would have looked like under a draft: past days judged anew, nothing written (right_time).

Each day is read as of its instant and judged by itself: contacts that were made in fact count, contacts that a draft
would have made or left out do not. Doubts about persons and the state of loads are those of the present.
"""

from datetime import datetime

import polars as pl

from rightparty.planning.assembly import assemble_facts
from rightparty.planning.candidates import choose_candidates
from rightparty.planning.operations.propose_plan import one_per_person
from rightparty.planning.queries import read_world
from rightparty.planning.rehearsal.compare import Day, RuleSet, tally
from rightparty.planning.treatment import treat
from rightparty.planning.world import World
from rightparty.policy.evaluate import evaluate


def rehearse_day(
    *, at: datetime, present: RuleSet, draft: RuleSet, wordings: pl.DataFrame, batches: pl.DataFrame
) -> Day:
    """Judge the portfolio as of an instant by both sets of rules.

    Args:
        at: aware instant, in the past.
        present: the rules in use.
        draft: the rules that are tried.
        wordings: the approved texts.
        batches: how the loads that brought contact points stand, planning.batches.BATCHES.
    """
    world = read_world(at=at, batches=batches)
    facts = _facts(world, present, wordings)
    same = _assembles_alike(present, draft)
    return Day(
        at=at,
        present=_judged(facts, present),
        draft=_judged(facts if same else _facts(world, draft, wordings), draft),
    )


def _assembles_alike(one: RuleSet, other: RuleSet) -> bool:
    ours, theirs = one.packs.house, other.packs.house
    return (
        one.strategy.digest == other.strategy.digest
        and ours.thresholds == theirs.thresholds
        and ours.promise_grace_days == theirs.promise_grace_days
    )


def _facts(world: World, rules: RuleSet, wordings: pl.DataFrame) -> pl.DataFrame:
    house = rules.packs.house
    stepped = treat(world, rules.strategy, grace_days=house.promise_grace_days).filter(pl.col("step").is_not_null())
    treated = stepped.collect()
    least = house.thresholds.limited_content
    candidates = choose_candidates(treated.lazy(), world, rules.strategy, least_p=least).collect()
    arms = treated.select("account_id", "arm")
    facts = assemble_facts(candidates, world, wordings=wordings, thresholds=house.thresholds)
    return facts.join(arms, on="account_id", how="left", maintain_order="left")


def _judged(facts: pl.DataFrame, rules: RuleSet) -> pl.DataFrame:
    return tally(one_per_person(evaluate(facts.lazy(), rules.packs).collect()))
