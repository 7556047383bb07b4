# SPDX-License-Identifier: Apache-2.0
"""Take a "stop": no more messages of this channel to this contact value, whoever asked (right_time, correctable)."""

from datetime import datetime

from django.db import transaction

from rightparty.casework.operations.open_case import require_sent_message
from rightparty.dispatch.operations.cancel_planned import cancel_planned
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.vocabulary import POINT_CHANNEL_OF, EventKind, MessageChannel
from rightparty.parties.locks import lock_values
from rightparty.parties.operations.record_event import record_event
from rightparty.parties.queries import is_recorded

REASON = "right_time.opted_out"


def stop_channel(*, code: str, origin: str, at: datetime) -> None:
    """Record the opt-out of the message's channel at its contact value and cancel what is planned there.

    Repeating it changes nothing more.

    Raises:
        UnknownReferenceError: no message was sent under the code.
    """
    with transaction.atomic():
        about = require_sent_message(code)
        lock_values([about.address])
        if is_recorded(f"stop-{about.id}"):
            return
        record_event(
            event_id=f"stop-{about.id}",
            channel=POINT_CHANNEL_OF[MessageChannel(about.channel)],
            value=about.address,
            kind=EventKind.OPTED_OUT,
            occurred_at=at,
            party_id=about.party_id,
            detail=about.channel,
        )
        cancel_planned(address=about.address, at=at, reason=REASON, channel=about.channel)
        facts = {"channel": about.channel, "origin": origin}
        append_leaves(
            [LeafRecord(kind="channel.stopped", recorded_at=at, facts=facts, private={"address": about.address})]
        )
