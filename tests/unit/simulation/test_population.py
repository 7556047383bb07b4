# SPDX-License-Identifier: Apache-2.0
"""Populations with a known truth: births, moves, devices and habits are there, and the truth is consistent."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

from rightparty.simulation.population.grow import Population, grow
from rightparty.simulation.population.lives import APP, POST, YEAR
from rightparty.simulation.population.rates import PopulationError, presets, read_rates

AT = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def population() -> Population:
    return grow(read_rates("us_card"), persons=4_000, seed=3, at=AT)


def test_every_preset_has_all_channels() -> None:
    for name in presets():
        small = grow(read_rates(name), persons=400, seed=1, at=AT)
        assert set(small.contact_points["channel"]) == {"phone", "email", "post", "app"}, name


def test_the_same_seed_grows_the_same_population() -> None:
    one, two = (grow(read_rates("cz_card"), persons=300, seed=5, at=AT) for _ in range(2))
    assert one.contact_events.equals(two.contact_events)
    assert one.truth.equals(two.truth)


def test_a_growing_book_holds_more_young_accounts_than_old_ones(population: Population) -> None:
    ages = -population.persons.joined / YEAR
    assert ages.min() < 0.1
    assert ages.max() > 5.5
    assert (ages < 1).mean() > 1.3 * (ages > 5).mean()


def test_an_installation_is_never_a_strangers_from_the_first(population: Population) -> None:
    lives = population.lives
    assert not lives.wrong[lives.channel == APP].any()
    taken = population.state_at().filter(pl.col("channel") == "app")["state"]
    assert (taken == "stranger").mean() < 0.05


def test_who_moves_is_followed_by_a_stranger(population: Population) -> None:
    lives = population.lives
    moved = (lives.channel == POST) & ~lives.wrong & (lives.reaches_to < -300)
    assert moved.sum() > 50
    assert (lives.stranger_from[moved] < 0).mean() > 0.9


def test_letters_have_no_receipts_and_log_ins_no_letters(population: Population) -> None:
    kinds = population.contact_events.filter(pl.col("channel") == "post")["kind"].unique().to_list()
    assert "undelivered" in kinds
    assert not {"delivered", "login", "otp_verified", "called"} & set(kinds)


def _errors_of_agents(shape: float) -> Any:
    rates = read_rates("vn_instalment")
    habits = replace(rates, wrong=replace(rates.wrong, agents_shape=shape, agents=5, shifted_rows=0))
    shares = []
    for seed in range(12):
        lives = grow(habits, persons=500, seed=seed, at=AT).lives
        shares.append(lives.wrong[(lives.source == "agent") & (lives.channel != APP)].mean())
    return np.std(shares)


def test_agents_differ_in_how_often_they_err() -> None:
    assert _errors_of_agents(0.2) > 1.5 * _errors_of_agents(50.0)


def test_nobody_reads_a_value_between_its_holders(population: Population) -> None:
    lives = population.lives
    lost = ~lives.wrong & (lives.reaches_to < 0) & (lives.stranger_from < 1e8) & (lives.channel == 0)
    assert (lives.stranger_from[lost] - lives.reaches_to[lost]).min() >= population.rates.quarantine[0] - 1e-6


def test_an_unknown_preset_is_named() -> None:
    with pytest.raises(PopulationError, match="us_card"):
        read_rates("xx_card")
