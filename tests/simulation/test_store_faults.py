# SPDX-License-Identifier: Apache-2.0
"""once: the simulated store does as a real one when somebody dies at his commit: all of it is there or nothing."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections

from rightparty.lending.operations.open_hold import open_hold
from tests.simulation.scheduler import START, Fault, Scheduler
from tests.simulation.store_faults import FaultyStore

pytestmark = [
    pytest.mark.skipif(os.environ.get("RIGHTPARTY_TEST_STORE") == "postgresql", reason="histories are files of SQLite"),
    pytest.mark.django_db,
]


@pytest.fixture
def store(template: Path) -> Iterator[FaultyStore]:
    before = connections["default"]
    made = FaultyStore(template / "template.db", template, Scheduler(1))
    yield made
    made.close()
    connections["default"] = before


@pytest.mark.parametrize(("where", "holds"), [("commit", 0), ("committed", 1)])
def test_who_dies_before_his_commit_has_not_committed_and_after_it_has(
    store: FaultyStore, where: str, holds: int
) -> None:
    scheduler = store.scheduler
    scheduler.on_switch, scheduler.on_end = store.switch_to, lambda actor, _crashed: store.end(actor)
    hold = lambda _: open_hold(kind="dispute", from_at=START, account_id="A2-0")  # noqa: E731
    scheduler.add("ann", hold, faults=[Fault("ann", "crash", where, 1)])
    scheduler.run()
    assert scheduler.fired["crash"] == 1
    assert store.observer.execute("SELECT count(*) FROM lending_hold").fetchone() == (holds,)
    assert store.commits == holds
