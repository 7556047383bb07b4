# SPDX-License-Identifier: Apache-2.0
"""From contact points and events to one ordered stream of evidence per person and value. Serves right_party.

Persons and values are numbered (`subjects.py`), events packed into numbers (`sightings.py`), claims of others found
where a value is contested at all (`rivals.py`), and all of it woven into streams (`streams.py`).
"""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rightparty.parties.attribution.filter import Floats, Ints
from rightparty.parties.attribution.kinds import CODE
from rightparty.parties.attribution.parameters import CAPTURES, AttributionParameters
from rightparty.parties.attribution.rivals import CLAIMS, claims_of_others
from rightparty.parties.attribution.sightings import SCOPES, Sightings, see
from rightparty.parties.attribution.streams import (
    NEVER,
    PER_DAY,
    YEAR,
    Codes,
    level_of_peers,
    room_for,
    side_by_side,
    weave,
)
from rightparty.parties.attribution.subjects import Subjects, days, number

PEER_ACTS: Final = (1, 3, 10)
"""Days of activity a year at other points from which a person is seldom, now and then, often active there."""

_PART: Final = 100_000
_INSTANT: Final = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Streams of evidence: what the filter reads, in its order."""

    #: [i, v, s, party_id, channel, value, segment, source, relation, capture, peers, start] by i; start in days since
    #: 1970, peers 0 to filter.PEERS - 1; s is the place in order of party, channel and value
    subjects: pl.DataFrame
    #: subject i has the evidence offsets[i] to offsets[i + 1]
    offsets: Ints
    #: instants, in days since 1970, and positions in kinds.KINDS
    days: Floats
    kinds: Codes

    @property
    def stream(self) -> pl.DataFrame:
        """[i, day, kind] by i, day, kind; i a row of subjects, kind a position in kinds.KINDS."""
        numbers = np.arange(len(self.offsets) - 1, dtype=np.uint32)
        return pl.DataFrame(
            {"i": np.repeat(numbers, np.diff(self.offsets)), "day": self.days, "kind": self.kinds},
            schema={"i": pl.UInt32, "day": pl.Float64, "kind": pl.Int8},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What is on file about some points up to an instant, numbered and put in order."""

    evidence: Evidence
    #: [last_confirmed_at, wrong_at, reassigned_at, rival_at, is_shared, is_expired, heard] of each subject, by i: what
    #: contradicts by itself or answers a contradiction, and the day of the last sign of life
    marks: pl.DataFrame


def gather(
    points: pl.DataFrame | pl.LazyFrame,
    events: pl.DataFrame | pl.LazyFrame,
    links: pl.DataFrame,
    *,
    at: datetime,
    parameters: AttributionParameters,
) -> Gathered:
    """Return what is on file as of an instant; what is dated later is left out.

    Shape: as for `judge.attribute` -> one subject per (party, channel, value). Events may be a scan of files: they are
    then read piece by piece.
    """
    subjects = number(points, at=at, unknown_age_days=365.25 * parameters.unknown_age_years)
    seen = see(events, subjects, at=at)
    claims = _claims(subjects, seen, links, crowd_persons=parameters.crowd_persons)
    return _woven(subjects, seen, claims, now=at.timestamp() / 86_400, crowd=parameters.crowd_persons)


def _claims(subjects: Subjects, seen: Sightings, links: pl.DataFrame, *, crowd_persons: int) -> pl.DataFrame:
    """Return [i, start, day, claimed_at, kind, is_linked, is_same_person]: what others do that claims a value."""
    contested = subjects.persons > 1
    contested[seen.strong["v"].to_numpy()] = True
    if not contested.any():
        return pl.DataFrame(schema={"i": pl.UInt32, "start": pl.Float64, "day": pl.Float64, **CLAIMS})
    there = subjects.table.filter(pl.Series(np.repeat(contested, subjects.persons)))
    claims = claims_of_others(subjects.rows_at(contested), seen.strong, links, crowd_persons=crowd_persons)
    return claims.join(there.select("i", "v", "party_id", "start"), on=["v", "party_id"]).with_columns(
        day=days("claimed_at")
    )


def _woven(subjects: Subjects, seen: Sightings, claims: pl.DataFrame, *, now: float, crowd: int) -> Gathered:
    """Weave the streams, part by part of the values, side by side on all cores."""
    count = subjects.table.height
    is_claimed, extra = np.zeros(count, np.bool_), subjects.implied
    if claims.height:
        unlinked = claims.filter(~pl.col("is_linked") & (pl.col("day") <= now))
        is_claimed[unlinked.filter(pl.col("day") <= pl.col("start"))["i"].to_numpy()] = True
        extra = pl.concat([extra, _yearly(unlinked)]).sort("i", "day")
    extra_from = np.concatenate([[0], np.cumsum(np.bincount(extra["i"].to_numpy(), minlength=count))]).astype(np.int64)
    parts = _parts(subjects.offsets)
    given = subjects.table["start"].to_numpy(), is_claimed, subjects.newer
    room = [room_for(begin, stop, subjects.offsets, seen.offsets, extra_from, crowd) for begin, stop in pairwise(parts)]
    base = np.concatenate([[0], np.cumsum(room)]).astype(np.int64)
    streams = np.empty(base[-1]), np.empty(base[-1], np.int8)
    begins, capture, ends = np.empty(count), np.empty(count, np.int8), np.empty(count + 1, np.int64)
    acts, heard, instants = np.empty(count, np.uint32), np.empty(count), np.empty((count, 3), np.int64)
    p = subjects.table["p"].to_numpy()

    def run(part: int) -> int:
        return weave(
            parts[part], parts[part + 1], subjects.offsets, seen.offsets, seen.keys, seen.named, seen.since, SCOPES, p,
            *given, extra_from, extra["day"].to_numpy(), extra["kind"].to_numpy(), now, crowd, base[part], *streams,
            begins, capture, ends[1:], acts, heard, instants,
        )  # fmt: skip

    stops = side_by_side(run, range(len(room)))
    ends[0] = 0
    _close_gaps(subjects.offsets[parts], base, stops, ends, *streams)
    peers = np.empty(count, np.int16)
    level_of_peers(p, acts, int(p.max()) + 1 if count else 0, PEER_ACTS, peers)
    evidence = Evidence(
        subjects=_told(subjects.table, begins, capture, peers),
        offsets=ends, days=streams[0][: ends[-1]], kinds=streams[1][: ends[-1]],
    )  # fmt: skip
    return Gathered(evidence=evidence, marks=_marks(subjects.table, claims, instants, heard))


def _parts(offsets: Ints) -> Ints:
    """Cut the values where about so many subjects are together."""
    cuts = np.searchsorted(offsets, np.arange(0, offsets[-1], _PART))
    return np.unique(np.append(cuts, len(offsets) - 1))


def _yearly(unlinked: pl.DataFrame) -> pl.DataFrame:
    """Return [i, day, kind]: a rival that stays says the same thing day by day; it counts once a year."""
    return (
        unlinked.filter(pl.col("day") > pl.col("start"))
        .group_by("i", "kind", year=pl.col("claimed_at").to_physical() // int(YEAR * PER_DAY))
        .agg(pl.col("day").min())
        .select("i", "day", kind=pl.col("kind").replace_strict(CODE, return_dtype=pl.Int8))
    )


def _close_gaps(subjects_to: Ints, base: Ints, stops: list[int], ends: Ints, days: Floats, kinds: Codes) -> None:
    """Move the parts' streams together."""
    behind = 0
    for part, stop in enumerate(stops):
        begin, shift = int(base[part]), int(base[part]) - behind
        days[behind : stop - shift] = days[begin:stop]
        kinds[behind : stop - shift] = kinds[begin:stop]
        ends[subjects_to[part] + 1 : subjects_to[part + 1] + 1] -= shift
        behind = stop - shift


def _told(table: pl.DataFrame, begins: Floats, capture: Codes, peers: NDArray[np.int16]) -> pl.DataFrame:
    names = pl.Series(CAPTURES, dtype=pl.String)
    return table.with_columns(
        capture=names.gather(capture.astype(np.uint32)), peers=pl.Series(peers), start=pl.Series(begins)
    ).select(
        "i", "v", "s", "party_id", "channel", "value", "segment", "source", "relation", "capture", "peers", "start"
    )


def _marks(table: pl.DataFrame, claims: pl.DataFrame, instants: Ints, heard: Floats) -> pl.DataFrame:
    told = table.select(
        "i", "is_expired", heard=pl.Series(heard),
        **{
            name: pl.Series(np.ascontiguousarray(instants[:, place]))
            for place, name in enumerate(("last_confirmed_at", "wrong_at", "reassigned_at"))
        },
    ).with_columns(
        pl.when(pl.col(name) != NEVER).then(pl.col(name)).cast(_INSTANT).alias(name)
        for name in ("last_confirmed_at", "wrong_at", "reassigned_at")
    )  # fmt: skip
    if not claims.height:
        return told.with_columns(rival_at=pl.lit(None, _INSTANT), is_shared=pl.lit(value=False)).drop("i")
    linked, same = pl.col("is_linked"), pl.col("is_same_person")
    others = claims.group_by("i").agg(
        rival_at=pl.col("claimed_at").filter(~linked).max(), is_shared=(linked & ~same).any()
    )
    return (
        told.join(others, on="i", how="left", maintain_order="left")
        .with_columns(pl.col("is_shared").fill_null(value=False))
        .drop("i")
    )
