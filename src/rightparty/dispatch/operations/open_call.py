# SPDX-License-Identifier: Apache-2.0
"""Click to call: one planned call goes through the gate for the agent who pressed the button (all promises).

The claim commits first, as a worker's does, so that the gate takes its locks in its own order. Then the release and the
mark "is being made" commit together: nobody sees the number before. Crash meaning: between the two the claim runs out
and the call waits again; afterwards the call counts as made, and ends `unknown` unless an outcome is entered.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from rightparty.dispatch.models import Call, Reminder
from rightparty.dispatch.operations.hand_over import HANDING_OVER
from rightparty.dispatch.operations.plan_call import CallError
from rightparty.dispatch.operations.recover_leases import recover_leases
from rightparty.dispatch.operations.release import release
from rightparty.dispatch.reminder_state import ReminderState
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.vocabulary import MessageChannel

LEASE: Final = timedelta(minutes=30)
"""How long an agent has for a call and its outcome; then it counts as made with an unknown outcome."""

PROVIDER: Final = "agent"


def gettext_noop(message: str) -> str:
    """Mark a text for translation and return it unchanged."""
    return message


_ = gettext_noop


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedCall:
    """What the gate said."""

    reminder_id: UUID
    #: released (the number may be dialled), withheld, or planned: it waits, for all dispatch is halted
    state: ReminderState
    #: the call was opened before; nothing was decided anew
    repeated: bool = False


def agent_worker(agent: str) -> str:
    """Return the name under which an agent owns a lease; it tells nobody who he is."""
    return f"agent-{hashlib.sha256(agent.encode()).hexdigest()[:32]}"


def open_call(reminder_id: UUID, *, agent: str, at: datetime) -> OpenedCall:
    """Take a planned call through the gate for an agent.

    Pressed twice, the second press finds the call that the first has opened.

    Raises:
        CallError: no such call, another agent has it, or it is no longer to be made.
    """
    if not agent.strip():
        raise CallError(_("A call needs an agent."), remedy=_("Say who calls."))
    recover_leases(at=at)
    if not _claim(reminder_id, agent=agent, at=at):
        return _opened_before(reminder_id, agent=agent)
    with transaction.atomic():
        outcome = release([reminder_id], at=at, worker=agent_worker(agent))
        if outcome.released:
            _mark(reminder_id, agent=agent, at=at)
            return OpenedCall(reminder_id=reminder_id, state=ReminderState.RELEASED)
    state = Reminder.objects.values_list("state", flat=True).get(id=reminder_id)
    return OpenedCall(reminder_id=reminder_id, state=ReminderState(state))


def _claim(reminder_id: UUID, *, agent: str, at: datetime) -> bool:
    """Take the call, also one that this agent took and lost before the gate had answered."""
    worker = agent_worker(agent)
    calls = Reminder.objects.filter(id=reminder_id, channel=MessageChannel.CALL)
    taken = {"claimed_by": worker, "lease_expires_at": at + LEASE}
    with transaction.atomic():
        planned = calls.filter(state=ReminderState.PLANNED)
        mine = calls.filter(state=ReminderState.CLAIMED, claimed_by=worker)
        return bool(planned.update(state=ReminderState.CLAIMED, state_changed_at=at, **taken) or mine.update(**taken))


def _mark(reminder_id: UUID, *, agent: str, at: datetime) -> None:
    """Write down that the call is being made, in the gate's transaction."""
    Reminder.objects.filter(id=reminder_id, state=ReminderState.RELEASED, outcome="").update(
        outcome=HANDING_OVER, provider=PROVIDER
    )
    call = Call.objects.create(reminder_id=reminder_id, agent=agent[:150], opened_at=at)
    released = call.reminder.evidence_index
    private = {"reminder": reminder_id.hex, "agent": call.agent}
    append_leaves([LeafRecord(kind="call.opened", recorded_at=at, facts={"released": released}, private=private)])


def _opened_before(reminder_id: UUID, *, agent: str) -> OpenedCall:
    reminder = Reminder.objects.filter(id=reminder_id, channel=MessageChannel.CALL).first()
    if reminder is None:
        raise CallError(_("There is no such call."), remedy=_("Choose one from your list."))
    call = Call.objects.filter(reminder_id=reminder_id).first()
    if call is not None and call.agent == agent[:150]:
        return OpenedCall(reminder_id=reminder_id, state=ReminderState(reminder.state), repeated=True)
    if reminder.state in (ReminderState.CLAIMED, ReminderState.RELEASED):
        raise CallError(_("Somebody else is making this call."), remedy=_("Choose another one from your list."))
    raise CallError(_("This call is no longer to be made."), remedy=_("Choose another one from your list."))
