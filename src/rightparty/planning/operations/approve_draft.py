# SPDX-License-Identifier: Apache-2.0
"""Approve house rules or a strategy: the second of two people, never the one who proposed them (right_time)."""

from datetime import datetime

import polars as pl
from django.db import transaction

from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.planning.drafts.kinds import DraftError, DraftKind, check_draft
from rightparty.planning.drafts.queries import installed_packs, source_of
from rightparty.planning.models import PolicyDraft


def approve_draft(number: int, *, wordings: pl.DataFrame, at: datetime, by: str) -> DraftKind:
    """Put a draft into use from this instant on, for planner and gate; it is checked again, the packs may have changed.

    Raises:
        DraftError: no such draft, approved already, nobody approves, or the one who proposed it.
        PackError, StrategyError: the draft is wrong by now.
    """
    approver = by.strip()[:150]
    if not approver:
        raise DraftError("an approval needs a name", remedy="Say who approves.")
    with transaction.atomic():
        draft = PolicyDraft.objects.select_for_update().filter(id=number).first()
        if draft is None:
            raise DraftError(f"there is no draft {number}", remedy="`rightparty policy drafts` lists them.")
        if draft.approved_at is not None:
            raise DraftError(f"draft {number} was approved already", remedy="Propose it anew to go back to it.")
        if draft.proposed_by.casefold() == approver.casefold():
            raise DraftError("who proposed a draft cannot approve it as well", remedy="A second person has to approve.")
        if at < draft.proposed_at:
            raise DraftError(f"draft {number} was proposed later than that", remedy="Approve it as of now.")
        kind = DraftKind(draft.kind)
        check_draft(kind, source_of(draft), packs=installed_packs(), wordings=wordings)
        facts: dict[str, object] = {"draft": draft.digest, "kind": draft.kind, "proposed_record": draft.proposed_index}
        private = {"proposed_by": draft.proposed_by, "approved_by": approver}
        [index] = append_leaves([LeafRecord(kind="policy.approved", recorded_at=at, facts=facts, private=private)])
        draft.approved_by, draft.approved_at, draft.approved_index = approver, at, index
        draft.save(update_fields=["approved_by", "approved_at", "approved_index"])
    return kind
