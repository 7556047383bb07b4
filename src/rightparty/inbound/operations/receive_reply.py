# SPDX-License-Identifier: Apache-2.0
"""Take in what a recipient wrote; a stop and a "not me" take effect before this returns (right_time, correctable).

Crash meaning: the reply and its effect commit together; the same reply delivered again has no second effect.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from rightparty.dispatch.channels.adapter import InboundText
from rightparty.dispatch.operations.cancel_planned import cancel_planned
from rightparty.dispatch.operations.count_reports import count_reports
from rightparty.dispatch.queries import last_reminder_to
from rightparty.inbound.intent import LONGEST, Intent, intent_of
from rightparty.inbound.models import Reply
from rightparty.kernel.vocabulary import POINT_CHANNEL_OF, EventKind, MessageChannel
from rightparty.parties.locks import lock_values
from rightparty.parties.operations.record_event import record_event

_EVENT_OF: Final = {Intent.STOP: EventKind.OPTED_OUT, Intent.WRONG_PARTY: EventKind.WRONG_PARTY}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyResult:
    """What a reply was taken to mean and what it did."""

    intent: Intent
    reply_id: int
    #: the last message handed to this address on this channel, if any
    reminder_id: UUID | None
    #: heard before: nothing was done again
    repeated: bool
    #: planned reminders that were cancelled
    cancelled: int


def receive_reply(text: InboundText, *, at: datetime) -> ReplyResult:
    """Record a reply and act on it at once.

    A stop ends this message channel at this address; "not me" contradicts every attribution of it. Opening a case is
    the caller's: casework stands above.
    """
    intent = intent_of(text.body)
    reminder = last_reminder_to(text.sender, channel=text.channel)
    reminder_id = reminder.id if reminder else None
    with transaction.atomic():
        lock_values([text.sender])
        reply, is_new = Reply.objects.get_or_create(
            digest=_digest(text, at),
            defaults={
                "channel": text.channel,
                "value": text.sender[:500],
                "body": text.body.replace("\0", "")[:LONGEST],
                "received_at": at,
                "intent": intent,
                "reminder_id": reminder_id,
            },
        )
        cancelled = _act(reply, text, at) if is_new else 0
    return ReplyResult(
        intent=intent, reply_id=reply.id, reminder_id=reminder_id, repeated=not is_new, cancelled=cancelled
    )


def _digest(text: InboundText, at: datetime) -> str:
    """Name a delivery: by the carrier's id if it gives one, else by the minute, so that "STOP" may come twice."""
    identity = text.provider_id or at.strftime("%Y-%m-%dT%H:%M")
    named = f"{text.channel}\0{text.sender}\0{text.body}\0{identity}"
    return hashlib.sha256(named.encode("utf-8", "replace")).hexdigest()


def _act(reply: Reply, text: InboundText, at: datetime) -> int:
    intent = Intent(reply.intent)
    kind = _EVENT_OF.get(intent, EventKind.REPLIED)
    record_event(
        event_id=f"reply-{reply.digest[:40]}",
        channel=POINT_CHANNEL_OF[MessageChannel(text.channel)],
        value=text.sender,
        kind=kind,
        occurred_at=at,
        detail=text.channel,
    )
    if intent is Intent.STOP:
        return cancel_planned(address=text.sender, at=at, reason="right_time.opted_out", channel=text.channel)
    if intent is Intent.WRONG_PARTY:
        count_reports(values=[text.sender], at=at)
        return cancel_planned(address=text.sender, at=at, reason="right_party.reported_wrong_party")
    return 0
