# SPDX-License-Identifier: Apache-2.0
"""once: no batch is larger than its channel takes well within the lease, whatever the provider's speed does."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rightparty.dispatch.pace import (
    FIRST_BATCH,
    FIRST_REST,
    LEASE_PART,
    LONGEST_REST,
    TURN_SECONDS,
    Limits,
    Pace,
    after_batch,
    next_batch,
)

LIMITS = Limits(most=500, lease_seconds=120)
NOTHING_SEEN = Pace()
speeds = st.floats(0.05, 5_000)


def turns(
    speed: float, pace: Pace = NOTHING_SEEN, limits: Limits = LIMITS, *, times: int = 30
) -> tuple[Pace, list[int]]:
    """What batches a channel of a steady speed is given."""
    sizes = []
    for _ in range(times):
        sizes.append(next_batch(pace, limits))
        pace = after_batch(pace, dealt_with=sizes[-1], untouched=0, seconds=sizes[-1] / speed)
    return pace, sizes


@given(speed=speeds, lease=st.integers(5, 600), most=st.integers(1, 5_000))
def test_a_batch_needs_a_small_part_of_the_lease_once_the_speed_is_known(speed: float, lease: int, most: int) -> None:
    limits = Limits(most=most, lease_seconds=lease)
    _, sizes = turns(speed, limits=limits)
    assert all(1 <= size <= most for size in sizes)
    span = min(TURN_SECONDS, lease * LEASE_PART)
    assert all(size == 1 or size / speed <= span * 1.001 for size in sizes[1:])


@given(before=speeds, slower=st.floats(1, 1_000))
def test_a_provider_that_slows_down_is_believed_at_once(before: float, slower: float) -> None:
    pace, _ = turns(before)
    after = before / slower
    stretched = next_batch(pace, LIMITS)
    pace = after_batch(pace, dealt_with=stretched, untouched=0, seconds=stretched / after)
    size = next_batch(pace, LIMITS)
    assert size == 1 or size / after <= TURN_SECONDS * 1.001


def test_a_fast_provider_gets_full_batches_after_a_few_turns_and_an_unknown_one_a_small_one() -> None:
    _, sizes = turns(2_000)
    assert sizes[0] == FIRST_BATCH
    assert all(later <= 2 * max(earlier, FIRST_BATCH) for earlier, later in pairwise(sizes))
    assert sizes[-1] == LIMITS.most
    assert LIMITS.most in sizes[:6]


def test_a_contracts_rate_is_kept_also_by_a_provider_that_would_take_more() -> None:
    _, sizes = turns(2_000, limits=Limits(most=500, lease_seconds=120, per_second=10))
    assert max(sizes) <= 10 * TURN_SECONDS


def test_a_channel_that_takes_nothing_rests_longer_each_time_and_comes_back_by_one_message() -> None:
    pace, _ = turns(100)
    rests = []
    for _ in range(10):
        pace = after_batch(pace, dealt_with=0, untouched=next_batch(pace, LIMITS), seconds=0.01)
        rests.append(pace.rest)
    assert rests[0] == FIRST_REST
    assert rests == sorted(rests)
    assert rests[-1] == LONGEST_REST
    assert next_batch(pace, LIMITS) == 1
    assert after_batch(pace, dealt_with=1, untouched=0, seconds=0.01).rest == 0


def test_nothing_offered_teaches_nothing() -> None:
    pace, _ = turns(100)
    assert after_batch(pace, dealt_with=0, untouched=0, seconds=5) == pace
