# SPDX-License-Identifier: Apache-2.0
"""Deliver what waits in the outbox of alarms, each outside any transaction; what fails is tried again later.

Crash meaning: an attempt is counted before it is made, and the delivery falls due again after its pause: an alarm may
come twice (with the same id), and is never lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from rightparty.dispatch.alarms import MOST_ATTEMPTS, pause_after
from rightparty.dispatch.channels.alarms import AlarmMessage, AlarmSender
from rightparty.dispatch.models import AlarmDelivery

WAITING, SENT, FAILED = "waiting", "sent", "failed"

MOST_AT_ONCE: Final = 200
"""Deliveries per call: a flood of alarms does not keep a worker from its other work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmsSent:
    """What came of a round."""

    sent: int
    #: not taken; waiting for another attempt
    put_off: int
    #: not taken, and tried often enough
    failed: int


def send_alarms(*, at: datetime, senders: Mapping[str, AlarmSender]) -> AlarmsSent:
    """Deliver what is due; a channel that fails once is left alone for the rest of the round."""
    counts = {SENT: 0, WAITING: 0, FAILED: 0}
    open_channels = set(senders)
    for _ in range(MOST_AT_ONCE):
        delivery = _take_next(at, open_channels)
        if delivery is None:
            break
        _attempt(delivery, senders[delivery.channel], at)
        counts[delivery.state] += 1
        if delivery.state != SENT:
            open_channels.discard(delivery.channel)
    return AlarmsSent(sent=counts[SENT], put_off=counts[WAITING], failed=counts[FAILED])


def _take_next(at: datetime, channels: set[str]) -> AlarmDelivery | None:
    with transaction.atomic():
        due = AlarmDelivery.objects.select_for_update(skip_locked=True, of=("self",)).select_related("alarm")
        waiting = due.filter(state=WAITING, next_at__lte=at, channel__in=channels)
        delivery = waiting.order_by("next_at", "id").first()
        if delivery is not None:
            delivery.attempts += 1
            delivery.next_at = at + pause_after(delivery.attempts)
            delivery.save(update_fields=["attempts", "next_at"])
    return delivery


def _attempt(delivery: AlarmDelivery, sender: AlarmSender, at: datetime) -> None:
    alarm = delivery.alarm
    delivery.fault = sender.send(
        AlarmMessage(id=alarm.id.hex, kind=alarm.kind, raised_at=alarm.raised_at, sent_at=at, facts=alarm.facts)
    )[:64]
    if not delivery.fault:
        delivery.state, delivery.sent_at = SENT, at
    elif delivery.attempts >= MOST_ATTEMPTS:
        delivery.state = FAILED
    delivery.save(update_fields=["state", "sent_at", "fault"])
