# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with a lender's contact data, and what replaces it: loads, agents, fraud, new numbers, returns."""

import numpy as np

from rightparty.simulation.population.lives import NEVER, YEAR, Lives, Persons, draw_lives
from rightparty.simulation.population.rates import Rates

AGENTS: int = 40
"""Agents who type their own number where a customer gives none."""

SHIFTED: int = 400
"""Rows of a load in which the contact column is out of step by one."""


def misplace(rates: Rates, lives: Lives, dice: np.random.Generator) -> None:
    """Put other customers' values, agents' own numbers and accomplices' numbers under persons; changes `lives`."""
    phones = np.flatnonzero(~lives.is_email)
    wrong = phones[lives.wrong[phones] & (dice.random(len(phones)) < rates.wrong.customers)]
    _take_values(lives, wrong, dice.choice(phones, len(wrong)))
    if len(phones) > 50 * SHIFTED:
        begin = int(dice.integers(0, len(phones) - SHIFTED))
        block = phones[begin : begin + SHIFTED]
        lives.source[block] = "agent"
        _take_values(lives, block, phones[begin + 1 : begin + SHIFTED + 1])
    typed = phones[(lives.source[phones] == "agent") & (dice.random(len(phones)) < rates.wrong.agents_own)]
    lives.value[typed] = -1 - dice.integers(0, AGENTS, len(typed))
    _make_strangers(lives, typed)
    fraud = phones[(dice.random(len(phones)) < rates.wrong.fraud) & ~lives.wrong[phones]]
    _make_strangers(lives, fraud)
    lives.coded[fraud] = True


def _take_values(lives: Lives, rows: np.ndarray, model: np.ndarray) -> None:
    values = lives.value[model]
    other = lives.person[rows] != lives.person[model]
    lives.value[rows[other]] = values[other]
    _make_strangers(lives, rows[other])


def _make_strangers(lives: Lives, rows: np.ndarray) -> None:
    lives.wrong[rows] = True
    lives.coded[rows] = False
    lives.stranger_from[rows] = -NEVER


def replacements(rates: Rates, persons: Persons, lives: Lives, dice: np.random.Generator) -> Lives:
    """Return the points that persons give later: after losing one, and besides."""
    lost = np.flatnonzero(~lives.wrong & (lives.reaches_to < 0) & (dice.random(len(lives)) < rates.change.gives_new))
    # some tell of the new number before the old one dies, most some time after, many only when they are reached
    when = lives.reaches_to[lost] - 10 + dice.exponential(90, len(lost))
    told = when < np.minimum(0, persons.died[lives.person[lost]])
    lost, when = lost[told], when[told]
    more = dice.poisson(-persons.joined / YEAR * rates.change.adds)
    extra = np.repeat(np.arange(len(more)), more)
    later = persons.joined[extra] * dice.random(len(extra))
    person = np.concatenate([lives.person[lost], extra])
    is_email = np.concatenate([lives.is_email[lost], dice.random(len(extra)) < 0.2])
    collected = np.concatenate([when, later])
    source = dice.choice(np.array(["application", "portal", "agent"]), size=len(person), p=[0.4, 0.35, 0.25])
    coded = dice.random(len(person)) < np.where(source == "portal", 0.9, np.where(source == "agent", 0.04, 0.4))
    wrong = dice.random(len(person)) < np.where(source == "agent", 0.05, 0.012)
    fresh = draw_lives(
        rates, persons, person, is_email, source, collected, dice, wrong=wrong, coded=coded, weight=np.ones(len(person))
    )
    fresh.value += int(lives.value.max()) + 1
    return fresh


def returns(rates: Rates, persons: Persons, lives: Lives, dice: np.random.Generator) -> Lives:
    """Return points of other customers who were given a number that was given up: the value under two persons."""
    gone = (lives.stranger_from > -1e6) & (lives.stranger_from < -20) & ~lives.is_email
    rows = np.flatnonzero(gone & (dice.random(len(lives)) < rates.change.returns_inside))
    person = dice.integers(0, len(persons.joined), len(rows))
    collected = lives.stranger_from[rows] * dice.random(len(rows))
    source = np.full(len(rows), "application")
    coded = dice.random(len(rows)) < rates.source["application"][2]
    back = draw_lives(
        rates, persons, person, np.zeros(len(rows), dtype=bool), source, collected, dice,
        wrong=np.zeros(len(rows), dtype=bool), coded=coded, weight=np.ones(len(rows)),
    )  # fmt: skip
    back.value = lives.value[rows].copy()
    return back
