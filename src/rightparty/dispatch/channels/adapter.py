# SPDX-License-Identifier: Apache-2.0
"""What a carrier is to the product: takes one message, says what became of it, later hands back receipts (once)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Fate(StrEnum):
    """What is known right after the hand-over."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """One released message. Address and text never show in a log: they are left out of `repr`."""

    #: stable over everything: a carrier that de-duplicates may use it
    reminder_id: str
    #: sms or email
    channel: str
    address: str = field(repr=False)
    subject: str = field(repr=False)
    body: str = field(repr=False)
    #: the recipient's page of this message, where it can also be stopped
    page: str = field(repr=False)
    #: instant of the hand-over
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What the carrier said."""

    fate: Fate
    #: the carrier's ids, one per segment
    provider_ids: tuple[str, ...] = ()
    #: why not accepted, a code of the channel without personal data
    code: str = ""


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
    """A way to the recipients."""

    def is_ready(self) -> bool:
        """Tell whether a message could be handed over now; nothing is claimed for a channel that is not."""
        ...

    def send(self, message: OutboundMessage) -> Handover:
        """Hand over one message, once; never retry, never raise for what a carrier does."""
        ...

    def take_receipts(self) -> Sequence[ReceiptReport]:
        """Return receipts that have come since the last call."""
        ...

    def take_texts(self) -> Sequence[InboundText]:
        """Return what recipients wrote since the last call."""
        ...
