# SPDX-License-Identifier: Apache-2.0
"""A contact point's attribution as a waterfall: what each event and each silence did to it. Serves right_party."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from rightparty.parties.attribution.evidence import Evidence
from rightparty.parties.attribution.filter import follow
from rightparty.parties.attribution.kinds import KINDS
from rightparty.parties.attribution.parameters import AttributionParameters
from rightparty.parties.attribution.weights import prior_of, weights_of

WATERFALL: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "party_id": pl.String,
    "channel": pl.String,
    "value": pl.String,
    "step": pl.Int64,
    "at": pl.Datetime("us", "UTC"),
    "what": pl.String,
    "p_person": pl.Float64,
    "p_nobody": pl.Float64,
    "p_stranger": pl.Float64,
    "bits": pl.Float64,
}
"""Columns of `waterfall`: the probabilities after each step, and by how many bits it moved the person's odds."""

COLLECTED: Final = "collected"
SILENCE: Final = "silence"
"""What happened in steps that are no event: the beginning, and the time that passed."""

_PER_DAY: Final = 86_400_000_000


def waterfall(evidence: Evidence, parameters: AttributionParameters, *, at: datetime, party_id: str) -> pl.DataFrame:
    """Return the steps that lead to a person's attribution as of the instant the evidence was gathered.

    Shape: WATERFALL, ordered by channel, value, step. Meaning: the first step is the collection, the last one the
    silence up to `at`; its probabilities are those of `judge.attribute`. `bits` is the change of
    log2(p_person / (1 - p_person)), so the bits of a point add up to its final log odds.
    """
    mine = evidence.subjects.filter(pl.col("party_id") == party_id)
    parts = [_of_point(evidence, parameters, row, at=at) for row in mine.sort("channel", "value").to_dicts()]
    empty = pl.DataFrame(schema=WATERFALL)
    return pl.concat([empty, *parts]).sort("channel", "value", "step")


def _of_point(
    evidence: Evidence, parameters: AttributionParameters, subject: Mapping[str, object], *, at: datetime
) -> pl.DataFrame:
    """Run the filter over ever longer beginnings of one history."""
    one = evidence.subjects.filter(pl.col("i") == subject["i"])
    stream = evidence.stream.filter(pl.col("i") == subject["i"])
    days, kinds = stream["day"].to_numpy(), stream["kind"].to_numpy()
    weights, prior = weights_of(parameters), prior_of(one, parameters)
    start, now = one["start"].to_numpy(), at.timestamp() / 86_400
    row, peers = weights.row_of(one["segment"]), one["peers"].to_numpy()

    def after(count: int, until: float) -> tuple[float, float, float]:
        out = np.empty((1, 4))
        follow(
            np.array([0, count]), days[:count], kinds[:count], start, prior, row, peers, until, weights.classes,
            weights.given, weights.silence, weights.ageing, weights.lapse, weights.engaged, weights.exposure, 0, 1, out,
        )  # fmt: skip
        return float(out[0, 0]), float(out[0, 1]), float(out[0, 2])

    steps = [(float(start[0]), COLLECTED, after(0, float(start[0])))]
    for place, (day, kind) in enumerate(zip(days, kinds, strict=True)):
        if day > steps[-1][0]:
            steps.append((float(day), SILENCE, after(place, float(day))))
        steps.append((float(day), KINDS[kind], after(place + 1, float(day))))
    if now > steps[-1][0]:
        steps.append((now, SILENCE, after(len(days), now)))
    frame = pl.DataFrame(
        [(number, round(day * _PER_DAY), what, *three) for number, (day, what, three) in enumerate(steps)],
        schema=["step", "at", "what", "p_person", "p_nobody", "p_stranger"],
        orient="row",
    )
    held = pl.col("p_person").clip(1e-12, 1.0 - 1e-12)
    odds = (held / (1.0 - held)).log(2)
    return frame.with_columns(
        pl.col("at").cast(pl.Datetime("us", "UTC")),
        bits=odds - odds.shift(1, fill_value=0.0),
        party_id=pl.lit(subject["party_id"]),
        channel=pl.lit(subject["channel"]),
        value=pl.lit(subject["value"]),
    ).select(pl.col(name).cast(kind) for name, kind in WATERFALL.items())
