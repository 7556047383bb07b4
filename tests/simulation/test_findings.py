# SPDX-License-Identifier: Apache-2.0
"""What histories have found in the product: each fault is planted again and breaks a promise, and without it none does.

Serves right_debt (facts that commit while the gate waits) and once (leases).
"""

import os
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest

from rightparty.dispatch import fence
from rightparty.dispatch.channels.adapter import OnUnknown
from rightparty.dispatch.operations import release as gate
from tests.simulation.history import Runner
from tests.simulation.scenario import Deed, Scenario, WorkerPlan
from tests.simulation.scheduler import Fault

pytestmark = [
    pytest.mark.skipif(os.environ.get("RIGHTPARTY_TEST_STORE") == "postgresql", reason="histories are files of SQLite"),
    pytest.mark.django_db,
]

_ENDED = fence.Fence.__post_init__


def one_worker(*faults: Fault, deed: Deed | None = None) -> Scenario:
    return Scenario(
        seed=1, reminders=((2, 0),), workers=(WorkerPlan("w1", 0.0, 2, 2, 1, False, True),), jumps=(),
        deeds=(deed,) if deed else (), faults=faults, on_unknown=OnUnknown.NOTHING, hostile_provider=False,
    )  # fmt: skip


def shows(runner: Runner, scenarios: Iterable[Scenario], planted: Callable[[], AbstractContextManager[Any]]) -> str:
    """Return the promise that breaks with the fault planted, and never without; empty if none does."""
    for scenario in scenarios:
        assert not runner.run(scenario).broken
        with planted():
            outcome = runner.run(scenario)
        if outcome.broken:
            return str(outcome.broken[0].promise)
    return ""


def _lease_first(self: fence.Fence) -> bool:
    """Looks at the lease, and at the halt after it."""
    now = self.ticks()
    if now >= self._ends or self.clock() >= self.until:
        return False
    if now - self._looked >= fence.HALT_SECONDS:
        self.halted, self._looked = self.is_halted(), now
    return not self.halted


def _lease_by_the_wall_clock(self: fence.Fence) -> None:
    self.ends_at = float("inf")
    _ENDED(self)


def test_a_worker_that_sleeps_while_it_looks_for_a_halt_does_not_write(light_runner: Runner) -> None:
    asleep = (one_worker(Fault("w1", "pause", "wire", n, 75.0)) for n in range(1, 5))
    assert shows(light_runner, asleep, lambda: mock.patch.object(fence.Fence, "may_send", _lease_first))


def test_a_lease_does_not_grow_when_the_clock_is_set_back(light_runner: Runner) -> None:
    set_back = (
        one_worker(Fault("w1", "jump", "commit", n, -3600.0), Fault("w1", "pause", "wire", 1, 75.0))
        for n in range(2, 9)
    )
    plant = lambda: mock.patch.object(fence.Fence, "__post_init__", _lease_by_the_wall_clock)  # noqa: E731
    assert shows(light_runner, set_back, plant)


@pytest.mark.parametrize("kind", ["pay", "hold"])
def test_a_fact_that_commits_while_the_gate_waits_for_its_lock_is_seen(whole_runner: Runner, kind: str) -> None:
    """The gate's instant is taken before it waits; the fact's is a little later, and its commit comes first."""
    waiting = (one_worker(Fault("w1", "pause", "write", n, 0.6), deed=Deed("d", kind, 0.3, 2)) for n in range(5, 14))
    assert shows(whole_runner, waiting, lambda: mock.patch.object(gate, "AHEAD", timedelta(0)))
