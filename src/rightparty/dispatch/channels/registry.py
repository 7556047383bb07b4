# SPDX-License-Identifier: Apache-2.0
"""Which adapter serves which channel, and who hears what comes back; `site` connects them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import InterfaceError, InternalError, OperationalError

from rightparty.dispatch.channels.adapter import ChannelAdapter, InboundText, OnUnknown, ReceiptReport
from rightparty.dispatch.channels.route import Route

type OnReceipts = Callable[[Sequence[ReceiptReport], datetime], object]
type OnTurn = Callable[[datetime], object]
type OnTexts = Callable[[Sequence[InboundText], datetime], object]

_adapters: dict[str, ChannelAdapter] = {}
_on_receipts: list[OnReceipts] = []
_on_texts: list[OnTexts] = []
_on_turn: list[OnTurn] = []
_receipts: list[ReceiptReport] = []
_texts: list[InboundText] = []
"""What has come back and is not on file yet."""

MOST_RECEIPTS: Final = 1_000
"""Told at once: a store takes some thousand values in a statement, and what it refuses would wait for ever."""

_STORE_FAULTS: Final = (OperationalError, InterfaceError, InternalError)
"""The store does not answer, or not now: what was to be written can be written later."""


class NoChannelError(LookupError):
    """No adapter is connected for a channel."""

    remedy = "Connect one in the settings: RIGHTPARTY_SMS, _EMAIL, _CALL, _POST or _APP."


def connect(channel: str, adapter: ChannelAdapter) -> None:
    """Let an adapter serve a channel, in place of the one before."""
    _adapters[channel] = adapter


def connect_receivers(*, on_receipts: OnReceipts, on_texts: OnTexts) -> None:
    """Let these hear what comes back, in place of those before."""
    _on_receipts[:], _on_texts[:] = [on_receipts], [on_texts]


def connect_inbox(apply: OnTurn) -> None:
    """Let this bring facts of the inbox into effect, at each turn of a worker, in place of the one before."""
    _on_turn[:] = [apply]


def adapter_of(channel: str) -> ChannelAdapter:
    """Return the adapter of a channel.

    Raises:
        NoChannelError: none is connected.
    """
    try:
        return _adapters[channel]
    except KeyError:
        raise NoChannelError(f"no adapter for {channel}. {NoChannelError.remedy}") from None


def window_of(channel: str) -> int:
    """Return how many messages of a channel may be under way unanswered; 0 if nobody serves it."""
    adapter = _adapters.get(channel)
    return adapter.capabilities.window if adapter else 0


def can_be_asked(channel: str) -> bool:
    """Tell whether a provider of a channel can be asked what became of a message."""
    adapter = _adapters.get(channel)
    return adapter is not None and _asks(adapter)


def _asks(adapter: ChannelAdapter) -> bool:
    if isinstance(adapter, Route):
        return any(_asks(provider.adapter) for provider in adapter.providers)
    return adapter.capabilities.on_unknown is OnUnknown.ASK


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderHealth:
    """How one provider does."""

    channel: str
    provider: str
    #: groups in a row of which it dealt with no message
    failures: int
    resting: bool


def provider_health() -> list[ProviderHealth]:
    """Return how every provider does, in order of channel and preference."""
    return [
        ProviderHealth(
            channel=channel,
            provider=provider.adapter.name,
            failures=provider.health.failures,
            resting=provider.health.is_resting(route.now()),
        )
        for channel, route in sorted(_adapters.items())
        if isinstance(route, Route)
        for provider in route.providers
    ]


def close_all() -> None:
    """Give up all connections."""
    for adapter in _adapters.values():
        adapter.close()


def ready_channels() -> list[str]:
    """Return the channels that could take a message now."""
    return sorted(channel for channel, adapter in _adapters.items() if adapter.is_ready())


def pump(at: datetime) -> int:
    """Bring facts of the inbox into effect and pass on whatever has come back on all channels.

    Returns how many reports came back.
    """
    for take_turn in _on_turn:
        take_turn(at)
    # a carrier may take the next question for the receipt of its last answer: first that answer is put on file
    if not _receipts and not _texts:
        for adapter in _adapters.values():
            _receipts.extend(adapter.take_receipts())
            _texts.extend(adapter.take_texts())
    came = len(_receipts) + len(_texts)
    # also without a new one: what came before its message was settled is looked at again
    _tell(_on_receipts, _receipts, MOST_RECEIPTS, at)
    while _receipts:
        _tell(_on_receipts, _receipts, MOST_RECEIPTS, at)
    while _texts:
        _tell(_on_texts, _texts, 1, at)
    return came


def _tell(
    hearers: Sequence[Callable[[Sequence[Any], datetime], object]], waiting: list[Any], most: int, at: datetime
) -> None:
    """Pass on what waits; what the store cannot take now goes on waiting, for it may be a stop."""
    part, waiting[:] = waiting[:most], waiting[most:]
    try:
        for hear in hearers:
            hear(part, at)
    except _STORE_FAULTS:
        waiting[:0] = part
        raise
