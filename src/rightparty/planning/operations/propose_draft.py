# SPDX-License-Identifier: Apache-2.0
"""Propose house rules or a strategy: the first of two people (right_time)."""

import hashlib
from datetime import datetime

import polars as pl
from django.db import transaction

from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.planning.drafts.kinds import DraftError, DraftKind, check_draft
from rightparty.planning.drafts.queries import installed_packs
from rightparty.planning.models import PolicyDraft
from rightparty.policy.toml_lines import TomlText


def propose_draft(
    kind: DraftKind, source: TomlText, *, wordings: pl.DataFrame, at: datetime, by: str, reason: str
) -> int:
    """Record a draft and return its number; nothing uses it before somebody else approves it.

    Raises:
        DraftError: no name or reason.
        PackError, StrategyError: the draft is wrong; the message names file, line and field.
    """
    if not by.strip() or not reason.strip():
        raise DraftError("a draft needs a name and a reason", remedy="Say who proposes it, and why.")
    check_draft(kind, source, packs=installed_packs(), wordings=wordings)
    digest = hashlib.sha256(source.text.encode()).hexdigest()
    facts: dict[str, object] = {"draft": digest, "kind": kind.value}
    private = {"proposed_by": by.strip(), "reason": reason.strip()}
    with transaction.atomic():
        [index] = append_leaves([LeafRecord(kind="policy.proposed", recorded_at=at, facts=facts, private=private)])
        draft = PolicyDraft.objects.create(
            kind=kind, label=source.label[:100], text=source.text, digest=digest, proposed_by=by.strip()[:150],
            proposed_at=at, reason=reason.strip()[:300], proposed_index=index,
        )  # fmt: skip
    return int(draft.id)
