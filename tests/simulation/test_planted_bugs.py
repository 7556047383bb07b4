# SPDX-License-Identifier: Apache-2.0
"""The judge of the histories can say no: each planted bug is found, the product itself passes.

The same seed and guard with the clean code must pass, so that the verdict is about the bug.
"""

import os

import pytest

from tests.simulation.history import Runner
from tests.simulation.planted_bugs import BUGS, Bug, is_found
from tests.simulation.scenario import draw

pytestmark = [
    pytest.mark.skipif(os.environ.get("RIGHTPARTY_TEST_STORE") == "postgresql", reason="histories are files of SQLite"),
    pytest.mark.django_db,
]


MOST_SEEDS = 80


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(light_runner: Runner, bug: Bug) -> None:
    scenarios = (draw(seed, focus=bug.focus) for seed in (bug.seed, *range(MOST_SEEDS)))
    assert is_found(bug, light_runner, scenarios), f"not found within {MOST_SEEDS} histories"


def test_the_matrix_is_wide_enough() -> None:
    assert len(BUGS) >= 20
    assert len({promise for bug in BUGS for promise in bug.breaks}) >= 10
