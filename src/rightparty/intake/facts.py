# SPDX-License-Identifier: Apache-2.0
"""Facts that arrive live, one form for interface, webhook, table and file: a type and its data. Pure.

Money in whole minor units of the account's currency; instants with an offset. A misspelt field is refused, never
ignored: what was meant by it might be what stops a reminder.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from rightparty.kernel.clock import NaiveInstantError, require_aware
from rightparty.kernel.money import MINOR_LIMIT
from rightparty.kernel.vocabulary import POINT_CHANNEL_OF, HoldKind, MessageChannel, PointChannel

MOST_FACTS: Final = 1_000
"""Facts in one request: enough for throughput, few enough to hold locks for a fraction of a second."""


FIRST_YEAR: Final = 1900
"""Nothing that a lender reports happened earlier; that a hold ends in 9999 is how some say "never"."""

_OUTSIDE: Final = f"not an instant of the years {FIRST_YEAR} to 9999"


def _written(instant: object) -> object:
    """Refuse a bare number: nobody can say whether it counts seconds, milliseconds or microseconds."""
    if isinstance(instant, datetime) or (isinstance(instant, str) and "-" in instant):
        return instant
    raise ValueError("not an instant as text")


def _in_utc(instant: datetime) -> datetime:
    try:
        told = require_aware(instant)
    except OverflowError:
        raise ValueError(_OUTSIDE) from None
    if told.year < FIRST_YEAR:
        raise ValueError(_OUTSIDE)
    return told


def printable(text: str) -> str:
    """Return the text, or refuse it for control characters."""
    if not text.isprintable():
        raise ValueError("control characters are not allowed")
    return text


Instant = Annotated[datetime, BeforeValidator(_written), AfterValidator(_in_utc)]
"""An instant with an offset, for example 2026-11-23T10:00:00+08:00."""
Identifier = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(printable)]
"""A name that the lender gave, 1 to 64 printable characters."""
Amount = Annotated[int, Field(strict=True, ge=0, le=MINOR_LIMIT)]
"""Whole minor units."""
Word = Annotated[str, Field(max_length=32), AfterValidator(printable)]


class FactBody(BaseModel):
    """The data of one fact."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class PaymentData(FactBody):
    """Money received, or on its way."""

    payment_id: Identifier
    account_id: Identifier
    paid_at: Instant
    amount_minor: Amount
    channel: Word = ""


class ReversalData(FactBody):
    """Money that went back. Of a payment not known yet, instant and amount are needed to record it."""

    payment_id: Identifier
    account_id: Identifier
    paid_at: Instant | None = None
    amount_minor: Amount | None = None
    channel: Word = ""


class _OnSomebody(FactBody):
    kind: HoldKind
    party_id: Identifier | Literal[""] = ""
    account_id: Identifier | Literal[""] = ""

    @model_validator(mode="after")
    def _names_somebody(self) -> "_OnSomebody":
        if not self.party_id and not self.account_id:
            raise ValueError("a hold names a party_id or an account_id")
        return self


class HoldData(_OnSomebody):
    """A reason not to remind a person or an account over [from_at, to_at)."""

    from_at: Instant
    to_at: Instant | None = None

    @model_validator(mode="after")
    def _ends_after_start(self) -> "HoldData":
        if self.to_at is not None and self.to_at <= self.from_at:
            raise ValueError("to_at must lie after from_at")
        return self


class HoldEndData(_OnSomebody):
    """The end of every running hold of a kind on a person or an account."""

    ended_at: Instant


class StopData(FactBody):
    """A wish or a report about a contact value."""

    event_id: Identifier
    channel: PointChannel
    value: Annotated[str, Field(min_length=1, max_length=500, repr=False), AfterValidator(printable)]
    occurred_at: Instant
    party_id: Identifier | Literal[""] = ""
    account_id: Identifier | Literal[""] = ""
    #: one message channel of the point; empty: all of them
    message_channel: MessageChannel | Literal[""] = ""

    @model_validator(mode="after")
    def _channels_agree(self) -> "StopData":
        if self.message_channel and POINT_CHANNEL_OF[MessageChannel(self.message_channel)] is not self.channel:
            raise ValueError("message_channel does not reach a point of this channel")
        return self


class PromiseData(FactBody):
    """A promise to pay; without a day it stands for seven days."""

    event_id: Identifier
    party_id: Identifier
    occurred_at: Instant
    account_id: Identifier | Literal[""] = ""
    promised_on: date | None = None


class CeaseData(FactBody):
    """A person's demand that communication cease, over all debts."""

    party_id: Identifier
    occurred_at: Instant


TYPES: Final[Mapping[str, type[FactBody]]] = {
    "payment.posted": PaymentData,
    "payment.pending": PaymentData,
    "payment.reversed": ReversalData,
    "hold.placed": HoldData,
    "hold.ended": HoldEndData,
    "stop.opted_out": StopData,
    "stop.consent_revoked": StopData,
    "stop.wrong_party": StopData,
    "stop.promise_to_pay": PromiseData,
    "stop.cease_communication": CeaseData,
}
"""Each type of fact and what its data hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact, well formed; `place` is where it stood in its delivery, from 0."""

    place: int
    type: str
    data: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FactFault:
    """One thing that is wrong with a fact; the values sent are not repeated, they may be personal data."""

    place: int
    #: dotted name within the fact; empty if it is the fact as a whole
    field: str
    fault: str
    remedy: str
    #: as the interface answers: 404 not known here, 409 contradicts what is recorded, 422 malformed
    status: int = 422


REMEDIES: Final = {
    "missing": "Add the field.",
    "extra_forbidden": "Remove the field; see docs/reference/api.md for the fields there are.",
    "json_invalid": "Send one JSON object, encoded in UTF-8.",
    "datetime_parsing": NaiveInstantError.remedy,
    "datetime_from_date_parsing": NaiveInstantError.remedy,
    "int_type": "Write a whole number of minor units, without quotes or a decimal point.",
}
"""What to do about a fault, by the validation's own name for it."""


def read_facts(given: Iterable[object]) -> tuple[list[Fact], list[FactFault]]:
    """Return the facts that are well formed, and what is wrong with the others.

    Shape of one: {"type": …, "data": {…}}; `id` and `timestamp` beside them belong to the envelope and are let pass.
    """
    facts: list[Fact] = []
    faults: list[FactFault] = []
    for place, each in enumerate(given):
        read = _read(place, each)
        if isinstance(read, Fact):
            facts.append(read)
        else:
            faults += read
    return facts, faults


def _read(place: int, given: object) -> Fact | list[FactFault]:
    if not isinstance(given, Mapping):
        return [FactFault(place=place, field="", fault="not an object", remedy='Send {"type": …, "data": {…}}.')]
    strange = sorted(str(name)[:64] for name in given if name not in ("type", "data", "id", "timestamp"))
    if strange:
        remedy = "A fact has a type and data; its fields belong into data."
        return [FactFault(place=place, field=strange[0], fault="not a field of a fact", remedy=remedy)]
    kind = given.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        remedy = f"Send one of {', '.join(TYPES)}."
        return [FactFault(place=place, field="type", fault="type is missing or not known", remedy=remedy)]
    try:
        data = TYPES[kind].model_validate(given.get("data"))
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        return [
            FactFault(place=place, field=".".join(("data", *where)), fault=fault, remedy=remedy)
            for where, fault, remedy in (told(detail) for detail in details)
        ]
    return Fact(place=place, type=kind, data=data)


def told(error: Mapping[str, Any]) -> tuple[list[str], str, str]:
    """Return where a validation found something, what, and the remedy; never the value."""
    # parts with a bracket are no field but which of several types was tried
    where = [str(part)[:64] for part in error.get("loc", ()) if "[" not in str(part)]
    said = str(error.get("msg", "")).removeprefix("Value error, ")
    instant = bool(where) and where[-1].endswith("_at")
    remedy = REMEDIES.get(str(error.get("type")), NaiveInstantError.remedy if instant else "Correct the field.")
    return where, said, remedy
