# SPDX-License-Identifier: Apache-2.0
"""Cancel released messages of a stopped batch of which no byte was written to a wire yet (right_party).

Crash meaning: runs in the caller's transaction.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from rightparty.dispatch.models import Reminder
from rightparty.dispatch.reminder_state import ReminderState
from rightparty.kernel.reasons import mask_of


def cancel_released(ids: Collection[UUID], *, at: datetime) -> int:
    """Cancel those of the reminders that no worker has begun to hand over; return how many."""
    if not ids:
        return 0
    still_here = Reminder.objects.filter(id__in=ids, state=ReminderState.RELEASED, outcome="")
    return still_here.update(
        state=ReminderState.CANCELLED, state_changed_at=at, outcome="batch_stopped", lease_expires_at=None,
        reasons_mask=mask_of(["right_party.batch_stopped"]),
    )  # fmt: skip
