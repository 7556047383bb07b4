# SPDX-License-Identifier: Apache-2.0
"""The hard contradictions: each blocks a contact point by itself, whatever the probability. Serves right_party."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from rightparty.kernel.reasons import BY_CODE
from rightparty.kernel.vocabulary import EventKind, Relation
from rightparty.parties.attribution.evidence import STRONG

CONTRADICTIONS: Final[Mapping[str, int]] = {
    name: BY_CODE[f"right_party.{name}"].mask
    for name in (
        "reported_wrong_party",
        "reassigned",
        "value_under_unlinked_person",
        "third_party_contact",
        "contact_point_expired",
    )
}
"""Contradiction -> its bit in a reasons mask."""

_NOT_ME: Final = (EventKind.WRONG_PARTY, EventKind.NAME_DIFFERS)
_CHANGED: Final = (EventKind.REASSIGNED, EventKind.HOLDER_CHANGED)


def with_contradictions(
    subjects: pl.DataFrame, rows: pl.DataFrame, events: pl.DataFrame, claims: pl.DataFrame
) -> pl.DataFrame:
    """Add contradictions_mask, is_shared and last_confirmed_at to subjects [v, party_id, relation].

    A later log-in or one-time code by this very party takes away a report, a listing or a rival; it must be later
    than all of them, at the same instant it does not help. Nothing takes away a third party's or an expired point.
    """
    kind, when = pl.col("kind"), pl.col("occurred_at")
    confirmed = (
        events.filter(kind.is_in(STRONG) & (pl.col("party_id") != ""))
        .group_by("v", "party_id")
        .agg(last_confirmed_at=when.max())
    )
    against = (
        events.filter(kind.is_in([*_NOT_ME, *_CHANGED]))
        .group_by("v")
        .agg(
            wrong_at=when.filter(kind.is_in(_NOT_ME)).max(),
            reassigned_at=when.filter(kind.is_in(_CHANGED)).max(),
        )
    )
    linked, same = pl.col("is_linked"), pl.col("is_same_person")
    others = claims.group_by("v", "party_id").agg(
        rival_at=pl.col("claimed_at").filter(~linked).max(), is_shared=(linked & ~same).any()
    )
    expired = rows.group_by("v", "party_id").agg(pl.col("is_expired").all())
    return (
        subjects.join(confirmed, on=["v", "party_id"], how="left")
        .join(against, on="v", how="left")
        .join(others, on=["v", "party_id"], how="left")
        .join(expired, on=["v", "party_id"], how="left")
        .with_columns(
            pl.col("is_shared").fill_null(value=False),
            reported_wrong_party=_stands("wrong_at"),
            reassigned=_stands("reassigned_at"),
            value_under_unlinked_person=_stands("rival_at"),
            third_party_contact=pl.col("relation") != Relation.SELF,
            contact_point_expired=pl.col("is_expired").fill_null(value=False),
        )
        .with_columns(
            contradictions_mask=pl.sum_horizontal(
                pl.when(name).then(bit).otherwise(0).cast(pl.Int64) for name, bit in CONTRADICTIONS.items()
            )
        )
    )


def _stands(contradicted_at: str) -> pl.Expr:
    answered = (pl.col("last_confirmed_at") > pl.col(contradicted_at)).fill_null(value=False)
    return pl.col(contradicted_at).is_not_null() & ~answered
