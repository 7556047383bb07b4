# SPDX-License-Identifier: Apache-2.0
"""Portfolios with known truth: grown, or read from a directory that somebody brings."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from rightparty.simulation.population.grow import Population, grow
from rightparty.simulation.population.rates import read_rates

STATES: Final = ("person", "nobody", "stranger")
KEYS: Final = ("party_id", "channel", "value")
NEEDED: Final = {
    "contact_points": (*KEYS, "source", "collected_at"),
    "contact_events": (*KEYS, "kind", "occurred_at"),
    "links": ("party_id", "group_id"),
    "truth": (*KEYS, "reaches_from", "reaches_to"),
}
"""Columns a brought portfolio must have."""

BLANK: Final[dict[str, dict[str, str | None]]] = {
    "contact_points": {"relation": "self", "valid_to": None},
    "contact_events": {"detail": ""},
    "links": {},
    "truth": {"shared_with": ""},
}
"""Columns it may lack, and what stands for them."""

INSTANTS: Final = ("collected_at", "valid_to", "occurred_at", "reaches_from", "reaches_to")

QUARANTINE_DAYS: Final = {"phone": 90, "email": 365}
"""Days after `reaches_to` in which a brought portfolio's value reaches nobody, where the truth names none."""

NO_LINKS: Final = {"party_id": pl.String, "group_id": pl.String}


class PortfolioError(ValueError):
    """A brought portfolio lacks a file or a column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """What a lender has on file, and whom each point really reaches at the instant."""

    name: str
    at: datetime
    contact_points: pl.DataFrame
    contact_events: pl.DataFrame
    links: pl.DataFrame
    #: [party_id, channel, value, state]
    states: pl.DataFrame
    population: Population | None = None


def grown(preset: str, *, persons: int, seed: int, at: datetime) -> Portfolio:
    """Return a portfolio of a process of the simulator."""
    population = grow(read_rates(preset), persons=persons, seed=seed, at=at)
    return Portfolio(
        name=f"{preset} {persons:,} persons, seed {seed}",
        at=at,
        contact_points=population.contact_points,
        contact_events=population.contact_events,
        links=population.links,
        states=population.state_at(),
        population=population,
    )


def brought(directory: Path, *, at: datetime) -> Portfolio:
    """Read contact_points, contact_events, optional links, and truth, each a Parquet or CSV file.

    Shape: truth [party_id, channel, value, reaches_from, reaches_to, shared_with], several stretches of one point as
    several rows; after reaches_to nobody for the quarantine, then a stranger; what never reached the person, and a
    point that no row of the truth names, is a stranger's. Instants without a zone are UTC.

    Raises:
        PortfolioError: a file is missing or lacks a column; names both.
    """
    points, events = _read(directory, "contact_points"), _read(directory, "contact_events")
    links = _read(directory, "links") if _file(directory, "links") else pl.DataFrame(schema=NO_LINKS)
    return Portfolio(
        name=directory.name, at=at, contact_points=points, contact_events=events, links=links,
        states=states_of(_read(directory, "truth"), points, at=at),
    )  # fmt: skip


def states_of(truth: pl.DataFrame, points: pl.DataFrame, *, at: datetime) -> pl.DataFrame:
    """Return [party_id, channel, value, state] of every point on file; of several stretches the best one counts."""
    days = pl.col("channel").replace_strict(QUARANTINE_DAYS, default=90, return_dtype=pl.Int64)
    begun = (pl.col("reaches_from") <= at).fill_null(value=False)
    gone = (pl.col("reaches_to") <= at).fill_null(value=False)
    waits = gone & (pl.col("reaches_to") + pl.duration(days=days) > at)
    place = pl.when(begun & ~gone).then(0).when(begun & waits).then(1).otherwise(2)
    best = truth.with_columns(place=place).group_by(KEYS).agg(pl.col("place").min())
    names = dict(enumerate(STATES))
    return (
        points.select(KEYS)
        .unique(maintain_order=True)
        .join(best, on=KEYS, how="left", maintain_order="left")
        .select(*KEYS, state=pl.col("place").fill_null(2).replace_strict(names, return_dtype=pl.String))
    )


def _file(directory: Path, name: str) -> Path | None:
    return next((path for ext in ("parquet", "csv") if (path := directory / f"{name}.{ext}").exists()), None)


def _read(directory: Path, name: str) -> pl.DataFrame:
    """Read one table of a brought portfolio; columns that may be missing are added empty."""
    path = _file(directory, name)
    if path is None:
        raise PortfolioError(f"{directory} has neither {name}.parquet nor {name}.csv.")
    frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema=False)
    missing = [column for column in NEEDED[name] if column not in frame.columns]
    if missing:
        raise PortfolioError(f"{path}: no column {', '.join(missing)}; wanted {', '.join(NEEDED[name])}.")
    blank = [pl.lit(fill).alias(column) for column, fill in BLANK[name].items() if column not in frame.columns]
    whole = frame.with_columns(blank)
    known = [column for column in (*NEEDED[name], *BLANK[name]) if column not in INSTANTS]
    return whole.with_columns(
        *(pl.col(column).cast(pl.String) for column in known),
        *(_instant(column, whole.schema[column]) for column in INSTANTS if column in whole.columns),
    )


def _instant(column: str, kind: pl.DataType) -> pl.Expr:
    """Return a column as instants in UTC; text is read as ISO 8601, with or without a zone."""
    utc = pl.Datetime("us", "UTC")
    if kind != pl.String:
        return pl.col(column).cast(utc)
    text = pl.when(pl.col(column).str.strip_chars() != "").then(pl.col(column).str.strip_chars())
    has_zone = text.str.contains(r"(Z|[+-]\d{2}:?\d{2})$")
    zoned = pl.when(has_zone).then(text).otherwise(text.str.replace(r"^(\d{4}-\d{2}-\d{2})$", "${1}T00:00:00") + "Z")
    return zoned.str.to_datetime(time_unit="us", time_zone="UTC").alias(column)
