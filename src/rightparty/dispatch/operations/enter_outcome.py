# SPDX-License-Identifier: Apache-2.0
"""Enter what came of a call: its contact events, the reminder's end, and the record (once, right_time, provable).

Crash meaning: runs in the transaction of whoever does what the outcome asks besides (casework); all of it commits
together. Until then the call counts as made with an unknown outcome.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from rightparty.dispatch.calls.outcomes import Detail, OutcomeCode, Reached, events_of
from rightparty.dispatch.models import Call, CallOutcome, Reminder
from rightparty.dispatch.operations.plan_call import CallError
from rightparty.dispatch.reminder_state import ReminderState, may_move
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.money import MINOR_LIMIT
from rightparty.kernel.vocabulary import POINT_CHANNEL_OF, EventKind, MessageChannel
from rightparty.parties.operations.record_event import record_event

FARTHEST: Final = timedelta(days=366)
"""A later day than this is a slip of the pen."""

_ZONES_APART: Final = timedelta(days=1)
_DURING_THE_CALL: Final = (EventKind.ANSWERED, EventKind.NAME_AGREES, EventKind.UNDELIVERED)
"""What happened when the call was made; the others hold from when they were entered."""


def gettext_noop(message: str) -> str:
    """Mark a text for translation and return it unchanged."""
    return message


_ = gettext_noop


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeDetails:
    """What an agent says of an outcome besides its code."""

    promised_on: date | None = None
    #: minor units of the account's currency; None where no amount was named
    promised_minor: int | None = None
    call_back_on: date | None = None
    #: local time of the person
    call_back_at: time | None = None
    #: of a dispute, as the person put it
    words: str = field(default="", repr=False)


NO_DETAILS: Final = OutcomeDetails()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A call of which an outcome may be entered now; the caller's transaction holds its row."""

    call: Call
    #: its number
    number: int
    #: the same was entered before: nothing is to be done
    repeated: bool


def begin_entry(
    call_id: UUID, outcome: OutcomeCode, details: OutcomeDetails, *, at: datetime, corrects: int = 0
) -> Entry:
    """Lock a call and say whether and as which entry its outcome may be entered.

    Args:
        call_id: the call's reminder.
        outcome: what came of it.
        details: what the outcome asks for.
        at: instant of the entry.
        corrects: number of the entry that this one corrects; 0 for the first.

    Raises:
        CallError: no such call, an outcome stands already, a detail is missing or impossible, or the person was not
            identified.
    """
    _refuse_unfit(outcome, details, on=at.date())
    Reminder.objects.select_for_update().filter(id=call_id).first()
    call = Call.objects.select_for_update(of=("self",)).select_related("reminder").filter(reminder_id=call_id).first()
    if call is None:
        raise CallError(_("There is no such call."), remedy=_("Choose one from your list."))
    last = CallOutcome.objects.filter(call=call).order_by("-entry").first()
    if last is not None and (last.outcome, _said(last)) == (outcome.code, _said(details)):
        return Entry(call=call, number=last.entry, repeated=True)
    if (last.entry if last else 0) != corrects:
        raise CallError(
            _("An outcome of this call was entered already."), remedy=_("Look at it, and correct it if it is wrong.")
        )
    if outcome.needs_identity and call.identified_at is None:
        raise CallError(
            _("It was not checked whether this is the person."), remedy=_("Check it first, or choose another outcome.")
        )
    return Entry(call=call, number=corrects + 1, repeated=False)


def enter_outcome(entry: Entry, outcome: OutcomeCode, details: OutcomeDetails, *, by: str, at: datetime) -> None:
    """Write the outcome; call last, since the log's head stays locked."""
    call, reminder = entry.call, entry.call.reminder
    for kind in events_of(outcome, identified=call.identified_at is not None):
        record_event(
            event_id=f"call-{reminder.id.hex}-{entry.number}-{kind}",
            channel=POINT_CHANNEL_OF[MessageChannel.CALL],
            value=reminder.address,
            kind=kind,
            occurred_at=call.opened_at if kind in _DURING_THE_CALL else at,
            party_id=reminder.party_id,
            account_id=reminder.account_id,
            detail=_detail_of(kind, outcome, details),
        )
    _end(reminder, outcome, made_at=call.opened_at, at=at)
    facts: dict[str, str | int | None] = {
        "released": reminder.evidence_index, "outcome": outcome.code, "entry": entry.number, "state": reminder.state,
        "identified": int(call.identified_at is not None),
    }  # fmt: skip
    private = {"reminder": reminder.id.hex, "by": by, **{name: str(v) for name, v in _named(details) if v is not None}}
    (index,) = append_leaves([LeafRecord(kind="call.outcome", recorded_at=at, facts=facts, private=private)])
    CallOutcome.objects.create(
        call=call, entry=entry.number, outcome=outcome.code, recorded_at=at, recorded_by=by[:150],
        evidence_index=index, **dict(_named(details)),
    )  # fmt: skip


def _refuse_unfit(outcome: OutcomeCode, details: OutcomeDetails, *, on: date) -> None:
    needed = {
        Detail.PROMISE: (details.promised_on, _("A promise needs a day.")),
        Detail.CALL_BACK: (details.call_back_on, _("A call back needs a day.")),
    }
    if outcome.asks in needed:
        day, missing = needed[outcome.asks]
        if day is None:
            raise CallError(missing, remedy=_("Enter the day."))
        if not on - _ZONES_APART <= day <= on + FARTHEST:
            raise CallError(_("This day is past, or more than a year away."), remedy=_("Correct the day."))
    amount = details.promised_minor
    if amount is not None and not 0 < amount <= MINOR_LIMIT:
        raise CallError(_("This is no amount that can be promised."), remedy=_("Correct the amount, or leave it out."))


def _named(details: OutcomeDetails | CallOutcome) -> tuple[tuple[str, object], ...]:
    """The words of a dispute are kept with its case."""
    names = ("promised_on", "promised_minor", "call_back_on", "call_back_at")
    return tuple((name, getattr(details, name)) for name in names)


def _said(details: OutcomeDetails | CallOutcome) -> tuple[object, ...]:
    return tuple(value for _name, value in _named(details))


def _detail_of(kind: EventKind, outcome: OutcomeCode, details: OutcomeDetails) -> str:
    if kind is EventKind.PROMISE_TO_PAY and details.promised_on:
        return details.promised_on.isoformat()
    if kind is EventKind.CONSENT_GIVEN and details.call_back_on:
        return f"call_back:{details.call_back_on.isoformat()}"
    return outcome.event_detail if kind in outcome.events else MessageChannel.CALL.value


def _end(reminder: Reminder, outcome: OutcomeCode, *, made_at: datetime, at: datetime) -> None:
    """Move the reminder to its end, over lawful moves alone; a correction of one that has ended leaves it there."""
    steps = [ReminderState.HANDED_OVER] if outcome.reached is Reached.PERSON else []
    for after in [*steps, outcome.ends]:
        if not may_move(reminder.state, after):
            continue
        reminder.state, reminder.state_changed_at = after, at
        reminder.outcome, reminder.lease_expires_at, reminder.next_ask_at = f"call.{outcome.code}", None, None
        if after is not ReminderState.FAILED:
            reminder.handed_over_at = made_at
        reminder.save(
            update_fields=["state", "state_changed_at", "outcome", "lease_expires_at", "next_ask_at", "handed_over_at"]
        )
