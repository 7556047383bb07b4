# SPDX-License-Identifier: Apache-2.0
"""right_party: what a fit counts is the slope of the likelihood, and its guards keep its errors on the safe side."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

from rightparty.parties.attribution.expect import Counts
from rightparty.parties.attribution.fit import LEAST_STRANGERS, Round, _hazard, _lawful_prior, _sample, fit
from rightparty.parties.attribution.judge import gather_evidence
from rightparty.parties.attribution.kinds import CODE
from rightparty.parties.attribution.parameters import ParametersError, read_parameters, shipped_parameters, trials_of
from rightparty.parties.attribution.weights import prior_of, stack
from rightparty.simulation.population.grow import grow
from rightparty.simulation.population.rates import read_rates

AT = datetime(2026, 6, 1, tzinfo=UTC)
SHIPPED = shipped_parameters()
SEGMENT = "phone_vn"


@pytest.fixture(scope="module")
def counted() -> Any:
    """A small portfolio with look-ups, its expected counts, and a way to nudge a number."""
    population = grow(read_rates("vn_instalment"), persons=400, seed=9, at=AT)
    evidence = gather_evidence(
        population.contact_points, population.contact_events, population.links, at=AT, parameters=SHIPPED
    ).evidence
    sample = _sample(evidence.subjects.filter(pl.col("segment") == SEGMENT), evidence.stream, at=AT)
    weights = stack((SEGMENT,), [SHIPPED.segments[SEGMENT]])
    prior = prior_of(sample.subjects, SHIPPED)
    pool = ThreadPoolExecutor(2)
    counts, out = sample.count(weights, prior, pool=pool)

    def slope(array: Any, place: tuple[int, ...]) -> float:
        kept, up_down = array[place].copy(), []
        for factor in (1 + 1e-5, 1 - 1e-5):
            array[place] = kept * factor
            up_down.append(sample.likelihood(weights, prior, pool=pool))
        array[place] = kept
        return (up_down[0] - up_down[1]) / 2e-5

    return counts, out, sample.likelihood(weights, prior, pool=pool), weights, slope


def test_going_forward_and_back_gives_the_likelihood_of_the_filter(counted: Any) -> None:
    _, out, likelihood, _, _ = counted
    assert out[:, 3].sum() == pytest.approx(likelihood, abs=1e-6)
    assert np.abs(out[:, :3].sum(axis=1) - 1.0).max() < 1e-9


@pytest.mark.parametrize("kind", ["login", "replied", "wrong_party", "delivered", "status_dead", "newer_point"])
@pytest.mark.parametrize("state", [0, 1, 2])
def test_expected_events_are_the_slope_of_the_likelihood(counted: Any, kind: str, state: int) -> None:
    counts, _, _, weights, slope = counted
    expected = counts.events[CODE[kind], state]
    assert expected == pytest.approx(slope(weights.given, (0, CODE[kind], state)), rel=1e-4, abs=1e-3)


def test_expected_exposure_and_givings_up_are_slopes_too(counted: Any) -> None:
    counts, _, _, weights, slope = counted
    code = CODE["replied"]
    contacts = -slope(weights.silence, (0, code, 0)) / weights.silence[0, code, 0]
    assert counts.contacts[0] == pytest.approx(contacts, rel=1e-4)
    days = -slope(weights.silence, (0, CODE["newer_point"], 0)) / weights.silence[0, CODE["newer_point"], 0]
    assert counts.days[1] == pytest.approx(days, rel=0.02)
    # the stranger's hazard is the same number and adds a little of its own
    assert counts.given_up[:, 0].sum() == pytest.approx(slope(weights.ageing, (0, 0)), rel=0.02)


def test_a_fit_believes_published_lives_and_doubts_assumed_ones() -> None:
    """Whoever is only silent may have given up: nothing may persuade a fit of immortal numbers."""
    nobody_gave_up = Counts.nothing()
    nobody_gave_up.given_up[1] = 0.0, 1e9
    for name, longer in (("phone_us", 1.5), ("phone_cn", 1.5), ("phone_cz", 4.0)):
        shipped = SHIPPED.segments[name]
        found = _hazard(shipped, shipped.frailty, shipped, nobody_gave_up).given_up_per_year
        assert found == pytest.approx(shipped.ageing.given_up_per_year / longer)


def test_the_hazard_is_learned_only_where_a_carrier_could_tell() -> None:
    unwatched = Counts.nothing()
    unwatched.given_up[0] = 0.0, 1e9
    shipped = SHIPPED.segments["phone_us"]
    found = _hazard(shipped, shipped.frailty, shipped, unwatched).given_up_per_year
    assert found == pytest.approx(shipped.ageing.given_up_per_year)


def test_a_bound_on_the_mean_life_holds_however_people_differ() -> None:
    nobody_gave_up = Counts.nothing()
    nobody_gave_up.given_up[1] = 0.0, 1e9
    shipped = SHIPPED.segments["phone_us"]
    sturdy = (0.9, 0.1, 0.0)
    found = _hazard(shipped, sturdy, shipped, nobody_gave_up).given_up_per_year
    mean = np.array([0.2, 1.0, 3.0])
    assert found * (mean @ sturdy) >= shipped.ageing.given_up_per_year * (mean @ np.array(shipped.frailty)) / 1.5 - 1e-9


@pytest.fixture(scope="module")
def fitted() -> Any:
    population = grow(read_rates("us_card"), persons=1_200, seed=12, at=AT)
    evidence = gather_evidence(
        population.contact_points, population.contact_events, population.links, at=AT, parameters=SHIPPED
    ).evidence
    rounds: list[Round] = []
    found = fit(evidence, SHIPPED, at=AT, version="t", rounds=(5, 0), watch=rounds.append)
    assert [each.done for each in rounds] == list(range(1, rounds[-1].total + 1))
    return found


def test_a_delivery_ends_alike_at_the_persons_and_at_a_strangers(fitted: Any) -> None:
    for name in ("phone_us", "email"):
        person, nobody, stranger = fitted.segments[name].rates["delivered"]
        assert person == pytest.approx(stranger)
        assert nobody < 0.6 * person


def test_a_newer_point_and_an_end_of_validity_never_speak_for_the_person(fitted: Any) -> None:
    for segment in fitted.segments.values():
        for kind in ("newer_point", "expired", "wrong_party"):
            assert segment.rates[kind][0] <= min(segment.rates[kind][1:]) * (1 + 1e-9)


def test_who_an_installation_belongs_to_at_first_is_no_matter_for_a_fit(fitted: Any) -> None:
    app = [key for key in SHIPPED.prior if key[0] == "app"]
    assert all(fitted.prior[key] == pytest.approx(SHIPPED.prior[key]) for key in app)


def test_a_code_that_was_read_did_not_reach_nobody(fitted: Any) -> None:
    read = [key for key in SHIPPED.prior if key[3] in ("confirmed", "both")]
    assert all(fitted.prior[key][1] <= SHIPPED.prior[key][1] * 1.2 + 1e-7 for key in read)
    plain = [key for key in SHIPPED.prior if key[3] == "plain" and key[0] != "app"]
    assert any(fitted.prior[key][1] > SHIPPED.prior[key][1] * 1.2 for key in plain), "others are learned"


def test_wherever_a_leap_goes_strangers_at_collection_are_not_ruled_out() -> None:
    start = np.array([[0.96, 0.01, 0.03], [0.9993, 0.0001, 0.0006]])
    found = _lawful_prior(np.array([[0.99, 0.01, 0.0], [0.97, 0.03, 0.0]]), start, np.array([False, True]))
    assert np.allclose(found.sum(axis=1), 1.0)
    assert (found[:, 2] >= LEAST_STRANGERS * start[:, 2] * 0.98).all()
    assert found[0, 1] > 0.009
    assert found[1, 1] < 0.00011


def test_letters_have_no_receipts() -> None:
    assert ("delivered", "undelivered", "unknown_subscriber") not in trials_of(SHIPPED.segments["post"])
    assert ("delivered", "undelivered", "unknown_subscriber") in trials_of(SHIPPED.segments["phone_us"])


def test_a_rule_that_no_fit_could_keep_is_refused() -> None:
    from importlib import resources

    text = resources.files("rightparty.parties.attribution").joinpath("parameters.toml").read_text("utf-8")
    with pytest.raises(ParametersError, match="longer_at_most"):
        read_parameters(text.replace("longer_at_most = 1.5", "longer_at_most = 0.5", 1))


def test_a_segment_that_is_hardly_seen_keeps_its_numbers(fitted: Any) -> None:
    assert fitted.segments["phone_cn"] == SHIPPED.segments["phone_cn"]
