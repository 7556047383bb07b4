# SPDX-License-Identifier: Apache-2.0
"""What a worker counts and measures, for Prometheus: numbers by channel, provider, reason and fate, never by person.

Pure: values are given, not asked for; what the store knows is read at each scrape by a function that is handed in.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from rightparty.dispatch.traces import word
from rightparty.kernel.reasons import reasons_in

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)
"""Bounds of what takes as long as a transaction or a provider's answer."""

WAITS: Final = (1.0, 10.0, 60.0, 300.0, 900.0, 3600.0, 4 * 3600.0, 12 * 3600.0, 24 * 3600.0, 72 * 3600.0)
"""Bounds of what takes as long as a queue."""


class WorkerMetrics:
    """A worker's own counters, on a registry of their own."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        made: dict[str, Any] = {"namespace": "rightparty", "registry": self.registry}
        self.claimed = Counter("claimed", "Reminders taken from the queue.", ["channel"], **made)
        self.released = Counter("released", "Reminders that the gate let through.", ["channel"], **made)
        self.withheld = Counter(
            "withheld", "Reminders that the gate withheld; one with several reasons counts under each.",
            ["channel", "reason"], **made,
        )  # fmt: skip
        self.deferred = Counter("deferred", "Reminders put back into the queue by the gate.", ["channel"], **made)
        self.set_aside = Counter(
            "set_aside", "Reminders that the gate could not decide on and set aside.", ["channel"], **made
        )
        self.handed_over = Counter(
            "handed_over", "Answers of providers by what became of a message.", ["channel", "provider", "fate"], **made
        )
        self.receipts = Counter("receipts", "Receipts heard by this worker.", ["channel", "outcome"], **made)
        self.texts = Counter("texts_received", "Texts of recipients heard by this worker.", ["channel"], **made)
        self.resolved = Counter("unknown_resolved", "Unknown outcomes that a provider's answer resolved.", **made)
        self.lease_losses = Counter(
            "lease_losses", "Reminders found with an expired lease, by what became of them.", ["became"], **made
        )
        self.store_faults = Counter("store_faults", "Rounds that failed because of the store.", ["kind"], **made)
        self.faults = Counter("faults", "Unexpected faults in a step; each is a defect to report.", ["step"], **made)
        self.gate_seconds = Histogram(
            "gate_seconds", "Time to decide on one batch.", ["channel"], buckets=SECONDS, **made
        )
        self.hand_over_seconds = Histogram(
            "hand_over_seconds", "Time a provider took for one group of messages.", ["channel", "provider"],
            buckets=SECONDS, **made,
        )  # fmt: skip
        self.plan_to_hand_over = Histogram(
            "plan_to_hand_over_seconds", "Time from plan to hand-over of a message.", ["channel"], buckets=WAITS, **made
        )
        self.batch_size = Gauge("batch_size", "Reminders of the next batch.", ["channel"], **made)
        self.pace = Gauge("pace_per_second", "Messages a second that a channel took lately.", ["channel"], **made)
        self.channel_ready = Gauge("channel_ready", "1 if the channel could take a message.", ["channel"], **made)
        self.draining = Gauge("draining", "1 while the worker finishes and takes nothing new.", **made)
        self.last_round = Gauge("last_round_seconds", "Time that the last round of the worker took.", **made)

    def note_withheld(self, channel: str, masks: Mapping[int, int]) -> None:
        """Count withheld reminders; `masks` is reasons mask -> how many."""
        for mask, count in masks.items():
            for reason in reasons_in(mask):
                self.withheld.labels(channel, reason.code).inc(count)

    def note_group(self, channel: str, provider: str, seconds: float) -> None:
        """Count one group given to a provider."""
        self.hand_over_seconds.labels(channel, word(provider)).observe(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFigures:
    """What the store knows at the moment of a scrape."""

    #: (state, channel) -> reminders, of the states in which something is still to come
    waiting: Mapping[tuple[str, str], int] = field(default_factory=dict)
    #: seconds since the oldest waiting reminder was planned; None if none waits
    oldest_wait: float | None = None
    halted: bool = False
    #: number of the newest record of the log; None if it is empty
    evidence_head: int | None = None
    #: (channel, provider) -> failures in a row and whether it rests
    providers: Mapping[tuple[str, str], tuple[int, bool]] = field(default_factory=dict)


class StoreCollector(Collector):
    """Asks the store at each scrape; a store that does not answer shows as `rightparty_store_up 0`."""

    def __init__(self, read: Callable[[], StoreFigures | None]) -> None:
        self._read = read

    def describe(self) -> Iterator[Metric]:
        """Name the metrics without asking the store."""
        return _families(StoreFigures())

    def collect(self) -> Iterator[Metric]:
        """Read and tell."""
        figures = self._read()
        yield GaugeMetricFamily(
            "rightparty_store_up", "1 if the store answered this scrape.", value=float(figures is not None)
        )
        if figures is not None:
            yield from _families(figures)


def _families(figures: StoreFigures) -> Iterator[Metric]:
    queue = GaugeMetricFamily("rightparty_queue", "Reminders that wait for a decision.", labels=["channel"])
    under_way = GaugeMetricFamily(
        "rightparty_under_way", "Reminders that a worker has claimed or released.", labels=["channel"]
    )
    unknown = GaugeMetricFamily(
        "rightparty_unknown", "Messages of which nobody can say now whether they were taken.", labels=["channel"]
    )
    of_state = {"planned": queue, "claimed": under_way, "released": under_way, "unknown": unknown}
    totals: dict[tuple[str, str], float] = {}
    for (state, channel), count in figures.waiting.items():
        if state in of_state:
            key = (of_state[state].name, word(channel))
            totals[key] = totals.get(key, 0.0) + count
    for family in (queue, under_way, unknown):
        for (name, channel), total in sorted(totals.items()):
            if name == family.name:
                family.add_metric([channel], total)
        yield family
    yield GaugeMetricFamily(
        "rightparty_oldest_wait_seconds", "Age of the oldest reminder that waits; 0 if none does.",
        value=figures.oldest_wait or 0.0,
    )  # fmt: skip
    yield GaugeMetricFamily("rightparty_halted", "1 while a halt is in force.", value=float(figures.halted))
    yield GaugeMetricFamily(
        "rightparty_evidence_head", "Number of the newest record of the evidence log; -1 if it is empty.",
        value=-1.0 if figures.evidence_head is None else float(figures.evidence_head),
    )  # fmt: skip
    failures = GaugeMetricFamily(
        "rightparty_provider_failures", "Groups in a row that a provider dealt with none of.",
        labels=["channel", "provider"],
    )  # fmt: skip
    resting = GaugeMetricFamily(
        "rightparty_provider_resting", "1 while a provider is left alone after failures.",
        labels=["channel", "provider"],
    )  # fmt: skip
    for (channel, provider), (failed, rests) in sorted(figures.providers.items()):
        failures.add_metric([word(channel), word(provider)], failed)
        resting.add_metric([word(channel), word(provider)], float(rests))
    yield failures
    yield resting
