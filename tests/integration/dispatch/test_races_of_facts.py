# SPDX-License-Identifier: Apache-2.0
"""right_debt, right_time, correctable: no release commits after a fact has committed, whichever way the fact comes.

Each fact meets a release in the two orders that there are: it comes while a release has read and not committed, then
it waits; or it has its locks and has not committed, then the release waits and sees it.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from rightparty.dispatch.operations import release as gate
from rightparty.dispatch.operations.release import release
from rightparty.intake.operations.apply_inbound_facts import apply_inbound_facts
from rightparty.intake.operations.take_facts import take_facts
from rightparty.store.queries import is_postgresql
from tests.integration.dispatch.lender import add_person, claimed, enqueue, only, phone_of
from tests.integration.dispatch.test_races import in_thread

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("rightparty.site.urls")]

NOW = "2026-11-23T10:00:00+08:00"
KEY = base64.b64encode(b"k" * 32).decode()
PAYMENT = {"payment_id": "PAY", "account_id": "A101-0", "paid_at": NOW, "amount_minor": 1_200_00}
STOP = {"event_id": "E", "channel": "phone", "value": phone_of(101), "occurred_at": NOW}
FACTS: dict[str, dict[str, Any]] = {
    "payment.posted": PAYMENT,
    "payment.reversed": {"payment_id": "OLD", "account_id": "A101-0"},
    # on another id of the same human
    "hold.placed on a person": {"kind": "dispute", "from_at": NOW, "party_id": "P102"},
    "hold.ended": {"kind": "complaint", "ended_at": NOW, "account_id": "A101-0"},
    "stop.opted_out": STOP,
    "stop.wrong_party": STOP,
    "stop.promise_to_pay": {"event_id": "E", "party_id": "P102", "occurred_at": NOW, "promised_on": "2026-11-30"},
    "stop.cease_communication": {"party_id": "P102", "occurred_at": NOW},
}
PERMITTING = {"payment.reversed", "hold.ended"}
"""Facts after which a reminder is lawful that was not before."""


@dataclass(frozen=True)
class Way:
    """How a fact comes in; `settle` is what a worker does at each of its turns."""

    name: str
    act: Callable[[str, datetime], object]
    settle: Callable[[datetime], object] = lambda _at: None


def by_operation(kind: str, at: datetime) -> None:
    take_facts([envelope(kind)], at=at)


def by_webhook(kind: str, _at: datetime) -> None:
    body, stamp = json.dumps(envelope(kind)).encode(), str(int(datetime.now(UTC).timestamp()))
    signed = base64.b64encode(hmac.digest(b"k" * 32, f"msg_1.{stamp}.".encode() + body, hashlib.sha256))
    head = {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": f"v1,{signed.decode()}"}
    answer = Client().post("/api/v1/events", body, content_type="application/json", headers=head)
    assert answer.status_code == 200, answer.content


def by_insert(kind: str, _at: datetime) -> None:
    fact = envelope(kind)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO lending_inboundfact (source, position, type, payload) VALUES ('core', 7, %s, %s)",
            [fact["type"], json.dumps(fact["data"])],
        )


def envelope(kind: str) -> dict[str, Any]:
    return {"type": kind.split(" ", maxsplit=1)[0], "data": FACTS[kind]}


OPERATION = Way("operation", by_operation)
WEBHOOK = Way("webhook", by_webhook)
INSERT = Way("insert", by_insert, lambda at: apply_inbound_facts(at=at))
CASES = [
    *((OPERATION, kind) for kind in FACTS),
    (WEBHOOK, "stop.opted_out"),
    *((INSERT, kind) for kind in ("payment.reversed", "hold.placed on a person", "stop.opted_out")),
]
each_case = pytest.mark.parametrize(("way", "kind"), CASES, ids=[f"{kind} by {way.name}" for way, kind in CASES])


@pytest.fixture
def world(at: datetime, settings: Any) -> datetime:
    """One human under two ids with one overdue account, a payment of it that is posted elsewhere, and a reminder."""
    settings.RIGHTPARTY = {**settings.RIGHTPARTY, "EVENTS_KEYS": [KEY]}
    add_person(101, at, person="H101")
    add_person(102, at, person="H101", accounts=0)
    enqueue([("A101-0", 101)], at)
    return at


def before(kind: str, at: datetime) -> None:
    """Bring about what a permitting fact undoes."""
    if kind == "payment.reversed":
        take_facts([{"type": "payment.posted", "data": {**PAYMENT, "payment_id": "OLD", "amount_minor": 1}}], at=at)
    if kind == "hold.ended":
        placed = {"kind": "complaint", "from_at": "2026-11-20T10:00:00+08:00", "account_id": "A101-0"}
        take_facts([{"type": "hold.placed", "data": placed}], at=at - timedelta(days=3))


def wait_for_a_lock() -> None:
    """Return when somebody waits for a lock, or some time has passed (on SQLite nobody can see that)."""
    for _ in range(100):
        if is_postgresql():
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
                if cursor.fetchone()[0]:
                    return
        time.sleep(0.005 if is_postgresql() else 0.003)


@each_case
def test_a_fact_waits_for_a_release_that_has_read(
    way: Way, kind: str, world: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    before(kind, world)
    has_read, may_commit = threading.Event(), threading.Event()
    committed: list[str] = []
    original = gate.append_columns

    def pausing(*leaves):
        has_read.set()
        assert may_commit.wait(90)
        return original(*leaves)

    def decide() -> None:
        release(ids, at=world, worker="w1")
        committed.append("release")

    def tell() -> None:
        way.act(kind, world)
        committed.append("fact")

    ids = claimed(world)
    monkeypatch.setattr(gate, "append_columns", pausing)
    deciding = in_thread(decide)
    # the first of a run may compile for a while
    assert has_read.wait(90)
    telling = in_thread(tell)
    wait_for_a_lock()
    assert committed == [], "the fact committed between the gate's read and its commit"
    may_commit.set()
    deciding.join(30)
    telling.join(30)
    assert sorted(committed) == ["fact", "release"]


@each_case
def test_a_release_waits_for_a_fact_under_way_and_sees_it(way: Way, kind: str, world: datetime) -> None:
    before(kind, world)
    told, may_commit = threading.Event(), threading.Event()
    ids = claimed(world)
    outcome: list[Any] = []

    def tell() -> None:
        with transaction.atomic():
            way.act(kind, world)
            if way is INSERT and is_postgresql():
                # what happens at the commit itself happens now, so that the test can stop behind it
                with connection.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            told.set()
            assert may_commit.wait(90)

    telling = in_thread(tell)
    assert told.wait(90)
    deciding = in_thread(lambda: outcome.append(release(ids, at=world, worker="w1")))
    wait_for_a_lock()
    assert outcome == [], "the gate decided beside a fact that has its locks"
    may_commit.set()
    telling.join(30)
    deciding.join(30)
    assert outcome[0].released == [] or (way is not INSERT and kind in PERMITTING)
    if way is INSERT:
        assert (outcome[0].deferred, only().state) == (1, "planned"), "decided before the fact took effect"
        way.settle(world)
        release(claimed(world), at=world, worker="w1")
    if kind in PERMITTING:
        assert only().state == ("withheld" if kind == "hold.ended" else "released")
    else:
        assert only().state in ("withheld", "cancelled")
