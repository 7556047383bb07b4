# SPDX-License-Identifier: Apache-2.0
"""Write what the gate decided on a batch, inside the gate's transaction and nowhere else (once, provable)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl
from django.db import connection

from rightparty.dispatch.models import Reminder
from rightparty.dispatch.reminder_state import ReminderState
from rightparty.kernel.vocabulary import POINT_CHANNEL_OF, EventKind
from rightparty.store.operations.append_rows import append_rows
from rightparty.store.queries import is_postgresql, text_array

_POINT_OF: Final = {channel.value: point.value for channel, point in POINT_CHANNEL_OF.items()}

_RELEASED_COLUMNS: Final = {
    "state": "text", "state_changed_at": "timestamptz", "released_at": "timestamptz", "code": "text",
    "template_version": "text", "disclosure": "text", "language": "text", "amount_minor": "bigint", "currency": "text",
    "text_digest": "text", "reasons_mask": "bigint", "evidence_index": "bigint",
}  # fmt: skip
_WITHHELD_COLUMNS: Final = {
    "state": "text", "state_changed_at": "timestamptz", "reasons_mask": "bigint", "evidence_index": "bigint",
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
    _update(
        released.with_columns(
            state=pl.lit(ReminderState.RELEASED.value), amount_minor="amount_due_minor",
            evidence_index=pl.Series(list(indexes), dtype=pl.Int64),
        ),
        _RELEASED_COLUMNS,
        at,
    )  # fmt: skip


def write_withheld(withheld: pl.DataFrame, indexes: Sequence[int], *, at: datetime) -> None:
    """Write the reasons of what is withheld; that is its end."""
    if withheld.is_empty():
        return
    state, indexed = pl.lit(ReminderState.WITHHELD.value), pl.Series(list(indexes), dtype=pl.Int64)
    _update(withheld.with_columns(state=state, evidence_index=indexed), _WITHHELD_COLUMNS, at)


def _update(frame: pl.DataFrame, columns: dict[str, str], at: datetime) -> None:
    """Set columns of many reminders at once, each to its own values, of those that are still claimed."""
    stamp = str(connection.ops.adapt_datetimefield_value(at))
    names = [name for name in columns if not name.endswith("_at")]
    stamped = [name for name in columns if name.endswith("_at")]
    values = frame.select(*names, "id")
    with connection.cursor() as cursor:
        if is_postgresql():
            kinds = [*(columns[name] for name in names), "uuid"]
            given = [text_array(values[name].to_list()) for name in values.columns]
            arrays = ", ".join(f"({array})::{kind}[]" for (array, _), kind in zip(given, kinds, strict=True))
            sets = ", ".join([*(f'"{name}" = v."{name}"' for name in names), *(f'"{name}" = %s' for name in stamped)])
            quoted = ", ".join(f'"{name}"' for name in values.columns)
            cursor.execute(
                f"UPDATE dispatch_reminder r SET {sets}, lease_expires_at = "
                f"CASE WHEN v.state = 'released' THEN r.lease_expires_at END"
                f" FROM unnest({arrays}) AS v({quoted}) WHERE r.id = v.id AND r.state = 'claimed'",
                [*[stamp] * len(stamped), *(param for _, params in given for param in params)],
            )
        else:
            sets = ", ".join([*(f'"{name}" = %s' for name in names), *(f"\"{name}\" = '{stamp}'" for name in stamped)])
            lease = "" if "code" in columns else ", lease_expires_at = NULL"
            cursor.executemany(
                f"UPDATE dispatch_reminder SET {sets}{lease} WHERE id = %s AND state = 'claimed'", values.rows()
            )
