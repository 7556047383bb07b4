# SPDX-License-Identifier: Apache-2.0
"""once: real workers killed at random instants, audited from the record of a real SMSC of another maker."""

import os

import pytest
from django.db import connection

from tests.simulation.kill_drill import run

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.skipif("RIGHTPARTY_DRILL" not in os.environ, reason="each worker takes seconds to load: `make soak`"),
]


def test_killed_workers_neither_repeat_nor_lose_a_message() -> None:
    result = run(kills=2, persons=60, seed=7, at_once=1)
    connection.close()
    assert result.faults() == []
    assert result.kills == 2
    assert result.reminders == 60
    assert result.received > 0, "nothing reached the SMSC"
