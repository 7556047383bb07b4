# SPDX-License-Identifier: Apache-2.0
"""Fits the model to a portfolio's own pairs, without labels. Serves right_party.

Expectation-maximisation (Dempster, Laird and Rubin 1977; for linkage Winkler 1988) over three latent classes: one
human, one household, strangers. What strangers look like is not latent: it is counted on random pairs, and the names'
own frequencies. In a household, personal fields agree as they do among strangers.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from rightparty.parties.linkage.comparisons import COMPARISONS, Comparison
from rightparty.parties.linkage.model import FieldRates, LinkageModel, Rates
from rightparty.parties.linkage.patterns import Floats, Patterns, log_rates

ROUNDS_MOST: Final = 200
TWINS: Final = 0.003
"""Assumed share of pairs within a household that are twins: 1.2 % of births, and a third of such pairs siblings."""

_COUNTED_FROM: Final = 10
"""Random pairs that must show a level for their count alone to be believed."""

_SETTLED: Final = 1e-7
_SMALLEST: Final = 1e-9


def fit_rates(
    patterns: Patterns,
    random: Patterns,
    start: LinkageModel,
    *,
    all_pairs: float,
    records: float,
    version: str = "fitted",
    weight: float = 20.0,
) -> LinkageModel:
    """Return the model fitted to candidate pairs.

    Shape: patterns of the candidates, patterns of random pairs; `all_pairs` is how many pairs there are candidates or
    not, `records` how many records look for a partner; `weight` is how many pairs the start counts for.
    """
    model = replace(start, version=version, source="fitted without labels")
    sizes = np.array([start.same_per_record * records, start.household_per_record * records, all_pairs])
    before = -np.inf
    for _ in range(ROUNDS_MOST):
        expected, likelihood = _expected(patterns, model, sizes)
        strangers, _ = _expected(random, model, sizes)
        sizes[:2] = np.maximum(expected[:, :2].sum(axis=0), 1.0)
        model = replace(model, fields=_reweighed((patterns, expected), (random, strangers[:, 2]), start, weight))
        likelihood -= float(sizes[:2].sum())
        if abs(likelihood - before) < _SETTLED * abs(likelihood):
            break
        before = likelihood
    return replace(model, same_per_record=float(sizes[0] / records), household_per_record=float(sizes[1] / records))


def _expected(patterns: Patterns, model: LinkageModel, sizes: Floats) -> tuple[Floats, float]:
    """Return how many pairs of each pattern each class is expected to have, and the log likelihood."""
    joint = log_rates(patterns, model) + np.log(sizes)
    top = joint.max(axis=1, keepdims=True)
    mass = np.exp(joint - top)
    total = mass.sum(axis=1, keepdims=True)
    counts = patterns.counts
    return mass / total * counts[:, None], float((counts * (np.log(total) + top)[:, 0]).sum())


def _reweighed(
    found: tuple[Patterns, Floats], random: tuple[Patterns, Floats], start: LinkageModel, weight: float
) -> dict[str, FieldRates]:
    """Return the rates that fit what is expected; strangers are counted on random pairs, less those expected kin."""
    fields = {}
    for comparison in COMPARISONS:
        first = start.fields[comparison.name]
        other = _counted(_seen(random[0], comparison, random[1]), np.array(first.other))
        same = _mixed(_seen(found[0], comparison, found[1][:, 0]), np.array(first.same), weight)
        household = beside(comparison, other)
        if comparison.shared:
            household = _mixed(_seen(found[0], comparison, found[1][:, 1]), np.array(first.household), weight)
        fields[comparison.name] = FieldRates(same=same, household=household, other=other)
    return fields


def beside(comparison: Comparison, other: Rates) -> Rates:
    """Return what a personal field looks like within a household: as among strangers, but for twins' birthdays."""
    if comparison.name != "birth_date":
        return other
    lifted = (max(other[0], TWINS), *other[1:])
    return tuple(rate / sum(lifted) for rate in lifted)


def _seen(patterns: Patterns, comparison: Comparison, counts: Floats) -> Floats:
    places = patterns.frame[comparison.name].to_numpy().astype(np.int64)
    known = places >= 0
    return np.bincount(places[known], weights=counts[known], minlength=len(comparison.levels)).astype(np.float64)


def _counted(seen: Floats, first: Floats) -> Rates:
    """Return the rates among random pairs; what was seen too rarely to count keeps its start beside it."""
    total = seen.sum()
    if total < _COUNTED_FROM:
        return tuple(float(rate) for rate in first)
    rates = np.where(seen < _COUNTED_FROM, seen / total + np.minimum(first, _COUNTED_FROM / total), seen / total)
    return tuple(float(rate) for rate in rates / rates.sum())


def _mixed(seen: Floats, first: Floats, weight: float) -> tuple[float, ...]:
    rates = np.maximum(seen + weight * first, _SMALLEST)
    return tuple(float(rate) for rate in rates / rates.sum())
