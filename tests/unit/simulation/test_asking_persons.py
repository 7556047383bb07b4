# SPDX-License-Identifier: Apache-2.0
"""The simulated answers to questions are those that are assumed: persons now and then, strangers practically never."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from rightparty.simulation.population.grow import Population, grow
from rightparty.simulation.population.rates import read_rates
from rightparty.simulation.population.verifying import ASKING

AT = datetime(2026, 6, 1, tzinfo=UTC)
KEYS = ["party_id", "channel", "value"]


@pytest.fixture(scope="module")
def people() -> Population:
    return grow(read_rates("us_card"), persons=3_000, seed=5, at=AT)


def answers(people: Population, step: str, *, seed: int = 1) -> pl.DataFrame:
    """Every phone asked once on day 1: [kind, state at that time]."""
    truth = people.state_at(1.0).filter((pl.col("channel") == "phone") & (pl.len().over("value") == 1))
    actions = truth.select(KEYS).with_columns(step=pl.lit(step))
    found = people.respond(actions, day=1.0, seed=seed)
    return found.join(truth, on=["channel", "value"], how="left").select("kind", "state", "occurred_at")


@pytest.mark.parametrize("step", sorted(ASKING))
def test_nothing_is_answered_before_it_is_asked_and_the_dice_are_the_seeds(people: Population, step: str) -> None:
    first = answers(people, step)
    assert first["occurred_at"].min() >= AT + timedelta(days=1)
    assert first.sort(first.columns).equals(answers(people, step).sort(first.columns))
    assert first.height > 0


@pytest.mark.parametrize(("step", "kind"), [("one_time_code", "otp_verified"), ("neutral_message", "login")])
def test_some_persons_answer_a_text_and_hardly_a_stranger(people: Population, step: str, kind: str) -> None:
    said = answers(people, step).filter(pl.col("kind") == kind).group_by("state").len()
    counts = dict(said.iter_rows())
    assert counts.get("person", 0) > 50
    assert counts.get("stranger", 0) <= 2
    assert "nobody" not in counts


@pytest.mark.parametrize("step", ["ask_in_app", "letter"])
def test_who_is_asked_of_an_old_number_mostly_says_so(people: Population, step: str) -> None:
    said = pl.concat([answers(people, step, seed=seed) for seed in range(1, 9)])
    mine = said.filter(pl.col("kind") == "name_agrees")
    lost = said.filter((pl.col("kind") == "wrong_party") & (pl.col("state") != "person"))
    assert mine.filter(pl.col("state") == "person").height > 0.9 * mine.height
    assert lost.height > mine.filter(pl.col("state") != "person").height


def test_no_text_is_sent_where_nobody_is_asked(people: Population) -> None:
    assert people.respond(
        pl.DataFrame(schema={**dict.fromkeys([*KEYS, "step"], pl.String)}), day=1.0, seed=1
    ).is_empty()
