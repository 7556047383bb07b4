# SPDX-License-Identifier: Apache-2.0
"""Leaps of a fit: where two rounds of EM point to, further than a third would go. Serves right_party.

EM creeps along where the events say little. Squared extrapolation (SQUAREM, Varadhan and Roland 2008, step length S3)
looks at two rounds and goes where their slowing down points, in the logarithms of all numbers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from rightparty.parties.attribution.filter import Floats
from rightparty.parties.attribution.parameters import Segment, Three, trials_of

FURTHEST: Final = 12.0
"""A leap goes at most so many rounds far: beyond, the two rounds say nothing."""

_LEAST: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fit of one segment stands."""

    segment: Segment
    #: [cell, (person, nobody, stranger)]
    prior: Floats


def leap(first: Place, second: Place, third: Place) -> Place:
    """Return the place that two rounds, from first to second to third, point to."""
    x0, x1, x2 = (_logarithms(place) for place in (first, second, third))
    step = x1 - x0
    slowing = (x2 - x1) - step
    size = float(np.linalg.norm(slowing))
    length = 1.0 if size < _LEAST else float(np.clip(np.linalg.norm(step) / size, 1.0, FURTHEST))
    return _place_of(x0 + 2.0 * length * step + length**2 * slowing, third)


def _logarithms(place: Place) -> Floats:
    segment = place.segment
    rates = [number for kind in sorted(segment.rates) for number in segment.rates[kind]]
    ages = [segment.ageing.given_up_per_year, segment.ageing.shelf_days]
    classes = [weight for row in segment.activity for weight in row]
    every = np.array([*rates, *ages, *segment.lapse_per_year, *classes, *segment.frailty, *place.prior.ravel()])
    logarithms: Floats = np.log(np.maximum(every, _LEAST))
    return logarithms


def _place_of(logarithms: Floats, like: Place) -> Place:
    """Turn logarithms back into a place; weights and outcomes are made to sum to one again."""
    numbers = iter(np.exp(np.clip(logarithms, -30.0, 10.0)).tolist())
    segment = like.segment
    rates: dict[str, Three] = {kind: (next(numbers), next(numbers), next(numbers)) for kind in sorted(segment.rates)}
    given_up, shelf = next(numbers), next(numbers)
    lapse = tuple(min(max(next(numbers), 1e-4), 3.0) for _ in segment.lapse_per_year)
    activity = tuple(_whole(next(numbers) for _ in row) for row in segment.activity)
    frailty = _whole(next(numbers) for _ in segment.frailty)
    prior = np.array(list(numbers)).reshape(like.prior.shape)
    return Place(
        segment=replace(
            segment,
            rates=_whole_trials(segment, rates),
            activity=activity,
            frailty=frailty,
            lapse_per_year=lapse,
            ageing=replace(
                segment.ageing,
                given_up_per_year=float(np.clip(given_up, 0.001, 3.0)),
                shelf_days=float(np.clip(shelf, 1.0, 3650.0)),
            ),
        ),
        prior=prior / prior.sum(axis=1, keepdims=True),
    )


def _whole_trials(segment: Segment, rates: Mapping[str, Three]) -> dict[str, Three]:
    whole = dict(rates)
    for trial in trials_of(segment):
        table = np.array([rates[kind] for kind in trial])
        shares = table / table.sum(axis=0)
        whole |= {kind: (row[0], row[1], row[2]) for kind, row in zip(trial, shares.tolist(), strict=True)}
    return whole


def _whole(weights: Iterable[float]) -> tuple[float, ...]:
    row = np.array(list(weights))
    return tuple((row / row.sum()).tolist())
