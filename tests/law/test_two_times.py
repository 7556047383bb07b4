# SPDX-License-Identifier: Apache-2.0
"""provable: a decision is explained by the rules of its day, and by what the pack stated when it was made."""

from datetime import date
from typing import Any

import pytest

from rightparty.kernel.reasons import reasons_in
from rightparty.policy.citations import rules_behind
from rightparty.policy.evaluate import judge
from rightparty.policy.pack import load_packs
from rightparty.policy.situations import facts_of, situation_of

NOW = load_packs()
FIRST_PACKS = date(2026, 11, 24)
"""A day on which four markets had packs, of 2026-11-23, and the others none."""

ZONES = {
    "CN": "Asia/Shanghai", "VN": "Asia/Ho_Chi_Minh", "US": "America/New_York", "IN": "Asia/Kolkata",
    "RU": "Europe/Moscow", "CZ": "Europe/Prague",
}  # fmt: skip
VISITED = {"channel": "call", "outcome": "no_answer"}


def reasons_at(market: str, at_local: str, *, known_on: date | None = None, **more: Any) -> set[str]:
    """The reasons to withhold on a day, by what was known on another."""
    situation = {
        "time_zones": [ZONES[market]], "clock_zone": ZONES[market], "at_local": at_local, "channel": "sms",
        "role": "debtor", "days_past_due": 10, **more,
    }  # fmt: skip
    raw = {"id": "one", "market": market, "rule": "any", "expected": "permitted", "situation": situation}
    packs = NOW if known_on is None else load_packs(known_on=known_on)
    verdict = judge(facts_of([situation_of(raw, place="here")]), packs, house=False)
    return {reason.code for reason in reasons_in(verdict["reasons_mask"][0])}


@pytest.mark.parametrize(
    ("market", "before", "since", "clock"),
    [
        ("CN", "2025-02-27", "2025-02-28", "21:00:00"),
        ("VN", "2017-03-14", "2017-03-15", "20:30:00"),
        ("RU", "2016-12-31", "2017-01-09", "08:30:00"),
    ],
)
def test_hours_change_on_the_day_the_law_takes_effect(market: str, before: str, since: str, clock: str) -> None:
    assert reasons_at(market, f"{before}T{clock}") == {"right_time.outside_contact_hours"}
    assert reasons_at(market, f"{since}T{clock}") == set()


def test_five_reminders_a_day_were_no_limit_in_vietnam_before_2020() -> None:
    def five_on(day: str) -> list[dict[str, str]]:
        return [{**VISITED, "at_local": f"{day}T{hour:02}:00:00"} for hour in range(8, 13)]

    assert reasons_at("VN", "2019-12-31T17:00:00", history=five_on("2019-12-31")) == set()
    assert reasons_at("VN", "2020-01-01T17:00:00", history=five_on("2020-01-01")) == {"right_time.person_daily_cap"}


def test_seven_calls_in_seven_days_were_no_limit_before_regulation_f() -> None:
    def seven_before(day: int) -> list[dict[str, str]]:
        return [{**VISITED, "at_local": f"2021-11-{day - n:02}T10:00:00", "debt": "A"} for n in range(7)]

    assert reasons_at("US", "2021-11-29T17:00:00", channel="call", history=seven_before(29)) == set()
    capped = reasons_at("US", "2021-11-30T17:00:00", channel="call", history=seven_before(30))
    assert capped == {"right_time.debt_call_cap"}


def test_the_days_on_both_sides_of_a_change_hold_the_message_to_both_laws() -> None:
    """At 21:30 in New York of 27 February it is 28 February in Shanghai: no zone may be outside its own day's hours."""
    zones = ["America/New_York", "Asia/Shanghai"]
    reasons = reasons_at("CN", "2025-02-28T10:30:00", time_zones=zones)
    assert reasons == {"right_time.outside_contact_hours"}


@pytest.mark.parametrize(
    ("day", "citation"),
    [
        (date(2022, 8, 11), "product default"),
        (date(2026, 3, 17), "RBI circular of 2022-08-12"),
        (date(2026, 7, 1), "draft RBI (Responsible Business Conduct)"),
    ],
)
def test_a_decision_of_last_march_is_explained_by_the_rules_of_last_march(day: date, citation: str) -> None:
    code = "right_time.outside_contact_hours"
    assert reasons_at("IN", f"{day}T19:00:00") >= {code}
    behind = rules_behind(code, market="IN", channel="sms", packs=NOW, on=day)
    assert [rule.citation[: len(citation)] for rule in behind] == [citation]


def test_what_was_not_yet_known_does_not_explain_an_earlier_decision() -> None:
    """On 24 November 2026 nobody had stated Vietnam's law before 2020; a day later it was."""
    assert reasons_at("VN", "2019-06-03T12:00:00", known_on=FIRST_PACKS) == {"right_time.rules_gap"}
    assert reasons_at("VN", "2019-06-03T12:00:00") == set()


def test_a_statement_that_was_replaced_still_explains_what_it_decided() -> None:
    code, day = "right_time.opted_out", date(2026, 11, 24)
    then, now = load_packs(known_on=FIRST_PACKS), NOW

    def confidence_in(packs: Any) -> list[str]:
        behind = rules_behind(code, market="US", channel="sms", packs=packs, on=day)
        return [rule.confidence for rule in behind if rule.kind == "consent_revoked"]

    assert confidence_in(then) == ["U"]
    assert confidence_in(now) == ["S"]


def test_a_reason_is_the_one_that_the_pack_gave_then() -> None:
    calls = [
        {"channel": "call", "outcome": "effective", "at_local": f"2026-11-24T{hour:02}:00:00"} for hour in (9, 10, 11)
    ]
    asked: dict[str, Any] = {"market": "CN", "at_local": "2026-11-24T15:00:00", "channel": "call", "history": calls}
    assert reasons_at(**asked, known_on=FIRST_PACKS) == {"right_time.person_daily_cap"}
    assert reasons_at(**asked) == {"right_time.person_call_cap"}


def test_a_default_that_became_stricter_does_not_judge_what_was_sent_before() -> None:
    """17 November is a public holiday in Czechia; the first pack left only weekends out."""
    assert reasons_at("CZ", "2026-11-17T12:00:00", known_on=FIRST_PACKS) == set()
    assert reasons_at("CZ", "2026-11-17T12:00:00") == {"right_time.not_a_contact_day"}


def test_before_a_market_had_a_pack_everything_is_withheld() -> None:
    assert "right_time.rules_gap" in reasons_at("RU", "2026-11-24T12:00:00", known_on=FIRST_PACKS)
    assert reasons_at("RU", "2026-11-24T12:00:00") == set()
