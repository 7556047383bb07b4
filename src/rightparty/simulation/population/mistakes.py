# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with a lender's contact data, and what replaces it: loads, agents, fraud, new numbers, returns."""

import numpy as np

from rightparty.simulation.population.lives import (
    APP,
    EMAIL,
    NEVER,
    PHONE,
    POST,
    YEAR,
    Floats,
    Ints,
    Lives,
    Persons,
    draw_lives,
)
from rightparty.simulation.population.rates import Rates


def misplace(rates: Rates, lives: Lives, dice: np.random.Generator) -> None:
    """Put other customers' values, agents' own numbers and accomplices' numbers under persons; changes `lives`."""
    phones = np.flatnonzero(lives.channel == PHONE)
    wrong = phones[lives.wrong[phones] & (dice.random(len(phones)) < rates.wrong.customers)]
    _take_values(lives, wrong, dice.choice(phones, len(wrong)))
    shifted = rates.wrong.shifted_rows
    if len(phones) > 50 * shifted > 0:
        begin = int(dice.integers(0, len(phones) - shifted))
        block = phones[begin : begin + shifted]
        lives.source[block] = "agent"
        _take_values(lives, block, phones[begin + 1 : begin + shifted + 1])
    typed = phones[(lives.source[phones] == "agent") & (dice.random(len(phones)) < rates.wrong.agents_own)]
    lives.value[typed] = -1 - dice.integers(0, rates.wrong.agents, len(typed))
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
    channel = np.concatenate([lives.channel[lost], _other_channels(rates, dice.random(len(extra)))]).astype(np.int8)
    collected = np.concatenate([when, later])
    source = dice.choice(np.array(["application", "portal", "agent"]), size=len(person), p=[0.4, 0.35, 0.25])
    source[channel == APP] = "portal"
    coded = dice.random(len(person)) < np.where(source == "portal", 0.9, np.where(source == "agent", 0.04, 0.4))
    wrong = dice.random(len(person)) < np.where(source == "agent", 0.05, 0.012)
    fresh = draw_lives(
        rates, persons, person, channel, source, collected, dice, wrong=wrong, coded=coded, weight=np.ones(len(person))
    )
    fresh.value += int(lives.value.max()) + 1
    return fresh


def _other_channels(rates: Rates, throw: Floats) -> Ints:
    """Return the channel of points that persons add: mostly phones, now and then a mailbox, an address, a device."""
    post, app = 0.2 + 0.2 * rates.post.share, 0.2 + 0.2 * rates.post.share + 0.2 * rates.app.share
    return np.select([throw < 0.2, throw < post, throw < app], [EMAIL, POST, APP], PHONE)


def returns(rates: Rates, persons: Persons, lives: Lives, dice: np.random.Generator) -> Lives:
    """Return points of other customers who were given a number that was given up: the value under two persons."""
    gone = (lives.stranger_from > -1e6) & (lives.stranger_from < -20) & (lives.channel == PHONE)
    rows = np.flatnonzero(gone & (dice.random(len(lives)) < rates.change.returns_inside))
    person = dice.integers(0, len(persons.joined), len(rows))
    collected = lives.stranger_from[rows] * dice.random(len(rows))
    source = np.full(len(rows), "application")
    coded = dice.random(len(rows)) < rates.source["application"][2]
    back = draw_lives(
        rates, persons, person, np.zeros(len(rows), dtype=np.int8), source, collected, dice,
        wrong=np.zeros(len(rows), dtype=bool), coded=coded, weight=np.ones(len(rows)),
    )  # fmt: skip
    back.value = lives.value[rows].copy()
    return back
