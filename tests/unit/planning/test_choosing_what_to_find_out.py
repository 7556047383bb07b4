# SPDX-License-Identifier: Apache-2.0
"""right_party: what is asked before reminding is asked for what its answer would change, silently, within limits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightparty.planning.reverification.choose import (
    Step,
    Steps,
    StepsError,
    choose_steps,
    read_steps,
    value_of,
    worth,
)

AT = datetime(2026, 6, 1, tzinfo=UTC)
EVERY = frozenset({"status_lookup", "holder_lookup", "subscriber_lookup"})
SHIPPED = read_steps()
NOTHING = pl.DataFrame(schema={**dict.fromkeys(("party_id", "channel", "value", "step"), pl.String),
                               "asked_at": pl.Datetime("us", "UTC")})  # fmt: skip
shares = st.tuples(st.floats(0.01, 1), st.floats(0.01, 1), st.floats(0.0001, 1)).map(lambda w: np.array([w]) / sum(w))


def points(*rows: tuple[float, float, float], **columns: Any) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["p_person", "p_nobody", "p_stranger"], orient="row").with_columns(
        party_id=pl.format("P{}", pl.int_range(pl.len())), channel=pl.lit("phone"),
        value=pl.format("+1202555{}", pl.int_range(pl.len()) + 1000), contradictions_mask=pl.lit(0, pl.Int64),
    )  # fmt: skip
    return frame.with_columns(**columns)


def chosen(frame: pl.DataFrame, *, allowed: frozenset[str] = EVERY, asked: pl.DataFrame = NOTHING, budget: float = 1e9):
    return choose_steps(frame, at=AT, steps=SHIPPED, allowed=allowed, asked=asked, budget=budget)


def test_the_value_of_an_answer_is_as_counted_by_hand() -> None:
    """Half person, half stranger; telling a stranger costs as much as reaching is worth; the answer is always true."""
    steps = Steps(reach=100, disclosure=100, steps=())
    states = np.array([[0.5, 0.0, 0.5]])
    certain = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert worth(states, steps)[0] == 0
    assert value_of(states, certain, steps)[0] == pytest.approx(50)


@given(shares, st.lists(st.floats(0.01, 0.99), min_size=3, max_size=3), st.floats(1, 1e5))
def test_knowing_more_is_never_worth_less_than_nothing(states: Any, yes: list[float], disclosure: float) -> None:
    steps = Steps(reach=100, disclosure=disclosure, steps=())
    answers = np.array([yes, [1 - share for share in yes]])
    assert value_of(states, answers, steps)[0] >= 0
    same = np.array([[0.7] * 3, [0.3] * 3])
    assert value_of(states, same, steps)[0] == pytest.approx(0, abs=1e-6)


def test_who_is_sure_enough_or_hopeless_is_not_asked_about() -> None:
    assert chosen(points((0.99999, 0.00001, 0.0), (0.0, 0.0, 1.0))).is_empty()


def test_who_is_in_doubt_is_asked_about_once_and_the_cheaper_step_first() -> None:
    found = chosen(points((0.9, 0.05, 0.05)))
    assert found.height == 1
    again = pl.DataFrame([("P0", "phone", "+12025551000", found["step"].item(), AT - timedelta(days=2))],
                         schema=NOTHING.schema, orient="row")  # fmt: skip
    assert found["step"].item() not in chosen(points((0.9, 0.05, 0.05)), asked=again)["step"].to_list()


def test_only_allowed_steps_phones_and_points_without_contradiction() -> None:
    doubtful = (0.9, 0.05, 0.05)
    assert chosen(points(doubtful), allowed=frozenset()).is_empty()
    assert chosen(points(doubtful, channel=pl.lit("email"))).is_empty()
    assert chosen(points(doubtful, contradictions_mask=pl.lit(8, pl.Int64))).is_empty()
    assert set(chosen(points(doubtful), allowed=frozenset({"holder_lookup"}))["step"]) <= {"holder_lookup"}


@given(st.floats(0, 60))
def test_the_budget_is_kept_and_the_best_comes_first(budget: float) -> None:
    frame = points(*[(0.9 - n / 100, 0.05, 0.05 + n / 100) for n in range(20)])
    found = chosen(frame, budget=budget)
    assert found["price"].sum() <= budget + 1e-9
    rate = (found["gain"] / found["price"]).to_list()
    assert rate == sorted(rate, reverse=True)


@pytest.mark.parametrize(
    "text",
    [
        "reach = ",
        "reach = 1",
        "reach = 1\ndisclosure = 1\n[step.x]\nprice = 1\nagain_days = 1\nanswers = [[1, 1, 0.5]]",
    ],
)
def test_broken_steps_are_refused(text: str) -> None:
    with pytest.raises(StepsError):
        read_steps(text)


def test_a_step_has_answers_in_each_state() -> None:
    assert all(isinstance(step, Step) and step.answers.shape[1] == 3 for step in SHIPPED.steps)
