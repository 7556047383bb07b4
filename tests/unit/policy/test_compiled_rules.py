# SPDX-License-Identifier: Apache-2.0
"""Rules compiled for many rows and markets say what each of them says alone (right_time, all promises)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from rightparty.kernel.reasons import BY_CODE
from rightparty.policy.evaluate import judge
from rightparty.policy.facts import FACTS
from rightparty.policy.house import EVERYWHERE
from rightparty.policy.pack import load_packs
from rightparty.policy.rules.house import house_rules
from rightparty.policy.rules.law import withholds
from rightparty.policy.rules.product import contradictions, product_rules

PACKS = load_packs()
ROWS = 400
DAYS = [date(2026, 11, 20) + timedelta(days=n) for n in range(4)]
CHOICES: dict[str, list[Any]] = {
    "market": [*PACKS.packs, "XX"],
    "channel": ["sms", "email", "call", "post", "app", "fax"],
    "purpose": ["reminder", "location_enquiry"],
    "role": ["debtor", "guarantor", "emergency_contact", ""],
    "relation": ["self", "spouse"],
    "batch_state": ["none", "trusted", "on_trial", "stopped"],
    "currency": ["CNY", "EUR", "XXX"],
    "at": [datetime(2026, 11, 23, 6, tzinfo=UTC)],
    "local_date_min": DAYS[:2],
    "local_date_max": DAYS[1:],
    "p_person": [0.2, 0.9, 0.99],
    "p_stranger": [0.0, 0.001, 0.3],
    "disclosure_level": [0, 1, 2, 3],
    "local_minute_min": [0, 420, 479, 480, 540, 700],
    "local_minute_max": [700, 1079, 1080, 1200, 1260, 1439],
    "age_years": [17, 18, 70],
    "days_past_due": [0, 30, 1094, 1095, 3650, 4000],
}
WHOLE_NUMBERS = [-3, -2, 0, 1, 2, 3, 4, 7, 14, 16, 500, 1200]


def random_facts(seed: int, *, known: float) -> pl.DataFrame:
    dice = np.random.default_rng(seed)

    def column(name: str, kind: pl.DataType | type[pl.DataType]) -> pl.Series:
        values = CHOICES.get(name) or ([True, False] if kind == pl.Boolean else WHOLE_NUMBERS)
        picked = [values[n] for n in dice.integers(0, len(values), ROWS)]
        told = [value if keep else None for value, keep in zip(picked, dice.random(ROWS) < known, strict=True)]
        return pl.Series(name, told, dtype=kind)

    return pl.DataFrame([column(name, kind) for name, kind in FACTS.items()])


def read_one_by_one(facts: pl.DataFrame, market: str | None) -> pl.Series:
    """Evaluate each rule of a market by its own expression and put the reasons together."""
    pack = PACKS.packs.get(market or "")
    rules = [product_rules(PACKS.house), house_rules(PACKS.house, market if market and pack else EVERYWHERE)]
    rules += [withholds(rule) for rule in pack.rules] if pack else [{"right_time.no_law_pack": pl.lit(value=True)}]
    masks = facts.select(contradictions()).to_series().cast(pl.Int64)
    for code, where in ((code, where) for each in rules for code, where in each.items()):
        told = facts.select(pl.lit(value=0), told=where.fill_null(value=True))["told"]
        masks |= told.cast(pl.Int64) * BY_CODE[code].mask
    return masks


@pytest.mark.parametrize("known", [1.0, 0.9])
@pytest.mark.parametrize("seed", range(3))
def test_compiled_together_they_say_what_each_says_alone(seed: int, known: float) -> None:
    facts = random_facts(seed, known=known).with_row_index("row")
    judged = judge(facts, PACKS).select("row", "reasons_mask")
    alone = pl.concat(
        rows.select("row", reasons_mask=read_one_by_one(rows, market))
        for (market,), rows in facts.partition_by("market", as_dict=True).items()
    ).sort("row")
    assert judged["reasons_mask"].to_list() == alone["reasons_mask"].to_list()
    assert judged["reasons_mask"].n_unique() > ROWS // 2, "the facts hardly differ"
