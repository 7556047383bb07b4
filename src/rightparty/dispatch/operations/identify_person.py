# SPDX-License-Identifier: Apache-2.0
"""Write down that an agent has checked whom he speaks to: only now may anything be said of the debt (right_party).

Crash meaning: the mark and its record commit together; pressed again, the first time stands.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from rightparty.dispatch.models import Call, CallOutcome
from rightparty.dispatch.operations.plan_call import CallError
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves


def gettext_noop(message: str) -> str:
    """Mark a text for translation and return it unchanged."""
    return message


_ = gettext_noop


def identify_person(call_id: UUID, *, agent: str, at: datetime) -> None:
    """Record it, of the agent's own call that has no outcome yet.

    Raises:
        CallError: it is not his call, or it is over.
    """
    with transaction.atomic():
        call = Call.objects.select_for_update().filter(reminder_id=call_id, agent=agent[:150]).first()
        if call is None:
            raise CallError(_("This is not your call."), remedy=_("Choose one from your list."))
        if call.identified_at is not None:
            return
        if CallOutcome.objects.filter(call=call).exists():
            raise CallError(_("The call is over."), remedy=_("Correct its outcome if it is wrong."))
        call.identified_at = at
        call.save(update_fields=["identified_at"])
        private = {"reminder": call_id.hex, "agent": call.agent}
        append_leaves([LeafRecord(kind="call.identified", recorded_at=at, private=private)])
