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
from rightparty.planning.reverification.choose import CHOSEN, Floats, Steps

WATCHING: Final = "status_lookup"
"""The step that renews a watch."""

_YEAR_DAYS: Final = 365.25


def loss_unwatched(states: Floats, *, unwatched_days: Floats, given_up_per_year: Floats, steps: Steps) -> Floats:
    """Return what it costs that nobody watches over points [point, (person, nobody, stranger)] for some days.

    Meaning: the chance that the number passes on in that time, priced as the decision at the end that is the better one:
    to remind all the same and tell a stranger of a debt now and then, or not to remind there any more.
    """
    passes = 1.0 - np.exp(-given_up_per_year * np.maximum(unwatched_days, 0.0) / _YEAR_DAYS)
    loss: Floats = np.minimum(steps.disclosure * states[:, 0] * passes, steps.reach * states[:, 0])
    return loss


def renew_watches(
    points: pl.DataFrame, *, at: datetime, steps: Steps, allowed: frozenset[str], asked: pl.DataFrame, budget: float
) -> pl.DataFrame:
    """Choose whose watch to renew now, the most loss avoided first, within a budget.

    Shape: points [party_id, channel, value, p_person, p_nobody, p_stranger, contradictions_mask, watched_until,
    given_up_per_year, quarantine_days], asked as in `choose_steps` -> CHOSEN. Only phones that are worth reminding at
    and whose watch ends within `steps.lead`: earlier would waste the look-up, later would be too late. What was asked
    within the lead is not asked again. Nothing where the step is not allowed or the point stands under a contradiction.
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
    until_lapse = (due["watched_until"] - instant).dt.total_seconds().to_numpy() / 86_400
    horizon, hazard = steps.horizon.total_seconds() / 86_400, due["given_up_per_year"].to_numpy()
    without = loss_unwatched(states, unwatched_days=horizon - until_lapse, given_up_per_year=hazard, steps=steps)
    renewed = loss_unwatched(
        states, unwatched_days=horizon - due["quarantine_days"].to_numpy(), given_up_per_year=hazard, steps=steps
    )
    # an answer "live" renews the watch; without one nothing is gained, and what was lost would have been lost anyway
    live = states @ step.answers[0]
    gain = np.where(worthwhile, live * (without - renewed), 0.0) - step.price
    return (
        due.select(
            "party_id", "channel", "value", step=pl.lit(WATCHING), gain=pl.Series(gain), price=pl.lit(step.price)
        )
        .filter(pl.col("gain") > 0)
        .sort("gain", "party_id", "value", descending=[True, False, False])
        .filter(pl.col("price").cum_sum() <= budget)
        .select(pl.col(name).cast(kind) for name, kind in CHOSEN.items())
    )
