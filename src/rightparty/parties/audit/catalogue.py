# SPDX-License-Identifier: Apache-2.0
"""Every finding: what it is called, how grave it is, its likely cause and the repair. Serves right_party.

Texts are English message ids; faces translate them. Nothing here names a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SEVERITIES: Final = ("high", "medium", "low", "info")
"""Gravest first. `info` is worth knowing and nothing to repair."""


def gettext_noop(message: str) -> str:
    """Mark a text for translation and return it unchanged."""
    return message


_ = gettext_noop


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingKind:
    """What a finding means."""

    severity: str
    #: points, parties or events: what is counted
    subject: str
    title: str
    cause: str
    remedy: str


_OWN: Final = _("collect each person's own contact point")
_AGAIN: Final = _("refuse the load, correct the file between these lines, deliver it again")
_PAPERS: Final = _("correct it from the papers")
_VERIFY: Final = _("verify by one-time code or log-in before it is used")
_COMPARE: Final = _("compare the papers; link or correct, never merge by name alone")
_CLOCK: Final = _("correct the clock or the time zone of the source, and deliver its rows again")


def _points(severity: str, title: str, cause: str, remedy: str) -> FindingKind:
    return FindingKind(severity=severity, subject="points", title=title, cause=cause, remedy=remedy)


def _parties(severity: str, title: str, cause: str, remedy: str) -> FindingKind:
    return FindingKind(severity=severity, subject="parties", title=title, cause=cause, remedy=remedy)


def _events(severity: str, title: str, cause: str, remedy: str) -> FindingKind:
    return FindingKind(severity=severity, subject="events", title=title, cause=cause, remedy=remedy)


_OF_POINTS: Final[Mapping[str, FindingKind]] = {
    "contact_column_moved": _points(
        "high", _("A contact column stands beside the wrong rows"),
        _("a contact column shifted against its rows, or sorted apart from them"), _AGAIN),
    "source_agreement_fell": _points(
        "high", _("A source agrees with the others less than it used to"),
        _("the source's file was joined by the wrong key, cut, or written by a spreadsheet"),
        _("compare the examples with the source; deliver it again")),
    "value_under_many_persons": _points(
        "high", _("One value under many persons"),
        _("a switchboard, an agent's own number, a filler, a column filled down"), _OWN),
    "agents_own_number": _points(
        "high", _("One value that agents or branches gave for many persons"),
        _("an agent typed a number of his own"), _("ask the agent; collect each person's own contact point")),
    "value_under_unlinked_persons": _points(
        "high", _("One value under persons who have nothing to do with one another"),
        _("typing error, shared or re-assigned number"),
        _("find out whose it is; look at the load that brought it")),
    "contact_values_moved": _points(
        "medium", _("Contact values that stood under another person"),
        _("re-assigned or shared numbers, corrections; many at once: rows of two files merged wrongly"),
        _("compare the examples with the file the lender's system holds")),
    "third_party_recorded_as_self": _points(
        "high", _("Somebody else's contact recorded as the person's own"),
        _("an emergency contact or employer entered as the borrower's own"), _("ask the person for his own")),
    "contact_of_deceased": _points(
        "high", _("Contact points of a person who died"), _("the person died"),
        _("hand over to the estate process")),
    "reported_wrong_party": _points(
        "high", _("Contact points where somebody said: not me"),
        _("the number was mistyped or given to somebody else"), _("collect a new contact point")),
    "holder_name_differs": _points(
        "medium", _("Contact points whose holder has another name"),
        _("a shared, re-assigned or mistyped contact point; many lines run under a relative's name"), _VERIFY),
    "mailbox_spells_another_name": _points(
        "medium", _("Mailboxes that spell another person's name"),
        _("somebody else's mailbox, or a mail column that has moved"), _VERIFY),
    "filler_value": _points(
        "high", _("Values that only fill a field"), _("a field that had to be filled"), _OWN),
    "unassigned_number": _points(
        "medium", _("Numbers that no operator has given out"),
        _("a digit mistyped, too many or missing; a made-up number"), _OWN),
    "service_number": _points(
        "medium", _("Numbers of services, not of persons"),
        _("a hotline, a premium number or a pager entered as the person's own"), _OWN),
    "reserved_value": _points(
        "medium", _("Values reserved for tests and fiction"), _("a test or sample record in the portfolio"),
        _("remove the record, or collect the person's own contact point")),
    "disposable_mailbox": _points(
        "medium", _("Mailboxes that exist for minutes"), _("a throw-away address given to pass a form"), _VERIFY),
    "role_mailbox": _points(
        "medium", _("Mailboxes of a role, read by several people"),
        _("a company's mailbox given as the person's own"), _OWN),
    "stale": _points(
        "medium", _("Contact points that have probably been given up"),
        _("no sign of life for longer than such contact points last in their market"),
        _("verify by one-time code or log-in")),
    "collected_in_future": _points(
        "medium", _("Contact points collected in the future"), _("a wrong date, clock or time zone"), _CLOCK),
    "collected_before_birth": _points(
        "medium", _("Contact points collected before the person was born"),
        _("a wrong date of collection or birth, or somebody else's row"), _PAPERS),
    "many_contact_points": _points(
        "low", _("Persons with very many contact points"),
        _("a collector's list, rows of several persons under one id, skip tracing"),
        _("keep those that are confirmed; look for rows of other persons")),
    "number_with_extension": _points(
        "low", _("Numbers with an extension"), _("a switchboard: messages cannot reach the extension"), _OWN),
    "foreign_number": _points(
        "info", _("Numbers of another country than the person's"),
        _("a person who lives or works abroad, or a wrong country code"),
        _("nothing; the law of the number's place counts as well")),
    "ported_number": _points(
        "info", _("Numbers taken to another carrier"), _("the person changed the carrier and kept the number"),
        _("nothing; ask the carrier that has it now")),
    "shared_mailbox": _points(
        "info", _("Mailboxes that linked persons share"), _("a couple or a family with one mailbox"),
        _("nothing; no text there tells of a debt in full")),
}  # fmt: skip

_OF_PARTIES: Final[Mapping[str, FindingKind]] = {
    "birth_dates_moved": _parties(
        "high", _("Birth dates stand beside the wrong persons"),
        _("the birth date column shifted against its rows, or day and month exchanged"), _AGAIN),
    "national_ids_moved": _parties(
        "high", _("National ids stand beside the wrong persons"),
        _("the id column shifted against its rows, or sorted apart from them"), _AGAIN),
    "names_moved": _parties(
        "high", _("Names stand beside the wrong persons"),
        _("the name column shifted against its rows, or sorted apart from them"), _AGAIN),
    "same_national_id": _parties(
        "high", _("One national id under several persons"), _("one human under two ids, or a mistyped id"), _COMPARE),
    "same_person_by_contact": _parties(
        "high", _("The same name, birth date and contact point under several ids"),
        _("one human who was recorded twice"), _COMPARE),
    "two_humans_under_one_id": _parties(
        "high", _("One id that seems to hold two humans"),
        _("records of two persons merged, or an id of the lender's given out twice"),
        _("hold the party; compare the papers; split it")),
    "same_name_and_birth_date": _parties(
        "medium", _("The same name and birth date under several ids"),
        _("one human under two ids, or namesakes"), _COMPARE),
    "national_id_check_digit": _parties(
        "medium", _("National ids that cannot be right"), _("a mistyped or cut id"), _PAPERS),
    "national_id_contradicts_birth": _parties(
        "medium", _("National ids that carry another birth date"), _("a mistyped date, or somebody else's id"),
        _PAPERS),
    "national_id_contradicts_sex": _parties(
        "medium", _("National ids that carry another sex"), _("a wrong entry, or somebody else's id"), _PAPERS),
    "party_without_usable_contact": _parties(
        "medium", _("Persons without a usable contact point"), _("nothing recorded or all expired"),
        _("collect a contact point")),
}  # fmt: skip

_OF_EVENTS: Final[Mapping[str, FindingKind]] = {
    "clocks_apart": _events(
        "medium", _("Two sources of events whose clocks disagree"),
        _("a source that writes local time, or the wrong offset"), _CLOCK),
    "event_in_future": _events(
        "medium", _("Events dated in the future"), _("a wrong clock or time zone"), _CLOCK),
    "unknown_event_kind": _events(
        "low", _("Events of a kind that the product does not know"),
        _("a new kind of the source, or a misspelt one"),
        _("nothing is lost: they are kept and weigh nothing; tell them by a kind of the contract")),
}  # fmt: skip

CATALOGUE: Final[Mapping[str, FindingKind]] = {**_OF_POINTS, **_OF_PARTIES, **_OF_EVENTS}
"""Code -> what it means, in the order in which findings of one severity are shown."""
