# SPDX-License-Identifier: Apache-2.0
"""Situations that a lawyer can read, turned into the facts that rules see (right_time).

A situation is one line of JSON: what is asked (market, rule, citation, why), what is expected, and the situation
itself. Everything that it does not mention is lawful: the right person at a certain contact point owes money that is
due, and was never contacted before. So a "no" can only come from what is mentioned.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from rightparty.kernel.clock import is_known_zone
from rightparty.kernel.vocabulary import HOLD_BITS, HoldKind, MessageChannel, Purpose
from rightparty.policy.calendar import with_calendar
from rightparty.policy.clock_time import minutes_of
from rightparty.policy.errors import PackError
from rightparty.policy.facts import FACTS
from rightparty.policy.history import count_contacts
from rightparty.policy.local_time import ZONE_SEPARATOR, with_local_time

LAWFUL: Final[Mapping[str, Any]] = {
    "purpose": Purpose.REMINDER.value,
    "roles_contradict": False,
    "call_requested": False,
    "has_contact_point": True,
    "relation": "self",
    "workplace": False,
    "p_person": 0.999,
    "p_stranger": 0.001,
    "contradictions_mask": 0,
    "person_in_doubt": False,
    "batch_state": "trusted",
    "batch_room": 0,
    "account_open": True,
    "ledger_consistent": True,
    "amount_due_minor": 10_000,
    "in_flight_minor": 0,
    "days_since_payment": None,
    "days_since_complaint": None,
    "days_to_promise": None,
    "currency": None,
    "holds_mask": 0,
    "deceased": False,
    "age_years": 40,
    "represented": False,
    "bankrupt": False,
    "opted_out": False,
    "consent_given": True,
    "consent_revoked": False,
    "cease_communication": False,
    "case_open": False,
    "disclosure_level": 3,
    "template_available": True,
    "agreed_from_minute": None,
    "agreed_to_minute": None,
    "agreed_days_mask": None,
    "requested_from_minute": None,
    "requested_to_minute": None,
}
"""What a situation that says nothing is like; the other facts come from its clock, calendar and history."""

EXPECTED: Final = ("permitted", "withheld")

ANSWERED: Final = ("effective", "conversation", "answered")
"""Outcomes of a call in which the person was spoken to."""

NOT_COUNTED: Final = ("unconnected", "busy", "wrong_number_learned", "prior_consent")
"""Outcomes of calls that no law of the packs counts (12 CFR 1006.14(b)(3), comment 14(b)(2)(i)-3)."""

_FIELDS: Final = (
    "time_zones", "at_local", "clock_zone", "channel", "role", "days_past_due", "history", "flags", "consents",
)  # fmt: skip
_CHANNELS: Final = {**{channel.value: channel.value for channel in MessageChannel}, "letter": "post", "text": "sms"}
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PLAIN_FLAGS: Final[Mapping[str, tuple[str, Any]]] = {
    "cease_communication": ("cease_communication", True),
    "deceased": ("deceased", True),
    "bankrupt": ("bankrupt", True),
    "attorney_represented": ("represented", True),
    "workplace": ("workplace", True),
    "roles_contradict": ("roles_contradict", True),
    "age:unknown": ("age_years", None),
    "location_enquiry": ("purpose", Purpose.LOCATION_ENQUIRY.value),
}
"""Flag -> the fact that it sets."""
_HOLD_FLAGS: Final[Mapping[str, HoldKind]] = {
    "dispute_unverified": HoldKind.DISPUTE,
    "fraud_claim": HoldKind.FRAUD_CLAIM,
    "breathing_space": HoldKind.BREATHING_SPACE,
    "hardship": HoldKind.HARDSHIP,
    "vulnerable": HoldKind.VULNERABILITY,
    "in_hospital": HoldKind.VULNERABILITY,
    "incapacitated": HoldKind.VULNERABILITY,
    "disability_group_1": HoldKind.VULNERABILITY,
    **{f"hold:{kind.value}": kind for kind in HoldKind},
}
"""Flag -> the hold that it puts on the person."""
_CHANNEL_FLAGS: Final = {"opted_out": "opted_out", "no_medium": "opted_out", "consent_revoked": "consent_revoked"}
"""Flag that names a channel -> the fact that is true on that channel."""
_HISTORY: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "person_id": pl.String, "account_id": pl.String, "channel": pl.String, "kind": pl.String,
    "occurred_at": pl.Datetime("us", "UTC"),
}  # fmt: skip
_DEBT: Final = "A"


class SituationError(ValueError):
    """A situation cannot be read; the message names file, line and field."""

    remedy = "Correct the line; docs/how-to/check-a-law-pack.md describes the fields."


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One situation and what is expected of it."""

    id: str
    market: str
    #: what is tried: the name or the kind of a rule
    rule: str
    #: permitted or withheld
    expected: str
    citation: str
    why: str
    #: the facts it mentions over LAWFUL, with `at` and `zone_set`
    facts: Mapping[str, Any]
    #: contacts already made: account, channel, kind of event, instant
    history: tuple[tuple[str, str, str, datetime], ...]


def read_situations(lines: Iterable[str], *, name: str) -> list[Situation]:
    """Read situations, one JSON object a line; blank lines are skipped.

    Args:
        lines: the text.
        name: the file's name, for errors.

    Raises:
        SituationError: a line is malformed; nothing is guessed.
    """
    found = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            place = f"{name}, line {number}"
            try:
                raw = json.loads(line)
            except ValueError as error:
                raise SituationError(f"{place}: not JSON ({error}). {SituationError.remedy}") from error
            found.append(situation_of(raw, place=place))
    return found


def situation_of(raw: object, *, place: str) -> Situation:
    """Return one situation.

    Args:
        raw: what JSON or YAML gave.
        place: where it stands, for errors.

    Raises:
        SituationError: a field is missing, unknown or has no meaning.
    """
    given = _Fields(raw, place=place, path="")
    said = _Fields(given.take("situation"), place=place, path="situation.")
    said.refuse_unknown(_FIELDS)
    return Situation(
        id=given.text("id"),
        market=given.text("market"),
        rule=given.text("rule"),
        expected=given.one_of("expected", EXPECTED),
        citation=given.text("citation", default=""),
        why=given.text("why", default=""),
        facts=_facts(said),
        history=tuple(_history(said)),
    )


def facts_of(situations: Sequence[Situation]) -> pl.DataFrame:
    """Return the facts of many situations.

    Shape: one row per situation, in order, with the columns of FACTS.
    """
    rows = [
        {**LAWFUL, **situation.facts, "market": situation.market, "person_id": str(number), "account_id": _DEBT}
        for number, situation in enumerate(situations)
    ]
    past = [
        (str(number), debt, channel, kind, occurred_at)
        for number, situation in enumerate(situations)
        for debt, channel, kind, occurred_at in situation.history
    ]
    columns = [*LAWFUL, "market", "channel", "role", "days_past_due", "at"]
    texts = ("person_id", "account_id", "zone_set")
    schema: dict[str, pl.DataType | type[pl.DataType]] = {name: FACTS[name] for name in columns}
    schema.update(dict.fromkeys(texts, pl.String))
    frame = with_calendar(with_local_time(pl.DataFrame(rows, schema=schema)))
    counted = count_contacts(frame, pl.DataFrame(past, schema=_HISTORY, orient="row"))
    return counted.select(pl.col(name).cast(kind) for name, kind in FACTS.items())


class _Fields:
    """The fields of one object, read with errors that name the place."""

    def __init__(self, raw: object, *, place: str, path: str) -> None:
        self._place, self._path = place, path
        if not isinstance(raw, Mapping):
            raise self.wrong("", "an object is needed")
        self._raw = raw

    def wrong(self, field: str, what: str) -> SituationError:
        name = f"{self._path}{field}".rstrip(".") or "the whole"
        return SituationError(f"{self._place}: field {name}: {what}. {SituationError.remedy}")

    def refuse_unknown(self, known: Sequence[str]) -> None:
        # a field with a slip of the pen would pass for lawful
        for field in self._raw:
            if field not in known:
                raise self.wrong(str(field), f"unknown; known are {', '.join(known)}")

    def take(self, field: str) -> Any:
        if field not in self._raw:
            raise self.wrong(field, "is missing")
        return self._raw[field]

    def text(self, field: str, *, default: str | None = None) -> str:
        value = self._raw.get(field, default)
        if not isinstance(value, str) or (default is None and not value):
            raise self.wrong(field, "a text is needed")
        return value

    def one_of(self, field: str, allowed: Iterable[str]) -> str:
        value = self.text(field)
        if value not in allowed:
            raise self.wrong(field, f"{value!r} is not one of {', '.join(allowed)}")
        return value

    def texts(self, field: str) -> list[str]:
        values = self._raw.get(field, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise self.wrong(field, "a list of texts is needed")
        return values

    def objects(self, field: str) -> "list[_Fields]":
        values = self._raw.get(field, [])
        if not isinstance(values, list):
            raise self.wrong(field, "a list is needed")
        return [
            _Fields(value, place=self._place, path=f"{self._path}{field}[{number}].")
            for number, value in enumerate(values)
        ]

    def instant(self, field: str, *, zone: ZoneInfo) -> datetime:
        try:
            local = datetime.fromisoformat(self.text(field))
        except ValueError as error:
            raise self.wrong(field, "a local time such as 2026-11-24T08:00:00 is needed") from error
        if local.tzinfo is not None:
            raise self.wrong(field, "a local time has no offset; the zone is clock_zone")
        return local.replace(tzinfo=zone).astimezone(UTC)


def _facts(said: _Fields) -> dict[str, Any]:
    zone = _zone(said)
    at = said.instant("at_local", zone=zone)
    channel = _CHANNELS[said.one_of("channel", _CHANNELS)]
    role, days = said.text("role"), said.take("days_past_due")
    if days is not None and type(days) is not int:
        raise said.wrong("days_past_due", "a whole number is needed, or null")
    facts: dict[str, Any] = {
        "at": at,
        "zone_set": ZONE_SEPARATOR.join(said.texts("time_zones")) or None,
        "channel": channel,
        "role": None if role == "unknown" else role,
        "days_past_due": days,
    }
    for flag in said.texts("flags"):
        _add_flag(facts, flag, said=said)
    for consent in said.texts("consents"):
        _add_consent(facts, consent, said=said, today=at.astimezone(zone).date().isoformat())
    return facts


def _zone(said: _Fields) -> ZoneInfo:
    name = said.text("clock_zone")
    if not is_known_zone(name):
        raise said.wrong("clock_zone", f"{name!r} is no IANA time zone")
    return ZoneInfo(name)


def _history(said: _Fields) -> list[tuple[str, str, str, datetime]]:
    zone = _zone(said)
    found = []
    for contact in said.objects("history"):
        contact.refuse_unknown(("channel", "at_local", "outcome", "debt"))
        channel = _CHANNELS[contact.one_of("channel", _CHANNELS)]
        outcome, occurred_at = contact.text("outcome"), contact.instant("at_local", zone=zone)
        kind = "sent" if channel != "call" else "answered" if outcome in ANSWERED else "called"
        # an outcome that is not known here counts as an attempt: the stricter reading
        if channel != "call" or outcome not in NOT_COUNTED:
            found.append((contact.text("debt", default=_DEBT), channel, kind, occurred_at))
    return found


def _add_flag(facts: dict[str, Any], flag: str, *, said: _Fields) -> None:
    name, _, detail = flag.partition(":")
    if flag in _PLAIN_FLAGS:
        fact, value = _PLAIN_FLAGS[flag]
        facts[fact] = value
    elif flag in _HOLD_FLAGS:
        facts["holds_mask"] = facts.get("holds_mask", 0) | HOLD_BITS[_HOLD_FLAGS[flag]]
    elif name in _CHANNEL_FLAGS and detail in _CHANNELS:
        fact = _CHANNEL_FLAGS[name]
        facts[fact] = facts.get(fact, False) or _CHANNELS[detail] == facts["channel"]
    elif name == "preference":
        facts["requested_from_minute"], facts["requested_to_minute"] = _hours(detail, wrong=_wrong(said, "flags", flag))
    elif name == "age" and detail.isdecimal():
        facts["age_years"] = int(detail)
    else:
        known = ", ".join([*_PLAIN_FLAGS, *_HOLD_FLAGS, *(f"{name}:CHANNEL" for name in _CHANNEL_FLAGS), "age:YEARS"])
        raise _wrong(said, "flags", flag)(f"known are {known}, preference:HH:MM-HH:MM")


def _add_consent(facts: dict[str, Any], consent: str, *, said: _Fields, today: str) -> None:
    name, _, detail = consent.partition(":")
    wrong = _wrong(said, "consents", consent)
    if name == "hours":
        facts["agreed_from_minute"], facts["agreed_to_minute"] = _hours(detail, wrong=wrong)
    elif name == "days":
        days = detail.split(",")
        if unknown := [day for day in days if day not in _WEEKDAYS]:
            raise wrong(f"{unknown[0]!r} is no weekday")
        mask = sum(1 << _WEEKDAYS.index(day) for day in set(days))
        facts["agreed_days_mask"] = (facts.get("agreed_days_mask") or 0) | mask
    elif name == "call_back":
        facts["call_requested"] = facts.get("call_requested", False) or detail == today
    else:
        raise wrong("known are hours:HH:MM-HH:MM, days:WEEKDAY, call_back:YYYY-MM-DD")


def _wrong(said: _Fields, field: str, value: str) -> Callable[[str], SituationError]:
    def wrong(what: str) -> SituationError:
        return said.wrong(field, f"{value!r}: {what}")

    return wrong


def _hours(text: str, *, wrong: Callable[[str], SituationError]) -> tuple[int, int]:
    begin, _, end = text.partition("-")
    try:
        hours = minutes_of(begin), minutes_of(end)
    except PackError as error:
        raise wrong(str(error)) from error
    if hours[0] >= hours[1]:
        raise wrong("the hours must begin before they end")
    return hours
