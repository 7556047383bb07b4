# SPDX-License-Identifier: Apache-2.0
"""Ask providers what became of messages of unknown outcome; nothing is ever sent again (once).

Crash meaning: the next question is put off in a transaction of its own before the provider is asked, so that a crash
costs one question. An answer and its record commit together.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from rightparty.dispatch.channels.adapter import Handover, Question
from rightparty.dispatch.channels.registry import NoChannelError, adapter_of
from rightparty.dispatch.models import Reminder, Segment
from rightparty.dispatch.operations.settle import settle
from rightparty.dispatch.reminder_state import ReminderState

PAUSES: Final = tuple(timedelta(seconds=s) for s in (120, 600, 3_600, 21_600, 86_400))
"""Between one question about a message and the next; after the last one it stays `unknown`."""

MOST: Final = 100
"""Questions in one call."""


def resolve_unknown(*, at: datetime) -> int:
    """Ask about messages whose time has come; return how many are now known."""
    due = _put_off(at)
    answers: dict[str, Handover] = {}
    for channel in sorted({reminder.channel for reminder in due}):
        mine = [reminder for reminder in due if reminder.channel == channel]
        answers |= _asked(channel, mine)
    return settle(answers, at=at)


def _put_off(at: datetime) -> list[Reminder]:
    """Take what is due and set the time of its next question, so that nobody else asks meanwhile."""
    with transaction.atomic():
        due = list(
            Reminder.objects.select_for_update(skip_locked=True)
            .filter(next_ask_at__lte=at, state=ReminderState.UNKNOWN)
            .order_by("next_ask_at")[:MOST]
        )
        for reminder in due:
            reminder.next_ask_at = at + PAUSES[reminder.asks] if reminder.asks < len(PAUSES) else None
            reminder.asks += 1
        Reminder.objects.bulk_update(due, ["next_ask_at", "asks"])
    return due


def _asked(channel: str, reminders: Sequence[Reminder]) -> dict[str, Handover]:
    names: dict[UUID, list[str]] = {}
    for key, name in Segment.objects.filter(reminder__in=reminders).values_list("reminder_id", "provider_id"):
        names.setdefault(key, []).append(name)
    questions = [
        Question(
            reminder_id=reminder.id.hex,
            provider_ids=tuple(names.get(reminder.id, ())),
            handed_over_at=reminder.released_at or reminder.state_changed_at,
            address=reminder.address,
        )
        for reminder in reminders
    ]
    try:
        said = adapter_of(channel).ask(questions)
    except NoChannelError:
        return {}
    return {q.reminder_id: answer for q, answer in zip(questions, said, strict=True) if answer is not None}
