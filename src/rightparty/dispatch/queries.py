# SPDX-License-Identifier: Apache-2.0
"""Reads the outbox: for the gate's own steps, for faces and for the demo's summary."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import polars as pl
from django.db import connection
from django.db.models import Count, F

from rightparty.dispatch.models import Halt, MessageText, Reminder, Segment, Verification
from rightparty.dispatch.reminder_state import ReminderState
from rightparty.dispatch.verification_state import ASKING
from rightparty.evidence.queries import OpenedLeaf, find_leaf
from rightparty.kernel.identifiers import read_code
from rightparty.kernel.reasons import Reason, reasons_in
from rightparty.store.queries import among, is_postgresql, read_frame

_CLAIMED: Final = {
    "id": pl.String(), "account_id": pl.String(), "party_id": pl.String(), "channel": pl.String(),
    "address": pl.String(), "step": pl.String(), "cycle": pl.String(), "template": pl.String(), "tone": pl.String(),
    "planned_at": pl.Datetime("us", "UTC"),
}  # fmt: skip
PAGE: Final = 200
"""Most rows a page asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderStory:
    """All that is known of one reminder."""

    reminder: Reminder
    reasons: tuple[Reason, ...]
    subject: str
    body: str
    #: the record of the gate's decision, with every fact it saw; None before the gate
    leaf: OpenedLeaf | None


def is_halted() -> bool:
    """Tell whether a halt is in force."""
    return Halt.objects.filter(lifted_at__isnull=True).exists()


def current_halt() -> Halt | None:
    """Return the halt in force, if any."""
    return Halt.objects.filter(lifted_at__isnull=True).order_by("-halted_at").first()


def claimed_rows(ids: Sequence[UUID], *, worker: str, at: datetime) -> pl.DataFrame:
    """Return the claimed reminders that this worker still owns, in the order of the queue."""
    condition, params = among("id", [key.hex for key in ids])
    if is_postgresql():
        condition = "id = ANY(%s::uuid[])"
    sql = (
        f"SELECT {', '.join(_CLAIMED)} FROM dispatch_reminder WHERE {condition} AND state = 'claimed'"
        " AND claimed_by = %s AND lease_expires_at > %s"
    )
    stamp = connection.ops.adapt_datetimefield_value(at)
    rows = read_frame(sql, [*params, worker, stamp], schema=_CLAIMED)
    return rows.with_columns(pl.col("id").str.replace_all("-", "")).sort("planned_at", "account_id", "party_id")


def find_by_code(typed: str) -> Reminder | None:
    """Return the reminder that a typed or linked reference code belongs to, or None."""
    code = read_code(typed)
    return Reminder.objects.filter(code=code).first() if code else None


def text_of(reminder_id: UUID) -> MessageText | None:
    """Return the text of a released reminder."""
    return MessageText.objects.filter(reminder_id=reminder_id).first()


def reminder_states(*, plan_id: int | None = None) -> dict[str, int]:
    """Return how many reminders are in each state, of one plan or of all."""
    reminders = Reminder.objects.all() if plan_id is None else Reminder.objects.filter(plan_id=plan_id)
    counted = reminders.values_list("state").annotate(n=Count("id"))
    found = {str(state): int(count) for state, count in counted}
    return {state.value: found.get(state.value, 0) for state in ReminderState}


def list_reminders(*, most: int = PAGE, skip: int = 0, reasons_mask: int = 0, **filters: Any) -> list[Reminder]:
    """Return reminders, newest change first, by account_id, party_id, person_id, state, plan_id, channel, address.

    With a `reasons_mask`, only those withheld for one of its reasons.

    Raises:
        ValueError: another filter was asked for.
    """
    allowed = {"account_id", "party_id", "person_id", "state", "plan_id", "channel", "address"}
    if unknown := set(filters) - allowed:
        raise ValueError(f"reminders cannot be filtered by {', '.join(sorted(unknown))}")
    given = {name: value for name, value in filters.items() if value not in (None, "")}
    found = Reminder.objects.filter(**given).order_by("-state_changed_at", "id")
    if reasons_mask:
        found = found.annotate(shared=F("reasons_mask").bitand(reasons_mask)).filter(shared__gt=0)
    return list(found[skip : skip + most])


def explain_reminder(reminder_id: UUID) -> ReminderStory | None:
    """Return the whole story of a reminder, or None if there is none."""
    reminder = Reminder.objects.filter(id=reminder_id).first()
    if reminder is None:
        return None
    text = text_of(reminder_id)
    return ReminderStory(
        reminder=reminder,
        reasons=reasons_in(reminder.reasons_mask),
        subject=text.subject if text else "",
        body=text.body if text else "",
        leaf=find_leaf(reminder.evidence_index) if reminder.evidence_index is not None else None,
    )


def outbox_keys() -> pl.DataFrame:
    """Return [account_id, party_id, step, cycle] of every reminder that left or may still leave."""
    schema = dict.fromkeys(("account_id", "party_id", "step", "cycle"), pl.String())
    sql = f"SELECT {', '.join(schema)} FROM dispatch_reminder WHERE state NOT IN ('withheld', 'cancelled')"
    return read_frame(sql, schema=schema)


def released_reminders() -> pl.DataFrame:
    """Return everything that was ever released.

    Shape: [reminder_id, account_id, party_id, person_id, channel, address, amount_minor, currency, disclosure, state,
    released_at, plan_id].
    """
    schema = {
        "reminder_id": pl.String(), "account_id": pl.String(), "party_id": pl.String(), "person_id": pl.String(),
        "channel": pl.String(), "address": pl.String(), "amount_minor": pl.Int64(), "currency": pl.String(),
        "disclosure": pl.String(), "state": pl.String(), "released_at": pl.Datetime("us", "UTC"),
        "plan_id": pl.Int64(),
    }  # fmt: skip
    columns = ", ".join("id" if name == "reminder_id" else name for name in schema)
    return read_frame(f"SELECT {columns} FROM dispatch_reminder WHERE released_at IS NOT NULL", schema=schema)


def withheld_at_the_gate() -> pl.DataFrame:
    """Return what the gate withheld.

    Shape: [reminder_id, account_id, party_id, channel, reasons_mask, plan_id, reasons (codes)].
    """
    schema = {
        "reminder_id": pl.String(), "account_id": pl.String(), "party_id": pl.String(), "channel": pl.String(),
        "reasons_mask": pl.Int64(), "plan_id": pl.Int64(),
    }  # fmt: skip
    columns = ", ".join("id" if name == "reminder_id" else name for name in schema)
    sql = f"SELECT {columns} FROM dispatch_reminder WHERE state = 'withheld'"
    rows = read_frame(sql, schema=schema)
    masks = rows["reasons_mask"].unique().to_list()
    names = pl.DataFrame(
        {"reasons_mask": masks, "reasons": [[r.code for r in reasons_in(mask)] for mask in masks]},
        schema={"reasons_mask": pl.Int64, "reasons": pl.List(pl.String)},
    )
    return rows.join(names, on="reasons_mask", how="left")


def reminders_of_segments(names: Collection[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    """Return the reminder of each (channel, provider id) that is known."""
    found = Segment.objects.filter(provider_id__in={provider_id for _, provider_id in names})
    rows = found.values_list("channel", "provider_id", "reminder_id")
    return {(channel, provider_id): reminder for channel, provider_id, reminder in rows}


def last_reminder_to(address: str, *, channel: str) -> Reminder | None:
    """Return the reminder last released to an address on a channel."""
    released = Reminder.objects.filter(address=address, channel=channel, released_at__isnull=False)
    return released.order_by("-released_at").first()


def standing_verifications(*, party_id: str, at: datetime) -> list[Verification]:
    """Return the questions that stand to a person, oldest first."""
    standing = Verification.objects.filter(party_id=party_id, state__in=ASKING, expires_at__gt=at)
    return list(standing.order_by("asked_at", "id"))


def find_letter(typed: str) -> Verification | None:
    """Return the question of the letter that a code stands in, or None."""
    code = read_code(typed)
    return Verification.objects.filter(letter_code=code).first() if code else None


def verification_states() -> pl.DataFrame:
    """Return [step, state, count] of all questions ever put."""
    counted = Verification.objects.values_list("step", "state").annotate(n=Count("id")).order_by("step", "state")
    schema = {"step": pl.String, "state": pl.String, "count": pl.Int64}
    return pl.DataFrame(list(counted), schema=schema, orient="row")
