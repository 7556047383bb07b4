# SPDX-License-Identifier: Apache-2.0
"""How likely somebody answers a message with "this is not me", by what attribution says of the point (right_party)."""

from typing import Final

import polars as pl

from rightparty.parties.attribution.parameters import AttributionParameters
from rightparty.parties.attribution.segments import segment_of

REPORTS: Final = ("wrong_party", "name_differs")
"""Events that say: somebody else. An opt-out is not among them: most of those who opt out are the right person."""

_STATES: Final = ("p_person", "p_nobody", "p_stranger")


def with_report_chances(points: pl.DataFrame, parameters: AttributionParameters) -> pl.DataFrame:
    """Add the chance of a report for one message to each point.

    Shape: points [channel (of the point), value, p_person, p_nobody, p_stranger, …] -> the same rows with `predicted`,
    the chance under these probabilities, and `if_stranger`, the chance if a stranger receives.
    """
    frame = points.with_columns(segment=segment_of())
    rates = {name: _per_message(parameters, name) for name in parameters.segments}
    chances = [
        pl.col("segment").replace_strict({name: rate[state] for name, rate in rates.items()}, return_dtype=pl.Float64)
        for state in range(3)
    ]
    predicted = pl.sum_horizontal(pl.col(name) * chance for name, chance in zip(_STATES, chances, strict=True))
    return frame.with_columns(predicted=predicted, if_stranger=chances[2]).drop("segment")


def _per_message(parameters: AttributionParameters, segment: str) -> tuple[float, float, float]:
    """Return the chance of any of REPORTS per message, if it reaches person, nobody, stranger."""
    rates = [parameters.segments[segment].rates[kind] for kind in REPORTS]
    person, nobody, stranger = (min(sum(rate[state] for rate in rates), 1.0) for state in range(3))
    return person, nobody, stranger
