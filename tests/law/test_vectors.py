# SPDX-License-Identifier: Apache-2.0
"""right_time: every market's situations, each with its citation, judged as the law says. One runner for all."""

from collections import Counter
from functools import cache

import polars as pl
import pytest

from rightparty.cli.policy_check import Judged, check_situations
from rightparty.policy.pack import Rule, load_packs
from rightparty.policy.rules.law import withholds
from rightparty.policy.situations import facts_of
from tests.law.situations import all_situations

PACKS = load_packs()
RULES = [rule for pack in PACKS.packs.values() for rule in pack.rules if rule.kind != "duty"]


@cache
def judged() -> dict[str, Judged]:
    return {one.id: one for one in check_situations(all_situations(), PACKS).situations}


@cache
def tried() -> pl.DataFrame:
    """The facts of every situation, with what it tries and what is expected."""
    situations = all_situations()
    return facts_of(situations).with_columns(
        tries=pl.Series([f"{one.market}.{one.rule}" for one in situations]),
        expected=pl.Series([one.expected for one in situations]),
    )


def test_every_situation_has_a_name_of_its_own() -> None:
    names = Counter(one.id for one in all_situations())
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize("name", [one.id for one in all_situations()])
def test_the_law_of_a_market_judges_as_cited(name: str) -> None:
    one = judged()[name]
    assert one.passed, (one.expected, one.why, one.reasons)
    assert one.citation


def test_every_situation_tries_a_rule_of_its_pack() -> None:
    known = {rule.id for rule in RULES}
    assert {f"{one.market}.{one.rule}" for one in all_situations()} <= known


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.id} from {rule.effective_from}")
def test_every_version_of_a_rule_was_seen_to_withhold_and_to_permit(rule: Rule) -> None:
    """A rule nobody ever saw withhold may be dead, and one nobody ever saw permit may be deaf."""
    own = tried().filter(
        pl.col("tries") == rule.id,
        pl.col("channel").is_in(rule.channels),
        pl.col("local_date_min") >= rule.effective_from,
        *([] if rule.effective_to is None else [pl.col("local_date_max") < rule.effective_to]),
    )
    seen = own.select("expected", withholds=withholds(rule)[rule.reason])
    assert seen.filter(pl.col("expected") == "withheld", "withholds").height > 0
    assert seen.filter(pl.col("expected") == "permitted").height > 0
    assert seen.filter(pl.col("expected") == "permitted", "withholds").height == 0
