# SPDX-License-Identifier: Apache-2.0
"""right_party: a batch that is as predicted is stopped with the stated chance at most, a bad one trusted likewise.

The proof is exact: for any few messages with any predictions, all outcomes are enumerated and the mean of the evidence
is at most what it was before; by Ville's inequality the stated error rates follow. The simulation then lets reports
come as late as they like and looks at every instant, since that is where a mistake in the reasoning would show.
"""

from itertools import product
from math import exp, log, prod

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from rightparty.dispatch.trial import Seen, evidence_against, evidence_for, with_allowance
from tests.unit.dispatch.trials import RULES

type Rows = list[tuple[float, float, float]]

chances = st.floats(0.0, 1.0)
messages = st.lists(st.tuples(chances, chances, st.floats(0.0, 1.0)), min_size=1, max_size=7)


def told(rows: Rows) -> pl.DataFrame:
    """[predicted, allowed, if_stranger, true]: the truth is any share of what is allowed."""
    frame = pl.DataFrame(
        {"predicted": [p for p, _, _ in rows], "if_stranger": [s for _, s, _ in rows], "u": [u for _, _, u in rows]}
    )
    return with_allowance(frame, RULES).with_columns(true=pl.col("u") * pl.col("allowed"))


def seen(frame: pl.DataFrame, outcome: tuple[bool, ...]) -> Seen:
    return Seen(
        messages=frame.height, predicted=frame["predicted"].sum(), allowed=frame["allowed"].sum(),
        if_stranger=frame["if_stranger"].sum(), reports=frame.filter(pl.Series(outcome)),
    )  # fmt: skip


def chance_of(outcome: tuple[bool, ...], true: list[float]) -> float:
    return prod(p if reported else 1 - p for reported, p in zip(outcome, true, strict=True))


@given(messages)
@settings(max_examples=60)
def test_evidence_against_a_batch_as_predicted_is_one_at_most_on_average(
    rows: Rows,
) -> None:
    frame = told(rows)
    true = frame["true"].to_list()
    mean = sum(
        chance_of(outcome, true) * exp(evidence_against(seen(frame, outcome), RULES))
        for outcome in product((False, True), repeat=frame.height)
    )
    assert mean <= 1 + 1e-9


@given(messages)
@settings(max_examples=60)
def test_evidence_for_a_bad_batch_is_one_at_most_on_average(rows: Rows) -> None:
    """The truth: within the window at least the share heard_share of a batch with bad_share at strangers reports."""
    frame = told(rows).with_columns(
        least=RULES.heard_share
        * (pl.col("predicted") + RULES.bad_share * (pl.col("if_stranger") - pl.col("predicted")))
    )
    true = frame.select(pl.col("least") + pl.col("u") * (1 - pl.col("least"))).to_series().to_list()
    mean = sum(
        chance_of(outcome, true) * exp(evidence_for(frame.with_columns(is_reported=pl.Series(outcome)), RULES))
        for outcome in product((False, True), repeat=frame.height)
    )
    assert mean <= 1 + 1e-9


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.99), st.sampled_from([0.0005, 0.002, 0.01]))
@settings(max_examples=8)
def test_late_reports_and_looking_after_each_event_raise_no_false_alarms(
    seed: int, late: float, predicted: float
) -> None:
    """Reports come after a random delay, so that early reports may crowd; the alarm is looked for at every instant."""
    dice = np.random.default_rng(seed)
    runs, count = 400, 300
    allowed = predicted * RULES.tolerance
    reported = dice.random((runs, count)) < allowed
    sent_at = np.arange(count)
    heard_at = sent_at + dice.geometric(1 - late, (runs, count))
    level = log(1 / 0.05)
    highest = np.full(runs, -np.inf)
    for now in range(0, 2 * count, 3):
        out = int((sent_at <= now).sum())
        reports = (reported & (heard_at <= now)).sum(axis=1)
        for n in np.unique(reports):
            ground = evidence_against(_equal(out, int(n), allowed), RULES)
            highest[reports == n] = np.maximum(highest[reports == n], ground)
    alarms = int((highest >= level).sum())
    assert alarms <= 0.05 * runs + 3 * (0.05 * 0.95 * runs) ** 0.5


def _equal(out: int, reports: int, allowed: float) -> Seen:
    return Seen(
        messages=out, predicted=0.0, allowed=out * allowed, if_stranger=out * 0.05,
        reports=pl.DataFrame({"allowed": [allowed] * reports, "if_stranger": [0.05] * reports},
                             schema={"allowed": pl.Float64, "if_stranger": pl.Float64}),
    )  # fmt: skip
