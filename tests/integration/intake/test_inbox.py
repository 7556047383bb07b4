# SPDX-License-Identifier: Apache-2.0
"""The inbox: what others insert with plain SQL takes effect at the next release, once, in order; poison is held."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from rightparty.dispatch.channels.registry import connect
from rightparty.dispatch.models import Alarm
from rightparty.dispatch.operations.release import release
from rightparty.dispatch.worker import drain
from rightparty.intake.operations.apply_inbound_facts import Applied, apply_inbound_facts
from rightparty.kernel.reasons import reasons_in
from rightparty.lending.inbox.queries import RETRY_AFTER, faulty_facts, is_anything_waiting, rows_with_waiting_facts
from rightparty.lending.models import Hold, InboundFact, Payment
from rightparty.lending.queries import holds_as_of
from rightparty.parties.models import ContactEvent
from rightparty.store.queries import is_postgresql
from tests.integration.dispatch.lender import CountingChannel, add_person, claimed, enqueue, only, phone_of

pytestmark = pytest.mark.django_db

NOW = "2026-11-23T10:00:00+08:00"
PAYMENT = {"payment_id": "PAY", "account_id": "A101-0", "paid_at": NOW, "amount_minor": 1_200_00}
STOP = {"event_id": "E", "channel": "phone", "value": phone_of(101), "occurred_at": NOW}


@pytest.fixture
def at(at: datetime) -> datetime:
    add_person(101, at, person="H101")
    add_person(102, at, person="H101")
    add_person(103, at)
    return at


def insert(position: int, kind: str, payload: object, *, source: str = "core", more: str = "") -> None:
    raw = payload if isinstance(payload, str) else json.dumps(payload)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO lending_inboundfact (source, position, type, payload) VALUES (%s, %s, %s, %s) {more}",
            [source, position, kind, raw],
        )


def test_facts_take_effect_in_the_order_of_their_positions(at: datetime) -> None:
    insert(20, "payment.reversed", {"payment_id": "PAY", "account_id": "A101-0"})
    insert(10, "payment.posted", PAYMENT)
    assert apply_inbound_facts(at=at) == Applied(applied=2, faulty=0)
    assert Payment.objects.get().status == "reversed"
    assert set(InboundFact.objects.values_list("applied_at", flat=True)) == {at}
    assert apply_inbound_facts(at=at) == Applied(applied=0, faulty=0)


def test_a_position_is_taken_once_and_what_had_its_effect_is_not_changed(at: datetime) -> None:
    insert(10, "payment.posted", PAYMENT)
    apply_inbound_facts(at=at)
    insert(10, "payment.posted", PAYMENT, more="ON CONFLICT (source, position) DO NOTHING")
    upsert = "ON CONFLICT (source, position) DO UPDATE SET payload = excluded.payload, type = excluded.type"
    insert(10, "payment.posted", PAYMENT, more=upsert)
    with pytest.raises(DatabaseError, match="has taken effect"):
        insert(10, "payment.posted", {**PAYMENT, "amount_minor": 1}, more=upsert)
    insert(10, "payment.posted", {**PAYMENT, "payment_id": "B"}, source="another")
    assert apply_inbound_facts(at=at).applied == 1
    assert Payment.objects.count() == 2


def test_the_database_refuses_what_is_no_json_or_has_no_place(at: datetime) -> None:
    for source, payload in (("core", "{"), ("", "{}")):
        with pytest.raises(DatabaseError):
            insert(1, "payment.posted", payload, source=source)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO lending_inboundfact (source, type, payload) VALUES ('core', 'x', '{}')")


@pytest.mark.parametrize(
    ("kind", "payload", "state"),
    [
        ("payment.posted", PAYMENT, "planned"),
        ("payment.lost", {"account_id": "A101-0"}, "planned"),
        # about another id of the same human
        ("hold.placed", {"kind": "dispute", "from_at": NOW, "party_id": "P102"}, "planned"),
        ("stop.opted_out", {**STOP, "value": "+86 154-0000-0101"}, "planned"),
        # what is taken from a name before it takes effect does not hide it while it waits
        ("payment.posted", {**PAYMENT, "account_id": "\u3000A101-0\n"}, "planned"),
        ("hold.placed", {"kind": "dispute", "from_at": NOW, "party_id": "\tP102 "}, "planned"),
        ("stop.opted_out", {**STOP, "value": "\u00a0+86 154-0000-0101 "}, "planned"),
        ("payment.posted", {**PAYMENT, "account_id": "A103-0"}, "released"),
        ("hold.placed", {"kind": "dispute", "from_at": NOW, "party_id": "P103"}, "released"),
    ],
)
def test_a_release_decides_nothing_about_which_a_fact_waits(
    at: datetime, kind: str, payload: dict[str, Any], state: str
) -> None:
    enqueue([("A101-0", 101)], at)
    ids = claimed(at)
    insert(1, kind, payload)
    result = release(ids, at=at, worker="w1")
    assert only().state == state
    assert result.deferred == (state == "planned")
    apply_inbound_facts(at=at)
    release(claimed(at), at=at, worker="w1")
    assert only().state in ({"withheld", "cancelled"} if state == "planned" else {"released"})


def test_an_empty_inbox_costs_a_release_one_look(at: datetime, django_assert_num_queries: Any) -> None:
    enqueue([("A101-0", 101)], at)
    from rightparty.dispatch.queries import claimed_rows

    rows = claimed_rows(claimed(at), worker="w1", at=at)
    insert(1, "payment.posted", PAYMENT)
    apply_inbound_facts(at=at)
    with django_assert_num_queries(1):
        assert rows_with_waiting_facts(rows, party_ids=["P101"]).is_empty()


def test_a_worker_brings_the_inbox_into_effect_before_it_decides(at: datetime) -> None:
    channel = CountingChannel()
    connect("sms", channel)
    enqueue([("A101-0", 101), ("A103-0", 103)], at)
    insert(1, "payment.posted", PAYMENT)
    drain(clock=lambda: at)
    assert [message.address for message in channel.written] == [phone_of(103)]


POISON = [
    ("payment.lost", {"account_id": "A101-0"}, "type"),
    ("payment.posted", {**PAYMENT, "amount_minor": "1200.00"}, "amount_minor"),
    ("payment.posted", {**PAYMENT, "paid_at": "2026-11-23"}, "paid_at"),
    ("payment.posted", {**PAYMENT, "paid_at": 1763863200000}, "paid_at"),
    # in UTC the first two lie in the year 10000 and before the year 1
    ("payment.posted", {**PAYMENT, "paid_at": "9999-12-31T23:59:59-14:00"}, "paid_at"),
    ("payment.posted", {**PAYMENT, "paid_at": "0001-01-01T00:00:00+14:00"}, "paid_at"),
    ("payment.posted", {**PAYMENT, "paid_at": "0001-01-01T00:00:00Z"}, "paid_at"),
    ("payment.reversed", {"payment_id": "NONE", "account_id": "A101-0"}, "payment_id"),
    ("hold.placed", {"kind": "mood", "from_at": NOW, "party_id": "P102"}, "kind"),
]


@pytest.mark.parametrize(("kind", "payload", "field"), POISON)
def test_poison_is_kept_with_its_fault_holds_whom_it_names_and_stops_nobody_else(
    at: datetime, kind: str, payload: dict[str, Any], field: str
) -> None:
    insert(1, kind, payload)
    insert(2, "payment.posted", {**PAYMENT, "payment_id": "GOOD", "account_id": "A103-0"})
    assert apply_inbound_facts(at=at) == Applied(applied=1, faulty=1)
    assert Payment.objects.get().payment_id == "GOOD"
    assert faulty_facts().select("position", "field").rows() == [(1, field)]
    assert not is_anything_waiting(), "a fact with a fault must not send reminders round and round"
    enqueue([("A101-0", 101)], at)
    release(claimed(at), at=at, worker="w1")
    assert [reason.code for reason in reasons_in(only().reasons_mask)] == ["right_debt.on_hold"]


@pytest.mark.parametrize("spelled", [phone_of(101), "+86 154-0000-0101 "])
def test_a_stop_that_cannot_be_understood_holds_whoever_has_the_address(at: datetime, spelled: str) -> None:
    insert(1, "stop.opted_out", {**STOP, "occurred_at": "yesterday", "value": spelled})
    assert apply_inbound_facts(at=at) == Applied(applied=0, faulty=1)
    assert "P101" in Hold.objects.values_list("party_id", flat=True)
    enqueue([("A101-0", 101)], at)
    release(claimed(at), at=at, worker="w1")
    assert [reason.code for reason in reasons_in(only().reasons_mask)] == ["right_debt.on_hold"]
    assert Alarm.objects.get().facts == {"count": 1, "unnamed": 0}


def test_operations_hear_once_of_facts_without_effect_and_that_some_name_nobody(at: datetime) -> None:
    insert(1, "payment.lost", {"account_id": "A101-0"})
    insert(2, "stop.opted_out", {"value": "+8615400009999", "channel": "phone"})
    insert(3, "stop.opted_out", {"number": "101"})
    for n in range(3):
        apply_inbound_facts(at=at + n * RETRY_AFTER)
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.facts) == ("facts_without_effect", {"count": 3, "unnamed": 2})


def test_a_source_that_is_wrong_all_day_does_not_drown_the_other_alarms(at: datetime) -> None:
    for n in range(13):
        insert(n, "payment.lost", {"account_id": "A101-0"})
        apply_inbound_facts(at=at + n * timedelta(minutes=10))
    assert list(Alarm.objects.order_by("raised_at").values_list("raised_at", flat=True)) == [
        at, at + timedelta(hours=1), at + timedelta(hours=2),
    ]  # fmt: skip


def test_a_fact_of_an_account_that_comes_later_takes_effect_when_it_is_there_and_its_hold_ends(at: datetime) -> None:
    insert(1, "payment.posted", {**PAYMENT, "account_id": "A104-0"})
    assert apply_inbound_facts(at=at).faulty == 1
    assert apply_inbound_facts(at=at) == Applied(applied=0, faulty=0), "tried again at once"
    add_person(104, at)
    held = holds_as_of(at=at, account_ids=["A104-0"])
    assert held["account_id"].to_list() == ["A104-0"]
    later = at + RETRY_AFTER
    assert apply_inbound_facts(at=later) == Applied(applied=1, faulty=0)
    assert Hold.objects.get().to_at == later
    assert holds_as_of(at=later, account_ids=["A104-0"]).is_empty()


def test_a_fact_that_was_corrected_in_its_place_takes_effect(at: datetime) -> None:
    insert(1, "payment.posted", {**PAYMENT, "amount_minor": -1})
    apply_inbound_facts(at=at)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE lending_inboundfact SET payload = %s, fault = '' WHERE source = 'core' AND position = 1",
            [json.dumps(PAYMENT)],
        )
    assert is_anything_waiting()
    assert apply_inbound_facts(at=at + timedelta(seconds=1)) == Applied(applied=1, faulty=0)
    assert faulty_facts().is_empty()
    assert Hold.objects.get().to_at is not None


def test_what_python_cannot_read_holds_whom_it_names_and_stops_nobody_else(at: datetime) -> None:
    insert(1, "payment.posted", '{"account_id": "A101-0", "amount_minor": ' + "9" * 5_000 + "}")
    insert(2, "payment.posted", {**PAYMENT, "payment_id": "GOOD", "account_id": "A103-0"})
    assert apply_inbound_facts(at=at) == Applied(applied=1, faulty=1)
    assert Hold.objects.get().account_id == "A101-0"


def test_a_fact_that_is_tried_again_in_vain_holds_once(at: datetime) -> None:
    insert(1, "payment.lost", {"account_id": "A101-0"})
    for n in range(3):
        apply_inbound_facts(at=at + n * RETRY_AFTER)
    assert Hold.objects.count() == 1


ANY_SHAPE = ["[]", "7", "null", '"x"', "{}", '{"account_id": {"a": 1}}', '{"account_id": 9}']
TOO_MUCH_FOR_PYTHON = ['{"amount_minor": ' + "9" * 5_000 + "}", '{"a": ' * 990 + "1" + "}" * 990]


@pytest.mark.parametrize("payload", ANY_SHAPE + TOO_MUCH_FOR_PYTHON, ids=range(9))
def test_a_payload_of_any_shape_is_at_worst_poison(at: datetime, payload: str) -> None:
    insert(1, "payment.posted", payload)
    insert(2, "stop.opted_out", STOP)
    assert apply_inbound_facts(at=at) == Applied(applied=1, faulty=1)
    assert ContactEvent.objects.filter(kind="opted_out").count() == 1


@pytest.mark.parametrize("name", ["account_id", "party_id", "value"])
def test_half_a_character_in_a_name_is_refused_or_at_worst_poison(at: datetime, name: str) -> None:
    half = json.dumps({"event_id": "H", "channel": "phone", "occurred_at": NOW, "value": phone_of(102), name: "\ud800"})
    if is_postgresql():
        with pytest.raises(DatabaseError):
            insert(1, "stop.opted_out", half)
        return
    insert(1, "stop.opted_out", half)
    insert(2, "stop.opted_out", STOP)
    assert apply_inbound_facts(at=at) == Applied(applied=1, faulty=1)
    assert ContactEvent.objects.get(kind="opted_out").value == phone_of(101)


def test_one_that_the_store_refuses_does_not_keep_back_the_others(
    at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rightparty.intake.operations import take_facts as taking

    original = taking.record_payments

    def refusing(given: Any) -> Any:
        if any(each.payment_id == "BAD" for each in given):
            with connection.cursor() as cursor:
                cursor.execute("SELECT no_such_column FROM lending_payment")
        return original(given)

    monkeypatch.setattr(taking, "record_payments", refusing)
    insert(1, "payment.posted", {**PAYMENT, "payment_id": "BAD"})
    insert(2, "payment.posted", {**PAYMENT, "payment_id": "GOOD", "account_id": "A103-0"})
    assert apply_inbound_facts(at=at) == Applied(applied=1, faulty=1)
    assert Payment.objects.get().payment_id == "GOOD"


@pytest.mark.skipif(not is_postgresql(), reason="SQLite knows no roles")
def test_a_sink_needs_no_more_than_the_right_to_insert(at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE sink_of_a_test")
        cursor.execute("GRANT INSERT (source, position, type, payload) ON lending_inboundfact TO sink_of_a_test")
        cursor.execute("GRANT SELECT (source, position) ON lending_inboundfact TO sink_of_a_test")
        cursor.execute("SET LOCAL ROLE sink_of_a_test")
    insert(1, "payment.posted", PAYMENT, more="ON CONFLICT (source, position) DO NOTHING")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("RESET ROLE")
    assert apply_inbound_facts(at=at).applied == 1
