# SPDX-License-Identifier: Apache-2.0
"""right_party: two workers never release more than a trial's sample, and nothing goes after a stop has committed."""

import threading
import time
from datetime import datetime
from pathlib import Path

import pytest
from django.db import connection

from rightparty.dispatch.models import BatchMessage, Reminder
from rightparty.dispatch.operations import release as gate
from rightparty.dispatch.operations.release import release
from rightparty.dispatch.operations.stop_batch import stop_batch
from rightparty.intake.operations import load_portfolio as intake
from rightparty.store.queries import is_postgresql
from tests.integration.dispatch.batches import LOAD, brought_by_load, open_load, sample
from tests.integration.dispatch.lender import claimed, phone_of
from tests.integration.dispatch.test_races import in_thread

pytestmark = pytest.mark.django_db(transaction=True)
ROOM = 25


def test_two_workers_share_one_sample(at: datetime) -> None:
    open_load(at, points=4 * ROOM)
    brought_by_load(range(1, 61), at)
    batches = [(f"w{n}", claimed(at, worker=f"w{n}", batch=10)) for n in range(6)]
    start = threading.Barrier(2)

    def work(mine: list[tuple[str, list]]) -> None:
        start.wait(10)
        for worker, ids in mine:
            release(ids, at=at, worker=worker)

    threads = [in_thread(lambda mine=batches[n::2]: work(mine)) for n in range(2)]
    for thread in threads:
        thread.join(60)
    assert sample() == ROOM
    assert Reminder.objects.filter(state="withheld").count() == 60 - ROOM


@pytest.mark.parametrize("state", ["on_trial", "trusted"])
def test_a_stop_waits_for_the_release_under_way_and_takes_back_what_it_released(
    at: datetime, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_load(at, state=state)
    brought_by_load(range(1, 4), at)
    ids = claimed(at)
    has_read, may_commit = threading.Event(), threading.Event()
    ended: list[str] = []
    original = gate.append_columns

    def pausing(*leaves):
        has_read.set()
        assert may_commit.wait(10)
        return original(*leaves)

    def decide() -> None:
        release(ids, at=at, worker="w1")
        ended.append("release")

    def stop() -> None:
        stop_batch(load_id=LOAD, at=at, by="ann", why="the column looks shifted")
        ended.append("stop")

    monkeypatch.setattr(gate, "append_columns", pausing)
    deciding = in_thread(decide)
    assert has_read.wait(10)
    stopping = in_thread(stop)
    time.sleep(0.5)
    assert ended == []
    may_commit.set()
    deciding.join(20)
    stopping.join(20)
    assert set(Reminder.objects.values_list("state", "outcome")) == {("cancelled", "batch_stopped")}
    assert BatchMessage.objects.count() == 3


def test_a_load_with_reports_and_a_release_of_the_batch_they_are_about_do_not_wait_for_each_other_for_ever(
    at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock of the evidence log comes after those of batches, in a load as at the gate."""
    open_load(at)
    brought_by_load(range(1, 4), at)
    release(claimed(at), at=at, worker="w1")
    brought_by_load(range(4, 7), at)
    ids = claimed(at)
    said = "\n".join(f"c{n},phone,{phone_of(n)},wrong_party,{at.isoformat()}" for n in range(1, 4))
    (tmp_path / "contact_events.csv").write_text(f"event_id,channel,value,kind,occurred_at\n{said}\n")
    point = "P1,phone,+12025560001,branch,2026-01-01T00:00:00Z"
    (tmp_path / "contact_points.csv").write_text(f"party_id,channel,value,source,collected_at\n{point}\n")
    has_read, is_counting = threading.Event(), threading.Event()
    ended: list[str] = []
    original, count = gate.append_columns, intake.count_reports

    def pausing(*leaves):
        has_read.set()
        is_counting.wait(20 if is_postgresql() else 0.5)  # on SQLite the load begins after the gate's commit
        time.sleep(0.5)
        return original(*leaves)

    def counting(**named):
        is_counting.set()
        return count(**named)

    def decide() -> None:
        release(ids, at=at, worker="w1")
        ended.append("release")

    def load() -> None:
        intake.load_portfolio(tmp_path, at=at)
        ended.append("load")

    monkeypatch.setattr(gate, "append_columns", pausing)
    monkeypatch.setattr(intake, "count_reports", counting)
    deciding = in_thread(decide)
    assert has_read.wait(10)
    loading = in_thread(load)
    deciding.join(30)
    loading.join(30)
    assert sorted(ended) == ["load", "release"]
    assert BatchMessage.objects.filter(reported_at__isnull=False).count() == 3


@pytest.mark.skipif(not is_postgresql(), reason="SQLite has one writer at a time")
def test_workers_on_a_trusted_load_do_not_wait_for_one_another(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    open_load(at, state="trusted")
    brought_by_load(range(1, 3), at)
    first, second = claimed(at, worker="w1", batch=1), claimed(at, worker="w2", batch=1)
    inside = threading.Barrier(2)
    original = gate.render_released

    def meeting(*given, **named):
        inside.wait(10)
        return original(*given, **named)

    monkeypatch.setattr(gate, "render_released", meeting)
    threads = [
        in_thread(lambda: release(first, at=at, worker="w1")),
        in_thread(lambda: release(second, at=at, worker="w2")),
    ]
    for thread in threads:
        thread.join(30)
    assert set(Reminder.objects.values_list("state", flat=True)) == {"released"}
    assert not inside.broken
    connection.close()
