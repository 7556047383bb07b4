# SPDX-License-Identifier: Apache-2.0
"""The rates of simulated populations, read from `population.toml`, where each names its source or is assumed."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final, get_type_hints

type Triple = tuple[float, float, float]
"""A number for person, nobody, stranger; of a source: weight, wrong at collection, code passed at collection."""


class PopulationError(ValueError):
    """The rates of a population are incomplete or there is no such preset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """How contact points come to be wrong on the day of collection; shares."""

    phone_nobody: float
    email_nobody: float
    post_nobody: float
    customers: float
    agents: int
    agents_shape: float
    agents_own: float
    shifted_rows: int
    fraud: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """How customers come: growth of applications a year, and how old the youngest and oldest accounts are."""

    growth: float
    youngest_days: float
    oldest_years: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Addresses: share of persons with one on file, moves a year, days a dwelling stands empty, answers to letters."""

    share: float
    moves: float
    vacancy: tuple[float, float]
    heard: float


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Installations: share of persons, log-ins against other points, replaced a year, sold on with an open session."""

    share: float
    logins: float
    replaced: float
    session: tuple[float, float]
    sold_open: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Couples inside the portfolio; shares."""

    couples: float
    one_value: float
    linked: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How contact points are replaced and stated again; shares, and rates per year."""

    gives_new: float
    adds: float
    restates: float
    ends_old: float
    returns_inside: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What the lender does in a delinquency and what comes of it, by whom the point reaches."""

    episodes: float
    episodes_shape: float
    messages: float
    days: float
    calls: float
    phone_delivered: Triple
    email_delivered: Triple
    app_delivered: Triple
    letter_arrives: Triple
    permanent: Triple
    replies: Triple
    pays: Triple
    answers: Triple
    says_wrong: Triple
    opts_out: Triple
    name_given: Triple
    stops: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is recorded, what is lost and what comes twice."""

    stranger_logins: float
    stranger_codes: float
    lost: float
    twice: float
    nameless: float
    lookups: float
    lookups_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """All rates of one process; per year and days unless `population.toml` says otherwise."""

    market: str
    calling_code: str
    phones: Triple
    email_share: float
    churn: float
    email_churn: float
    frailty_shape: float
    quarantine: tuple[float, float]
    email_quarantine: tuple[float, float]
    shelf_days: float
    death: float
    logins: float
    codes: float
    person_shape: float
    point_shape: float
    lapse_share: float
    lapsed: float
    source: Mapping[str, Triple]
    birth: Birth
    post: Post
    app: App
    wrong: Wrong
    shared: Shared
    change: Change
    contact: Contact
    record: Record


PARTS: Final = {
    "birth": Birth, "post": Post, "app": App, "wrong": Wrong, "shared": Shared, "change": Change, "contact": Contact,
    "record": Record,
}  # fmt: skip


def presets(path: Path | None = None) -> tuple[str, ...]:
    """Return the names of all processes."""
    return tuple(name for name in _read(path) if name != "default")


def read_rates(preset: str, path: Path | None = None) -> Rates:
    """Return the rates of a process.

    Raises:
        PopulationError: there is no such preset, or a rate is missing or unknown.
    """
    given = _read(path)
    if preset not in given or preset == "default":
        raise PopulationError(f"No population {preset!r}; there are {', '.join(presets(path))}.")
    whole = _over(given["default"], given[preset])
    try:
        parts = {name: kind(**_lists_as_tuples(whole.pop(name))) for name, kind in PARTS.items()}
        source = {name: tuple(row) for name, row in whole.pop("source").items()}
        return Rates(**_lists_as_tuples(whole), source=source, **parts)
    except (TypeError, KeyError) as fault:
        raise PopulationError(f"Rates of {preset}: {fault}; wanted {sorted(get_type_hints(Rates))}.") from fault


def _read(path: Path | None) -> dict[str, Any]:
    shipped = resources.files(__package__).joinpath("population.toml")
    return tomllib.loads(path.read_text("utf-8") if path else shipped.read_text("utf-8"))


def _over(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Lay a preset over the default, table by table."""
    tables = {
        name: {**base[name], **own[name]} if isinstance(base.get(name), dict) and name in own else own.get(name, value)
        for name, value in base.items()
    }
    return {**{name: value for name, value in own.items() if name not in base}, **tables}


def _lists_as_tuples(table: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}
