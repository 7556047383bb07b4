# SPDX-License-Identifier: Apache-2.0
"""The outcome codes of the trade: what came of an agent's call, and what each becomes (once, right_time, correctable).

The attempt itself was counted when the gate released the call. A conversation with the person counts besides, as
Regulation F counts it (12 CFR 1006.14(b)(2)(i)(B)). A call reached the person (`delivered`), somebody or something else
that is no proof of the person (`handed_over`), or nobody (`failed`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rightparty.dispatch.reminder_state import ReminderState
from rightparty.kernel.vocabulary import EventKind, HoldKind


def gettext_noop(message: str) -> str:
    """Mark a text for translation and return it unchanged."""
    return message


_ = gettext_noop


class Reached(StrEnum):
    """Whom a call reached."""

    PERSON = "person"
    SOMEBODY = "somebody"
    NOBODY = "nobody"


class Effect(StrEnum):
    """What is done at once beside the contact events, by the operation that already does it elsewhere."""

    WRONG_PARTY = "wrong_party"
    DISPUTE = "dispute"
    CEASE = "cease_communication"
    STOP_CALLS = "stop_calls"


class Detail(StrEnum):
    """What an agent has to say besides."""

    PROMISE = "promise"
    CALL_BACK = "call_back"
    #: may be left empty
    WORDS = "words"


REACHED_TEXTS: Final[Mapping[Reached, str]] = {
    Reached.PERSON: _("I spoke with the person"),
    Reached.SOMEBODY: _("Somebody else, or a machine"),
    Reached.NOBODY: _("Nobody"),
}

ENDS: Final[Mapping[Reached, ReminderState]] = {
    Reached.PERSON: ReminderState.DELIVERED,
    Reached.SOMEBODY: ReminderState.HANDED_OVER,
    Reached.NOBODY: ReminderState.FAILED,
}
"""The state in which the reminder of a call ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCode:
    """One way a call can end."""

    code: str
    #: on the button
    text: str
    reached: Reached
    #: what it is and what follows, for the reference
    meaning: str
    #: contact events about the point, the party and the account, beside `answered` where the person was reached
    events: tuple[EventKind, ...] = ()
    #: the `detail` of those events that need one which the agent does not give
    event_detail: str = ""
    effect: Effect | None = None
    #: opened on the person
    hold: HoldKind | None = None
    asks: Detail | None = None

    @property
    def needs_identity(self) -> bool:
        """Whether the agent must have checked who it is. A stop, a hold or an objection is taken from anybody."""
        return self.reached is Reached.PERSON and self.effect is None and self.hold is None

    @property
    def ends(self) -> ReminderState:
        """The state in which the reminder ends."""
        return ENDS[self.reached]


_P, _S, _N = Reached.PERSON, Reached.SOMEBODY, Reached.NOBODY

OUTCOMES: Final = (
    OutcomeCode(
        code="right_party_contact", text=_("Spoke with the person"), reached=_P,
        meaning="The person was spoken to about the debt; nothing of the following came of it.",
    ),
    OutcomeCode(
        code="promise_to_pay", text=_("Promise to pay"), reached=_P, asks=Detail.PROMISE,
        events=(EventKind.PROMISE_TO_PAY,),
        meaning="Payment was promised for a day. No reminder of this account until that day and the days of grace.",
    ),
    OutcomeCode(
        code="callback_requested", text=_("Wants to be called back"), reached=_P, asks=Detail.CALL_BACK,
        events=(EventKind.CONSENT_GIVEN,),
        meaning="Asked to be called on a day, on which a call is no breach of the days of peace after a conversation.",
    ),
    OutcomeCode(
        code="refused_to_pay", text=_("Refuses to pay"), reached=_P,
        meaning="The person said that he will not pay. Nothing is held: a refusal is no dispute.",
    ),
    OutcomeCode(
        code="dispute", text=_("Disputes the debt"), reached=_P, effect=Effect.DISPUTE, asks=Detail.WORDS,
        meaning="The person disputes the debt: the account is on hold and a case is open before the agent goes on.",
    ),
    OutcomeCode(
        code="hardship", text=_("Is in hardship"), reached=_P, hold=HoldKind.HARDSHIP,
        meaning="The person cannot pay. Nothing goes to him until somebody has looked at what helps.",
    ),
    OutcomeCode(
        code="attorney", text=_("Is represented"), reached=_P, hold=HoldKind.ATTORNEY,
        meaning="An attorney represents the person, and is contacted instead.",
    ),
    OutcomeCode(
        code="cease_communication", text=_("Wants no contact at all"), reached=_P, effect=Effect.CEASE,
        meaning="Communication ceases over all debts of the person and all channels (12 CFR 1006.6(c)).",
    ),
    OutcomeCode(
        code="no_more_calls", text=_("Wants no more calls"), reached=_S, effect=Effect.STOP_CALLS,
        meaning="Whoever answered wants no calls to this number. Nothing is said about who it was.",
    ),
    OutcomeCode(
        code="wrong_party", text=_("Wrong number: not known there"), reached=_S, effect=Effect.WRONG_PARTY,
        meaning="The person is not known at this number: it is stopped, planned reminders to it are cancelled, a case"
        " is open, and the report counts against the load that brought the number.",
    ),
    OutcomeCode(
        code="third_party", text=_("Somebody who knows the person"), reached=_S,
        meaning="Family, a colleague, a flatmate. Nothing was said of the debt; the number may still be the person's.",
    ),
    OutcomeCode(
        code="deceased", text=_("Said to have died"), reached=_S, hold=HoldKind.DECEASED,
        meaning="Nothing goes to the person until the estate process has taken over.",
    ),
    OutcomeCode(
        code="language_barrier", text=_("No common language"), reached=_S,
        meaning="Who answered could not be understood; whether it was the person is not known.",
    ),
    OutcomeCode(
        code="voicemail_message", text=_("Voicemail: neutral message left"), reached=_S,
        meaning="A message that names the sender and asks for a call back, and says nothing of a debt.",
    ),
    OutcomeCode(code="no_answer", text=_("No answer"), reached=_N, meaning="It rang. An attempt."),
    OutcomeCode(code="busy", text=_("Busy"), reached=_N, meaning="An attempt."),
    OutcomeCode(
        code="voicemail_no_message", text=_("Voicemail: no message left"), reached=_N, meaning="An attempt.",
    ),
    OutcomeCode(
        code="disconnected", text=_("Number not in service"), reached=_N, events=(EventKind.UNDELIVERED,),
        event_detail="call: not in service",
        meaning="The network says that there is no such subscriber: evidence that the number reaches nobody.",
    ),
    OutcomeCode(
        code="not_dialled", text=_("I did not dial"), reached=_N,
        meaning="The agent did not call after all. It counts as an attempt all the same: too many are counted rather"
        " than too few.",
    ),
)  # fmt: skip
"""Every outcome, in the order in which pages offer them."""

BY_CODE: Final[Mapping[str, OutcomeCode]] = {each.code: each for each in OUTCOMES}


def events_of(outcome: OutcomeCode, *, identified: bool) -> tuple[EventKind, ...]:
    """Return the contact events of an outcome.

    `answered` is the conversation that frequency rules count. Only an identity that the agent has checked says that the
    number is the person's.
    """
    if outcome.reached is not Reached.PERSON:
        return outcome.events
    checked = (EventKind.NAME_AGREES,) if identified else ()
    return (EventKind.ANSWERED, *checked, *outcome.events)
