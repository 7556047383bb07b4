# SPDX-License-Identifier: Apache-2.0
"""What comes of asking about contact points: codes, neutral texts, questions in the app, letters."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np

from rightparty.simulation.population.doings import BUSIEST, CODE, Doings, answers_to
from rightparty.simulation.population.lives import Flags, Floats, Ints, Lives, Persons
from rightparty.simulation.population.rates import Rates

APP_DAYS: Final = 7.0
"""Days for which a question stands in the app."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whom is asked about what, when, and the dice."""

    rates: Rates
    persons: Persons
    lives: Lives
    row: Ints
    day: Floats
    dice: np.random.Generator


@cache
def shares() -> dict[str, Any]:
    """Return the shares of `verification.toml`."""
    return tomllib.loads(resources.files(__package__).joinpath("verification.toml").read_text("utf-8"))


def code_sent(asked: Asked) -> Doings:
    """Draw what comes of texts that hold a one-time code."""
    return _texted(asked, becomes="otp_verified", done=shares()["code"]["confirms"], replies=(0.0, 0.0, 0.0))


def neutral_text(asked: Asked) -> Doings:
    """Draw what comes of texts that tell of no debt."""
    told = shares()["neutral"]
    return _texted(asked, becomes="login", done=told["logs_in"], replies=told["replies"])


def _texted(asked: Asked, *, becomes: str, done: list[float], replies: list[float] | tuple[float, ...]) -> Doings:
    """Draw as for any text, but for what the person does where he would have paid."""
    contact = replace(asked.rates.contact, pays=_triple(done), replies=_triple(replies))
    rates = replace(asked.rates, contact=contact)
    no_call = np.zeros(len(asked.row), dtype=bool)
    doings = answers_to(rates, asked.persons, asked.lives, asked.row, asked.day, no_call, asked.dice)
    doings.kind[doings.kind == CODE["paid"]] = CODE[becomes]
    return doings


def _triple(three: list[float] | tuple[float, ...]) -> tuple[float, float, float]:
    return float(three[0]), float(three[1]), float(three[2])


def app_question(asked: Asked) -> Doings:
    """Draw the answers of persons who are asked behind the log-in of the app."""
    told = shares()["app"]
    wait = asked.dice.exponential(1.0, len(asked.row)) / np.maximum(told["answers_per_day"] * _busy(asked), 1e-9)
    return _stated(asked, wait < APP_DAYS, asked.day + wait, told["still_mine"])


def letter(asked: Asked) -> Doings:
    """Draw the answers to letters."""
    told = shares()["letter"]
    least, most = (float(day) for day in told["days"])
    chance = told["arrives"] * told["answers"] * _busy(asked)
    answers = asked.dice.random(len(asked.row)) < chance
    return _stated(asked, answers, asked.day + asked.dice.uniform(least, most, len(asked.row)), told["still_mine"])


def _busy(asked: Asked) -> Floats:
    """Return how engaged the asked persons are, wherever the point itself reaches; the dead do nothing."""
    whose = asked.lives.person[asked.row]
    quiet = np.where(asked.day > asked.persons.lapsed[whose], asked.rates.lapsed, 1.0)
    alive = asked.day < asked.persons.died[whose]
    busy: Floats = np.minimum(asked.persons.engagement[whose] * quiet, BUSIEST) * alive
    return busy


def _stated(asked: Asked, answers: Flags, when: Floats, still_mine: list[float]) -> Doings:
    """Draw what those who answer say of their point: a statement of the person behind his log-in."""
    row, day = asked.row[answers], when[answers]
    mine = asked.dice.random(len(row)) < np.array(still_mine)[asked.lives.states(row, day)]
    return Doings.together(
        [Doings.of(row[mine], day[mine], "name_agrees"), Doings.of(row[~mine], day[~mine], "wrong_party")]
    )


ASKING: Final[dict[str, Callable[[Asked], Doings]]] = {
    "one_time_code": code_sent, "neutral_message": neutral_text, "ask_in_app": app_question, "letter": letter,
}  # fmt: skip
"""Steps beyond a carrier's look-ups."""
