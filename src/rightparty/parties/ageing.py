# SPDX-License-Identifier: Apache-2.0
"""How a contact value leaves a person's hands and comes into a stranger's, while nobody looks. Serves right_party.

Model: the person gives the value up at a constant hazard r; it then reaches nobody for a quarantine of q years, and
after that comes into use again with a mean further wait of s years. A value that reached nobody from the start comes
into use in the same way.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from rightparty.kernel.vocabulary import PointChannel
from rightparty.parties.parameters import Ageing

DAYS_PER_YEAR: Final = 365.25


def segment_numbers(ageing: Mapping[str, Ageing]) -> dict[str, pl.Expr]:
    """Return the columns hazard, quarantine and shelf (per year, years, years) by channel and calling code.

    A channel that is not listed ages like the fastest one that is.
    """
    fastest = max(ageing.values(), key=lambda segment: segment.given_up_per_year)

    def number(pick: str, unit: float) -> pl.Expr:
        is_phone = pl.col("channel") == PointChannel.PHONE
        segments = [
            (is_phone & pl.col("value").str.starts_with("+1"), "phone_us"),
            (is_phone & pl.col("value").str.starts_with("+86"), "phone_cn"),
            *((pl.col("channel") == channel, channel) for channel in PointChannel),
        ]
        chosen = pl.lit(getattr(fastest, pick))
        for applies, segment in reversed(segments):
            chosen = pl.when(applies).then(getattr(ageing[segment], pick)).otherwise(chosen)
        return chosen.cast(pl.Float64) / unit

    return {
        "hazard": number("given_up_per_year", 1.0),
        "quarantine": number("quarantine_days", DAYS_PER_YEAR),
        "shelf": number("shelf_days", DAYS_PER_YEAR),
    }


def given_back(rows: pl.DataFrame) -> pl.DataFrame:
    """Add p_nobody and p_stranger after `anchor_age` years.

    Shape: rows [person_before, nobody_before, p_person, hazard, quarantine, shelf, anchor_age], the first two being
    the probabilities at the anchor; p_person is aged already. The rest of the anchor was a stranger and stays one.
    """
    hazard, shelf = pl.col("hazard"), pl.col("shelf")
    exposed = (pl.col("anchor_age") - pl.col("quarantine")).clip(lower_bound=0.0)
    # chance that what was given up within `exposed` years is in use again: the integral over the day of giving up of
    # hazard * exp(-hazard u) * (1 - exp(-(exposed - u) / shelf)); equal rates are moved apart, the limit is smooth
    rate = pl.when((1.0 / shelf - hazard).abs() < 1e-6).then(hazard + 1e-6).otherwise(1.0 / shelf)
    still, waiting = (-hazard * exposed).exp(), (-rate * exposed).exp()
    in_use_again = 1.0 - still - hazard * (still - waiting) / (rate - hazard)
    from_person = pl.col("person_before") * in_use_again.clip(0.0, 1.0)
    from_nobody = pl.col("nobody_before") * (1.0 - waiting)
    always = 1.0 - pl.col("person_before") - pl.col("nobody_before")
    stranger = (always + from_person + from_nobody).clip(lower_bound=0.0)
    return rows.with_columns(p_stranger=pl.min_horizontal(stranger, 1.0 - pl.col("p_person"))).with_columns(
        p_nobody=1.0 - pl.col("p_person") - pl.col("p_stranger")
    )
