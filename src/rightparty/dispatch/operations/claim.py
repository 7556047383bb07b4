# SPDX-License-Identifier: Apache-2.0
"""Take a batch of planned reminders for one worker, for a while (once).

Crash meaning: the lease runs out and `recover_leases` puts the rows back; nothing was decided.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from rightparty.dispatch.models import Reminder
from rightparty.dispatch.reminder_state import AGENT_STEP, ReminderState


def claim(*, worker: str, at: datetime, batch: int, lease_seconds: int, channels: Sequence[str]) -> list[UUID]:
    """Return the ids of at most `batch` reminders, oldest plan first, that now belong to this worker.

    Args:
        worker: name of the worker; its lease is checked at release and at the wire.
        at: instant of the claim.
        batch: most reminders to take.
        lease_seconds: how long they belong to the worker.
        channels: only reminders of these channels are taken.
    """
    with transaction.atomic():
        # what an agent asked for he calls himself, also where an automated voice serves the channel
        waiting = (
            Reminder.objects.select_for_update(skip_locked=True)
            .filter(state=ReminderState.PLANNED, channel__in=list(channels))
            .exclude(step=AGENT_STEP)
        )
        ids = list(waiting.order_by("planned_at").values_list("id", flat=True)[:batch])
        Reminder.objects.filter(id__in=ids).update(
            state=ReminderState.CLAIMED,
            state_changed_at=at,
            claimed_by=worker,
            lease_expires_at=at + timedelta(seconds=lease_seconds),
        )
    return ids
