# SPDX-License-Identifier: Apache-2.0
"""The filter of `filter.py` for whole portfolios: the same states, steps and likelihoods in less time.

`filter.follow` says what is computed, and a test holds both to the same results. Here passing time is written as what
it is, linear in what each class holds: a step of some length is a row of coefficients. Long silences are crossed in
steps of few lengths, so those rows are worked out once for all points of a segment; the others need two dozen
exponentials, taken together.

Units: times are days, rates are per day or per contact. Serves right_party.
"""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rightparty.parties.attribution.filter import (
    _SLOTS,
    _TINY,
    ACTIVITY,
    CLASSES,
    DORMANT,
    FRAILTY,
    PEERS,
    STEP_DAYS,
    Floats,
    Ints,
    _sum_silence,
)
from rightparty.parties.attribution.kinds import CONTACT, HOLDER, KINDS

_BEGIN, _END, _MASS = 0, 1, 2
"""Rows of the slots: what was given up from day to day and lies in quarantine, oldest first."""

_ROW: Final = 8
"""Room for the activity classes of one frailty: inside, class k has activity k % 8 and frailty k // 8; each eighth is
empty, so that a row fills whole vector registers."""

_HELD: Final = _ROW * len(FRAILTY)
_BUSY: Final[Floats] = np.append(ACTIVITY, 0.0)
_BY_FRAILTY, _GROWTH, _SILENT_FOR, _FADING, _TAKING, _STRANGE_FOR, _LEAVING = 8, 11, 12, 13, 14, 15, 16
"""Places of the exponents behind those of the activity classes; see `_set_pace`."""

_KEPT, _GONE, _ASLEEP = 0, _HELD, 2 * _HELD
_SILENT, _FADE, _TAKEN, _STRANGE, _LEFT, _DAYS = (3 * _HELD + place for place in range(6))
_STEP: Final = 3 * _HELD + 6
"""Length and places of a step: of each class what it keeps, what of it is given up, what of it falls asleep; then what
silence, the shelf, the void, a stranger's silence and his own givings-up leave; and the step's length in days."""

_FREED, _NOBODY, _LATER, _FIRST = (_ROW + place for place in range(4))
"""Places of the states behind the activity classes in `_weigh_kinds`."""

_MAGIC, _LOG2_E = 6755399441055744.0, 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10


@njit(cache=True, nogil=True, error_model="numpy")
def _exponentials(x: Floats, whole: Ints, power: Floats) -> None:
    """Replace each number by its exponential, in a form that becomes vector instructions.

    x = k ln 2 + r with |r| <= ln 2 / 2; exp(r) is its Taylor series up to the 13th power, which ends below the last
    digit; 2**k is written into the exponent's bits. `whole` and `power` are one buffer, as integers and as floats.
    """
    for n in range(_HELD):
        bound = min(max(x[n], -700.0), 700.0)
        shifted = bound * _LOG2_E + _MAGIC
        power[n] = shifted
        k = shifted - _MAGIC
        r = (bound - k * _LN2_HIGH) - k * _LN2_LOW
        s = 1.0 / 479001600.0 + r * (1.0 / 6227020800.0)
        s = 1.0 / 39916800.0 + r * s
        s = 1.0 / 3628800.0 + r * s
        s = 1.0 / 362880.0 + r * s
        s = 1.0 / 40320.0 + r * s
        s = 1.0 / 5040.0 + r * s
        s = 1.0 / 720.0 + r * s
        s = 1.0 / 120.0 + r * s
        s = 1.0 / 24.0 + r * s
        s = 1.0 / 6.0 + r * s
        s = 0.5 + r * s
        x[n] = 1.0 + r * (1.0 + r * s)
    for n in range(_HELD):
        whole[n] = (whole[n] + 1023) << 52
    for n in range(_HELD):
        x[n] *= power[n]


@njit(cache=True, nogil=True, error_model="numpy")
def _set_pace(rates: Floats, lapsing: float, lasting: float, pace: Floats) -> None:
    """Work out what does not depend on a step's length.

    `rates` is [hazard of leaving, hazard of staying, quarantine, shelf rate, void rate, stranger hazard, activity, base
    person, nobody, stranger silence]; `pace` rows are [exponents per day, total rate of leaving a class, its inverse,
    rate of falling asleep over the difference it makes, hazard].
    """
    pace[:] = 0.0
    busy, base, dead = rates[6], rates[7], rates[8]
    for a in range(len(ACTIVITY)):
        pace[0, a] = -(_BUSY[a] * busy + base + (lasting if a > DORMANT else 0.0))
    for j in range(len(FRAILTY)):
        pace[0, _BY_FRAILTY + j] = -FRAILTY[j] * rates[1]
        for a in range(len(ACTIVITY)):
            k = j * _ROW + a
            total = FRAILTY[j] * rates[1] + _BUSY[a] * busy + base - dead
            if a > DORMANT:
                total += lasting
                pace[3, k] = lapsing / ((_BUSY[a] - _BUSY[DORMANT]) * busy + lasting + _TINY)
            pace[1, k], pace[2, k], pace[4, k] = total, 1.0 / total, FRAILTY[j] * rates[0]
    pace[0, _GROWTH], pace[0, _SILENT_FOR] = dead, -dead
    pace[0, _FADING], pace[0, _TAKING] = -(rates[3] + rates[5]), -rates[4]
    pace[0, _STRANGE_FOR], pace[0, _LEAVING] = -rates[9], -rates[5]


@njit(cache=True, nogil=True, error_model="numpy")
def _measure_step(days: float, pace: Floats, x: Floats, whole: Ints, power: Floats, step: Floats) -> None:
    """Write the coefficients of a step of some days of silence; x, whole and power are room to work in."""
    for n in range(_HELD):
        x[n] = pace[0, n] * days
    _exponentials(x, whole, power)
    growth, silent = x[_GROWTH], x[_SILENT_FOR]
    later = 0.5 * days * growth
    for j in range(len(FRAILTY)):
        kept_by = x[_BY_FRAILTY + j]
        dozing = x[DORMANT] * kept_by
        for a in range(_ROW):
            k = j * _ROW + a
            kept = x[a] * kept_by
            asleep = pace[3, k] * (dozing - kept)
            spread = days if abs(pace[1, k] * days) < 1e-7 else (1.0 - kept * growth) * pace[2, k]
            step[_KEPT + k] = kept
            step[_ASLEEP + k] = asleep
            step[_GONE + k] = pace[4, k] * (spread + asleep * later) * silent
    step[_SILENT], step[_FADE], step[_TAKEN] = silent, x[_FADING], x[_TAKING]
    step[_STRANGE], step[_LEFT], step[_DAYS] = x[_STRANGE_FOR], x[_LEAVING], days


@njit(cache=True, nogil=True, error_model="numpy")
def _pass_time(
    now: float, step: Floats, person: Floats, other: Floats, slots: Floats, first: int, last: int, rates: Floats
) -> tuple[int, int]:
    """Move all mass forward by a step of silence; `other` is [shelf, void, stranger who came later, from the first].

    Returns the new range of slots.
    """
    given_up = _give_up(step, person)
    for s in range(first, last):
        slots[_MASS, s] *= step[_SILENT]
    first, last = _room_in(slots, first, last)
    then = now + step[_DAYS]
    slots[_BEGIN, last], slots[_END, last], slots[_MASS, last] = now, then, given_up
    first, to_shelf, to_stranger = _ripen(then - rates[2], slots, first, last + 1, rates[3])
    _hand_on(step, other, rates[3], rates[5])
    other[0] += to_shelf
    other[2] += to_stranger
    return first, last + 1


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
def _give_up(step: Floats, person: Floats) -> float:
    """Let the person's mass fall; return what was given up and not heard of since."""
    given_up = 0.0
    for j in range(len(FRAILTY)):
        asleep = 0.0
        for k in range(j * _ROW, (j + 1) * _ROW):
            held = person[k]
            given_up += step[_GONE + k] * held
            asleep += step[_ASLEEP + k] * held
            person[k] = step[_KEPT + k] * held
        person[j * _ROW + DORMANT] += asleep
    return given_up


@njit(cache=True, nogil=True, error_model="numpy")
def _room_in(slots: Floats, first: int, last: int) -> tuple[int, int]:
    """Make room for one more slot: close the gap in front, or join the two oldest."""
    if last < _SLOTS:
        return first, last
    if first == 0:
        slots[_BEGIN, 1] = slots[_BEGIN, 0]
        slots[_MASS, 1] += slots[_MASS, 0]
        first = 1
    for s in range(first, last):
        slots[:, s - first] = slots[:, s]
    return 0, last - first


@njit(cache=True, nogil=True, error_model="numpy")
def _ripen(ripe: float, slots: Floats, first: int, last: int, shelf: float) -> tuple[int, float, float]:
    """Take out of quarantine what was given up before `ripe`; returns [first slot left, to the shelf, to strangers].

    What was given up evenly between two days is on the shelf still by the mean of exp(-rate * x) over the time since.
    """
    to_shelf, to_stranger = 0.0, 0.0
    edge, at_edge = -1.0, 0.0
    while first < last and slots[_BEGIN, first] < ripe:
        begin, end, mass = slots[_BEGIN, first], slots[_END, first], slots[_MASS, first]
        cut = min(end, ripe)
        moved = mass if cut >= end else mass * (cut - begin) / (end - begin)
        most, least, width = ripe - begin, ripe - cut, shelf * (cut - begin)
        longest = at_edge if edge == most else np.exp(-shelf * most)
        edge = least
        at_edge = 1.0 if least == 0.0 else np.exp(-shelf * least)
        still = np.exp(-shelf * 0.5 * (least + most)) if width < 1e-6 else (at_edge - longest) / width
        to_shelf += moved * still
        to_stranger += moved * (1.0 - still)
        if cut < end:
            slots[_BEGIN, first] = cut
            slots[_MASS, first] = mass - moved
            break
        first += 1
    return first, to_shelf, to_stranger


@njit(cache=True, nogil=True, error_model="numpy")
def _hand_on(step: Floats, other: Floats, shelf: float, again: float) -> None:
    """Let values pass from the shelf and the void to strangers, and back to the shelf."""
    silent, fade, strange = step[_SILENT], step[_FADE], step[_STRANGE]
    share = 1.0 / (shelf + again)
    on_shelf, in_use = other[0], other[2]
    other[0] = (on_shelf * (again + shelf * fade) + in_use * again * (1.0 - fade)) * share * silent
    other[2] = (in_use * (shelf + again * fade) + on_shelf * shelf * (1.0 - fade)) * share
    taken = other[1] * (1.0 - step[_TAKEN])
    other[1] = (other[1] - taken) * silent
    other[2] = (other[2] + taken) * strange
    left = other[3] * (1.0 - step[_LEFT])
    other[3] = (other[3] - left) * strange
    other[0] += left * silent


@njit(cache=True, nogil=True, error_model="numpy")
def _see(likely: Floats, person: Floats, other: Floats, slots: Floats, first: int, last: int) -> None:
    """Weigh every state by how likely the event is in it: one row of `_weigh_kinds`."""
    for j in range(len(FRAILTY)):
        for a in range(_ROW):
            person[j * _ROW + a] *= likely[a]
    for s in range(first, last):
        slots[_MASS, s] *= likely[_FREED]
    other[0] *= likely[_FREED]
    other[1] *= likely[_NOBODY]
    other[2] *= likely[_LATER]
    other[3] *= likely[_FIRST]


@njit(cache=True, nogil=True, error_model="numpy")
def _weigh_kinds(given: Floats, unanswered: Floats, engaged: NDArray[np.bool_], likely: Floats) -> None:
    """Write how likely each kind of event is: [one per activity class, given up, void, who came later, from the first].

    Whether a number changed hands tells who came later, and what lies between, from who has held it all along.
    """
    for kind in range(len(KINDS)):
        busy = _BUSY if engaged[kind] else np.ones(_ROW)
        likely[kind, :_ROW] = given[kind, 0] * busy
        likely[kind, _FREED], likely[kind, _NOBODY] = given[kind, 1], given[kind, 1]
        likely[kind, _LATER], likely[kind, _FIRST] = given[kind, 2], given[kind, 2]
        if kind in HOLDER:
            likely[kind, _FREED], likely[kind, _FIRST] = given[kind, 2], given[kind, 0]
    likely[CONTACT, : len(ACTIVITY)] = unanswered[: len(ACTIVITY)]
    likely[CONTACT, _FREED:_LATER] = unanswered[-2]
    likely[CONTACT, _LATER:] = unanswered[-1]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
def _mass(person: Floats, other: Floats, slots: Floats, first: int, last: int) -> float:
    """Return the sum of all mass."""
    mass = other[0] + other[1] + other[2] + other[3]
    for k in range(_HELD):
        mass += person[k]
    for s in range(first, last):
        mass += slots[_MASS, s]
    return float(mass)


@njit(cache=True, nogil=True, error_model="numpy")
def _scale_to_one(person: Floats, other: Floats, slots: Floats, first: int, last: int, least: float) -> float:
    """Divide all mass by its sum if that fell below `least`; returns the logarithm of what was divided by."""
    mass = _mass(person, other, slots, first, last)
    if mass >= least:
        return 0.0
    divisor = max(_TINY, mass)
    person /= divisor
    other /= divisor
    slots[_MASS, first:last] /= divisor
    return float(np.log(divisor))


@njit(cache=True, nogil=True, error_model="numpy")
def _follow_one(
    days: Floats, kinds: NDArray[np.int8], now: float, at: float, likely: Floats, rates: Floats, pace: Floats,
    steps: Floats, person: Floats, other: Floats, slots: Floats, room: tuple[Floats, Ints, Floats, Floats], held: int,
) -> tuple[int, int, float]:  # fmt: skip
    """Follow one point, with `held` slots, from `now` through its events to `at`.

    Returns [range of slots, log likelihood].
    """
    first, last, scale = 0, held, 0.0
    for event in range(len(days) + 1):
        ended = event == len(days)
        until = at if ended else days[event]
        number = 0
        while now < until:
            left, longest = until - now, STEP_DAYS[number]
            if left > longest:
                step = steps[number]
            else:
                step = room[3]
                _measure_step(left, pace, room[0], room[1], room[2], step)
            first, last = _pass_time(now, step, person, other, slots, first, last, rates)
            now = until if left - step[_DAYS] < 1e-9 else now + step[_DAYS]
            number = min(number + 1, len(STEP_DAYS) - 1)
        if not ended:
            _see(likely[kinds[event]], person, other, slots, first, last)
        scale += _scale_to_one(person, other, slots, first, last, np.inf if ended else 1e-12)
    return first, last, scale


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
    """Filter the points `begin` to `stop`; arguments and results are those of `filter.follow`.

    Returns the sum of the log likelihoods.
    """
    count = len(weights)
    rates, unanswered = np.empty((count, 12)), np.empty(len(ACTIVITY) + 2)
    likely = np.empty((count, len(KINDS), _FIRST + 1))
    pace, steps = np.empty((count * PEERS, 5, _HELD)), np.empty((count * PEERS, len(STEP_DAYS), _STEP))
    is_known, is_paced = np.zeros(count, np.bool_), np.zeros(count * PEERS, np.bool_)
    person, other, slots, whole = np.empty(_HELD), np.empty(4), np.empty((3, _SLOTS)), np.empty(_HELD, np.int64)
    room = (np.empty(_HELD), whole, whole.view(np.float64), np.empty(_STEP))
    total = 0.0
    for i in range(begin, stop):
        here, row = segment[i], segment[i] * PEERS + peers[i]
        if not is_known[here]:
            is_known[here] = True
            rates[here, :6] = ageing[here]
            _sum_silence(silence[here], exposure[here * len(KINDS) :], engaged, rates[here], unanswered)
            _weigh_kinds(given[here], unanswered, engaged, likely[here])
        if not is_paced[row]:
            is_paced[row] = True
            _set_pace(rates[here], lapse[here, peers[i], 0], lapse[here, peers[i], 1], pace[row])
            for number in range(len(STEP_DAYS)):
                _measure_step(STEP_DAYS[number], pace[row], room[0], whole, room[2], steps[row, number])
        person[:] = 0.0
        for k in range(CLASSES):
            person[k % len(FRAILTY) * _ROW + k // len(FRAILTY)] = prior[i, 0] * weights[here, peers[i], k]
        other[:] = 0.0, prior[i, 1], 0.0, prior[i, 2]
        mine = slice(offsets[i], offsets[i + 1])
        first, last, scale = _follow_one(
            days[mine], kinds[mine], collected[i], at, likely[here], rates[here], pace[row], steps[row],
            person, other, slots, room, 0,
        )  # fmt: skip
        quarantined = slots[_MASS, first:last].sum()
        out[i, 0], out[i, 1], out[i, 2] = person.sum(), other[0] + other[1] + quarantined, other[2] + other[3]
        out[i, 3] = scale
        total += scale
    return total
