# SPDX-License-Identifier: Apache-2.0
"""A judgement laid open for one message: every reason with its law and the facts it rests on, and when it would pass.

Serves right_time and provable: what an officer reads and a court follows. Pure.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from rightparty.kernel.reasons import Reason, reasons_in
from rightparty.policy.citations import rules_behind
from rightparty.policy.earliest import earliest_permitted
from rightparty.policy.evaluate import judge
from rightparty.policy.facts import FACTS
from rightparty.policy.pack import LawPacks, Rule
from rightparty.policy.rules.house import house_rules
from rightparty.policy.rules.law import withholds
from rightparty.policy.rules.product import product_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """One reason why a message is withheld."""

    reason: Reason
    #: the law behind it; empty where a promise of the product or a rule of the house is
    rules: tuple[Rule, ...]
    #: fact -> its value, of all facts that the reason looks at
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the rules say of one message."""

    permitted: bool
    because: tuple[Because, ...]
    #: first minute at which it would be allowed if only time passed; None: something else has to change
    earliest: datetime | None
    #: what the law asks besides of whoever sends it
    duties: tuple[Rule, ...]


def explain(facts: pl.DataFrame, history: pl.DataFrame, packs: LawPacks, *, house: bool = True) -> Verdict:
    """Judge one message and say why.

    Args:
        facts: one row: the columns of FACTS, person_id, account_id and zone_set.
        history: the person's contacts, as `history.count_contacts` takes them.
        packs: law packs with the house rules, as known when the decision is or was made.
        house: False leaves out the lender's own rules.
    """
    row = judge(facts, packs, house=house).row(0, named=True)
    market, channel, on = str(row["market"]), str(row["channel"]), row["local_date_min"]
    looked_at = _facts_by_reason(packs, market, house=house)
    because = tuple(
        Because(
            reason=reason,
            rules=rules_behind(reason.code, market=market, channel=channel, packs=packs, on=on),
            facts={name: row[name] for name in FACTS if name in looked_at[reason.code]},
        )
        for reason in reasons_in(row["reasons_mask"])
    )
    return Verdict(
        permitted=bool(row["permitted"]),
        because=because,
        earliest=earliest_permitted(facts, history, packs, house=house),
        duties=duties_of(packs, market=market, channel=channel, on=on),
    )


def duties_of(packs: LawPacks, *, market: str, channel: str, on: date | None) -> tuple[Rule, ...]:
    """Return the duties of a market that bear on a channel on a local day (None: any day)."""
    pack = packs.packs.get(market)
    rules = pack.rules if pack else ()
    return tuple(
        rule
        for rule in rules
        if rule.kind == "duty" and channel in rule.channels and (on is None or rule.is_in_force(on))
    )


def _facts_by_reason(packs: LawPacks, market: str, *, house: bool) -> Mapping[str, set[str]]:
    """Return the facts that the expressions of each reason read."""
    found: dict[str, set[str]] = defaultdict(lambda: {"contradictions_mask"})
    pack = packs.packs.get(market)
    rules = [product_rules(packs.house), *(withholds(rule) for rule in (pack.rules if pack else ()))]
    if house:
        rules.append(house_rules(packs.house, market))
    told = [(code, where) for each in rules for code, where in each.items()]
    for code in {code for code, _ in told}:
        found[code] = {name for said, where in told if said == code for name in where.meta.root_names()}
    found["right_time.no_law_pack"] = {"market"}
    found["right_time.rules_gap"] = {"local_date_min", "local_date_max"}
    return found
