# SPDX-License-Identifier: Apache-2.0
"""Joins pairs into humans and households; what contradicts itself is not joined. Serves right_party."""

from typing import Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from rightparty.parties.linkage.frames import CLUSTERS
from rightparty.parties.linkage.judge import CONTRADICTIONS
from rightparty.parties.linkage.national_ids import read_ids

HOUSEHOLD_MOST: Final = 15
"""House limit: more persons than this under one roof are a hostel or a mistake, not a household."""

CONTRADICTION: Final = "review.contradiction_in_cluster"
"""The reason of everybody in a cluster that was not formed."""

type Integers = NDArray[np.int64]


def cluster(pairs: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Return who is whom: only `same` pairs merge.

    Shape: PAIRS, PEOPLE -> CLUSTERS, one row per row of people, ordered by party_id.

    A cluster in which two members contradict each other (two different valid numbers of one kind, or a pair with one of
    judge.CONTRADICTIONS) is not formed at all: its members stay alone, with the reason CONTRADICTION.
    """
    everybody = people.sort("party_id")
    ids = everybody["party_id"]
    numbered = pairs.with_columns(a=ids.search_sorted(pairs["left_id"]), b=ids.search_sorted(pairs["right_id"]))
    same = numbered.filter(pl.col("verdict") == "same")
    person = _components(same, len(ids))
    broken = _broken(person, numbered, everybody)
    person = np.where(broken, np.arange(len(ids)), person)
    near = numbered.filter(pl.col("verdict").is_in(["same", "household"])).with_columns(
        a=pl.Series(person[numbered_of(numbered, "a")]), b=pl.Series(person[numbered_of(numbered, "b")])
    )
    home = _households(near, person)
    kept = same.filter(~pl.Series(broken[same["a"].to_numpy()]))
    return (
        pl.DataFrame(
            {"party_id": ids, "person_id": ids.gather(person), "household_id": ids.gather(home), "broken": broken}
        )
        .join(_reasons(kept), on="party_id", how="left", maintain_order="left")
        .with_columns(
            reasons=pl.when("broken").then(pl.lit([CONTRADICTION])).otherwise(pl.col("reasons").fill_null([]))
        )
        .select(pl.col(name).cast(kind) for name, kind in CLUSTERS.items())
    )


def numbered_of(pairs: pl.DataFrame, side: str) -> Integers:
    """Return the rows of one side of the pairs that join people or households."""
    return pairs.filter(pl.col("verdict").is_in(["same", "household"]))[side].to_numpy().astype(np.int64)


def _components(edges: pl.DataFrame, count: int) -> Integers:
    return _union(edges["a"].to_numpy().astype(np.int64), edges["b"].to_numpy().astype(np.int64), count)


@njit(cache=True)
def _union(a: Integers, b: Integers, count: int) -> Integers:
    """Return the smallest row of everybody's component (union by the smaller root, paths halved)."""
    root = np.arange(count)
    for edge in range(len(a)):
        x, y = a[edge], b[edge]
        while root[x] != x:
            root[x] = root[root[x]]
            x = root[x]
        while root[y] != y:
            root[y] = root[root[y]]
            y = root[y]
        if x < y:
            root[y] = x
        elif y < x:
            root[x] = y
    for row in range(count):
        root[row] = root[root[row]]
    return root


def _broken(person: Integers, pairs: pl.DataFrame, people: pl.DataFrame) -> NDArray[np.bool_]:
    """Tell who is in a component that contradicts itself."""
    told = pairs.filter(pl.col("reasons").list.set_intersection(list(CONTRADICTIONS)).list.len() > 0)
    left, right = (person[told[side].to_numpy()] for side in ("a", "b"))
    numbers = read_ids(people).collect().with_columns(person=pl.Series(person)).filter(pl.col("is_valid"))
    two = numbers.group_by("person", "kind").agg(pl.col("number").n_unique()).filter(pl.col("number") > 1)
    bad = np.union1d(left[left == right], two["person"].to_numpy())
    return np.isin(person, bad)


def _households(edges: pl.DataFrame, person: Integers) -> Integers:
    """Return the smallest person of everybody's household; one that is too large is none."""
    home = _components(edges, len(person))[person]
    sizes = pl.DataFrame({"home": home, "person": person}).select(pl.col("person").n_unique().over("home")).to_series()
    return np.where(sizes.to_numpy() > HOUSEHOLD_MOST, person, home)


def _reasons(same: pl.DataFrame) -> pl.DataFrame:
    sides = pl.concat([same.select(party_id=side, reasons="reasons") for side in ("left_id", "right_id")])
    return sides.explode("reasons").group_by("party_id").agg(pl.col("reasons").drop_nulls().unique().sort())
