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

from rightparty.parties.attribution.kinds import CONTACT, HOLDER, KINDS, OUTCOME, PER_TIME

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

ACTIVITY: Final[Floats] = np.array([0.02, 0.1, 0.3, 0.7, 1.4, 2.8, 6.0])
"""Multipliers of the rates of what a person does, from a point never used to the one always in the hand."""

DORMANT: Final = 1
"""Who was busier may stop using the point without giving it up: he falls into this activity class for good."""

FRAILTY: Final[Floats] = np.array([0.2, 1.0, 3.0])
"""Multipliers of the hazard of being given up: some people keep a number for decades."""

CLASSES: Final = len(ACTIVITY) * len(FRAILTY)
"""Number of classes; class k has activity k // 3 and frailty k % 3."""

PEERS: Final = 5
"""What the person does at his other points tells how busy he is: no other point, idle, seldom, now and then, often."""

STEP_DAYS: Final[Floats] = np.array([30.0, 60.0, 120.0, 240.0])
"""A long silence is crossed in growing steps, the last one repeated: the day of giving up is known well enough."""

_SLOTS: Final = 96
_TINY: Final = 1e-60


@njit(cache=True, nogil=True, error_model="numpy")
def _share_on_shelf(rate: float, least: float, most: float) -> float:
    """Return the mean of exp(-rate * x) for x uniform between least and most."""
    width = rate * (most - least)
    if width < 1e-6:
        return float(np.exp(-rate * 0.5 * (least + most)))
    return float((np.exp(-rate * least) - np.exp(-rate * most)) / width)


@njit(cache=True, nogil=True, error_model="numpy")
def _pass_time(
    now: float, days: float, person: Floats, other: Floats, slots: Floats, first: int, last: int, rates: Floats
) -> tuple[int, int]:
    """Move all mass forward by some days of silence.

    `other` is [shelf, void, stranger who came later, stranger from the first].
    `slots` rows are [from day, to day, mass] of what was given up and lies in quarantine, oldest first; `rates` is
    [hazard of leaving, hazard of staying, quarantine, shelf rate, void rate, stranger hazard, activity, base person,
    nobody, stranger silence, lapsing, not lapsing]. Returns the new range of slots.
    """
    silent = np.exp(-rates[8] * days)
    given_up = _give_up(days, person, rates) * silent
    for s in range(first, last):
        slots[s, 2] *= silent
    first, last = _room_in(slots, first, last)
    slots[last, 0], slots[last, 1], slots[last, 2] = now, now + days, given_up
    first, to_shelf, to_stranger = _ripen(now + days - rates[2], slots, first, last + 1, rates[3])
    _hand_on(days, other, rates)
    other[0] += to_shelf
    other[2] += to_stranger
    return first, last + 1


@njit(cache=True, nogil=True, error_model="numpy")
def _give_up(days: float, person: Floats, rates: Floats) -> float:
    """Let the person's mass fall; return what was given up, before the silence that followed."""
    leaving, staying, busy, base, dead = rates[0], rates[1], rates[6], rates[7], rates[8]
    lapsing, lasting = rates[10], rates[11]
    given_up = 0.0
    growth, idle = np.exp(dead * days), np.exp(-base * days)
    alert = np.exp(-lasting * days)
    dozing = np.exp(-ACTIVITY[DORMANT] * busy * days) * idle
    kept_by = (
        np.exp(-FRAILTY[0] * staying * days), np.exp(-FRAILTY[1] * staying * days), np.exp(-FRAILTY[2] * staying * days)
    )  # fmt: skip
    for a in range(len(ACTIVITY)):
        unseen = np.exp(-ACTIVITY[a] * busy * days) * idle
        for j in range(len(FRAILTY)):
            k = a * len(FRAILTY) + j
            kept = unseen * kept_by[j]
            total = FRAILTY[j] * staying + ACTIVITY[a] * busy + base - dead
            if a > DORMANT:
                asleep = dozing * kept_by[j]
                kept *= alert
                total += lasting
                apart = (ACTIVITY[a] - ACTIVITY[DORMANT]) * busy + lasting
                moved = person[k] * lapsing * (asleep - kept) / (apart + _TINY)
                person[DORMANT * len(FRAILTY) + j] += moved
                given_up += moved * FRAILTY[j] * leaving * 0.5 * days * growth
            spread = days if abs(total * days) < 1e-7 else (1.0 - kept * growth) / total
            given_up += person[k] * FRAILTY[j] * leaving * spread
            person[k] *= kept
    return given_up


@njit(cache=True, nogil=True, error_model="numpy")
def _room_in(slots: Floats, first: int, last: int) -> tuple[int, int]:
    """Make room for one more slot: close the gap in front, or join the two oldest."""
    if last < _SLOTS:
        return first, last
    if first == 0:
        slots[1, 0] = slots[0, 0]
        slots[1, 2] += slots[0, 2]
        first = 1
    for s in range(first, last):
        slots[s - first] = slots[s]
    return 0, last - first


@njit(cache=True, nogil=True, error_model="numpy")
def _ripen(ripe: float, slots: Floats, first: int, last: int, shelf: float) -> tuple[int, float, float]:
    """Take out of quarantine what was given up before `ripe`; returns [first slot left, to the shelf, to strangers]."""
    to_shelf, to_stranger = 0.0, 0.0
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
    return first, to_shelf, to_stranger


@njit(cache=True, nogil=True, error_model="numpy")
def _hand_on(days: float, other: Floats, rates: Floats) -> None:
    """Let values pass from the shelf and the void to strangers, and back to the shelf."""
    shelf, void, again = rates[3], rates[4], rates[5]
    silent = np.exp(-rates[8] * days)
    both = shelf + again
    fade = np.exp(-both * days)
    on_shelf, in_use = other[0], other[2]
    other[0] = (on_shelf * (again + shelf * fade) + in_use * again * (1.0 - fade)) / both * silent
    other[2] = (in_use * (shelf + again * fade) + on_shelf * shelf * (1.0 - fade)) / both
    taken = other[1] * (1.0 - np.exp(-void * days))
    other[1] = (other[1] - taken) * silent
    strange = np.exp(-rates[9] * days)
    other[2] = (other[2] + taken) * strange
    left = other[3] * (1.0 - np.exp(-again * days))
    other[3] = (other[3] - left) * strange
    other[0] += left * silent


@njit(cache=True, nogil=True, error_model="numpy")
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
    if kind in HOLDER:
        for k in range(CLASSES):
            person[k] *= given[kind, 0]
        for s in range(first, last):
            slots[s, 2] *= given[kind, 2]
        other[0] *= given[kind, 2]
        other[1] *= given[kind, 1]
        other[2] *= given[kind, 2]
        other[3] *= given[kind, 0]
        return
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
    other[2:] *= stranger


@njit(cache=True, nogil=True, error_model="numpy")
def _sum_silence(
    silence: Floats, exposure: NDArray[np.int8], engaged: NDArray[np.bool_], rates: Floats, unanswered: Floats
) -> None:
    """Add up what every moment and every contact without an event says, in `rates[6:]` and `unanswered`."""
    rates[6:10] = 0.0
    per_contact = np.zeros(4)
    for kind in range(len(KINDS)):
        how = exposure[kind]
        if how == OUTCOME:
            continue
        target = rates[6:] if how == PER_TIME else per_contact
        target[0 if engaged[kind] else 1] += silence[kind, 0]
        target[2] += silence[kind, 1]
        target[3] += silence[kind, 2]
    unanswered[: len(ACTIVITY)] = np.exp(-ACTIVITY * per_contact[0] - per_contact[1])
    unanswered[len(ACTIVITY) :] = np.exp(-per_contact[2:])


@njit(cache=True, nogil=True, error_model="numpy")
def _scale_to_one(person: Floats, other: Floats, slots: Floats, first: int, last: int, least: float) -> float:
    """Divide all mass by its sum if that fell below `least`; returns the logarithm of what was divided by."""
    mass = person.sum() + other.sum() + slots[first:last, 2].sum()
    if mass >= least:
        return 0.0
    divisor = max(_TINY, float(mass))
    person /= divisor
    other /= divisor
    slots[first:last, 2] /= divisor
    return float(np.log(divisor))


@njit(cache=True, nogil=True, error_model="numpy")
def _follow_one(
    days: Floats, kinds: NDArray[np.int8], now: float, at: float, given: Floats, engaged: NDArray[np.bool_],
    rates: Floats, unanswered: Floats, person: Floats, other: Floats, slots: Floats,
) -> tuple[float, float]:  # fmt: skip
    """Follow one point from `now` through its events to `at`; returns [mass in quarantine, log likelihood]."""
    first, last, scale = 0, 0, 0.0
    for event in range(len(days) + 1):
        ended = event == len(days)
        until = at if ended else days[event]
        step = 0
        while now < until:
            length = min(until - now, STEP_DAYS[min(step, len(STEP_DAYS) - 1)])
            first, last = _pass_time(now, length, person, other, slots, first, last, rates)
            now = until if until - now - length < 1e-9 else now + length
            step += 1
        if not ended:
            _see(kinds[event], person, other, slots, first, last, given, unanswered, engaged)
        scale += _scale_to_one(person, other, slots, first, last, np.inf if ended else 1e-12)
    return slots[first:last, 2].sum(), scale


@njit(cache=True, nogil=True, error_model="numpy")
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
    lapse: Floats,
    engaged: NDArray[np.bool_],
    exposure: NDArray[np.int8],
    begin: int,
    stop: int,
    out: Floats,
) -> float:
    """Filter the points `begin` to `stop`; write [person, nobody, stranger, log likelihood] of each to `out`.

    Args:
        offsets: point i has the events offsets[i] to offsets[i + 1], in order of time, none before its collection.
        days: instants of the events, as days since any epoch; kinds: what happened, positions in `kinds.KINDS`.
        collected: where each point's history begins; prior: [point, (person, nobody, stranger)] then.
        segment: row of each point in the parameter arrays; peers: row of its class weights.
        at: the instant asked about.
        weights: [segment, peers, class].
        given: [segment, kind, (person, nobody, stranger)]: rate or probability of an event; silence: the same
            again for what the absence of events says, so that a fit can tell what was counted from what was exposed.
        ageing: [segment, (hazard, hazard, quarantine, shelf rate, void rate, stranger's hazard)].
        lapse: [segment, peers, 2]: rate of falling asleep, twice, for the same reason.
        engaged: [kind] whether a person's activity multiplies the rate.
        exposure: [segment * kind] flattened: per time, per contact, or an outcome that has none.

    Returns the sum of the log likelihoods.
    """
    person, other, slots = np.empty(CLASSES), np.empty(4), np.empty((_SLOTS, 3))
    rates, unanswered = np.empty(12), np.empty(len(ACTIVITY) + 2)
    total, current = 0.0, -1
    for i in range(begin, stop):
        here = segment[i]
        if here != current:
            current = here
            rates[:6] = ageing[here]
            _sum_silence(silence[here], exposure[here * len(KINDS) :], engaged, rates, unanswered)
        rates[10:] = lapse[here, peers[i]]
        for k in range(CLASSES):
            person[k] = prior[i, 0] * weights[here, peers[i], k]
        other[:] = 0.0, prior[i, 1], 0.0, prior[i, 2]
        mine = slice(offsets[i], offsets[i + 1])
        quarantined, scale = _follow_one(
            days[mine], kinds[mine], collected[i], at, given[here], engaged, rates, unanswered, person, other, slots
        )
        out[i, 0], out[i, 1], out[i, 2] = person.sum(), other[0] + other[1] + quarantined, other[2] + other[3]
        out[i, 3] = scale
        total += scale
    return total
