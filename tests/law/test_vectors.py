# SPDX-License-Identifier: Apache-2.0
"""right_time: every market's situations, each with its citation, judged as the law says. One runner for all."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from rightparty.kernel.reasons import reasons_in
from rightparty.policy.evaluate import evaluate
from rightparty.policy.pack import load_packs
from tests.law.situations import facts_of

PACKS = load_packs()
VECTORS = [
    (file.parent.name, vector)
    for file in sorted(Path(__file__).parent.glob("*/*.yaml"))
    for vector in yaml.safe_load(file.read_text(encoding="utf-8"))
]
REASONS_OF_RULE = {
    "contact_hours": {"right_time.outside_contact_hours"},
    "voice_per_day": {"right_time.person_daily_cap"},
    "per_day": {"right_time.person_daily_cap"},
    "who": {"right_party.not_liable"},
    "third_parties": {"right_party.not_liable"},
    "opted_out": {"right_time.opted_out"},
    "medium": {"right_time.opted_out"},
    "call_frequency": {"right_time.debt_call_cap"},
    "after_conversation": {"right_time.after_conversation"},
    "cease_communication": {"right_time.cease_communication"},
    "attorney_represented": {"right_time.attorney_represented"},
    "dispute_unverified": {"right_debt.disputed"},
    "contact_days": {"right_time.not_a_contact_day"},
}
HOUSE = {"right_time.person_daily_cap", "right_time.person_weekly_cap"}


def reasons_of(market: str, situation: dict[str, Any]) -> set[str]:
    verdict = evaluate(facts_of(market, situation), PACKS).collect()
    return {reason.code for reason in reasons_in(verdict["reasons_mask"][0])}


@pytest.mark.parametrize(("market", "vector"), VECTORS, ids=[vector["id"] for _, vector in VECTORS])
def test_the_law_of_a_market_judges_as_cited(market: str, vector: dict[str, Any]) -> None:
    reasons = reasons_of(market, vector["situation"])
    rule = vector.get("rule") or vector["id"].split("-")[1]
    if vector["expected"] == "withheld":
        assert reasons & REASONS_OF_RULE[rule], (vector["why"], reasons)
    else:
        # the house's own caps over the person are stricter than the law and not its subject here
        assert not reasons - HOUSE, (vector["why"], reasons)


def test_every_rule_of_a_pack_is_tried_with_a_situation_it_withholds() -> None:
    """A rule nobody ever saw withhold may be dead: its reason is provoked in its own market."""
    for market, pack in PACKS.packs.items():
        for rule in pack.rules:
            situation = breaking(rule.kind, rule.channels[0])
            if rule.kind == "hold":
                situation["flags"] = [f"hold:{rule.parameters['holds'][0]}"]
            facts = facts_of(market, situation)
            mask = evaluate(facts, PACKS).collect()["reasons_mask"][0]
            assert rule.reason in {reason.code for reason in reasons_in(mask)}, rule.id


def breaking(kind: str, channel: str) -> dict[str, Any]:
    """A situation that breaks a kind of rule and is otherwise lawful (Tuesday noon)."""
    noon = {
        "time_zones": ["Asia/Shanghai"], "clock_zone": "Asia/Shanghai", "at_local": "2026-11-24T12:00:00",
        "channel": channel, "role": "debtor", "days_past_due": 10,
    }  # fmt: skip
    call = {"channel": "call", "at_local": "2026-11-24T09:00:00", "outcome": "conversation"}
    more: dict[str, dict[str, Any]] = {
        "liable_roles": {"role": "emergency_contact"},
        "contact_hours": {"at_local": "2026-11-24T23:00:00"},
        "contact_days": {"at_local": "2026-11-22T12:00:00"},
        "contacts_per_day": {"history": [call] * 5},
        "effective_calls_per_day": {"history": [call] * 3},
        "debt_calls_in_7_days": {"history": [{**call, "outcome": "no_answer"}] * 7},
        "after_conversation": {"history": [call]},
        "medium_refused": {"flags": [f"opted_out:{channel}"]},
        "consent_revoked": {"flags": [f"opted_out:{channel}"]},
        "cease_communication": {"flags": ["cease_communication"]},
        "represented": {"flags": ["attorney_represented"]},
        "deceased": {"flags": ["deceased"]},
        "bankrupt": {"flags": ["bankrupt"]},
        "hold": {},
    }
    return {**noon, **more[kind]}
