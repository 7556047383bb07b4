# SPDX-License-Identifier: Apache-2.0
"""The true lives of contact points: whom each reaches from when to when. Days are relative to the instant grown to."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rightparty.simulation.population.rates import Rates

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Flags = NDArray[np.bool_]

YEAR: Final = 365.25
NEVER: Final = 1e9
"""A day that does not come."""

PHONE, EMAIL, POST, APP = range(4)
CHANNELS: Final = ("phone", "email", "post", "app")
"""Channels of contact points; the position is the code in `Lives.channel`. An app point is one installation."""


@dataclass(slots=True)
class Persons:
    """What persons are like."""

    joined: Floats
    engagement: Floats
    frailty: Floats
    delinquency: Floats
    #: day of death, and day from which the person hardly uses anything
    died: Floats
    lapsed: Floats
    #: the other half of a couple, or -1; whether the lender knows of it
    partner: Ints
    linked: Flags


@dataclass(slots=True)
class Lives:
    """Contact points, one row per person and value; parallel arrays."""

    person: Ints
    #: number of the value; rows of one value share it
    value: Ints
    channel: NDArray[np.int8]
    source: NDArray[np.str_]
    collected: Floats
    #: the value reaches the person from and to; it never did where `wrong`
    reaches_to: Floats
    stranger_from: Floats
    wrong: Flags
    #: code passed on the day of collection
    coded: Flags
    engagement: Floats
    #: somebody else of the household reads along, or -1
    shared_with: Ints

    def __len__(self) -> int:
        return len(self.person)

    def states(self, rows: Ints, day: Floats) -> Ints:
        """Return whom the points of some rows reach on a day: 0 the person, 1 nobody, 2 a stranger."""
        gone = self.wrong[rows] | (day >= self.reaches_to[rows])
        return np.where(~gone, 0, np.where(day >= self.stranger_from[rows], 2, 1)).astype(np.int64)

    def joined_by(self, other: "Lives") -> "Lives":
        """Return these and more points."""
        fields = self.__dataclass_fields__
        return Lives(**{name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in fields})


def draw_persons(rates: Rates, count: int, dice: np.random.Generator) -> Persons:
    """Draw persons; the first ones are couples, two and two."""
    couples = int(count * rates.shared.couples / 2)
    order = np.arange(count)
    in_couple = order < 2 * couples
    together = np.repeat(dice.random((count + 1) // 2) < rates.shared.linked, 2)[:count]
    joined = _births(rates, count, dice)
    lapse = dice.random(count) < rates.lapse_share
    return Persons(
        joined=joined,
        engagement=dice.gamma(rates.person_shape, 1 / rates.person_shape, count),
        frailty=np.maximum(dice.gamma(rates.frailty_shape, 1 / rates.frailty_shape, count), 1e-3),
        delinquency=dice.gamma(rates.contact.episodes_shape, 1 / rates.contact.episodes_shape, count),
        died=dice.exponential(YEAR / rates.death, count) + joined,
        lapsed=np.where(lapse, joined * dice.random(count), NEVER),
        partner=np.where(in_couple, order ^ 1, -1),
        linked=in_couple & together,
    )


def _births(rates: Rates, count: int, dice: np.random.Generator) -> Floats:
    """Return when customers joined: as many a year as the book grows, so that a growing one holds young accounts."""
    youngest, oldest = rates.birth.youngest_days, rates.birth.oldest_years * YEAR
    growth = max(rates.birth.growth, 1e-9) / YEAR
    least, most = np.exp(-growth * oldest), np.exp(-growth * youngest)
    ages: Floats = np.log(dice.uniform(least, most, count)) / growth
    return ages


def draw_first_points(rates: Rates, persons: Persons, dice: np.random.Generator) -> Lives:
    """Draw what the lender collected of each person over time, right and wrong."""
    count = len(persons.joined)
    phones = dice.choice([1, 2, 3], size=count, p=np.array(rates.phones) / sum(rates.phones))
    others = [np.flatnonzero(dice.random(count) < share) for share in (rates.email_share, *_other_shares(rates))]
    person = np.concatenate([np.repeat(np.arange(count), phones), *others])
    sizes = (int(phones.sum()), *(len(other) for other in others))
    channel = np.repeat(np.arange(len(CHANNELS)), sizes).astype(np.int8)
    rank = np.arange(len(person)) - np.concatenate(
        [np.repeat(np.cumsum(phones) - phones, phones), np.arange(sizes[0], len(person))]
    )
    names = np.array(list(rates.source))
    table = np.array([rates.source[name] for name in names])
    drawn = dice.choice(len(names), size=len(person), p=table[:, 0] / table[:, 0].sum())
    drawn[channel == APP] = list(rates.source).index("portal")  # an installation is bound to a log-in
    error = table[drawn, 1] * np.where(names[drawn] == "agent", _habits(rates, len(person), dice), 1.0)
    late = np.where((rank > 0) | np.isin(names[drawn], ["bureau", "skip_trace"]), dice.random(len(person)), 0.0)
    collected = persons.joined[person] * (1 - late)
    return draw_lives(
        rates, persons, person, channel, names[drawn], collected, dice,
        wrong=dice.random(len(person)) < np.minimum(error, 0.9),
        coded=dice.random(len(person)) < table[drawn, 2],
        weight=np.where(rank == 0, 1.0, 0.3),
    )  # fmt: skip


def _habits(rates: Rates, count: int, dice: np.random.Generator) -> Floats:
    """Return how error-prone the agent is who typed each point: some err often, most seldom."""
    shape = rates.wrong.agents_shape
    agents = dice.gamma(shape, 1 / shape, rates.wrong.agents)
    habits: Floats = agents[dice.integers(0, rates.wrong.agents, count)]
    return habits


def _other_shares(rates: Rates) -> tuple[float, float]:
    return rates.post.share, rates.app.share


def draw_lives(  # noqa: PLR0913 -- parallel columns of one table
    rates: Rates,
    persons: Persons,
    person: Ints,
    channel: NDArray[np.int8],
    source: NDArray[np.str_],
    collected: Floats,
    dice: np.random.Generator,
    *,
    wrong: Flags,
    coded: Flags,
    weight: Floats,
) -> Lives:
    """Draw how long each point lives and what becomes of its value then."""
    count = len(person)
    churn = np.array([rates.churn, rates.email_churn, rates.post.moves, rates.app.replaced])
    hazard = churn[channel] * persons.frailty[person] / YEAR
    wrong = wrong & (channel != APP)
    # a number that was kept until today is kept on as if it were new, given its holder's frailty
    reaches_to = np.minimum(collected + dice.exponential(1.0, count) / hazard, persons.died[person])
    void = np.array([rates.wrong.phone_nobody, rates.wrong.email_nobody, rates.wrong.post_nobody, 1.0])[channel]
    taken = np.where(wrong & (dice.random(count) >= void), -NEVER, _returns(rates, reaches_to, wrong, channel, dice))
    # codes go to phones and mailboxes
    coded = coded & ~wrong & (channel < POST)
    return Lives(
        person=person,
        value=np.arange(count),
        channel=channel,
        source=source,
        collected=collected,
        reaches_to=reaches_to,
        stranger_from=taken,
        wrong=wrong,
        coded=coded,
        engagement=persons.engagement[person] * weight * dice.gamma(rates.point_shape, 1 / rates.point_shape, count),
        shared_with=np.full(count, -1),
    )


def _returns(
    rates: Rates, reaches_to: Floats, wrong: Flags, channel: NDArray[np.int8], dice: np.random.Generator
) -> Floats:
    """Return when somebody else takes the value: after quarantine and shelf; mailboxes and unused numbers seldom."""
    count = len(reaches_to)
    spans = np.array([rates.quarantine, rates.email_quarantine, rates.post.vacancy, rates.app.session])[channel]
    rest = dice.uniform(spans[:, 0], spans[:, 1]) + dice.exponential(rates.shelf_days, count)
    again = np.array([1.0, 0.1, 1.0, rates.app.sold_open])[channel]
    unused = np.array([0.4, 0.1, 0.4, 0.0])[channel]
    comes = dice.random(count) < np.where(wrong, unused, again)
    first = np.where(wrong, -dice.uniform(0, rates.birth.oldest_years * YEAR, count), reaches_to)
    return np.where(comes, first + rest, NEVER)


def share_in_couples(rates: Rates, persons: Persons, lives: Lives, dice: np.random.Generator) -> None:
    """Give the second half of some couples a value of the first: one phone or mailbox for both."""
    first = np.zeros(len(persons.joined), dtype=np.int64) - 1
    order = np.flatnonzero(~lives.wrong)[::-1]
    first[lives.person[order]] = order  # ends with the person's first good row
    partner = persons.partner[lives.person]
    second = (partner >= 0) & (lives.person % 2 == 1)
    theirs = np.where(second, first[np.maximum(partner, 0)], -1)
    same = (
        (theirs >= 0) & ~lives.wrong & (lives.channel != APP) & (lives.channel == lives.channel[np.maximum(theirs, 0)])
    )
    chosen = np.flatnonzero(same & (dice.random(len(lives)) < rates.shared.one_value))
    mine = first[lives.person[chosen]] == chosen
    chosen = chosen[mine]
    model = theirs[chosen]
    # the number lives as long as the one who holds it; both were reached when both gave it
    good = lives.collected[chosen] < lives.reaches_to[model]
    chosen, model = chosen[good], model[good]
    lives.value[chosen] = lives.value[model]
    lives.reaches_to[chosen] = lives.reaches_to[model]
    lives.stranger_from[chosen] = lives.stranger_from[model]
    lives.shared_with[chosen] = lives.person[model]
    lives.shared_with[model] = lives.person[chosen]
