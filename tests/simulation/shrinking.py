# SPDX-License-Identifier: Apache-2.0
"""Makes a failing history small: leaves out deeds, faults, jumps, workers and reminders while it still fails."""

from collections.abc import Callable
from dataclasses import replace

from tests.simulation.scenario import Scenario

PARTS = ("deeds", "jumps", "faults", "workers", "reminders")


def shrink(scenario: Scenario, fails: Callable[[Scenario], bool], *, most_runs: int = 200) -> tuple[Scenario, int]:
    """Return the smallest history found that still fails, and how many runs that took.

    Args:
        scenario: fails.
        fails: runs a history and tells whether it fails in the same way.
        most_runs: no more runs than that.
    """
    runs, smaller = 0, True
    while smaller and runs < most_runs:
        smaller = False
        for candidate in _smaller(scenario):
            runs += 1
            if fails(candidate):
                scenario, smaller = candidate, True
                break
            if runs >= most_runs:
                break
    return scenario, runs


def _smaller(scenario: Scenario) -> list[Scenario]:
    """Return histories with one thing less, the greatest savings first."""
    found = []
    for part in PARTS:
        things = getattr(scenario, part)
        if part in ("deeds", "jumps", "faults") and len(things) > 1:
            found.append(replace(scenario, **{part: ()}))
        least = 1 if part in ("workers", "reminders") else 0
        if len(things) > least:
            found += [scenario.without(part, place) for place in range(len(things))]
    for place, worker in enumerate(scenario.workers):
        if worker.rounds > 1:
            fewer = replace(worker, rounds=worker.rounds - 1)
            found.append(replace(scenario, workers=_with(scenario.workers, place, fewer)))
    if scenario.hostile_provider:
        found.append(replace(scenario, hostile_provider=False))
    return found


def _with[T](things: tuple[T, ...], place: int, thing: T) -> tuple[T, ...]:
    return (*things[:place], thing, *things[place + 1 :])


def size(scenario: Scenario) -> int:
    """Return how many things a history consists of."""
    return sum(len(getattr(scenario, part)) for part in PARTS)


def explain(scenario: Scenario) -> str:
    """Return a history as text, a line for each thing."""
    lines = [f"seed {scenario.seed}, unknown outcomes: {scenario.on_unknown.value}"]
    lines += [f"  {part[:-1]}: {thing}" for part in PARTS for thing in getattr(scenario, part)]
    return "\n".join(lines)
