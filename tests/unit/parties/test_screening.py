# SPDX-License-Identifier: Apache-2.0
"""Screening a load's contact points (right_party): a column that moved is found wherever it lies, chance is not."""

from math import log

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightparty.intake.limits import read_limits
from rightparty.parties.audit.stretches import densest
from rightparty.parties.screening import History, LimitsError, is_quarantined, limits_of, screen

LIMITS = read_limits()
NOTHING = History(rows=0, moved=0)


def rows(count: int, **columns: object) -> pl.DataFrame:
    n = pl.int_range(count, eager=True)
    frame = pl.DataFrame({"line": n + 2, "n": n}).with_columns(
        party_id=pl.format("P{}", "n"),
        channel=pl.lit("phone"),
        value=pl.format("+1202555{}", "n"),
        relation=pl.lit("self"),
    )
    return frame.drop("n").with_columns(**columns) if columns else frame.drop("n")


def moved(frame: pl.DataFrame, places: np.ndarray) -> pl.DataFrame:
    return frame[places.tolist()].select("channel", "value", to_party="party_id")


def screened(frame: pl.DataFrame, places: np.ndarray, history: History = NOTHING) -> pl.DataFrame:
    return screen(frame, moved(frame, places), history=history, limits=LIMITS)


@given(st.integers(2_000, 60_000), st.integers(50, 300), st.floats(0, 1), st.floats(0.4, 1.0), st.integers(0, 9))
def test_a_moved_column_is_found_wherever_it_lies(count: int, size: int, place: float, known: float, seed: int) -> None:
    """Of a block of 50 rows or more, at least the part whose persons were on file shows."""
    dice = np.random.default_rng(seed)
    begin = int(place * (count - size))
    block = begin + np.flatnonzero(dice.random(size) < known)
    scattered = np.flatnonzero(dice.random(count) < 0.004)
    found = screened(rows(count), np.union1d(block, scattered))
    assert is_quarantined(found)
    finding = found.row(0, named=True)
    assert finding["finding"] == "contact_column_moved"
    assert finding["first_line"] <= begin + size + 2
    assert finding["last_line"] >= begin + 2


def test_single_values_that_move_far_apart_are_told_but_hold_nothing() -> None:
    found = screened(rows(50_000), np.arange(0, 50_000, 200))
    assert found["finding"].to_list() == ["contact_values_moved"]
    assert not is_quarantined(found)


def test_more_than_usual_all_over_the_file_holds_the_load() -> None:
    found = screened(rows(50_000), np.arange(0, 50_000, 20))
    assert "contact_values_moved" in found.filter("quarantines")["finding"].to_list()


def test_a_lenders_own_history_moves_what_is_usual() -> None:
    places = np.arange(0, 50_000, 20)
    assert not is_quarantined(screened(rows(50_000), places, History(rows=400_000, moved=16_000)))


@pytest.mark.parametrize(
    ("value", "finding"), [("+12020000000", "filler_value"), ("+12025550100", "value_under_many_persons")]
)
def test_a_column_filled_down_holds_even_a_first_load(value: str, finding: str) -> None:
    frame = rows(1_000).with_columns(value=pl.when(pl.col("line") < 200).then(pl.lit(value)).otherwise("value"))
    found = screen(frame, moved(frame, np.array([], dtype=int)), history=NOTHING, limits=LIMITS)
    assert finding in found.filter("quarantines")["finding"].to_list()
    assert "0000000" not in str(found["examples"].to_list())


def test_other_peoples_points_are_not_screened() -> None:
    frame = rows(1_000).with_columns(relation=pl.lit("emergency"))
    assert screened(frame, np.arange(500)).is_empty()


@given(st.lists(st.integers(0, 3_000), min_size=12, max_size=60, unique=True))
def test_the_densest_stretch_is_at_least_as_surprising_as_any_looked_at(places: list[int]) -> None:
    at = np.array(sorted(places))
    begin, end, surprise = densest(at, 3_001, 0.005, least=12, share=0.2)
    inside = int(((at >= begin) & (at <= end)).sum())
    assert surprise == 0.0 or (inside >= 12 and inside >= 0.2 * (end - begin + 1))
    whole = int(at[-1] - at[0]) + 1
    part = len(at) / whole
    if part > 0.2:
        bound = len(at) * log(part / 0.005) + (whole - len(at)) * (log((1 - part) / 0.995) if part < 1 else 0.0)
        assert surprise >= bound - log(3_001) - log(3_001) - 1e-6


@pytest.mark.parametrize(
    "given_", [{}, {"false_alarm": 1}, {**dict.fromkeys(LIMITS.__dataclass_fields__, 1), "excess": 0}]
)
def test_limits_that_are_not_whole_are_refused(given_: dict[str, float]) -> None:
    with pytest.raises(LimitsError):
        limits_of(given_)
