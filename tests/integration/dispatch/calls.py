# SPDX-License-Identifier: Apache-2.0
"""Agents who call: a person of the lawful world, a planned call, and an opened one."""

from datetime import datetime
from uuid import UUID

from rightparty.dispatch.models import Reminder
from rightparty.dispatch.operations.open_call import OpenedCall, open_call
from rightparty.dispatch.operations.plan_call import plan_call
from rightparty.kernel.reasons import reasons_in
from rightparty.parties.models import ContactEvent, ContactPoint, Party
from tests.integration.dispatch.lender import add_person

AGENT = "ann.agent"


def planned(at: datetime, number: int = 101) -> UUID:
    (account,) = add_person(number, at)
    return plan_call(account_id=account, party_id=f"P{number}", by=AGENT, at=at)


def opened(at: datetime, number: int = 101) -> UUID:
    call = planned(at, number)
    assert press(call, at).state == "released", reasons_of(call)
    return call


def press(call: UUID, at: datetime, agent: str = AGENT) -> OpenedCall:
    return open_call(call, agent=agent, at=at)


IN_NEW_YORK = "+12025550101"


def planned_in_new_york(at: datetime) -> UUID:
    """A call to a person in a market of Regulation F, whose number is of that place too."""
    add_person(101, at)
    Party.objects.update(country="US", region="NY", time_zone="America/New_York", language="en")
    ContactPoint.objects.update(value=IN_NEW_YORK)
    ContactEvent.objects.update(value=IN_NEW_YORK)
    return plan_call(account_id="A101-0", party_id="P101", by=AGENT, at=at)


def reminder_of(call: UUID) -> Reminder:
    return Reminder.objects.get(id=call)


def reasons_of(call: UUID) -> set[str]:
    return {reason.code for reason in reasons_in(reminder_of(call).reasons_mask)}


def kinds_of(call: UUID) -> list[str]:
    """The kinds of contact events that came of a call, but its release."""
    events = ContactEvent.objects.filter(event_id__startswith=f"call-{call.hex}").order_by("event_id")
    return [event.kind for event in events]
