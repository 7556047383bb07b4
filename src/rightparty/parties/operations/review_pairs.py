# SPDX-License-Identifier: Apache-2.0
"""Opens and closes questions about who is one human; a question is asked once and an answer is kept (right_party)."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import batched
from typing import Final

import polars as pl
from django.db import transaction

from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.parties.linked.queries import links_in_force, reviews_of
from rightparty.parties.models import LinkReview
from rightparty.store.operations.append_rows import append_rows

NEW_REVIEWS: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {
    **dict.fromkeys(("kind", "left_id", "right_id", "channel", "value"), pl.String),
    **dict.fromkeys(("p_same", "p_household", "p_other", "weight_bits"), pl.Float64),
    **dict.fromkeys(("reasons", "contradictions"), pl.String),
    "seen_at": pl.Datetime("us", "UTC"),
}
"""Questions to be asked; `reasons` and `contradictions` are JSON lists."""

KEY: Final = ("left_id", "right_id", "channel", "value")


def open_reviews(*, found: pl.DataFrame, at: datetime, found_by: str, load_id: int = 0) -> int:
    """Open reviews, except those that stand open, and those that a person has answered on the signs there are.

    Shape: NEW_REVIEWS, each pair and point once. Returns how many are new.
    """
    if found.is_empty():
        return 0
    ids = None if found.height > _SOME else found["left_id"].unique().to_list()
    with transaction.atomic():
        known = reviews_of(ids)
        asked = known.filter(pl.col("state").is_in(["open", "upheld"])).select(KEY)
        answered = known.filter(pl.col("state") == "decided").group_by(KEY).agg(answered_at=pl.col("closed_at").max())
        by_person = links_in_force(party_ids=ids).filter(pl.col("origin") == "person").select("left_id", "right_id")
        fresh = (
            found.join(asked, on=KEY, how="anti")
            .join(by_person, on=["left_id", "right_id"], how="anti")
            .join(answered, on=KEY, how="left")
            .filter((pl.col("seen_at").is_null() | (pl.col("answered_at") < pl.col("seen_at"))).fill_null(value=True))
            .drop("answered_at")
        )
        rows = fresh.with_columns(
            found_by=pl.lit(found_by[:150]), opened_at=pl.lit(at).cast(pl.Datetime("us", "UTC")),
            load_id=pl.lit(load_id, pl.Int64), state=pl.lit("open"), closed_by=pl.lit(""), decision=pl.lit(""),
        )  # fmt: skip
        opened = append_rows("parties_linkreview", rows)
        _record(
            "opened", rows.select("left_id", "right_id", "contradictions").rows(), at=at, by=found_by, load_id=load_id
        )
    return opened


_SOME: Final = 10_000
_AT_ONCE: Final = 500


def withdraw_reviews(*, at: datetime, by: str, load_id: int = 0, still: pl.DataFrame | None = None) -> int:
    """Close open reviews that a reverted load had opened, or those that are not among what is found still.

    Shape: still KEY, all that a look at the whole portfolio found. What a person has upheld stays.
    """
    with transaction.atomic():
        waiting = LinkReview.objects.select_for_update().filter(state=LinkReview.State.OPEN)
        if still is None:
            ended = list(waiting.filter(load_id=load_id)) if load_id else []
        else:
            keys = set(still.select(KEY).rows())
            ended = [r for r in waiting if (r.left_id, r.right_id, r.channel, r.value) not in keys and _seen(r)]
        gone = [review.pk for review in ended]
        about = [(review.left_id, review.right_id, review.contradictions) for review in ended]
        for some in batched(gone, _AT_ONCE):
            LinkReview.objects.filter(pk__in=some).update(
                state=LinkReview.State.WITHDRAWN, closed_at=at, closed_by=by[:150]
            )
        _record("withdrawn", about, at=at, by=by, load_id=load_id)
    return len(gone)


def _record(what: str, reviews: Sequence[tuple[str, ...]], *, at: datetime, by: str, load_id: int) -> None:
    """Record questions that were opened or withdrawn: those with a contradiction hold or free contact points."""
    if not reviews:
        return
    holding = sum(contradictions != "[]" for *_ids, contradictions in reviews)
    facts = {"what": what, "reviews": len(reviews), "with_contradiction": holding, "load": load_id}
    private = {"by": by, "about": json.dumps(sorted(reviews), ensure_ascii=False)}
    append_leaves([LeafRecord(kind="persons.reviewed", recorded_at=at, facts=facts, private=private)])


def _seen(review: LinkReview) -> bool:
    """Tell whether a look at the portfolio as it stands would find this again; what only a load showed it would not."""
    return review.kind != LinkReview.Kind.ONE_ID or review.value != ""
