# SPDX-License-Identifier: Apache-2.0
"""Takes a person's word on whether a contact point is his, given behind a log-in or with a letter's code (right_party).

"Still mine" is evidence for the person, "no longer" contradicts the point at once. Where the point stands under a
contradiction by now, "still mine" is held for staff and no evidence is recorded: no answer lifts a contradiction.
Crash meaning: answer, evidence and record commit together; the same answer again changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from rightparty.dispatch.models import Verification
from rightparty.dispatch.operations.cancel_planned import cancel_planned
from rightparty.dispatch.verification_state import ASKING, VerificationState, may_follow
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.clock import require_aware
from rightparty.kernel.identifiers import read_code
from rightparty.kernel.vocabulary import EventKind
from rightparty.lending.queries import account_links
from rightparty.parties.locks import lock_parties, lock_values
from rightparty.parties.operations.record_event import record_event
from rightparty.parties.queries import attribution_as_of, ids_of_person

STILL_MINE: Final = "still_mine"
NO_LONGER: Final = "no_longer"


class UnknownVerificationError(LookupError):
    """There is no such open question to this person, or its letter's code is wrong: which, is not said."""

    remedy = "Ask for the person's open questions again; read the code from the letter."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Where a verification stands after an answer."""

    verification: UUID
    state: str
    #: reminders to the point that were cancelled
    cancelled: int = 0


def answer_verification(
    *, verification: UUID, party_id: str, answer: str, at: datetime, letter_code: str = ""
) -> Answered:
    """Record an answer.

    Args:
        verification: which question.
        party_id: who is logged in, or was identified; another's question is unknown to him.
        answer: still_mine or no_longer.
        at: instant of the answer.
        letter_code: what stands in the letter; a letter's question is unknown without it.

    Raises:
        UnknownVerificationError: no such question stands.
        ValueError: another answer.
    """
    if answer not in (STILL_MINE, NO_LONGER):
        raise ValueError(f"answer must be {STILL_MINE} or {NO_LONGER}")
    instant = require_aware(at)
    with transaction.atomic():
        asked = require_asking(verification, party_id=party_id, at=instant)
        if asked.step == "letter" and read_code(letter_code) != asked.letter_code:
            raise UnknownVerificationError(UnknownVerificationError.remedy)
        if answer == STILL_MINE:
            after = VerificationState.HELD if is_contradicted(asked, at=instant) else VerificationState.STATED
            kind = EventKind.NAME_AGREES
        else:
            after, kind = VerificationState.DENIED, EventKind.WRONG_PARTY
        return settle_verification(asked, after=after, kind=kind, at=instant)


def require_asking(verification: UUID, *, party_id: str, at: datetime) -> Verification:
    """Lock and return a question that stands, of this person.

    The order of locks is that of the gate: party, contact point, then the question.

    Raises:
        UnknownVerificationError: there is none.
    """
    found = Verification.objects.filter(id=verification, party_id=party_id).first()
    if found is not None:
        lock_parties(ids_of_person(party_id))
        lock_values([found.value])
        found = (
            Verification.objects.select_for_update()
            .filter(id=verification, party_id=party_id, state__in=ASKING, expires_at__gt=at)
            .first()
        )
    if found is None:
        raise UnknownVerificationError(UnknownVerificationError.remedy)
    return found


def is_contradicted(asked: Verification, *, at: datetime) -> bool:
    """Tell whether the point stands under a contradiction, or is no longer on file."""
    ids = ids_of_person(asked.party_id)
    judged = attribution_as_of(at=at, party_ids=ids, links=account_links(party_ids=ids))
    mine = judged.filter(
        (judged["party_id"] == asked.party_id) & (judged["channel"] == asked.channel) & (judged["value"] == asked.value)
    )
    return mine.height != 1 or int(mine["contradictions_mask"].item()) != 0


def settle_verification(asked: Verification, *, after: VerificationState, kind: EventKind, at: datetime) -> Answered:
    """Move a question on, record the evidence that the answer is, and the leaf; the caller holds the locks."""
    if not may_follow(asked.state, after):
        return Answered(verification=asked.id, state=asked.state)
    asked.state, asked.state_changed_at, asked.code_digest = after, at, ""
    asked.save(update_fields=["state", "state_changed_at", "code_digest"])
    cancelled = 0
    if after is not VerificationState.HELD:
        record_event(
            event_id=f"verify:{asked.id}:{after}", channel=asked.channel, value=asked.value, kind=kind.value,
            occurred_at=at, party_id=asked.party_id,
        )  # fmt: skip
    if after is VerificationState.DENIED:
        cancelled = cancel_planned(address=asked.value, at=at, reason="right_party.reported_wrong_party")
    facts = {"verification": str(asked.id), "step": asked.step, "state": str(after), "cancelled": cancelled}
    private = {"party_id": asked.party_id, "channel": asked.channel, "value": asked.value}
    append_leaves([LeafRecord(kind="verification.answered", recorded_at=at, facts=facts, private=private)])
    return Answered(verification=asked.id, state=after, cancelled=cancelled)
