# SPDX-License-Identifier: Apache-2.0
"""Let the dialler call the number of a call that was opened, at most once (once).

Crash meaning: that the dialler may be calling is committed before it is asked; after a crash in between nobody knows,
and the agent is told so instead of a second call being made.
"""

from uuid import UUID

from rightparty.dispatch.channels.dialler import Dialler, Dialling
from rightparty.dispatch.models import Call, CallOutcome
from rightparty.dispatch.queries import is_halted
from rightparty.dispatch.reminder_state import ReminderState


def dial_call(call_id: UUID, *, agent: str, dialler: Dialler) -> Dialling:
    """Return who dials; nothing is dialled under a halt, twice, or once the call has an outcome."""
    being_made = Call.objects.filter(reminder_id=call_id, agent=agent[:150], reminder__state=ReminderState.RELEASED)
    untouched = being_made.filter(dialling=Dialling.BY_HAND)
    call = untouched.select_related("reminder").first()
    if call is None or is_halted() or CallOutcome.objects.filter(call=call).exists():
        return Dialling.BY_HAND
    if not untouched.update(dialling=Dialling.UNKNOWN):
        return Dialling.UNKNOWN
    answer = dialler.dial(call=call_id.hex, number=call.reminder.address, agent=call.agent)
    Call.objects.filter(reminder_id=call_id).update(dialling=answer)
    return answer
