# SPDX-License-Identifier: Apache-2.0
"""Tries batches of contact data, clean and spoiled: how many clean ones are stopped, whom spoiled ones reach first.

`python -m benchmarks.circuit_breaker --runs 400`

Every point of a batch is owed one message. While the batch is on trial as many go out as its sample has room for; once
it is trusted, the rest goes out over ten hours a day. A report comes after a random delay: half within three hours, a
fifth after more than three days. Attribution predicts a share of strangers that differs from point to point; of a
spoiled batch some rows stand beside the wrong persons, which the prediction knows nothing of. "Miscalibrated" is a
clean batch with more reports than predicted: up to the tolerance of 1.5 the stated error rate still has to hold.
"""

import argparse
from dataclasses import dataclass
from importlib import resources
from math import log
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.machine import BenchmarkReport, Measurement, print_report
from rightparty.dispatch.trial import Seen, TrialRules, evidence_against, read_trial_rules, with_allowance
from rightparty.parties.attribution.parameters import shipped_parameters
from rightparty.parties.attribution.reports import with_report_chances

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

HOURS: Final = 24 * 60
"""How long a batch is followed."""

WORKING_HOURS: Final = range(9, 19)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of batch."""

    name: str
    points: int
    spoiled: int
    #: reports of the rightly attributed points, as a multiple of the prediction
    reporting: float = 1.0
    on_trial: bool = True


@dataclass(slots=True)
class Outcome:
    """What became of the runs of a scenario."""

    stopped: NDArray[np.bool_]
    trusted_at: Ints
    #: messages and strangers who received one, in the end
    sent: Ints
    strangers: Ints


@dataclass(slots=True)
class _Batch:
    """The messages of all runs [run, message] in the order in which they go out; reports as sparse columns."""

    allowed: Floats
    predicted: Floats
    if_stranger: float
    is_spoiled: NDArray[np.bool_]
    run: Ints
    message: Ints
    delay: Floats


def draw(dice: np.random.Generator, scenario: Scenario, rules: TrialRules, runs: int) -> _Batch:
    """Draw points with their predictions, and who will report when."""
    count = scenario.points
    stranger = np.minimum(dice.beta(0.3, 18.0, (runs, count)), 0.15)
    nobody = np.minimum(dice.beta(0.5, 30.0, (runs, count)), 1.0 - stranger)
    frame = pl.DataFrame(
        {"channel": ["phone"], "value": ["+12025550100"], "p_person": [1.0], "p_nobody": [0.0], "p_stranger": [0.0]}
    )
    ends = pl.concat([frame, frame.with_columns(p_person=0.0, p_stranger=1.0)])
    rates = with_allowance(with_report_chances(ends, shipped_parameters()), rules)["predicted"].to_list()
    predicted = (1.0 - stranger - nobody) * rates[0] + nobody * rates[0] + stranger * rates[1]
    is_spoiled = dice.random((runs, count)).argsort(axis=1) < scenario.spoiled
    true = np.where(is_spoiled, rates[1], np.minimum(predicted * scenario.reporting, 1.0))
    run, message = np.nonzero(dice.random((runs, count)) < true)
    late = dice.random(len(run)) < 0.2
    delay = np.where(late, 72.0 + dice.exponential(72.0, len(run)), dice.exponential(4.3, len(run)) % 72.0)
    return _Batch(predicted * rules.tolerance, predicted, rates[1], is_spoiled, run, message, delay)


def follow(dice: np.random.Generator, scenario: Scenario, rules: TrialRules, runs: int) -> Outcome:
    """Follow a batch hour by hour, as gate, reports and the two tests would."""
    batch = draw(dice, scenario, rules, runs)
    room, count = rules.sample(scenario.points), scenario.points
    shares = np.array(rules.shares)
    contrast = _prefix(np.maximum(batch.if_stranger - batch.allowed, 0.0))
    gains = np.log1p(shares[:, None] * (batch.if_stranger / batch.allowed[batch.run, batch.message] - 1.0))
    bad = batch.predicted + rules.bad_share * (batch.if_stranger - batch.predicted)
    silent = np.log((1 - rules.heard_share * batch.predicted) / (1 - rules.heard_share * bad))
    of_silence = _prefix(silent)
    of_report = np.log(batch.predicted / bad)[batch.run, batch.message]
    its_silence = silent[batch.run, batch.message]
    sent = np.zeros((HOURS, runs), dtype=np.int64)
    released_at = np.full(len(batch.run), np.inf)
    stopped, trusted_at = np.zeros(runs, bool), np.full(runs, -1 if scenario.on_trial else 0)
    lines = np.arange(runs)
    for hour in range(1, HOURS):
        matured = sent[max(hour - int(rules.matures_hours), 0)] if hour > rules.matures_hours else np.zeros(runs, int)
        before, yesterday = sent[hour - 1], sent[max(hour - 24, 0)]
        heard = released_at + batch.delay <= hour
        against = [
            -share * contrast[lines, before] + np.bincount(batch.run, weights=gain * heard, minlength=runs)
            for share, gain in zip(shares, gains, strict=True)
        ]
        stopped |= np.logaddexp.reduce(against) - log(len(shares)) >= log(1 / rules.false_stop)
        corrected = np.where(batch.message < matured[batch.run], of_report - its_silence, of_report)
        proof = of_silence[lines, matured] + np.bincount(batch.run, weights=corrected * heard, minlength=runs)
        newly = (trusted_at < 0) & ~stopped & (proof >= log(1 / rules.missed))
        trusted_at[newly] = hour
        free = np.where(
            trusted_at >= 0,
            -(-(count - before) // 10),
            np.maximum(np.minimum(room - (before - matured), rules.sample_per_day - (before - yesterday)), 0),
        )
        going = np.where(stopped | (hour % 24 not in WORKING_HOURS), 0, np.minimum(free, count - before))
        sent[hour] = before + going
        now_out = (batch.message < sent[hour][batch.run]) & ~np.isfinite(released_at)
        released_at[now_out] = hour
        pending = np.isfinite(released_at) & (released_at + batch.delay > hour)
        open_runs = np.bincount(batch.run, weights=pending, minlength=runs) > 0
        if bool((stopped | ((sent[hour] == count) & ~open_runs)).all()):
            break
    last = sent[hour]
    wrong = np.concatenate([np.zeros((runs, 1), int), batch.is_spoiled.cumsum(axis=1)], axis=1)[lines, last]
    return Outcome(stopped, trusted_at, last, wrong)


def _prefix(values: Floats) -> Floats:
    """Sums of the first 0, 1, 2, … messages of each run."""
    return np.concatenate([np.zeros((values.shape[0], 1)), values.cumsum(axis=1)], axis=1)


def agree_with_the_product(rules: TrialRules) -> None:
    """Stop if the arithmetic of this benchmark is not that of the product."""
    allowed, stranger, reports, messages = 0.003, 0.05, 3, 80
    shares = np.array(rules.shares)
    lines = -shares * messages * (stranger - allowed) + reports * np.log1p(shares * (stranger / allowed - 1))
    seen = Seen(
        messages=messages, predicted=0.0, allowed=messages * allowed, if_stranger=messages * stranger,
        reports=pl.DataFrame({"allowed": [allowed] * reports, "if_stranger": [stranger] * reports}),
    )  # fmt: skip
    mine = float(np.logaddexp.reduce(lines) - log(len(shares)))
    if abs(mine - evidence_against(seen, rules)) > 1e-9:
        raise SystemExit("the benchmark's arithmetic is not the product's")


SCENARIOS: Final = (
    Scenario("clean, 1,000 points", 1_000, 0),
    Scenario("clean, 10,000 points", 10_000, 0),
    Scenario("miscalibrated x1.5, 10,000", 10_000, 0, reporting=1.5),
    Scenario("miscalibrated x3, 10,000", 10_000, 0, reporting=3.0),
    Scenario("all of 1,000 wrong", 1_000, 1_000),
    Scenario("all of 10,000 wrong", 10_000, 10_000),
    Scenario("3,000 of 10,000 wrong", 10_000, 3_000),
    Scenario("1,000 of 10,000 wrong", 10_000, 1_000),
    Scenario("500 of 10,000 wrong", 10_000, 500),
    Scenario("200 of 10,000 wrong", 10_000, 200),
    Scenario("50 of 10,000 wrong", 10_000, 50),
    Scenario("all of 10,000 wrong, no trial", 10_000, 10_000, on_trial=False),
    Scenario("3,000 of 10,000 wrong, no trial", 10_000, 3_000, on_trial=False),
)


def measurements(scenario: Scenario, outcome: Outcome) -> list[Measurement]:
    """Return what a scenario shows."""
    runs = len(outcome.stopped)
    trusted = outcome.trusted_at > 0
    found = [Measurement(name=f"{scenario.name}: stopped", value=1000 * outcome.stopped.mean(), unit="of 1,000")]
    if scenario.spoiled:
        found += [
            Measurement(name="  strangers reached, mean", value=float(outcome.strangers.mean()), unit="messages"),
            Measurement(
                name="  strangers reached, 95th", value=float(np.quantile(outcome.strangers, 0.95)), unit="messages"
            ),
        ]
    if scenario.on_trial:
        found += [
            Measurement(name="  trusted", value=1000 * float(trusted.sum()) / runs, unit="of 1,000"),
            Measurement(
                name="  trial, median of these",
                value=float(np.median(outcome.trusted_at[trusted])) / 24 if trusted.any() else 0.0,
                unit="days",
            ),
        ]
    return found


def main() -> None:
    """Run the scenarios and print what they show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--clean-runs", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rules", default="", help="Rules laid over the shipped ones, as TOML.")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rules = read_trial_rules(
        resources.files("rightparty.dispatch").joinpath("trial.toml").read_text("utf-8"), own=given.rules
    )
    agree_with_the_product(rules)
    dice = np.random.default_rng(given.seed)
    found: list[Measurement] = []
    for scenario in SCENARIOS:
        runs = given.runs if scenario.spoiled else given.clean_runs
        parts = [follow(dice, scenario, rules, min(200, runs - begin)) for begin in range(0, runs, 200)]
        whole = Outcome(*(np.concatenate([getattr(part, name) for part in parts]) for name in Outcome.__slots__))
        found += measurements(scenario, whole)
    parameters = {"runs": given.runs, "clean_runs": given.clean_runs, "seed": given.seed}
    report = BenchmarkReport(benchmark="circuit_breaker", parameters=parameters, measurements=found)
    print_report(report, as_json=given.json)


if __name__ == "__main__":
    main()
