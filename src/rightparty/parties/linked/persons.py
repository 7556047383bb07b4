# SPDX-License-Identifier: Apache-2.0
"""Which parties are one human: what joins them, and what was decided to keep apart (serves right_party, correctable).

Three things join two parties: a person's decision, one identity document with one birthday, a link of the model. A
decision that two parties are different persons keeps them apart whatever joins them, also over others: joins count in
that order, and one that would put two such parties under one person does not count. So `person_id` depends only on the
rows and the decisions in force, never on the order in which they came.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

type Codes = NDArray[np.int64]
type Flags = NDArray[np.bool_]

IDENTITY: Final = ("country", "national_id_type", "national_id", "date_of_birth")
"""What two parties must have in common, all of it present, to be one person; a name is never enough."""

LINKS: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "left_id": pl.String,
    "right_id": pl.String,
    "verdict": pl.String,
    "origin": pl.String,
    "weight_bits": pl.Float64,
    "rank": pl.Int64,
}
"""Links in force: verdict same, not_same, household; origin person or model; of persons' decisions the lower rank,
of the model's links the higher weight counts first."""

_CLIQUE_MOST: Final = 200
"""Parties of one document among which every pair is tried when some are kept apart; above it, neighbours only."""


def known_links(rows: pl.DataFrame) -> pl.DataFrame:
    """Return only the columns of LINKS."""
    return rows.select(pl.col(name).cast(kind) for name, kind in LINKS.items())


def with_person_ids(parties: pl.DataFrame, links: pl.DataFrame | None = None) -> pl.DataFrame:
    """Set `person_id` to the smallest party_id of the same human, else to the own party_id.

    Shape: [party_id, country, national_id_type, national_id, date_of_birth, …] and LINKS -> the same parties with
    `person_id`. Links that name other parties have no effect.
    """
    ids = parties["party_id"].sort()
    if links is None or links.is_empty():
        return _by_identity(parties)
    place = pl.DataFrame({"party_id": ids}).with_row_index("code").with_columns(pl.col("code").cast(pl.Int64))
    coded = _coded(links, place)
    known = _known(parties).join(place, on="party_id").sort("code")
    person = _roots(known, coded, count=ids.len())
    found = place.with_columns(person_id=ids.gather(person)).drop("code")
    kept = parties.drop("person_id") if "person_id" in parties.columns else parties
    return kept.join(found, on="party_id", how="left", maintain_order="left")


def keeps_apart() -> pl.Expr:
    """Tell which links say that two parties are different persons: only people's decisions do."""
    return (pl.col("origin") == "person") & pl.col("verdict").is_in(["not_same", "household"])


def _by_identity(parties: pl.DataFrame) -> pl.DataFrame:
    known = (pl.col("national_id") != "") & pl.col("date_of_birth").is_not_null()
    return parties.with_columns(
        pl.when(known).then(pl.col("party_id").min().over(IDENTITY)).otherwise(pl.col("party_id")).alias("person_id")
    )


def _known(parties: pl.DataFrame) -> pl.DataFrame:
    whole = parties.filter((pl.col("national_id") != "") & pl.col("date_of_birth").is_not_null())
    return whole.select("party_id", document=pl.col("party_id").min().over(IDENTITY))


def _coded(links: pl.DataFrame, place: pl.DataFrame) -> pl.DataFrame:
    left = place.rename({"party_id": "left_id", "code": "left"})
    right = place.rename({"party_id": "right_id", "code": "right"})
    return links.join(left, on="left_id").join(right, on="right_id")


def _roots(known: pl.DataFrame, links: pl.DataFrame, *, count: int) -> Codes:
    """Return each party's person as the code of its smallest party."""
    apart = links.filter(keeps_apart()).select("left", "right")
    stated = links.filter(pl.col("verdict") == "same")
    smallest = pl.col("code").min().over("document")
    first = known.select(left=smallest, right="code").filter(pl.col("left") < pl.col("right"))
    joins = pl.concat([stated.select("left", "right"), first])
    parent = np.arange(count, dtype=np.int64)
    _join(parent, *_ends(joins))
    contested = _contested(parent, apart)
    if not contested.size:
        return parent
    fought = np.isin(parent, contested)
    fresh = np.arange(count, dtype=np.int64)
    _join(fresh, *_ends(joins.filter(~_at(fought, joins["left"]))))
    ordered = _in_order(stated.filter(_at(fought, stated["left"])), known.filter(_at(fought, known["code"])))
    _join_unless(fresh, *_ends(ordered), *_ends(apart.filter(_at(fought, apart["left"]))))
    return fresh


def _at(flags: Flags, codes: pl.Series) -> pl.Series:
    return pl.Series(flags[codes.to_numpy().astype(np.int64)], dtype=pl.Boolean)


def _contested(parent: Codes, apart: pl.DataFrame) -> Codes:
    """Return the persons that hold two parties which were decided to be different."""
    left, right = _ends(apart)
    same = parent[left] == parent[right]
    return np.unique(parent[left][same])


def _in_order(stated: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Return [left, right] of all joins, those that count first at the top."""
    by_person = stated.filter(pl.col("origin") == "person").sort("rank", "left", "right")
    by_model = stated.filter(pl.col("origin") != "person").sort(
        "weight_bits", "left", "right", descending=[True, False, False], nulls_last=True
    )
    grouped = known.with_columns(held=pl.len().over("document"), previous=pl.col("code").shift(1).over("document"))
    small = grouped.filter(pl.col("held") <= _CLIQUE_MOST).select("code", "document")
    pairs = small.join(small, on="document", suffix="_right").select(left="code", right="code_right")
    neighbours = grouped.filter((pl.col("held") > _CLIQUE_MOST) & pl.col("previous").is_not_null())
    by_document = pl.concat(
        [pairs.filter(pl.col("left") < pl.col("right")), neighbours.select(left="previous", right="code")]
    ).sort("left", "right")
    return pl.concat([frame.select("left", "right") for frame in (by_person, by_document, by_model)])


def _ends(pairs: pl.DataFrame) -> tuple[Codes, Codes]:
    return pairs["left"].to_numpy().astype(np.int64), pairs["right"].to_numpy().astype(np.int64)


@njit(cache=True, nogil=True)
def _root(parent: Codes, code: int) -> int:
    while parent[code] != code:
        parent[code] = parent[parent[code]]
        code = parent[code]
    return code


@njit(cache=True, nogil=True)
def _join(parent: Codes, left: Codes, right: Codes) -> None:
    """Join all pairs in place; afterwards every party points at the smallest of its person."""
    for position in range(len(left)):
        one, other = _root(parent, left[position]), _root(parent, right[position])
        parent[max(one, other)] = min(one, other)
    for code in range(len(parent)):
        parent[code] = _root(parent, code)


@njit(cache=True, nogil=True)
def _join_unless(parent: Codes, left: Codes, right: Codes, apart_left: Codes, apart_right: Codes) -> None:
    """Join pairs in their order, except one that would put two parties kept apart under one person."""
    for position in range(len(left)):
        one, other = _root(parent, left[position]), _root(parent, right[position])
        if one == other:
            continue
        allowed = True
        for kept in range(len(apart_left)):
            first, second = _root(parent, apart_left[kept]), _root(parent, apart_right[kept])
            if (first == one and second == other) or (first == other and second == one):
                allowed = False
                break
        if allowed:
            parent[max(one, other)] = min(one, other)
    for code in range(len(parent)):
        parent[code] = _root(parent, code)
