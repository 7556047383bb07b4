# SPDX-License-Identifier: Apache-2.0
"""A deterministic scheduler: exactly one actor runs, time is virtual, each point is a chance for a fault or a switch.

Actors are greenlets that run the product's own code. They give up control at every SQL statement, commit and wire
write. Who runs next hangs on the seed and on each actor's own count of points, so that leaving one actor or fault out
disturbs the others little: that lets a failing history shrink.
"""

import hashlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from greenlet import getcurrent, greenlet

START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""Monday 10:00 in Shanghai."""


class CrashError(BaseException):
    """The process died here. Not an Exception: no handler of the product may catch it."""


class Stuck(AssertionError):  # noqa: N818
    """No actor can go on, or a history does not end."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong, at which of an actor's points: the n-th of a kind (any, statement, write, commit, wire)."""

    actor: str
    #: crash, error, full, lost_answer, pause, power
    what: str
    where: str
    nth: int
    seconds: float = 0.0


@dataclass(slots=True, eq=False)
class Actor:
    """Something that acts: a worker, a payer, a recipient."""

    name: str
    body: Callable[["Actor"], object]
    dice: random.Random
    faults: list[Fault]
    wake: float = 0.0
    connection: Any = None
    run: greenlet | None = None
    points: Counter[str] = field(default_factory=Counter)
    priority: float = 0.0
    waits_for_lock: bool = False
    dying: bool = False
    done: bool = False
    #: what the facts of its next commit are, for the one who checks
    deeds: tuple[tuple[str, str], ...] = ()
    #: no longer subject to faults
    calm: bool = False


class Scheduler:
    """Runs actors to their end. All time is virtual: `ticks` never goes back, the wall clock may jump."""

    def __init__(self, seed: int, *, most_points: int = 200_000) -> None:
        self.seed = seed
        self.ticks = 0.0
        self.wall_offset = 0.0
        #: the latest instant that the wall clock has shown before it was set
        self.latest = START
        #: an adapter is asking whether it may write: statements now are points of the wire too
        self.at_the_wire = False
        self.actors: list[Actor] = []
        self.current: Actor | None = None
        self.hub = getcurrent()
        self.digest = hashlib.sha256()
        self.lines: list[str] = []
        self.keep_lines = False
        self.most_points = most_points
        self.total = 0
        self.fired: Counter[str] = Counter()
        self.on_switch: Callable[[Actor], None] = lambda _actor: None
        self.on_failure: Callable[[Actor, Exception], None] = lambda _actor, _fault: None
        #: asked after each step: end here
        self.is_over: Callable[[], bool] = lambda: False
        self.on_end: Callable[[Actor, bool], None] = lambda _actor, _crashed: None

    def clock(self) -> datetime:
        """Return the wall clock, which jumps."""
        return START + timedelta(seconds=round(self.ticks + self.wall_offset, 6))

    def monotonic(self) -> float:
        """Return the clock that nobody sets."""
        return self.ticks

    def add(
        self, name: str, body: Callable[[Actor], object], *, at: float = 0.0, faults: list[Fault] | None = None
    ) -> Actor:
        """Let an actor begin at an instant."""
        mine = [fault for fault in faults or [] if fault.actor == name]
        actor = Actor(name, body, random.Random(f"{self.seed}/{name}"), mine, wake=max(at, self.ticks))
        actor.priority = actor.dice.random()
        self.actors.append(actor)
        return actor

    def note(self, line: str) -> None:
        """Add a line to the trace."""
        self.digest.update(f"{self.ticks:.6f} {line}\n".encode())
        if self.keep_lines:
            self.lines.append(f"{self.ticks:12.6f} {line}")

    def tell(self, line: str) -> None:
        """Add a line to read, of which the trace knows the sum already."""
        if self.keep_lines:
            self.lines.append(f"{self.ticks:12.6f} {line}")

    def run(self) -> None:
        """Run until every actor has ended."""
        while waiting := [actor for actor in self.actors if not actor.done]:
            ready = [a for a in waiting if a.wake <= self.ticks and not a.waits_for_lock]
            if not ready:
                asleep = [a.wake for a in waiting if not a.waits_for_lock]
                if not asleep:
                    raise Stuck("every actor waits for a lock")
                self.ticks = max(self.ticks, min(asleep))
                continue
            self._switch_to(max(ready, key=lambda a: a.priority))
            self.total += 1
            if self.is_over():
                return
            if self.total > self.most_points:
                raise Stuck(f"the history does not end within {self.most_points} points")

    def _switch_to(self, actor: Actor) -> None:
        if actor.run is None:
            actor.run = greenlet(lambda: self._live(actor), parent=self.hub)
        self.current = actor
        self.on_switch(actor)
        actor.run.switch()
        self.current = None

    def _live(self, actor: Actor) -> None:
        crashed = False
        try:
            actor.body(actor)
        except CrashError:
            crashed = True
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is a finding
            crashed = True
            self.on_failure(actor, fault)
        finally:
            actor.done = True
            self.note(f"{actor.name} {'crashed' if crashed else 'ended'}")
            self.on_end(actor, crashed)

    def abandon(self) -> None:
        """End whoever still runs, as if his process had died."""
        for actor in self.actors:
            if actor.run is not None and not actor.done:
                self.current, actor.dying = actor, True
                self.on_switch(actor)
                actor.run.throw(CrashError)
        self.current = None

    def sleep(self, seconds: float) -> None:
        """Let the running actor sleep."""
        actor = self.current
        if actor is None:
            self.ticks += seconds
            return
        actor.wake = self.ticks + seconds
        self._yield(actor)

    def wait_for_lock(self, actor: Actor) -> None:
        """Let the running actor wait until the writer is done."""
        actor.waits_for_lock = True
        self._yield(actor)

    def lock_is_free(self) -> None:
        """Let those who wait for the lock try again."""
        for actor in self.actors:
            actor.waits_for_lock = False

    def _yield(self, actor: Actor) -> None:
        if actor.dice.random() < 0.25:
            actor.priority = actor.dice.random()
        self.hub.switch()

    def point(self, *kinds: str, label: str = "") -> Fault | None:
        """Pass a point: a fault may strike, another actor may run. Return a fault that the caller has to carry out."""
        actor = self.current
        if actor is None:
            return None
        if actor.dying:
            raise CrashError
        self.note(f"{actor.name} {kinds[0]} {label}")
        self.ticks += 0.0002 + actor.dice.random() * 0.004
        fault = None if actor.calm else self._due(actor, ("any", *kinds))
        self._yield(actor)
        if fault is None:
            return None
        self.fired[fault.what] += 1
        self.note(f"{actor.name} fault {fault.what}")
        if fault.what == "pause":
            self.sleep(fault.seconds)
            return None
        if fault.what == "jump":
            self.set_clock(fault.seconds)
            return None
        if fault.what == "crash":
            self.crash(actor)
        return fault

    def set_clock(self, by: float) -> None:
        """Set the wall clock, as an operator or a time server does."""
        self.note(f"the clock is set by {by} s")
        self.latest = max(self.latest, self.clock())
        self.wall_offset += by

    def crash(self, actor: Actor) -> None:
        """End the running actor here."""
        actor.dying = True
        raise CrashError

    def _due(self, actor: Actor, kinds: tuple[str, ...]) -> Fault | None:
        actor.points.update(kinds)
        for fault in actor.faults:
            if fault.where in kinds and actor.points[fault.where] >= fault.nth:
                if fault.what == "lost_answer" and "commit" not in kinds:
                    continue
                actor.faults.remove(fault)
                return fault
        return None
