# SPDX-License-Identifier: Apache-2.0
"""Persons of the lawful world whose phones came with a load, and what a test does with that load."""

from datetime import datetime
from uuid import UUID

from rightparty.dispatch.channels.adapter import InboundText
from rightparty.dispatch.models import Batch, BatchMessage, Reminder
from rightparty.dispatch.operations.release import release
from rightparty.inbound.operations.receive_reply import receive_reply
from rightparty.kernel.reasons import reasons_in
from rightparty.parties.models import ContactEvent, ContactPoint
from tests.integration.dispatch.lender import add_person, claimed, enqueue, phone_of

LOAD = 7


def open_load(at: datetime, *, state: str = "on_trial", points: int = 100, load_id: int = LOAD) -> Batch:
    return Batch.objects.create(
        load_id=load_id, opened_at=at, new_points=points, state=state, state_changed_at=at, cause="new", tested_from=at
    )


def brought_by_load(numbers: range, at: datetime, *, load_id: int = LOAD) -> None:
    """Add persons whose phone, and every sign that it is theirs, came with one load; enqueue a reminder to each."""
    rows = [(add_person(n, at)[0], n) for n in numbers]
    of_load = {"party_id__in": [f"P{n}" for n in numbers]}
    ContactPoint.objects.filter(**of_load).update(load_id=load_id)
    ContactEvent.objects.filter(**of_load).update(load_id=load_id)
    enqueue(rows, at)


def release_all(at: datetime, *, worker: str = "w1") -> list[UUID]:
    return release(claimed(at, worker=worker, batch=500), at=at, worker=worker).released


def say_not_me(number: int, at: datetime) -> None:
    receive_reply(InboundText(channel="sms", sender=phone_of(number), body="not me"), at=at)


def reasons_of(number: int) -> set[str]:
    reminder = Reminder.objects.filter(address=phone_of(number)).latest("state_changed_at")
    return {reason.code for reason in reasons_in(reminder.reasons_mask)}


def sample() -> int:
    return BatchMessage.objects.filter(is_sample=True).count()
