# SPDX-License-Identifier: Apache-2.0
"""Write what the gate decided on a batch, inside the gate's transaction and nowhere else (once, provable)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import polars as pl

from rightparty.dispatch.models import Reminder
from rightparty.dispatch.reminder_state import ReminderState
from rightparty.kernel.vocabulary import POINT_CHANNEL_OF, EventKind
from rightparty.store.operations.append_rows import append_rows
from rightparty.store.operations.update_rows import update_rows

_POINT_OF: Final = {channel.value: point.value for channel, point in POINT_CHANNEL_OF.items()}

_RELEASED_COLUMNS: Final = {
    "state": "text", "state_changed_at": "timestamptz", "released_at": "timestamptz", "code": "text",
    "template_version": "text", "disclosure": "text", "language": "text", "amount_minor": "bigint", "currency": "text",
    "text_digest": "text", "reasons_mask": "bigint", "evidence_index": "bigint",
}  # fmt: skip
_WITHHELD_COLUMNS: Final = {
    "state": "text", "state_changed_at": "timestamptz", "reasons_mask": "bigint", "evidence_index": "bigint",
    "lease_expires_at": "timestamptz",
}  # fmt: skip


def write_back_to_queue(ids: pl.Series, *, at: datetime) -> None:
    """Put claimed reminders back: they are decided in a later batch."""
    if ids.is_empty():
        return
    Reminder.objects.filter(id__in=ids.to_list(), state=ReminderState.CLAIMED).update(
        state=ReminderState.PLANNED, state_changed_at=at, claimed_by="", lease_expires_at=None
    )


def write_released(released: pl.DataFrame, indexes: Sequence[int], *, at: datetime) -> None:
    """Write state, text and contact event of what is released; the event counts as a contact from now on."""
    if released.is_empty():
        return
    instant = pl.lit(at).cast(pl.Datetime("us", "UTC"))
    append_rows("dispatch_messagetext", released.select("subject", "body", reminder_id="id"))
    # a reminder is released once, so that its event is new; were it not, the store refuses the batch
    append_rows(
        "parties_contactevent",
        released.select(
            "party_id",
            "account_id",
            event_id=pl.lit("sent-") + pl.col("id"),
            channel=pl.col("channel").replace_strict(_POINT_OF),
            value="address",
            kind=pl.lit(EventKind.SENT.value),
            occurred_at=instant,
            detail="channel",
            load_id=pl.lit(0, pl.Int64),
            extra=pl.lit(""),
        ),
    )
    told = ("code", "template_version", "disclosure", "language", "currency", "text_digest", "reasons_mask")
    same = {"state": ReminderState.RELEASED.value, "state_changed_at": at, "released_at": at}
    own = {name: released[name].to_list() for name in told}
    own |= {"amount_minor": released["amount_due_minor"].to_list(), "evidence_index": list(indexes)}
    _update(released["id"].to_list(), _RELEASED_COLUMNS, same, own)


def write_withheld(withheld: pl.DataFrame, indexes: Sequence[int], *, at: datetime) -> None:
    """Write the reasons of what is withheld; that is its end."""
    if withheld.is_empty():
        return
    same = {"state": ReminderState.WITHHELD.value, "state_changed_at": at, "lease_expires_at": None}
    own = {"reasons_mask": withheld["reasons_mask"].to_list(), "evidence_index": list(indexes)}
    _update(withheld["id"].to_list(), _WITHHELD_COLUMNS, same, own)


def _update(
    ids: list[str], columns: dict[str, str], same: Mapping[str, object], own: Mapping[str, list[object]]
) -> None:
    """Set columns of many reminders at once, some to one value and some each to its own, of those still claimed."""
    rows = {**{name: [value] * len(ids) for name, value in same.items()}, **own}
    update_rows("dispatch_reminder", columns, rows, ids=ids, only="state = 'claimed'")
