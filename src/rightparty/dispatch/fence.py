# SPDX-License-Identifier: Apache-2.0
"""Until when a worker may write to the wire: while its lease lasts by every clock, and no halt is in force (once).

Pure: the clocks and the look at the store are parameters. A worker that slept, was suspended with its machine, or whose
wall clock jumped is stopped by one of the two clocks; at worst too little is sent.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

HALT_SECONDS: Final = 0.25
"""Oldest answer to "is dispatch halted?" on which a message may still be written."""


@dataclass(slots=True, kw_only=True)
class Fence:
    """A lease as the worker that holds it sees it."""

    #: instant at which the lease ends
    until: datetime
    #: the wall clock
    clock: Callable[[], datetime]
    #: seconds of a clock that never goes back and runs on while the machine is suspended
    ticks: Callable[[], float]
    #: by `ticks`, when the lease ends at the latest, counted from the claim: a wall clock set back does not lengthen it
    ends_at: float = float("inf")
    #: looks at the store
    is_halted: Callable[[], bool]
    #: what the look raises when the store cannot be read: then nothing more is written under this lease
    faults: tuple[type[Exception], ...] = ()
    halted: bool = False
    in_doubt: bool = False
    _ends: float = field(init=False)
    _looked: float = field(init=False, default=float("-inf"))

    def __post_init__(self) -> None:
        """Begin to count."""
        self._ends = min(self.ticks() + (self.until - self.clock()).total_seconds(), self.ends_at)

    def may_send(self) -> bool:
        """Tell whether a message may be written now."""
        now = self.ticks()
        if not self.in_doubt and now - self._looked >= HALT_SECONDS:
            try:
                self.halted, self._looked = self.is_halted(), now
            except self.faults:
                self.in_doubt = True
        if self.halted or self.in_doubt:
            return False
        # last: the worker may have slept while it looked at the store
        return self.ticks() < self._ends and self.clock() < self.until
