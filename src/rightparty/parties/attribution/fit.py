# SPDX-License-Identifier: Apache-2.0
"""Re-estimates the attribution parameters from a lender's own events, without any labels (EM). Serves right_party.

Nobody tells which point reaches whom; the model finds the parameters under which what happened is likeliest. Each round
asks `expect.py` for the expected counts and exposures in each state and sets every rate to their quotient (Dempster,
Laird and Rubin 1977). The shipped numbers enter as if they had been seen a few times, so that what a lender's events
say nothing about stays what it was.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rightparty.parties.attribution.evidence import Evidence
from rightparty.parties.attribution.expect import Counts
from rightparty.parties.attribution.expect import count as count_some
from rightparty.parties.attribution.filter import FRAILTY, Floats
from rightparty.parties.attribution.kinds import CODE, CONTACT, ENGAGED, KINDS
from rightparty.parties.attribution.leap import Place, leap
from rightparty.parties.attribution.parameters import Ageing, AttributionParameters, Segment, Three, trials_of
from rightparty.parties.attribution.strides import follow
from rightparty.parties.attribution.weights import DAYS_PER_YEAR, Weights, prior_of, stack

SAMPLE: Final = 15_000
"""Points of a segment that the last rounds of a fit look at: more changes the third digit only."""

ROUGH: Final = 6_000
"""Points that the rounds before them look at."""

ROUNDS: Final = (18, 3)
"""Rounds on the small sample, and on the large one; each third one is a leap."""

LEAST: Final = 300
"""Points below which a segment keeps its parameters."""

SEEN: Final = 3.0
"""Events that the shipped rate counts for; the shipped prior of a cell counts for ten times as many points."""

RARE: Final = 20
"""Events of a kind below which its absence says nothing: the lender does not record it."""

NEAR_DAYS: Final = 3.0
"""An answer comes so soon after a contact; kinds that mostly do are counted per contact."""

AGAINST: Final = (
    "wrong_party",
    "name_differs",
    "reassigned",
    "claimed_by_other",
    "used_by_other",
    "expired",
    "newer_point",
)
"""Kinds that must not speak for the person, whatever a fit would like."""

BLIND: Final = ("delivered", "status_live")
"""Trials, by their first outcome, in which a carrier cannot know who holds a value in use: they end alike for the
person and for a stranger, or a fit takes strangers for another kind of nobody."""

BOUND: Final = ("app",)
"""Channels whose points come about by a log-in: who was reached at the beginning is known, and no fit may doubt it."""

READ: Final = ("confirmed", "both")
"""Captures at which a code was read. Nobody can read none: a fit may not make a value in no use likelier than shipped,
or it takes numbers that were lost soon for ones that never worked."""

LEAST_STRANGERS: Final = 0.5
"""A fit may lower the share of strangers at collection to this much of the shipped one, no further."""

MISCHIEF: Final = 0.005
"""What takes the person's own secret happens at a stranger's at most so often, against the person's."""

SHELF_EVERY: Final = 4
"""Each so many rounds the time on the shelf is tried anew."""

TOLD: Final = tuple(
    CODE[kind] for kind in ("contact", "delivered", "undelivered", "unknown_subscriber", "status_live", "status_dead")
)
"""Kinds by which a carrier tells whether a value is in use."""

SHORTER_AT_MOST: Final = 4.0
"""A fit may believe points to live so many times shorter than shipped; how much longer, each segment says. Without
labels it cannot tell well who gave a number up from who stopped using it, and the error must be on the safe side."""

_FLOOR: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Where a fit stands, for whoever watches it."""

    segment: str
    number: int
    #: mean log likelihood of a point
    log_likelihood: float
    #: rounds done and rounds there will be, over all segments
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class _Sample:
    """The streams of some points of one segment, as the filter reads them."""

    offsets: NDArray[np.int64]
    days: Floats
    kinds: NDArray[np.int8]
    start: Floats
    peers: NDArray[np.int16]
    #: whether a carrier ever told of the point, so that a giving-up can have been seen
    watched: NDArray[np.int8]
    subjects: pl.DataFrame
    now: float

    def count(self, weights: Weights, prior: Floats, *, pool: ThreadPoolExecutor) -> tuple[Counts, Floats]:
        """Return expected counts, and [begins with person, nobody, stranger, log likelihood] of each point."""
        size = len(self.start)
        out = np.empty((size, 4))
        part = max(size // 6, 1)

        def some(begin: int) -> Counts:
            found = Counts.nothing()
            count_some(
                self.offsets, self.days, self.kinds, self.start, prior, self.peers, self.watched, self.now,
                weights.classes[0], weights.given[0], weights.silence[0], weights.ageing[0], weights.lapse[0],
                weights.engaged, weights.exposure, begin, min(begin + part, size), out, found.tables,
            )  # fmt: skip
            return found

        whole = Counts.nothing()
        for found in pool.map(some, range(0, size, part)):
            whole.add(found)
        return whole, out

    def likelihood(self, weights: Weights, prior: Floats, *, pool: ThreadPoolExecutor) -> float:
        """Return the sum of the log likelihoods."""
        size = len(self.start)
        out, row = np.empty((size, 4)), np.zeros(size, dtype=np.int16)
        part = max(size // 6, 1)

        def some(begin: int) -> float:
            return follow(
                self.offsets, self.days, self.kinds, self.start, prior, row, self.peers, self.now, weights.classes,
                weights.given, weights.silence, weights.ageing, weights.lapse, weights.engaged, weights.exposure,
                begin, min(begin + part, size), out,
            )  # fmt: skip

        return float(sum(pool.map(some, range(0, size, part))))


def fit(
    evidence: Evidence,
    parameters: AttributionParameters,
    *,
    at: datetime,
    version: str,
    rounds: tuple[int, int] = ROUNDS,
    seed: int = 1,
    watch: Callable[[Round], None] = lambda _: None,
) -> AttributionParameters:
    """Return parameters re-estimated from the evidence; segments with fewer than LEAST points stay as they are.

    Args:
        evidence: what `judge.gather_evidence` found, of a whole portfolio or a large part of it.
        parameters: where to start; they also count as a little evidence.
        at: the instant as of which the evidence was gathered.
        version: name of the result.
        rounds: rounds of EM for each segment, on a small sample and then on a large one.
        seed: chooses the points looked at.
        watch: called after each round.
    """
    segments, prior = dict(parameters.segments), dict(parameters.prior)
    sizes = evidence.subjects.group_by("segment").len().filter(pl.col("len") >= LEAST).sort("segment")
    done = count()
    for name in sizes["segment"]:
        of_segment = evidence.subjects.filter(pl.col("segment") == name)
        rough, fine = (
            _sample(of_segment.sample(min(size, of_segment.height), seed=seed), evidence.stream, at=at)
            for size in (ROUGH, SAMPLE)
        )
        segments[name] = _as_recorded(segments[name], fine)

        def tell(number: int, reached: float, name: str = name) -> None:
            total = sizes.height * sum(rounds)
            watch(Round(segment=name, number=number, log_likelihood=reached, done=next(done) + 1, total=total))

        for sample, times in zip((rough, fine), rounds, strict=True):
            current = replace(parameters, segments=segments, prior=prior)
            segments[name], cells = _fit_segment(name, sample, parameters, current, rounds=times, tell=tell)
            prior.update(cells)
    return replace(parameters, version=version, segments=segments, prior=prior)


def _sample(subjects: pl.DataFrame, stream: pl.DataFrame, *, at: datetime) -> _Sample:
    chosen = subjects.sort("i").drop("i").with_columns(old=subjects.sort("i")["i"]).with_row_index("i")
    mine = stream.join(chosen.select("old", new="i"), left_on="i", right_on="old").sort("new", maintain_order=True)
    lengths = np.bincount(mine["new"].to_numpy(), minlength=chosen.height)
    return _Sample(
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        days=mine["day"].to_numpy(),
        kinds=mine["kind"].to_numpy(),
        start=chosen["start"].to_numpy(),
        peers=chosen["peers"].to_numpy(),
        watched=np.isin(np.arange(chosen.height), mine.filter(pl.col("kind").is_in(TOLD))["new"]).astype(np.int8),
        subjects=chosen,
        now=at.timestamp() / 86_400,
    )


def _fit_segment(
    name: str,
    sample: _Sample,
    shipped_all: AttributionParameters,
    current: AttributionParameters,
    *,
    rounds: int,
    tell: Callable[[int, float], None],
) -> tuple[Segment, dict[tuple[str, str, str, str], tuple[float, float]]]:
    """Run some rounds of one segment from where it stands; what was shipped counts as a little evidence."""
    shipped, segment = shipped_all.segments[name], current.segments[name]
    keys = ("segment", "source", "relation", "capture")
    cells = sample.subjects.select(cell=pl.struct(keys).rank("dense") - 1)["cell"].to_numpy().astype(np.int64)
    start = _by_cell(prior_of(sample.subjects, shipped_all), cells)
    place = Place(segment=segment, prior=_by_cell(prior_of(sample.subjects, current), cells))
    read = np.bincount(cells, sample.subjects["capture"].is_in(READ).to_numpy()) > 0
    best, path = (-np.inf, place), [place]
    with ThreadPoolExecutor() as pool:
        for number in range(rounds):
            prior = np.ascontiguousarray(place.prior[cells])
            weights = stack((name,), [place.segment])
            counts, out = sample.count(weights, prior, pool=pool)
            reached = float(out[:, 3].mean())
            tell(number + 1, reached)
            if reached < best[0] - 1e-9:  # the leap went too far: go on from before it
                place, path = best[1], [best[1]]
                continue
            best = (reached, place)
            segment = _next_segment(place.segment, shipped, sample, counts)
            if number % SHELF_EVERY == 1 and name.startswith("phone"):
                segment = replace(segment, ageing=_shelf(segment.ageing, shipped.ageing, sample, weights, prior, pool))
            beginning = place.prior if name in BOUND else _next_prior(out, start, cells, read)
            place = Place(segment=segment, prior=beginning)
            path.append(place)
            if len(path) == 3:
                place = _within_guards(leap(*path), shipped)
                place = replace(place, prior=_lawful_prior(place.prior, start, read))
                path = [place]
    segment, prior = best[1].segment, best[1].prior[cells]
    found = sample.subjects.with_columns(person=pl.Series(prior[:, 0]), nobody=pl.Series(prior[:, 1])).unique(keys)
    return segment, {
        (row["segment"], row["source"], row["relation"], row["capture"]): (row["person"], row["nobody"])
        for row in found.select(*keys, "person", "nobody").to_dicts()
    }


def _as_recorded(segment: Segment, sample: _Sample) -> Segment:
    """Silence the kinds that the lender does not record, and count answers per contact or per time as they come."""
    counts = np.bincount(sample.kinds, minlength=len(KINDS))
    rates, exposure = dict(segment.rates), dict(segment.exposure)
    for kind, how in segment.exposure.items():
        if how == "outcome":
            continue
        if counts[CODE[kind]] < RARE:
            ratio = np.array(rates[kind]) / rates[kind][2]
            rates[kind] = _three(ratio * _FLOOR * 1e3)
        elif kind not in ("claimed_by_other", "used_by_other", "newer_point", "restated", "reassigned", "expired"):
            exposure[kind] = "contact" if _follows_contact(sample, CODE[kind]) else "year"
            if exposure[kind] != how:
                scale = np.array([4.0, 1.0, 1.0]) if exposure[kind] == "year" else np.array([0.25, 1.0, 1.0])
                rates[kind] = _three(np.array(rates[kind]) * scale)
    return replace(segment, rates=rates, exposure=exposure)


def _follows_contact(sample: _Sample, code: int) -> bool:
    """Tell whether most events of a kind come within days of a contact."""
    point = np.repeat(np.arange(len(sample.start)), np.diff(sample.offsets))
    last = np.maximum.accumulate(np.where(sample.kinds == CONTACT, np.arange(len(sample.kinds)), -1))
    here = np.flatnonzero(sample.kinds == code)
    before = last[here]
    close = (before >= 0) & (point[before] == point[here]) & (sample.days[here] - sample.days[before] <= NEAR_DAYS)
    return bool(close.mean() > 0.5)


def _by_cell(prior: Floats, cells: NDArray[np.int64]) -> Floats:
    table = np.empty((int(cells.max()) + 1, 3))
    table[cells] = prior
    return table


def _next_prior(out: Floats, start: Floats, cells: NDArray[np.int64], read: NDArray[np.bool_]) -> Floats:
    """Return the prior of each cell, from how likely its histories are from each beginning."""
    sums = np.stack([np.bincount(cells, out[:, state], len(start)) for state in range(3)], axis=1)
    fresh = sums + 10.0 * SEEN * start
    return _lawful_prior(fresh / fresh.sum(axis=1, keepdims=True), start, read)


def _lawful_prior(fresh: Floats, start: Floats, read: NDArray[np.bool_]) -> Floats:
    """Bring back to what a fit may believe of each cell's beginning; `start` is the shipped one, `read` READ."""
    # who uses somebody else's number on purpose leaves no trace for a fit: it must not rule him out
    lawful = np.maximum(fresh, 1e-7)
    lawful[:, 2] = np.maximum(lawful[:, 2], LEAST_STRANGERS * start[:, 2])
    lawful[:, 1] = np.where(read, np.minimum(lawful[:, 1], start[:, 1]), lawful[:, 1])
    return lawful / lawful.sum(axis=1, keepdims=True)


def _next_segment(segment: Segment, shipped: Segment, sample: _Sample, counts: Counts) -> Segment:
    """Return the segment after one round."""
    rates = dict(segment.rates)
    seen = np.bincount(sample.kinds, minlength=len(KINDS))
    for kind, how in segment.exposure.items():
        if how != "outcome" and seen[CODE[kind]] >= RARE:
            rates[kind] = _rate(kind, segment, shipped, counts)
    for trial in trials_of(segment):
        if sum(seen[CODE[kind]] for kind in trial) >= RARE:
            rates.update(_outcomes(trial, shipped, counts))
    rows = counts.busy + 10.0 * SEEN * np.array(segment.activity)
    frailty = _shares(counts.frail + SEEN)
    lapse = (counts.lapses[:, 0] + SEEN) / (
        counts.lapses[:, 1] / DAYS_PER_YEAR + SEEN / np.array(shipped.lapse_per_year)
    )
    return replace(
        segment,
        rates=rates,
        activity=tuple(_shares(row) for row in rows),
        frailty=frailty,
        lapse_per_year=tuple(np.clip(lapse, 1e-4, 3.0).tolist()),
        ageing=_hazard(segment, frailty, shipped, counts),
    )


def _rate(kind: str, segment: Segment, shipped: Segment, counts: Counts) -> Three:
    """Set a rate in each state to expected events over expected exposure."""
    how = segment.exposure[kind]
    exposed = counts.contacts if how == "contact" else counts.days / DAYS_PER_YEAR
    own = exposed[0] if kind in ENGAGED else exposed[1]
    comparable = shipped.exposure[kind] == how
    first = np.array(shipped.rates[kind] if comparable else segment.rates[kind])
    events, exposure = counts.events[CODE[kind]], np.array([own, *exposed[2:]])
    fresh = (events + SEEN) / (exposure + SEEN / first)
    return _three(_lawful(kind, fresh))


def _lawful(kind: str, rates: Floats) -> Floats:
    """Keep what speaks for the person, and what speaks against him, from changing sides."""
    if kind in ENGAGED:
        most = MISCHIEF if kind in ("otp_verified", "login", "paid") else 1.0
        rates[1:] = np.minimum(rates[1:], most * rates[0])
    if kind in AGAINST:
        rates[0] = min(rates)
    return rates


def _outcomes(trial: tuple[str, ...], shipped: Segment, counts: Counts) -> Iterator[tuple[str, Three]]:
    """Set the probabilities of the outcomes of a trial in each state to their expected shares."""
    expected = np.array([counts.events[CODE[kind]] + SEEN * np.array(shipped.rates[kind]) for kind in trial])
    if trial[0] in BLIND:
        expected[:, [0, 2]] = expected[:, [0]] + expected[:, [2]]
    for kind, row in zip(trial, expected / expected.sum(axis=0), strict=True):
        yield kind, _three(row)


def _within_guards(place: Place, shipped: Segment) -> Place:
    """Bring back to what a fit may believe a place that a leap went to."""
    segment = place.segment
    rates = {
        kind: _three(_lawful(kind, np.array(three))) if segment.exposure[kind] != "outcome" else three
        for kind, three in segment.rates.items()
    }
    for trial in trials_of(segment):
        if trial[0] in BLIND:
            rates |= {kind: (rates[kind][0], rates[kind][1], rates[kind][0]) for kind in trial}
    hazard = _bounded(segment.ageing.given_up_per_year, segment.frailty, shipped)
    ageing = replace(segment.ageing, given_up_per_year=hazard)
    return replace(place, segment=replace(segment, rates=rates, ageing=ageing))


def _hazard(segment: Segment, frailty: tuple[float, ...], shipped: Segment, counts: Counts) -> Ageing:
    """Return the hazard as givings-up over exposure, where a carrier could tell; quarantine is the law's."""
    ageing, before = segment.ageing, shipped.ageing
    gone, exposed = counts.given_up[1]
    hazard = (gone + SEEN) / (exposed / DAYS_PER_YEAR + SEEN / before.given_up_per_year)
    return replace(ageing, given_up_per_year=_bounded(hazard, frailty, shipped))


def _bounded(hazard: float, frailty: tuple[float, ...], shipped: Segment) -> float:
    """Keep a hazard within what the segment allows; what counts is the mean over all people, however they differ."""
    before = shipped.ageing
    usual = before.given_up_per_year * (FRAILTY @ np.array(shipped.frailty)) / (FRAILTY @ np.array(frailty))
    return float(np.clip(hazard, usual / before.longer_at_most, usual * SHORTER_AT_MOST))


def _shelf(
    ageing: Ageing, shipped: Ageing, sample: _Sample, weights: Weights, prior: Floats, pool: ThreadPoolExecutor
) -> Ageing:
    """Return the shelf time that fits best of three near by."""
    best, most = ageing.shelf_days, -np.inf
    for factor in (1.0, 1.25, 0.8):
        tried = ageing.shelf_days * factor
        weights.ageing[0, 3] = 1.0 / tried
        reached = sample.likelihood(weights, prior, pool=pool) - 0.5 * np.log(tried / shipped.shelf_days) ** 2
        if reached > most:
            best, most = tried, reached
    return replace(ageing, shelf_days=float(np.clip(best, 1.0, 3650.0)))


def _shares(row: Floats) -> tuple[float, ...]:
    return tuple((row / row.sum()).tolist())


def _three(numbers: Floats) -> Three:
    person, nobody, stranger = (max(float(number), _FLOOR) for number in numbers)
    return person, nobody, stranger
