# SPDX-License-Identifier: Apache-2.0
"""What the interface takes and gives: each body and each answer as a type, unknown fields refused."""

from datetime import date, datetime, time
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import polars as pl
from ninja import Schema
from pydantic import AfterValidator, ConfigDict, Field, field_validator, model_validator

from rightparty.intake.contact_values import with_contact_values
from rightparty.intake.facts import Amount, Identifier, Instant, Word, printable, told
from rightparty.kernel.money import MINOR_LIMIT
from rightparty.kernel.vocabulary import POINT_CHANNEL_OF, HoldKind, MessageChannel, PaymentStatus

LONGEST_REPLY: Final = 10_000
"""Characters of a reply that are read at all."""

_ADDRESS_REMEDY: Final = "Write phones with + and country code (E.164), mail addresses with one @."


class Body(Schema):
    """A request's body: a misspelt field is refused instead of being ignored."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @field_validator("*")
    @classmethod
    def _can_be_kept(cls, value: object) -> object:
        # PostgreSQL keeps no text with it
        if isinstance(value, str) and "\0" in value:
            raise ValueError("the character NUL is not allowed")
        return value


def _without_nul(text: str) -> str:
    return text.replace("\0", "")


Carried = AfterValidator(_without_nul)
"""What stops something, or may, is taken without the character, never refused for it."""

AgentName = Annotated[str, Field(min_length=1, max_length=150), AfterValidator(printable)]
"""An agent as the dialler names him."""


class PaymentIn(Body):
    """A payment received or on its way."""

    payment_id: Identifier
    account_id: Identifier
    paid_at: Instant
    #: minor units of the account's currency, for example cents
    amount_minor: Amount
    status: PaymentStatus
    channel: Word = ""


class HoldIn(Body):
    """A reason not to remind a person or an account over [from_at, to_at)."""

    kind: HoldKind
    from_at: Instant
    to_at: Instant | None = None
    party_id: Identifier | Literal[""] = ""
    account_id: Identifier | Literal[""] = ""

    @model_validator(mode="after")
    def _complete(self) -> "HoldIn":
        if not self.party_id and not self.account_id:
            raise ValueError("a hold names a party_id or an account_id")
        if self.to_at is not None and self.to_at <= self.from_at:
            raise ValueError("to_at must lie after from_at")
        return self


class ReversalIn(Body):
    """Money that went back."""

    payment_id: Identifier
    account_id: Identifier
    #: both are needed only for a payment that is not known yet
    paid_at: Instant | None = None
    amount_minor: Amount | None = None


class HoldEndIn(Body):
    """The end of every running hold of a kind on a person or an account."""

    kind: HoldKind
    ended_at: Instant
    party_id: Identifier | Literal[""] = ""
    account_id: Identifier | Literal[""] = ""


class StopIn(Body):
    """A wish, a report, a demand or a promise of a person; which fields it needs, its type says."""

    type: Literal["opted_out", "consent_revoked", "wrong_party", "promise_to_pay", "cease_communication"]
    data: dict[str, Any]


class ReceiptIn(Body):
    """A carrier's word on a message."""

    channel: Literal["sms", "email"]
    #: the carrier's id of the message or of one of its segments
    provider_id: Annotated[str, Field(min_length=1, max_length=100)]
    outcome: Literal["delivered", "undelivered", "expired", "rejected", "unknown"]
    occurred_at: Instant | None = None


class ReplyIn(Body):
    """Something a recipient wrote."""

    channel: Literal["sms", "email"]
    sender: Annotated[str, Field(min_length=3, max_length=254, repr=False)]
    body: Annotated[str, Field(max_length=LONGEST_REPLY, repr=False), Carried]
    #: the carrier's id; with it a repeated delivery is recognised for ever, without it within the minute
    provider_id: Annotated[str, Field(max_length=100), Carried] = ""

    @model_validator(mode="after")
    def _written_form(self) -> "ReplyIn":
        point = POINT_CHANNEL_OF[MessageChannel(self.channel)].value
        row = {"channel": point, "value": self.sender, "party_id": None, "country": None}
        value = with_contact_values(pl.DataFrame([row], schema=dict.fromkeys(row, pl.String)))["value"].item()
        if not value:
            raise ValueError(f"sender is not an address of this channel. {_ADDRESS_REMEDY}")
        self.sender = value
        return self


class MailOut(Schema):
    """What a mail was taken for."""

    #: bounced, delivered, pending, complained, other
    kind: str
    #: it names a message of ours
    known: bool
    #: something changed by it
    changed: bool


class PaymentOut(Schema):
    """The payment as it stands now."""

    payment_id: str
    status: str


class HoldOut(Schema):
    """The hold, whether it was opened now or before."""

    hold: int


class OutcomeOut(Schema):
    """What a fact did: new, changed or repeated."""

    outcome: str
    #: planned reminders that were cancelled
    cancelled: int


class ReceiptOut(Schema):
    """What came of a receipt."""

    repeated: bool
    #: a reminder came to its end by it
    moved: bool


class ReplyOut(Schema):
    """What a reply was taken to mean and what it did."""

    intent: str
    repeated: bool
    #: planned reminders that were cancelled
    cancelled: int
    case_opened: bool


class ReasonOut(Schema):
    """Why a reminder was withheld, and what to do."""

    code: str
    text: str
    remedy: str


class ReminderOut(Schema):
    """Where a reminder stands; no name, no address, no text, no amount."""

    reminder: UUID
    state: str
    state_changed_at: datetime
    channel: str
    reasons: list[ReasonOut]
    #: number of the gate's decision in the evidence log
    evidence_index: int | None


class QuestionOut(Schema):
    """A question that stands to a person: whether a contact point is his."""

    verification: UUID
    step: str
    channel: str
    #: masked: enough for its owner to recognise
    shown: str
    expires_at: datetime
    state: str


class QuestionsOut(Schema):
    """All questions that stand to a person."""

    questions: list[QuestionOut]


class AnswerIn(Body):
    """What a person who is logged in says of his contact point."""

    party_id: Identifier
    answer: Literal["still_mine", "no_longer"]
    #: what stands in the letter, for a question that was put by letter
    letter_code: Annotated[str, Field(max_length=32, repr=False)] = ""


class CodeRequestIn(Body):
    """A person who is logged in asks for a one-time code to the point."""

    party_id: Identifier


class CodeIn(Body):
    """The code as it was typed."""

    party_id: Identifier
    code: Annotated[str, Field(min_length=1, max_length=32, repr=False)]


class VerificationOut(Schema):
    """Where a verification stands."""

    verification: UUID
    state: str


class CallIn(Body):
    """An agent is to call: a call that waits, or somebody about an account."""

    agent: AgentName
    reminder: UUID | None = None
    account_id: Identifier | Literal[""] = ""
    party_id: Identifier | Literal[""] = ""

    @model_validator(mode="after")
    def _complete(self) -> "CallIn":
        if (self.reminder is None) != bool(self.account_id and self.party_id):
            raise ValueError("a call names a reminder, or an account_id and a party_id")
        return self


class WaitingCallOut(Schema):
    """A call that waits; nothing of whom and what it is about."""

    reminder: UUID
    planned_at: datetime
    language: str
    permitted: bool
    #: first minute at which only time would permit it; null: now, or something else has to change, or not sought
    earliest: datetime | None
    reasons: list[str]


class WaitingCallsOut(Schema):
    """The calls that wait, those permitted now first."""

    calls: list[WaitingCallOut]


class CallOut(Schema):
    """A call that the gate has released: the number, and what may be said."""

    call: UUID
    number: str
    language: str
    opening: str
    ask: str
    others: str
    voicemail: str
    #: to be said once the person is identified; empty where no duty asks for it
    collector: str
    must_be_recorded: bool
    #: with which whoever is called can check the call on the recipients' pages
    code: str
    #: when the call counts as made with an unknown outcome
    outcome_until: datetime | None


class HeldCallOut(Schema):
    """A call that is not to be made now."""

    call: UUID
    state: str
    reasons: list[ReasonOut]
    earliest: datetime | None


class CallOutcomeIn(Body):
    """What came of a call."""

    agent: AgentName
    #: a code of docs/reference/call-outcomes.md
    outcome: Annotated[str, Field(max_length=32)]
    #: the agent has checked that it is the person
    identified: bool = False
    promised_on: date | None = None
    promised_minor: Annotated[int, Field(strict=True, gt=0, le=MINOR_LIMIT)] | None = None
    call_back_on: date | None = None
    call_back_at: time | None = None
    words: Annotated[str, Field(max_length=2_000, repr=False)] = ""
    #: number of the entry that this one corrects
    corrects: Annotated[int, Field(ge=0, le=1_000)] = 0


class CallOutcomeOut(Schema):
    """Where the call stands."""

    call: UUID
    state: str
    repeated: bool


class RecordingFileIn(Body):
    """A recording that the dialler has left in the folder of RIGHTPARTY_RECORDINGS_FROM."""

    agent: AgentName
    #: path below that folder
    file: Annotated[str, Field(min_length=1, max_length=500)]


class RecordingOut(Schema):
    """A recording that is kept."""

    sha256: str
    size: int
    keep_until: date | None


class HealthOut(Schema):
    """Whether reminders can go out."""

    store: Literal["ready"]
    halted: bool


class Fault(Schema):
    """One thing that is wrong with a request."""

    #: dotted name of the field; empty if it is the request as a whole
    field: str
    fault: str
    remedy: str


class Refusal(Schema):
    """Why a request was refused; nothing was changed."""

    errors: list[Fault]


def faults_of(errors: list[dict[str, Any]]) -> list[Fault]:
    """Return what a validation found, without the values that were sent: they may be personal data."""
    faults = []
    for error in errors:
        where, said, remedy = told(error)
        place = [part for part in where if part not in ("body", "query", "path", "form", "payload")]
        faults.append(Fault(field=".".join(place), fault=said, remedy=remedy))
    return faults
