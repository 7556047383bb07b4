# SPDX-License-Identifier: Apache-2.0
"""Chooses what to find out before reminding: by the value of what an answer would change. Serves right_party.

A point's worth is what reminding there would gain: the chance to reach the person, less the chance to tell a stranger;
nothing, where not reminding is better. Before an answer is known, its value is the mean worth over all answers less the
worth as it stands (preposterior analysis, Raiffa and Schlaifer 1961): never below zero, and zero where no answer would
change what is done. Pairs of steps are weighed as one, since an answer may matter only together with another.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from itertools import combinations
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rightparty.kernel.clock import require_aware

type Floats = NDArray[np.float64]

CHOSEN: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "party_id": pl.String, "channel": pl.String, "value": pl.String, "step": pl.String, "gain": pl.Float64,
    "price": pl.Float64,
}  # fmt: skip
"""Columns of `choose_steps`."""


class StepsError(ValueError):
    """The parameters of re-verification are incomplete or out of range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One silent way to learn more about a point."""

    name: str
    price: float
    #: days until it may be asked again
    again: timedelta
    #: [answer, (person, nobody, stranger)]: chance of each answer
    answers: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """All steps and what a decision is worth, in minor units."""

    reach: float
    disclosure: float
    steps: tuple[Step, ...]


def read_steps(text: str | None = None) -> Steps:
    """Return the steps written as TOML, or the shipped ones.

    Raises:
        StepsError: a number is missing or negative, or the answers of a step do not sum to one in each state.
    """
    shipped = resources.files(__package__).joinpath("steps.toml")
    try:
        given = tomllib.loads(text if text is not None else shipped.read_text("utf-8"))
        return Steps(
            reach=float(given["reach"]),
            disclosure=float(given["disclosure"]),
            steps=tuple(_step(name, row) for name, row in given["step"].items()),
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as fault:
        raise StepsError(f"Steps of re-verification: {fault!r} is wrong or missing.") from fault


def _step(name: str, row: Mapping[str, Any]) -> Step:
    answers = np.array(row["answers"], dtype=np.float64)
    if answers.ndim != 2 or answers.shape[1] != 3 or (answers < 0).any() or not np.allclose(answers.sum(axis=0), 1.0):
        raise StepsError(f"{name}: {row['answers']} are not chances of answers that sum to one in each state.")
    if float(row["price"]) < 0:
        raise StepsError(f"{name}: a price below zero.")
    return Step(name=name, price=float(row["price"]), again=timedelta(days=float(row["again_days"])), answers=answers)


def worth(states: Floats, steps: Steps) -> Floats:
    """Return what the best decision is worth at points [point, (person, nobody, stranger)]."""
    best: Floats = np.maximum(steps.reach * states[:, 0] - steps.disclosure * states[:, 2], 0.0)
    return best


def value_of(states: Floats, answers: Floats, steps: Steps) -> Floats:
    """Return what knowing an answer adds to the worth of points, before its price; never below zero."""
    expected = np.zeros(len(states))
    for chances in answers:
        # the joint need not be divided by the chance of the answer: worth is of degree one
        expected += worth(states * chances, steps)
    gain: Floats = np.maximum(expected - worth(states, steps), 0.0)
    return gain


def choose_steps(
    points: pl.DataFrame, *, at: datetime, steps: Steps, allowed: frozenset[str], asked: pl.DataFrame, budget: float
) -> pl.DataFrame:
    """Choose which steps to take now, the most gain for the price first, within a budget.

    Shape: points [party_id, channel, value, p_person, p_nobody, p_stranger, contradictions_mask], asked [party_id,
    channel, value, step, asked_at] -> CHOSEN, at most one step a point. Only phones, only what is allowed, nothing
    asked again before its time; points that stand under a contradiction are left alone, since no silent look-up lifts
    one.
    """
    instant = require_aware(at)
    open_ = points.filter((pl.col("channel") == "phone") & (pl.col("contradictions_mask") == 0))
    usable = [step for step in steps.steps if step.name in allowed]
    if open_.is_empty() or not usable:
        return pl.DataFrame(schema=CHOSEN)
    states = np.ascontiguousarray(open_.select("p_person", "p_nobody", "p_stranger").to_numpy())
    free = np.stack([~_asked_lately(open_, step, asked, instant) for step in usable], axis=1)
    gain, first = np.zeros(len(states)), np.full(len(states), -1)
    for places in [*combinations(range(len(usable)), 1), *combinations(range(len(usable)), 2)]:
        found = value_of(states, _together([usable[place].answers for place in places]), steps)
        net = np.where(free[:, places].all(axis=1), found - sum(usable[place].price for place in places), -1.0)
        better = net > gain
        gain = np.where(better, net, gain)
        # the cheaper one goes first: its answer may make the other needless
        first = np.where(better, min(places, key=lambda place: usable[place].price), first)
    names = np.array([step.name for step in usable])
    prices = np.array([step.price for step in usable])
    chosen = open_.select("party_id", "channel", "value").with_columns(
        step=pl.Series(names[np.maximum(first, 0)]), gain=pl.Series(gain), price=pl.Series(prices[np.maximum(first, 0)])
    )
    ranked = chosen.filter(pl.Series(first >= 0)).sort(
        pl.col("gain") / pl.col("price").clip(1e-9), "party_id", "value", descending=[True, False, False]
    )
    within = ranked.filter(pl.col("price").cum_sum() <= budget)
    return within.select(pl.col(name).cast(kind) for name, kind in CHOSEN.items())


def _together(answers: list[Floats]) -> Floats:
    """Return the answers of several steps as those of one, taken as independent in each state."""
    joint = answers[0]
    for more in answers[1:]:
        joint = (joint[:, None, :] * more[None, :, :]).reshape(-1, 3)
    return joint


def _asked_lately(points: pl.DataFrame, step: Step, asked: pl.DataFrame, at: datetime) -> NDArray[np.bool_]:
    lately = asked.filter((pl.col("step") == step.name) & (pl.col("asked_at") > at - step.again))
    keys = lately.select("party_id", "channel", "value").unique().with_columns(lately=pl.lit(value=True))
    met = points.join(keys, on=["party_id", "channel", "value"], how="left", maintain_order="left")
    flags: NDArray[np.bool_] = met["lately"].fill_null(value=False).to_numpy()
    return flags
