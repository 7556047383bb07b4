# SPDX-License-Identifier: Apache-2.0
"""Read cases: by the author's token, for staff, with what was done (correctable)."""

from typing import Final
from uuid import UUID

from rightparty.casework.models import Case, CaseAction
from rightparty.casework.record import ActionRecord, CaseRecord
from rightparty.casework.sent import SentMessage
from rightparty.dispatch.queries import find_by_code

MOST: Final = 200
"""Cases listed at once."""


def find_sent_message(typed: str) -> SentMessage | None:
    """Return the message sent under a typed or linked reference code, or None: malformed, unknown or never released."""
    reminder = find_by_code(typed)
    if reminder is None or reminder.released_at is None or reminder.code is None or reminder.evidence_index is None:
        return None
    return SentMessage(
        id=reminder.id,
        code=reminder.code,
        channel=reminder.channel,
        released_at=reminder.released_at,
        text_digest=reminder.text_digest,
        evidence_index=reminder.evidence_index,
        party_id=reminder.party_id,
        account_id=reminder.account_id,
        address=reminder.address,
    )


def find_case_by_follow_token(token: str) -> CaseRecord | None:
    """Return the case that its author follows with this token, or None."""
    case = Case.objects.filter(follow_token=token).first()
    return record_of(case) if case else None


def find_case(case_id: UUID) -> CaseRecord | None:
    """Return one case, or None."""
    case = Case.objects.filter(pk=case_id).first()
    return record_of(case) if case else None


def list_cases(state: str | None = None, *, most: int = MOST) -> list[CaseRecord]:
    """Return cases, those due first before later ones; of one state or of all."""
    cases = Case.objects.order_by("due_at", "id")
    if state is not None:
        cases = cases.filter(state=state)
    return [record_of(case) for case in cases[:most]]


def count_cases(state: str | None = None) -> int:
    """Return how many cases there are, of one state or of all."""
    cases = Case.objects.all()
    return cases.count() if state is None else cases.filter(state=state).count()


def actions_of(case_id: UUID, *, shown_to_author: bool = False) -> list[ActionRecord]:
    """Return what was done in a case, in order; only what its author is told if so asked."""
    actions = CaseAction.objects.filter(case_id=case_id).order_by("done_at", "id")
    if shown_to_author:
        actions = actions.filter(shown_to_author=True)
    return [
        ActionRecord(
            done_at=action.done_at,
            action=action.action,
            detail=action.detail,
            done_by=action.done_by,
            shown_to_author=action.shown_to_author,
        )
        for action in actions
    ]


def record_of(case: Case) -> CaseRecord:
    """Return a stored case as faces see it."""
    return CaseRecord(
        id=case.id,
        follow_token=case.follow_token,
        kind=case.kind,
        state=case.state,
        origin=case.origin,
        opened_at=case.opened_at,
        due_at=case.due_at,
        closed_at=case.closed_at,
        closed_by=case.closed_by,
        reminder_id=case.reminder_id,
        channel=case.channel,
        value=case.value,
        words=case.words,
    )
