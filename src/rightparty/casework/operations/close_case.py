# SPDX-License-Identifier: Apache-2.0
"""Decide a case: its author was right, or the lender could not agree; the author's page says so (correctable)."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from rightparty.casework.models import Case
from rightparty.casework.operations.open_case import record_case, write_action
from rightparty.casework.queries import record_of
from rightparty.casework.record import CLOSED_HOLD, DECIDED, RELEASED_FURNISHING, CaseRecord
from rightparty.dispatch.queries import explain_reminder, list_reminders
from rightparty.kernel.vocabulary import HoldKind
from rightparty.lending.operations.close_hold import close_hold
from rightparty.lending.operations.release_furnishing import release_furnishing
from rightparty.lending.queries import accounts_of_person
from rightparty.parties.queries import ids_of_person

DECISIONS = (Case.State.UPHELD, Case.State.DECLINED)


class CaseDecisionError(ValueError):
    """A case cannot be decided like this."""

    remedy = "Decide an open case as upheld or declined."


def close_case(*, case_id: UUID, decision: str, by: str, at: datetime) -> CaseRecord:
    """Decide an open case and return it.

    A declined case ends the holds it opened, unless another open case rests on them. A stopped contact point stays
    stopped: declining a report makes it no surer whom it reaches, only a new verification does. After an upheld case
    the holds stay until the lender's own books are put right.

    Args:
        case_id: the case.
        decision: upheld (its author was right) or declined.
        by: who decided.
        at: instant of the decision.

    Raises:
        CaseDecisionError: no such case, decided already, or an unknown decision.
    """
    if decision not in DECISIONS:
        raise CaseDecisionError(f"decision {decision!r}. {CaseDecisionError.remedy}")
    with transaction.atomic():
        case = Case.objects.select_for_update().filter(pk=case_id, state=Case.State.OPEN).first()
        if case is None:
            raise CaseDecisionError(f"no open case {case_id}. {CaseDecisionError.remedy}")
        case.state, case.closed_at, case.closed_by = decision, at, by[:150]
        case.save(update_fields=["state", "closed_at", "closed_by"])
        write_action(case, DECIDED, at=at, detail=decision, shown=True, by=by)
        done = [DECIDED, *(_end_holds(case, at=at, by=by) if decision == Case.State.DECLINED else [])]
        record_case(case, what="decided", at=at, done=done, by=by)
        return record_of(case)


def _end_holds(case: Case, *, at: datetime, by: str) -> list[str]:
    """End what a declined case held and return what was done."""
    story = explain_reminder(case.reminder_id) if case.reminder_id else None
    if story is None or case.kind == Case.Kind.COMPLAINT:
        return []
    reminder = story.reminder
    if case.kind == Case.Kind.WRONG_PARTY:
        accounts = accounts_of_person(reminder.party_id)
        # whoever is the same person now: merges and splits came after the message
        same = [one for party_id in ids_of_person(reminder.party_id) for one in list_reminders(party_id=party_id)]
    else:
        accounts, same = [reminder.account_id], list_reminders(account_id=reminder.account_id)
    if Case.objects.filter(kind=case.kind, state=Case.State.OPEN, reminder_id__in=[r.id for r in same]).exists():
        return []
    if case.kind == Case.Kind.DISPUTE:
        close_hold(kind=HoldKind.DISPUTE, at=at, account_id=reminder.account_id)
        write_action(case, CLOSED_HOLD, at=at, detail="kind=dispute", shown=True, by=by)
    for account_id in accounts:
        release_furnishing(account_id=account_id, kind=case.kind, at=at)
    write_action(case, RELEASED_FURNISHING, at=at, detail=f"accounts={len(accounts)}", shown=False, by=by)
    return [CLOSED_HOLD, RELEASED_FURNISHING] if case.kind == Case.Kind.DISPUTE else [RELEASED_FURNISHING]
