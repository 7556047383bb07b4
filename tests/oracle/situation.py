# SPDX-License-Identifier: Apache-2.0
"""A situation in the plain: what a lawyer would be told before he says whether this person may be reminded now."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(slots=True, frozen=True)
class Contact:
    """One contact that was made, or tried, before; `at` is None where nobody wrote the time down."""

    at: datetime | None
    #: sms, email, app, post, call
    channel: str
    #: sent, called, answered
    kind: str
    #: the debt it was about
    account: str


@dataclass(slots=True, frozen=True)
class Said:
    """Something the person said about when he may be contacted, as contact events tell it."""

    at: datetime
    #: consent_given, consent_revoked, opted_out
    kind: str
    #: hours:08:00-22:00, days:sunday, call_back:2026-11-24, outside:12:00-20:00
    detail: str


@dataclass(slots=True)
class Situation:
    """One candidate reminder. None means: not known."""

    market: str | None = "CN"
    channel: str | None = "sms"
    purpose: str | None = "reminder"
    #: what the records say the person is to the account
    roles: tuple[str, ...] = ("debtor",)
    at: datetime | None = None
    #: zones in which the person may be, by this record; None or empty if none is known
    zones: tuple[str, ...] | None = ("Asia/Shanghai",)
    person: str | None = "person"
    account: str = "A"
    #: zones by the person's other records
    other_zones: tuple[tuple[str, ...] | None, ...] = ()
    #: contacts with the person, all debts
    past: tuple[Contact, ...] = ()
    said: tuple[Said, ...] = ()
    born: date | None = date(1990, 6, 15)
    #: the contact point
    has_contact_point: bool | None = True
    relation: str | None = "self"
    workplace: bool | None = False
    p_person: float | None = 0.99
    p_stranger: float | None = 0.001
    #: reason codes by which attribution contradicts the point
    contradictions: tuple[str, ...] | None = ()
    person_in_doubt: bool | None = False
    batch_state: str | None = "trusted"
    batch_room: int | None = 0
    #: the ledger
    account_open: bool | None = True
    ledger_consistent: bool | None = True
    amount_due_minor: int | None = 10_000
    in_flight_minor: int | None = 0
    days_past_due: int | None = 10
    holds: tuple[str, ...] | None = ()
    #: the person
    deceased: bool | None = False
    represented: bool | None = False
    bankrupt: bool | None = False
    opted_out: bool | None = False
    consent_given: bool | None = True
    consent_revoked: bool | None = False
    cease_communication: bool | None = False
    case_open: bool | None = False
    #: the words: level 0…3 of what the text discloses
    disclosure_level: int | None = 3
    template_available: bool | None = True
