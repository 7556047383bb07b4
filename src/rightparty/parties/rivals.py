# SPDX-License-Identifier: Apache-2.0
"""Who else claims a contact value, and whether he has anything to do with the person. Serves right_party.

A claim is a current row that calls the value a person's own (or an employer's), or a log-in or one-time code that a
person passed there. A row that names the value as a friend's, relative's or emergency contact's is no claim: it is
what one would expect of a value that is somebody's own.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from rightparty.kernel.vocabulary import EventKind, Relation

SAME_PERSON: Final = "person:"
"""Prefix of the link groups that join several ids of one human: a value shared inside is not shared at all."""

STRONG: Final = (EventKind.OTP_VERIFIED, EventKind.LOGIN)
"""What only the person himself can do. Other evidence could come from whoever holds the phone."""

RIVALS: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "v": pl.UInt32,
    "party_id": pl.String,
    "rival_at": pl.Datetime("us", "UTC"),
    "is_shared": pl.Boolean,
}


def rival_claims(rows: pl.DataFrame, strong: pl.DataFrame, links: pl.DataFrame, *, crowd_persons: int) -> pl.DataFrame:
    """Find, for each party and value, the latest claim of an unlinked other, and whether a linked other shares it.

    Shape: rows [v, party_id, relation, is_expired, claimed_at], strong [v, party_id, occurred_at], links [party_id,
    group_id] -> RIVALS, only rows that have a rival or a sharer. `v` numbers a (channel, value). A value claimed by
    more than `crowd_persons` parties contradicts all of them, linked or not.
    """
    claims = _claims(rows, strong)
    holders = claims.group_by("v").agg(holders=pl.len(), latest_at=pl.col("claimed_at").max())
    subjects = rows.select("v", "party_id").unique().join(holders, on="v")
    is_crowd = pl.col("holders") > crowd_persons
    crowd = subjects.filter(is_crowd).select("v", "party_id", rival_at="latest_at", is_shared=pl.lit(value=False))
    pairs = (
        subjects.filter(~is_crowd)
        .join(claims.rename({"party_id": "other_id"}), on="v")
        .filter(pl.col("party_id") != pl.col("other_id"))
    )
    linked = pl.col("is_linked").fill_null(value=False)
    same = pl.col("is_same_person").fill_null(value=False)
    met = (
        pairs.join(_kinship(pairs, links), on=["party_id", "other_id"], how="left")
        .group_by("v", "party_id")
        .agg(rival_at=pl.col("claimed_at").filter(~linked).max(), is_shared=(linked & ~same).any())
    )
    return pl.concat([frame.select(pl.col(name).cast(kind) for name, kind in RIVALS.items()) for frame in (crowd, met)])


def _claims(rows: pl.DataFrame, strong: pl.DataFrame) -> pl.DataFrame:
    """Return [v, party_id, claimed_at]: the latest claim of each party to each value."""
    own = rows.filter(pl.col("relation").is_in([Relation.SELF, Relation.EMPLOYER]) & ~pl.col("is_expired"))
    return (
        pl.concat([own.select("v", "party_id", "claimed_at"), strong.select("v", "party_id", claimed_at="occurred_at")])
        .group_by("v", "party_id")
        .agg(pl.col("claimed_at").max())
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
