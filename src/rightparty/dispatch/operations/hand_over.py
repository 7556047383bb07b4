# SPDX-License-Identifier: Apache-2.0
"""Hand released messages to their channels, outside any transaction, each at most once (once).

Crash meaning: before the mark commits nothing was written and nothing will be; after it and before `settle` the outcome
is unknown and stays so.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from rightparty.dispatch.channels.adapter import Fate, Handover, OutboundMessage
from rightparty.dispatch.channels.registry import NoChannelError, adapter_of, window_of
from rightparty.dispatch.fence import Fence
from rightparty.dispatch.models import MessageText, Reminder
from rightparty.dispatch.operations.cancel_released import cancel_released
from rightparty.dispatch.operations.settle import settle
from rightparty.dispatch.queries import channels_of, is_halted, stopped_among
from rightparty.dispatch.reminder_state import ReminderState
from rightparty.kernel.reasons import mask_of

HANDING_OVER: Final = "handing_over"
"""Mark in `outcome` from just before the first byte until the channel's answer is settled: set once, never twice."""


def boot_seconds() -> float:
    """Return the seconds of a clock that never goes back and, where the system has one, counts suspension too."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def hand_over(
    ids: Sequence[UUID],
    *,
    worker: str,
    clock: Callable[[], datetime],
    ticks: Callable[[], float] = boot_seconds,
    most_unsettled: int = 50,
) -> dict[Fate, int]:
    """Hand over released reminders of this worker and settle what their channels say.

    Args:
        ids: reminders this worker has released.
        worker: their owner; what it no longer owns is left alone.
        clock: asked before each group and each message, since a worker may have slept.
        ticks: a second clock, which nobody sets.
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
        fence = Fence(until=until, clock=clock, ticks=ticks, is_halted=is_halted)
        answers = _send(group, fence)
        settle(answers, at=clock(), halted=fence.halted)
        for answer in answers.values():
            fates[answer.fate] += 1
    return fates


def _mark(ids: Sequence[UUID], *, worker: str, at: datetime) -> tuple[list[OutboundMessage], datetime]:
    """Mark what still belongs to the worker, once, and return it with the end of its lease.

    Under a halt or a stop it is cancelled instead.
    """
    own = Reminder.objects.filter(
        id__in=ids, state=ReminderState.RELEASED, claimed_by=worker, lease_expires_at__gt=at, outcome=""
    )
    with transaction.atomic():
        marked = list(own.select_for_update().values_list("id", flat=True))
        these = Reminder.objects.filter(id__in=marked)
        if is_halted():
            these.update(
                state=ReminderState.CANCELLED, state_changed_at=at, outcome="halted", lease_expires_at=None,
                reasons_mask=mask_of(["once.dispatch_halted"]),
            )  # fmt: skip
            return [], at
        stopped = stopped_among(marked, at=at)
        cancel_released(stopped, at=at)
        going = [key for key in marked if key not in set(stopped)]
        Reminder.objects.filter(id__in=going).update(outcome=HANDING_OVER)
        texts = list(MessageText.objects.filter(reminder_id__in=going).select_related("reminder"))
        ends = [text.reminder.lease_expires_at for text in texts if text.reminder.lease_expires_at]
        return [_message(text, at) for text in texts], min(ends, default=at)


def _message(text: MessageText, at: datetime) -> OutboundMessage:
    return OutboundMessage(
        reminder_id=text.reminder_id.hex,
        channel=text.reminder.channel,
        address=text.reminder.address,
        subject=text.subject,
        body=text.body,
        page=f"{settings.RIGHTPARTY['PUBLIC_URL']}/m/{text.reminder.code}",
        at=at,
        language=text.reminder.language,
    )


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
