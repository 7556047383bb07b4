# SPDX-License-Identifier: Apache-2.0
"""Read what lies on the simulated handsets and in the simulated mailboxes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db.models import Count, Max, Q

from rightparty.simulation.linked_text import Piece, pieces_of
from rightparty.simulation.models import SimulatedMessage

OWN_PREFIX: Final = "own-"
"""Begins the provider id of what the handset's holder wrote."""

PAGE: Final = 60
"""Handsets shown at once."""

LONGEST_TALK: Final = 100
"""Messages of one conversation shown at once, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handset:
    """A handset or a mailbox, by its newest message."""

    channel: str
    address: str = field(repr=False)
    #: names the conversation in a page's address, where the handset's own address must not stand
    key: str
    sender: str
    body: str = field(repr=False)
    received_at: datetime
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One message of a conversation."""

    is_own: bool
    subject: str = field(repr=False)
    pieces: tuple[Piece, ...] = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What was exchanged with one address, oldest first."""

    channel: str
    address: str = field(repr=False)
    sender: str
    messages: tuple[Spoken, ...]


def list_handsets(channels: Sequence[str], *, holding: str = "", page: int = 1) -> tuple[list[Handset], bool]:
    """Return one page of handsets, last written to first, and whether there are more.

    Args:
        channels: sms, email.
        holding: only addresses that contain this.
        page: from 1.
    """
    found = SimulatedMessage.objects.filter(channel__in=channels)
    if holding:
        found = found.filter(address__icontains=holding)
    groups = found.values("channel", "address").annotate(newest=Max("id"), n=Count("id")).order_by("-newest")
    start = (page - 1) * PAGE
    rows = list(groups[start : start + PAGE + 1])
    messages = SimulatedMessage.objects.in_bulk([row["newest"] for row in rows[:PAGE]])
    return [_handset(messages[row["newest"]], row["n"]) for row in rows[:PAGE]], len(rows) > PAGE


def find_conversation(key: str, channels: Sequence[str]) -> Conversation | None:
    """Return the conversation that a message belongs to, or None."""
    one = SimulatedMessage.objects.filter(provider_id=key, channel__in=channels).first()
    if one is None:
        return None
    same = Q(channel=one.channel, address=one.address)
    newest = list(SimulatedMessage.objects.filter(same).order_by("-id")[:LONGEST_TALK])
    senders = [message.sender for message in newest if message.sender]
    return Conversation(
        channel=one.channel,
        address=one.address,
        sender=senders[0] if senders else "",
        messages=tuple(_spoken(message) for message in reversed(newest)),
    )


def _handset(message: SimulatedMessage, count: int) -> Handset:
    return Handset(
        channel=message.channel,
        address=message.address,
        key=message.provider_id,
        sender=message.sender,
        body=message.subject or message.body,
        received_at=message.received_at,
        count=count,
    )


def _spoken(message: SimulatedMessage) -> Spoken:
    return Spoken(
        is_own=message.provider_id.startswith(OWN_PREFIX),
        subject=message.subject,
        pieces=tuple(pieces_of(message.body)),
        at=message.received_at,
    )
