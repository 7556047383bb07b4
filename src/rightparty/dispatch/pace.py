# SPDX-License-Identifier: Apache-2.0
"""How many messages of a channel a worker takes at once: what its providers take well within the lease (once).

A message is decided directly before it is handed over; what lies decided while a provider is slow grows old, and what
is older than its lease is cancelled. So a batch is what the channel takes in a short turn at the rate it showed last.
Pure: times are parameters.
"""

from dataclasses import dataclass, replace
from typing import Final

TURN_SECONDS: Final = 2.0
"""Time one channel's batch should take to hand over, so that a slow channel does not keep the others waiting."""

LEASE_PART: Final = 0.25
"""Most of the lease that a batch should need; the rest is for a provider that slows down meanwhile."""

FIRST_BATCH: Final = 32
"""Messages of the first batch, before anything is known of the rate."""

FIRST_REST: Final = 0.5
LONGEST_REST: Final = 30.0
"""Seconds for which a channel that took nothing is left alone: doubling from the one to the other."""

SHORTEST: Final = 1e-3
"""Seconds: the least that a hand-over is taken to have lasted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What bounds a batch whatever the channel's speed."""

    #: most reminders in one transaction of the gate
    most: int
    lease_seconds: float
    #: messages a second that the contracts with the providers allow; None for no limit
    per_second: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a channel has taken messages lately."""

    #: messages a second; 0 before anything was seen
    per_second: float = 0.0
    #: messages of the last batch
    batch: int = 0
    #: seconds for which it should be left alone now
    rest: float = 0.0


def next_batch(pace: Pace, limits: Limits) -> int:
    """Return how many messages to claim next, at least one and at most `limits.most`."""
    span = min(TURN_SECONDS, limits.lease_seconds * LEASE_PART)
    bounds = [float(limits.most)]
    if pace.per_second > 0:
        bounds += [pace.per_second * span, 2.0 * max(pace.batch, FIRST_BATCH)]
    else:
        bounds.append(FIRST_BATCH)
    if limits.per_second is not None:
        bounds.append(limits.per_second * span)
    return max(1, int(min(bounds)))


def after_batch(pace: Pace, *, dealt_with: int, untouched: int, seconds: float) -> Pace:
    """Return the pace as it is after a batch was handed over.

    Slower is believed at once, faster by halves. A channel that took nothing rests, twice as long each time.

    Args:
        pace: as it was before.
        dealt_with: messages that a provider accepted, refused or may have.
        untouched: messages that nobody took.
        seconds: how long it took.
    """
    if not dealt_with:
        if not untouched:
            return pace
        rest = min(max(2 * pace.rest, FIRST_REST), LONGEST_REST)
        return replace(pace, batch=max(1, pace.batch // 2), rest=rest, per_second=pace.per_second / 2)
    seen = dealt_with / max(seconds, SHORTEST)
    slower = seen < pace.per_second or pace.per_second == 0
    rate = seen if slower else (seen + pace.per_second) / 2
    return Pace(per_second=rate, batch=dealt_with, rest=0.0)
