# SPDX-License-Identifier: Apache-2.0
"""Plan a call that an agent asks for: a proposal like any other, which only the gate can release (once).

Crash meaning: one transaction. Asked twice for one account and party, the call that still waits or is being made is the
answer to both.
"""

from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from rightparty.dispatch.models import Reminder
from rightparty.dispatch.reminder_state import AGENT_STEP, ReminderState
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.vocabulary import MessageChannel, PointChannel
from rightparty.lending.queries import account_links, liable_and_other_parties
from rightparty.parties.locks import lock_parties
from rightparty.parties.queries import attribution_as_of, find_party, ids_of_person, ids_of_same_persons

TEMPLATE: Final = "neutral"
"""The words with which every call opens: whoever answers may be a stranger."""

NO_PLAN: Final = 0
"""Plan number of what an agent asked for."""

_NEVER_LEFT: Final = (ReminderState.WITHHELD, ReminderState.CANCELLED)
_UNDER_WAY: Final = (ReminderState.PLANNED, ReminderState.CLAIMED, ReminderState.RELEASED)


def gettext_noop(message: str) -> str:
    """Mark a text for translation and return it unchanged."""
    return message


_ = gettext_noop


class CallError(Exception):
    """What was asked of a call cannot be done; `remedy` says what can. Both are message ids."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def plan_call(*, account_id: str, party_id: str, by: str, at: datetime) -> UUID:
    """Plan a call to the likeliest phone of a party and return its reminder.

    Args:
        account_id: what it is about.
        party_id: who is to be called.
        by: the agent who asks.
        at: instant of the request.

    Raises:
        CallError: the party has nothing to do with the account, or has no phone.
    """
    roles = liable_and_other_parties(account_ids=[account_id])
    party = find_party(party_id)
    if party is None or party_id not in roles["party_id"].to_list():
        raise CallError(_("This person has nothing to do with this account."), remedy=_("Correct the identifiers."))
    address = _likeliest_phone(party_id, at=at)
    person = ids_of_same_persons(party_ids=[party_id]).filter(party_id=party_id)["person_id"].item()
    mine = Reminder.objects.filter(account_id=account_id, party_id=party_id, step=AGENT_STEP)
    day = at.date().isoformat()
    with transaction.atomic():
        # one after another: who comes second sees the first one's call
        lock_parties([party_id])
        if under_way := mine.filter(state__in=_UNDER_WAY).values_list("id", flat=True).first():
            return under_way
        made = mine.filter(cycle__startswith=f"{day}/").exclude(state__in=_NEVER_LEFT).count()
        reminder = Reminder(
            id=uuid4(), plan_id=NO_PLAN, planned_at=at, account_id=account_id, party_id=party_id, person_id=person,
            channel=MessageChannel.CALL.value, address=address, step=AGENT_STEP, cycle=f"{day}/{made + 1}",
            template=TEMPLATE, language=party.language, state=ReminderState.PLANNED, state_changed_at=at,
        )  # fmt: skip
        try:
            with transaction.atomic():
                reminder.save(force_insert=True)
        except IntegrityError:
            # somebody asked for the same at the same instant, and his is the call
            return mine.filter(cycle=reminder.cycle).exclude(state__in=_NEVER_LEFT).values_list("id", flat=True).get()
        private = {"reminder": reminder.id.hex, "account_id": account_id, "party_id": party_id, "by": by}
        append_leaves([LeafRecord(kind="call.asked", recorded_at=at, private=private)])
    return reminder.id


def _likeliest_phone(party_id: str, *, at: datetime) -> str:
    """Return the phone that reaches the party likeliest, one without contradiction first; the gate judges it."""
    ids = ids_of_person(party_id)
    points = attribution_as_of(at=at, party_ids=ids, links=account_links(party_ids=ids))
    phones = points.filter(party_id=party_id, channel=PointChannel.PHONE.value)
    ordered = phones.with_columns(contradicted=phones["contradictions_mask"] != 0).sort(
        "contradicted", "p_person", "value", descending=[False, True, False]
    )
    if ordered.is_empty():
        raise CallError(
            _("There is no phone number of this person."), remedy=_("Ask for one in a letter or an e-mail.")
        )
    return str(ordered["value"][0])
