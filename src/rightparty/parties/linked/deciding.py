# SPDX-License-Identifier: Apache-2.0
"""What a person's decision about who is who asks for: which links it ends, which it makes, and when it is refused.

Pure; a decision that contradicts another in force is refused with the way out, so that decisions never contradict each
other and each of them holds through every re-link (right_party, correctable).
"""

from collections.abc import Sequence
from itertools import product
from typing import Final

import polars as pl

from rightparty.parties.linked.changes import LinkError
from rightparty.parties.linked.persons import keeps_apart

SPLIT_MOST: Final = 2_000
"""Pairs that one split keeps apart; a person of so many ids is filler data, to be mended in the lender's file."""


def require_author(*, by: str, reason: str) -> None:
    """Refuse a decision that nobody stands for.

    Raises:
        LinkError: no name or no reason.
    """
    if not by.strip() or not reason.strip():
        raise LinkError("a decision needs a name and a reason", remedy="Say who decides, and why.")


def in_order(one: str, other: str) -> tuple[str, str]:
    """Return a pair as links keep it."""
    return min(one, other), max(one, other)


def ends_for_decision(links: pl.DataFrame, *, pair: tuple[str, str], verdict: str) -> list[int]:
    """Return the links that a verdict on a pair takes the place of.

    Shape: links in force of everybody tied to the pair, LINKS with id.

    Raises:
        LinkError: it would contradict what was decided on other ids of these persons.
    """
    mine = (pl.col("left_id") == pair[0]) & (pl.col("right_id") == pair[1])
    others = links.filter(~mine)
    persons = decided_groups(others)
    one, other = persons.get(pair[0], {pair[0]}), persons.get(pair[1], {pair[1]})
    if verdict == "same" and crossing(others.filter(keeps_apart()), one, other).height:
        raise LinkError(
            "other ids of these two were decided to be different persons",
            remedy="`rightparty link merge` joins the persons and ends those decisions; `link history` shows them.",
        )
    if verdict != "same" and pair[1] in one:
        raise LinkError(
            "decisions on other ids make these two one person",
            remedy="`rightparty link split` parts the person and ends those decisions; `link history` shows them.",
        )
    return links.filter(mine)["id"].to_list()


def ends_for_merge(links: pl.DataFrame, *, one: Sequence[str], other: Sequence[str]) -> list[int]:
    """Return the decisions that keep the ids of two persons apart."""
    return crossing(links.filter(keeps_apart()), set(one), set(other))["id"].to_list()


def pairs_of_split(
    links: pl.DataFrame, *, away: Sequence[str], rest: Sequence[str]
) -> tuple[list[int], list[tuple[str, str]]]:
    """Return the links that a split ends, and the pairs it keeps apart.

    Raises:
        LinkError: nothing is left on one side, or the person has too many ids.
    """
    if not away or not rest:
        raise LinkError(
            "a split needs ids of the person on both sides", remedy="Name some of the person's ids, not all of them."
        )
    if len(away) * len(rest) > SPLIT_MOST:
        raise LinkError(
            f"this person has {len(away) + len(rest)} ids, too many to split by hand",
            remedy="Correct the identity documents in the lender's file and load it again.",
        )
    between = crossing(links, set(away), set(rest))
    return between["id"].to_list(), [in_order(one, other) for one, other in product(away, rest)]


def decided_groups(links: pl.DataFrame) -> dict[str, set[str]]:
    """Return, for each id that a person called the same as others, all ids so joined."""
    groups: dict[str, set[str]] = {}
    joins = links.filter((pl.col("origin") == "person") & (pl.col("verdict") == "same"))
    for left, right in joins.select("left_id", "right_id").iter_rows():
        both = groups.get(left, {left}) | groups.get(right, {right})
        groups.update(dict.fromkeys(both, both))
    return groups


def crossing(links: pl.DataFrame, one: set[str], other: set[str]) -> pl.DataFrame:
    """Return the links with one end in each of two sets of ids."""
    left, right = pl.col("left_id"), pl.col("right_id")
    return links.filter(
        (left.is_in(list(one)) & right.is_in(list(other))) | (left.is_in(list(other)) & right.is_in(list(one)))
    )


def broken_decisions(links: pl.DataFrame, persons: pl.DataFrame) -> pl.DataFrame:
    """Return the decisions in force that persons do not follow: another one in force contradicts them.

    Shape: LINKS in force, persons [party_id, to_person].
    """
    left = persons.rename({"party_id": "left_id", "to_person": "left_person"})
    right = persons.rename({"party_id": "right_id", "to_person": "right_person"})
    decided = links.filter(pl.col("origin") == "person").join(left, on="left_id").join(right, on="right_id")
    return decided.filter((pl.col("left_person") == pl.col("right_person")) != (pl.col("verdict") == "same"))
