# SPDX-License-Identifier: Apache-2.0
"""Whom a contact point reaches as of an instant: the person, nobody, or a stranger. Serves right_party.

Every (person, value) is followed by the filter of `filter.py` through everything that is on file about it up to the
instant; events later than the instant are ignored. A hard contradiction sets a reason bit that blocks by itself,
whatever the probability.
"""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from rightparty.kernel.clock import require_aware
from rightparty.parties.attribution.contradictions import with_contradictions
from rightparty.parties.attribution.evidence import STRONG, Evidence, gather
from rightparty.parties.attribution.filter import Floats
from rightparty.parties.attribution.kinds import CODE, ENGAGED
from rightparty.parties.attribution.parameters import AttributionParameters
from rightparty.parties.attribution.rivals import claims_of_others
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

_SIGNS: Final = [
    CODE[kind] for kind in (*ENGAGED, "restated", "delivered", "status_live", "holder_same", "subscriber_matches")
]
"""What shows that a value is in use: after it, whoever had it keeps it for a quarantine at least."""

_CHUNK: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What is on file about some points, numbered and put in order."""

    #: [v, party_id, channel, value, source, collected_at, relation, valid_to, is_expired, claimed_at]
    rows: pl.DataFrame
    #: [v, party_id, kind, occurred_at, detail] up to the instant
    events: pl.DataFrame
    #: rivals.CLAIMS
    claims: pl.DataFrame
    evidence: Evidence


def attribute(
    points: pl.DataFrame,
    events: pl.DataFrame,
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
    judged = _with_probabilities(gathered.evidence, at=instant, parameters=parameters)
    marked = with_contradictions(judged, gathered.rows, gathered.events, gathered.claims)
    ceiling = pl.when("is_shared").then(parameters.shared_with_linked).otherwise(1.0)
    watched = _with_watch(marked, gathered.evidence.stream, parameters).with_columns(
        p_alone=pl.min_horizontal("p_person", ceiling)
    )
    return watched.select(pl.col(name).cast(kind) for name, kind in ATTRIBUTION.items()).sort(
        "party_id", "channel", "value"
    )


def gather_evidence(
    points: pl.DataFrame, events: pl.DataFrame, links: pl.DataFrame, *, at: datetime, parameters: AttributionParameters
) -> Gathered:
    """Number the values and put in order what is on file about them up to the instant."""
    values = points.select("channel", "value").unique(maintain_order=True).with_row_index("v")
    rows = points.join(values, on=["channel", "value"]).with_columns(
        is_expired=(pl.col("valid_to") <= at).fill_null(value=False), claimed_at=pl.col("collected_at").fill_null(at)
    )
    seen = (
        events.filter(pl.col("occurred_at") <= at)
        .join(values, on=["channel", "value"])
        .select("v", pl.col("party_id").fill_null(""), "kind", "occurred_at", "detail")
    )
    strong = seen.filter(pl.col("kind").is_in(STRONG) & (pl.col("party_id") != ""))
    claims = claims_of_others(rows, strong, links, crowd_persons=parameters.crowd_persons)
    evidence = gather(
        rows, seen, claims.filter(~pl.col("is_linked")), at=at, crowd_persons=parameters.crowd_persons,
        unknown_age=timedelta(days=365.25 * parameters.unknown_age_years),
    )  # fmt: skip
    return Gathered(rows=rows, events=seen, claims=claims, evidence=evidence)


def probabilities(evidence: Evidence, prior: Floats, weights: Weights, *, at: datetime) -> Floats:
    """Run the filter over all subjects; returns [subject, (person, nobody, stranger, log likelihood)]."""
    subjects, stream = evidence.subjects, evidence.stream
    count = subjects.height
    lengths = np.bincount(stream["i"].to_numpy(), minlength=count)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    days, kinds = stream["day"].to_numpy(), stream["kind"].to_numpy()
    start, segment = subjects["start"].to_numpy(), weights.row_of(subjects["segment"])
    peers, out = subjects["peers"].to_numpy(), np.empty((count, 4))
    now = at.timestamp() / 86_400

    def run(begin: int) -> None:
        follow(
            offsets, days, kinds, start, prior, segment, peers, now, weights.classes, weights.given, weights.silence,
            weights.ageing, weights.lapse, weights.engaged, weights.exposure, begin, min(begin + _CHUNK, count), out,
        )  # fmt: skip

    with ThreadPoolExecutor(os.process_cpu_count() if hasattr(os, "process_cpu_count") else os.cpu_count()) as pool:
        list(pool.map(run, range(0, count, _CHUNK)))
    return out


def _with_probabilities(evidence: Evidence, *, at: datetime, parameters: AttributionParameters) -> pl.DataFrame:
    out = probabilities(evidence, prior_of(evidence.subjects, parameters), weights_of(parameters), at=at)
    return evidence.subjects.with_columns(
        p_person=pl.Series(out[:, 0]), p_nobody=pl.Series(out[:, 1]), p_stranger=pl.Series(out[:, 2])
    )


def _with_watch(judged: pl.DataFrame, stream: pl.DataFrame, parameters: AttributionParameters) -> pl.DataFrame:
    """Add until when the last sign of life keeps a stranger out."""
    floors = {name: segment.ageing.quarantine_days for name, segment in parameters.segments.items()}
    alive = stream.filter(pl.col("kind").is_in(_SIGNS)).group_by("i").agg(heard=pl.col("day").max())
    until = (
        pl.max_horizontal("heard", "start") + pl.col("segment").replace_strict(floors, return_dtype=pl.Float64)
    ) * 86_400_000_000
    return judged.join(alive, on="i", how="left").with_columns(
        watched_until=until.cast(pl.Int64).cast(pl.Datetime("us", "UTC")),
        collected_at=(pl.col("start") * 86_400_000_000).round().cast(pl.Int64).cast(pl.Datetime("us", "UTC")),
    )
