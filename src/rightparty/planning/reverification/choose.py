# SPDX-License-Identifier: Apache-2.0
"""Chooses what to find out before reminding: by the value of what an answer would change. Serves right_party.

A point's worth is what reminding there would gain: the chance to reach the person, less the chance to tell a stranger;
or what the person's next best point is worth, or nothing, where that is better. Before an answer is known, its value is
the mean worth over all answers less the worth as it stands (preposterior analysis, Raiffa and Schlaifer 1961). Steps
are weighed `AHEAD` deep: after each answer the best further step may follow or none, so a step that matters only
together with another is found, and the second is paid for only where the first answer leaves a doubt.
"""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rightparty.kernel.clock import require_aware

type Floats = NDArray[np.float64]
type Flags = NDArray[np.bool_]

CHOSEN: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "party_id": pl.String, "channel": pl.String, "value": pl.String, "step": pl.String, "gain": pl.Float64,
    "price": pl.Float64,
}  # fmt: skip
"""Columns of `choose_steps`."""

AHEAD: Final = 3
"""Steps that are weighed one after another."""

LEAST_POST: Final = 0.5
"""Least probability that a letter to the registered address reaches the person; it tells a stranger nothing."""

_STATES: Final = 3


class StepsError(ValueError):
    """The parameters of re-verification are incomplete or out of range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One way to learn more about a point."""

    name: str
    price: float
    #: days until it may be asked again
    again: timedelta
    #: [answer, (person, nobody, stranger)]: chance of each answer, silence among them
    answers: Floats
    #: what asking costs by itself, by whom the point reaches: person, nobody, stranger
    nuisance: tuple[float, float, float] = (0.0, 0.0, 0.0)
    #: mean days until the answer
    days: float = 0.0
    #: channels of points it can be asked about
    channels: frozenset[str] = frozenset({"phone"})
    #: a true-or-false column of the points that must be true, or nothing
    needs: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """All steps and what a decision is worth, in minor units."""

    reach: float
    disclosure: float
    steps: tuple[Step, ...]
    #: what a day's delay costs
    wait: float = 0.0
    #: how a watch is kept; see watch.py
    horizon: timedelta = timedelta(days=90)
    lead: timedelta = timedelta(days=7)
    #: share of persons who owe nothing now but are owed a reminder within the horizon
    due_share: float = 0.2


def allowed_in(market: str, named: Collection[str]) -> frozenset[str]:
    """Return the steps allowed in a market, of names like `letter` (everywhere) and `US:letter` (there alone)."""
    split = [name.rpartition(":") for name in named]
    return frozenset(step for where, _, step in split if where in ("", market))


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
            wait=float(given.get("wait_per_day", 0.0)),
            horizon=timedelta(days=float(given.get("watch_horizon_days", 90))),
            lead=timedelta(days=float(given.get("watch_lead_days", 7))),
            due_share=float(given.get("watch_due_share", 0.2)),
            steps=tuple(_step(name, row) for name, row in given["step"].items()),
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as fault:
        raise StepsError(f"Steps of re-verification: {fault!r} is wrong or missing.") from fault


def _step(name: str, row: Mapping[str, Any]) -> Step:
    answers = np.array(row["answers"], dtype=np.float64)
    shaped = answers.ndim == 2 and answers.shape[1] == _STATES
    if not shaped or (answers < 0).any() or not np.allclose(answers.sum(axis=0), 1.0):
        raise StepsError(f"{name}: {row['answers']} are not chances of answers that sum to one in each state.")
    person, nobody, stranger = (float(cost) for cost in row.get("nuisance", (0, 0, 0)))
    if min(float(row["price"]), float(row.get("days", 0)), person, nobody, stranger) < 0:
        raise StepsError(f"{name}: a price, a nuisance or a delay below zero.")
    return Step(
        name=name, price=float(row["price"]), again=timedelta(days=float(row["again_days"])), answers=answers,
        nuisance=(person, nobody, stranger), days=float(row.get("days", 0)),
        channels=frozenset(row.get("channels", ["phone"])), needs=str(row.get("needs", "")),
    )  # fmt: skip


def worth(states: Floats, steps: Steps, floor: Floats | float = 0.0) -> Floats:
    """Return what the best decision is worth at points [point, (person, nobody, stranger)].

    `floor` is what can be had without the point: the worth of the person's next best one.
    """
    best: Floats = np.maximum(steps.reach * states[:, 0] - steps.disclosure * states[:, 2], floor * states.sum(axis=1))
    return best


def value_of(states: Floats, answers: Floats, steps: Steps) -> Floats:
    """Return what knowing an answer adds to the worth of points, before its price; never below zero."""
    expected = np.zeros(len(states))
    for chances in answers:
        # the joint need not be divided by the chance of the answer: worth is of degree one
        expected += worth(states * chances, steps)
    gain: Floats = np.maximum(expected - worth(states, steps), 0.0)
    return gain


def look_ahead(
    states: Floats, usable: Sequence[Step], free: Flags, steps: Steps, floor: Floats | float, *, deep: int = AHEAD
) -> tuple[Floats, NDArray[np.int64]]:
    """Return what points are worth with up to `deep` steps first, and the place of the first step, -1 for none.

    Shape: states [point, state], free [point, step]. No step is taken twice, answers are independent in each state.
    """
    best, first = worth(states, steps, floor), np.full(len(states), -1, dtype=np.int64)
    if deep == 0:
        return best, first
    # the cheaper one first: of two that are worth the same it is taken
    for place in sorted(range(len(usable)), key=lambda each: usable[each].price):
        step = usable[place]
        left = free.copy()
        left[:, place] = False
        found = -_cost(states, step, steps)
        for chances in step.answers:
            found += look_ahead(states * chances, usable, left, steps, floor, deep=deep - 1)[0]
        better = free[:, place] & (found > best + 1e-9)
        best = np.where(better, found, best)
        first = np.where(better, place, first)
    return best, first


def _where_it_may_pay(
    states: Floats, usable: Sequence[Step], free: Flags, steps: Steps, floor: Floats
) -> tuple[Floats, NDArray[np.int64]]:
    """Look ahead at points where even the truth itself would be worth more than the cheapest step costs."""
    value, first = worth(states, steps, floor), np.full(len(states), -1, dtype=np.int64)
    truth = steps.reach * states[:, 0] + floor * (states[:, 1] + states[:, 2])
    least = np.min([_cost(states, step, steps) for step in usable], axis=0)
    rows = np.flatnonzero((np.maximum(truth, value) - value > least) & free.any(axis=1))
    value[rows], first[rows] = look_ahead(states[rows], usable, free[rows], steps, floor[rows])
    return value, first


def _cost(states: Floats, step: Step, steps: Steps) -> Floats:
    cost: Floats = states @ (np.array(step.nuisance) + step.price + steps.wait * step.days)
    return cost


def choose_steps(
    points: pl.DataFrame, *, at: datetime, steps: Steps, allowed: frozenset[str], asked: pl.DataFrame, budget: float
) -> pl.DataFrame:
    """Choose which steps to take now, the most gain for the price first, within a budget.

    Shape: points [party_id, channel, value, p_person, p_nobody, p_stranger, contradictions_mask, and what steps need],
    asked [party_id, channel, value, step, asked_at] -> CHOSEN, at most one step a point. Only what is allowed, nothing
    asked again before its time; points that stand under a contradiction are left alone, since no answer to our own
    asking lifts one. `gain` is net of price, nuisance and delay.
    """
    instant = require_aware(at)
    usable = [step for step in steps.steps if step.name in allowed]
    open_ = points.filter(pl.col("contradictions_mask") == 0)
    if open_.is_empty() or not usable:
        return pl.DataFrame(schema=CHOSEN)
    states = np.ascontiguousarray(open_.select("p_person", "p_nobody", "p_stranger").to_numpy())
    free = np.stack([_may_ask(open_, step, asked, instant) for step in usable], axis=1)
    floor = _next_best(open_["party_id"], worth(states, steps))
    value, first = _where_it_may_pay(states, usable, free, steps, floor)
    names, prices = np.array([step.name for step in usable]), np.array([step.price for step in usable])
    chosen = open_.select("party_id", "channel", "value").with_columns(
        step=pl.Series(names[np.maximum(first, 0)]),
        gain=pl.Series(value - worth(states, steps, floor)),
        price=pl.Series(prices[np.maximum(first, 0)]),
    )
    ranked = chosen.filter(pl.Series(first >= 0)).sort(
        pl.col("gain") / pl.col("price").clip(1e-9), "party_id", "value", descending=[True, False, False]
    )
    within = ranked.filter(pl.col("price").cum_sum() <= budget)
    return within.select(pl.col(name).cast(kind) for name, kind in CHOSEN.items())


def _next_best(party: pl.Series, worths: Floats) -> Floats:
    """Return for each point the greatest worth among the other points of its person; 0 without any."""
    ranked = pl.DataFrame({"party": party, "worth": worths}).with_columns(
        rank=pl.col("worth").rank("ordinal", descending=True).over("party")
    )
    top = pl.col("worth").filter(pl.col("rank") == 1).first().over("party")
    second = pl.col("worth").filter(pl.col("rank") == 2).first().over("party").fill_null(0.0)
    floor: Floats = ranked.select(pl.when(pl.col("rank") == 1).then(second).otherwise(top))[:, 0].to_numpy()
    return floor


def _may_ask(points: pl.DataFrame, step: Step, asked: pl.DataFrame, at: datetime) -> Flags:
    """Tell of which points a step can be asked now."""
    fits: Flags = points["channel"].is_in(list(step.channels)).to_numpy()
    if step.needs:
        has = points[step.needs].fill_null(value=False).to_numpy() if step.needs in points.columns else False
        fits = fits & has
    return fits & ~_asked_lately(points, step, asked, at)


def _asked_lately(points: pl.DataFrame, step: Step, asked: pl.DataFrame, at: datetime) -> Flags:
    lately = asked.filter((pl.col("step") == step.name) & (pl.col("asked_at") > at - step.again))
    keys = lately.select("party_id", "channel", "value").unique().with_columns(lately=pl.lit(value=True))
    met = points.join(keys, on=["party_id", "channel", "value"], how="left", maintain_order="left")
    flags: Flags = met["lately"].fill_null(value=False).to_numpy()
    return flags
