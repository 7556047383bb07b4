# SPDX-License-Identifier: Apache-2.0
"""What a history consists of, drawn from a seed and from nothing else; it shrinks by leaving parts out."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rightparty.dispatch.channels.adapter import OnUnknown
from tests.simulation.scheduler import Fault

PERSONS: Final = {1: "H1", 2: "H2", 3: "H3", 4: "H4", 5: "H1"}
"""Party numbers of the template world and the human behind each: 1 and 5 are one human."""

FAULTS: Final = {"crash": 38, "pause": 24, "jump": 6, "error": 10, "full": 7, "lost_answer": 15}
PLACES: Final = {"any": (30, 90), "write": (25, 26), "commit": (25, 12), "wire": (20, 10)}
"""Kind of point -> (weight, greatest count)."""

AT_THE_WIRE: Final = 0.3
"""Share of histories in which a worker is held up while it writes, and somebody halts dispatch."""

PAUSES: Final = (0.3, 2.0, 45.0, 61.0, 75.0, 200.0)
JUMPS: Final = (-180_000.0, -3600.0, -90.0, -20.0, 20.0, 90.0, 3600.0, 180_000.0)
"""Seconds by which a clock is set: up to two days, an hour as by a wrong rule for summer time, a minute."""

DEEDS: Final = {"pay": 30, "hold": 14, "hold_person": 8, "stop": 14, "not_me": 12, "halt": 10, "plan_again": 12}


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """One worker process."""

    name: str
    begins: float
    batch: int
    window: int
    rounds: int
    #: a restarted process calls itself as the dead one did
    keeps_name: bool
    #: goes on after an error of the store, else it dies of it
    survives: bool
    #: how far its host's wall clock is off
    skew: float = 0.0


@dataclass(frozen=True, slots=True)
class Deed:
    """Something done by somebody else while workers work."""

    name: str
    kind: str
    at: float
    person: int
    which: int = 0
    lasts: float = 0.0
    #: of a delivery of many facts: (kind, person, account) of each
    told: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Jump:
    """The wall clock is set."""

    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything about a history."""

    seed: int
    #: (party number, account number) of each planned reminder
    reminders: tuple[tuple[int, int], ...]
    workers: tuple[WorkerPlan, ...]
    deeds: tuple[Deed, ...]
    faults: tuple[Fault, ...]
    jumps: tuple[Jump, ...]
    on_unknown: OnUnknown
    hostile_provider: bool

    def without(self, part: str, place: int) -> "Scenario":
        """Return it with one thing less."""
        things = list(getattr(self, part))
        del things[place]
        return replace(self, **{part: tuple(things)})


def draw(seed: int, *, focus: str = "", most_faults: int = 4) -> Scenario:
    """Draw a history.

    Args:
        seed: all of it hangs on this.
        focus: "wire" for trouble while a worker writes, "halt" for one that falls into it, "clock" for a clock set back
            in it, "facts" for facts that race with the gate; "" for anything.
        most_faults: beside those of the focus.
    """
    dice = random.Random(seed)
    everybody = [(n, k) for n in PERSONS for k in (0, 1)]
    reminders = tuple(dice.sample(everybody, dice.randint(3, 8)))
    at_the_wire = dice.random() < AT_THE_WIRE if not focus else focus == "wire"
    workers = tuple(_worker(dice, f"w{n}") for n in range(1, dice.choice([1, 2, 2, 3]) + 1))
    if len(workers) > 1 and dice.random() < 0.15:
        # split brain: two processes believe to be the same worker
        workers = (workers[0], replace(workers[1], name=workers[0].name), *workers[2:])
    deeds = tuple(_deed(dice, n) for n in range(dice.choice([0, 1, 1, 2, 2, 3, 4])))
    actors = [worker.name for worker in workers] * 4 + [deed.name for deed in deeds]
    faults = tuple(_fault(dice, actors) for _ in range(dice.randint(0, most_faults)))
    if focus == "facts":
        deeds = tuple(_deed_early(dice, n) for n in range(5))
        faults = tuple(Fault(dice.choice(actors), "pause", "write", dice.randint(6, 14), 0.3) for _ in range(2))
    if focus == "halt":
        deeds = (Deed("halting", "halt", at=round(dice.uniform(0.1, 0.6), 3), person=1, lasts=90.0),)
        faults = tuple(Fault(name, "pause", "wire", dice.randint(1, 5), 2.0) for name in actors[:3])
    if focus == "clock":
        back = dice.randint(1, 3)
        faults = (Fault(actors[0], "jump", "wire", back, -3600.0), Fault(actors[0], "pause", "wire", back + 1, 75.0))
    if at_the_wire:
        faults += tuple(_fault_at_the_wire(dice, actors[0]) for _ in range(2))
        deeds += (Deed("halting", "halt", at=round(dice.uniform(0.3, 2.0), 3), person=1, lasts=90.0),)
    jumps = tuple(
        Jump(at=round(dice.random(), 3), seconds=dice.choice(JUMPS)) for _ in range(dice.choice([0, 0, 0, 0, 1, 2]))
    )
    return Scenario(
        seed=seed, reminders=reminders, workers=workers, deeds=deeds, faults=faults, jumps=jumps,
        on_unknown=dice.choice(list(OnUnknown)), hostile_provider=dice.random() < 0.6,
    )  # fmt: skip


def _worker(dice: random.Random, name: str) -> WorkerPlan:
    return WorkerPlan(
        name=name,
        begins=dice.choice([0.0, 0.0, 0.05, 0.3, 62.0]),
        batch=dice.randint(1, 5),
        window=dice.randint(1, 3),
        rounds=dice.randint(1, 3),
        keeps_name=dice.random() < 0.3,
        survives=dice.random() < 0.5,
        skew=dice.choice([0.0, 0.0, -0.4, 0.4]),
    )


def _deed(dice: random.Random, number: int) -> Deed:
    kind = dice.choices(list(DEEDS), list(DEEDS.values()))[0]
    return Deed(
        name=f"d{number}", kind=kind, at=round(dice.random() * dice.choice([0.2, 0.5, 1.0, 70.0]), 3),
        person=dice.choice(list(PERSONS)), which=dice.randint(0, 1), lasts=dice.choice([0.0, 0.5, 3.0, 90.0]),
    )  # fmt: skip


def _deed_early(dice: random.Random, number: int) -> Deed:
    kind = dice.choice(["pay", "hold", "hold_person", "stop", "not_me"])
    return Deed(f"d{number}", kind, round(dice.uniform(0.02, 0.6), 3), dice.choice(list(PERSONS)), dice.randint(0, 1))


def _fault(dice: random.Random, actors: list[str]) -> Fault:
    what, where, seconds = draw_kind_of_fault(dice, PLACES, JUMPS)
    return Fault(dice.choice(actors), what, where, dice.randint(1, PLACES[where][1]), seconds)


def draw_kind_of_fault(
    dice: random.Random, places: Mapping[str, tuple[int, int]], jumps: Sequence[float]
) -> tuple[str, str, float]:
    """Draw what strikes, at which kind of point, and for how many seconds."""
    what = dice.choices(list(FAULTS), list(FAULTS.values()))[0]
    where = dice.choices(list(places), [weight for weight, _ in places.values()])[0]
    if what == "lost_answer":
        where = "commit"
    if what in ("error", "full") and where in ("any", "wire"):
        where = "write"
    seconds = dice.choice(PAUSES) if what == "pause" else dice.choice(jumps) if what == "jump" else 0.0
    return what, where, seconds


def _fault_at_the_wire(dice: random.Random, actor: str) -> Fault:
    what = dice.choice(["pause", "pause", "jump"])
    seconds = dice.choice([2.0, 61.0, 200.0]) if what == "pause" else dice.choice(JUMPS)
    return Fault(actor, what, "wire", dice.randint(1, 6), seconds)


def draw_large(seed: int, *, persons: int) -> Scenario:
    """Draw a history of a whole portfolio: many reminders, large batches, many deeds and faults."""
    dice = random.Random(f"large/{seed}")
    numbers = [n for n in range(1, persons + 1) if n not in PERSONS]
    workers = tuple(
        WorkerPlan(
            name=f"w{n}", begins=0.01 * n, batch=dice.choice([150, 300, 600]), window=dice.choice([20, 50, 100]),
            rounds=1 + persons // 300, keeps_name=dice.random() < 0.3, survives=dice.random() < 0.5,
            skew=dice.choice([0.0, -0.4, 0.4]),
        )
        for n in range(1, dice.choice([2, 3]) + 1)
    )  # fmt: skip
    deeds = tuple(
        replace(_deed(dice, n), person=dice.choice(numbers), at=round(dice.random() * 6, 3), lasts=0.5)
        for n in range(persons // 25)
    )
    actors = [worker.name for worker in workers]
    faults = tuple(_fault(dice, actors) for _ in range(dice.randint(2, 8)))
    faults = tuple(replace(fault, nth=fault.nth * dice.choice([1, 2, 5, 20])) for fault in faults)
    return Scenario(
        seed=seed, reminders=tuple((n, 0) for n in numbers), workers=workers, deeds=deeds, faults=faults, jumps=(),
        on_unknown=dice.choice(list(OnUnknown)), hostile_provider=True,
    )  # fmt: skip
