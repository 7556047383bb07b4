# SPDX-License-Identifier: Apache-2.0
"""Which parties are one human: the same identity document and the same birthday (serves right_party)."""

import polars as pl

IDENTITY = ("country", "national_id_type", "national_id", "date_of_birth")
"""What two parties must have in common, all of it present, to be one person; a name is never enough."""


def with_person_ids(parties: pl.DataFrame) -> pl.DataFrame:
    """Set `person_id` to the smallest party_id of those with the same identity, else to the own party_id.

    Shape: [party_id, country, national_id_type, national_id, date_of_birth, …] -> the same with `person_id`.
    """
    known = (pl.col("national_id") != "") & pl.col("date_of_birth").is_not_null()
    return parties.with_columns(
        pl.when(known).then(pl.col("party_id").min().over(IDENTITY)).otherwise(pl.col("party_id")).alias("person_id")
    )
