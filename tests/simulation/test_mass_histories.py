# SPDX-License-Identifier: Apache-2.0
"""once, right_debt, right_party, provable, for every one of hundreds of releases in a history; the judge can say no.

`make soak-mass RELEASES=…` runs millions; `make replay SEED=… KIND=mass GATE=whole` runs one again.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connections

from tests.simulation.history import Runner
from tests.simulation.kinds import prepared
from tests.simulation.mass_scenario import draw_mass
from tests.simulation.planted_bugs import BUGS, Bug, bug, is_found
from tests.simulation.scenario import Scenario
from tests.simulation.soak import MASS_PERSONS

pytestmark = [
    pytest.mark.skipif(os.environ.get("RIGHTPARTY_TEST_STORE") == "postgresql", reason="histories are files of SQLite"),
    pytest.mark.django_db,
]

PERSONS = 150
MOST_SEEDS = 80

BREAKING = (
    "no cap", "leases by the wall clock alone", "unknown is tried again", "nothing is marked before the wire",
    "payments are not recorded",
)  # fmt: skip
"""Bugs of as many promises, found at once; all of them with RIGHTPARTY_MASS_BUGS set."""

CHOSEN = BUGS if "RIGHTPARTY_MASS_BUGS" in os.environ else tuple(bug(name) for name in BREAKING)


def _made(template: Path, gate: str, persons: int) -> tuple[Runner, Callable[[int], Scenario]]:
    folder = template / f"mass-{gate}-{persons}"
    folder.mkdir()
    empty = Path(str(connections["default"].settings_dict["NAME"]))
    return prepared("mass", folder, gate=gate, persons=persons, empty=empty)


@pytest.fixture(scope="module")
def light_mass(template: Path, django_db_blocker: pytest.FixtureRequest) -> Iterator[Runner]:
    with django_db_blocker.unblock():
        yield _made(template, "light", PERSONS)[0]


def test_every_release_of_a_mass_history_keeps_every_promise_at_the_whole_gate(template: Path) -> None:
    runner, draws = _made(template, "whole", 600)
    outcome = runner.run(draws(1))
    assert not outcome.broken, f"{outcome.broken[0]}\nmake replay SEED=1 KIND=mass GATE=whole PERSONS=600"
    assert outcome.released > 400
    assert outcome.written > 200
    assert sum(outcome.facts.values()) > 8
    assert sum(outcome.fired.values()) > 0


def test_the_same_seed_is_the_same_mass_history(light_mass: Runner) -> None:
    one, two = (light_mass.run(draw_mass(3, persons=PERSONS), keep_lines=keep) for keep in (True, False))
    assert not one.broken
    assert one.trace == two.trace
    assert one.counts() == two.counts()


@pytest.mark.parametrize("planted", CHOSEN, ids=lambda planted: planted.name)
def test_the_judge_of_mass_histories_finds_a_planted_bug(light_mass: Runner, planted: Bug) -> None:
    scenarios = (draw_mass(seed, persons=PERSONS, focus=planted.focus) for seed in range(MOST_SEEDS))
    assert is_found(planted, light_mass, scenarios), f"not found within {MOST_SEEDS} mass histories"


@pytest.mark.skipif(os.environ.get("RIGHTPARTY_SIM_KIND") != "mass", reason="by `make replay KIND=mass`")
def test_replay(template: Path) -> None:
    gate = os.environ.get("RIGHTPARTY_SIM_GATE") or "whole"
    runner, draws = _made(template, gate, int(os.environ.get("RIGHTPARTY_SIM_PERSONS") or MASS_PERSONS))
    outcome = runner.run(draws(int(os.environ["RIGHTPARTY_SIM_SEED"])), keep_lines=True)
    print("\n".join(outcome.lines), f"\ntrace {outcome.trace}", sep="")
    assert not outcome.broken, outcome.broken[0]
