# SPDX-License-Identifier: Apache-2.0
"""A long waterfall told in few steps: those that moved a point most, the others joined. Serves right_party."""

from typing import Final

import polars as pl

from rightparty.parties.attribution.waterfall import WATERFALL

OTHERS: Final = "others"
"""What several small steps in a row are joined to."""

_POINT: Final = ["party_id", "channel", "value"]


def condense(steps: pl.DataFrame, *, most: int) -> pl.DataFrame:
    """Join the small steps of each point, so that at most `most` single ones are left.

    Shape: waterfall.WATERFALL -> the same columns and `joined`, how many steps a row stands for. Meaning: the first
    step and the last one stay; of the others those with the most bits stay; what lies between them in a row becomes one
    step `others` with the sum of their bits, the instant and the probabilities after the last of them. So the bits
    still add up, and every probability shown is one that was held at that instant.
    """
    place, size = pl.int_range(pl.len()).over(_POINT), pl.len().over(_POINT)
    is_end = (place == 0) | (place == size - 1)
    rank = pl.when(is_end).then(pl.lit(float("inf"))).otherwise(pl.col("bits").abs()).rank("ordinal", descending=True)
    marked = steps.sort(*_POINT, "step").with_columns(stays=rank.over(_POINT) <= most)
    groups = marked.with_columns(
        group=(pl.col("stays") | pl.col("stays").shift(1, fill_value=True)).cum_sum().over(_POINT)
    )
    return (
        groups.group_by(*_POINT, "group", maintain_order=True)
        .agg(
            pl.col("step").first(),
            pl.col("at", "p_person", "p_nobody", "p_stranger").last(),
            pl.col("bits").sum(),
            what=pl.when(pl.len() > 1).then(pl.lit(OTHERS)).otherwise(pl.col("what").first()),
            joined=pl.len(),
        )
        .select(*WATERFALL, "joined")
    )
