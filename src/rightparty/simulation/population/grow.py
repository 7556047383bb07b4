# SPDX-License-Identifier: Apache-2.0
"""Populations with known truth: persons, their contact points and what happened there, as a lender has them on file.

Nothing in the way of a reminder may read the truth; benchmarks and tests do.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rightparty.kernel.clock import require_aware
from rightparty.simulation.population.doings import (
    KINDS,
    Doings,
    answers_to,
    holder_of,
    look_up,
    pursue,
    recorded,
    status_of,
    subscriber_of,
    use,
)  # fmt: skip
from rightparty.simulation.population.lives import (
    APP,
    CHANNELS,
    NEVER,
    YEAR,
    Ints,
    Lives,
    Persons,
    draw_first_points,
    draw_persons,
    share_in_couples,
)  # fmt: skip
from rightparty.simulation.population.mistakes import misplace, replacements, returns
from rightparty.simulation.population.rates import Rates
from rightparty.simulation.population.verifying import ASKING, Asked

STATES: Final = ("person", "nobody", "stranger")
INSTANT: Final = pl.Datetime("us", "UTC")
HORIZON: Final = 60.0
"""Days after the instant for which the truth is known."""

_DAY: Final = 86_400_000_000


@dataclass(slots=True, kw_only=True)
class Population:
    """A population as of an instant. Frames are what the lender has on file; `lives` is how it really is."""

    rates: Rates
    at: datetime
    persons: Persons
    lives: Lives
    #: [party_id, channel, value, source, collected_at, relation, valid_to]
    contact_points: pl.DataFrame
    #: [event_id, channel, value, party_id, kind, occurred_at, detail]
    contact_events: pl.DataFrame
    #: [party_id, group_id]: who is known to have to do with whom
    links: pl.DataFrame
    #: [party_id, channel, value, row]: row of `lives`
    keys: pl.DataFrame

    @property
    def truth(self) -> pl.DataFrame:
        """[party_id, channel, value, reaches_from, reaches_to, shared_with, stranger_from, never], as the contract."""
        lives = self.lives
        rows = self.keys["row"].to_numpy()
        never = np.where(~lives.wrong, "", np.where(lives.stranger_from < 0, "stranger", "nobody"))
        begin = np.where(lives.wrong, np.nan, lives.collected)
        end = np.where(lives.wrong | (lives.reaches_to > NEVER / 2), np.nan, lives.reaches_to)
        other = np.where(lives.shared_with >= 0, _party_ids(lives.shared_with), "")
        taken = np.where(np.abs(lives.stranger_from) > 1e6, np.nan, lives.stranger_from)
        return self.keys.with_columns(
            reaches_from=instants(begin[rows], self.at),
            reaches_to=instants(end[rows], self.at),
            shared_with=pl.Series(other[rows]),
            stranger_from=instants(taken[rows], self.at),
            never=pl.Series(never[rows]),
        ).drop("row")

    def state_at(self, days: float = 0.0) -> pl.DataFrame:
        """Return [party_id, channel, value, state] so many days after the instant."""
        rows = self.keys["row"].to_numpy()
        state = self.lives.states(rows, np.full(len(rows), days))
        return self.keys.drop("row").with_columns(state=pl.Series(np.array(STATES)[state]))

    def respond(self, actions: pl.DataFrame, *, day: float, seed: int) -> pl.DataFrame:
        """Return the events that come of actions [party_id, channel, value, step] on a day after the instant.

        Steps: status_lookup, holder_lookup, subscriber_lookup, message, call, and those of verifying.ASKING. An answer
        may come days later.
        """
        dice = np.random.default_rng(seed)
        rows = actions.join(self.keys, on=["party_id", "channel", "value"], how="inner")
        parts = []
        silent = {"status_lookup": status_of, "holder_lookup": holder_of, "subscriber_lookup": subscriber_of}
        for step in (*silent, "message", "call"):
            row = rows.filter(pl.col("step") == step)["row"].to_numpy()
            days = day + dice.random(len(row)) * 0.4
            if step in silent:
                parts.append(silent[step](self.lives, row, days, dice))
            else:
                called = np.full(len(row), step == "call")
                parts.append(answers_to(self.rates, self.persons, self.lives, row, days, called, dice))
        for step, ask in ASKING.items():
            row = rows.filter(pl.col("step") == step)["row"].to_numpy()
            days = day + dice.random(len(row)) * 0.4
            parts.append(
                ask(Asked(rates=self.rates, persons=self.persons, lives=self.lives, row=row, day=days, dice=dice))
            )
        return _events_of(self, Doings.together(parts), dice, prefix=f"r{seed}-")

    def pass_time(self, *, since: float, until: float, seed: int) -> pl.DataFrame:
        """Return the events of persons' own doings between two days after the instant."""
        dice = np.random.default_rng(seed)
        doings = use(self.rates, self.persons, self.lives, dice, since=since, until=until)
        return _events_of(self, recorded(self.rates, doings, dice), dice, prefix=f"t{seed}-")


def grow(rates: Rates, *, persons: int, seed: int, at: datetime) -> Population:
    """Grow a population up to an instant; the same seed grows the same one."""
    dice = np.random.default_rng(seed)
    people = draw_persons(rates, persons, dice)
    lives = draw_first_points(rates, people, dice)
    misplace(rates, lives, dice)
    share_in_couples(rates, people, lives, dice)
    lives = lives.joined_by(replacements(rates, people, lives, dice))
    lives = lives.joined_by(returns(rates, people, lives, dice))
    doings = Doings.together(
        [
            use(rates, people, lives, dice, since=-NEVER, until=0.0),
            pursue(rates, people, lives, dice),
            look_up(rates, lives, dice),
        ]
    )
    population = Population(
        rates=rates, at=require_aware(at), persons=people, lives=lives,
        contact_points=pl.DataFrame(), contact_events=pl.DataFrame(), links=_links(people), keys=_keys(rates, lives),
    )  # fmt: skip
    population.contact_points = _points(population, dice)
    population.contact_events = _events_of(population, recorded(rates, doings, dice), dice, prefix="e")
    return population


def write_portfolio(population: Population, directory: Path) -> None:
    """Write points, events, links and the truth beside them as Parquet."""
    directory.mkdir(parents=True, exist_ok=True)
    population.contact_points.write_parquet(directory / "contact_points.parquet")
    population.contact_events.write_parquet(directory / "contact_events.parquet")
    population.links.write_parquet(directory / "links.parquet")
    population.truth.write_parquet(directory / "truth.parquet")


def instants(days: np.ndarray, at: datetime) -> pl.Series:
    """Return days relative to an instant as instants; what is no number is null."""
    base = int(at.timestamp() * 1e6)
    whole = np.nan_to_num(days) * _DAY
    series = pl.Series(np.round(whole).astype(np.int64) + base).cast(INSTANT)
    return pl.select(pl.when(pl.Series(np.isnan(days))).then(None).otherwise(series))[:, 0]


def _party_ids(person: Ints) -> NDArray[np.str_]:
    names: NDArray[np.str_] = np.char.add("P", person.astype(str))
    return names


def _keys(rates: Rates, lives: Lives) -> pl.DataFrame:
    """Name persons and values; a negative value is an agent's own number."""
    # ten digits that say nothing; distinct by construction
    phone = np.char.add(rates.calling_code, np.char.zfill((lives.value + 2_000_000_100).astype(str), 10))
    number = lives.value.astype(str)
    mail = np.char.add(np.char.add("m", number), "@mail.example")
    letter = np.char.add(np.char.add("House ", number), ", Example Street")
    values = [phone, mail, letter, np.char.add("app-", number)]
    return pl.DataFrame(
        {
            "party_id": _party_ids(lives.person),
            "channel": np.array(CHANNELS)[lives.channel],
            "value": np.select([lives.channel == code for code in range(len(CHANNELS))], values, ""),
            "row": np.arange(len(lives)),
        }
    ).unique(["party_id", "channel", "value"], keep="first", maintain_order=True)


def _points(population: Population, dice: np.random.Generator) -> pl.DataFrame:
    """Return the lender's rows: each point once, and again where a person stated it again."""
    rates, lives = population.rates, population.lives
    rows = population.keys["row"].to_numpy()
    first = population.keys.with_columns(
        source=pl.Series(lives.source[rows]), collected_at=instants(lives.collected[rows], population.at),
        relation=pl.lit("self"), valid_to=_ends(population, dice),
    )  # fmt: skip
    length = np.maximum(np.minimum(lives.reaches_to, 0) - lives.collected, 0)[rows]
    again = (
        (~lives.wrong[rows])
        & (lives.channel[rows] != APP)
        & (dice.random(len(rows)) < 1 - np.exp(-rates.change.restates * length / YEAR))
    )
    when = lives.collected[rows] + length * dice.random(len(rows))
    restated = first.with_columns(
        source=pl.lit("application"), collected_at=instants(when, population.at), valid_to=pl.lit(None, INSTANT)
    ).filter(pl.Series(again))
    return pl.concat([first, restated]).drop("row")


def _ends(population: Population, dice: np.random.Generator) -> pl.Series:
    """Return when the lender ended a point's validity: some time after it was lost, sometimes."""
    lives = population.lives
    rows = population.keys["row"].to_numpy()
    told = lives.reaches_to[rows] + dice.exponential(90, len(rows))
    ended = ~lives.wrong[rows] & (told < 0) & (dice.random(len(rows)) < population.rates.change.ends_old)
    return instants(np.where(ended, told, np.nan), population.at)


def _links(persons: Persons) -> pl.DataFrame:
    known = np.flatnonzero(persons.linked & (persons.partner >= 0))
    groups = np.char.add("couple:", (known // 2).astype(str))
    return pl.DataFrame(
        {"party_id": _party_ids(known), "group_id": groups}, schema={"party_id": pl.String, "group_id": pl.String}
    )


def _events_of(population: Population, doings: Doings, dice: np.random.Generator, *, prefix: str) -> pl.DataFrame:
    """Return events as the lender records them."""
    names = population.keys.select("party_id", "channel", "value", "row")
    nameless = (doings.kind == KINDS.index("wrong_party")) & (
        dice.random(len(doings.row)) < population.rates.record.nameless
    )
    return (
        pl.DataFrame(
            {
"row": doings.row,
"kind": np.array(KINDS)[doings.kind],
"nameless": nameless,
"permanent": doings.permanent,
}
        )
        .with_columns(
            occurred_at=instants(doings.day, population.at),
            known=instants(population.lives.collected[doings.row], population.at),
        )
        .with_row_index("number")
        .join(names, on="row", how="inner", maintain_order="left")
        .select(
            pl.format(f"{prefix}{{}}", "number").alias("event_id"), "channel", "value",
            pl.when("nameless").then(pl.lit("")).otherwise("party_id").alias("party_id"), "kind", "occurred_at",
            account_id=pl.lit(""),
            detail=pl.when(pl.col("kind").str.starts_with("holder_")).then(pl.col("known").dt.strftime("%Y-%m-%d"))
            .when(pl.col("permanent") & (pl.col("channel") == "email")).then(pl.lit("5.1.1"))
            .when("permanent").then(pl.lit("unknown subscriber")).otherwise(pl.lit("")),
        )
        .sort("occurred_at")
    )  # fmt: skip
