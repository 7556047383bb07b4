# SPDX-License-Identifier: Apache-2.0
"""provable: decision and record commit together; the database itself refuses to change a record."""

import json
from datetime import datetime

import pytest
from django.db import DatabaseError, connection, transaction

from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import NoTransactionError, append_leaves
from rightparty.evidence.queries import export_log, find_leaf, read_leaf, verify_log
from rightparty.evidence.verify import main

pytestmark = pytest.mark.django_db(transaction=True)


def records(at: datetime, count: int) -> list[LeafRecord]:
    return [
        LeafRecord(kind="reminder.released", recorded_at=at, facts={"n": n}, private={"address": f"+1202555010{n}"})
        for n in range(count)
    ]


def append(at: datetime, count: int) -> list[int]:
    with transaction.atomic():
        return append_leaves(records(at, count))


def test_records_continue_the_chain_over_transactions(at: datetime) -> None:
    assert append(at, 3) == [0, 1, 2]
    assert append(at, 2) == [3, 4]
    verdict = verify_log()
    assert verdict.intact
    assert verdict.records == 5


def test_outside_a_transaction_nothing_is_recorded(at: datetime) -> None:
    with pytest.raises(NoTransactionError):
        append_leaves(records(at, 1))
    assert verify_log().records == 0


def test_a_rolled_back_decision_leaves_no_record(at: datetime) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        append_leaves(records(at, 1))
        raise ZeroDivisionError
    assert append(at, 1) == [0]


def test_payloads_and_export_hold_no_clear_value(at: datetime, tmp_path) -> None:
    append(at, 3)
    assert export_log(tmp_path / "log") == 3
    assert "+1202555010" not in (tmp_path / "log").read_text()
    assert main([str(tmp_path / "log")]) == 0


def test_a_record_opens_and_after_erasure_still_verifies(at: datetime) -> None:
    append(at, 1)
    leaf = read_leaf(0)
    assert leaf.private == {"address": "+12025550100"}
    assert leaf.opens
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM evidence_opening")
    erased = read_leaf(0)
    assert erased.private == {}
    assert not erased.opens
    assert verify_log().intact
    assert find_leaf(7) is None


@pytest.mark.parametrize("sql", ["UPDATE evidence_leaf SET payload = ''", "DELETE FROM evidence_leaf"])
def test_the_database_refuses_to_change_a_record(at: datetime, sql: str) -> None:
    append(at, 1)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert verify_log().records == 1


def test_an_altered_record_is_named_even_if_the_protection_was_removed(at: datetime) -> None:
    append(at, 4)
    payload = json.dumps({"v": 1, "kind": "reminder.released", "at": "2026-11-23T02:00:00.000000Z", "facts": {"n": 9}})
    drop = (
        "DROP TRIGGER evidence_leaf_no_change ON evidence_leaf"
        if connection.vendor == "postgresql"
        else "DROP TRIGGER evidence_leaf_no_update"
    )
    with pytest.raises(ZeroDivisionError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(drop)
        cursor.execute('UPDATE evidence_leaf SET payload = %s WHERE "index" = 2', [payload])
        verdict = verify_log()
        assert not verdict.intact
        assert verdict.first_broken_index == 2
        raise ZeroDivisionError
