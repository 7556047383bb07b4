# SPDX-License-Identifier: Apache-2.0
"""Guessing codes is slowed down per client and hour (answerable)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache.backends.locmem import LocMemCache

from rightparty.portal.throttle import FAILURES_PER_HOUR, is_throttled, note_failure

AT = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)


@pytest.fixture
def counters() -> LocMemCache:
    cache = LocMemCache("throttle", {})
    cache.clear()
    return cache


def fail(counters: LocMemCache, times: int) -> None:
    for _ in range(times):
        note_failure(counters, client="203.0.113.7", at=AT)


def test_the_last_allowed_failure_does_not_throttle_the_next_does(counters: LocMemCache) -> None:
    fail(counters, FAILURES_PER_HOUR - 1)
    assert not is_throttled(counters, client="203.0.113.7", at=AT)
    fail(counters, 1)
    assert is_throttled(counters, client="203.0.113.7", at=AT)


def test_another_client_and_the_next_hour_are_free(counters: LocMemCache) -> None:
    fail(counters, FAILURES_PER_HOUR)
    assert not is_throttled(counters, client="203.0.113.8", at=AT)
    assert not is_throttled(counters, client="203.0.113.7", at=AT + timedelta(hours=1))


def test_no_address_of_a_client_is_kept(counters: LocMemCache) -> None:
    fail(counters, 1)
    assert not any("203.0.113.7" in key for key in counters._cache)
