# SPDX-License-Identifier: Apache-2.0
"""Take a batch of planned reminders for one worker, for a while (once).

Crash meaning: the lease runs out and `recover_leases` puts the rows back; nothing was decided.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from rightparty.dispatch.reminder_state import AGENT_STEP
from rightparty.store.queries import among, is_postgresql

_WAITING: Final = (
    "SELECT {key} FROM dispatch_reminder WHERE state = 'planned' AND {channels}"
    # what an agent asked for he calls himself, also where an automated voice serves the channel
    f" AND step <> '{AGENT_STEP}' ORDER BY planned_at LIMIT %s"
)
_TAKEN: Final = "state = 'claimed', state_changed_at = %s, claimed_by = %s, lease_expires_at = %s"


def claim(*, worker: str, at: datetime, batch: int, lease_seconds: int, channels: Sequence[str]) -> list[UUID]:
    """Return the ids of at most `batch` reminders, those of the oldest plan, that now belong to this worker.

    Args:
        worker: name of the worker; its lease is checked at release and at the wire.
        at: instant of the claim.
        batch: most reminders to take.
        lease_seconds: how long they belong to the worker.
        channels: only reminders of these channels are taken.
    """
    stamps = [connection.ops.adapt_datetimefield_value(each) for each in (at, at + timedelta(seconds=lease_seconds))]
    taken = [stamps[0], worker, stamps[1]]
    condition, given = among("channel", list(channels))
    with transaction.atomic(), connection.cursor() as cursor:
        if is_postgresql():
            waiting = _WAITING.format(key="id", channels=condition)
            cursor.execute(
                # materialised: it is read once, whatever the planner thinks of the limit
                f"WITH waiting AS MATERIALIZED ({waiting} FOR UPDATE SKIP LOCKED)"
                f" UPDATE dispatch_reminder r SET {_TAKEN} FROM waiting WHERE r.id = waiting.id RETURNING r.id",
                [*given, batch, *taken],
            )
        else:
            waiting = _WAITING.format(key="rowid", channels=condition)
            cursor.execute(
                f"UPDATE dispatch_reminder SET {_TAKEN} WHERE rowid IN ({waiting}) RETURNING id",
                [*taken, *given, batch],
            )
        return [key if isinstance(key, UUID) else UUID(key) for (key,) in cursor.fetchall()]
