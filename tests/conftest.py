# SPDX-License-Identifier: Apache-2.0
"""What every test may use."""

import os
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings

from tests.flush import let_tests_empty_the_log

settings.register_profile("ci", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "dev")

# Playwright's own event loop would make Django refuse ordinary queries in browser tests.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

let_tests_empty_the_log()

TEN_IN_SHANGHAI = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
def at() -> datetime:
    """A lawful instant: Monday 10:00 in Shanghai."""
    return TEN_IN_SHANGHAI
