# SPDX-License-Identifier: Apache-2.0
"""Text messages through Twilio (once)."""

from django.http import QueryDict

from rightparty.dispatch.channels.adapter import (
    Capabilities,
    InboundText,
    OnUnknown,
    OutboundMessage,
    ReceiptOutcome,
)
from rightparty.dispatch.channels.callbacks import CallbackNotReadError, News
from rightparty.dispatch.channels.exchange import WINDOW
from rightparty.dispatch.channels.twilio_client import NOTHING_TO_SAY, TWIML, TwilioChannel
from rightparty.kernel.vocabulary import MessageChannel


class TwilioSms(TwilioChannel):
    """One account and number, or messaging service."""

    capabilities = Capabilities(on_unknown=OnUnknown.NOTHING, receipts=True, window=WINDOW)
    channel = MessageChannel.SMS
    sid_field = "MessageSid"
    status_field = "MessageStatus"
    outcomes = {
        "delivered": ReceiptOutcome.DELIVERED, "read": ReceiptOutcome.DELIVERED,
        "undelivered": ReceiptOutcome.UNDELIVERED, "failed": ReceiptOutcome.UNDELIVERED,
        "canceled": ReceiptOutcome.REJECTED,
    }  # fmt: skip

    async def create(self, message: OutboundMessage, *, callback: str) -> object:
        """Create a Message."""
        if self._source.startswith("MG"):
            made = await self._client.messages.create_async(
                to=message.address, body=message.body, status_callback=callback, messaging_service_sid=self._source
            )
        else:
            made = await self._client.messages.create_async(
                to=message.address, body=message.body, status_callback=callback, from_=self._source
            )
        return made.sid

    def received(self, form: QueryDict, sid: str) -> News:
        """Read what a recipient wrote."""
        sender, body = form.get("From", ""), form.get("Body", "")
        if not sender:
            raise CallbackNotReadError("the field From is missing")
        text = InboundText(channel=self.channel, sender=sender, body=body, provider_id=sid)
        return News(texts=(text,), answer=NOTHING_TO_SAY, answer_type=TWIML)
