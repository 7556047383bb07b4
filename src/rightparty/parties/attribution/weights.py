# SPDX-License-Identifier: Apache-2.0
"""The attribution parameters as the arrays that the compiled filter reads."""

from dataclasses import dataclass
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
        rows = {name: row for row, name in enumerate(self.names)}
        return segments.replace_strict(rows, return_dtype=pl.Int16).to_numpy()


def weights_of(parameters: AttributionParameters) -> Weights:
    """Return the arrays of all segments, as judgements use them: passing time alone never speaks against a stranger.

    That nobody else has claimed a value for long is no reason to trust it more, so what happens in time at a
    stranger's is taken to be no more frequent than at the person's while it does not happen.
    """
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
    keys = ("segment", "source", "relation", "capture")
    table = pl.DataFrame(
        [(*key, person, nobody) for key, (person, nobody) in parameters.prior.items()],
        schema={**dict.fromkeys(keys, pl.String), "person": pl.Float64, "nobody": pl.Float64},
        orient="row",
    )
    sources, relations = table["source"].unique().to_list(), table["relation"].unique().to_list()
    found = (
        subjects.select(
            "i", "segment", "capture",
            source=pl.when(pl.col("source").is_in(sources)).then("source").otherwise(pl.lit(UNKNOWN)),
            relation=pl.when(pl.col("relation").is_in(relations)).then("relation").otherwise(pl.lit(UNKNOWN)),
        )
        .join(table, on=keys, how="left", maintain_order="left")
        .with_columns(stranger=(1.0 - pl.col("person") - pl.col("nobody")).clip(lower_bound=1e-9))
    )  # fmt: skip
    return np.ascontiguousarray(found.select("person", "nobody", "stranger").to_numpy())


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
