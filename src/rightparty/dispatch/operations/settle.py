# SPDX-License-Identifier: Apache-2.0
"""Record what the channels said of messages that were handed over (once, provable).

Crash meaning: until this commits the messages stay marked as being handed over and end `unknown` when the lease ends.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from rightparty.dispatch.channels.adapter import Fate, Handover
from rightparty.dispatch.channels.registry import can_be_asked
from rightparty.dispatch.models import Reminder
from rightparty.dispatch.reminder_state import ReminderState
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.reasons import mask_of
from rightparty.store.operations.update_rows import update_rows
from rightparty.store.queries import is_postgresql

_STATE_OF = {
    Fate.ACCEPTED: ReminderState.HANDED_OVER,
    Fate.REFUSED: ReminderState.FAILED,
    Fate.UNKNOWN: ReminderState.UNKNOWN,
    # nobody has it; it ends here, and the next plan may propose it again
    Fate.BUSY: ReminderState.CANCELLED,
    Fate.NOT_SENT: ReminderState.CANCELLED,
}

_LATE: Final = {Fate.ACCEPTED: ReminderState.HANDED_OVER}

FIRST_ASK: Final = timedelta(seconds=30)
"""How long after an unknown outcome the provider is first asked."""

FENCED: Final = "fenced"
"""An adapter's code for what it was not allowed to write any more."""


_COLUMNS: Final = {
    "state": "text", "state_changed_at": "timestamptz", "handed_over_at": "timestamptz", "outcome": "text",
    "lease_expires_at": "timestamptz", "reasons_mask": "bigint", "provider_ids": "text", "provider": "text",
    "next_ask_at": "timestamptz",
}  # fmt: skip

type _Row = tuple[UUID, str, str, int | None, int]
"""id, state, channel, evidence_index, reasons_mask"""


def settle(answers: Mapping[str, Handover], *, at: datetime, halted: bool = False) -> int:
    """Move released reminders to where their channel's answer puts them; return how many moved.

    One that a recovery has meanwhile ended as `unknown` is moved too, as far as the answer tells what became of it.

    Args:
        answers: by reminder id, in hex.
        at: instant of the answers.
        halted: what was fenced was fenced by a halt, not by the end of the lease.
    """
    if not answers:
        return 0
    with transaction.atomic():
        ids = [UUID(key) for key in answers]
        found = Reminder.objects.select_for_update().filter(id__in=ids).order_by("id")
        rows = list(found.values_list("id", "state", "channel", "evidence_index", "reasons_mask"))
        moving = [(row, after) for row in rows if (after := _after(row[1], answers[row[0].hex].fate)) is not None]
        values = [_values(row, after, answers[row[0].hex], at, halted=halted) for row, after in moving]
        by_column = dict(zip(_COLUMNS, zip(*values, strict=True), strict=True)) if values else {}
        update_rows("dispatch_reminder", _COLUMNS, by_column, ids=[row[0] for row, _ in moving])
        _keep_segments(
            [
                (key if is_postgresql() else key.hex, channel, provider_id[:100])
                for key, _, channel, _, _ in rows
                for provider_id in answers[key.hex].provider_ids
            ]
        )
        append_leaves([_leaf(row[3], after, answers[row[0].hex], at) for row, after in moving])
    return len(moving)


def _keep_segments(segments: list[tuple[UUID | str, str, str]]) -> None:
    """Remember the carrier's names; one that is known already stays with the message that had it first."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO dispatch_segment (reminder_id, channel, provider_id) VALUES (%s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            segments,
        )


def _after(state: str, fate: Fate) -> ReminderState | None:
    """Return where an answer moves a reminder; None where it tells nothing new."""
    if state == ReminderState.UNKNOWN:
        # the worker came back after its lease: what it wrote or did not write is known after all
        return None if fate is Fate.UNKNOWN else _LATE.get(fate, ReminderState.FAILED)
    return _STATE_OF[fate] if state == ReminderState.RELEASED else None


def _values(row: _Row, after: ReminderState, answer: Handover, at: datetime, *, halted: bool) -> tuple[object, ...]:
    _, _, channel, _, mask = row
    if after is ReminderState.CANCELLED:
        fenced = "once.dispatch_halted" if halted else "once.lease_lost"
        mask = mask_of([fenced if answer.code == FENCED else "once.provider_unavailable"])
    return (
        after.value,
        at,
        at if after is ReminderState.HANDED_OVER else None,
        answer.code[:100],
        None,
        mask,
        " ".join(answer.provider_ids)[:500],
        answer.provider[:32],
        at + FIRST_ASK if after is ReminderState.UNKNOWN and can_be_asked(channel) else None,
    )


def _leaf(released: int | None, after: ReminderState, answer: Handover, at: datetime) -> LeafRecord:
    return LeafRecord(
        kind=f"reminder.{after}",
        recorded_at=at,
        facts={"released": released, "fate": answer.fate.value, "code": answer.code, "provider": answer.provider},
        private={"provider_ids": " ".join(answer.provider_ids)},
    )
