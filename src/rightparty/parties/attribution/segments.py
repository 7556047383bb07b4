# SPDX-License-Identifier: Apache-2.0
"""Which segment's numbers hold for a contact value: its channel, and for phones the country's calling code."""

import polars as pl

from rightparty.kernel.vocabulary import PointChannel
from rightparty.parties.attribution.parameters import SEGMENTS


def segment_of() -> pl.Expr:
    """Return the segment's name from the columns channel (of the point) and value."""
    segment = pl.col("channel")
    for name, code in SEGMENTS.items():
        if code:
            chosen = (pl.col("channel") == PointChannel.PHONE) & pl.col("value").str.starts_with(code)
            segment = pl.when(chosen).then(pl.lit(name)).otherwise(segment)
    return segment
