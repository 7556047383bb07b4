# SPDX-License-Identifier: Apache-2.0
"""The one decision of the product: facts in, verdict out, for a portfolio or for one message (all promises).

Reasons are bits (kernel.reasons): a verdict is one integer per row. A "no" is a value, never an exception.
Rules are compiled to expressions once for each set of packs; rows are judged market by market, each by its own pack, so
that the cost of a row does not grow with the number of markets.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache, reduce
from operator import add, or_
from typing import Final

import polars as pl

from rightparty.kernel.reasons import BY_CODE
from rightparty.policy.facts import FACTS
from rightparty.policy.house import EVERYWHERE
from rightparty.policy.pack import LawPack, LawPacks
from rightparty.policy.rules.house import house_rules
from rightparty.policy.rules.law import withholds
from rightparty.policy.rules.product import contradictions, product_rules

VERDICT: Final = {"reasons_mask": pl.Int64(), "permitted": pl.Boolean()}
"""Columns a judgement adds."""

_NO_PACK: Final = BY_CODE["right_time.no_law_pack"].mask
_UNJUDGED: Final = BY_CODE["right_time.rules_gap"].mask
_BITS: Final = 8
_BYTE: Final = tuple(pl.lit(1 << bit, dtype=pl.UInt8) for bit in range(_BITS))


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
    compiled = compile_rules(packs, house=house)
    markets = facts["market"].unique().to_list()
    if len(markets) == 1:
        return facts.with_columns(compiled.mask_of(markets[0])).with_columns(_permitted())
    needed = facts.select(list(FACTS)).with_row_index("row")
    masks = [
        part.select("row", compiled.mask_of(market))
        for (market,), part in needed.partition_by("market", as_dict=True).items()
    ]
    if not masks:
        return facts.with_columns(pl.lit(None, dtype=kind).alias(name) for name, kind in VERDICT.items())
    mask = pl.concat(masks).sort("row")["reasons_mask"]
    return facts.with_columns(mask).with_columns(_permitted())


def _permitted() -> pl.Expr:
    return (pl.col("reasons_mask") == 0).alias("permitted")


class CompiledRules:
    """The expressions of a set of packs, one for each market."""

    def __init__(self, packs: LawPacks, *, house: bool) -> None:
        """Compile every pack."""
        product = product_rules(packs.house)
        own = {market: [house_rules(packs.house, market)] if house else [] for market in (*packs.packs, EVERYWHERE)}
        self._of_market = {
            market: _mask([product, *own[market], *_of_pack(pack)]) for market, pack in packs.packs.items()
        }
        self._elsewhere = _mask([product, *own[EVERYWHERE]]) | _NO_PACK

    def mask_of(self, market: str | None) -> pl.Expr:
        """Return the reasons_mask of rows of a market; None and markets without a pack withhold."""
        mask = self._elsewhere if market is None else self._of_market.get(market, self._elsewhere)
        return mask.alias("reasons_mask")


@lru_cache(maxsize=16)
def compile_rules(packs: LawPacks, *, house: bool = True) -> CompiledRules:
    """Return the compiled rules of a set of packs, made once and kept."""
    return CompiledRules(packs, house=house)


def _of_pack(pack: LawPack) -> list[Mapping[str, pl.Expr]]:
    return [*(withholds(rule) for rule in pack.rules), {"right_time.rules_gap": _in_a_gap(pack)}]


def _in_a_gap(pack: LawPack) -> pl.Expr:
    """Return where a local day lies in a period for which the pack has no version of a needed rule."""
    inside = [
        (pl.col("local_date_min") < (end or date.max)) & (pl.col("local_date_max") >= begin)
        for begin, end in pack.gaps()
    ]
    return reduce(or_, inside, pl.lit(value=False)).fill_null(value=False)


def _mask(rules: Sequence[Mapping[str, pl.Expr]]) -> pl.Expr:
    """Return the reasons as one integer.

    Eight reasons at a time are added up in a byte, which is an eighth of the memory traffic of whole masks.
    """
    by_bit: dict[int, list[pl.Expr]] = defaultdict(list)
    for rule in rules:
        for code, where in rule.items():
            by_bit[BY_CODE[code].bit].append(where)
    bits = {bit: reduce(or_, wheres).cast(pl.UInt8) * _BYTE[bit % _BITS] for bit, wheres in by_bit.items()}
    told = [contradictions()]
    for first in sorted({bit - bit % _BITS for bit in bits}):
        byte = reduce(add, [made for bit, made in bits.items() if first <= bit < first + _BITS])
        told.append(byte.cast(pl.Int64) * (1 << first))
    # no rule leaves a null; should one ever do, its rows are withheld
    return reduce(or_, told).fill_null(_UNJUDGED)
