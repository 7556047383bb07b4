# SPDX-License-Identifier: Apache-2.0
"""What happens at contact points: log-ins and codes, the lender's messages and calls and what comes of them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rightparty.simulation.population.lives import NEVER, PHONE, POST, YEAR, Flags, Floats, Ints, Lives, Persons
from rightparty.simulation.population.rates import Rates

KINDS: Final = (
    "sent", "called", "delivered", "undelivered", "login", "otp_verified", "replied", "answered", "paid", "wrong_party",
    "opted_out", "name_agrees", "name_differs", "status_live", "status_dead", "reassigned",
    "holder_same", "holder_changed", "subscriber_matches", "subscriber_differs",
)  # fmt: skip
CODE: Final = {kind: code for code, kind in enumerate(KINDS)}

LIVE: Final = np.array([0.97, 0.04, 0.97])
"""How often a status look-up finds a number live, by whom it reaches; assumed."""

HOLDER: Final = np.array([0.99, 0.01, 0.01])
"""How often a carrier says that a number has not changed hands, by whom it reaches now; assumed. A stranger who had it
from the first has held it all along."""

SUBSCRIBER: Final = np.array([0.86, 0.04, 0.005])
"""How often the subscriber on a carrier's file is the person: many lines run under a relative's name; assumed."""

BUSIEST: Final = 4.0
"""Answers do not grow with engagement beyond this."""


@dataclass(slots=True)
class Doings:
    """Events as parallel arrays: row of `Lives`, day, kind, whether a failure is said to be permanent."""

    row: Ints
    day: Floats
    kind: NDArray[np.int8]
    permanent: Flags

    @classmethod
    def of(cls, row: Ints, day: Floats, kind: str, permanent: Flags | None = None) -> "Doings":
        """Return events of one kind."""
        flags = np.zeros(len(row), dtype=bool) if permanent is None else permanent
        return cls(row.astype(np.int64), day, np.full(len(row), CODE[kind], dtype=np.int8), flags)

    @classmethod
    def together(cls, parts: "list[Doings]") -> "Doings":
        """Return all events of some parts."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__dataclass_fields__))

    def only(self, chosen: Flags) -> "Doings":
        """Return some of the events."""
        return Doings(self.row[chosen], self.day[chosen], self.kind[chosen], self.permanent[chosen])


def use(
    rates: Rates, persons: Persons, lives: Lives, dice: np.random.Generator, *, since: float, until: float
) -> Doings:
    """Draw log-ins and codes between two days: the person's while the point is his, a stranger's few afterwards."""
    begin = np.maximum(lives.collected, since)
    end = np.where(lives.wrong, begin, np.minimum(lives.reaches_to, until))
    parts = []
    for kind, rate, often, mischief in (
        ("login", rates.logins, (1.0, 1.0, 0.0, rates.app.logins), rates.record.stranger_logins),
        ("otp_verified", rates.codes, (1.0, 1.0, 0.0, 0.0), rates.record.stranger_codes),
    ):
        possible = np.array(often)[lives.channel]
        row, day = _spread(lives.engagement * rate * possible, begin, end, dice)
        idle = (day > persons.lapsed[lives.person[row]]) & (dice.random(len(row)) > rates.lapsed)
        parts.append(Doings.of(row[~idle], day[~idle], kind))
        taken = np.maximum(np.where(lives.wrong, begin, lives.stranger_from), begin)
        row, day = _spread(mischief * (possible > 0), taken, np.full(len(lives), until), dice)
        theirs = lives.states(row, day) == 2
        parts.append(Doings.of(row[theirs], day[theirs], kind))
    if since < lives.collected.min():
        row = np.flatnonzero(lives.coded)
        parts.append(Doings.of(row, lives.collected[row] + dice.random(len(row)) * 0.02, "otp_verified"))
    return Doings.together(parts)


def _spread(rate: Floats, begin: Floats, end: Floats, dice: np.random.Generator) -> tuple[Ints, Floats]:
    """Return rows and days of events at yearly rates, each between a begin and an end."""
    length = np.maximum(end - begin, 0.0)
    row = np.repeat(np.arange(len(rate)), dice.poisson(rate * length / YEAR))
    return row, begin[row] + dice.random(len(row)) * length[row]


def pursue(rates: Rates, persons: Persons, lives: Lives, dice: np.random.Generator) -> Doings:
    """Draw the lender's messages and calls in delinquencies up to day 0, and what came of them."""
    years = np.maximum(-persons.joined, 0) / YEAR
    episode = np.repeat(np.arange(len(years)), dice.poisson(rates.contact.episodes * persons.delinquency * years))
    begin = persons.joined[episode] * dice.random(len(episode))
    which = np.repeat(np.arange(len(episode)), dice.poisson(rates.contact.messages, len(episode)))
    day = begin[which] + dice.random(len(which)) * rates.contact.days
    row = _point_written_to(lives, episode[which], day, dice)
    known = (row >= 0) & (day < 0)
    row, day = row[known], day[known]
    called = (lives.channel[row] == PHONE) & (dice.random(len(row)) < rates.contact.calls)
    doings = answers_to(rates, persons, lives, row, day, called, dice)
    return _stopped(rates, doings, len(lives), dice)


def _point_written_to(lives: Lives, person: Ints, day: Floats, dice: np.random.Generator) -> Ints:
    """Choose for each message one of the person's points that are known on that day; -1 for none."""
    order = np.lexsort((lives.collected, lives.person))
    count = np.bincount(lives.person, minlength=int(person.max(initial=0)) + 1)
    first = np.cumsum(count) - count
    # newer points are preferred: the largest of two throws
    throw = np.maximum(dice.random(len(person)), dice.random(len(person)))
    has = count[person] > 0
    place = first[person] + np.floor(throw * count[person]).astype(np.int64)
    row = np.where(has, order[np.minimum(place, len(order) - 1)], -1)
    return np.where((row >= 0) & (lives.collected[np.maximum(row, 0)] < day), row, -1)


def answers_to(
    rates: Rates,
    persons: Persons,
    lives: Lives,
    row: Ints,
    day: Floats,
    called: Flags,
    dice: np.random.Generator,
) -> Doings:
    """Draw what comes of messages and calls to points on days, by whom they truly reach."""
    told, state = rates.contact, lives.states(row, day)
    channel = lives.channel[row]
    delivered = np.array([told.phone_delivered, told.email_delivered, told.letter_arrives, told.app_delivered])
    arrives = dice.random(len(row)) < delivered[channel, state]
    heard = np.where(channel == POST, rates.post.heard, 1.0)
    permanent = ~arrives & (dice.random(len(row)) < np.array(told.permanent)[state])
    sent, failed = ~called & arrives, ~called & ~arrives
    quiet = day > persons.lapsed[lives.person[row]]
    busy = np.minimum(lives.engagement[row] * np.where(quiet, rates.lapsed, 1.0), BUSIEST)
    parts = [
        Doings.of(row[called], day[called], "called"),
        Doings.of(row[~called], day[~called], "sent"),
        Doings.of(row[sent & (channel != POST)], day[sent & (channel != POST)] + 0.0005, "delivered"),
        Doings.of(row[failed], day[failed] + 0.0005, "undelivered", permanent[failed]),
    ]
    for kind, table, where in (
        ("replied", told.replies, sent), ("paid", told.pays, sent), ("answered", told.answers, called & arrives),
    ):  # fmt: skip
        often = np.array(table)[state] * np.where(state == 0, busy, 1.0) * heard
        chosen = where & (dice.random(len(row)) < often)
        parts.append(Doings.of(row[chosen], day[chosen] + dice.exponential(0.3, int(chosen.sum())) + 0.001, kind))
        if kind == "answered":
            gives = chosen & (dice.random(len(row)) < np.array(told.name_given)[state])
            agrees = gives & (state == 0)
            parts.append(Doings.of(row[agrees], day[agrees] + 0.01, "name_agrees"))
            parts.append(Doings.of(row[gives & ~agrees], day[gives & ~agrees] + 0.01, "name_differs"))
    for kind, table in (("wrong_party", told.says_wrong), ("opted_out", told.opts_out)):
        chosen = arrives & (dice.random(len(row)) < np.array(table)[state] * heard)
        parts.append(Doings.of(row[chosen], day[chosen] + dice.exponential(0.5, int(chosen.sum())) + 0.001, kind))
    return Doings.together(parts)


def _stopped(rates: Rates, doings: Doings, count: int, dice: np.random.Generator) -> Doings:
    """Leave out what would have come after a report "not me": nearly every lender stops writing there."""
    report = doings.kind == CODE["wrong_party"]
    first = np.full(count, NEVER)
    np.minimum.at(first, doings.row[report], doings.day[report])
    heeds = dice.random(count) < rates.contact.stops
    return doings.only(~heeds[doings.row] | (doings.day <= first[doings.row] + 0.01))


def look_up(rates: Rates, lives: Lives, dice: np.random.Generator) -> Doings:
    """Draw the silent status look-ups of phones in the last year, where the lender makes any."""
    watched = (lives.channel == PHONE) & (dice.random(len(lives)) < rates.record.lookups_share)
    begin = np.maximum(lives.collected, -YEAR)
    row, day = _spread(np.where(watched, rates.record.lookups, 0.0), begin, np.zeros(len(lives)), dice)
    return status_of(lives, row, day, dice)


def status_of(lives: Lives, row: Ints, day: Floats, dice: np.random.Generator) -> Doings:
    """Return what status look-ups of points on days find."""
    live = dice.random(len(row)) < LIVE[lives.states(row, day)]
    return Doings.together(
        [Doings.of(row[live], day[live], "status_live"), Doings.of(row[~live], day[~live], "status_dead")]
    )


def holder_of(lives: Lives, row: Ints, day: Floats, dice: np.random.Generator) -> Doings:
    """Return what a carrier answers to whether numbers changed hands since they were given to the lender."""
    state = np.where(lives.wrong[row] & (lives.stranger_from[row] < lives.collected[row]), 0, lives.states(row, day))
    same = dice.random(len(row)) < HOLDER[state]
    return Doings.together(
        [Doings.of(row[same], day[same], "holder_same"), Doings.of(row[~same], day[~same], "holder_changed")]
    )


def subscriber_of(lives: Lives, row: Ints, day: Floats, dice: np.random.Generator) -> Doings:
    """Return whether the subscriber on the carrier's file is the person; a line says the same each time it is asked."""
    match = dice.random(len(row)) < SUBSCRIBER[lives.states(row, day)]
    return Doings.together(
        [
            Doings.of(row[match], day[match], "subscriber_matches"),
            Doings.of(row[~match], day[~match], "subscriber_differs"),
        ]
    )


def recorded(rates: Rates, doings: Doings, dice: np.random.Generator) -> Doings:
    """Return what arrives in the records: some is lost, some comes twice a little later."""
    kept = doings.only(dice.random(len(doings.row)) >= rates.record.lost)
    again = kept.only(dice.random(len(kept.row)) < rates.record.twice)
    again.day = again.day + 0.01
    return Doings.together([kept, again])
