# SPDX-License-Identifier: Apache-2.0
"""right_party: between events attribution has a closed form in time, so a kept state need not read them again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from rightparty.parties.attribution.carried import carry_forward, freeze
from rightparty.parties.attribution.evidence import Evidence
from rightparty.parties.attribution.judge import gather_evidence, probabilities
from rightparty.parties.attribution.parameters import shipped_parameters
from rightparty.parties.attribution.weights import prior_of, weights_of
from rightparty.simulation.population.grow import grow
from rightparty.simulation.population.rates import read_rates

AT = datetime(2026, 6, 1, tzinfo=UTC)
PARAMETERS = shipped_parameters()
WEIGHTS = weights_of(PARAMETERS)


@pytest.fixture(scope="module", params=["us_card", "cn_cash_loan"])
def evidence(request: Any) -> Evidence:
    population = grow(read_rates(request.param), persons=500, seed=6, at=AT)
    return gather_evidence(
        population.contact_points, population.contact_events, population.links, at=AT, parameters=PARAMETERS
    ).evidence


@pytest.mark.parametrize("later", [timedelta(0), timedelta(seconds=1), timedelta(hours=7), timedelta(days=1000)])
def test_a_state_carried_forward_says_what_judging_again_says(evidence: Evidence, later: timedelta) -> None:
    prior = prior_of(evidence.subjects, PARAMETERS)
    states = freeze(evidence, prior, WEIGHTS)
    carried = carry_forward(states, evidence, WEIGHTS, at=AT + later)
    again = probabilities(evidence, prior, WEIGHTS, at=AT + later)[:, :3]
    assert np.abs(carried - again).max() < 1e-9
    assert np.abs(carried.sum(axis=1) - 1).max() < 1e-9


def test_carrying_forward_reads_no_event_and_changes_no_state(evidence: Evidence) -> None:
    states = freeze(evidence, prior_of(evidence.subjects, PARAMETERS), WEIGHTS)
    kept = states.copy()
    blind = replace(evidence, days=np.empty(0), kinds=np.empty(0, np.int8), offsets=np.zeros_like(evidence.offsets))
    first = carry_forward(states, evidence, WEIGHTS, at=AT + timedelta(days=30))
    assert np.array_equal(first, carry_forward(states, blind, WEIGHTS, at=AT + timedelta(days=30)))
    assert np.array_equal(states, kept)
