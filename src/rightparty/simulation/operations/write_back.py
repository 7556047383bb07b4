# SPDX-License-Identifier: Apache-2.0
"""Write a reply on a simulated handset: it lies there and reaches the product as a carrier would bring it."""

from datetime import datetime

from rightparty.casework.operations.open_from_reply import open_from_reply
from rightparty.casework.record import CaseRecord
from rightparty.dispatch.channels.adapter import InboundText
from rightparty.inbound.operations.receive_reply import ReplyResult, receive_reply
from rightparty.kernel.identifiers import new_token
from rightparty.simulation.models import SimulatedMessage
from rightparty.simulation.queries import OWN_PREFIX


def write_back(*, channel: str, address: str, body: str, at: datetime) -> tuple[ReplyResult, CaseRecord | None]:
    """Send a reply from a handset; return what it was taken to mean and the case it opened, if any."""
    provider_id = OWN_PREFIX + new_token()
    SimulatedMessage.objects.create(
        channel=channel, address=address, body=body, received_at=at, provider_id=provider_id
    )
    text = InboundText(channel=channel, sender=address, body=body, provider_id=provider_id)
    result = receive_reply(text, at=at)
    return result, open_from_reply(result, words=body, at=at)
