# SPDX-License-Identifier: Apache-2.0
"""Lets the candidates of one record compete: of two different people, at most one is he. Serves right_party.

With O the odds that a pair is one human, a candidate's chance is O / (1 + the sum of O over the record's candidates);
the one stands for a person who is not in the file. A rival who may himself be the candidate counts for less: of A and C
with the rival B, either B alone is A (O_AB), or all three are one: then what B and C have in common, L_BC times
likelier for one human, speaks for the pair as well. So B's part is (1 + O_AB) / (1 + O_AB L_BC) - 1, and never below
nothing: competition only lowers a chance, and a pair never looks better than its own evidence.
"""

from typing import Final

import polars as pl

_FAINT: Final = 1e-4
"""Odds below which a rival changes nothing that anybody would see."""


_NEVER_COMPARED: Final = 2.0**-6
"""Assumed likelihood ratio of a pair that has no key in common."""


def compete(odds: pl.DataFrame, *, left_unique: bool = False, right_unique: bool = False) -> pl.DataFrame:
    """Return the pairs with `rivalry`: the odds of the other candidates of either record.

    Shape: [left, right, odds, weight_bits] -> the same with `rivalry`, in the same order. `left_unique` says that
    nobody is twice among the left (so a right record has one true partner there), `right_unique` the same of the right;
    else rivals count for less the likelier they are the candidate himself.
    """
    if left_unique or right_unique:
        total = pl.lit(0.0)
        for is_unique, side in ((left_unique, "right"), (right_unique, "left")):
            if is_unique:
                total = total + pl.col("odds").sum().over(side) - pl.col("odds")
        return odds.with_columns(rivalry=total)
    strong = odds.filter(pl.col("odds") > _FAINT)
    both = pl.concat([
        strong.select(record="left", candidate="right", odds="odds"),
        strong.select(record="right", candidate="left", odds="odds"),
    ])  # fmt: skip
    crowded = both.filter(pl.len().over("record") > 1)
    if not crowded.height:
        return odds.with_columns(rivalry=pl.lit(0.0))
    rivals = (
        crowded.join(crowded, on="record", suffix="_rival")
        .filter(pl.col("candidate") != pl.col("candidate_rival"))
        .with_columns(
            left=pl.min_horizontal("candidate", "candidate_rival"),
            right=pl.max_horizontal("candidate", "candidate_rival"),
        )
        .join(odds.select("left", "right", between=pl.lit(2.0).pow("weight_bits")), on=["left", "right"], how="left")
        .group_by("record", "candidate")
        .agg(rivalry=_part(pl.col("odds_rival"), pl.col("between").fill_null(_NEVER_COMPARED)).sort().sum())
    )
    found = odds
    for record, candidate in (("left", "right"), ("right", "left")):
        found = found.join(
            rivals.rename({"record": record, "candidate": candidate, "rivalry": f"of_{record}"}),
            on=[record, candidate], how="left", maintain_order="left",
        )  # fmt: skip
    return found.with_columns(rivalry=pl.col("of_left").fill_null(0.0) + pl.col("of_right").fill_null(0.0)).select(
        *odds.columns, "rivalry"
    )


def _part(rival: pl.Expr, between: pl.Expr) -> pl.Expr:
    return ((1 + rival) / (1 + rival * between) - 1).clip(0.0)
