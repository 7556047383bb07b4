# SPDX-License-Identifier: Apache-2.0
"""Take what came of an agent's call, and do at once what it asks: stop, hold, case (correctable, right_time).

Crash meaning: one transaction. The same outcome entered again changes nothing; a correction is a further entry, and
what the first has stopped stays stopped: no correction makes it surer whom a number reaches.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from rightparty.casework.operations.open_dispute import open_dispute
from rightparty.casework.operations.report_wrong_party import ids_of_person, report_wrong_party
from rightparty.casework.operations.stop_channel import stop_channel
from rightparty.dispatch.calls.outcomes import BY_CODE, Effect, OutcomeCode
from rightparty.dispatch.operations.enter_outcome import NO_DETAILS, OutcomeDetails, begin_entry, enter_outcome
from rightparty.dispatch.operations.plan_call import CallError
from rightparty.dispatch.queries import explain_reminder
from rightparty.lending.locks import lock_accounts
from rightparty.lending.operations.open_hold import open_hold
from rightparty.lending.queries import accounts_of_person
from rightparty.parties.locks import lock_parties, lock_values
from rightparty.parties.operations.cease_communication import record_cease_communication
from rightparty.parties.queries import ids_of_same_persons

ORIGIN: Final = "agent"


def gettext_noop(message: str) -> str:
    """Mark a text for translation and return it unchanged."""
    return message


_ = gettext_noop


def take_call_outcome(
    *, call_id: UUID, outcome: str, by: str, at: datetime, details: OutcomeDetails = NO_DETAILS, corrects: int = 0
) -> bool:
    """Enter an outcome and do what it asks; return False if the same was entered before.

    Args:
        call_id: the call's reminder.
        outcome: a code of `dispatch.calls.outcomes.OUTCOMES`.
        by: who enters it.
        at: instant of the entry.
        details: what the outcome asks for.
        corrects: number of the entry that this one corrects; 0 for the first.

    Raises:
        CallError: unknown outcome, or the entry is not possible; see `begin_entry`.
    """
    code = BY_CODE.get(outcome)
    if code is None:
        raise CallError(_("There is no such outcome."), remedy=_("Choose one of those offered."))
    story = explain_reminder(call_id)
    if story is None:
        raise CallError(_("There is no such call."), remedy=_("Choose one from your list."))
    about = story.reminder
    with transaction.atomic():
        lock_parties(ids_of_person(about.party_id))
        lock_accounts(sorted({about.account_id, *accounts_of_person(about.party_id)}))
        lock_values([about.address])
        entry = begin_entry(call_id, code, details, at=at, corrects=corrects)
        if entry.repeated:
            return False
        _do(code, code_of_call=about.code or "", party_id=about.party_id, words=details.words, at=at)
        enter_outcome(entry, code, details, by=by, at=at)
    return True


def _do(outcome: OutcomeCode, *, code_of_call: str, party_id: str, words: str, at: datetime) -> None:
    """Do what an outcome asks, each by the operation that does it elsewhere."""
    if outcome.hold is not None:
        open_hold(kind=outcome.hold, from_at=at, party_id=party_id)
    if outcome.effect is Effect.WRONG_PARTY:
        report_wrong_party(code=code_of_call, origin=ORIGIN, words=words, at=at)
    elif outcome.effect is Effect.DISPUTE:
        open_dispute(code=code_of_call, origin=ORIGIN, words=words, at=at)
    elif outcome.effect is Effect.STOP_CALLS:
        stop_channel(code=code_of_call, origin=ORIGIN, at=at)
    elif outcome.effect is Effect.CEASE:
        person = ids_of_same_persons(party_ids=[party_id]).filter(party_id=party_id)["person_id"]
        record_cease_communication(person_id=str(person.item()), at=at, origin=ORIGIN)
