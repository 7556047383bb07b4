# SPDX-License-Identifier: Apache-2.0
"""What a carrier is to the product: takes messages, says what became of each, later hands back receipts (once)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol


class Fate(StrEnum):
    """What is known right after the hand-over."""

    ACCEPTED = "accepted"
    #: the carrier said no, for good
    REFUSED = "refused"
    #: the carrier may have taken it or not; it is never handed over again
    UNKNOWN = "unknown"
    #: the carrier said "not now" and has certainly not taken it; it may be offered again, here or elsewhere
    BUSY = "busy"
    #: no byte of it was written to anybody
    NOT_SENT = "not_sent"


UNTOUCHED: Final = frozenset({Fate.BUSY, Fate.NOT_SENT})
"""Answers after which nobody can have the message, so that another provider may be given it."""


class OnUnknown(StrEnum):
    """What a provider offers when an answer is lost."""

    #: a message is known by our id: handing it over again within the lease cannot double it
    REPEAT = "idempotency_key"
    #: the provider can be asked by our id or its own what became of a message
    ASK = "status_query"
    #: nobody can tell; the message stays `unknown`
    NOTHING = "neither"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a provider can do, as its adapter declares it."""

    on_unknown: OnUnknown = OnUnknown.NOTHING
    #: tells later whether a message arrived
    receipts: bool = False
    #: messages that may be under way unanswered; a crash leaves at most so many `unknown`
    window: int = 1
    #: messages a second that the contract allows; None for as many as it takes
    per_second: float | None = None


type MaySend = Callable[[], bool]
"""Asked directly before the first byte of each message: false once the lease is over or dispatch is halted.

It may read the store: call it on the thread that called `send_all`, and not within a running event loop.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """One released message. Address and text never show in a log: they are left out of `repr`."""

    #: stable over everything: a carrier that de-duplicates may use it
    reminder_id: str
    #: kernel.vocabulary.MessageChannel
    channel: str
    address: str = field(repr=False)
    subject: str = field(repr=False)
    body: str = field(repr=False)
    #: the recipient's page of this message, where it can also be stopped
    page: str = field(repr=False)
    #: instant of the hand-over
    at: datetime
    #: BCP 47, of the text
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What the carrier said."""

    fate: Fate
    #: the carrier's ids, one per segment
    provider_ids: tuple[str, ...] = ()
    #: why not accepted, a code of the channel without personal data
    code: str = ""
    #: name of the provider that answered; whoever calls the adapter may fill it in
    provider: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A message of unknown outcome, as a provider may be asked about it."""

    reminder_id: str
    #: what the provider called it, if it said anything
    provider_ids: tuple[str, ...] = ()
    handed_over_at: datetime
    #: for providers that look a message up by its recipient; empty: they cannot be asked
    address: str = field(repr=False, default="")


class ReceiptOutcome(StrEnum):
    """A carrier's word on a message."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptReport:
    """A receipt as a channel reports it."""

    channel: str
    provider_id: str
    outcome: ReceiptOutcome
    #: null if the carrier does not say when
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundText:
    """Something a recipient wrote."""

    channel: str
    sender: str = field(repr=False)
    body: str = field(repr=False)
    provider_id: str = ""


class ChannelAdapter(Protocol):
    """A way to the recipients through one provider."""

    @property
    def name(self) -> str:
        """The provider, as metrics, logs and evidence name it: short, without credentials."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What the provider can do."""
        ...

    def is_ready(self) -> bool:
        """Tell whether a message could be handed over now, connecting if need be; never raise."""
        ...

    def send_all(self, messages: Sequence[OutboundMessage], *, may_send: MaySend) -> list[Handover]:
        """Hand over messages, each at most once, and return one answer for each, in the same order.

        Asks `may_send` directly before the first byte of each message and answers NOT_SENT where it says no. Never
        raises for what a carrier does, never repeats by itself unless the provider knows our id.
        """
        ...

    def ask(self, questions: Sequence[Question]) -> list[Handover | None]:
        """Return what became of messages of unknown outcome, None where the provider cannot tell (yet)."""
        ...

    def take_receipts(self) -> Sequence[ReceiptReport]:
        """Return receipts that have come since the last call."""
        ...

    def take_texts(self) -> Sequence[InboundText]:
        """Return what recipients wrote since the last call."""
        ...

    def close(self) -> None:
        """Give up connections; the next `is_ready` makes new ones."""
        ...
