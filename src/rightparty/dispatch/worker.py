# SPDX-License-Identifier: Apache-2.0
"""Drains the outbox: recover, claim, release, hand over, listen, until nothing more can be decided (once)."""

import os
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from rightparty.dispatch.channels.adapter import Fate
from rightparty.dispatch.channels.alarms import installed_senders
from rightparty.dispatch.channels.registry import pump, ready_channels
from rightparty.dispatch.operations.claim import claim
from rightparty.dispatch.operations.hand_over import hand_over
from rightparty.dispatch.operations.judge_trials import judge_trials
from rightparty.dispatch.operations.recover_leases import recover_leases
from rightparty.dispatch.operations.release import release
from rightparty.dispatch.operations.send_alarms import send_alarms
from rightparty.dispatch.queries import is_halted, reminder_states
from rightparty.dispatch.reminder_state import ReminderState

log = structlog.get_logger(__name__)

BATCH: Final = 500
"""Reminders per transaction: large enough for columnar work, small enough to hold locks for well under a second."""

LEASE_SECONDS: Final = 120
"""How long a batch may take from claim to the last hand-over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchSummary:
    """What a drain did."""

    #: handed over, withheld, refused by the channel, outcome unknown, still planned
    counts: dict[str, int]
    halted: bool


def worker_name() -> str:
    """Return a name no other worker has, also after a restart with the same process id."""
    return f"{os.getpid()}-{secrets.token_hex(6)}"


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
        batch: reminders per transaction.
        on_progress: called with (decided, total) after each batch.
        worker: name of this worker; a fresh one if not given.
    """
    name = worker or worker_name()
    tally: Counter[str] = Counter()
    recovered = recover_leases(at=clock())
    judge_trials(at=clock())
    tally["outcome unknown"] += recovered.unknown
    total, done = reminder_states()[ReminderState.PLANNED], 0
    pump(clock())
    while not is_halted():
        decided = _one_batch(name, clock, batch, tally)
        pump(clock())
        done += decided
        on_progress(done, max(total, done))
        if not decided:
            break
    pump(clock())
    send_alarms(at=clock(), senders=installed_senders())
    tally["still planned"] = reminder_states()[ReminderState.PLANNED]
    return DispatchSummary(counts=_in_order(tally), halted=is_halted())


def _one_batch(worker: str, clock: Callable[[], datetime], batch: int, tally: Counter[str]) -> int:
    """Take one batch through the gate and to the channels; return how many were decided."""
    ids = claim(worker=worker, at=clock(), batch=batch, lease_seconds=LEASE_SECONDS, channels=ready_channels())
    if not ids:
        return 0
    outcome = release(ids, at=clock(), worker=worker)
    fates = hand_over(outcome.released, worker=worker, clock=clock)
    tally["handed over"] += fates[Fate.ACCEPTED]
    tally["refused by the channel"] += fates[Fate.REFUSED]
    tally["outcome unknown"] += fates[Fate.UNKNOWN]
    tally["withheld"] += outcome.withheld
    log.info(
        "dispatch.batch",
        worker=worker,
        released=len(outcome.released),
        withheld=outcome.withheld,
        deferred=outcome.deferred,
        handed_over=fates[Fate.ACCEPTED],
        unknown=fates[Fate.UNKNOWN],
    )
    return len(outcome.released) + outcome.withheld


def _in_order(tally: Counter[str]) -> dict[str, int]:
    names = ("handed over", "withheld", "refused by the channel", "outcome unknown", "still planned")
    return {name: tally[name] for name in names}
