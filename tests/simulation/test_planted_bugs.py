# SPDX-License-Identifier: Apache-2.0
"""The judge of the histories can say no: each planted bug is found by the seed named with it, the product itself is not.

The same seed and guard with the clean code must pass, so that the verdict is about the bug.
"""

import os

import pytest

from tests.simulation.history import Runner
from tests.simulation.planted_bugs import BUGS, Bug
from tests.simulation.scenario import draw

pytestmark = [
    pytest.mark.skipif(os.environ.get("RIGHTPARTY_TEST_STORE") == "postgresql", reason="histories are files of SQLite"),
    pytest.mark.django_db,
]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(light_runner: Runner, bug: Bug) -> None:
    clean = light_runner.run(draw(bug.seed), guarded=bug.guarded)
    assert not clean.broken
    with bug.plant():
        outcome = light_runner.run(draw(bug.seed), guarded=bug.guarded)
    assert outcome.broken, f"seed {bug.seed} does not find it any more; look for another"
    assert outcome.broken[0].promise in bug.breaks


def test_the_matrix_is_wide_enough() -> None:
    assert len(BUGS) >= 20
    assert len({promise for bug in BUGS for promise in bug.breaks}) >= 10
