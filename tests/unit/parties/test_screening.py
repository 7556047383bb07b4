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
from rightparty.parties.screening import (
    History,
    LimitsError,
    is_quarantined,
    limits_of,
    screen,
    screen_persons,
    with_limits,
)

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


PEOPLE = 3_000


def persons(count: int = PEOPLE) -> pl.DataFrame:
    """Persons as delivered, each with a birth date, id and name of his own."""
    n = pl.int_range(count, eager=True)
    return pl.DataFrame({"line": n + 2, "n": n}).select(
        "line",
        party_id=pl.format("P{}", "n"),
        full_name=pl.format("Given{} Sur{}", "n", pl.col("n") * 7),
        national_id=pl.format("ID{}", pl.col("n") + 1_000_000),
        date_of_birth=pl.date(1960, 1, 1) + pl.duration(days=pl.col("n")),
        id_born_differs=pl.lit(None, pl.Boolean),
    )


def shifted(frame: pl.DataFrame, column: str, begin: int, size: int) -> pl.DataFrame:
    inside = (pl.col("line") >= begin + 2) & (pl.col("line") < begin + size + 2)
    return frame.with_columns(pl.when(inside).then(pl.col(column).shift(-1)).otherwise(column).alias(column))


@pytest.mark.parametrize(
    ("column", "finding"),
    [("date_of_birth", "birth_dates_moved"), ("national_id", "national_ids_moved"), ("full_name", "names_moved")],
)
def test_a_persons_column_that_moved_is_found(column: str, finding: str) -> None:
    before = persons()
    told = [f for f in screen_persons(shifted(before, column, 700, 50), before, limits=LIMITS) if f]
    assert [(f["finding"], f["quarantines"], f["first_line"]) for f in told] == [(finding, True, 702)]
    assert [f for f in screen_persons(before, before, limits=LIMITS) if f] == []
    some = shifted(before, column, 700, 5)
    assert [f for f in screen_persons(some, before, limits=LIMITS) if f] == []


def test_newcomers_ids_that_deny_their_birth_dates_hold_even_a_first_load() -> None:
    nobody = persons().head(0).drop("line", "id_born_differs")
    denied = persons().with_columns(id_born_differs=pl.col("line").is_between(400, 460))
    told = [f["finding"] for f in screen_persons(denied, nobody, limits=LIMITS) if f]
    assert told == ["birth_dates_moved"]


def bureau(count: int, wrong: range) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of a bureau, and what was on file: the application's value, and the bureau's earlier one, 90 % alike."""
    own = rows(count).with_columns(source=pl.lit("bureau"))
    on_file = pl.concat([
        own.with_columns(source=pl.lit("application")),
        own.with_columns(value=pl.when(pl.col("line") % 10 == 0).then(pl.lit("+13035550100")).otherwise("value")),
    ])  # fmt: skip
    lost = pl.col("line").is_in(list(wrong))
    new = own.with_columns(
        value=pl.when(lost).then(pl.format("+1404{}", pl.col("line") + 1_000_000)).otherwise("value")
    )
    return new, on_file.drop("line")


@pytest.mark.parametrize(("wrong", "seen"), [(range(0), False), (range(500, 800), True), (range(2, 2_000, 5), False)])
def test_a_source_that_stops_agreeing_holds_the_load(wrong: range, seen: bool) -> None:
    new, on_file = bureau(2_000, wrong)
    table = screen(new, moved(new, np.array([], dtype=int)), history=NOTHING, limits=LIMITS, before=on_file)
    assert ("source_agreement_fell" in table.filter("quarantines")["finding"].to_list()) == seen


@pytest.mark.parametrize(("persons_", "held"), [(LIMITS.crowd_most - 1, False), (LIMITS.crowd_most, True)])
def test_one_value_new_to_very_many_holds_a_load_however_large(persons_: int, held: bool) -> None:
    frame = rows(50_000).with_columns(
        value=pl.when(pl.col("line") < persons_ + 2).then(pl.lit("+12025550100")).otherwise("value")
    )
    nobody = np.array([], dtype=int)
    assert is_quarantined(screen(frame, moved(frame, nobody), history=NOTHING, limits=LIMITS)) == held
    before = frame.select("party_id", "channel", "value").with_columns(source=pl.lit("application"))
    assert not is_quarantined(screen(frame, moved(frame, nobody), history=NOTHING, limits=LIMITS, before=before))


def test_a_finding_of_the_audit_holds_a_load_only_beyond_its_limit() -> None:
    finding = {"finding": "national_id_check_digit", "count": 80, "share": 0.8, "figures": [], "quarantines": False}
    held, told, few = with_limits(
        [finding, {**finding, "share": 0.6}, {**finding, "count": 20}], LIMITS
    )  # fmt: skip
    assert [f["quarantines"] for f in (held, told, few)] == [True, False, False]
    assert held["figures"] == [{"name": "limit", "value": LIMITS.shares["national_id_check_digit"]}]


def test_a_limit_on_a_finding_that_nobody_knows_is_refused() -> None:
    fields = {name: getattr(LIMITS, name) for name in LIMITS.__dataclass_fields__}
    with pytest.raises(LimitsError, match="no_such is no finding"):
        limits_of({**fields, "shares": {"no_such": 0.1}})
