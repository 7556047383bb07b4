# SPDX-License-Identifier: Apache-2.0
"""Joins pairs into humans and households. Serves right_party."""

import polars as pl

from rightparty.parties.linkage.frames import CLUSTERS


def cluster(pairs: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Return who is whom: only `same` pairs merge.

    Shape: PAIRS, PEOPLE -> CLUSTERS, one row per row of people.
    """
    persons = _components(pairs.filter(pl.col("verdict") == "same"), people["party_id"])
    homes = _components(pairs.filter(pl.col("verdict").is_in(["same", "household"])), people["party_id"])
    why = (
        pairs.filter(pl.col("verdict").is_in(["same", "household"]))
        .select(party_id=pl.concat_list("left_id", "right_id"), reasons="reasons")
        .explode("party_id")
        .explode("reasons")
        .group_by("party_id")
        .agg(pl.col("reasons").drop_nulls().unique().sort())
    )
    return (
        people.select("party_id")
        .with_columns(person_id=persons, household_id=homes)
        .join(why, on="party_id", how="left")
        .with_columns(pl.col("reasons").fill_null([]))
        .select(pl.col(name).cast(kind) for name, kind in CLUSTERS.items())
        .sort("party_id")
    )


def _components(edges: pl.DataFrame, ids: pl.Series) -> pl.Series:
    """Return the smallest id of everybody's component."""
    label = pl.DataFrame({"id": ids, "label": ids})
    both = pl.concat([edges.select(a="left_id", b="right_id"), edges.select(a="right_id", b="left_id")])
    while True:
        near = both.join(label, left_on="b", right_on="id").group_by("a").agg(pl.col("label").min().alias("near"))
        step = label.join(near, left_on="id", right_on="a", how="left", maintain_order="left").select(
            "id", label=pl.min_horizontal("label", "near")
        )
        if step.equals(label):
            return label["label"]
        label = step
