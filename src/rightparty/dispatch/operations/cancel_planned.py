# SPDX-License-Identifier: Apache-2.0
"""Cancel what is planned to a contact value after a report or a stop, before the gate would (correctable)."""

from datetime import datetime

from django.db import transaction

from rightparty.dispatch.models import Reminder
from rightparty.dispatch.reminder_state import OPEN_STATES, ReminderState
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.reasons import mask_of


def cancel_planned(*, address: str, at: datetime, reason: str, channel: str | None = None) -> int:
    """Cancel reminders to an address that no gate has decided on yet, and return how many.

    Args:
        address: the contact value, normalised.
        at: instant of the report.
        reason: code of the registry, for example `right_party.reported_wrong_party`.
        channel: only this message channel; None for all.
    """
    with transaction.atomic():
        open_ones = Reminder.objects.filter(address=address, state__in=OPEN_STATES)
        if channel is not None:
            open_ones = open_ones.filter(channel=channel)
        count = open_ones.update(
            state=ReminderState.CANCELLED, state_changed_at=at, reasons_mask=mask_of([reason]), lease_expires_at=None
        )
        if count:
            facts = {"reason": reason, "reminders": count}
            append_leaves(
                [LeafRecord(kind="reminder.cancelled", recorded_at=at, facts=facts, private={"address": address})]
            )
    return count
