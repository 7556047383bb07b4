# SPDX-License-Identifier: Apache-2.0
"""An adapter that counts what goes through another one, and says no to it when the worker must stop (once).

A store that does not answer cannot say that nothing is halted, so nothing is written then either: fail closed.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final

from django.db import Error as StoreError
from django.db import connection

from rightparty.dispatch.channels.adapter import (
    Capabilities,
    ChannelAdapter,
    Handover,
    InboundText,
    MaySend,
    OutboundMessage,
    Question,
    ReceiptReport,
)
from rightparty.dispatch.channels.registry import NoChannelError, adapter_of, connect
from rightparty.dispatch.channels.route import Route
from rightparty.dispatch.metrics import WorkerMetrics
from rightparty.dispatch.traces import step, word
from rightparty.kernel.vocabulary import MessageChannel

NAME_LENGTH: Final = 32


class Measured:
    """Another adapter with counters around it; each call is passed on unchanged."""

    def __init__(
        self, inner: ChannelAdapter, *, channel: str, metrics: WorkerMetrics, goes_on: Callable[[], bool]
    ) -> None:
        self.inner = inner
        self._channel = channel
        self._metrics = metrics
        self._goes_on = goes_on

    @property
    def name(self) -> str:
        """The provider."""
        return self.inner.name

    @property
    def capabilities(self) -> Capabilities:
        """What the provider can do."""
        return self.inner.capabilities

    def is_ready(self) -> bool:
        """Tell whether a message could be handed over now."""
        return self.inner.is_ready()

    def send_all(self, messages: Sequence[OutboundMessage], *, may_send: MaySend) -> list[Handover]:
        """Hand over, and count the answers by what became of the messages."""
        began = time.monotonic()
        with step("send", channel=self._channel, provider=self.name, messages=len(messages)) as told:
            answers = self.inner.send_all(messages, may_send=lambda: self._may_send(may_send))
            told(answers=len(answers))
        self._metrics.note_group(self._channel, self.name, time.monotonic() - began)
        for answer in answers:
            provider = word((answer.provider or self.name)[:NAME_LENGTH])
            self._metrics.handed_over.labels(self._channel, provider, answer.fate.value).inc()
        return answers

    def _may_send(self, may_send: MaySend) -> bool:
        if not self._goes_on():
            return False
        for _ in range(2):
            try:
                return may_send()
            except StoreError:
                # a connection that broke is made anew, once: a store that has restarted answers then
                connection.close()
        return False

    def ask(self, questions: Sequence[Question]) -> list[Handover | None]:
        """Return what became of messages of unknown outcome."""
        return self.inner.ask(questions)

    def take_receipts(self) -> Sequence[ReceiptReport]:
        """Return receipts, counted by outcome."""
        reports = self.inner.take_receipts()
        for report in reports:
            self._metrics.receipts.labels(self._channel, report.outcome.value).inc()
        return reports

    def take_texts(self) -> Sequence[InboundText]:
        """Return what recipients wrote, counted."""
        texts = self.inner.take_texts()
        if texts:
            self._metrics.texts.labels(self._channel).inc(len(texts))
        return texts

    def close(self) -> None:
        """Give up connections."""
        self.inner.close()


def measure_channels(metrics: WorkerMetrics, *, goes_on: Callable[[], bool]) -> None:
    """Put counters around every provider that is connected now.

    Args:
        metrics: what is counted.
        goes_on: asked before each message; once it says no, nothing more is written.
    """
    for channel in MessageChannel:
        try:
            adapter = adapter_of(channel)
        except NoChannelError:
            continue
        if isinstance(adapter, Route):
            for provider in adapter.providers:
                provider.adapter = _measured(provider.adapter, channel, metrics, goes_on)
        else:
            connect(channel, _measured(adapter, channel, metrics, goes_on))


def _measured(adapter: ChannelAdapter, channel: str, metrics: WorkerMetrics, goes_on: Callable[[], bool]) -> Measured:
    inner = adapter.inner if isinstance(adapter, Measured) else adapter
    return Measured(inner, channel=str(channel), metrics=metrics, goes_on=goes_on)
