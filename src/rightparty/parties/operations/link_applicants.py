# SPDX-License-Identifier: Apache-2.0
"""Links the parties of a load against the portfolio while it is loaded, each for itself (right_party, right_time).

Within the load's transaction: what is linked here goes with the load if it is reverted or rolled back. A load of more
parties than the house lets in is left to the next re-link of everybody.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import polars as pl
from django.db import transaction

from rightparty.parties.linkage.frames import PAIRS, PEOPLE
from rightparty.parties.linkage.index import LinkIndex
from rightparty.parties.linkage.model import LinkageModel, shipped_model
from rightparty.parties.linked.queries import (
    installed_link_rules,
    linkage_frames,
    parties_of_load,
    versions_of_load,
)
from rightparty.parties.linked.rules import LinkRules
from rightparty.parties.linked.suspicions import suspicions_in_versions
from rightparty.parties.operations.apply_pairs import LinkageApplied, apply_pairs
from rightparty.parties.operations.review_pairs import NEW_REVIEWS, open_reviews


class Index(Protocol):
    """A portfolio ready to link more against it."""

    def candidates_of_many(self, applicants: pl.DataFrame, points: pl.DataFrame) -> pl.DataFrame:
        """Return PAIRS of applicants (PEOPLE, POINTS), one side of each is one of them."""


type Indexer = Callable[[pl.DataFrame, pl.DataFrame, LinkageModel], Index]


def indexed(people: pl.DataFrame, points: pl.DataFrame, model: LinkageModel) -> Index:
    """Build linkage's own index."""
    return LinkIndex(people, points, model=model)


def link_applicants(
    *,
    load_id: int,
    at: datetime,
    indexer: Indexer = indexed,
    model: LinkageModel | None = None,
    rules: LinkRules | None = None,
) -> LinkageApplied | None:
    """Link the parties that a load brought or changed; None if there are none, more than allowed, or nobody else.

    Raises:
        LinkRulesError: the house's rules are not whole.
    """
    known, house = model or shipped_model(), rules or installed_link_rules()
    with transaction.atomic():
        _ask_about_changed_ids(load_id, at)
        applicants = parties_of_load(load_id)
        if not applicants or len(applicants) > house.applicants_most:
            return None
        people, points = linkage_frames()
        if people.height == len(applicants):
            return None
        mine = people.filter(pl.col("party_id").is_in(applicants)).select(PEOPLE.keys())
        own = points.filter(pl.col("party_id").is_in(applicants))
        pairs = indexer(people, points, known).candidates_of_many(mine, own).select(PAIRS.keys())
        return apply_pairs(
            pairs=pairs, at=at, model=f"linkage {known.version}", rules=house, load_id=load_id, about=applicants
        )


def _ask_about_changed_ids(load_id: int, at: datetime) -> None:
    """Open a review of each id that the load made another human's, as far as its row tells."""
    suspected = suspicions_in_versions(*versions_of_load(load_id))
    if suspected.is_empty():
        return
    contradictions = pl.format('["{}"]', pl.col("contradictions").list.join('", "'))
    found = suspected.with_columns(
        contradictions, kind=pl.lit("one_id"), reasons=pl.lit("[]"),
        **{name: pl.lit(None, dtype=pl.Float64) for name in ("p_same", "p_household", "p_other", "weight_bits")},
    )  # fmt: skip
    rows = found.select(pl.col(name).cast(kind) for name, kind in NEW_REVIEWS.items())
    open_reviews(found=rows, at=at, found_by="records", load_id=load_id)
