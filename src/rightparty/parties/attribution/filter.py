# SPDX-License-Identifier: Apache-2.0
"""The continuous-time filter over three states of a contact point, compiled. Serves right_party.

A point starts with the person, with nobody (a value that is not in use) or with a stranger. The person gives it up at
a hazard that differs between people; it then lies in quarantine for a fixed time, on the shelf for an exponential
one, and comes into use again under a stranger, who may give it up in turn. The quarantine is a true floor: whoever
was heard of at least once in every such period cannot have been replaced unseen.

The person's own activity differs between people as well: what a silence means depends on how busy the point was. Both
differences are mixtures over a small grid of classes, carried exactly. In between events every quantity has a closed
form in time.

Units: times are days, rates are per day or per contact.
"""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rightparty.parties.attribution.kinds import CONTACT, KINDS, OUTCOME

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

ACTIVITY: Final[Floats] = np.array([0.02, 0.1, 0.3, 0.7, 1.4, 2.8, 6.0])
"""Multipliers of the rates of what a person does, from a point never used to the one always in the hand."""

FRAILTY: Final[Floats] = np.array([0.2, 1.0, 3.0])
"""Multipliers of the hazard of being given up: some people keep a number for decades."""

CLASSES: Final = len(ACTIVITY) * len(FRAILTY)
"""Number of classes; class k has activity k // 3 and frailty k % 3."""

PEERS: Final = 5
"""What the person does at his other points tells how busy he is: no other point, idle, seldom, now and then, often."""

STEP_DAYS: Final[Floats] = np.array([30.0, 60.0, 120.0, 240.0])
"""A long silence is crossed in growing steps, the last one repeated, so that the day of giving up is known well enough."""

_SLOTS: Final = 96
_TINY: Final = 1e-60


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _share_on_shelf(rate: float, least: float, most: float) -> float:
    """Return the mean of exp(-rate * x) for x uniform between least and most."""
    width = rate * (most - least)
    if width < 1e-6:
        return float(np.exp(-rate * 0.5 * (least + most)))
    return float((np.exp(-rate * least) - np.exp(-rate * most)) / width)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _pass_time(
    now: float,
    days: float,
    person: Floats,
    other: Floats,
    slots: Floats,
    first: int,
    last: int,
    rates: Floats,
    kept_by: Floats,
) -> tuple[int, int]:
    """Move all mass forward by some days of silence; `other` is [shelf, void, stranger].

    `slots` rows are [from day, to day, mass] of what was given up and lies in quarantine, oldest first; `rates` is
    [hazard of leaving, hazard of staying, quarantine, shelf rate, void rate, stranger hazard, activity, base person,
    nobody, stranger silence]. Returns the new range of slots.
    """
    leaving, staying, quarantine, shelf, void, again, busy, base, dead, strange = rates
    then = now + days
    given_up = 0.0
    growth = np.exp(dead * days)
    idle = np.exp(-base * days)
    for j in range(len(FRAILTY)):
        kept_by[j] = np.exp(-FRAILTY[j] * staying * days)
    for a in range(len(ACTIVITY)):
        quiet = ACTIVITY[a] * busy + base
        unseen = np.exp(-ACTIVITY[a] * busy * days) * idle
        for j in range(len(FRAILTY)):
            k = a * len(FRAILTY) + j
            kept = unseen * kept_by[j]
            total = FRAILTY[j] * staying + quiet - dead
            spread = days if abs(total * days) < 1e-7 else (1.0 - kept * growth) / total
            given_up += person[k] * FRAILTY[j] * leaving * spread
            person[k] *= kept
    silent = np.exp(-dead * days)
    given_up *= silent
    to_shelf, to_stranger = 0.0, 0.0
    for s in range(first, last):
        slots[s, 2] *= silent
    if last == _SLOTS:
        if first > 0:
            for s in range(first, last):
                slots[s - first] = slots[s]
            first, last = 0, last - first
        else:
            slots[1, 0] = slots[0, 0]
            slots[1, 2] += slots[0, 2]
            first = 1
            for s in range(first, last):
                slots[s - 1] = slots[s]
            first, last = 0, last - 1
    slots[last, 0], slots[last, 1], slots[last, 2] = now, then, given_up
    last += 1
    ripe = then - quarantine
    while first < last and slots[first, 0] < ripe:
        begin, end, mass = slots[first, 0], slots[first, 1], slots[first, 2]
        cut = min(end, ripe)
        moved = mass if cut >= end else mass * (cut - begin) / (end - begin)
        still = _share_on_shelf(shelf, ripe - cut, ripe - begin)
        to_shelf += moved * still
        to_stranger += moved * (1.0 - still)
        if cut < end:
            slots[first, 0] = cut
            slots[first, 2] = mass - moved
            break
        first += 1
    both = shelf + again
    fade = np.exp(-both * days)
    on_shelf, in_use = other[0], other[2]
    other[0] = on_shelf * (again + shelf * fade) / both + in_use * again * (1.0 - fade) / both
    other[2] = in_use * (shelf + again * fade) / both + on_shelf * shelf * (1.0 - fade) / both
    taken = other[1] * (1.0 - np.exp(-void * days))
    other[1] = (other[1] - taken) * silent
    other[0] = other[0] * silent + to_shelf
    other[2] = (other[2] + taken) * np.exp(-strange * days) + to_stranger
    return first, last


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _see(
    kind: int,
    person: Floats,
    other: Floats,
    slots: Floats,
    first: int,
    last: int,
    given: Floats,
    unanswered: Floats,
    engaged: NDArray[np.bool_],
) -> None:
    """Weigh every state by how likely the event is in it.

    `unanswered` is how likely it is that nothing comes of a contact: [one per activity class…, nobody, stranger].
    """
    if kind == CONTACT:
        for k in range(CLASSES):
            person[k] *= unanswered[k // len(FRAILTY)]
        nobody, stranger = unanswered[-2], unanswered[-1]
    else:
        for k in range(CLASSES):
            person[k] *= given[kind, 0] * (ACTIVITY[k // len(FRAILTY)] if engaged[kind] else 1.0)
        nobody, stranger = given[kind, 1], given[kind, 2]
    for s in range(first, last):
        slots[s, 2] *= nobody
    other[0] *= nobody
    other[1] *= nobody
    other[2] *= stranger


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def follow(
    offsets: Ints,
    days: Floats,
    kinds: NDArray[np.int8],
    collected: Floats,
    prior: Floats,
    segment: NDArray[np.int16],
    peers: NDArray[np.int16],
    at: float,
    weights: Floats,
    given: Floats,
    silence: Floats,
    ageing: Floats,
    engaged: NDArray[np.bool_],
    exposure: NDArray[np.int8],
    begin: int,
    stop: int,
    out: Floats,
) -> float:
    """Filter the points `begin` to `stop`; write [person, nobody, stranger, log likelihood] of each to `out`.

    Args:
        offsets: point i has the events offsets[i] to offsets[i + 1], in order of time, none before its collection.
        days: instants of the events, as days since any epoch.
        kinds: what happened, positions in `kinds.KINDS`.
        collected: instant of collection of each point, where its history begins.
        prior: [point, (person, nobody, stranger)] at collection.
        segment: row of each point in the parameter arrays.
        peers: what the person does at his other points, 0 to PEERS - 1, row of his class weights.
        at: the instant asked about.
        weights: [segment, peers, class].
        given: [segment, kind, (person, nobody, stranger)]: rate or probability of an event.
        silence: the same array again, for what the absence of events says; apart, so that a fit can tell what
            was counted from what was exposed.
        ageing: [segment, (hazard, hazard, quarantine, shelf rate, void rate, stranger's hazard)].
        engaged: [kind] whether a person's activity multiplies the rate.
        exposure: [segment * kind] flattened: per time, per contact, or an outcome that has none.
        begin: first point.
        stop: one past the last point.
        out: [point, 4], written.

    Returns:
        The sum of the log likelihoods.
    """
    person = np.empty(CLASSES)
    other = np.empty(3)
    slots = np.empty((_SLOTS, 3))
    rates = np.empty(10)
    kept_by = np.empty(len(FRAILTY))
    unanswered = np.empty(len(ACTIVITY) + 2)
    per_contact = np.empty(4)
    total = 0.0
    current = -1
    for i in range(begin, stop):
        here = segment[i]
        if here != current:
            current = here
            rates[:6] = ageing[here]
            rates[6:] = 0.0
            per_contact[:] = 0.0
            for kind in range(len(KINDS)):
                how = exposure[here * len(KINDS) + kind]
                if how == OUTCOME:
                    continue
                target = rates[6:] if how == 1 else per_contact
                target[0 if engaged[kind] else 1] += silence[here, kind, 0]
                target[2] += silence[here, kind, 1]
                target[3] += silence[here, kind, 2]
            unanswered[: len(ACTIVITY)] = np.exp(-ACTIVITY * per_contact[0] - per_contact[1])
            unanswered[len(ACTIVITY) :] = np.exp(-per_contact[2:])
        for k in range(CLASSES):
            person[k] = prior[i, 0] * weights[here, peers[i], k]
        other[0], other[1], other[2] = 0.0, prior[i, 1], prior[i, 2]
        first, last, scale = 0, 0, 0.0
        now = collected[i]
        ended = False
        event = offsets[i]
        while not ended:
            ended = event == offsets[i + 1]
            until = at if ended else days[event]
            step = 0
            while now < until:
                length = min(until - now, STEP_DAYS[min(step, len(STEP_DAYS) - 1)])
                first, last = _pass_time(now, length, person, other, slots, first, last, rates, kept_by)
                now += length
                if until - now < 1e-9:
                    now = until
                step += 1
            if not ended:
                _see(kinds[event], person, other, slots, first, last, given[here], unanswered, engaged)
                event += 1
            mass = person.sum() + other.sum()
            for s in range(first, last):
                mass += slots[s, 2]
            if mass < 1e-12 or ended:
                mass = max(mass, _TINY)
                scale += np.log(mass)
                person /= mass
                other /= mass
                for s in range(first, last):
                    slots[s, 2] /= mass
        nobody = other[0] + other[1]
        for s in range(first, last):
            nobody += slots[s, 2]
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = person.sum(), nobody, other[2], scale
        total += scale
    return total
