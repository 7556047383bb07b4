# SPDX-License-Identifier: Apache-2.0
"""Takes a person's decision on two ids: same, not the same, or one household; answers the question that was open.

A decision outranks documents and the model and holds through every re-link. Serves right_party, correctable, provable.
"""

from datetime import datetime

from django.db import transaction

from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.clock import require_aware
from rightparty.parties.linked.changes import Act, LinkError, PersonsChanged, new_links
from rightparty.parties.linked.deciding import ends_for_decision, in_order, require_author
from rightparty.parties.linked.queries import everybody_tied, links_in_force
from rightparty.parties.locks import lock_linking
from rightparty.parties.models import LinkReview, Party
from rightparty.parties.operations.change_persons import change_persons

VERDICTS = ("same", "not_same", "household")


def decide_link(*, left_id: str, right_id: str, verdict: str, by: str, reason: str, at: datetime) -> PersonsChanged:
    """Decide on two different ids.

    Raises:
        LinkError: no name or reason, an unknown id or verdict, or it contradicts a decision in force.
    """
    require_aware(at)
    require_author(by=by, reason=reason)
    if verdict not in VERDICTS:
        raise LinkError(f"{verdict} is no verdict", remedy=f"There are {', '.join(VERDICTS)}.")
    if left_id == right_id:
        raise LinkError("a link is between two ids", remedy="Name two, or answer the review about the one.")
    pair = in_order(left_id, right_id)
    with transaction.atomic():
        lock_linking()
        require_on_file(pair)
        links = links_in_force(party_ids=everybody_tied(pair))
        ended = ends_for_decision(links, pair=pair, verdict=verdict)
        act = Act(kind="decide", by=by.strip(), reason=reason.strip(), at=at)
        changed = change_persons(act=act, links=new_links([pair], verdict=verdict), ended=ended, touched=pair)
        close_reviews([pair], by=by, decision=f"{verdict}: {reason}", at=at)
    return changed


def answer_review(*, review_id: int, verdict: str, by: str, reason: str, at: datetime) -> PersonsChanged:
    """Answer an open question. Of one id, `not_same` upholds the suspicion: its points stay held until it is lifted.

    Raises:
        LinkError: there is no such question, it is answered, or as `decide_link`.
    """
    require_author(by=by, reason=reason)
    with transaction.atomic():
        lock_linking()
        review = LinkReview.objects.select_for_update().filter(pk=review_id).first()
        if review is None:
            raise LinkError(f"there is no review {review_id}", remedy="`rightparty link reviews` lists them.")
        if review.state not in (LinkReview.State.OPEN, LinkReview.State.UPHELD):
            raise LinkError(f"review {review_id} is {review.state}", remedy="Nothing is to be decided.")
        if review.kind != LinkReview.Kind.ONE_ID:
            return decide_link(
                left_id=review.left_id, right_id=review.right_id, verdict=verdict, by=by, reason=reason, at=at
            )
        return _answer_of_one_id(review, verdict=verdict, by=by, reason=reason, at=at)


def _answer_of_one_id(review: LinkReview, *, verdict: str, by: str, reason: str, at: datetime) -> PersonsChanged:
    if verdict not in ("same", "not_same"):
        raise LinkError(f"{verdict} is no answer about one id", remedy="Say same (one human) or not_same (two).")
    act = Act(kind="decide", by=by.strip(), reason=reason.strip(), at=require_aware(at))
    changed = change_persons(act=act, touched=[review.left_id])
    upheld = verdict == "not_same"
    review.state = LinkReview.State.UPHELD if upheld else LinkReview.State.DECIDED
    review.closed_at, review.closed_by, review.decision = at, by.strip()[:150], f"{verdict}: {reason}"[:300]
    review.save(update_fields=["state", "closed_at", "closed_by", "decision"])
    facts = {"change": changed.change_id, "upheld": upheld, "bears_on_one_point": review.value != ""}
    private = {"party": review.left_id, "channel": review.channel, "value": review.value, "by": by, "reason": reason}
    append_leaves([LeafRecord(kind="persons.suspicion_decided", recorded_at=at, facts=facts, private=private)])
    return changed


def close_reviews(pairs: list[tuple[str, str]], *, by: str, decision: str, at: datetime) -> None:
    """Close the open questions that a decision on some pairs answers."""
    for left, right in pairs:
        LinkReview.objects.filter(left_id=left, right_id=right, state=LinkReview.State.OPEN).update(
            state=LinkReview.State.DECIDED, closed_at=at, closed_by=by.strip()[:150], decision=decision[:300]
        )


def require_on_file(party_ids: tuple[str, ...]) -> None:
    """Refuse ids that are not on file.

    Raises:
        LinkError: one of them has no current row.
    """
    known = set(Party.objects.filter(party_id__in=party_ids, retired_by_id=None).values_list("party_id", flat=True))
    if set(party_ids) - known:
        raise LinkError("there is no party with one of these ids", remedy="Write ids as in the lender's file.")
