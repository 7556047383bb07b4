# SPDX-License-Identifier: Apache-2.0
"""once: the fence closes by either clock and by a halt; a provider that fails rests longer and longer."""

from datetime import UTC, datetime, timedelta

import pytest

from rightparty.dispatch.channels.adapter import Fate
from rightparty.dispatch.fence import HALT_SECONDS, Fence
from rightparty.dispatch.health import FIRST_REST, LONGEST_REST, Health, Rate

START = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)


class World:
    def __init__(self) -> None:
        self.wall, self.boot, self.halted, self.looks = START, 100.0, False, 0

    def look(self) -> bool:
        self.looks += 1
        return self.halted

    def fence(self, seconds: float = 60) -> Fence:
        return Fence(
            until=self.wall + timedelta(seconds=seconds),
            clock=lambda: self.wall,
            ticks=lambda: self.boot,
            is_halted=self.look,
        )


def test_the_fence_is_open_while_the_lease_lasts() -> None:
    world = World()
    fence = world.fence()
    world.boot += 59
    world.wall += timedelta(seconds=59)
    assert fence.may_send()


@pytest.mark.parametrize(("boot", "wall"), [(60, 0), (0, 60), (0, 3600), (3600, -3600)])
def test_either_clock_closes_it(boot: float, wall: float) -> None:
    world = World()
    fence = world.fence()
    world.boot += boot
    world.wall += timedelta(seconds=wall)
    assert not fence.may_send()


def test_a_halt_closes_it_within_its_time_and_the_store_is_not_asked_for_each_message() -> None:
    world = World()
    fence = world.fence()
    assert all(fence.may_send() for _ in range(1000))
    assert world.looks == 1
    world.halted = True
    world.boot += HALT_SECONDS
    assert not fence.may_send()
    assert fence.halted


def test_a_store_that_cannot_be_read_closes_it_for_good() -> None:
    world = World()
    fence = world.fence()
    fence.faults = (ConnectionError,)
    assert fence.may_send()

    def broken() -> bool:
        raise ConnectionError

    fence.is_halted = broken
    world.boot += HALT_SECONDS
    assert not fence.may_send()
    fence.is_halted = world.look
    world.boot += HALT_SECONDS
    assert not fence.may_send()
    assert not fence.halted


def test_a_provider_rests_longer_after_each_failure_and_is_well_after_one_answer() -> None:
    health, now = Health(), 0.0
    rests = []
    for _ in range(12):
        health.note([Fate.UNKNOWN, Fate.BUSY], now)
        rests.append(health.rests_until - now)
    assert rests[:3] == [FIRST_REST, 2 * FIRST_REST, 4 * FIRST_REST]
    assert rests[-1] == LONGEST_REST
    health.note([Fate.UNKNOWN, Fate.REFUSED], now)
    assert not health.is_resting(now)


@pytest.mark.parametrize("per_second", [0.5, 3, 1000])
def test_never_more_than_the_rate_in_any_long_stretch(per_second: float) -> None:
    rate, sent = Rate(per_second), 0
    for step in range(1, 1001):
        allowed = rate.allowance(step * 0.01)
        assert allowed is not None
        rate.spend(allowed)
        sent += allowed
    assert sent <= 10 * per_second + max(per_second, 1)
    assert sent >= 10 * per_second * 0.9 - 1


def test_the_wait_is_until_one_message_is_allowed() -> None:
    rate = Rate(2)
    rate.spend(rate.allowance(0.0) or 0)
    assert rate.allowance(rate.wait()) == 1
