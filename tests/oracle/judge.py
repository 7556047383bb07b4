# SPDX-License-Identifier: Apache-2.0
"""The slow reader of the law: one situation in, the reasons for which it is withheld out. Nothing here is shared with
the engine but the files of the packs.
"""

from dataclasses import dataclass
from datetime import date

from tests.oracle.clocks import Clock, clocks, days_between, is_public_holiday, is_working_day
from tests.oracle.counting import Counts, age, count
from tests.oracle.lawbook import Lawbook, Rule, has_gap, in_force, minute
from tests.oracle.promises import CHANNELS, LIABLE, outside_request, promised
from tests.oracle.situation import Situation
from tests.oracle.wishes import Wishes, wishes_of


@dataclass(slots=True, frozen=True)
class Reading:
    """What can be read off a situation before any rule is looked at."""

    clocks: list[Clock] | None
    days: list[date] | None
    counts: Counts
    wishes: Wishes
    age: int | None
    #: any local day is a public holiday; None: not known
    holiday: bool | None
    #: every local day is a working day; None: not known
    working: bool | None


def read(situation: Situation) -> Reading:
    shown = clocks(situation.at, situation.zones)
    days = days_between(shown) if shown else None
    kept = [is_public_holiday(situation.market, day) for day in days or []]
    worked = [is_working_day(situation.market, day) for day in days or []]
    return Reading(
        clocks=shown,
        days=days,
        counts=count(situation),
        wishes=wishes_of(situation, days),
        age=age(situation.born, days),
        holiday=None if not kept or None in kept else any(kept),
        working=None if not worked or None in worked else all(worked),
    )


def judge(situation: Situation, lawbook: Lawbook, thresholds: dict[str, float]) -> set[str]:
    """Return the codes of all reasons against the reminder; empty if it is permitted."""
    seen = read(situation)
    reasons = promised(situation, seen.clocks, seen.counts, seen.wishes, thresholds)
    rules = lawbook.of_market.get(situation.market or "")
    if rules is None:
        return reasons | {"right_time.no_law_pack"}
    if seen.days is not None and any(has_gap(rules, day) for day in seen.days):
        reasons.add("right_time.rules_gap")
    for rule in rules:
        if binds(rule, situation, seen):
            reasons |= broken(rule, situation, seen)
    return reasons


def binds(rule: Rule, situation: Situation, seen: Reading) -> bool:
    """Tell whether a rule restricts this channel and is in force on any local day; what is not known, is."""
    channels = rule.get("channels", CHANNELS)
    if situation.channel is not None and situation.channel not in channels and not set(channels) >= CHANNELS:
        return False
    return seen.days is None or any(in_force(rule, day) for day in seen.days)


def broken(rule: Rule, situation: Situation, seen: Reading) -> set[str]:
    if rule["kind"] == "minor":
        if seen.age is None:
            return {"right_party.age_unknown"}
        return {rule["reason"]} if seen.age < rule["age"] else set()
    return {rule["reason"]} if _is_broken(rule, situation, seen) else set()


def _is_broken(rule: Rule, situation: Situation, seen: Reading) -> bool:
    match rule["kind"]:
        case "liable_roles":
            return not LIABLE & set(situation.roles)
        case "contact_hours":
            return _at_a_wrong_hour(rule, situation, seen)
        case "contact_days":
            return _on_a_wrong_day(rule, seen)
        case "frequency":
            counted = seen.counts.of
            return counted is None or counted[rule["counts"], rule["window"]] >= rule["most"]
        case "after_conversation":
            since = seen.counts.days_since_conversation
            return since is not None and since < rule["days"] and not seen.wishes.call_requested
        case "requested_hours":
            return outside_request(seen.wishes, seen.clocks)
        case "consent_required":
            return situation.consent_given is not True
        case "statute_barred":
            return situation.days_past_due is None or situation.days_past_due >= 365 * rule["years"]
        case "hold":
            return situation.holds is None or any(hold in rule["holds"] for hold in situation.holds)
        case "location_enquiry":
            return situation.purpose != "reminder"
        case "duty":
            return False
        case kind:
            return _recorded(kind, situation) is not False


def _recorded(kind: str, situation: Situation) -> bool | None:
    return {
        "workplace": situation.workplace,
        "medium_refused": situation.opted_out,
        "consent_revoked": situation.consent_revoked,
        "cease_communication": situation.cease_communication,
        "represented": situation.represented,
        "deceased": situation.deceased,
        "bankrupt": situation.bankrupt,
    }[kind]


def _at_a_wrong_hour(rule: Rule, situation: Situation, seen: Reading) -> bool:
    if seen.clocks is None:
        return False  # the unknown local time is a reason of its own
    days, until = rule.get("days", "all"), rule.get("until_dpd")
    one_day = seen.days is not None and len(seen.days) == 1
    if (days == "working" and seen.working is False and one_day) or (days == "non_working" and seen.working is True):
        return False  # of two plausible days one may be a working day although not both are
    if until is not None and situation.days_past_due is not None and situation.days_past_due > until:
        return False
    shown = [read.minute for read in seen.clocks]
    if rule["agreed_hours"]:
        agreed = seen.wishes.agreed_hours
        if agreed is not None and all(agreed[0] <= now < agreed[1] for now in shown):
            return False
    return any(not minute(rule["from"]) <= now < minute(rule["to"]) for now in shown)


def _on_a_wrong_day(rule: Rule, seen: Reading) -> bool:
    if seen.days is None:
        return False  # the unknown local time is a reason of its own
    agreed = seen.wishes.agreed_days if rule["agreed_days"] else frozenset()
    if all(day.isoweekday() in agreed for day in seen.days):
        return False
    # an agreement about one of two possible days does not take away what holds of both together
    if not rule["holidays"] and seen.holiday is not False:
        return True
    match rule["weekdays"]:
        case "all":
            return False
        case "working":
            return seen.working is not True
        case weekdays:
            return any(day.isoweekday() not in {*weekdays, *agreed} for day in seen.days)
