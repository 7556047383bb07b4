# SPDX-License-Identifier: Apache-2.0
"""Hand released messages to their channels, outside any transaction, each at most once (once).

Crash meaning: before the mark commits nothing was written and nothing will be; after it and before `settle` the outcome
is unknown and stays so.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from rightparty.dispatch.channels.adapter import Fate, Handover, OutboundMessage
from rightparty.dispatch.channels.registry import NoChannelError, adapter_of
from rightparty.dispatch.models import MessageText, Reminder
from rightparty.dispatch.operations.cancel_released import cancel_released
from rightparty.dispatch.operations.settle import settle
from rightparty.dispatch.queries import is_halted, stopped_among
from rightparty.dispatch.reminder_state import ReminderState
from rightparty.kernel.reasons import mask_of

HANDING_OVER: Final = "handing_over"
"""Mark in `outcome` from just before the first byte until the channel's answer is settled: set once, never twice."""


def hand_over(
    ids: Sequence[UUID], *, worker: str, clock: Callable[[], datetime], most_unsettled: int = 50
) -> dict[Fate, int]:
    """Hand over released reminders of this worker and settle what their channels say.

    Args:
        ids: reminders this worker has released.
        worker: their owner; what it no longer owns is left alone.
        clock: asked before each group, since a worker may have slept.
        most_unsettled: messages marked and written before their answers are settled; a crash parks at most so many.
    """
    fates = dict.fromkeys(Fate, 0)
    for start in range(0, len(ids), most_unsettled):
        at = clock()
        group = _mark(ids[start : start + most_unsettled], worker=worker, at=at)
        answers = {message.reminder_id: _send(message) for message in group}
        settle(answers, at=clock())
        for answer in answers.values():
            fates[answer.fate] += 1
    return fates


def _mark(ids: Sequence[UUID], *, worker: str, at: datetime) -> list[OutboundMessage]:
    """Mark what still belongs to the worker, once, and return it; under a halt or a stop it is cancelled instead."""
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
            return []
        stopped = stopped_among(marked, at=at)
        cancel_released(stopped, at=at)
        going = [key for key in marked if key not in set(stopped)]
        Reminder.objects.filter(id__in=going).update(outcome=HANDING_OVER)
        texts = MessageText.objects.filter(reminder_id__in=going).select_related("reminder")
        return [_message(text, at) for text in texts]


def _message(text: MessageText, at: datetime) -> OutboundMessage:
    return OutboundMessage(
        reminder_id=text.reminder_id.hex,
        channel=text.reminder.channel,
        address=text.reminder.address,
        subject=text.subject,
        body=text.body,
        page=f"{settings.RIGHTPARTY['PUBLIC_URL']}/m/{text.reminder.code}",
        at=at,
    )


def _send(message: OutboundMessage) -> Handover:
    try:
        return adapter_of(message.channel).send(message)
    except NoChannelError:
        return Handover(fate=Fate.REFUSED, code="no_channel")
