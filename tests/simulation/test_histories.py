# SPDX-License-Identifier: Apache-2.0
"""once, right_debt, right_party, right_time, provable: whatever fails at whatever statement, the promises hold.

Each history is drawn from its seed alone. `make replay SEED=…` runs one again and prints it; `make soak` runs on.
"""

import os

import pytest

from tests.simulation.history import Outcome, Runner
from tests.simulation.scenario import Scenario, draw
from tests.simulation.shrinking import explain, shrink, size

pytestmark = [
    pytest.mark.skipif(os.environ.get("RIGHTPARTY_TEST_STORE") == "postgresql", reason="histories are files of SQLite"),
    pytest.mark.django_db,
]

PER_TEST = 12


def failure(outcome: Outcome, runner: Runner) -> str:
    """What to read when a history fails: the promise, the smallest history, how to run it again."""

    def fails(candidate: Scenario) -> bool:
        again = runner.run(candidate)
        return bool(again.broken) and again.broken[0].promise == outcome.broken[0].promise

    small, _ = shrink(draw(outcome.seed), fails, most_runs=60)
    return f"{outcome.broken[0]}\n{explain(small)}\nmake replay SEED={outcome.seed}"


@pytest.mark.parametrize("first", range(0, 6 * PER_TEST, PER_TEST))
def test_every_promise_holds_in_every_history(light_runner: Runner, first: int) -> None:
    written = 0
    for seed in range(first, first + PER_TEST):
        outcome = light_runner.run(draw(seed))
        assert not outcome.broken, failure(outcome, light_runner)
        written += outcome.written
    assert written > PER_TEST // 2, "nothing happened"


@pytest.mark.parametrize("first", [10_000, 20_000])
def test_and_with_every_rule_of_the_whole_gate(whole_runner: Runner, first: int) -> None:
    for seed in range(first, first + 3):
        outcome = whole_runner.run(draw(seed))
        assert not outcome.broken, failure(outcome, whole_runner)


def test_the_same_seed_is_the_same_history(light_runner: Runner) -> None:
    one, two = (light_runner.run(draw(18), keep_lines=True) for _ in range(2))
    assert one.lines == two.lines
    assert one.trace == two.trace
    assert len(one.lines) > 100


@pytest.mark.skipif(
    "RIGHTPARTY_SIM_SEED" not in os.environ or os.environ.get("RIGHTPARTY_SIM_KIND") == "mass",
    reason="by `make replay`",
)
def test_replay(light_runner: Runner, whole_runner: Runner) -> None:
    seed = int(os.environ["RIGHTPARTY_SIM_SEED"])
    runner = whole_runner if os.environ.get("RIGHTPARTY_SIM_GATE") == "whole" else light_runner
    outcome = runner.run(draw(seed), keep_lines=True)
    print("\n".join(outcome.lines), f"\ntrace {outcome.trace}", sep="")
    assert not outcome.broken, failure(outcome, runner)


def test_a_failing_history_shrinks_to_what_matters(light_runner: Runner) -> None:
    from tests.simulation.planted_bugs import bug

    planted = bug("unknown is tried again")

    def fails(scenario: Scenario) -> bool:
        with planted.plant():
            outcome = light_runner.run(scenario, guarded=planted.guarded)
        return bool(outcome.broken) and outcome.broken[0].promise == "once"

    scenario = draw(planted.seed)
    assert fails(scenario)
    small, runs = shrink(scenario, fails, most_runs=60)
    assert fails(small)
    assert size(small) <= 5 < size(scenario), explain(small)
    assert runs <= 60
