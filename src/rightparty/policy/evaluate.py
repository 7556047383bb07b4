# SPDX-License-Identifier: Apache-2.0
"""The one decision of the product: facts in, verdict out, for a portfolio or for one message (all promises).

Reasons are bits (kernel.reasons): a verdict is one integer per row. A "no" is a value, never an exception.
Rules are compiled to expressions once for each set of packs; what holds alike in several markets is evaluated once.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache, reduce
from operator import or_
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rightparty.kernel.reasons import BY_CODE
from rightparty.policy.house import EVERYWHERE
from rightparty.policy.pack import LawPack, LawPacks, Rule
from rightparty.policy.rules.house import house_rules
from rightparty.policy.rules.law import withholds
from rightparty.policy.rules.product import contradictions, is_promised_everywhere, product_rules

VERDICT: Final = {"reasons_mask": pl.Int64(), "permitted": pl.Boolean()}
"""Columns a judgement adds."""

_WITHOUT_PACK: Final[Mapping[str, pl.Expr]] = {"right_time.no_law_pack": pl.lit(value=True)}
_UNJUDGED: Final = BY_CODE["right_time.rules_gap"].mask


def evaluate(facts: pl.LazyFrame, packs: LawPacks, *, house: bool = True) -> pl.LazyFrame:
    """Judge every row, lazily.

    Args:
        facts: the columns of FACTS; others are carried.
        packs: law packs with the house rules.
        house: False leaves out the lender's own rules.

    Shape: the rows in the same order with VERDICT. A market without a pack withholds with right_time.no_law_pack; what
    is not known withholds with its reason.

    Raises:
        PackError: a rule's parameter has no meaning.
    """
    schema = facts.collect_schema() | VERDICT
    return facts.map_batches(lambda frame: judge(frame, packs, house=house), schema=schema, streamable=True)


def judge(facts: pl.DataFrame, packs: LawPacks, *, house: bool = True) -> pl.DataFrame:
    """Judge every row at once; see `evaluate`."""
    first, last = facts["local_date_min"].min(), facts["local_date_max"].max()
    days = (first, last) if isinstance(first, date) and isinstance(last, date) else None
    compiled = compile_rules(packs, house=house, days=days)
    masks = compiled.masks(facts, facts["market"].unique().to_list())
    return facts.with_columns(masks).with_columns(permitted=pl.col("reasons_mask") == 0)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The rules for rows of some markets, each a column of its own.

    One deep expression that yields the whole mask costs four times as much to run on a thousand rows.
    """

    #: what is computed in one pass: contradictions, rules, memberships
    columns: tuple[pl.Expr, ...]
    #: bit of the reason, name of the rule's column, name of the column that says where it holds (None: everywhere)
    terms: tuple[tuple[int, str, str | None], ...]


class CompiledRules:
    """The expressions of a set of packs: each once, with the markets in which it holds.

    Most rules hold alike in many markets, and what a node of an expression costs hardly depends on the rows.
    """

    def __init__(self, packs: LawPacks, *, house: bool, days: tuple[date, date] | None) -> None:
        """Compile every pack for rows whose local dates lie within `days` (None: any)."""
        self._known = tuple(packs.packs)
        self._terms: dict[tuple[str, bytes], pl.Expr] = {}
        self._markets: dict[tuple[str, bytes], list[str]] = defaultdict(list)
        product = product_rules(packs.house)
        for market in (*packs.packs, EVERYWHERE):
            own = house_rules(packs.house, market) if house else {}
            law = _of_pack(packs.packs[market], days) if market in packs.packs else [_WITHOUT_PACK]
            for rules in (product, own, *law):
                for code, where in rules.items():
                    self._add(market, code, where)
        self._plans: dict[frozenset[str], _Plan] = {}

    def _add(self, market: str, code: str, where: pl.Expr) -> None:
        term = code, where.meta.serialize()
        self._terms[term] = where
        if market not in self._markets[term]:
            self._markets[term].append(market)

    def masks(self, facts: pl.DataFrame, markets: Iterable[str | None]) -> pl.Series:
        """Return the reasons_mask of rows of these markets; None and markets without a pack withhold."""
        present = frozenset(market if market in self._known else EVERYWHERE for market in markets)
        if present not in self._plans:
            self._plans[present] = self._planned(present)
        plan = self._plans[present]
        told = facts.select(plan.columns)
        masks = told["contradictions"].to_numpy().copy()
        for bit, rule, holds in plan.terms:
            where = _truth(told[rule])
            if holds is not None:
                where = where & _truth(told[holds])
            masks |= where.astype(np.int64) << bit
        return pl.Series("reasons_mask", masks, dtype=pl.Int64)

    def _planned(self, present: frozenset[str]) -> _Plan:
        columns = [contradictions().cast(pl.Int64).fill_null(_UNJUDGED).alias("contradictions")]
        members: dict[frozenset[str], str] = {}
        terms: list[tuple[int, str, str | None]] = []
        for (code, key), where in self._terms.items():
            holds = present.intersection(self._markets[code, key])
            if not holds:
                continue
            if holds != present and holds not in members:
                members[holds] = f"markets {len(members)}"
                columns.append(self._is_in(holds).alias(members[holds]))
            columns.append(where.alias(f"rule {len(terms)}"))
            terms.append((BY_CODE[code].bit, f"rule {len(terms)}", members.get(holds)))
        return _Plan(tuple(columns), tuple(terms))

    def _is_in(self, markets: frozenset[str]) -> pl.Expr:
        """Return where a row is of one of some markets; EVERYWHERE stands for those without a pack."""
        market = pl.col("market")
        if EVERYWHERE in markets:
            return ~market.is_in(sorted(set(self._known) - markets)).fill_null(value=False)
        return market.is_in(sorted(markets)).fill_null(value=False)


@lru_cache(maxsize=64)
def compile_rules(packs: LawPacks, *, house: bool = True, days: tuple[date, date] | None = None) -> CompiledRules:
    """Return the compiled rules of a set of packs, made once and kept."""
    return CompiledRules(packs, house=house, days=days)


def _of_pack(pack: LawPack, days: tuple[date, date] | None) -> list[Mapping[str, pl.Expr]]:
    found: list[Mapping[str, pl.Expr]] = [
        withholds(_without_dates(rule, days)) for rule in pack.rules if not is_promised_everywhere(rule)
    ]
    gaps = [gap for gap in pack.gaps() if days is None or (gap[0] <= days[1] and (gap[1] or date.max) > days[0])]
    return [*found, {"right_time.rules_gap": _in_a_gap(gaps)}] if gaps else found


def _without_dates(rule: Rule, days: tuple[date, date] | None) -> Rule:
    """Return a rule that is in force on all of the days without its dates, which then need no comparison."""
    if days is None or not (rule.is_in_force(days[0]) and rule.is_in_force(days[1])):
        return rule
    return replace(rule, effective_from=date.min, effective_to=None)


def _in_a_gap(gaps: Iterable[tuple[date, date | None]]) -> pl.Expr:
    """Return where a local day lies in a period for which the pack has no version of a needed rule."""
    inside = [
        (pl.col("local_date_min") < (end or date.max)) & (pl.col("local_date_max") >= begin) for begin, end in gaps
    ]
    return reduce(or_, inside, pl.lit(value=False)).fill_null(value=False)


def _truth(column: pl.Series) -> NDArray[np.bool_]:
    """Return a column of truth values; no rule leaves a null, and should one ever do, it withholds."""
    return column.fill_null(value=True).to_numpy() if column.null_count() else column.to_numpy()
