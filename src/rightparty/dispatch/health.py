# SPDX-License-Identifier: Apache-2.0
"""How a provider has behaved lately: after failures it rests, longer each time, and is tried again (once).

Pure: the seconds of a clock that never goes back are a parameter.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from rightparty.dispatch.channels.adapter import Fate

FIRST_REST: Final = 0.5
LONGEST_REST: Final = 60.0
"""Seconds."""

DEFINITE: Final = frozenset({Fate.ACCEPTED, Fate.REFUSED})
"""Answers that show a provider at work."""


@dataclass(slots=True)
class Health:
    """One provider's recent past."""

    #: groups in a row of which it dealt with no message
    failures: int = 0
    #: it is left alone until then
    rests_until: float = float("-inf")

    def is_resting(self, now: float) -> bool:
        """Tell whether it should be left alone."""
        return now < self.rests_until

    def note(self, fates: Collection[Fate], now: float) -> None:
        """Learn from a group of answers; a fenced message says nothing of the provider and is not among them."""
        if not fates:
            return
        if DEFINITE.isdisjoint(fates):
            self.note_failure(now)
        else:
            self.failures, self.rests_until = 0, float("-inf")

    def note_failure(self, now: float) -> None:
        """Let it rest: half a second after the first failure, twice as long after each further one."""
        self.rests_until = now + min(FIRST_REST * 2.0**self.failures, LONGEST_REST)
        self.failures = min(self.failures + 1, 30)


@dataclass(slots=True)
class Rate:
    """As many messages as a contract allows: a bucket that holds what one second allows, filled evenly."""

    #: None for no limit
    per_second: float | None
    _level: float = 0.0
    _seen: float | None = None

    def allowance(self, now: float) -> int | None:
        """Return how many messages may be handed over now; None for any number."""
        if self.per_second is None:
            return None
        since = now - self._seen if self._seen is not None else 1.0
        self._level = min(self._level + max(since, 0.0) * self.per_second, max(self.per_second, 1.0))
        self._seen = now
        return int(self._level)

    def spend(self, messages: int) -> None:
        """Take messages out of the bucket."""
        self._level -= messages

    def wait(self) -> float:
        """Return the seconds until one more message is allowed."""
        return 0.0 if self.per_second is None else max(0.0, (1.0 - self._level) / self.per_second)
