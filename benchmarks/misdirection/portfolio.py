# SPDX-License-Identifier: Apache-2.0
"""Portfolios with known truth: grown, or read from a directory that somebody brings."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from rightparty.simulation.population.grow import Population, grow
from rightparty.simulation.population.rates import read_rates

QUARANTINE_DAYS: Final = {"phone": 90, "email": 365}
"""Days after `reaches_to` in which a brought portfolio's value reaches nobody, where the truth names none."""

NO_LINKS: Final = {"party_id": pl.String, "group_id": pl.String}


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
    """Read contact_points, contact_events, optional links, and truth.

    Shape: truth [party_id, channel, value, reaches_from, reaches_to, shared_with]; after reaches_to nobody for the
    quarantine, then a stranger; what never reached the person is a stranger's.
    """
    truth = _read(directory, "truth")
    days = pl.col("channel").replace_strict(QUARANTINE_DAYS, default=90, return_dtype=pl.Int64)
    gone = pl.col("reaches_to") <= at
    quarantined = gone & (pl.col("reaches_to") + pl.duration(days=days) > at)
    reached = pl.col("reaches_from").is_not_null() & (pl.col("reaches_from") <= at)
    state = (
        pl.when(reached & ~gone.fill_null(value=False))
        .then(pl.lit("person"))
        .when(reached & quarantined)
        .then(pl.lit("nobody"))
        .otherwise(pl.lit("stranger"))
    )
    best = pl.col("state").replace_strict({"person": 0, "nobody": 1, "stranger": 2}, return_dtype=pl.Int8)
    states = (
        truth.with_columns(state=state)
        .sort(best)
        .unique(["party_id", "channel", "value"], keep="first", maintain_order=True)
        .select("party_id", "channel", "value", "state")
    )
    links = _read(directory, "links") if _file(directory, "links") else pl.DataFrame(schema=NO_LINKS)
    return Portfolio(
        name=directory.name, at=at, contact_points=_read(directory, "contact_points"),
        contact_events=_with_detail(_read(directory, "contact_events")), links=links, states=states,
    )  # fmt: skip


def _file(directory: Path, name: str) -> Path | None:
    return next((path for ext in ("parquet", "csv") if (path := directory / f"{name}.{ext}").exists()), None)


def _read(directory: Path, name: str) -> pl.DataFrame:
    path = _file(directory, name)
    if path is None:
        raise FileNotFoundError(f"{directory} has neither {name}.parquet nor {name}.csv.")
    frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, try_parse_dates=True)
    instants = [column for column in frame.columns if column.endswith(("_at", "_from", "_to")) or column == "valid_to"]
    return frame.with_columns(pl.col(instants).cast(pl.Datetime("us", "UTC")))


def _with_detail(events: pl.DataFrame) -> pl.DataFrame:
    return events if "detail" in events.columns else events.with_columns(detail=pl.lit(""))
