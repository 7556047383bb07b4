# SPDX-License-Identifier: Apache-2.0
"""Re-estimates the attribution parameters from a lender's own events, without any labels (EM). Serves right_party.

Nobody tells which point reaches whom; the model finds the parameters under which what happened is likeliest. Each round
asks the filter for the expected counts and exposures in each state and sets every rate to their quotient. The
expected counts come from Fisher's identity: the derivative of the log likelihood by the logarithm of a rate, where it
multiplies an event, is the expected number of such events in that state; where it stands in a silence, the expected
exposure times the rate (Dempster, Laird and Rubin 1977; Louis 1982). The shipped numbers enter as if they had been
seen a few times, so that what a lender's events say nothing about stays what it was.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rightparty.parties.attribution.evidence import Evidence
from rightparty.parties.attribution.filter import ACTIVITY, CLASSES, FRAILTY, PEERS, Floats, follow
from rightparty.parties.attribution.kinds import CODE, CONTACT, ENGAGED, KINDS, TRIALS
from rightparty.parties.attribution.leap import Place, leap
from rightparty.parties.attribution.parameters import Ageing, AttributionParameters, Segment, Three
from rightparty.parties.attribution.weights import Weights, prior_of, stack

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

AGAINST: Final = ("wrong_party", "name_differs", "reassigned", "claimed_by_other", "used_by_other")
"""Kinds that must not speak for the person, whatever a fit would like."""

LEAST_STRANGERS: Final = 0.5
"""A fit may lower the share of strangers at collection to this much of the shipped one, no further."""

MISCHIEF: Final = 0.005
"""What takes the person's own secret happens at a stranger's at most so often, against the person's."""

SAFER, RISKIER = 1.15, 2.5
"""A fit may make numbers shorter-lived than the shipped, published figure by so much, longer-lived by hardly anything:
without labels it cannot tell well who gave a number up from who stopped using it, and the error must be on the safe
side."""

_NUDGE: Final = 1e-3
_FLOOR: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Where a fit stands, for whoever watches it."""

    segment: str
    number: int
    #: mean log likelihood of a point
    log_likelihood: float


@dataclass(frozen=True, slots=True)
class _Sample:
    """The streams of some points of one segment, as the filter reads them."""

    offsets: NDArray[np.int64]
    days: Floats
    kinds: NDArray[np.int8]
    start: Floats
    row: NDArray[np.int16]
    peers: NDArray[np.int16]
    subjects: pl.DataFrame
    now: float

    def run(self, weights: Weights, prior: Floats, *, pool: ThreadPoolExecutor) -> Floats:
        """Return the log likelihood of each point."""
        count = len(self.start)
        out = np.empty((count, 4))
        half = max(count // 4, 1)

        def part(begin: int) -> None:
            follow(
                self.offsets, self.days, self.kinds, self.start, prior, self.row, self.peers, self.now, weights.classes,
                weights.given, weights.silence, weights.ageing, weights.lapse, weights.engaged, weights.exposure,
                begin, min(begin + half, count), out,
            )  # fmt: skip

        list(pool.map(part, range(0, count, half)))
        return out[:, 3]


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
    for name in evidence.subjects["segment"].unique().sort():
        of_segment = evidence.subjects.filter(pl.col("segment") == name)
        if of_segment.height < LEAST:
            continue
        rough, fine = (
            _sample(of_segment.sample(min(size, of_segment.height), seed=seed), evidence.stream, at=at)
            for size in (ROUGH, SAMPLE)
        )
        segments[name] = _as_recorded(segments[name], fine)
        for sample, times in zip((rough, fine), rounds, strict=True):
            current = replace(parameters, segments=segments, prior=prior)
            segments[name], cells = _fit_segment(name, sample, parameters, current, rounds=times, watch=watch)
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
        row=np.zeros(chosen.height, dtype=np.int16),
        peers=chosen["peers"].to_numpy(),
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
    watch: Callable[[Round], None],
) -> tuple[Segment, dict[tuple[str, str, str, str], tuple[float, float]]]:
    """Run some rounds of one segment from where it stands; what was shipped counts as a little evidence."""
    shipped, segment = shipped_all.segments[name], current.segments[name]
    keys = ("segment", "source", "relation", "capture")
    cells = sample.subjects.select(cell=pl.struct(keys).rank("dense") - 1)["cell"].to_numpy().astype(np.int64)
    start, prior = prior_of(sample.subjects, shipped_all), prior_of(sample.subjects, current)
    place = Place(segment=segment, prior=_by_cell(prior, cells))
    best, path = (-np.inf, place), [place]
    with ThreadPoolExecutor() as pool:
        for number in range(rounds):
            prior = np.ascontiguousarray(place.prior[cells])
            weights = stack((name,), [place.segment])
            base = sample.run(weights, prior, pool=pool)
            reached = float(base.mean())
            watch(Round(segment=name, number=number + 1, log_likelihood=reached))
            if reached < best[0] - 1e-9:  # the leap went too far: go on from before it
                place, path = best[1], [best[1]]
                continue
            best = (reached, place)
            segment = _next_segment(place.segment, shipped, sample, weights, prior, base, pool)
            place = Place(segment=segment, prior=_next_prior(sample, weights, prior, start, cells, pool))
            path.append(place)
            if len(path) == 3:
                place = leap(*path)
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
        elif kind not in ("claimed_by_other", "used_by_other", "newer_point", "restated", "reassigned"):
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


def _next_prior(
    sample: _Sample,
    weights: Weights,
    prior: Floats,
    start: Floats,
    cells: NDArray[np.int64],
    pool: ThreadPoolExecutor,
) -> Floats:
    """Return the prior of each cell, from how likely its history is from each beginning."""
    count = len(prior)
    likelihood = np.stack(
        [sample.run(weights, np.tile(np.eye(3)[state], (count, 1)), pool=pool) for state in range(3)], axis=1
    )
    weighed = np.log(prior + 1e-300) + likelihood
    shares = np.exp(weighed - weighed.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    cell_count = int(cells.max()) + 1
    sums = np.stack([np.bincount(cells, shares[:, state], cell_count) for state in range(3)], axis=1)
    seen = np.stack([np.bincount(cells, start[:, state], cell_count) for state in range(3)], axis=1)
    points = seen.sum(axis=1, keepdims=True)
    kept = 10.0 * SEEN * seen / points
    fresh = (sums + kept) / (points + 10.0 * SEEN)
    # who uses somebody else's number on purpose leaves no trace for a fit: it must not rule him out
    fresh[:, 2] = np.maximum(fresh[:, 2], LEAST_STRANGERS * seen[:, 2] / points[:, 0])
    return np.maximum(fresh, 1e-7) / fresh.sum(axis=1, keepdims=True)


def _next_segment(
    segment: Segment,
    shipped: Segment,
    sample: _Sample,
    weights: Weights,
    prior: Floats,
    base: Floats,
    pool: ThreadPoolExecutor,
) -> Segment:
    """Return the segment after one round."""

    def slope(array: Floats, place: tuple[int, ...]) -> float:
        kept = array[place]
        array[place] = kept * (1.0 + _NUDGE)
        moved = float((sample.run(weights, prior, pool=pool) - base).sum()) / _NUDGE
        array[place] = kept
        return moved

    rates = dict(segment.rates)
    counts = np.bincount(sample.kinds, minlength=len(KINDS))
    for kind, how in segment.exposure.items():
        code = CODE[kind]
        if how == "outcome" or counts[code] < RARE:
            continue
        rates[kind] = _rate(kind, code, segment, shipped, weights, slope)
    for trial in TRIALS:
        if sum(counts[CODE[kind]] for kind in trial) >= RARE:
            rates.update(_outcomes(trial, shipped, slope, weights))
    activity, frailty = _classes(sample, weights, prior, pool)
    return replace(
        segment,
        rates=rates,
        activity=activity,
        frailty=frailty,
        ageing=_ageing(segment.ageing, shipped.ageing, sample, weights, prior, base, slope, pool),
    )


def _rate(
    kind: str,
    code: int,
    segment: Segment,
    shipped: Segment,
    weights: Weights,
    slope: Callable[[Floats, tuple[int, ...]], float],
) -> Three:
    """Set a rate in each state to expected events over expected exposure."""
    fresh = []
    for state in range(3):
        now = segment.rates[kind][state]
        events = max(slope(weights.given, (0, code, state)), 0.0)
        exposed = max(-slope(weights.silence, (0, code, state)) / now, 0.0)
        first = shipped.rates[kind][state] if shipped.exposure[kind] == segment.exposure[kind] else now
        fresh.append((events + SEEN) / (exposed + SEEN / first))
    return _three(_lawful(kind, np.array(fresh)))


def _lawful(kind: str, rates: Floats) -> Floats:
    """Keep what speaks for the person, and what speaks against him, from changing sides."""
    if kind in ENGAGED:
        most = MISCHIEF if kind in ("otp_verified", "login", "paid") else 1.0
        rates[1:] = np.minimum(rates[1:], most * rates[0])
    if kind in AGAINST:
        rates[0] = min(rates)
    return rates


def _outcomes(
    trial: tuple[str, ...],
    shipped: Segment,
    slope: Callable[[Floats, tuple[int, ...]], float],
    weights: Weights,
) -> Iterator[tuple[str, Three]]:
    """Set the probabilities of the outcomes of a trial in each state to their expected shares."""
    expected = np.array(
        [
            [
                max(slope(weights.given, (0, CODE[kind], state)), 0.0) + SEEN * shipped.rates[kind][state]
                for state in range(3)
            ]
            for kind in trial
        ]
    )
    shares = expected / expected.sum(axis=0)
    for kind, row in zip(trial, shares, strict=True):
        yield kind, _three(row)


def _classes(
    sample: _Sample, weights: Weights, prior: Floats, pool: ThreadPoolExecutor
) -> tuple[tuple[tuple[float, ...], ...], tuple[float, ...]]:
    """Return the weights of activity and frailty classes from how likely each makes the histories."""
    mixed = weights.classes.copy()
    likelihood = []
    for k in range(CLASSES):
        weights.classes[:] = np.eye(CLASSES)[k]
        likelihood.append(sample.run(weights, prior, pool=pool))
    weights.classes[:] = mixed
    weighed = np.stack(likelihood, axis=1) + np.log(mixed[0][sample.peers] + 1e-300)
    shares = np.exp(weighed - weighed.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    table = shares.reshape(-1, len(ACTIVITY), len(FRAILTY))
    busy = table.sum(axis=2)
    rows = []
    for peers in range(PEERS):
        row = busy[sample.peers == peers].sum(axis=0) + 10.0 * SEEN * mixed[0, peers].reshape(len(ACTIVITY), -1).sum(
            axis=1
        )
        rows.append(tuple(map(float, row / row.sum())))
    frail = table.sum(axis=(0, 1)) + SEEN
    return tuple(rows), tuple(map(float, frail / frail.sum()))


def _ageing(
    ageing: Ageing,
    shipped: Ageing,
    sample: _Sample,
    weights: Weights,
    prior: Floats,
    base: Floats,
    slope: Callable[[Floats, tuple[int, ...]], float],
    pool: ThreadPoolExecutor,
) -> Ageing:
    """Return the hazard as givings-up over exposure, and the shelf time that fits best; quarantine is the law's."""
    given_up = max(slope(weights.ageing, (0, 0)), 0.0)
    exposed = max(-slope(weights.ageing, (0, 1)), 0.0) / ageing.given_up_per_year
    hazard = (given_up + SEEN) / (exposed + SEEN / shipped.given_up_per_year)
    tried = np.array([1.3, 1.0, 1 / 1.3])
    total = [float(base.sum())] * 3
    for place in (0, 2):
        weights.ageing[0, 3] = tried[place] / ageing.shelf_days
        total[place] = float(sample.run(weights, prior, pool=pool).sum())
    weights.ageing[0, 3] = 1.0 / ageing.shelf_days
    total = [
        each - 0.5 * (np.log(ageing.shelf_days / factor / shipped.shelf_days)) ** 2
        for each, factor in zip(total, tried, strict=True)
    ]
    best = tried[int(np.argmax(total))]
    return replace(
        ageing,
        given_up_per_year=float(
            np.clip(hazard, shipped.given_up_per_year / SAFER, shipped.given_up_per_year * RISKIER)
        ),
        shelf_days=float(np.clip(ageing.shelf_days / best, 1.0, 3650.0)),
    )


def _three(numbers: Floats) -> Three:
    person, nobody, stranger = (max(float(number), _FLOOR) for number in numbers)
    return person, nobody, stranger
