# SPDX-License-Identifier: Apache-2.0
"""Record what the channels said of messages that were handed over (once, provable).

Crash meaning: until this commits the messages stay marked as being handed over and end `unknown` when the lease ends.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from rightparty.dispatch.channels.adapter import UNTOUCHED, Fate, Handover
from rightparty.dispatch.models import Reminder, Segment
from rightparty.dispatch.reminder_state import ReminderState
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.reasons import mask_of

_STATE_OF = {
    Fate.ACCEPTED: ReminderState.HANDED_OVER,
    Fate.REFUSED: ReminderState.FAILED,
    Fate.UNKNOWN: ReminderState.UNKNOWN,
    # nobody has it; it ends here, and the next plan may propose it again
    Fate.BUSY: ReminderState.CANCELLED,
    Fate.NOT_SENT: ReminderState.CANCELLED,
}

FENCED: Final = "fenced"
"""An adapter's code for what it was not allowed to write any more."""


def settle(answers: Mapping[str, Handover], *, at: datetime, halted: bool = False) -> int:
    """Move released reminders to where their channel's answer puts them; return how many moved.

    A reminder that a recovery has meanwhile ended as `unknown` stays so; the carrier's ids are kept, so that a receipt
    can tell more.

    Args:
        answers: by reminder id, in hex.
        at: instant of the answers.
        halted: what was fenced was fenced by a halt, not by the end of the lease.
    """
    reminders = {r.id.hex: r for r in Reminder.objects.filter(id__in=[UUID(key) for key in answers])}
    with transaction.atomic():
        moved = [r for key, r in reminders.items() if _apply(r, answers[key], at, halted=halted)]
        Reminder.objects.bulk_update(
            moved, ["state", "state_changed_at", "handed_over_at", "outcome", "lease_expires_at", "reasons_mask"]
        )
        Reminder.objects.bulk_update(reminders.values(), ["provider_ids", "provider"])
        segments = [
            Segment(reminder=r, channel=r.channel, provider_id=provider_id)
            for key, r in reminders.items()
            for provider_id in answers[key].provider_ids
        ]
        Segment.objects.bulk_create(segments, ignore_conflicts=True)
        append_leaves([_leaf(r, answers[key], at) for key, r in reminders.items()])
    return len(moved)


def _apply(reminder: Reminder, answer: Handover, at: datetime, *, halted: bool) -> bool:
    reminder.provider = answer.provider[:32]
    reminder.provider_ids = " ".join(answer.provider_ids)[:500]
    if reminder.state != ReminderState.RELEASED:
        return False
    reminder.state = _STATE_OF[answer.fate]
    reminder.state_changed_at = at
    reminder.handed_over_at = at if answer.fate is Fate.ACCEPTED else None
    reminder.outcome = answer.code[:100]
    reminder.lease_expires_at = None
    if answer.fate in UNTOUCHED:
        fenced = "once.dispatch_halted" if halted else "once.lease_lost"
        reminder.reasons_mask = mask_of([fenced if answer.code == FENCED else "once.provider_unavailable"])
    return True


def _leaf(reminder: Reminder, answer: Handover, at: datetime) -> LeafRecord:
    return LeafRecord(
        kind=f"reminder.{_STATE_OF[answer.fate]}",
        recorded_at=at,
        facts={
            "released": reminder.evidence_index,
            "fate": answer.fate.value,
            "code": answer.code,
            "provider": answer.provider,
        },
        private={"provider_ids": " ".join(answer.provider_ids)},
    )
