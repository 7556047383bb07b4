# SPDX-License-Identifier: Apache-2.0
"""What tests of trials share: the shipped rules, and batches of equal messages."""

from importlib import resources

import polars as pl

from rightparty.dispatch.trial import Seen, read_trial_rules

SHIPPED = resources.files("rightparty.dispatch").joinpath("trial.toml").read_text("utf-8")
RULES = read_trial_rules(SHIPPED)


def seen(messages: int, *, reports: int, predicted: float = 0.002, if_stranger: float = 0.05) -> Seen:
    allowed = predicted * RULES.tolerance
    reported = {"allowed": [allowed] * reports, "if_stranger": [if_stranger] * reports}
    return Seen(
        messages=messages, predicted=messages * predicted, allowed=messages * allowed,
        if_stranger=messages * if_stranger,
        reports=pl.DataFrame(reported, schema={"allowed": pl.Float64, "if_stranger": pl.Float64}),
    )  # fmt: skip


def matured(silent: int, *, reports: int = 0, predicted: float = 0.002, if_stranger: float = 0.05) -> pl.DataFrame:
    count = silent + reports
    rows = {
        "predicted": [predicted] * count,
        "if_stranger": [if_stranger] * count,
        "is_reported": [False] * silent + [True] * reports,
    }
    return pl.DataFrame(rows, schema={"predicted": pl.Float64, "if_stranger": pl.Float64, "is_reported": pl.Boolean})
