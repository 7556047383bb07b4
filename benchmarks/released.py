# SPDX-License-Identifier: Apache-2.0
"""Released reminders in a throw-away SQLite store, and the real hand-over of them: mark, write, settle."""

import cProfile
import os
import pstats
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rightparty.dispatch.channels.adapter import ChannelAdapter, OutboundMessage

TEXT = (
    "【Lantern】您应还款项CNY 1,234.50已于2026-11-01到期，请及时还款；如有疑问请与我们联系。https://lender.example/m/0"
)
"""A text of 84 characters: two segments would double the count, so that it is cut to one below."""
SMS_TEXT = TEXT[:70]
MAIL_TEXT = "\n\n".join([TEXT] * 6)
"""About 1.5 KB as it goes over the wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """What a run of the real hand-over came to."""

    seconds: float
    #: of this process, all threads
    processor_seconds: float
    accepted: int


@contextmanager
def throw_away_store() -> Iterator[None]:
    """Set Django up on a fresh SQLite file unless DATABASE_URL names a store."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/store.db")
        os.environ.update(RIGHTPARTY_HOME=folder, DJANGO_SETTINGS_MODULE="rightparty.site.settings")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield


def addresses_of(channel: str, count: int) -> list[str]:
    """Return as many addresses: numbers of a prefix given to nobody, mailboxes of a reserved domain."""
    if channel == "sms":
        return [f"+86154{number:08d}" for number in range(count)]
    return [f"person{number}@recipient.example" for number in range(count)]


def messages_of(channel: str, count: int) -> list[OutboundMessage]:
    """Return messages as `hand_over` makes them."""
    at = datetime.now(UTC)
    body = SMS_TEXT if channel == "sms" else MAIL_TEXT
    return [
        OutboundMessage(
            reminder_id=uuid.uuid4().hex, channel=channel, address=address, subject="【Lantern】还款提醒", body=body,
            page="https://lender.example/m/0", at=at, language="zh-CN",
        )
        for address in addresses_of(channel, count)
    ]  # fmt: skip


def hand_over_all(channel: str, adapter: ChannelAdapter, *, count: int, batch: int, profile: Path | None) -> HandedOver:
    """Plant released reminders and hand them over through the adapter, marks and settling in the store."""
    from rightparty.dispatch.channels.adapter import Fate
    from rightparty.dispatch.channels.registry import connect
    from rightparty.dispatch.operations.hand_over import hand_over

    connect(channel, adapter)
    ids = _plant(channel, count)
    profiler = cProfile.Profile()
    start, processor, accepted = time.perf_counter(), time.process_time(), 0
    if profile:
        profiler.enable()
    for first in range(0, count, batch):
        fates = hand_over(ids[first : first + batch], worker="bench", clock=lambda: datetime.now(UTC))
        accepted += fates[Fate.ACCEPTED]
    profiler.disable()
    done = HandedOver(
        seconds=time.perf_counter() - start, processor_seconds=time.process_time() - processor, accepted=accepted
    )
    if profile:
        with profile.open("w") as out:
            pstats.Stats(profiler, stream=out).sort_stats("cumulative").print_stats(45)
    return done


def _plant(channel: str, count: int) -> list[uuid.UUID]:
    from django.db import transaction

    from rightparty.dispatch.models import MessageText, Reminder

    at = datetime.now(UTC)
    run = uuid.uuid4().hex[:6]
    body = SMS_TEXT if channel == "sms" else MAIL_TEXT
    rows = [
        Reminder(
            plan_id=1, planned_at=at, account_id=f"{run}A{n}", party_id=f"{run}P{n}", person_id=f"{run}H{n}",
            channel=channel, address=address, step="due", cycle="c1", template="due", language="zh-CN",
            state="released", state_changed_at=at, claimed_by="bench", lease_expires_at=at + timedelta(hours=1),
            code=f"{run}{n:09d}", amount_minor=123_450, currency="CNY", evidence_index=n, released_at=at,
        )
        for n, address in enumerate(addresses_of(channel, count))
    ]  # fmt: skip
    with transaction.atomic():
        Reminder.objects.bulk_create(rows, batch_size=500)
        MessageText.objects.bulk_create(
            [MessageText(reminder_id=row.id, subject="【Lantern】还款提醒", body=body) for row in rows], batch_size=500
        )
    return [row.id for row in rows]
