# SPDX-License-Identifier: Apache-2.0
"""Open a case about a sent message, or join the one that is open about it already (correctable).

Called by the operations of this room, in their transaction: a case without its effects never stands alone.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog

from rightparty.casework.deadlines import due_at
from rightparty.casework.models import Case, CaseAction
from rightparty.casework.queries import find_sent_message
from rightparty.casework.record import HANDED_TO_STAFF, MOST_WORDS, REPORTED_AGAIN
from rightparty.casework.sent import SentMessage
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.identifiers import new_token

log = structlog.get_logger(__name__)

AUTHOR = "author"
"""Who did what the author's report does by itself, without staff."""


class UnknownReferenceError(LookupError):
    """No message was sent under this reference code."""

    remedy = "Check the code printed at the end of the message."


def require_sent_message(code: str) -> SentMessage:
    """Return the message sent under a reference code.

    Raises:
        UnknownReferenceError: none was.
    """
    about = find_sent_message(code)
    if about is None:
        raise UnknownReferenceError(UnknownReferenceError.remedy)
    return about


def open_case(*, kind: str, about: SentMessage, origin: str, words: str, at: datetime) -> tuple[Case, bool]:
    """Return the open case of this kind about a message, and whether it is new. One is open at a time."""
    case, is_new = Case.objects.get_or_create(
        kind=kind,
        reminder_id=about.id,
        value=about.address,
        state=Case.State.OPEN,
        defaults={
            "follow_token": new_token(),
            "origin": origin,
            "opened_at": at,
            "due_at": due_at(kind, at),
            "channel": about.channel,
            "words": words[:MOST_WORDS],
        },
    )
    if is_new:
        write_action(case, HANDED_TO_STAFF, at=at, shown=True)
    else:
        _add_words(case, words)
        write_action(case, REPORTED_AGAIN, at=at, shown=True)
    return case, is_new


def write_action(case: Case, action: str, *, at: datetime, detail: str = "", shown: bool, by: str = AUTHOR) -> None:
    """Write down one thing done in a case."""
    CaseAction.objects.create(
        case=case, done_at=at, action=action, detail=detail, done_by=by[:150], shown_to_author=shown
    )


def record_case(case: Case, *, what: str, at: datetime, done: Sequence[str] = (), by: str = "") -> None:
    """Append the evidence leaf of what happened to a case; call last, since the log's head stays locked."""
    facts = {"case_kind": case.kind, "origin": case.origin, "state": case.state, "done": list(done)}
    private = {"case": str(case.id), "address": case.value, "words": case.words, "reminder": str(case.reminder_id)}
    if by:
        private["by"] = by
    append_leaves([LeafRecord(kind=f"case.{what}", recorded_at=at, facts=facts, private=private)])
    log.info("case.recorded", outcome=what, kind=case.kind, origin=case.origin)


def _add_words(case: Case, words: str) -> None:
    """Keep what the author adds, up to the limit."""
    added = words.strip()
    if added and added not in case.words:
        case.words = f"{case.words}\n\n{added}".strip()[:MOST_WORDS]
        case.save(update_fields=["words"])
