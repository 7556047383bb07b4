# SPDX-License-Identifier: Apache-2.0
"""What scored pairs are worth against the truth, over the full pair space: a pair that was never compared is lost."""

from dataclasses import dataclass

import numpy as np
import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Figures of one method on one data set; the first two choose their threshold with the truth."""

    data: str
    method: str
    pairs_true: int
    pairs_compared: int
    best_f1: float
    recall_at_precision_999: float
    #: at a stated chance of .99
    false_links: int
    true_links: int
    #: mean squared error over compared pairs, plus the whole error of true pairs never compared
    brier: float
    seconds: float
    #: of this process, all cores together: what the method costs whoever else uses the machine
    cpu_seconds: float


def quality(
    scored: pl.DataFrame, truth: pl.DataFrame, *, data: str, method: str, seconds: float, cpu_seconds: float
) -> Quality:
    """Return the figures of scored pairs [left_id, right_id, p]; equal scores share one threshold."""
    known = scored.join(truth.with_columns(same=pl.lit(1.0)), on=["left_id", "right_id"], how="left").with_columns(
        pl.col("same").fill_null(0.0)
    )
    steps = known.group_by("p").agg(true=pl.col("same").sum(), all=pl.len()).sort("p", descending=True)
    true, every = steps["true"].cum_sum().to_numpy(), steps["all"].cum_sum().to_numpy()
    precision, recall = true / every, true / truth.height
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    sure = known.filter(pl.col("p") >= 0.99)["same"]
    missed = truth.height - float(known["same"].sum())
    squares = float(((known["p"] - known["same"]) ** 2).sum()) + missed
    return Quality(
        data=data, method=method, pairs_true=truth.height, pairs_compared=known.height, best_f1=float(f1.max()),
        recall_at_precision_999=float(recall[precision >= 0.999].max(initial=0.0)),
        false_links=int(len(sure) - sure.sum()), true_links=int(sure.sum()),
        brier=squares / (known.height + missed), seconds=seconds, cpu_seconds=cpu_seconds,
    )  # fmt: skip
