# SPDX-License-Identifier: Apache-2.0
"""What the product promises in every market, law or no law: who is not known to be safe is left alone."""

from tests.oracle.clocks import Clock
from tests.oracle.counting import Counts
from tests.oracle.situation import Situation
from tests.oracle.wishes import Wishes

HELD = {
    "dispute": "right_debt.disputed",
    "fraud_claim": "right_debt.disputed",
    "complaint": "right_debt.on_hold",
    "hardship": "right_debt.on_hold",
    "legal": "right_debt.on_hold",
    "bankruptcy": "right_debt.bankruptcy",
    "deceased": "right_party.deceased",
    "attorney": "right_time.attorney_represented",
    "breathing_space": "right_time.breathing_space",
    "vulnerability": "right_time.protected_person",
}
CONTRADICTED = {
    "right_party.reported_wrong_party",
    "right_party.reassigned",
    "right_party.value_under_unlinked_person",
    "right_party.third_party_contact",
    "right_party.contact_point_expired",
}
LIABLE = {"debtor", "co_debtor", "guarantor"}
CHANNELS = {"sms", "email", "call", "post", "app"}
ACCOUNT, AMOUNT = 2, 3


def promised(
    s: Situation, shown: list[Clock] | None, counts: Counts, wishes: Wishes, thresholds: dict[str, float]
) -> set[str]:
    """Return the reasons by which the product itself withholds."""
    reasons = {HELD[hold] for hold in s.holds} if s.holds is not None else set(HELD.values())
    reasons |= set(s.contradictions or ()) & CONTRADICTED
    if outside_request(wishes, shown):
        reasons.add("right_time.outside_requested_hours")
    for code, holds in {**_party(s), **_point(s, thresholds), **_debt(s), **_time(s, shown, counts)}.items():
        if holds:
            reasons.add(code)
    return reasons


def _party(s: Situation) -> dict[str, bool]:
    return {
        "right_party.not_liable": not LIABLE & set(s.roles),
        "right_party.roles_contradict": bool(LIABLE & set(s.roles)) and bool(set(s.roles) - LIABLE),
        "right_party.location_enquiry": s.purpose != "reminder",
        "right_party.deceased": s.deceased is not False,
        "right_party.batch_stopped": s.batch_state == "stopped",
        "right_party.batch_on_trial": s.batch_room is None
        or not (s.batch_state in {"none", "trusted", "stopped"} or (s.batch_state == "on_trial" and s.batch_room > 0)),
    }


def _point(s: Situation, thresholds: dict[str, float]) -> dict[str, bool]:
    """Who receives, and how much may be said to him."""
    known = s.has_contact_point is True
    level = s.disclosure_level
    needed = thresholds["limited_content"]
    if level is not None and level >= ACCOUNT:
        needed = thresholds["amount" if level >= AMOUNT else "account"]
    sure = s.p_person is not None and needed <= s.p_person <= 1.0 and s.contradictions is not None
    supported = 1
    nobody_else = s.p_stranger is not None and s.p_stranger <= thresholds["stranger_at_most"]
    if s.p_person is not None and nobody_else and s.contradictions == ():
        supported = AMOUNT if s.p_person >= thresholds["amount"] else supported
        supported = ACCOUNT if thresholds["account"] <= s.p_person < thresholds["amount"] else supported
    return {
        "right_party.no_contact_point": not known,
        "right_party.below_threshold": known and not sure,
        "right_party.third_party_contact": known and s.relation != "self",
        "right_party.person_in_doubt": known and s.person_in_doubt is not False,
        "right_words.no_approved_template": s.template_available is not True or s.channel not in CHANNELS,
        "right_words.disclosure_too_high": level is None or level > supported,
        "correctable.case_open": s.case_open is not False,
    }


def _debt(s: Situation) -> dict[str, bool]:
    return {
        "right_debt.nothing_due": s.amount_due_minor is None or s.amount_due_minor <= 0,
        "right_debt.payment_in_flight": s.in_flight_minor != 0,
        "right_debt.account_not_open": s.account_open is not True,
        "right_debt.ledger_inconsistent": s.ledger_consistent is not True or s.days_past_due is None,
        "right_debt.bankruptcy": s.bankrupt is not False,
    }


def _time(s: Situation, shown: list[Clock] | None, counts: Counts) -> dict[str, bool]:
    return {
        "right_time.unknown_local_time": shown is None,
        "right_time.history_unknown": counts.of is None,
        "right_time.clock_contradiction": counts.in_future,
        "right_time.cease_communication": s.cease_communication is not False,
        "right_time.opted_out": s.opted_out is not False or s.consent_revoked is not False,
        "right_time.attorney_represented": s.represented is not False,
    }


def outside_request(wishes: Wishes, shown: list[Clock] | None) -> bool:
    """Tell whether it is outside the hours the person asked for, in any zone."""
    if wishes.requested_hours is None:
        return False
    begin, end = wishes.requested_hours
    return any(not begin <= read.minute < end for read in shown or [])
