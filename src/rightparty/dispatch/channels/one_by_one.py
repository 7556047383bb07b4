# SPDX-License-Identifier: Apache-2.0
"""For providers that take one message at a time: all that `ChannelAdapter` asks beside taking one (once)."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from rightparty.dispatch.channels.adapter import (
    Capabilities,
    Fate,
    Handover,
    InboundText,
    MaySend,
    OutboundMessage,
    Question,
    ReceiptReport,
)

FENCED = Handover(fate=Fate.NOT_SENT, code="fenced")
"""The answer for a message that may not be sent any more: no byte of it was written."""


class OneWay:
    """For providers of whom nothing comes back beside the answer to a hand-over. A subclass says how it sends."""

    name = "provider"
    capabilities = Capabilities()

    def is_ready(self) -> bool:
        """Tell that it can take a message."""
        return True

    def ask(self, questions: Sequence[Question]) -> list[Handover | None]:
        """Answer that nothing more is known."""
        return [None] * len(questions)

    def take_receipts(self) -> list[ReceiptReport]:
        """Return nothing."""
        return []

    def take_texts(self) -> list[InboundText]:
        """Return nothing."""
        return []

    def close(self) -> None:
        """Keep nothing open."""


class OneByOne(OneWay, ABC):
    """Hands over one after another. A subclass says `send` and, where it differs, the rest."""

    @abstractmethod
    def send(self, message: OutboundMessage) -> Handover:
        """Hand over one message, once; never raise for what a carrier does."""

    def send_all(self, messages: Sequence[OutboundMessage], *, may_send: MaySend) -> list[Handover]:
        """Hand over one after another, each only if it still may be."""
        return [self.send(message) if may_send() else FENCED for message in messages]
