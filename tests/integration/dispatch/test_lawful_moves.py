# SPDX-License-Identifier: Apache-2.0
"""once: the database itself refuses every move that the state machine does not know."""

import uuid
from datetime import UTC, datetime
from itertools import product

import pytest
from django.db import DatabaseError, connection, transaction

from rightparty.dispatch.models import Reminder
from rightparty.dispatch.reminder_state import MOVES, ReminderState

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
PAIRS = [pair for pair in product(ReminderState, repeat=2) if pair[0] is not pair[1]]


def reminder_in(state: ReminderState, *, outcome: str = "") -> uuid.UUID:
    key = uuid.uuid4()
    Reminder.objects.create(
        id=key, plan_id=1, planned_at=AT, account_id="A1", party_id="P1", person_id="H1", channel="sms",
        address="+8615400000001", step="due", cycle=key.hex, template="due", language="zh-CN", state=state,
        state_changed_at=AT, code=key.hex[:16], evidence_index=1, amount_minor=1, released_at=AT, reasons_mask=1,
        outcome=outcome,
    )  # fmt: skip
    return key


def change(key: uuid.UUID, sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        stored = key if connection.vendor == "postgresql" else key.hex
        cursor.execute(f"UPDATE dispatch_reminder SET {sql} WHERE id = %s", [stored])


@pytest.mark.parametrize(("before", "after"), PAIRS, ids=[f"{a}-{b}" for a, b in PAIRS])
def test_only_lawful_moves_are_stored(before: ReminderState, after: ReminderState) -> None:
    key = reminder_in(before, outcome="handing_over" if before is ReminderState.RELEASED else "")
    if after in MOVES[before]:
        change(key, f"state = '{after}'")
        assert Reminder.objects.get(id=key).state == after
    else:
        with pytest.raises(DatabaseError, match="does not move this way"):
            change(key, f"state = '{after}'")
        assert Reminder.objects.get(id=key).state == before


def test_nothing_is_handed_over_without_the_mark_before_the_wire() -> None:
    key = reminder_in(ReminderState.RELEASED)
    with pytest.raises(DatabaseError, match="does not move this way"):
        change(key, "state = 'handed_over'")


@pytest.mark.parametrize("outcome", ["", "again"])
def test_the_mark_is_neither_taken_back_nor_set_anew(outcome: str) -> None:
    key = reminder_in(ReminderState.RELEASED, outcome="handing_over")
    with pytest.raises(DatabaseError, match="does not move this way"):
        change(key, f"outcome = '{outcome}'")


def test_a_reminder_is_released_once() -> None:
    key = reminder_in(ReminderState.HANDED_OVER)
    with pytest.raises(DatabaseError, match="does not move this way"):
        change(key, "released_at = '2026-11-26 02:00:00+00'")
