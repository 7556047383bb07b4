# SPDX-License-Identifier: Apache-2.0
"""Hand released messages to their channels, outside any transaction, each at most once (once).

Crash meaning: before the mark commits nothing was written and nothing will be; after it and before `settle` the outcome
is unknown and stays so.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from rightparty.dispatch.channels.adapter import Fate, Handover, OutboundMessage
from rightparty.dispatch.channels.registry import NoChannelError, adapter_of, window_of
from rightparty.dispatch.fence import Fence
from rightparty.dispatch.models import Reminder
from rightparty.dispatch.operations.cancel_released import cancel_released
from rightparty.dispatch.operations.settle import settle
from rightparty.dispatch.queries import channels_of, is_halted, stopped_among, texts_of
from rightparty.dispatch.reminder_state import ReminderState
from rightparty.dispatch.traces import step
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.reasons import mask_of
from rightparty.store.queries import among_ids, stored_id, stored_instant

HANDING_OVER: Final = "handing_over"
"""Mark in `outcome` from just before the first byte until the channel's answer is settled: set once, never twice."""


STORE_FAULTS: Final = (OperationalError, InterfaceError)
"""A store that is down, busy or restarting."""

SETTLE_PAUSES: Final = (0.1, 0.5, 2.0)
"""Seconds between attempts to record answers; together well below a lease."""


def boot_seconds() -> float:
    """Return the seconds of a clock that never goes back and, where the system has one, counts suspension too."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def hand_over(
    ids: Sequence[UUID],
    *,
    worker: str,
    clock: Callable[[], datetime],
    ticks: Callable[[], float] = boot_seconds,
    ends_at: float = float("inf"),
    sleep: Callable[[float], object] = time.sleep,
    most_unsettled: int = 50,
) -> dict[Fate, int]:
    """Hand over released reminders of this worker and settle what their channels say.

    Args:
        ids: reminders this worker has released.
        worker: their owner; what it no longer owns is left alone.
        clock: asked before each group and each message, since a worker may have slept.
        ticks: a second clock, which nobody sets.
        ends_at: by `ticks`, when the lease ends, counted from before the claim.
        sleep: waits between two attempts to record what the channels said.
        most_unsettled: messages marked and written before their answers are settled, unless a provider of theirs has a
            larger window; a crash parks at most so many.
    """
    fates = dict.fromkeys(Fate, 0)
    waiting = list(ids)
    while waiting:
        at = clock()
        size = max([most_unsettled, *(window_of(channel) for channel in channels_of(waiting[:1]))])
        group, until = _mark(waiting[:size], worker=worker, at=at)
        waiting = waiting[size:]
        if not group:
            continue
        fence = Fence(until=until, clock=clock, ticks=ticks, ends_at=ends_at, is_halted=is_halted, faults=STORE_FAULTS)
        answers = _send(group, fence)
        _settle(answers, clock=clock, halted=fence.halted, sleep=sleep)
        for answer in answers.values():
            fates[answer.fate] += 1
    return fates


def _settle(
    answers: Mapping[str, Handover], *, clock: Callable[[], datetime], halted: bool, sleep: Callable[[float], object]
) -> None:
    """Record the answers, again if the store fails for a moment: what is not recorded ends `unknown`."""
    for pause in SETTLE_PAUSES:
        try:
            with step("settle", answers=len(answers)):
                settle(answers, at=clock(), halted=halted)
        except STORE_FAULTS:
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
            sleep(pause)
        else:
            return
    settle(answers, at=clock(), halted=halted)


def _mark(ids: Sequence[UUID], *, worker: str, at: datetime) -> tuple[list[OutboundMessage], datetime]:
    """Mark what still belongs to the worker, once, and return it with the end of its lease.

    Under a halt or a stop it is cancelled instead. Who stops a batch meanwhile either finds the mark, or has cancelled
    the row, which then is not marked any more.
    """
    with transaction.atomic():
        if is_halted():
            own = Reminder.objects.select_for_update().filter(
                id__in=ids, state=ReminderState.RELEASED, claimed_by=worker, lease_expires_at__gt=at, outcome=""
            )
            released = list(own.order_by("id").values_list("evidence_index", flat=True))
            own.update(
                state=ReminderState.CANCELLED, state_changed_at=at, outcome="halted", lease_expires_at=None,
                reasons_mask=mask_of(["once.dispatch_halted"]),
            )  # fmt: skip
            if released:
                facts = {
                    "released": sorted(index for index in released if index is not None),
                    "why": "once.dispatch_halted",
                }
                append_leaves([LeafRecord(kind="reminder.cancelled", recorded_at=at, facts=facts)])
            return [], at
        cancel_released(stopped_among(ids, at=at), at=at)
        marked = mark_handing_over(ids, worker=worker, at=at)
        texts = texts_of([key for key, *_ in marked])
    until = min((lease for *_, lease in marked), default=at)
    home = settings.RIGHTPARTY["PUBLIC_URL"]
    return [
        OutboundMessage(
            reminder_id=key, channel=channel, address=address, subject=texts[key][0], body=texts[key][1],
            page=f"{home}/m/{code}", at=at, language=language,
        )
        for key, channel, address, code, language, _ in marked
        if key in texts
    ], until  # fmt: skip


def mark_handing_over(
    ids: Sequence[UUID], *, worker: str, at: datetime
) -> list[tuple[str, str, str, str, str, datetime]]:
    """Set the mark on those reminders that this worker may write, inside the caller's transaction.

    Shape: (id in hex, channel, address, code, language, end of the lease) of each.
    """
    condition, params = among_ids("id", ids)
    sql = (
        f"UPDATE dispatch_reminder SET outcome = '{HANDING_OVER}' WHERE {condition} AND state = 'released'"
        " AND claimed_by = %s AND lease_expires_at > %s AND outcome = ''"
        " RETURNING id, channel, address, code, language, lease_expires_at"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, worker, connection.ops.adapt_datetimefield_value(at)])
        return [(stored_id(key), *rest, stored_instant(lease)) for key, *rest, lease in cursor.fetchall()]


def _send(group: Sequence[OutboundMessage], fence: Fence) -> dict[str, Handover]:
    """Give each channel its messages."""
    answers: dict[str, Handover] = {}
    for channel in sorted({message.channel for message in group}):
        mine = [message for message in group if message.channel == channel]
        try:
            given = adapter_of(channel).send_all(mine, may_send=fence.may_send)
        except NoChannelError:
            given = [Handover(fate=Fate.NOT_SENT, code="no_channel")] * len(mine)
        answers |= {message.reminder_id: answer for message, answer in zip(mine, given, strict=True)}
    return answers
