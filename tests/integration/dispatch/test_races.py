# SPDX-License-Identifier: Apache-2.0
"""right_debt, right_time: a payment waits for the gate's commit, and two workers cannot both remind one person.

On PostgreSQL only locks give this; snapshot isolation of any level does not. On SQLite there is one writer at a time.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection

from rightparty.dispatch.models import Reminder
from rightparty.dispatch.operations import release as gate
from rightparty.dispatch.operations.release import release
from rightparty.lending.models import Payment
from rightparty.lending.operations.record_payment import record_payment
from tests.integration.dispatch.lender import add_person, claimed, enqueue, only

pytestmark = pytest.mark.django_db(transaction=True)


def in_thread(work: Callable[[], object]) -> threading.Thread:
    """Run on a connection of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_payment_that_comes_after_the_gates_read_waits_for_its_commit(
    at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    (account,) = add_person(101, at)
    enqueue([(account, 101)], at)
    has_read, may_commit = threading.Event(), threading.Event()
    committed: list[str] = []
    original = gate.append_columns

    def pausing(*leaves):
        has_read.set()
        assert may_commit.wait(10)
        return original(*leaves)

    def pay() -> None:
        record_payment(payment_id="p", account_id=account, paid_at=at, amount_minor=120000, status="posted")
        committed.append("payment")

    def decide() -> None:
        release(ids, at=at, worker="w1")
        committed.append("release")

    ids = claimed(at)
    monkeypatch.setattr(gate, "append_columns", pausing)
    deciding = in_thread(decide)
    assert has_read.wait(10)
    paying = in_thread(pay)
    time.sleep(0.5)
    assert committed == [], "the payment committed between the gate's read and its commit"
    may_commit.set()
    deciding.join(20)
    paying.join(20)
    assert sorted(committed) == ["payment", "release"]
    assert only().state == "released"
    assert Payment.objects.count() == 1


def test_two_workers_with_one_persons_reminders_release_one(at: datetime) -> None:
    rows = [(account, n) for n in (1, 2) for account in add_person(n, at, person="H1")]
    enqueue(rows, at)
    batches = {worker: claimed(at, worker=worker, batch=1) for worker in ("w1", "w2")}
    assert all(batches.values())
    start = threading.Barrier(2)

    def work(worker: str) -> Callable[[], object]:
        def run() -> object:
            start.wait(10)
            return release(batches[worker], at=at, worker=worker)

        return run

    threads = [in_thread(work(worker)) for worker in batches]
    for thread in threads:
        thread.join(30)
    assert sorted(Reminder.objects.values_list("state", flat=True)) == ["released", "withheld"]
