# SPDX-License-Identifier: Apache-2.0
"""right_party: a picture of few steps tells of a long history without changing its sum or its end."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from rightparty.parties.attribution.condense import OTHERS, condense
from rightparty.parties.attribution.waterfall import WATERFALL

AT = datetime(2026, 1, 1, tzinfo=UTC)


def history(bits: list[float], value: str = "+12025550101") -> pl.DataFrame:
    return pl.DataFrame(
        [
            ("P1", "phone", value, n, AT + timedelta(days=n), f"kind{n}", 0.5 + n / 1e4, 0.1, 0.4 - n / 1e4, each)
            for n, each in enumerate(bits)
        ],
        schema=WATERFALL, orient="row",
    )  # fmt: skip


@given(st.lists(st.floats(-8, 8), min_size=1, max_size=400), st.integers(2, 20))
def test_bits_add_up_and_the_ends_stay(bits: list[float], most: int) -> None:
    whole, short = history(bits), condense(history(bits), most=most)
    assert abs(short["bits"].sum() - whole["bits"].sum()) < 1e-6
    assert short["joined"].sum() == len(bits)
    assert short.row(-1, named=True)["p_person"] == whole.row(-1, named=True)["p_person"]
    assert short.row(0, named=True)["what"] == "kind0"
    assert short.filter(pl.col("joined") == 1).height <= 2 * most + 1
    assert not any(a == b == OTHERS for a, b in pairwise(short["what"]))


def test_the_largest_steps_stay_and_the_small_ones_between_are_one() -> None:
    short = condense(history([1.0, 0.1, 0.2, -5.0, 0.1, 0.3, 4.0, 0.2, 0.1, -0.4]), most=4)
    assert short["what"].to_list() == ["kind0", OTHERS, "kind3", OTHERS, "kind6", OTHERS, "kind9"]
    assert short["joined"].to_list() == [1, 2, 1, 2, 1, 2, 1]


def test_each_point_has_its_own_steps() -> None:
    both = pl.concat([history([1.0, -2.0]), history([3.0, 4.0, 5.0], value="+12025550102")])
    assert condense(both, most=9).select(WATERFALL.keys()).equals(both)
