# SPDX-License-Identifier: Apache-2.0
"""Finds ids of one human, and households, over a whole portfolio. Serves right_party."""

from typing import Any, Final

import numpy as np
import polars as pl

from rightparty.parties.linkage.engines import grade
from rightparty.parties.linkage.fit import fit_rates
from rightparty.parties.linkage.judge import judged_pairs
from rightparty.parties.linkage.keys import with_keys
from rightparty.parties.linkage.model import LinkageModel
from rightparty.parties.linkage.patterns import patterns_of, with_name_bits
from rightparty.parties.linkage.prepare import count_names, prepare, with_frequencies

RANDOM_PAIRS: Final = 500_000
"""Pairs of anybody with anybody on which a fit counts what strangers have in common."""


def link(people: pl.DataFrame, points: pl.DataFrame, *, model: LinkageModel, engine: Any = "duckdb") -> pl.DataFrame:
    """Judge every pair of parties that has something in common.

    Shape: PEOPLE, POINTS -> PAIRS; of the pairs for which nothing speaks none is listed. The order of rows does not
    matter. `engine` is "duckdb", in this process, or a SparkSession, whose workers then block and compare.
    """
    frame = ready(people, points)
    graded = grade(frame, spark=None if engine == "duckdb" else engine)
    return judged_pairs(with_name_bits(graded, frame), frame, model=model)


def fit_linkage(
    people: pl.DataFrame, points: pl.DataFrame, *, start: LinkageModel, dice: np.random.Generator, version: str
) -> LinkageModel:
    """Return a model fitted to a portfolio's own pairs, without labels.

    Shape: PEOPLE, POINTS. `start` counts as a few imagined pairs per field, so that what a portfolio never shows stays
    as it was; `dice` draws the random pairs; `version` is what decisions will name.
    """
    frame = ready(people, points)
    count = frame.height
    if count < 2:
        return start
    drawn = dice.integers(0, count, (2, min(RANDOM_PAIRS, count * count)))
    pairs = pl.DataFrame({"left": drawn.min(axis=0), "right": drawn.max(axis=0)}).filter(
        pl.col("left") != pl.col("right")
    )
    candidates, _ = patterns_of(with_name_bits(grade(frame), frame))
    random, _ = patterns_of(with_name_bits(grade(frame, pairs=pairs), frame))
    return fit_rates(candidates, random, start, all_pairs=count * (count - 1) / 2, records=count / 2, version=version)


def ready(people: pl.DataFrame, points: pl.DataFrame) -> pl.DataFrame:
    """Return everything that grading reads, one row per party, ordered by party_id."""
    frame = prepare(people.sort("party_id"), points)
    return with_keys(with_frequencies(frame, count_names(frame)))
