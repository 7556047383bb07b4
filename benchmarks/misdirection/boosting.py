# SPDX-License-Identifier: Apache-2.0
"""A ceiling no lender has: gradient boosting trained with the truth of another portfolio of the same process."""

from collections.abc import Iterable
from typing import Final

import polars as pl
from sklearn.ensemble import HistGradientBoostingClassifier

from benchmarks.misdirection.portfolio import Portfolio
from rightparty.kernel.vocabulary import PointChannel, Source
from rightparty.parties.attribution.evidence import Evidence
from rightparty.parties.attribution.judge import gather_evidence
from rightparty.parties.attribution.kinds import ENGAGED, KINDS
from rightparty.parties.attribution.parameters import CAPTURES, shipped_parameters

KEYS: Final = ("party_id", "channel", "value")
NONE: Final = 1e6
"""Days since what never happened."""


def boosted(train: Portfolio, test: Portfolio) -> pl.DataFrame:
    """Return [party_id, channel, value, p_person, p_nobody, p_stranger] of the tested portfolio's points."""
    keys, features = _features(train)
    target = keys.join(train.states, on=KEYS, how="left", maintain_order="left")["state"].fill_null("stranger")
    model = HistGradientBoostingClassifier(
        max_iter=500, learning_rate=0.05, max_leaf_nodes=31, min_samples_leaf=50, early_stopping=True,
        validation_fraction=0.1, n_iter_no_change=20, random_state=1,
    ).fit(features.to_numpy(), target.to_numpy())  # fmt: skip
    keys, features = _features(test)
    found = model.predict_proba(features.to_numpy())
    return keys.with_columns(pl.Series(f"p_{name}", found[:, i]) for i, name in enumerate(model.classes_))


def _features(portfolio: Portfolio) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the points and for each what could matter: counts, recencies, silences, the person's other points."""
    evidence = gather_evidence(
        portfolio.contact_points, portfolio.contact_events, portfolio.links, at=portfolio.at,
        parameters=shipped_parameters(),
    ).evidence  # fmt: skip
    now = portfolio.at.timestamp() / 86_400
    counted = evidence.subjects.join(_counts(evidence, now), on="i", how="left", maintain_order="left")
    whole = counted.with_columns(
        age=now - pl.col("start"),
        rate=pl.col("acts") / (now - pl.col("start") - pl.col("act_last") + 30),
        points=pl.len().over("party_id"),
        rank=pl.col("start").rank(descending=True).over("party_id"),
        rivals=pl.len().over("v"),
        source_code=pl.col("source").replace_strict(_codes(Source), default=-1, return_dtype=pl.Float64),
        capture_code=pl.col("capture").replace_strict(_codes(CAPTURES), return_dtype=pl.Float64),
        channel_code=pl.col("channel").replace_strict(_codes(PointChannel), return_dtype=pl.Float64),
    ).with_columns(
        silence=pl.col("act_last") * pl.col("rate"),
        least_elsewhere=pl.col("act_last").min().over("party_id"),
        acts_elsewhere=pl.col("acts").sum().over("party_id") - pl.col("acts").fill_null(0),
    )
    names = ("i", "v", "party_id", "channel", "value", "segment", "source", "relation", "capture", "start")
    features = whole.select(pl.exclude(names)).cast(pl.Float64).fill_null(NONE)
    return whole.select(KEYS), features


def _counts(evidence: Evidence, now: float) -> pl.DataFrame:
    kind, day = pl.col("kind"), pl.col("day")
    engaged = kind.is_in([KINDS.index(name) for name in ENGAGED])
    failed = kind.is_in([KINDS.index("undelivered"), KINDS.index("unknown_subscriber")])
    last = day.filter(engaged).max()
    columns = [
        engaged.sum().alias("acts"),
        (now - last).alias("act_last"),
        ((kind == KINDS.index("contact")) & (day > last)).sum().alias("contacts_since"),
        (failed & (day > last)).sum().alias("failed_since"),
    ]
    for code, name in enumerate(KINDS):
        mine = day.filter(kind == code)
        columns += [
            (kind == code).sum().alias(f"{name}_n"),
            (now - mine.max()).alias(f"{name}_last"),
            (now - mine.min()).alias(f"{name}_first"),
            (mine > now - 90).sum().alias(f"{name}_90"),
            (mine > now - 365).sum().alias(f"{name}_365"),
        ]
    return evidence.stream.group_by("i").agg(columns)


def _codes(names: Iterable[str]) -> dict[str, float]:
    return {str(name): float(place) for place, name in enumerate(names)}
