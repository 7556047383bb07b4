# SPDX-License-Identifier: Apache-2.0
"""Pairs that agree in the same way are one pattern: what is weighed, and what is fitted. Serves right_party.

A pattern is the level of every comparison and the frequency, in quarter bits, of the names that agree.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rightparty.parties.linkage.comparisons import COMPARISONS, Comparison
from rightparty.parties.linkage.model import LinkageModel

type Floats = NDArray[np.float64]

NAMED: Final = tuple(c for c in COMPARISONS if any(level.bits for level in c.levels))
"""The comparisons that weigh by frequency."""

PATTERN: Final = (*(c.name for c in COMPARISONS), *(f"{c.name}_bits" for c in NAMED))
"""Columns that make up a pattern; `…_bits` is null where frequency says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """Distinct patterns and how many pairs each has."""

    #: [pattern, …PATTERN, count]
    frame: pl.DataFrame

    @property
    def counts(self) -> Floats:
        """How many pairs each pattern has."""
        return self.frame["count"].to_numpy().astype(np.float64)


def with_name_bits(graded: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Add to graded pairs how rare the agreeing names are: of the two sides, the more common counts.

    Shape: `grade`'s pairs, prepared people with frequencies -> the pairs with `given_name_bits`, `surname_bits`.
    """
    left, right = graded["left"].to_numpy(), graded["right"].to_numpy()
    columns: dict[str, pl.Series] = {}
    for comparison in NAMED:
        levels = graded[comparison.name].to_numpy()
        by_place = np.full(graded.height, np.nan)
        for name in {level.bits for level in comparison.levels if level.bits}:
            weighs = np.array([*(level.bits == name for level in comparison.levels), False])[levels]
            bits = frame[name].to_numpy()
            by_place[weighs] = np.minimum(bits[left[weighs]], bits[right[weighs]])
        columns[f"{comparison.name}_bits"] = pl.Series(by_place, nan_to_null=True)
    return graded.with_columns(**columns)


def patterns_of(pairs: pl.DataFrame) -> tuple[Patterns, pl.DataFrame]:
    """Return the distinct patterns, and the pairs with the number of their `pattern`."""
    found = pairs.group_by(PATTERN).agg(count=pl.len()).sort(PATTERN, nulls_last=True).with_row_index("pattern")
    numbered = pairs.join(found.select("pattern", *PATTERN), on=PATTERN, how="left", nulls_equal=True,
                          maintain_order="left")  # fmt: skip
    return Patterns(frame=found), numbered


def each_its_own(pairs: pl.DataFrame) -> tuple[Patterns, pl.DataFrame]:
    """Return what `patterns_of` returns, every pair a pattern: of a few pairs that takes less than counting them."""
    numbered = pairs.with_row_index("pattern")
    return Patterns(frame=numbered.select("pattern", *PATTERN, count=pl.lit(1, pl.UInt32))), numbered


def log_rates(patterns: Patterns, model: LinkageModel) -> Floats:
    """Return [pattern, (same, household, other)]: the logarithm of how likely each class shows the pattern."""
    total = np.zeros((patterns.frame.height, 3))
    for comparison in COMPARISONS:
        total += field_log_rates(patterns, comparison, model)
    return total


def field_log_rates(patterns: Patterns, comparison: Comparison, model: LinkageModel) -> Floats:
    """Return the part of one comparison in `log_rates`; a missing field says nothing."""
    places = patterns.frame[comparison.name].to_numpy().astype(np.int64)
    rates = model.fields[comparison.name]
    table = np.log(np.array([rates.same, rates.household, rates.other])).T
    out = np.where((places >= 0)[:, None], table[np.maximum(places, 0)], 0.0)
    name = f"{comparison.name}_bits"
    if name in patterns.frame.columns:
        bits = patterns.frame[name].to_numpy().astype(np.float64)
        known = ~np.isnan(bits)
        own = -bits[known] * np.log(2)
        out[known, 2] = own
        if not comparison.shared:
            out[known, 1] = own
    return out


def log_priors(model: LinkageModel, people: int) -> Floats:
    """Return the logarithm of the share of all pairs that each class has in a file of so many people."""
    pairs_of_one = max(people - 1, 1)
    same, household = model.same_per_record / pairs_of_one, model.household_per_record / pairs_of_one
    return np.log(np.array([same, household, max(1 - same - household, 0.01)]))
