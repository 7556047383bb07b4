# SPDX-License-Identifier: Apache-2.0
"""Approve a text of the lender's own: the second of two people, never the one who proposed (right_words).

Crash meaning: text and evidence leaf commit together; before that nothing is said in its words.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from rightparty.dispatch.models import OwnWording
from rightparty.dispatch.operations.propose_wordings import digest_of, facts_of
from rightparty.dispatch.queries import texts_in_force, wording_of
from rightparty.dispatch.wording_lint import Wording, WordingError, lint
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves


def approve_wording(number: int, *, at: datetime, by: str) -> Wording:
    """Put a draft in force from this transaction's commit on, and return it with its version; it never changes again.

    Raises:
        WordingError: no such draft, approved already, the same person proposed it, it breaks the rules of today, its
            words are not those proposed, or it is for one market and nothing stands beside it for all others.
    """
    if not by.strip():
        raise WordingError("an approval needs a name", remedy="Say who approves.")
    with transaction.atomic():
        draft = OwnWording.objects.select_for_update().filter(id=number).first()
        if draft is None or draft.approved_at is not None:
            raise WordingError(f"there is no draft {number}", remedy="`rightparty wording list` lists them.")
        if draft.proposed_by.casefold() == by.strip().casefold():
            raise WordingError("who proposed cannot approve as well", remedy="A second person has to approve.")
        text = wording_of(draft)
        _refuse_unfit(text, draft)
        leaf = LeafRecord(
            kind="wording.approved",
            recorded_at=at,
            facts={"wording": draft.id, "sha256": draft.digest, "version": text.version, **facts_of(text)},
            private={"proposed_by": draft.proposed_by, "approved_by": by.strip()[:150]},
        )
        draft.approved_by, draft.approved_at = by.strip()[:150], at
        draft.approved_index = append_leaves([leaf])[0]
        draft.save(update_fields=["approved_by", "approved_at", "approved_index"])
    return text


def _refuse_unfit(text: Wording, draft: OwnWording) -> None:
    if findings := lint(text, has_phone=bool(settings.RIGHTPARTY["PHONE"])):
        raise WordingError(f"{text.name}: {'; '.join(findings)}", remedy="Propose a corrected text.")
    if digest_of(text) != draft.digest:
        raise WordingError(f"the words of draft {draft.id} are not those proposed", remedy="Propose them again.")
    everywhere = (text.template, text.language, text.channel, str(text.disclosure), "")
    if text.market and everywhere not in texts_in_force().wordings:
        raise WordingError(
            f"{text.name} is for one market, and there is none for all", remedy="Propose a text without market first."
        )
