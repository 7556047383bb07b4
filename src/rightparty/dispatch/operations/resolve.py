# SPDX-License-Identifier: Apache-2.0
"""Move a handed-over or unknown reminder to its end when receipts say what became of it (once).

Crash meaning: runs in the caller's transaction with the receipt that causes it.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from rightparty.dispatch.models import Reminder, Segment
from rightparty.dispatch.reminder_state import ReminderState, may_move
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A reminder that came to its end."""

    delivered: bool
    channel: str
    address: str = field(repr=False)
    party_id: str
    account_id: str


def resolve(reminder_id: UUID, *, delivered: Collection[str], failed: Collection[str], at: datetime) -> Resolved | None:
    """Apply what is known of a reminder's segments; None if that settles nothing or it is settled already.

    Args:
        reminder_id: the reminder.
        delivered: carrier's ids of segments that arrived.
        failed: carrier's ids of segments that did not.
        at: instant of the receipt.
    """
    reminder = Reminder.objects.select_for_update().get(id=reminder_id)
    segments = set(Segment.objects.filter(reminder=reminder).values_list("provider_id", flat=True))
    arrived = bool(segments) and segments <= set(delivered)
    if not arrived and not failed:
        return None
    after = ReminderState.DELIVERED if arrived else ReminderState.FAILED
    if not may_move(reminder.state, after):
        return None
    reminder.state, reminder.state_changed_at = after, at
    reminder.outcome = "" if arrived else "undelivered"
    reminder.save(update_fields=["state", "state_changed_at", "outcome"])
    append_leaves([LeafRecord(kind=f"reminder.{after}", recorded_at=at, facts={"released": reminder.evidence_index})])
    return Resolved(
        delivered=arrived,
        channel=reminder.channel,
        address=reminder.address,
        party_id=reminder.party_id,
        account_id=reminder.account_id,
    )
