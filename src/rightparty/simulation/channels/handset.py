# SPDX-License-Identifier: Apache-2.0
"""Simulated handsets and mailboxes: the embedded default behind which no carrier stands (once, answerable).

They keep what a real one would, an address and a text, and answer each message with a delivery receipt.
"""

from typing import Final

from rightparty.dispatch.channels.adapter import (
    Capabilities,
    Fate,
    Handover,
    OnUnknown,
    OutboundMessage,
    ReceiptOutcome,
    ReceiptReport,
)
from rightparty.dispatch.channels.one_by_one import OneByOne
from rightparty.simulation.models import SimulatedMessage

ID_PREFIX: Final = "sim-"


class SimulatedChannel(OneByOne):
    """Phones or mailboxes that take every message and confirm its delivery."""

    name = "simulated"
    capabilities = Capabilities(on_unknown=OnUnknown.REPEAT, receipts=True)

    def __init__(self, *, channel: str, sender: str) -> None:
        self._channel = channel
        self._sender = sender
        self._receipts: list[ReceiptReport] = []

    def send(self, message: OutboundMessage) -> Handover:
        """Lay the message on the handset; a message that lies there already is not laid there twice."""
        provider_id = ID_PREFIX + message.reminder_id
        _, is_new = SimulatedMessage.objects.get_or_create(
            provider_id=provider_id,
            defaults={
                "channel": self._channel,
                "address": message.address,
                "sender": self._sender,
                "subject": message.subject,
                "body": message.body,
                "received_at": message.at,
            },
        )
        if not is_new:
            return Handover(fate=Fate.REFUSED, code="sim.repeated", provider_ids=())
        receipt = ReceiptReport(
            channel=self._channel, provider_id=provider_id, outcome=ReceiptOutcome.DELIVERED, occurred_at=message.at
        )
        self._receipts.append(receipt)
        return Handover(fate=Fate.ACCEPTED, provider_ids=(provider_id,))

    def take_receipts(self) -> list[ReceiptReport]:
        """Return a receipt for each message taken since the last call."""
        taken, self._receipts = self._receipts, []
        return taken


def simulated_handsets(sender: str) -> SimulatedChannel:
    """Return phones that show this sender."""
    return SimulatedChannel(channel="sms", sender=sender)


def simulated_mailboxes(sender: str) -> SimulatedChannel:
    """Return mailboxes that show this sender."""
    return SimulatedChannel(channel="email", sender=sender)
