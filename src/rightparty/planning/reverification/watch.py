# SPDX-License-Identifier: Apache-2.0
"""Keeps the watch over numbers worth keeping: a cheap look-up before the watch lapses. Serves right_party.

A number that was heard of cannot pass to a stranger within the carrier's quarantine unseen. When that time runs out the
watch lapses; from then on the number may have been given up, kept out of use and sold, and nothing would show it. A
look-up in the last days before renews the watch for another quarantine.
"""

from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from rightparty.kernel.clock import require_aware
from rightparty.planning.reverification.choose import CHOSEN, Floats, Step, Steps

WATCHING: Final = "status_lookup"
"""The step that renews a watch."""

LATER: Final = "holder_lookup"
"""The step that can find out later what an unwatched number did meanwhile, with errors."""

MOMENTS: Final = 32
"""Days of the horizon at which the loss is taken."""

_YEAR_DAYS: Final = 365.25


def loss_unwatched(
    states: Floats, *, lapse_days: Floats, given_up_per_year: Floats, steps: Steps, later: Step | None
) -> Floats:
    """Return what a lapsed watch costs a reminder at points [point, (person, nobody, stranger)], over the horizon.

    Meaning: the reminder falls on any day of the horizon alike. After `lapse_days` the number may have passed on, at
    most as often as it is given up. Of three ways the cheapest is taken then: remind all the same and now and then tell
    a stranger of a debt; ask `later` first, if that is allowed, and tell him where its answer was wrong; or not remind.
    """
    total = np.zeros(len(states))
    horizon = steps.horizon.total_seconds() / 86_400
    for day in (np.arange(MOMENTS) + 0.5) * horizon / MOMENTS:
        passed = states[:, 0] * (1.0 - np.exp(-given_up_per_year * np.maximum(day - lapse_days, 0.0) / _YEAR_DAYS))
        loss = np.minimum(steps.disclosure * passed, steps.reach * states[:, 0])
        if later is not None:
            missed = later.answers[0, 2]
            loss = np.minimum(loss, later.price + steps.disclosure * passed * missed)
        total += loss
    mean: Floats = total / MOMENTS
    return mean


def renew_watches(
    points: pl.DataFrame, *, at: datetime, steps: Steps, allowed: frozenset[str], asked: pl.DataFrame, budget: float
) -> pl.DataFrame:
    """Choose whose watch to renew now, the most loss avoided first, within a budget.

    Shape: points [party_id, channel, value, p_person, p_nobody, p_stranger, contradictions_mask, watched_until,
    given_up_per_year, quarantine_days, owes], asked as in `choose_steps` -> CHOSEN. Only phones that are worth
    reminding at and whose watch ends within `steps.lead`: earlier would waste the look-up, later would be too late.
    What was asked within the lead is not asked again. Nothing where the step is not allowed or the point stands under
    a contradiction.
    """
    instant = require_aware(at)
    step = next((step for step in steps.steps if step.name == WATCHING and step.name in allowed), None)
    due = points.filter(
        (pl.col("channel") == "phone")
        & (pl.col("contradictions_mask") == 0)
        & (pl.col("watched_until") > instant)
        & (pl.col("watched_until") <= instant + steps.lead)
    ).join(
        asked.filter((pl.col("step") == WATCHING) & (pl.col("asked_at") > instant - steps.lead)),
        on=["party_id", "channel", "value"], how="anti",
    )  # fmt: skip
    if step is None or due.is_empty():
        return pl.DataFrame(schema=CHOSEN)
    states = np.ascontiguousarray(due.select("p_person", "p_nobody", "p_stranger").to_numpy())
    worthwhile = steps.reach * states[:, 0] > steps.disclosure * states[:, 2]
    lapse = (due["watched_until"] - instant).dt.total_seconds().to_numpy() / 86_400
    by_name = {each.name: each for each in steps.steps if each.name in allowed}

    def loss(days: Floats) -> Floats:
        hazard = due["given_up_per_year"].to_numpy()
        return loss_unwatched(states, lapse_days=days, given_up_per_year=hazard, steps=steps, later=by_name.get(LATER))

    # without an answer "live" nothing is gained, and what was lost would have been lost anyway
    live, owed = states @ step.answers[0], due["owes"].cast(pl.Float64).to_numpy()
    due_share = np.maximum(owed, steps.due_share)
    saved = due_share * live * (loss(lapse) - loss(due["quarantine_days"].to_numpy()))
    gain = np.where(worthwhile, saved, 0.0) - step.price
    return (
        due.select(
            "party_id", "channel", "value", step=pl.lit(WATCHING), gain=pl.Series(gain), price=pl.lit(step.price)
        )
        .filter(pl.col("gain") > 0)
        .sort("gain", "party_id", "value", descending=[True, False, False])
        .filter(pl.col("price").cum_sum() <= budget)
        .select(pl.col(name).cast(kind) for name, kind in CHOSEN.items())
    )
