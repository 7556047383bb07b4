# SPDX-License-Identifier: Apache-2.0
"""Drives the outbox through the gate: claim, release, hand over, listen, recover; in rounds, until told to stop (once).

A round takes each ready channel in turn, as many messages as the channel takes in a short time. A store that fails, a
gate that fails and a channel that fails are each told and tried again later; none ends the worker.

Crash meaning: whatever a worker held is dealt with by any other when its lease is over; nothing is sent because of it.
"""

import contextlib
import os
import secrets
import select
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from string import ascii_lowercase
from traceback import extract_tb
from typing import Final
from uuid import UUID

import structlog
from django.db import InterfaceError, InternalError, OperationalError, connection

from rightparty.dispatch.channels.adapter import UNTOUCHED, Fate
from rightparty.dispatch.channels.alarms import installed_senders
from rightparty.dispatch.channels.registry import adapter_of, pump, ready_channels
from rightparty.dispatch.metrics import WorkerMetrics
from rightparty.dispatch.operations.claim import claim
from rightparty.dispatch.operations.decide_batch import FAULTS, DecidedBatch, GateFailingError, decide_batch
from rightparty.dispatch.operations.give_back import give_back
from rightparty.dispatch.operations.hand_over import boot_seconds, hand_over
from rightparty.dispatch.operations.judge_trials import judge_trials
from rightparty.dispatch.operations.raise_alarm import raise_alarm
from rightparty.dispatch.operations.recover_leases import recover_leases
from rightparty.dispatch.operations.release import make_ready
from rightparty.dispatch.operations.resolve_unknown import resolve_unknown
from rightparty.dispatch.operations.send_alarms import send_alarms
from rightparty.dispatch.pace import Limits, Pace, after_batch, next_batch
from rightparty.dispatch.queries import count_planned, is_halted, outcomes_of
from rightparty.dispatch.reminder_state import ReminderState
from rightparty.dispatch.traces import step
from rightparty.store.locks import give_way

log = structlog.get_logger(__name__)

BATCH: Final = 500
"""Reminders per transaction: large enough for columnar work, small enough to hold locks for well under a second."""

LEASE_SECONDS: Final = 120
"""How long a batch may take from claim to the last hand-over."""

DRAIN_SECONDS: Final = 20.0
"""How long a worker that was told to stop goes on handing over what it has released."""

HOUSEKEEPING_SECONDS: Final = 10.0
"""Most between two looks for expired leases, unknown outcomes and ripe trials, and between two rounds of alarms."""

SHORTEST_SLEEP: Final = 0.02
LONGEST_SLEEP: Final = 1.0
"""Seconds that an idle worker sleeps: doubling from the one to the other while nothing comes."""

LONGEST_BACK_OFF: Final = 30.0
"""Seconds between two attempts on a store or a gate that fails."""

PLACES: Final = 6
"""Frames of a fault that are logged: the innermost ones."""

STORE_FAULTS: Final = (OperationalError, InterfaceError, InternalError)
"""A store that is down, busy, restarting, or has chosen this transaction as a deadlock's victim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchSummary:
    """What a worker did."""

    #: handed over, withheld, refused by the channel, outcome unknown, still planned
    counts: dict[str, int]
    halted: bool


class Stop:
    """Asks a worker to stop, from a signal handler or another thread; a sleeping worker wakes at once."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self.is_asked = False

    def ask(self) -> None:
        """Ask it to stop."""
        self.is_asked = True
        os.write(self._write, b"x")

    def sleep(self, seconds: float) -> None:
        """Sleep, or return at once if asked to stop."""
        if not self.is_asked:
            select.select([self._read], [], [], seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOptions:
    """How a worker works."""

    #: most reminders in one transaction of the gate
    batch: int = BATCH
    lease_seconds: int = LEASE_SECONDS
    drain_seconds: float = DRAIN_SECONDS
    #: only these channels; None for all
    channels: frozenset[str] | None = None
    #: a round that fails is tried again after a while; else its fault is raised
    is_patient: bool = True


def places_of(fault: BaseException) -> list[str]:
    """Return the innermost places that an exception passed."""
    return [f"{Path(frame.filename).name}:{frame.lineno}" for frame in extract_tb(fault.__traceback__)[-PLACES:]]


def pause_after_failures(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row: from half a second, doubling."""
    return float(min(0.25 * 2 ** min(failures, 10), LONGEST_BACK_OFF))


def worker_name() -> str:
    """Return a name no other worker has, also after a restart with the same process id.

    Letters, since a log drops whatever holds many digits in a row.
    """
    return f"{os.getpid()}-{''.join(secrets.choice(ascii_lowercase) for _ in range(10))}"


@dataclass(slots=True, kw_only=True)
class Worker:
    """One worker with what it has learned about the channels."""

    #: tells the present instant
    clock: Callable[[], datetime]
    name: str = field(default_factory=worker_name)
    options: WorkOptions = field(default_factory=WorkOptions)
    metrics: WorkerMetrics = field(default_factory=WorkerMetrics)
    stop: Stop = field(default_factory=Stop)
    #: seconds of a clock that never goes back
    ticks: Callable[[], float] = boot_seconds
    #: called with (decided, total) after each batch
    on_progress: Callable[[int, int], object] = lambda _done, _total: None
    #: when the loop last showed a sign of life, by `ticks`
    alive_at: float = 0.0
    tally: Counter[str] = field(default_factory=Counter)
    _paces: dict[str, Pace] = field(default_factory=dict)
    _rests: dict[str, float] = field(default_factory=dict)
    _kept_house: float = float("-inf")
    _alarmed: float = float("-inf")
    _failures: int = 0
    _alarm_raised: bool = False
    _holds_something: bool = False
    _stops_at: float = float("inf")
    _done: int = 0
    _total: int = 0

    def may_go_on(self) -> bool:
        """Tell, before each message, whether the time to hand over has not run out after a stop; a sign of life."""
        self.alive_at = self.ticks()
        if self.stop.is_asked and self._stops_at == float("inf"):
            self._stops_at = self.alive_at + self.options.drain_seconds
        return self.alive_at < self._stops_at

    def run(self, *, until_empty: bool = False, seconds: float | None = None) -> DispatchSummary:
        """Work until told to stop.

        Args:
            until_empty: also end when nothing more can be decided.
            seconds: also end after so long.
        """
        if self.options.is_patient:
            give_way()
            self._make_ready()
        ends = self.ticks() + seconds if seconds is not None else float("inf")
        if until_empty:
            self._total = count_planned()
        self._alarmed, sleep = self.ticks(), SHORTEST_SLEEP
        while self.may_go_on() and not self.stop.is_asked and self.ticks() < ends:
            decided = self._tried_round()
            if decided is None:
                self.stop.sleep(min(pause_after_failures(self._failures), max(ends - self.ticks(), 0.0)))
            elif decided:
                sleep = SHORTEST_SLEEP
            elif until_empty:
                break
            else:
                self.stop.sleep(min(sleep, max(ends - self.ticks(), 0.0)))
                sleep = min(2 * sleep, LONGEST_SLEEP)
        self._leave()
        return self._summary()

    def _make_ready(self) -> None:
        """Compile before the first claim; what is wrong is told by the first round, which meets it again."""
        with contextlib.suppress(*FAULTS, *STORE_FAULTS):
            make_ready(at=self.clock())

    def _tried_round(self) -> int | None:
        """Return how many were decided in one round; None if it failed and is to be tried again."""
        began = self.ticks()
        try:
            decided = self._round()
        except STORE_FAULTS as fault:
            self.metrics.store_faults.labels(type(fault).__name__).inc()
            self._tell_failure("worker.store_failed", fault)
            connection.close()
        except GateFailingError as fault:
            self.metrics.faults.labels("gate").inc()
            self._tell_failure("worker.gate_failing", fault)
            self._raise_gate_alarm(fault)
        except FAULTS as fault:
            self.metrics.faults.labels("round").inc()
            self._tell_failure("worker.round_failed", fault)
        else:
            self._failures, self._alarm_raised = 0, False
            self.metrics.last_round.set(self.ticks() - began)
            return decided
        return None

    def _raise_gate_alarm(self, fault: GateFailingError) -> None:
        """Raise one alarm for a gate that fails round after round: a later one does where the store fails too."""
        if self._alarm_raised:
            return
        try:
            raise_alarm(kind="gate_failing", facts={"fault": str(fault)}, at=self.clock())
        except STORE_FAULTS as store_fault:
            log.warning("worker.alarm_not_raised", worker=self.name, kind=type(store_fault).__name__)
            connection.close()
        else:
            self._alarm_raised = True

    def _tell_failure(self, event: str, fault: BaseException) -> None:
        """Log a failed round with the kind of its fault and the places it passed, never its words."""
        if not self.options.is_patient:
            raise fault
        self._failures += 1
        kind = str(fault) if isinstance(fault, GateFailingError) else type(fault).__name__
        log.warning(event, worker=self.name, kind=kind, count=self._failures, places=places_of(fault))

    def _round(self) -> int:
        if self._holds_something:
            # an earlier round failed midway: what it left behind is given back before anything new is taken
            self._give_back()
        if self.ticks() - self._kept_house >= min(HOUSEKEEPING_SECONDS, self.options.lease_seconds / 4):
            self._keep_house()
        # facts that wait in the inbox come first: what they are about would only go back to the queue
        pump(self.clock())
        decided = 0
        if not is_halted():
            for channel in self._open_channels():
                if self.stop.is_asked:
                    break
                decided += self._turn(channel)
        with step("pump") as told:
            told(reports=pump(self.clock()))
        if self.ticks() - self._alarmed >= HOUSEKEEPING_SECONDS:
            self._send_alarms()
        return decided

    def _send_alarms(self) -> None:
        """Deliver what waits, after the messages: a receiver of alarms may be slow."""
        send_alarms(at=self.clock(), senders=installed_senders())
        self._alarmed = self.ticks()

    def _keep_house(self) -> None:
        at = self.clock()
        recovered = recover_leases(at=at)
        for became in ("planned", "cancelled", "unknown"):
            if count := getattr(recovered, became):
                self.metrics.lease_losses.labels(became).inc(count)
        self.tally["outcome unknown"] += recovered.unknown
        self.metrics.resolved.inc(resolve_unknown(at=at))
        judge_trials(at=at)
        self._kept_house = self.ticks()

    def _open_channels(self) -> Iterator[str]:
        """Go through the channels that could take a message now; readiness is asked for once a round."""
        ready = ready_channels()
        for channel in ready:
            self.metrics.channel_ready.labels(channel).set(1)
        for channel in set(self._paces) - set(ready):
            self.metrics.channel_ready.labels(channel).set(0)
        for channel in ready:
            wanted = self.options.channels is None or channel in self.options.channels
            if wanted and self.ticks() >= self._rests.get(channel, float("-inf")):
                yield channel

    def _turn(self, channel: str) -> int:
        """Take one batch of a channel through the gate and to its providers; return how many were decided."""
        pace = self._paces.setdefault(channel, Pace())
        limits = Limits(
            most=self.options.batch,
            lease_seconds=self.options.lease_seconds,
            per_second=adapter_of(channel).capabilities.per_second,
        )
        size = next_batch(pace, limits)
        self.metrics.batch_size.labels(channel).set(size)
        self._holds_something, ends_at = True, self.ticks() + self.options.lease_seconds
        with step("claim", channel=channel, wanted=size) as told:
            ids = claim(
                worker=self.name, at=self.clock(), batch=size, lease_seconds=self.options.lease_seconds,
                channels=[channel],
            )  # fmt: skip
            told(claimed=len(ids))
        if not ids:
            self._holds_something = False
            return 0
        decided = self._decide(channel, ids)
        fates = self._deliver(channel, decided.released, ends_at=ends_at)
        self._holds_something = fates is None
        self._note(channel, ids, decided, fates or Counter())
        return len(decided.released) + decided.withheld + decided.set_aside

    def _decide(self, channel: str, ids: Sequence[UUID]) -> DecidedBatch:
        self.metrics.claimed.labels(channel).inc(len(ids))
        began = self.ticks()
        with step("release", channel=channel, claimed=len(ids)) as told:
            decided = decide_batch(ids, worker=self.name, at=self.clock())
            told(released=len(decided.released), withheld=decided.withheld, deferred=decided.deferred)
        self.metrics.gate_seconds.labels(channel).observe(self.ticks() - began)
        return decided

    def _deliver(self, channel: str, released: Sequence[UUID], *, ends_at: float) -> Counter[Fate] | None:
        """Hand over and learn the pace; None if the channel failed for itself."""
        if not released:
            return Counter()
        began = self.ticks()
        try:
            with step("hand_over", channel=channel, released=len(released)) as told:
                fates = Counter(
                    hand_over(released, worker=self.name, clock=self.clock, ticks=self.ticks, ends_at=ends_at)
                )
                told(**{fate.value: count for fate, count in fates.items()})
        except FAULTS as fault:
            self.metrics.faults.labels("hand_over").inc()
            self._tell_failure("worker.channel_failed", fault)
            self._learn(channel, dealt_with=0, untouched=len(released), seconds=self.ticks() - began)
            return None
        untouched = sum(fates[fate] for fate in UNTOUCHED)
        self._learn(channel, dealt_with=fates.total() - untouched, untouched=untouched, seconds=self.ticks() - began)
        return fates

    def _learn(self, channel: str, *, dealt_with: int, untouched: int, seconds: float) -> None:
        pace = after_batch(self._paces[channel], dealt_with=dealt_with, untouched=untouched, seconds=seconds)
        self._paces[channel] = pace
        self._rests[channel] = self.ticks() + pace.rest
        self.metrics.pace.labels(channel).set(pace.per_second)

    def _note(self, channel: str, ids: Sequence[UUID], decided: DecidedBatch, fates: Counter[Fate]) -> None:
        """Count, log and tell how far it is."""
        self.metrics.released.labels(channel).inc(len(decided.released))
        self.metrics.deferred.labels(channel).inc(decided.deferred)
        self.metrics.set_aside.labels(channel).inc(decided.set_aside)
        self.tally["handed over"] += fates[Fate.ACCEPTED]
        self.tally["refused by the channel"] += fates[Fate.REFUSED]
        self.tally["outcome unknown"] += fates[Fate.UNKNOWN]
        self.tally["withheld"] += decided.withheld + decided.set_aside
        masks: Counter[int] = Counter()
        for state, mask, planned_at, handed_over_at in outcomes_of(ids):
            if state == ReminderState.WITHHELD:
                masks[mask] += 1
            if handed_over_at is not None:
                waited = (handed_over_at - planned_at).total_seconds()
                self.metrics.plan_to_hand_over.labels(channel).observe(waited)
        self.metrics.note_withheld(channel, masks)
        log.info(
            "dispatch.batch",
            worker=self.name,
            channel=channel,
            released=len(decided.released),
            withheld=decided.withheld,
            deferred=decided.deferred,
            handed_over=fates[Fate.ACCEPTED],
            unknown=fates[Fate.UNKNOWN],
        )
        self._done += len(decided.released) + decided.withheld + decided.set_aside
        self.on_progress(self._done, max(self._total, self._done))

    def _give_back(self) -> None:
        given = give_back(worker=self.name, at=self.clock())
        self._holds_something = False
        if given.planned or given.cancelled:
            log.info("worker.gave_back", worker=self.name, count=given.planned + given.cancelled)

    def _leave(self) -> None:
        """Give back what was not begun, hear what has come, let the providers go."""
        self.metrics.draining.set(1)
        try:
            self._give_back()
            pump(self.clock())
            self._send_alarms()
        except STORE_FAULTS as fault:
            # the leases run out; another worker finds what is left
            log.warning("worker.left_without_store", worker=self.name, kind=type(fault).__name__)
            connection.close()

    def _summary(self) -> DispatchSummary:
        names = ["handed over", "withheld", "refused by the channel", "outcome unknown", "still planned"]
        try:
            self.tally["still planned"], halted = count_planned(), is_halted()
        except STORE_FAULTS:
            # what cannot be asked is not told; a store that does not answer lets nothing out
            del names[-1]
            halted = True
        return DispatchSummary(counts={name: self.tally[name] for name in names}, halted=halted)


def drain(
    *,
    clock: Callable[[], datetime],
    batch: int = BATCH,
    on_progress: Callable[[int, int], object] = lambda _done, _total: None,
    worker: str | None = None,
) -> DispatchSummary:
    """Decide on everything planned and hand over what is released.

    Args:
        clock: tells the present instant.
        batch: most reminders per transaction.
        on_progress: called with (decided, total) after each batch.
        worker: name of this worker; a fresh one if not given.
    """
    hand = Worker(
        clock=clock,
        name=worker or worker_name(),
        options=WorkOptions(batch=batch, is_patient=False),
        # one clock for all, so that a drain on a clock that stands or is simulated does the same each time
        ticks=lambda: clock().timestamp(),
        on_progress=on_progress,
    )
    return hand.run(until_empty=True)
