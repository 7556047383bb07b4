# SPDX-License-Identifier: Apache-2.0
"""right_party: the two tests of a batch, at their boundaries and in the direction of each thing that is seen."""

from math import log

import polars as pl
import pytest

from rightparty.dispatch.trial import (
    Seen,
    TrialRulesError,
    Verdict,
    evidence_against,
    evidence_for,
    read_trial_rules,
    verdict_of,
    with_allowance,
)
from tests.unit.dispatch.trials import RULES, SHIPPED, matured, seen

PREDICTED, STRANGER = 0.002, 0.05


def test_reports_speak_against_and_silence_for_a_batch() -> None:
    quiet = seen(100, reports=0)
    assert evidence_against(quiet, RULES) < 0
    assert evidence_against(seen(200, reports=0), RULES) < evidence_against(quiet, RULES)
    grounds = [evidence_against(seen(100, reports=n), RULES) for n in range(8)]
    assert grounds == sorted(grounds)
    assert grounds[0] < 0 < log(1 / RULES.false_stop) < grounds[7]


def test_a_batch_is_stopped_exactly_at_its_bound() -> None:
    least = next(n for n in range(50) if evidence_against(seen(100, reports=n), RULES) >= log(1 / RULES.false_stop))
    none = matured(0)
    assert verdict_of(seen(100, reports=least - 1), none, RULES, on_trial=True) is Verdict.GO_ON
    assert verdict_of(seen(100, reports=least), none, RULES, on_trial=True) is Verdict.STOP
    assert verdict_of(seen(100, reports=least), none, RULES, on_trial=False) is Verdict.STOP
    assert least == 5


def test_a_trial_ends_after_enough_silence_and_a_report_costs_much_of_it() -> None:
    needed = next(n for n in range(1000) if evidence_for(matured(n), RULES) >= log(1 / RULES.missed))
    assert needed == 259
    quiet = seen(needed, reports=0)
    assert verdict_of(quiet, matured(needed - 1), RULES, on_trial=True) is Verdict.GO_ON
    assert verdict_of(quiet, matured(needed), RULES, on_trial=True) is Verdict.TRUST
    assert verdict_of(quiet, matured(needed), RULES, on_trial=False) is Verdict.GO_ON
    assert evidence_for(matured(needed, reports=1), RULES) < log(1 / RULES.missed) - 2


def test_a_prediction_that_is_none_makes_any_report_an_alarm() -> None:
    odd = pl.DataFrame({"predicted": [float("nan"), None, -1.0, 2.0], "if_stranger": [None, float("inf"), 0.05, 0.05]})
    made = with_allowance(odd.cast(pl.Float64), RULES)
    assert made.null_count().sum_horizontal().item() == 0
    one = Seen(messages=1, predicted=0.0, allowed=made["allowed"][0], if_stranger=1.0, reports=made.head(1))
    assert evidence_against(one, RULES) > log(1 / RULES.false_stop)


def test_a_stranger_never_reports_less_than_is_allowed() -> None:
    doubtful = with_allowance(pl.DataFrame({"predicted": [0.2], "if_stranger": [0.05]}), RULES)
    assert doubtful.row(0) == pytest.approx((0.2, 0.3, 0.3))


@pytest.mark.parametrize(
    ("points", "sample"), [(21, 20), (60, 20), (200, 50), (400, 100), (5_000, 300), (100_000, 2_000)]
)
def test_the_sample_grows_with_the_batch(points: int, sample: int) -> None:
    assert RULES.sample(points) == sample


def test_no_day_sees_more_than_its_part_of_the_sample() -> None:
    assert RULES.room(100_000, out=0, today=0) == 100
    assert RULES.room(100_000, out=1_950, today=0) == 50
    assert RULES.room(100_000, out=100, today=100) == 0
    assert RULES.room(40, out=30, today=0) == 0


def test_the_first_load_and_a_load_no_larger_than_a_sample_need_no_trial() -> None:
    assert RULES.needs_trial(21, is_first=False)
    assert not RULES.needs_trial(20, is_first=False)
    assert not RULES.needs_trial(100_000, is_first=True)
    assert read_trial_rules(SHIPPED, own="first_load_on_trial = true").needs_trial(100_000, is_first=True)


@pytest.mark.parametrize(
    "own",
    ["false_stop = 0.5", "tolerance = 0.9", "shares = []", "shares = [0.1, 2.0]", "shares = 0.1", "sample_usual = 1.5",
     "heard_share = 'much'", "unknown = 1", "= 1", "matures_hours = 0"],
)  # fmt: skip
def test_rules_out_of_range_are_refused(own: str) -> None:
    with pytest.raises(TrialRulesError, match="rules of trials"):
        read_trial_rules(SHIPPED, own=own)
