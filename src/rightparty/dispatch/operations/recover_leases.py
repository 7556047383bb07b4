# SPDX-License-Identifier: Apache-2.0
"""End what a lost worker left behind: nothing is ever sent because of a recovery (once).

Claimed rows go back to the queue. Released rows that no worker had begun to hand over are cancelled: the fence of
`hand_over` keeps a late worker from the wire. Rows marked as being handed over may be on a phone: they end `unknown`.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Case, DateTimeField, Q, Value, When

from rightparty.dispatch.channels.registry import can_be_asked
from rightparty.dispatch.models import Reminder
from rightparty.dispatch.operations.hand_over import HANDING_OVER
from rightparty.dispatch.operations.settle import FIRST_ASK
from rightparty.dispatch.reminder_state import AGENT_STEP, ReminderState
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.reasons import mask_of
from rightparty.kernel.vocabulary import MessageChannel


@dataclass(frozen=True, slots=True)
class Recovered:
    """How many reminders were found with an expired lease, by what became of them."""

    planned: int
    cancelled: int
    unknown: int


def recover_leases(*, at: datetime) -> Recovered:
    """Deal with every expired lease."""
    expired = Reminder.objects.filter(lease_expires_at__lte=at)
    released = expired.filter(state=ReminderState.RELEASED)
    lost = mask_of(["once.lease_lost"])
    with transaction.atomic():
        planned = expired.filter(state=ReminderState.CLAIMED).update(
            state=ReminderState.PLANNED, state_changed_at=at, claimed_by="", lease_expires_at=None
        )
        asked = [channel for channel in MessageChannel if can_be_asked(channel)]
        # what an agent makes himself no provider was given, and its "never had it" would say nothing
        can_tell = Q(channel__in=asked) & ~Q(step=AGENT_STEP)
        unknown = released.filter(outcome=HANDING_OVER).update(
            state=ReminderState.UNKNOWN, state_changed_at=at, outcome="lease_lost", reasons_mask=lost,
            lease_expires_at=None,
            next_ask_at=Case(When(can_tell, then=Value(at + FIRST_ASK)), output_field=DateTimeField()),
        )  # fmt: skip
        cancelled = released.filter(outcome="").update(
            state=ReminderState.CANCELLED, state_changed_at=at, outcome="lease_lost", reasons_mask=lost,
            lease_expires_at=None,
        )  # fmt: skip
        if unknown or cancelled:
            facts = {"unknown": unknown, "cancelled": cancelled}
            append_leaves([LeafRecord(kind="reminder.lease_lost", recorded_at=at, facts=facts)])
    return Recovered(planned, cancelled, unknown)
