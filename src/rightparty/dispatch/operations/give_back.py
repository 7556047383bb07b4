# SPDX-License-Identifier: Apache-2.0
"""Give back at once what a worker holds and has not begun to hand over, when it stops or has lost its way (once).

What nobody decided goes back to the queue. What was released is cancelled: it was decided for now, and is proposed
again by the next plan. What may be on a wire stays marked and ends when its lease does.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from rightparty.dispatch.models import Reminder
from rightparty.dispatch.reminder_state import ReminderState
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.reasons import mask_of


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """How many reminders a worker gave back."""

    #: to the queue
    planned: int
    cancelled: int


def give_back(*, worker: str, at: datetime) -> GivenBack:
    """Give back everything of a worker that it has not begun to hand over."""
    with transaction.atomic():
        own = Reminder.objects.filter(claimed_by=worker)
        planned = own.filter(state=ReminderState.CLAIMED).update(
            state=ReminderState.PLANNED, state_changed_at=at, claimed_by="", lease_expires_at=None
        )
        cancelled = own.filter(state=ReminderState.RELEASED, outcome="").update(
            state=ReminderState.CANCELLED, state_changed_at=at, outcome="worker_stopped", lease_expires_at=None,
            reasons_mask=mask_of(["once.lease_lost"]),
        )  # fmt: skip
        if cancelled:
            facts = {"cancelled": cancelled}
            append_leaves([LeafRecord(kind="reminder.given_back", recorded_at=at, facts=facts)])
    return GivenBack(planned=planned, cancelled=cancelled)
