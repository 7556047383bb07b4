# SPDX-License-Identifier: Apache-2.0
"""Propose texts of the lender's own: the first of two people (right_words)."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction

from rightparty.dispatch.models import OwnWording
from rightparty.dispatch.wording_lint import Wording, WordingError, lint
from rightparty.evidence.chain import LeafRecord, canonical_json
from rightparty.evidence.operations.append_leaves import append_leaves


def propose_wordings(texts: Sequence[Wording], *, at: datetime, by: str) -> list[int]:
    """Keep texts as drafts, all or none, and return their numbers; they are not said until somebody else approves.

    Raises:
        WordingError: no texts or no name, one key twice, a text that breaks the rules, or one that waits already.
    """
    if not by.strip() or not texts:
        raise WordingError("a proposal needs a name and at least one text", remedy="Say who proposes, and what.")
    has_phone = bool(settings.RIGHTPARTY["PHONE"])
    if findings := [f"{text.name}: {finding}" for text in texts for finding in lint(text, has_phone=has_phone)]:
        raise WordingError("; ".join(findings))
    digests = [digest_of(text) for text in texts]
    if len({text.name for text in texts}) != len(texts):
        raise WordingError("one text stands twice in it", remedy="Keep one of them.")
    with transaction.atomic():
        if OwnWording.objects.filter(digest__in=digests, approved_at__isnull=True).exists():
            raise WordingError("it was proposed already", remedy="Somebody else has to approve it.")
        drafts = [
            OwnWording.objects.create(
                **facts_of(text), subject=text.subject, text=text.text, digest=digest, proposed_by=by.strip()[:150],
                proposed_at=at,
            )
            for text, digest in zip(texts, digests, strict=True)
        ]  # fmt: skip
        append_leaves(
            [
                LeafRecord(
                    kind="wording.proposed",
                    recorded_at=at,
                    facts={"wording": draft.id, "sha256": draft.digest, **facts_of(text)},
                    private={"proposed_by": draft.proposed_by},
                )
                for draft, text in zip(drafts, texts, strict=True)
            ]
        )
    return [draft.id for draft in drafts]


def facts_of(text: Wording) -> dict[str, str]:
    """Return under what a text stands, as table and evidence spell it."""
    return {
        "template": text.template, "language": text.language, "channel": str(text.channel),
        "disclosure": str(text.disclosure), "market": text.market,
    }  # fmt: skip


def digest_of(text: Wording) -> str:
    """Return the digest of a text with all that it stands under."""
    whole = {**facts_of(text), "subject": text.subject, "text": text.text}
    return hashlib.sha256(canonical_json(whole).encode()).hexdigest()
