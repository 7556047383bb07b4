# SPDX-License-Identifier: Apache-2.0
"""End a reminder on which the gate fails for itself, so that the others go on: withheld, with a record and an alarm.

Fail closed: what cannot be decided is not sent. The record names the kind of the fault, never its words.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from rightparty.dispatch.models import Reminder
from rightparty.dispatch.operations.raise_alarm import raise_alarm
from rightparty.dispatch.reminder_state import ReminderState
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.reasons import mask_of

REASON: Final = "right_words.render_failed"
"""The nearest reason there is: no text could be made of the template and the facts."""


def set_aside(faults: Mapping[UUID, str], *, worker: str, at: datetime) -> int:
    """Withhold claimed reminders of a worker and return how many.

    Args:
        faults: reminder -> kind of the fault, the name of an exception.
        worker: their owner; what it no longer owns is left alone.
        at: instant of the decision.
    """
    with transaction.atomic():
        own = Reminder.objects.select_for_update().filter(
            id__in=list(faults), state=ReminderState.CLAIMED, claimed_by=worker
        )
        found = sorted(own.values_list("id", flat=True))
        if not found:
            return 0
        facts = [{"reasons": [REASON], "permitted": False, "fault": faults[key][:64]} for key in found]
        indexes = append_leaves(
            [
                LeafRecord(kind="reminder.withheld", recorded_at=at, facts=fact, private={"reminder": key.hex})
                for key, fact in zip(found, facts, strict=True)
            ]
        )
        for key, index in zip(found, indexes, strict=True):  # few: more means that the gate is at fault
            Reminder.objects.filter(id=key).update(
                state=ReminderState.WITHHELD, state_changed_at=at, outcome=f"gate.{faults[key]}"[:100],
                reasons_mask=mask_of([REASON]), evidence_index=index, lease_expires_at=None,
            )  # fmt: skip
        raise_alarm(kind="reminder_set_aside", facts={"count": len(found)}, at=at)
    return len(found)
