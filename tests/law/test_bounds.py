# SPDX-License-Identifier: Apache-2.0
"""right_time: no bound of a law pack can move, and no switch turn, without a situation that notices."""

import dataclasses
from collections.abc import Iterator
from functools import cache
from typing import Any

import polars as pl
import pytest

from rightparty.policy.clock_time import minutes_of
from rightparty.policy.pack import Rule, load_packs
from rightparty.policy.rules.law import withholds
from rightparty.policy.situations import facts_of
from tests.law.situations import all_situations

RULES = [rule for pack in load_packs().packs.values() for rule in pack.rules if rule.kind != "duty" and rule.parameters]


@cache
def facts(market: str) -> pl.DataFrame:
    return facts_of([one for one in all_situations() if one.market == market])


def moved(name: str, value: Any) -> Iterator[Any]:
    """Values a slip could have made of a parameter."""
    if name in {"from", "to"}:
        yield from (f"{minute // 60:02}:{minute % 60:02}" for minute in (minutes_of(value) - 1, minutes_of(value) + 1))
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value - 1, value + 1)
    elif name == "holds":
        yield from ([other for other in value if other != one] or ["legal"] for one in value)
    elif name == "weekdays":
        yield "all" if value == "working" else value[:-1]
    elif name == "days":
        yield "all"


def slips(rule: Rule) -> Iterator[Rule]:
    for name, value in rule.parameters.items():
        if name == "holidays" and rule.parameters["weekdays"] == "working":
            continue  # a public holiday is no working day, so this switch says it a second time
        for slip in moved(name, value):
            yield dataclasses.replace(rule, parameters={**rule.parameters, name: slip})


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.id} from {rule.effective_from}")
def test_a_slip_in_a_rule_is_noticed(rule: Rule) -> None:
    market = rule.id.partition(".")[0]
    slipped = {str(number): withholds(slip)[rule.reason] for number, slip in enumerate(slips(rule))}
    seen = facts(market).select(right=withholds(rule)[rule.reason], **slipped)
    unnoticed = [name for name in slipped if seen["right"].equals(seen[name])]
    assert unnoticed == [], [list(slips(rule))[int(name)].parameters for name in unnoticed]
