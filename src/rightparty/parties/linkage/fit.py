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
from rightparty.parties.linkage.model import FieldRates, LinkageModel
from rightparty.parties.linkage.patterns import Floats, Patterns, log_rates

ROUNDS_MOST: Final = 200
_SETTLED: Final = 1e-5
_SMALLEST: Final = 1e-9


def fit_rates(
    patterns: Patterns, random: Patterns, start: LinkageModel, *, all_pairs: float, records: float, weight: float = 20.0
) -> LinkageModel:
    """Return the model fitted to candidate pairs.

    Shape: patterns of the candidates, patterns of random pairs; `all_pairs` is how many pairs there are candidates or
    not, `records` how many records look for a partner; `weight` is how many pairs the start counts for.
    """
    model = replace(start, fields=_strangers(random, start))
    counts = patterns.counts
    sizes = np.array([start.same_per_record * records, start.household_per_record * records, all_pairs])
    before = -np.inf
    for _ in range(ROUNDS_MOST):
        joint = log_rates(patterns, model) + np.log(sizes)
        top = joint.max(axis=1, keepdims=True)
        mass = np.exp(joint - top)
        shares = mass / mass.sum(axis=1, keepdims=True)
        likelihood = float((counts * (np.log(mass.sum(axis=1)) + top[:, 0])).sum() - sizes[:2].sum())
        expected = shares * counts[:, None]
        sizes[:2] = np.maximum(expected[:, :2].sum(axis=0), 1.0)
        model = replace(model, fields=_reweighed(patterns, expected, model, start, weight))
        if abs(likelihood - before) < _SETTLED * max(abs(likelihood), 1.0) * 1e-2:
            break
        before = likelihood
    return replace(model, same_per_record=float(sizes[0] / records), household_per_record=float(sizes[1] / records))


def _strangers(random: Patterns, start: LinkageModel) -> dict[str, FieldRates]:
    """Count the levels among random pairs; what was not seen keeps its start, made small."""
    fields = {}
    for comparison in COMPARISONS:
        rates = start.fields[comparison.name]
        seen = _seen(random, comparison, random.counts)
        other = _mixed(seen, np.array(rates.other), 1.0)
        household = rates.household if comparison.shared else other
        fields[comparison.name] = FieldRates(same=rates.same, household=tuple(household), other=other)
    return fields


def _reweighed(
    patterns: Patterns, expected: Floats, model: LinkageModel, start: LinkageModel, weight: float
) -> dict[str, FieldRates]:
    fields = {}
    for comparison in COMPARISONS:
        first, now = start.fields[comparison.name], model.fields[comparison.name]
        same = _mixed(_seen(patterns, comparison, expected[:, 0]), np.array(first.same), weight)
        household = now.other
        if comparison.shared:
            household = _mixed(_seen(patterns, comparison, expected[:, 1]), np.array(first.household), weight)
        fields[comparison.name] = FieldRates(same=same, household=household, other=now.other)
    return fields


def _seen(patterns: Patterns, comparison: Comparison, counts: Floats) -> Floats:
    places = patterns.frame[comparison.name].to_numpy().astype(np.int64)
    known = places >= 0
    return np.bincount(places[known], weights=counts[known], minlength=len(comparison.levels)).astype(np.float64)


def _mixed(seen: Floats, first: Floats, weight: float) -> tuple[float, ...]:
    rates = np.maximum(seen + weight * first, _SMALLEST)
    return tuple(float(rate) for rate in rates / rates.sum())
