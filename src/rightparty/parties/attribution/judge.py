# SPDX-License-Identifier: Apache-2.0
"""Whom a contact point reaches as of an instant: the person, nobody, or a stranger. Serves right_party.

Every (person, value) is followed by the filter of `filter.py` through everything that is on file about it up to the
instant; events later than the instant are ignored. A hard contradiction sets a reason bit that blocks by itself,
whatever the probability.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from rightparty.kernel.clock import require_aware
from rightparty.kernel.frames import engine_for
from rightparty.parties.attribution.contradictions import contradictions_mask
from rightparty.parties.attribution.evidence import Evidence, Gathered, gather
from rightparty.parties.attribution.filter import Floats
from rightparty.parties.attribution.parameters import AttributionParameters
from rightparty.parties.attribution.streams import side_by_side
from rightparty.parties.attribution.strides import follow
from rightparty.parties.attribution.weights import Weights, prior_of, weights_of

ATTRIBUTION: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "party_id": pl.String,
    "channel": pl.String,
    "value": pl.String,
    "relation": pl.String,
    "source": pl.String,
    "p_person": pl.Float64,
    "p_nobody": pl.Float64,
    "p_stranger": pl.Float64,
    "is_shared": pl.Boolean,
    "p_alone": pl.Float64,
    "contradictions_mask": pl.Int64,
    "last_confirmed_at": pl.Datetime("us", "UTC"),
    "watched_until": pl.Datetime("us", "UTC"),
    "collected_at": pl.Datetime("us", "UTC"),
}
"""Columns of `attribute`, one row per (party, channel, value)."""

_CHUNK: Final = 20_000
_PER_DAY: Final = 86_400_000_000


def attribute(
    points: pl.DataFrame | pl.LazyFrame,
    events: pl.DataFrame | pl.LazyFrame,
    links: pl.DataFrame,
    *,
    at: datetime,
    parameters: AttributionParameters,
) -> pl.DataFrame:
    """Judge whom each contact point reaches as of an instant.

    Shape: points [party_id, channel, value, source, collected_at, relation, valid_to], events [channel, value,
    party_id, kind, occurred_at, detail], links [party_id, group_id] -> one row per (party, channel, value), columns
    ATTRIBUTION, ordered by them. `points` must hold every party's current rows of the values asked about, and of
    each party all his points, or rivals and newer points go unseen. Parties that share a group are linked; a group
    named `person:…` joins ids of one human.

    Meaning: p_person + p_nobody + p_stranger = 1, p_person including what a household shares (`is_shared`);
    p_alone is p_person, at most `shared_with_linked` where a linked person reads along: what disclosure goes by;
    `contradictions_mask` holds kernel.reasons bits; `last_confirmed_at` is the last log-in or one-time code of this
    party at this value; until `watched_until` the value cannot have passed to a stranger, if it reached the person
    when it was last heard of.
    """
    instant = require_aware(at)
    gathered = gather_evidence(points, events, links, at=instant, parameters=parameters)
    evidence = gathered.evidence
    out = probabilities(evidence, prior_of(evidence.subjects, parameters), weights_of(parameters), at=instant)
    known = evidence.subjects.drop("i", "v", "capture", "peers")
    told = pl.concat([known, gathered.marks], how="horizontal")
    place = np.empty(told.height, np.uint32)
    place[told["s"].to_numpy()] = np.arange(told.height, dtype=np.uint32)
    del evidence, gathered, known  # the streams of a portfolio are as large as the table to come
    ceiling = pl.when("is_shared").then(parameters.shared_with_linked).otherwise(1.0)
    return (
        told.lazy()
        .with_columns(p_person=pl.Series(out[:, 0]), p_nobody=pl.Series(out[:, 1]), p_stranger=pl.Series(out[:, 2]))
        .with_columns(
            contradictions_mask=contradictions_mask(),
            p_alone=pl.min_horizontal("p_person", ceiling),
            watched_until=_watched_until(parameters),
            collected_at=_instant(pl.col("start")),
        )
        .select(pl.col(name).cast(kind) for name, kind in ATTRIBUTION.items())
        .select(pl.all().gather(pl.lit(pl.Series(place))))
        .collect(engine=engine_for(place.size))
    )


def gather_evidence(
    points: pl.DataFrame | pl.LazyFrame,
    events: pl.DataFrame | pl.LazyFrame,
    links: pl.DataFrame,
    *,
    at: datetime,
    parameters: AttributionParameters,
) -> Gathered:
    """Number the values and put in order what is on file about them up to the instant."""
    return gather(points, events, links, at=at, parameters=parameters)


def probabilities(evidence: Evidence, prior: Floats, weights: Weights, *, at: datetime) -> Floats:
    """Run the filter over all subjects; returns [subject, (person, nobody, stranger, log likelihood)]."""
    subjects = evidence.subjects
    count = subjects.height
    start, segment = subjects["start"].to_numpy(), weights.row_of(subjects["segment"])
    peers, out = subjects["peers"].to_numpy(), np.empty((count, 4))
    now = at.timestamp() / 86_400

    def run(begin: int) -> None:
        follow(
            evidence.offsets, evidence.days, evidence.kinds, start, prior, segment, peers, now, weights.classes,
            weights.given, weights.silence, weights.ageing, weights.lapse, weights.engaged, weights.exposure, begin,
            min(begin + _CHUNK, count), out,
        )  # fmt: skip

    side_by_side(run, range(0, count, _CHUNK))
    return out


def _watched_until(parameters: AttributionParameters) -> pl.Expr:
    """Until when the last sign of life keeps a stranger out."""
    floors = {name: segment.ageing.quarantine_days for name, segment in parameters.segments.items()}
    floor = pl.col("segment").replace_strict(floors, return_dtype=pl.Float64)
    return _instant(pl.max_horizontal("heard", "start") + floor)


def _instant(day: pl.Expr) -> pl.Expr:
    return (day * _PER_DAY).round().cast(pl.Int64).cast(pl.Datetime("us", "UTC"))
