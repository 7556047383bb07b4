# SPDX-License-Identifier: Apache-2.0
"""The sequential tests of a batch of contact data: stop it, trust it, or go on watching (right_party).

**Stop.** For each message let `predicted` be the chance of a report that attribution gives, `allowed` that times the
tolerance, and `if_stranger` the chance if a stranger receives. Under the hypothesis that a share s of the batch is
wrong a report comes with the chance allowed + s (if_stranger - allowed). The evidence against the batch is

    E = mean over s of exp(-s sum(if_stranger - allowed)) * product over reports of 1 + s (if_stranger / allowed - 1).

Each message's factor has a mean of at most 1 while its chance of a report, given everything before, is at most
`allowed`. A message that is out counts at once as if it were never to be reported, which can only lower E. So E stays
at or below a supermartingale that starts at 1, however late reports come, and by Ville's inequality the chance that E
ever reaches 1 / false_stop is at most false_stop. One may look after each message.

**Trust.** The same with the roles exchanged, for the one share `bad_share`: a message without a report counts only when
it has matured, and then only for the share of reports heard by then. A batch with at least that share wrong is trusted
with a chance of at most `missed`.

Sources: Ville (1939), Wald (1945), Robbins (1970) for the mixture over alternatives.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from math import ceil, exp, log
from typing import Any, Final

import polars as pl

_LEAST: Final = 1e-6
"""Least chance of a report: nothing is impossible."""


class TrialRulesError(ValueError):
    """The rules of trials are incomplete or out of range."""

    remedy = "Correct the file that RIGHTPARTY_TRIAL names; nothing is released until it is right."


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRules:
    """The numbers of `trial.toml`, which says what each means."""

    false_stop: float
    tolerance: float
    shares: tuple[float, ...]
    missed: float
    bad_share: float
    matures_hours: float
    heard_share: float
    sample_usual: int
    sample_share: float
    sample_least: int
    sample_per_day: int
    first_load_on_trial: bool

    @property
    def matures(self) -> timedelta:
        """After what time a message counts as unreported."""
        return timedelta(hours=self.matures_hours)

    def sample(self, points: int) -> int:
        """Return how many messages of a trial may be out and not yet matured, of a batch of so many new points."""
        usual = max(self.sample_least, min(self.sample_usual, points // 4))
        return max(usual, ceil(self.sample_share * points))

    def room(self, points: int, *, out: int, today: int) -> int:
        """Return how many more messages a trial may release, with so many out and not matured, and in 24 hours."""
        return max(min(self.sample(points) - out, self.sample_per_day - today), 0)

    def needs_trial(self, points: int, *, is_first: bool) -> bool:
        """Tell whether a load of so many new points goes on trial: of a smaller one the sample would be all of it."""
        return points > self.sample_least and (self.first_load_on_trial or not is_first)


class Verdict(StrEnum):
    """What a test says of a batch."""

    STOP = "stop"
    TRUST = "trust"
    GO_ON = "go_on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of the messages of a batch since its test began."""

    messages: int
    #: sums over messages
    predicted: float
    allowed: float
    if_stranger: float
    #: [allowed, if_stranger] of each reported message
    reports: pl.DataFrame

    @property
    def reported(self) -> int:
        """How many messages were reported."""
        return self.reports.height


@lru_cache(maxsize=8)
def read_trial_rules(text: str, *, own: str = "") -> TrialRules:
    """Return the rules of a TOML text with the numbers of the lender's own laid over them.

    Raises:
        TrialRulesError: no TOML, an unknown name, or a number out of range.
    """
    try:
        given = tomllib.loads(text) | tomllib.loads(own)
    except tomllib.TOMLDecodeError as fault:
        raise TrialRulesError(f"rules of trials: {fault}. {TrialRulesError.remedy}") from fault
    names = {field.name for field in fields(TrialRules)}
    if set(given) != names:
        odd = ", ".join(sorted(set(given) ^ names))
        raise TrialRulesError(f"rules of trials: {odd} unknown or missing. {TrialRulesError.remedy}")
    _require_in_range(given)
    return TrialRules(**{**given, "shares": tuple(float(share) for share in given["shares"])})


_BOUNDS: Final[Mapping[str, tuple[float, float]]] = {
    "false_stop": (1e-9, 0.1), "tolerance": (1.0, 10.0), "missed": (1e-6, 0.5), "bad_share": (0.01, 1.0),
    "matures_hours": (1, 24 * 60), "heard_share": (0.01, 1.0), "sample_usual": (1, 10_000),
    "sample_share": (0.0, 0.5), "sample_least": (1, 10_000), "sample_per_day": (1, 100_000),
    "first_load_on_trial": (0, 1),
}  # fmt: skip


def _require_in_range(given: Mapping[str, Any]) -> None:
    shares = given["shares"] if isinstance(given["shares"], list) and given["shares"] else [None]
    numbers = [(name, given[name], bounds) for name, bounds in _BOUNDS.items()]
    numbers += [("shares", share, (1e-6, 1.0)) for share in shares]
    for name, number, (least, most) in numbers:
        whole = isinstance(number, int) or not name.startswith("sample_") or name == "sample_share"
        if not isinstance(number, int | float) or not whole or not least <= number <= most:
            raise TrialRulesError(f"rules of trials: {name} must be from {least} to {most}. {TrialRulesError.remedy}")


def with_allowance(chances: pl.DataFrame, rules: TrialRules) -> pl.DataFrame:
    """Add `allowed` to [predicted, if_stranger]; a stranger never reports less than is allowed.

    A prediction that is no probability counts as one of nothing, with which any report speaks against the batch.
    """
    whole = pl.col("predicted").is_finite() & pl.col("predicted").is_between(0.0, 1.0)
    predicted = pl.when(whole).then("predicted").otherwise(0.0).clip(_LEAST, 1.0)
    allowed = pl.min_horizontal(predicted * rules.tolerance, 1.0)
    sure = pl.when(pl.col("if_stranger").is_finite()).then("if_stranger").otherwise(1.0).clip(_LEAST, 1.0)
    return chances.with_columns(predicted=predicted, allowed=allowed, if_stranger=pl.max_horizontal(sure, allowed))


def evidence_against(seen: Seen, rules: TrialRules) -> float:
    """Return log E: at log(1 / false_stop) the batch is stopped."""
    contrast = seen.if_stranger - seen.allowed
    gains = seen.reports["if_stranger"] / seen.reports["allowed"] - 1.0
    logs = [-share * contrast + float((share * gains).log1p().sum()) for share in rules.shares]
    top = max(logs)
    return top + log(sum(exp(each - top) for each in logs) / len(logs))


def evidence_for(matured: pl.DataFrame, rules: TrialRules) -> float:
    """Return the log of the evidence that less than `bad_share` is wrong: at log(1 / missed) the batch is trusted.

    Shape: matured [predicted, if_stranger, is_reported]: every message that was reported, and every message that was
    certainly handed over and has matured without a report; no other.
    """
    if matured.is_empty():
        return 0.0
    bad = pl.col("predicted") + rules.bad_share * (pl.col("if_stranger") - pl.col("predicted"))
    silent = (1.0 - rules.heard_share * pl.col("predicted")) / (1.0 - rules.heard_share * bad)
    reported = pl.col("predicted") / bad
    return float(matured.select(pl.when("is_reported").then(reported).otherwise(silent).log().sum()).item())


def verdict_of(seen: Seen, matured: pl.DataFrame, rules: TrialRules, *, on_trial: bool) -> Verdict:
    """Judge a batch as everything stands now; it may be asked at any time, as often as one likes."""
    if evidence_against(seen, rules) >= log(1.0 / rules.false_stop):
        return Verdict.STOP
    if on_trial and evidence_for(matured, rules) >= log(1.0 / rules.missed):
        return Verdict.TRUST
    return Verdict.GO_ON


def reports_that_stop(messages: int, allowed: float, if_stranger: float, rules: TrialRules) -> int:
    """Return how many reports would stop a batch of so many messages, were all of them alike."""
    ratio = if_stranger / allowed if allowed else 1.0
    least, most = 0, messages + 1
    while least < most:
        tried = (least + most) // 2
        reports = pl.DataFrame({"allowed": [1.0] * tried, "if_stranger": [ratio] * tried})
        sums = Seen(messages=messages, predicted=0.0, allowed=allowed, if_stranger=if_stranger, reports=reports)
        if evidence_against(sums, rules) >= log(1.0 / rules.false_stop):
            most = tried
        else:
            least = tried + 1
    return least
