# SPDX-License-Identifier: Apache-2.0
"""Automated calls through Twilio: the released text is spoken in its language (once, right_words).

The text goes with the request that makes the call (TwiML `Say`), so nothing of it is served to whoever asks. A call
that a machine answers hears it too; it counts as not delivered, since no person is known to have heard it.
"""

from typing import Final

from django.http import QueryDict
from twilio.twiml.voice_response import VoiceResponse

from rightparty.dispatch.channels.adapter import (
    Capabilities,
    Fate,
    Handover,
    OnUnknown,
    OutboundMessage,
    ReceiptOutcome,
)
from rightparty.dispatch.channels.exchange import WINDOW
from rightparty.dispatch.channels.twilio_client import TwilioChannel
from rightparty.kernel.vocabulary import MessageChannel

RING_SECONDS: Final = 30
LONGEST: Final = 4000
"""Characters of TwiML that the resource takes."""

SPOKEN: Final = {
    "en": "en-US", "zh": "zh-CN", "zh-hans": "zh-CN", "zh-hant": "zh-TW", "zh-hant-hk": "zh-HK", "zh-hk": "zh-HK",
    "zh-tw": "zh-TW", "yue": "zh-HK", "cs": "cs-CZ", "sk": "sk-SK", "ru": "ru-RU", "id": "id-ID", "hi": "hi-IN",
    "vi": "vi-VN", "fil": "fil-PH",
}  # fmt: skip
"""BCP 47, in lower case -> the language that Twilio is told to speak, for tags that Twilio does not know."""


class TwilioVoice(TwilioChannel):
    """One account and calling number."""

    capabilities = Capabilities(on_unknown=OnUnknown.NOTHING, receipts=True, window=WINDOW)
    channel = MessageChannel.CALL
    sid_field = "CallSid"
    status_field = "CallStatus"
    outcomes = {
        "completed": ReceiptOutcome.DELIVERED, "busy": ReceiptOutcome.UNDELIVERED,
        "no-answer": ReceiptOutcome.UNDELIVERED, "failed": ReceiptOutcome.UNDELIVERED,
        "canceled": ReceiptOutcome.REJECTED,
    }  # fmt: skip

    async def hand_over(self, message: OutboundMessage) -> Handover:
        """Call, unless the text cannot be spoken."""
        if spoken_language(message.language) is None:
            return Handover(fate=Fate.REFUSED, code=f"{self.name}.language_not_spoken")
        if len(_twiml(message)) > LONGEST:
            return Handover(fate=Fate.REFUSED, code=f"{self.name}.text_too_long")
        return await super().hand_over(message)

    async def create(self, message: OutboundMessage, *, callback: str) -> object:
        """Create a Call."""
        made = await self._client.calls.create_async(
            to=message.address,
            from_=self._source,
            twiml=_twiml(message),
            status_callback=callback,
            status_callback_event=["completed"],
            machine_detection="Enable",
            timeout=RING_SECONDS,
        )
        return made.sid

    def outcome_of(self, form: QueryDict) -> ReceiptOutcome | None:
        """Return how a call ended; a machine is nobody."""
        by_machine = form.get("AnsweredBy", "").startswith(("machine", "fax"))
        outcome = super().outcome_of(form)
        return ReceiptOutcome.UNDELIVERED if outcome is ReceiptOutcome.DELIVERED and by_machine else outcome


def spoken_language(tag: str) -> str | None:
    """Return the language to speak for a BCP 47 tag, None if none is known for it."""
    known = SPOKEN.get(tag.lower())
    language, _, region = tag.partition("-")
    if known or not (len(region) == 2 and region.isalpha() and language.lower() in SPOKEN):
        return known
    return f"{language.lower()}-{region.upper()}"


def _twiml(message: OutboundMessage) -> str:
    response = VoiceResponse()
    response.say(message.body, language=spoken_language(message.language))
    return str(response)
