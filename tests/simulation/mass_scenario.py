# SPDX-License-Identifier: Apache-2.0
"""What a mass history consists of: thousands of reminders, large batches, and the faults of the small ones."""

import math
import random
from dataclasses import replace
from typing import Final

from rightparty.dispatch.channels.adapter import OnUnknown
from tests.simulation.scenario import PERSONS, Deed, Jump, Scenario, WorkerPlan, draw_kind_of_fault
from tests.simulation.scheduler import Fault

PLACES: Final = {"any": (30, 1_500), "write": (25, 150), "commit": (25, 60), "wire": (20, 400)}
"""Kind of point -> (weight, greatest count); counts are drawn evenly by their order of magnitude."""

JUMPS: Final = (*(-3600.0, -90.0, -20.0, 20.0, 90.0, 3600.0) * 8, -180_000.0, 180_000.0)
"""Seconds by which a clock is set; by two days seldom, for then every plan has expired and nothing is released."""

SINGLE: Final = {"pay": 34, "hold": 15, "hold_person": 8, "stop": 18, "not_me": 15, "halt": 3, "plan_again": 7}
TOLD: Final = {"paid": 50, "held": 15, "held_person": 5, "stopped": 18, "disowned": 12}
SHARE_OF_FACTS: Final = 0.02
"""Facts against reminding that come in the course, per reminder."""

SHARE_TOLD_TOGETHER: Final = 0.75
"""How many of them come in deliveries of many."""


def human_of(number: int) -> str:
    """Return the human behind a party: 1 and 5 are one, and so is every fiftieth with the one before."""
    return PERSONS.get(number, f"H{number - 1 if number % 50 == 0 else number}")


def accounts_of(number: int) -> int:
    """Return how many accounts a party has: every fortieth has two."""
    return 2 if number in PERSONS or number % 40 == 0 else 1


def draw_mass(seed: int, *, persons: int, focus: str = "") -> Scenario:
    """Draw a mass history.

    Args:
        seed: all of it hangs on this.
        persons: of the template world; most of them have a reminder.
        focus: as for `scenario.draw`; "" for anything.
    """
    dice = random.Random(f"mass/{seed}")
    first, last = dice.randint(1, persons // 5), dice.randint(persons - persons // 10, persons)
    reminders = tuple((n, k) for n in range(first, last + 1) for k in range(accounts_of(n)))
    count = dice.choice([2, 2, 3])
    workers = tuple(_worker(dice, f"w{n}", len(reminders), count) for n in range(1, count + 1))
    if dice.random() < 0.15:
        # split brain: two processes believe to be the same worker
        workers = (workers[0], replace(workers[1], name=workers[0].name), *workers[2:])
    deeds = _deeds(dice, reminders)
    names = [worker.name for worker in workers]
    actors = names * 8 + [deed.name for deed in deeds[:4]]
    faults = tuple(_fault(dice, actors) for _ in range(dice.randint(2, 7)))
    deeds, faults = _focused(dice, focus, names, deeds, faults)
    if focus == "wire" or (not focus and dice.random() < 0.3):
        faults += tuple(_fault_at_the_wire(dice, dice.choice(names)) for _ in range(2))
        deeds += (Deed("halting", "halt", at=round(dice.uniform(0.3, 2.0), 3), person=1, lasts=3.0),)
    jumps = tuple(
        Jump(at=round(dice.random() * 2, 3), seconds=dice.choice(JUMPS)) for _ in range(dice.choice([0, 0, 0, 1]))
    )
    return Scenario(
        seed=seed, reminders=reminders, workers=workers, deeds=deeds, faults=faults, jumps=jumps,
        on_unknown=dice.choice(list(OnUnknown)), hostile_provider=True,
    )  # fmt: skip


def _worker(dice: random.Random, name: str, reminders: int, count: int) -> WorkerPlan:
    batch = min(dice.choice([500, 1_000, 1_500, 2_000, 2_000]), max(reminders // 6, 20))
    return WorkerPlan(
        name=name, begins=dice.choice([0.0, 0.0, 0.05, 0.3]), batch=batch, window=dice.choice([100, 250, 500]),
        rounds=math.ceil(reminders / batch / count) + 2, keeps_name=dice.random() < 0.3, survives=dice.random() < 0.5,
        skew=dice.choice([0.0, 0.0, -0.4, 0.4]),
    )  # fmt: skip


def _deeds(dice: random.Random, reminders: tuple[tuple[int, int], ...]) -> tuple[Deed, ...]:
    facts = int(len(reminders) * SHARE_OF_FACTS)
    together = int(facts * SHARE_TOLD_TOGETHER)
    deeds = []
    for number in range(max(4, facts - together)):
        kind = dice.choices(list(SINGLE), list(SINGLE.values()))[0]
        person, which = dice.choice(reminders)
        at, lasts = _instant(dice), dice.choice([0.0, 0.3, 2.0])
        deeds.append(Deed(f"d{number}", kind, at, person, which, lasts))
    for number in range(max(1, together // 15)):
        kinds = dice.choices(list(TOLD), list(TOLD.values()), k=15)
        told = tuple((kind, *dice.choice(reminders)) for kind in kinds)
        deeds.append(Deed(f"f{number}", "feed", _instant(dice), told[0][1], told=told))
    return tuple(deeds)


def _instant(dice: random.Random) -> float:
    return round(dice.random() * dice.choice([0.5, 2.0, 4.0]), 3)


def _fault(dice: random.Random, actors: list[str]) -> Fault:
    what, where, seconds = draw_kind_of_fault(dice, PLACES, JUMPS)
    nth = round(math.exp(dice.uniform(0, math.log(PLACES[where][1]))))
    return Fault(dice.choice(actors), what, where, nth, seconds)


def _fault_at_the_wire(dice: random.Random, actor: str) -> Fault:
    what = dice.choice(["pause", "pause", "jump"])
    seconds = dice.choice([2.0, 61.0, 200.0]) if what == "pause" else dice.choice(JUMPS)
    return Fault(actor, what, "wire", dice.randint(1, 40), seconds)


def _focused(
    dice: random.Random, focus: str, names: list[str], deeds: tuple[Deed, ...], faults: tuple[Fault, ...]
) -> tuple[tuple[Deed, ...], tuple[Fault, ...]]:
    """Add what the focus asks for."""
    if focus == "facts":
        faults = tuple(Fault(dice.choice(names), "pause", "write", dice.randint(6, 14), 0.3) for _ in range(2))
    if focus == "halt":
        deeds += (Deed("halting", "halt", at=round(dice.uniform(0.1, 0.6), 3), person=1, lasts=90.0),)
        faults = tuple(Fault(name, "pause", "wire", dice.randint(1, 5), 2.0) for name in names)
    if focus == "clock":
        back = dice.randint(1, 3)
        faults = (Fault(names[0], "jump", "wire", back, -3600.0), Fault(names[0], "pause", "wire", back + 1, 75.0))
    return deeds, faults
