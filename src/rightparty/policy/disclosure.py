# SPDX-License-Identifier: Apache-2.0
"""How much a text may say, by how sure it is whom it reaches (serves right_words)."""

import polars as pl

from rightparty.kernel.vocabulary import DISCLOSURE_LEVELS, Disclosure
from rightparty.policy.house import Thresholds

LIMITED = DISCLOSURE_LEVELS[Disclosure.LIMITED_CONTENT]
ACCOUNT = DISCLOSURE_LEVELS[Disclosure.ACCOUNT]
AMOUNT = DISCLOSURE_LEVELS[Disclosure.AMOUNT]


def supported_disclosure(
    p_person: pl.Expr, p_stranger: pl.Expr, contradictions_mask: pl.Expr, thresholds: Thresholds
) -> pl.Expr:
    """Return the highest level (Int8) the attribution supports; limited content where it supports nothing more.

    A text that tells of a debt needs the person to be likely and a stranger to be unlikely: between the two lie the
    numbers that reach nobody, and they do no harm.

    Below the lowest threshold the level stays limited and `right_party` withholds. A contradiction never lets a text
    say more, whatever the probability.
    """
    clear = (contradictions_mask == 0) & (p_stranger <= thresholds.stranger_at_most)
    return (
        pl.when(clear & (p_person >= thresholds.amount))
        .then(pl.lit(AMOUNT))
        .when(clear & (p_person >= thresholds.account))
        .then(pl.lit(ACCOUNT))
        .otherwise(pl.lit(LIMITED))
        .cast(pl.Int8)
    )


def needed_probability(level: pl.Expr, thresholds: Thresholds) -> pl.Expr:
    """Return the least probability for a text of a level."""
    return (
        pl.when(level >= AMOUNT)
        .then(pl.lit(thresholds.amount))
        .when(level >= ACCOUNT)
        .then(pl.lit(thresholds.account))
        .otherwise(pl.lit(thresholds.limited_content))
    )
