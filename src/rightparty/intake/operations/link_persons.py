# SPDX-License-Identifier: Apache-2.0
"""Keeps `person_id` true over the whole store: whoever has one identity is one person, whichever load brought him."""

import polars as pl

from rightparty.intake.persons import IDENTITY, with_person_ids
from rightparty.intake.queries import current_identities, current_parties
from rightparty.parties.operations.take_rows import take_rows

_IDS = ["party_id", *IDENTITY]


def with_linked_persons(rows: pl.DataFrame) -> pl.DataFrame:
    """Give incoming parties their person, and add parties of the store whose person changes through them.

    Shape: parties as the store's columns without `person_id` -> the same with it, more rows.
    """
    standing = current_identities().join(rows, on="party_id", how="anti")
    persons = with_person_ids(pl.concat([rows.select(_IDS), standing.select(_IDS)])).select("party_id", "person_id")
    moved = standing.join(persons, on="party_id", suffix="_now").filter(pl.col("person_id") != pl.col("person_id_now"))
    linked = rows.join(persons, on="party_id", how="left", maintain_order="left")
    return pl.concat([linked, _moved_parties(moved)], how="diagonal") if moved.height else linked


def link_persons(*, load_id: int) -> int:
    """Correct `person_id` where a revert left it wrong, as versions of `load_id`; return the number of parties."""
    standing = current_identities()
    now = with_person_ids(standing.drop("person_id")).select("party_id", pl.col("person_id").alias("person_id_now"))
    moved = standing.join(now, on="party_id").filter(pl.col("person_id") != pl.col("person_id_now"))
    if moved.height:
        take_rows(table="parties", rows=_moved_parties(moved), load_id=load_id)
    return moved.height


def _moved_parties(moved: pl.DataFrame) -> pl.DataFrame:
    """Return whole rows of parties with their new person."""
    now = moved.select("party_id", pl.col("person_id_now").alias("person_id"))
    return current_parties(moved["party_id"]).drop("person_id").join(now, on="party_id")
