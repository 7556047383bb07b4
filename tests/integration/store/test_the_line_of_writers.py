# SPDX-License-Identifier: Apache-2.0
"""right_debt: beside a worker that writes without a pause, another writer of the embedded store gets his turn."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.utils import OperationalError

from rightparty.store.locks import GIVES_WAY
from rightparty.store.locks.sqlite3 import base
from rightparty.store.locks.sqlite3.base import DatabaseWrapper
from rightparty.store.queries import is_postgresql

pytestmark = [pytest.mark.django_db, pytest.mark.skipif(is_postgresql(), reason="about SQLite")]


@pytest.fixture
def store(tmp_path: Path) -> Any:
    """Return a maker of connections to one file."""
    made: list[DatabaseWrapper] = []

    def connect() -> DatabaseWrapper:
        settings = {**connection.settings_dict, "NAME": str(tmp_path / "line.db")}
        line = DatabaseWrapper(settings, alias="line")
        line.inc_thread_sharing()
        made.append(line)
        return line

    yield connect
    for each in made:
        each.close()


def write(line: DatabaseWrapper, hold: float = 0.0) -> None:
    line.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    time.sleep(hold)
    line.commit()
    line.set_autocommit(True)


def test_a_writer_waits_for_the_one_under_way_and_not_for_all_that_follow(store: Any) -> None:
    turns, stop = [0], threading.Event()
    busy, other = store(), store()

    def work() -> None:
        while not stop.is_set():
            write(busy, hold=0.01)
            turns[0] += 1

    worker = threading.Thread(target=work)
    worker.start()
    waited = []
    try:
        while worker.is_alive() and not turns[0]:
            time.sleep(0.001)
        for _ in range(30):
            before = turns[0]
            write(other)
            waited.append(turns[0] - before)
    finally:
        stop.set()
        worker.join(10)
    assert sorted(waited)[-2] <= 2, waited
    assert turns[0] >= 3, "the worker itself was kept from its turns"


def test_of_several_that_wait_none_loses_to_a_worker_that_gives_way(store: Any) -> None:
    turns, stop = [0], threading.Event()
    busy = store()
    busy.settings_dict[GIVES_WAY] = True
    waited: list[int] = []

    def work() -> None:
        while not stop.is_set():
            write(busy, hold=0.02)
            turns[0] += 1

    def pay() -> None:
        line = store()
        for _ in range(6):
            before = turns[0]
            write(line)
            waited.append(turns[0] - before)

    worker = threading.Thread(target=work)
    worker.start()
    payers = [threading.Thread(target=pay) for _ in range(8)]
    try:
        while worker.is_alive() and not turns[0]:
            time.sleep(0.001)
        for payer in payers:
            payer.start()
        for payer in payers:
            payer.join(30)
    finally:
        stop.set()
        worker.join(10)
    assert len(waited) == 48
    assert max(waited) <= 2, waited


def test_who_stands_in_line_without_end_stops_nobody(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "LINE_SECONDS", 0.05)
    with store()._in_line():
        write(store())


def test_a_store_that_stays_busy_is_told_as_ever(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "LINE_SECONDS", 0.05)
    holder, other = store(), store()
    holder.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    with pytest.raises(OperationalError, match="locked"):
        write(other)
    holder.rollback()
    holder.set_autocommit(True)
    write(other)
