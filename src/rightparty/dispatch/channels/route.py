# SPDX-License-Identifier: Apache-2.0
"""The providers of one channel, in the lender's order: the next one takes only what nobody can have (once).

A message goes to another provider after BUSY and NOT_SENT alone; what was accepted, refused or may have been taken
stays with the provider that was given it. Each provider has its rate and, after failures, its rest.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from rightparty.dispatch.channels.adapter import (
    UNTOUCHED,
    Capabilities,
    ChannelAdapter,
    Fate,
    Handover,
    InboundText,
    MaySend,
    OnUnknown,
    OutboundMessage,
    Question,
    ReceiptReport,
)
from rightparty.dispatch.channels.one_by_one import FENCED
from rightparty.dispatch.health import Health, Rate

PATIENCE_SECONDS: Final = 10.0
"""How long a group is offered again and again before what nobody takes goes back as it is."""

PAUSE_SECONDS: Final = 0.1
"""Longest sleep between two looks at the lease and at a halt."""


@dataclass(slots=True, kw_only=True)
class Provider:
    """One provider of a route."""

    adapter: ChannelAdapter
    health: Health = field(default_factory=Health)
    rate: Rate

    def is_usable(self, now: float) -> bool:
        """Tell whether it could take a message now."""
        if self.health.is_resting(now):
            return False
        if self.adapter.is_ready():
            return True
        self.health.note_failure(now)
        return False


class Route:
    """A channel adapter over several, or over one whose rate and health matter."""

    def __init__(
        self,
        adapters: Sequence[ChannelAdapter],
        *,
        ticks: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        if not adapters:
            raise ValueError("a route needs a provider")
        self._ticks, self._sleep, self._patience = ticks, sleep, patience
        self.providers = [Provider(adapter=a, rate=Rate(a.capabilities.per_second)) for a in adapters]

    def now(self) -> float:
        """Return the seconds by which rests are counted."""
        return self._ticks()

    @property
    def name(self) -> str:
        """All providers, in order."""
        return ",".join(provider.adapter.name for provider in self.providers)

    @property
    def capabilities(self) -> Capabilities:
        """What the whole offers: the widest window, the weakest means against an unknown outcome, all rates."""
        each = [provider.adapter.capabilities for provider in self.providers]
        order = [OnUnknown.REPEAT, OnUnknown.ASK, OnUnknown.NOTHING]
        rates = [c.per_second for c in each]
        return Capabilities(
            on_unknown=max((c.on_unknown for c in each), key=order.index),
            receipts=any(c.receipts for c in each),
            window=max(c.window for c in each),
            per_second=None if None in rates else sum(rate for rate in rates if rate is not None),
        )

    def is_ready(self) -> bool:
        """Tell whether any provider could take a message now."""
        return any(provider.is_usable(self._ticks()) for provider in self.providers)

    def send_all(self, messages: Sequence[OutboundMessage], *, may_send: MaySend) -> list[Handover]:
        """Offer messages to the providers in order until each has an answer, the lease or the patience is over."""
        answers: dict[str, Handover] = {}
        gives_up = self._ticks() + self._patience
        left = self._offer(messages, answers, may_send)
        while left and may_send() and self._ticks() < gives_up:
            self._sleep(self._pause())
            left = self._offer(left, answers, may_send)
        return [answers.get(message.reminder_id, FENCED) for message in messages]

    def _offer(
        self, messages: Sequence[OutboundMessage], answers: dict[str, Handover], may_send: MaySend
    ) -> list[OutboundMessage]:
        """Offer messages to each usable provider once; write answers, return what may be offered again."""
        left = list(messages)
        for provider in self.providers:
            if not left or not provider.is_usable(self._ticks()):
                continue
            most = provider.rate.allowance(self._ticks())
            offered = left if most is None else left[:most]
            given = provider.adapter.send_all(offered, may_send=may_send) if offered else []
            named = [replace(g, provider=g.provider or provider.adapter.name) for g in given]
            answers |= {message.reminder_id: answer for message, answer in zip(offered, named, strict=True)}
            said = [answer for answer in named if answer.code != FENCED.code]
            provider.rate.spend(sum(answer.fate is not Fate.NOT_SENT for answer in said))
            provider.health.note([answer.fate for answer in said], self._ticks())
            if len(said) < len(named):
                return []
            left = [m for m in left if m.reminder_id not in answers or answers[m.reminder_id].fate in UNTOUCHED]
        for message in left:
            answers.setdefault(message.reminder_id, Handover(fate=Fate.NOT_SENT, code="no_provider"))
        return left

    def _pause(self) -> float:
        now = self._ticks()
        waits = [max(p.health.rests_until - now, p.rate.wait()) for p in self.providers]
        return min(max(min(waits), 0.005), PAUSE_SECONDS)

    def provider(self, name: str) -> ChannelAdapter | None:
        """Return the adapter of a provider by its name."""
        return next((p.adapter for p in self.providers if p.adapter.name == name), None)

    def ask(self, questions: Sequence[Question]) -> list[Handover | None]:
        """Ask every provider that can be asked; the first that knows a message answers for it.

        A "no" of one provider says nothing while another may have the message, so it counts only if there is one.
        """
        answers: list[Handover | None] = [None] * len(questions)
        for provider in self.providers:
            if provider.adapter.capabilities.on_unknown is not OnUnknown.ASK:
                continue
            for position, answer in enumerate(provider.adapter.ask(questions)):
                taken = answer is not None and (answer.fate is Fate.ACCEPTED or len(self.providers) == 1)
                if taken and answer is not None and answers[position] is None:
                    answers[position] = replace(answer, provider=answer.provider or provider.adapter.name)
        return answers

    def take_receipts(self) -> list[ReceiptReport]:
        """Return the receipts of all providers."""
        return [report for provider in self.providers for report in provider.adapter.take_receipts()]

    def take_texts(self) -> list[InboundText]:
        """Return what recipients wrote through any provider."""
        return [text for provider in self.providers for text in provider.adapter.take_texts()]

    def close(self) -> None:
        """Close all."""
        for provider in self.providers:
            provider.adapter.close()
