# SPDX-License-Identifier: Apache-2.0
"""The attribution parameters as the arrays that the compiled filter reads."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rightparty.parties.attribution.filter import CLASSES, PEERS, Floats
from rightparty.parties.attribution.kinds import CODE, ENGAGED, KINDS, OUTCOME, PER_TIME
from rightparty.parties.attribution.parameters import EXPOSURES, UNKNOWN, AttributionParameters, Segment

DAYS_PER_YEAR: Final = 365.25

ENGAGED_KINDS: Final = np.array([kind in ENGAGED for kind in KINDS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Arrays of `filter.follow`, one row per segment."""

    names: tuple[str, ...]
    classes: Floats
    given: Floats
    silence: Floats
    ageing: Floats
    lapse: Floats
    engaged: NDArray[np.bool_]
    exposure: NDArray[np.int8]

    def row_of(self, segments: pl.Series) -> NDArray[np.int16]:
        """Return the row of each segment's name."""
        return segments.cast(pl.Enum(self.names)).to_physical().cast(pl.Int16).to_numpy()


def weights_of(parameters: AttributionParameters) -> Weights:
    """Return the arrays of all segments, as judgements use them: passing time alone never speaks against a stranger.

    That nobody else has claimed a value for long is no reason to trust it more, so what happens in time at a
    stranger's is taken to be no more frequent than at the person's while it does not happen.
    """
    return _weights_of(_Same(parameters))


@lru_cache(maxsize=8)
def _weights_of(same: "_Same") -> Weights:
    parameters = same.parameters
    names = tuple(parameters.segments)
    weights = stack(names, [parameters.segments[name] for name in names])
    by_time = weights.exposure.reshape(len(names), len(KINDS)) == PER_TIME
    slowest = np.where(by_time & ~weights.engaged, weights.silence[:, :, 0], 0.0).sum(axis=1)
    total = np.where(by_time, weights.silence[:, :, 2], 0.0).sum(axis=1)
    share = np.minimum(1.0, slowest / np.maximum(total, 1e-300))
    weights.silence[:, :, 2] *= np.where(by_time, share[:, None], 1.0)
    return weights


def stack(names: tuple[str, ...], segments: list[Segment]) -> Weights:
    """Return the arrays of some segments."""
    given = np.stack([_given(segment) for segment in segments])
    return Weights(
        names=names,
        classes=np.stack([_classes(segment) for segment in segments]),
        given=given,
        silence=given.copy(),
        ageing=np.stack([_ageing(segment) for segment in segments]),
        lapse=np.stack([np.repeat(np.array(each.lapse_per_year)[:, None], 2, axis=1) for each in segments])
        / DAYS_PER_YEAR,
        engaged=ENGAGED_KINDS,
        exposure=np.concatenate([_exposure(segment) for segment in segments]),
    )


def prior_of(subjects: pl.DataFrame, parameters: AttributionParameters) -> Floats:
    """Return [subject, (person, nobody, stranger)] at collection; a source not listed is the least known one."""
    prior = _prior_table(_Same(parameters))
    cell = np.zeros(subjects.height, np.intp)
    for key, names in prior.names.items():
        place = subjects[key].cast(names, strict=False).to_physical()
        other = prior.unknown[key]
        cell = (
            cell * (names.categories.len() + 1) + (place.fill_null(other) if place.null_count() else place).to_numpy()
        )
    return prior.of_cell[cell]


@dataclass(frozen=True, slots=True)
class _Same:
    """Parameters, known again by being the same object."""

    parameters: AttributionParameters

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.parameters is other.parameters

    def __hash__(self) -> int:
        return id(self.parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prior:
    """The prior of every segment, source, relation and capture: a cell each, in this order."""

    #: the names that are listed, one more stands for all others
    names: dict[str, pl.Enum]
    #: of each key, the place of what is not listed
    unknown: dict[str, int]
    #: [cell, (person, nobody, stranger)], not a number where nothing is listed
    of_cell: Floats


@lru_cache(maxsize=8)
def _prior_table(same: _Same) -> _Prior:
    listed = same.parameters.prior
    names = {key: sorted({each[place] for each in listed}) for place, key in enumerate(_PRIOR_KEYS)}
    cells = np.full([len(each) + 1 for each in names.values()] + [3], np.nan)
    for key, (person, nobody) in listed.items():
        place = tuple(names[name].index(part) for name, part in zip(names, key, strict=True))
        cells[place] = person, nobody, max(1.0 - person - nobody, 1e-9)
    unknown = {
        key: each.index(UNKNOWN) if key in _PRIOR_LEAST_KNOWN and UNKNOWN in each else len(each)
        for key, each in names.items()
    }
    return _Prior(
        names={key: pl.Enum(each) for key, each in names.items()}, unknown=unknown, of_cell=cells.reshape(-1, 3)
    )


_PRIOR_KEYS: Final = ("segment", "source", "relation", "capture")
_PRIOR_LEAST_KNOWN: Final = ("source", "relation")
"""Keys of which a name that is not listed is the least known one."""


def _classes(segment: Segment) -> Floats:
    classes = np.stack([np.outer(activity, segment.frailty).ravel() for activity in segment.activity])
    if classes.shape != (PEERS, CLASSES):
        raise ValueError(f"{classes.shape} classes, {(PEERS, CLASSES)} wanted.")
    return classes


def _given(segment: Segment) -> Floats:
    given = np.ones((len(KINDS), 3))
    for kind, rates in segment.rates.items():
        unit = DAYS_PER_YEAR if segment.exposure[kind] == "year" else 1.0
        given[CODE[kind]] = np.array(rates) / unit
    return given


def _exposure(segment: Segment) -> NDArray[np.int8]:
    exposure = np.full(len(KINDS), OUTCOME, dtype=np.int8)
    for kind, how in segment.exposure.items():
        exposure[CODE[kind]] = EXPOSURES[how]
    return exposure


def _ageing(segment: Segment) -> Floats:
    ageing = segment.ageing
    hazard = ageing.given_up_per_year / DAYS_PER_YEAR
    return np.array([hazard, hazard, ageing.quarantine_days, 1 / ageing.shelf_days, 1 / ageing.void_days, hazard])
