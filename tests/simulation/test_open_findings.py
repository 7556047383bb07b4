# SPDX-License-Identifier: Apache-2.0
"""What the simulation has found in the product and is not mended there yet, each in the smallest history that shows it.

Strict: when the product is mended, the test says so, and its remedy in `open_findings.py` goes with it.
"""

import os
from collections.abc import Iterable

import pytest

from rightparty.dispatch.channels.adapter import OnUnknown
from tests.simulation.history import Runner
from tests.simulation.scenario import Deed, Scenario, WorkerPlan, draw
from tests.simulation.scheduler import Fault

pytestmark = [
    pytest.mark.skipif(os.environ.get("RIGHTPARTY_TEST_STORE") == "postgresql", reason="histories are files of SQLite"),
    pytest.mark.django_db,
]


def one_worker(*faults: Fault, deed: Deed | None = None) -> Scenario:
    return Scenario(
        seed=1, reminders=((2, 0),), workers=(WorkerPlan("w1", 0.0, 2, 2, 1, False, True),), jumps=(),
        deeds=(deed,) if deed else (), faults=faults, on_unknown=OnUnknown.NOTHING, hostile_provider=False,
    )  # fmt: skip


def found(runner: Runner, scenarios: Iterable[Scenario], finding: str) -> str:
    """Return the promise that breaks with the finding as the product has it, and only then; empty if none does."""
    for scenario in scenarios:
        outcome = runner.run(scenario, unmended=finding)
        if outcome.broken:
            assert not runner.run(scenario).broken
            return outcome.broken[0].promise
    return ""


@pytest.mark.xfail(strict=True, reason="Fence.may_send looks at the lease before it reads the store, not after")
def test_a_worker_that_sleeps_while_it_looks_for_a_halt_does_not_write(light_runner: Runner) -> None:
    asleep = (one_worker(Fault("w1", "pause", "wire", n, 75.0)) for n in range(1, 5))
    assert not found(light_runner, asleep, "lease looked at before the halt")


@pytest.mark.xfail(strict=True, reason="Fence counts the lease from the wall clock at the mark, not from the claim")
def test_a_lease_does_not_grow_when_the_clock_is_set_back(light_runner: Runner) -> None:
    set_back = (one_worker(Fault("w1", "jump", "commit", n, -3600.0), Fault("w1", "pause", "wire", 1, 75.0))
                for n in range(2, 9))  # fmt: skip
    assert not found(light_runner, set_back, "lease by the wall clock")


@pytest.mark.xfail(strict=True, reason="pump passes on receipts only when new ones have come")
def test_a_receipt_before_its_answer_has_its_effect_later(light_runner: Runner) -> None:
    assert not found(light_runner, (draw(seed) for seed in (28, *range(60))), "receipt before the answer")


@pytest.mark.parametrize("kind", ["pay", "hold"])
@pytest.mark.xfail(strict=True, reason="the gate leaves out facts whose instant is later than its own")
def test_a_fact_that_commits_while_the_gate_waits_for_its_lock_is_seen(whole_runner: Runner, kind: str) -> None:
    """The gate's instant is taken before it waits; the fact's is a little later, and its commit comes first."""
    waiting = (one_worker(Fault("w1", "pause", "write", n, 0.6), deed=Deed("d", kind, 0.3, 2)) for n in range(5, 14))
    assert not found(whole_runner, waiting, "facts later than the gate's instant")
