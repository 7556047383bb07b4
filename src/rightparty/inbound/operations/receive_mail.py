# SPDX-License-Identifier: Apache-2.0
"""Take in mails that came back: a bounce is a receipt, a complaint ends e-mail to that address (once, right_time).

Crash meaning: the effect commits whole or not at all; the same mail once more has no second effect. What names no
Message-ID of ours changes nothing, whatever addresses stand in it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from rightparty.dispatch.channels.adapter import Fate, Handover, ReceiptOutcome, ReceiptReport
from rightparty.dispatch.operations.cancel_planned import cancel_planned
from rightparty.dispatch.operations.settle import settle
from rightparty.dispatch.queries import find_mailed
from rightparty.dispatch.reminder_state import ReminderState
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.inbound.mail_report import ReportKind, read_mail
from rightparty.inbound.operations.receive_receipt import receive_receipts
from rightparty.kernel.vocabulary import EventKind, MessageChannel, PointChannel
from rightparty.parties.locks import lock_values
from rightparty.parties.operations.record_event import record_event
from rightparty.parties.queries import is_recorded

_OUTCOMES: Final = {
    ReportKind.BOUNCED: ReceiptOutcome.UNDELIVERED,
    ReportKind.DELIVERED: ReceiptOutcome.DELIVERED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailTaken:
    """What a mail was and what came of it."""

    kind: ReportKind
    #: the message it is about; null if it names none of ours
    reminder_id: UUID | None = None
    #: something changed by it: not by a repetition
    changed: bool = False


def receive_mail(raw: bytes, *, at: datetime) -> MailTaken:
    """Read one mail and act on what it reports of a message of ours.

    Args:
        raw: the mail as it came, headers and all.
        at: instant at which it came.
    """
    report = read_mail(raw)
    for message_id in report.message_ids:
        reminder = find_mailed(message_id)
        if reminder is None:
            continue
        changed = False
        if report.kind is ReportKind.COMPLAINED:
            changed = _stop(reminder.id, address=reminder.address, party_id=reminder.party_id, at=at)
        elif report.kind in _OUTCOMES:
            if reminder.state == ReminderState.UNKNOWN and not reminder.provider_ids:
                # a worker broke off before it had the answer: what comes back was taken
                taken = Handover(fate=Fate.ACCEPTED, provider_ids=(message_id,), provider=reminder.provider)
                settle({reminder.id.hex: taken}, at=at)
            receipt = ReceiptReport(
                channel=MessageChannel.EMAIL, provider_id=message_id, outcome=_OUTCOMES[report.kind], occurred_at=at
            )
            changed = receive_receipts([receipt], at).new > 0
        return MailTaken(kind=report.kind, reminder_id=reminder.id, changed=changed)
    return MailTaken(kind=report.kind)


def _stop(reminder_id: UUID, *, address: str, party_id: str, at: datetime) -> bool:
    """End e-mail to the address that we sent the message to; tell whether this is the first complaint of it."""
    event_id = f"complaint-{reminder_id.hex}"
    with transaction.atomic():
        lock_values([address])
        if is_recorded(event_id):
            return False
        record_event(
            event_id=event_id,
            channel=PointChannel.EMAIL,
            value=address,
            kind=EventKind.OPTED_OUT,
            occurred_at=at,
            party_id=party_id,
            detail=MessageChannel.EMAIL,
        )
        cancel_planned(address=address, at=at, reason="right_time.opted_out", channel=MessageChannel.EMAIL)
        facts = {"channel": str(MessageChannel.EMAIL), "origin": "complaint"}
        append_leaves([LeafRecord(kind="channel.stopped", recorded_at=at, facts=facts, private={"address": address})])
    return True
