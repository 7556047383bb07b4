# SPDX-License-Identifier: Apache-2.0
"""The hard contradictions: each blocks a contact point by itself, whatever the probability. Serves right_party."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from rightparty.kernel.reasons import BY_CODE
from rightparty.kernel.vocabulary import Relation

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


def contradictions_mask() -> pl.Expr:
    """Return the mask of a subject's contradictions, from the columns relation and `evidence.Gathered.marks`.

    A later log-in or one-time code by this very party takes away a report, a listing or a rival; it must be later
    than all of them, at the same instant it does not help. Nothing takes away a third party's or an expired point.
    """
    stands = {
        "reported_wrong_party": _stands("wrong_at"),
        "reassigned": _stands("reassigned_at"),
        "value_under_unlinked_person": _stands("rival_at"),
        "third_party_contact": pl.col("relation") != Relation.SELF,
        "contact_point_expired": pl.col("is_expired").fill_null(value=False),
    }
    return pl.sum_horizontal(
        pl.when(stands[name]).then(bit).otherwise(0).cast(pl.Int64) for name, bit in CONTRADICTIONS.items()
    )


def _stands(contradicted_at: str) -> pl.Expr:
    answered = (pl.col("last_confirmed_at") > pl.col(contradicted_at)).fill_null(value=False)
    return pl.col(contradicted_at).is_not_null() & ~answered
