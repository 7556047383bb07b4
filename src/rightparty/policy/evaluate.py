# SPDX-License-Identifier: Apache-2.0
"""The one decision of the product: facts in, verdict out, for a portfolio or for one message (all promises).

Reasons are bits (kernel.reasons): a verdict is one integer per row. A "no" is a value, never an exception.
"""

from functools import reduce
from operator import or_

import polars as pl

from rightparty.kernel.reasons import BY_CODE
from rightparty.policy.pack import LawPack, LawPacks
from rightparty.policy.rules.house import house_rules
from rightparty.policy.rules.law import withholds
from rightparty.policy.rules.product import contradictions, product_rules


def evaluate(facts: pl.LazyFrame, packs: LawPacks) -> pl.LazyFrame:
    """Judge every row.

    Shape: facts with the columns of FACTS (others are carried) -> the rows plus reasons_mask (Int64) and permitted.
    A market without a pack withholds with right_time.no_law_pack; what is not known withholds with its reason.

    Raises:
        PackError: a rule's parameter has no meaning.
    """
    bits = [_bit(code, where) for code, where in {**product_rules(packs.house), **house_rules(packs.house)}.items()]
    mask = reduce(or_, [contradictions(), _law(packs), *bits])
    return facts.with_columns(reasons_mask=mask.cast(pl.Int64)).with_columns(permitted=pl.col("reasons_mask") == 0)


def _bit(code: str, where: pl.Expr) -> pl.Expr:
    return pl.when(where).then(pl.lit(BY_CODE[code].mask, dtype=pl.Int64)).otherwise(pl.lit(0, dtype=pl.Int64))


def _law(packs: LawPacks) -> pl.Expr:
    """Return the bits of the row's own law pack."""
    mask = pl.lit(BY_CODE["right_time.no_law_pack"].mask, dtype=pl.Int64)
    for market, pack in packs.packs.items():
        mask = pl.when(pl.col("market") == market).then(_pack_bits(pack)).otherwise(mask)
    return mask


def _pack_bits(pack: LawPack) -> pl.Expr:
    return reduce(or_, [_bit(rule.reason, withholds(rule)) for rule in pack.rules])
