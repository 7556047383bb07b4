# SPDX-License-Identifier: Apache-2.0
"""Finds ids of one human, and households. Serves right_party.

First form: exact agreement only. The calls and the frames are final.
"""

from collections.abc import Mapping
from typing import Any, Literal

import polars as pl

from rightparty.parties.linkage.frames import PAIRS
from rightparty.parties.linkage.model import LinkageModel

type Engine = Literal["duckdb", "spark"]


def link(people: pl.DataFrame, points: pl.DataFrame, *, model: LinkageModel, engine: Engine = "duckdb") -> pl.DataFrame:
    """Judge every pair of parties that has something in common.

    Shape: PEOPLE, POINTS -> PAIRS.
    """
    own = points.filter(pl.col("relation") == "self").select("party_id", "channel", "value")
    keys = pl.concat(
        [
            people.filter(pl.col("national_id") != "").select(
                "party_id", key=pl.format("id {} {} {}", "country", "national_id_type", "national_id")
            ),
            people.filter(pl.col("date_of_birth").is_not_null()).select(
                "party_id", key=pl.format("born {} {}", "full_name", "date_of_birth")
            ),
            own.filter(pl.col("channel") != "post").select("party_id", key=pl.format("{} {}", "channel", "value")),
        ]
    )
    facts = people.select("party_id", "full_name", "national_id", "national_id_type", "date_of_birth")
    pairs = (
        keys.join(keys, on="key", suffix="_right")
        .filter(pl.col("party_id") < pl.col("party_id_right"))
        .select(left_id="party_id", right_id="party_id_right")
        .unique()
        .join(facts, left_on="left_id", right_on="party_id")
        .join(facts, left_on="right_id", right_on="party_id", suffix="_r")
    )
    same_id = (pl.col("national_id") == pl.col("national_id_r")) & (pl.col("national_id") != "")
    same_name = pl.col("full_name") == pl.col("full_name_r")
    same_born = (pl.col("date_of_birth") == pl.col("date_of_birth_r")).fill_null(value=False)
    p_same = (
        pl.when(same_id & same_born & same_name).then(0.999)
        .when(same_id).then(0.6)
        .when(same_name & same_born).then(0.5)
        .otherwise(0.01)
    )  # fmt: skip
    return _judged(
        pairs.with_columns(
            p_same=p_same,
            reasons=pl.concat_list(
                pl.when(same_id).then(pl.lit("national_id.same")),
                pl.when(same_name).then(pl.lit("name.same")),
                pl.when(same_born).then(pl.lit("birth_date.same")),
            ).list.drop_nulls(),
        ),
        model,
    )


def _judged(pairs: pl.DataFrame, model: LinkageModel) -> pl.DataFrame:
    p = pl.col("p_same")
    return (
        pairs.with_columns(p_household=(1 - p) * 0.6, p_other=(1 - p) * 0.4, weight_bits=(p / (1 - p)).log(2))
        .with_columns(
            verdict=pl.when(p >= model.same_from).then(pl.lit("same"))
            .when(p >= model.review_from).then(pl.lit("review"))
            .when(pl.col("p_household") >= model.household_from).then(pl.lit("household"))
            .otherwise(pl.lit("different"))
        )
        .select(pl.col(name).cast(kind) for name, kind in PAIRS.items())
        .sort("left_id", "right_id")
    )  # fmt: skip


class LinkIndex:
    """A portfolio's people, ready to link one more against them. Build once, ask often."""

    def __init__(self, people: pl.DataFrame, points: pl.DataFrame, *, model: LinkageModel) -> None:
        self._people, self._points, self._model = people, points, model

    def candidates_of(self, applicant: Mapping[str, Any], points: pl.DataFrame) -> pl.DataFrame:
        """Judge an applicant against everybody in the index.

        Shape: one row of PEOPLE as a mapping, his POINTS -> PAIRS, of which one side is the applicant's party_id.
        """
        row = pl.DataFrame([dict(applicant)], schema=self._people.schema)
        others = self._people.filter(pl.col("party_id") != row["party_id"][0])
        pairs = link(pl.concat([others, row]), pl.concat([self._points, points]), model=self._model)
        return pairs.filter((pl.col("left_id") == row["party_id"][0]) | (pl.col("right_id") == row["party_id"][0]))
