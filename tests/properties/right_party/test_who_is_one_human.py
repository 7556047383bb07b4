# SPDX-License-Identifier: Apache-2.0
"""Linkage judges alike whatever order the rows are in, and never gains certainty from a contradiction (right_party)."""

from datetime import date
from typing import Any, Final

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rightparty.parties.linkage.frames import PEOPLE, POINTS
from rightparty.parties.linkage.link import link
from rightparty.parties.linkage.model import shipped_model

MODEL: Final = shipped_model()
NAMES: Final = (
    "王伟",
    "王偉",
    "王玮",
    "王芳",
    "Wei Wang",
    "李明",
    "李明亮",
    "John Smith",
    "Jon Smith",
    "John Smith Jr.",
    "",
)
BORN: Final = (None, date(1990, 3, 7), date(1990, 7, 3), date(1991, 3, 7), date(1955, 11, 30))
NUMBERS: Final = ("", "11010519491231002X", "110105194912310021", "1101051949****002X", "110105491231002")
HOMES: Final = ("", "建国路88号3单元501", "建国路88号", "1 Main St", "2 Main St")

person = st.fixed_dictionaries({
    "full_name": st.sampled_from(NAMES), "date_of_birth": st.sampled_from(BORN),
    "national_id": st.sampled_from(NUMBERS), "address": st.sampled_from(HOMES),
    "postcode": st.sampled_from(["", "990001"]), "phone": st.sampled_from(["", "+8613000000001", "+8613000000002"]),
})  # fmt: skip


def frames(rows: list[dict[str, Any]], names: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    blank = dict.fromkeys(PEOPLE, "") | {"country": "CN", "national_id_type": "resident_identity_card"}
    people = [
        blank | {key: value for key, value in row.items() if key != "phone"} | {"party_id": name}
        for row, name in zip(rows, names, strict=True)
    ]
    points = [(name, "phone", row["phone"], "self") for row, name in zip(rows, names, strict=True) if row["phone"]]
    return pl.DataFrame(people, schema=dict(PEOPLE)), pl.DataFrame(points, schema=dict(POINTS), orient="row")


def chance(first: dict[str, Any], second: dict[str, Any]) -> float:
    """Return p_same of two people; a pair that is not listed has less than the least listed."""
    pairs = link(*frames([first, second], ["A", "B"]), model=MODEL)
    return float(pairs["p_same"][0]) if pairs.height else 0.0


@settings(max_examples=12, deadline=None)
@given(rows=st.lists(person, min_size=2, max_size=7), seed=st.integers(0, 1_000))
def test_the_order_of_rows_does_not_matter(rows: list[dict[str, Any]], seed: int) -> None:
    people, points = frames(rows, [f"P{n}" for n in range(len(rows))])
    mixed = link(people.sample(fraction=1, shuffle=True, seed=seed), points.reverse(), model=MODEL)
    assert_frame_equal(mixed, link(people, points, model=MODEL))


@settings(max_examples=12, deadline=None)
@given(first=person, second=person)
def test_a_pair_is_judged_alike_from_both_sides(first: dict[str, Any], second: dict[str, Any]) -> None:
    here, there = chance(first, second), chance(second, first)
    assert abs(here - there) < 1e-12


@settings(max_examples=15, deadline=None)
@given(
    first=person, second=person, field=st.sampled_from(["national_id", "date_of_birth"]),
)  # fmt: skip
def test_a_contradiction_never_raises_the_chance(first: dict[str, Any], second: dict[str, Any], field: str) -> None:
    """Against the same two people with nothing on file there."""
    nothing = {"national_id": "", "date_of_birth": None}[field]
    against = {
        "national_id": ("11010519491231002X", "440308199901010014"),
        "date_of_birth": (date(1990, 3, 7), date(1962, 11, 28)),
    }[field]
    before = chance(first | {field: nothing}, second | {field: nothing})
    after = chance(first | {field: against[0]}, second | {field: against[1]})
    assert after <= before + 1e-9
