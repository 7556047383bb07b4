# SPDX-License-Identifier: Apache-2.0
"""The rules of one market as a decision table of zen-engine: the same reasons, written in its own language.

zen has no bit masks, so holds and contradictions are given as lists of names; dates are given as weekday numbers and
ISO texts.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from time import process_time
from typing import Any, Final

import polars as pl
import zen

from benchmarks.machine import Measurement
from rightparty.kernel.reasons import mask_of, reasons_in
from rightparty.kernel.vocabulary import HOLD_BITS, HoldKind
from rightparty.policy.clock_time import minutes_of
from rightparty.policy.evaluate import judge
from rightparty.policy.facts import FACTS
from rightparty.policy.house import CAPS
from rightparty.policy.pack import FREQUENCIES, LawPack, LawPacks, Rule
from rightparty.policy.rules.product import CONTRADICTIONS

_LIABLE: Final = 'role in ["debtor", "co_debtor", "guarantor"]'
_ASKED: Final = (
    "(requested_from_minute != null and local_minute_min < requested_from_minute) "
    "or (requested_to_minute != null and local_minute_max >= requested_to_minute)"
)


_SAMPLED: Final = 150
_MANY: Final = 200_000
_GATE: Final = 1_000


def beside_zen(facts: pl.DataFrame, packs: LawPacks) -> list[Measurement]:
    """Measure decisions a second of processor time of both on rows of every market; the answers must be the same.

    Processor time, so that neither gains by what else the machine does, nor the rules by their threads.

    Raises:
        AssertionError: the two disagree on a row.
    """
    seconds, decided = 0.0, 0
    for market in packs.packs:
        rows = facts.filter(pl.col("market") == market).head(_SAMPLED).select(list(FACTS))
        decision, told = decision_of(packs, market), situations(rows)
        begin = process_time()
        found = [decision.evaluate(situation)["result"] for situation in told]
        seconds += process_time() - begin
        decided += len(told)
        masks = [mask_of({hit["code"] for hit in hits}) for hits in found]
        if masks != judge(rows, packs)["reasons_mask"].to_list():
            raise AssertionError(f"{market}: zen-engine and the rules disagree")
    many = pl.concat([facts] * (1 + _MANY // facts.height)).head(_MANY)
    ours = _decisions_a_second([many], packs)
    batches = [facts[start : start + _GATE] for start in range(0, facts.height - _GATE + 1, _GATE)]
    theirs = decided / seconds
    return [
        Measurement(name="zen-engine, a decision, processor", value=1e6 / theirs, unit="us"),
        Measurement(name="zen-engine, rows with the same answer", value=decided, unit="rows"),
        Measurement(name="decisions a second of processor, 200,000 rows", value=ours, unit="1/s", floor=theirs),
        Measurement(
            name="decisions a second of processor, 1,000 rows at a time",
            value=_decisions_a_second(batches, packs),
            unit="1/s",
            floor=theirs,
        ),
    ]


def _decisions_a_second(batches: list[pl.DataFrame], packs: LawPacks) -> float:
    judge(batches[0], packs)
    begin = process_time()
    for batch in batches:
        judge(batch, packs)
    return sum(batch.height for batch in batches) / (process_time() - begin)


def decision_of(packs: LawPacks, market: str) -> Any:
    """Return the compiled table of a market's law, the house rules and the product's own."""
    rules = [*_product(packs), *_house(packs, market), *_law(packs.packs[market])]
    table = {
        "hitPolicy": "collect",
        "inputs": [{"id": "where", "name": "where"}],
        "outputs": [{"id": "code", "name": "code", "field": "code"}],
        "rules": [
            {"_id": f"r{number}", "where": where, "code": json.dumps(code)}
            for number, (code, where) in enumerate(rules)
        ],
    }
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in", "position": {"x": 0, "y": 0}},
        {"id": "t", "type": "decisionTableNode", "name": "t", "position": {"x": 0, "y": 0}, "content": table},
        {"id": "out", "type": "outputNode", "name": "out", "position": {"x": 0, "y": 0}},
    ]
    edges = [
        {"id": "e1", "sourceId": "in", "targetId": "t", "type": "edge"},
        {"id": "e2", "sourceId": "t", "targetId": "out", "type": "edge"},
    ]
    return zen.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))


def situations(facts: pl.DataFrame) -> list[dict[str, Any]]:
    """Return rows of facts as zen reads them."""
    return [_situation(row) for row in facts.iter_rows(named=True)]


def _situation(row: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in row.items() if not isinstance(value, date)}
    first, last = row["local_date_min"], row["local_date_max"]
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    agreed = row["agreed_days_mask"] or 0
    return plain | {
        "weekdays": [day.isoweekday() for day in days],
        "agreed_weekdays": [day for day in range(1, 8) if agreed >> (day - 1) & 1],
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
        "holds": [kind.value for kind in HoldKind if row["holds_mask"] & HOLD_BITS[kind]],
        "contradictions": [reason.code for reason in reasons_in(row["contradictions_mask"])],
    }


def _held(*kinds: str) -> str:
    return " or ".join(f'"{kind}" in holds' for kind in kinds)


def _product(packs: LawPacks) -> list[tuple[str, str]]:
    t = packs.thresholds
    needed = f"(disclosure_level >= 3 ? {t.amount} : disclosure_level >= 2 ? {t.account} : {t.limited_content})"
    clear = f"(len(contradictions) == 0 and p_stranger <= {t.stranger_at_most})"
    supported = f"({clear} and p_person >= {t.amount} ? 3 : {clear} and p_person >= {t.account} ? 2 : 1)"
    settled = 'batch_state in ["none", "trusted", "stopped"] or (batch_state == "on_trial" and batch_room > 0)'
    return [
        *((code, f'"{code}" in contradictions') for code in CONTRADICTIONS),
        ("right_party.no_contact_point", "not has_contact_point"),
        ("right_party.below_threshold", f"has_contact_point and p_person < {needed}"),
        ("right_party.not_liable", f"not ({_LIABLE})"),
        ("right_party.roles_contradict", "roles_contradict"),
        ("right_party.location_enquiry", 'purpose != "reminder"'),
        ("right_party.batch_stopped", 'batch_state == "stopped"'),
        ("right_party.batch_on_trial", f"not ({settled})"),
        ("right_party.third_party_contact", 'has_contact_point and relation != "self"'),
        ("right_party.person_in_doubt", "has_contact_point and person_in_doubt"),
        ("right_party.deceased", f"deceased or {_held('deceased')}"),
        ("right_debt.nothing_due", "amount_due_minor <= 0"),
        ("right_debt.payment_in_flight", "in_flight_minor != 0"),
        ("right_debt.account_not_open", "not account_open"),
        ("right_debt.ledger_inconsistent", "not ledger_consistent"),
        ("right_debt.disputed", _held("dispute", "fraud_claim")),
        ("right_debt.on_hold", _held("complaint", "hardship", "legal")),
        ("right_debt.bankruptcy", f"bankrupt or {_held('bankruptcy')}"),
        ("right_time.unknown_local_time", "local_minute_min == null"),
        ("right_time.outside_requested_hours", _ASKED),
        ("right_time.history_unknown", "contacts_person_day == null"),
        ("right_time.clock_contradiction", "history_in_future"),
        ("right_time.cease_communication", "cease_communication"),
        ("right_time.opted_out", "opted_out or consent_revoked"),
        ("right_time.attorney_represented", f"represented or {_held('attorney')}"),
        ("right_time.breathing_space", _held("breathing_space")),
        ("right_time.protected_person", _held("vulnerability")),
        ("right_words.no_approved_template", "not template_available"),
        ("right_words.disclosure_too_high", f"disclosure_level > {supported}"),
        ("correctable.case_open", "case_open"),
    ]


def _house(packs: LawPacks, market: str) -> list[tuple[str, str]]:
    """The shipped house rules: caps, hours, cooling-off and promises."""
    house = packs.house
    calendar = house.calendar_of(market)
    found = [
        (CAPS[name].reason, _at_least(CAPS[name].channels, FREQUENCIES[CAPS[name].counts, CAPS[name].window], most))
        for name, most in house.caps_of(market).items()
    ]
    outside = f"local_minute_min < {calendar.begin} or local_minute_max >= {calendar.end}"
    within = [
        f"(days_since_{event} != null and days_since_{event} < {days})"
        for event, days in (("payment", house.days_after_payment), ("complaint", house.days_after_complaint))
    ]
    return [
        *found,
        ("right_time.outside_house_hours", outside),
        ("right_time.cooling_off", " or ".join(within)),
        ("right_time.promise_to_pay", f"days_to_promise != null and days_to_promise >= {-house.promise_grace_days}"),
    ]


def _at_least(channels: Iterable[str], fact: str, most: int) -> str:
    return f"channel in {json.dumps(sorted(channels))} and {fact} >= {most}"


def _law(pack: LawPack) -> list[tuple[str, str]]:
    found = [
        (rule.reason, f"({_applies(rule)}) and ({_LAW[rule.kind](rule)})") for rule in pack.rules if rule.kind != "duty"
    ]
    of_age = [rule for rule in pack.rules if rule.kind == "minor"]
    return [*found, *(("right_party.age_unknown", f"{_applies(rule)} and age_years == null") for rule in of_age)]


def _applies(rule: Rule) -> str:
    conditions = [
        f"channel in {json.dumps(list(rule.channels))}", f'd(last_day) >= d("{rule.effective_from.isoformat()}")',
    ]  # fmt: skip
    if rule.effective_to is not None:
        conditions.append(f'd(first_day) < d("{rule.effective_to.isoformat()}")')
    return " and ".join(conditions)


def _hours(rule: Rule) -> str:
    given = rule.parameters
    where = f"(local_minute_min < {minutes_of(given['from'])} or local_minute_max >= {minutes_of(given['to'])})"
    if given["agreed_hours"]:
        where += (
            " and not (agreed_from_minute != null and agreed_to_minute != null "
            "and local_minute_min >= agreed_from_minute and local_minute_max < agreed_to_minute)"
        )
    days = given.get("days", "all")
    if days != "all":
        where += " and working_day" if days == "working" else " and not working_day"
    if "until_dpd" in given:
        where += f" and days_past_due <= {given['until_dpd']}"
    return where


def _days(rule: Rule) -> str:
    given = rule.parameters
    agreed = "all(weekdays, # in agreed_weekdays)" if given["agreed_days"] else "false"
    days = given["weekdays"]
    if days == "working":
        right_day = f"(working_day or {agreed})"
    elif days == "all":
        right_day = "true"
    else:
        named = f"# in {json.dumps(list(days))}" + (" or # in agreed_weekdays" if given["agreed_days"] else "")
        right_day = f"all(weekdays, {named})"
    if not given["holidays"]:
        right_day += f" and (not public_holiday or {agreed})"
    return f"not ({right_day})"


_LAW: Final[Mapping[str, Callable[[Rule], str]]] = {
    "liable_roles": lambda _: f"not ({_LIABLE})",
    "contact_hours": _hours,
    "contact_days": _days,
    "frequency": lambda rule: (
        f"{FREQUENCIES[rule.parameters['counts'], rule.parameters['window']]} >= {rule.parameters['most']}"
    ),
    "after_conversation": lambda rule: (
        f"days_since_conversation != null and days_since_conversation < {rule.parameters['days']} "
        "and not call_requested"
    ),
    "requested_hours": lambda _: _ASKED,
    "workplace": lambda _: "workplace",
    "medium_refused": lambda _: "opted_out",
    "consent_required": lambda _: "not consent_given",
    "consent_revoked": lambda _: "consent_revoked",
    "cease_communication": lambda _: "cease_communication",
    "represented": lambda _: "represented",
    "deceased": lambda _: "deceased",
    "bankrupt": lambda _: "bankrupt",
    "minor": lambda rule: f"age_years != null and age_years < {rule.parameters['age']}",
    "statute_barred": lambda rule: f"days_past_due >= {365 * rule.parameters['years']}",
    "hold": lambda rule: _held(*rule.parameters["holds"]),
    "location_enquiry": lambda _: 'purpose != "reminder"',
}
