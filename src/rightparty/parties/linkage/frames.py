# SPDX-License-Identifier: Apache-2.0
"""The frames that linkage takes and gives. Serves right_party."""

from collections.abc import Mapping
from typing import Final

import polars as pl

type Schema = Mapping[str, pl.DataType | type[pl.DataType]]

PEOPLE: Final[Schema] = {
    "party_id": pl.String,
    "full_name": pl.String,
    "latin_name": pl.String,
    "national_id": pl.String,
    "national_id_type": pl.String,
    "date_of_birth": pl.Date,
    "country": pl.String,
    "region": pl.String,
    "postcode": pl.String,
    "address": pl.String,
    "language": pl.String,
}
"""One row per party as the lender's file names him; an empty text or a null is "not on file"."""

POINTS: Final[Schema] = {"party_id": pl.String, "channel": pl.String, "value": pl.String, "relation": pl.String}
"""Contact points, normalised as the store keeps them; `relation` is `self` or another person's."""

PAIRS: Final[Schema] = {
    "left_id": pl.String,
    "right_id": pl.String,
    "p_same": pl.Float64,
    "p_household": pl.Float64,
    "p_other": pl.Float64,
    "weight_bits": pl.Float64,
    "reasons": pl.List(pl.String),
    "verdict": pl.String,
}
"""Candidate pairs, left_id < right_id, ordered by them: the chance of one human, of one household, of neither; the
evidence for one human against both others, in bits; what speaks for and against; and same, household, review or
different."""

CLUSTERS: Final[Schema] = {
    "party_id": pl.String,
    "person_id": pl.String,
    "household_id": pl.String,
    "reasons": pl.List(pl.String),
}
"""One row per party: the smallest party_id of the human, the smallest person_id of the household, and why."""
