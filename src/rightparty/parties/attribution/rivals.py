# SPDX-License-Identifier: Apache-2.0
"""Who else claims a contact value, and whether he has anything to do with the person. Serves right_party.

A claim is a current row that calls the value a person's own (or an employer's), or a log-in or one-time code that a
person passed there. A row that names the value as a friend's, relative's or emergency contact's is no claim: it is
what one would expect of a value that is somebody's own.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from rightparty.kernel.vocabulary import Relation

SAME_PERSON: Final = "person:"
"""Prefix of the link groups that join several ids of one human: a value shared inside is not shared at all."""

CLAIMS: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "v": pl.UInt32,
    "party_id": pl.String,
    "claimed_at": pl.Datetime("us", "UTC"),
    "kind": pl.String,
    "is_linked": pl.Boolean,
    "is_same_person": pl.Boolean,
}


def claims_of_others(
    rows: pl.DataFrame, strong: pl.DataFrame, links: pl.DataFrame, *, crowd_persons: int
) -> pl.DataFrame:
    """Find what everybody else does that claims the value of a person.

    Shape: rows [v, party_id, relation, is_expired, claimed_at], strong [v, party_id, occurred_at], links [party_id,
    group_id] -> CLAIMS, one row per subject (v, party_id) and claim of another party there. `v` numbers a (channel,
    value). A value claimed by more than `crowd_persons` parties is claimed once against all of them, linked or not.
    """
    claims = _claims(rows, strong)
    holders = claims.group_by("v").agg(holders=pl.col("party_id").n_unique(), latest_at=pl.col("claimed_at").max())
    contested = holders.filter(pl.col("holders") > 1).vstack(_single_elsewhere(rows, claims, holders))
    subjects = rows.select("v", "party_id").unique().join(contested, on="v")
    is_crowd = pl.col("holders") > crowd_persons
    no = pl.lit(value=False)
    crowd = subjects.filter(is_crowd).select(
        "v", "party_id", claimed_at="latest_at", kind=pl.lit("claimed_by_other"), is_linked=no, is_same_person=no
    )
    pairs = (
        subjects.filter(~is_crowd)
        .join(claims.rename({"party_id": "other_id"}), on="v")
        .filter(pl.col("party_id") != pl.col("other_id"))
    )
    met = pairs.join(_kinship(pairs, links), on=["party_id", "other_id"], how="left").with_columns(
        pl.col("is_linked", "is_same_person").fill_null(value=False)
    )
    return pl.concat([frame.select(pl.col(name).cast(kind) for name, kind in CLAIMS.items()) for frame in (crowd, met)])


def _single_elsewhere(rows: pl.DataFrame, claims: pl.DataFrame, holders: pl.DataFrame) -> pl.DataFrame:
    """Return the values with one claimant that stand under somebody else, too, who does not claim them."""
    single = holders.filter(pl.col("holders") == 1).join(claims.select("v", "party_id").unique(), on="v")
    other = rows.select("v", "party_id").unique().join(single.rename({"party_id": "claimant"}), on="v")
    return other.filter(pl.col("party_id") != pl.col("claimant")).select(holders.columns).unique("v")


def _claims(rows: pl.DataFrame, strong: pl.DataFrame) -> pl.DataFrame:
    """Return [v, party_id, claimed_at, kind]: each party's recorded claim to each value, and each use of it."""
    own = rows.filter(pl.col("relation").is_in([Relation.SELF, Relation.EMPLOYER]) & ~pl.col("is_expired"))
    recorded = own.group_by("v", "party_id").agg(pl.col("claimed_at").max())
    return pl.concat(
        [
            recorded.select("v", "party_id", "claimed_at", kind=pl.lit("claimed_by_other")),
            strong.select("v", "party_id", claimed_at="occurred_at", kind=pl.lit("used_by_other")),
        ]
    )


def _kinship(pairs: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Return [party_id, other_id, is_linked, is_same_person] for those pairs that share a link group."""
    groups = links.select("party_id", "group_id").unique()
    return (
        pairs.select("party_id", "other_id")
        .unique()
        .join(groups, on="party_id")
        .join(groups, left_on=["other_id", "group_id"], right_on=["party_id", "group_id"], how="semi")
        .group_by("party_id", "other_id")
        .agg(is_linked=pl.lit(value=True), is_same_person=pl.col("group_id").str.starts_with(SAME_PERSON).any())
    )
