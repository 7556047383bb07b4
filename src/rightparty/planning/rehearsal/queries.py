# SPDX-License-Identifier: Apache-2.0
"""What the last month would have looked like under a draft: past days judged anew, nothing written (right_time).

Each day is read as of its instant and judged by itself: contacts that were made in fact count, contacts that a draft
would have made or left out do not. Doubts about persons and the state of loads are those of the present.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import polars as pl

from rightparty.planning.assembly import assemble_facts
from rightparty.planning.candidates import choose_candidates
from rightparty.planning.operations.propose_plan import one_per_person, without_planned
from rightparty.planning.queries import read_world
from rightparty.planning.rehearsal.compare import Day, RuleSet, tally
from rightparty.planning.treatment import treat
from rightparty.planning.world import World
from rightparty.policy.evaluate import evaluate

_KEY: Final = {"account_id": pl.String, "party_id": pl.String, "step": pl.String, "cycle": pl.String}


def rehearse(
    instants: Sequence[datetime], *, present: RuleSet, draft: RuleSet, wordings: pl.DataFrame, batches: pl.DataFrame
) -> Iterator[Day]:
    """Judge the portfolio as of each instant by both sets of rules, one day after another.

    Args:
        instants: aware, in the past, ascending.
        present: the rules in use.
        draft: the rules that are tried.
        wordings: the approved texts.
        batches: how the loads that brought contact points stand, planning.batches.BATCHES.

    Meaning: what one of these days proposed is not proposed again on a later one for the same step and period (once).
    """
    planned = [pl.DataFrame(schema=_KEY), pl.DataFrame(schema=_KEY)]
    for at in instants:
        world = read_world(at=at, batches=batches)
        # what came later is no contradiction here: it had not happened yet
        world = replace(world, history=world.history.filter(pl.col("occurred_at") <= at))
        facts = _facts(world, present, wordings)
        tried = facts if _assembles_alike(present, draft) else _facts(world, draft, wordings)
        told = [
            _judged(frame, rules, outbox)
            for frame, rules, outbox in zip((facts, tried), (present, draft), planned, strict=True)
        ]
        planned = [
            pl.concat([outbox, judged.filter("permitted").select(pl.col(n).cast(k) for n, k in _KEY.items())])
            for outbox, judged in zip(planned, told, strict=True)
        ]
        yield Day(at=at, present=tally(told[0]), draft=tally(told[1]))


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


def _judged(facts: pl.DataFrame, rules: RuleSet, outbox: pl.DataFrame) -> pl.DataFrame:
    return one_per_person(without_planned(evaluate(facts.lazy(), rules.packs).collect(), outbox))
