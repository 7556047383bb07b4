# SPDX-License-Identifier: Apache-2.0
"""Decide a case: its author was right, or the lender could not agree; the author's page says so (correctable)."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from rightparty.casework.models import Case
from rightparty.casework.operations.open_case import record_case, write_action
from rightparty.casework.queries import record_of
from rightparty.casework.record import DECIDED, CaseRecord

DECISIONS = (Case.State.UPHELD, Case.State.DECLINED)


class CaseDecisionError(ValueError):
    """A case cannot be decided like this."""

    remedy = "Decide an open case as upheld or declined."


def close_case(*, case_id: UUID, decision: str, by: str, at: datetime) -> CaseRecord:
    """Decide an open case and return it.

    What the report stopped stays stopped: a declined report does not make a contact point surer, only a new
    verification does; holds are ended by whoever placed them, by hand.

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
        record_case(case, what="decided", at=at, done=[DECIDED], by=by)
        return record_of(case)
