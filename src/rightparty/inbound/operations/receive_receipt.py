# SPDX-License-Identifier: Apache-2.0
"""Take in carriers' receipts: repeated, late, out of order, for nothing known; no state ever goes back (once).

Crash meaning: a receipt and its effect commit together; a carrier that repeats it changes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from rightparty.dispatch.channels.adapter import ReceiptOutcome, ReceiptReport
from rightparty.dispatch.operations.resolve import resolve
from rightparty.dispatch.queries import reminders_of_segments
from rightparty.inbound.models import Receipt
from rightparty.kernel.vocabulary import POINT_CHANNEL_OF, EventKind, MessageChannel
from rightparty.parties.operations.record_event import record_event

MATCHED_WITHIN: Final = timedelta(days=3)
MOST_UNMATCHED: Final = 5_000
"""How long, and how many at a time, receipts of no known message are looked at again: theirs may not be settled yet."""

_FAILURES = (ReceiptOutcome.UNDELIVERED, ReceiptOutcome.EXPIRED, ReceiptOutcome.REJECTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptsTaken:
    """What came of some receipts."""

    new: int
    #: already known: no effect
    repeated: int
    #: of no message we know of; looked at again when more receipts come
    unmatched: int
    #: reminders whose state changed
    moved: int


def receive_receipts(reports: Sequence[ReceiptReport], at: datetime) -> ReceiptsTaken:
    """Record receipts and move the reminders they settle.

    A message of several segments is delivered when all are, and has failed when one has.
    """
    with transaction.atomic():
        rows = {
            (report.channel, report.provider_id[:100], report.outcome): Receipt(
                channel=report.channel,
                provider_id=report.provider_id[:100],
                outcome=report.outcome,
                occurred_at=report.occurred_at or at,
                received_at=at,
            )
            for report in reversed(reports)
        }
        known = Receipt.objects.filter(provider_id__in={provider_id for _, provider_id, _ in rows})
        new = len(rows.keys() - set(known.values_list("channel", "provider_id", "outcome")))
        Receipt.objects.bulk_create(rows.values(), ignore_conflicts=True)
        moved, unmatched = _match(at)
    return ReceiptsTaken(new=new, repeated=len(reports) - new, unmatched=unmatched, moved=moved)


def receive_receipt(report: ReceiptReport, *, at: datetime) -> ReceiptsTaken:
    """Record one receipt."""
    return receive_receipts([report], at)


def _match(at: datetime) -> tuple[int, int]:
    """Match receipts to reminders, those that came before their message was settled too."""
    unmatched = Receipt.objects.filter(reminder_id__isnull=True, received_at__gte=at - MATCHED_WITHIN)
    waiting = list(unmatched.order_by("-received_at")[:MOST_UNMATCHED])
    if not waiting:
        return 0, 0
    owners = reminders_of_segments({(r.channel, r.provider_id) for r in waiting})
    matched = [r for r in waiting if (r.channel, r.provider_id) in owners]
    for receipt in matched:
        receipt.reminder_id = owners[receipt.channel, receipt.provider_id]
    Receipt.objects.bulk_update(matched, ["reminder_id"])
    by_reminder = Receipt.objects.filter(reminder_id__in={r.reminder_id for r in matched})
    heard: dict[object, list[Receipt]] = {}
    for receipt in by_reminder:
        heard.setdefault(receipt.reminder_id, []).append(receipt)
    moved = 0
    for receipts in heard.values():
        moved += _settle(receipts, at)
    return moved, len(waiting) - len(matched)


def _settle(receipts: Iterable[Receipt], at: datetime) -> int:
    first = next(iter(receipts))
    reminder_id = first.reminder_id
    if reminder_id is None:
        return 0
    delivered = {r.provider_id for r in receipts if r.outcome == ReceiptOutcome.DELIVERED}
    failed = {r.provider_id for r in receipts if r.outcome in _FAILURES}
    change = resolve(reminder_id, delivered=delivered, failed=failed, at=at)
    if change is None:
        return 0
    kind = EventKind.DELIVERED if change.delivered else EventKind.UNDELIVERED
    record_event(
        event_id=f"{kind}-{reminder_id.hex}",
        channel=POINT_CHANNEL_OF[MessageChannel(change.channel)],
        value=change.address,
        kind=kind,
        occurred_at=min(r.occurred_at for r in receipts),
        party_id=change.party_id,
        account_id=change.account_id,
        detail=change.channel,
    )
    return 1
