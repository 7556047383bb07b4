# SPDX-License-Identifier: Apache-2.0
"""What a fit counts: expected events, exposures and givings-up in each state, from one pass forward and one back.

The filter is linear in the mass of its states, so what is likely to have happened in a history is, at every moment,
the mass that came there times how likely the rest of the history is from there (Baum and others 1970). What lies in
quarantine is not carried back: whatever is given up in a step has one value, that of the nobody's time that follows
and of whom it ripens to. The steps are those of `filter.follow`, and so is the likelihood. Serves right_party.
"""

from dataclasses import dataclass
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
    _pass_time,
    _see,
    _share_on_shelf,
    _sum_silence,
)
from rightparty.parties.attribution.kinds import CONTACT, HOLDER, KINDS

_FRAIL: Final = len(FRAILTY)
_STEP: Final = -1
"""Code of a step in time among the kinds of a history."""

_SHELF, _VOID, _LATER, _FIRST = range(4)
_STRANGERS: Final = slice(CLASSES + _LATER, CLASSES + _FIRST + 1)


@dataclass(frozen=True, slots=True)
class Counts:
    """Expected counts of some histories; every table of one segment."""

    #: [kind, (person, nobody, stranger)] events
    events: Floats
    #: [(times activity, person, nobody, stranger)] days, and the lender's contacts
    days: Floats
    contacts: Floats
    #: [peers, (falling asleep, days awake)]
    lapses: Floats
    #: [(not watched, watched), (givings-up, days at risk times frailty)]
    given_up: Floats
    #: [peers, activity class] and [frailty class] of those who began with the person
    busy: Floats
    frail: Floats

    @classmethod
    def nothing(cls) -> "Counts":
        """Return tables of zeros."""
        return cls(
            np.zeros((len(KINDS), 3)), np.zeros(4), np.zeros(4), np.zeros((PEERS, 2)), np.zeros((2, 2)),
            np.zeros((PEERS, len(ACTIVITY))), np.zeros(_FRAIL),
        )  # fmt: skip

    @property
    def tables(self) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats, Floats]:
        """The tables as `count` takes them."""
        return self.events, self.days, self.contacts, self.lapses, self.given_up, self.busy, self.frail

    def add(self, other: "Counts") -> None:
        """Add the tables of others."""
        for name in self.__dataclass_fields__:
            table: Floats = getattr(self, name)
            table += getattr(other, name)


@njit(cache=True, nogil=True, error_model="numpy")
def _factors(days: float, rates: Floats, kept: Floats, moved: Floats, gone: Floats) -> None:
    """Write what share of each class is kept, falls asleep and is given up in some days, as `filter._give_up` does."""
    leaving, staying, busy, base, dead = rates[0], rates[1], rates[6], rates[7], rates[8]
    lapsing, lasting = rates[10], rates[11]
    growth, idle, silent = np.exp(dead * days), np.exp(-base * days), np.exp(-dead * days)
    alert = np.exp(-lasting * days)
    dozing = np.exp(-ACTIVITY[DORMANT] * busy * days) * idle
    for a in range(len(ACTIVITY)):
        unseen = np.exp(-ACTIVITY[a] * busy * days) * idle
        for j in range(_FRAIL):
            k = a * _FRAIL + j
            stays = np.exp(-FRAILTY[j] * staying * days)
            kept[k], moved[k], gone[k] = unseen * stays, 0.0, 0.0
            total = FRAILTY[j] * staying + ACTIVITY[a] * busy + base - dead
            if a > DORMANT:
                kept[k] *= alert
                total += lasting
                apart = (ACTIVITY[a] - ACTIVITY[DORMANT]) * busy + lasting
                moved[k] = lapsing * (dozing * stays - kept[k]) / (apart + _TINY)
                gone[k] = moved[k] * FRAILTY[j] * leaving * 0.5 * days * growth * silent
            spread = days if abs(total * days) < 1e-7 else (1.0 - kept[k] * growth) / total
            gone[k] += FRAILTY[j] * leaving * spread * silent


@njit(cache=True, nogil=True, error_model="numpy")
def _plan(
    days: Floats, kinds: NDArray[np.int8], begin: float, at: float, ops: Ints, lengths: Floats, times: Floats
) -> int:
    """Write a history as steps in time and events, as the filter takes them; returns how many there are."""
    count, now = 0, begin
    for event in range(len(days) + 1):
        ended = event == len(days)
        until = at if ended else days[event]
        step = 0
        while now < until:
            length = min(until - now, STEP_DAYS[min(step, len(STEP_DAYS) - 1)])
            ops[count], lengths[count], times[count] = _STEP, length, now
            now = until if until - now - length < 1e-9 else now + length
            step += 1
            count += 1
        if not ended:
            ops[count], lengths[count], times[count] = kinds[event], 0.0, now
            count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def _forward(
    ops: Ints, lengths: Floats, times: Floats, given: Floats, engaged: NDArray[np.bool_], rates: Floats,
    unanswered: Floats, person: Floats, other: Floats, slots: Floats, masses: Floats, scales: Floats,
) -> float:  # fmt: skip
    """Follow a history; keep the mass at every node in `masses`, its scale in `scales`; return the log likelihood."""
    first, last, scale = 0, 0, 0.0
    masses[0, :CLASSES], masses[0, CLASSES:], scales[0] = person, other, 0.0
    for n in range(len(ops)):
        if ops[n] == _STEP:
            first, last = _pass_time(times[n], lengths[n], person, other, slots, first, last, rates)
        else:
            _see(ops[n], person, other, slots, first, last, given, unanswered, engaged)
        total = max(person.sum() + other.sum() + slots[first:last, 2].sum(), _TINY)
        if total < 1e-8 or n == len(ops) - 1:
            person /= total
            other /= total
            slots[first:last, 2] /= total
            scale += np.log(total)
        masses[n + 1, :CLASSES], masses[n + 1, CLASSES:], scales[n + 1] = person, other, scale
    return scale


@njit(cache=True, nogil=True, error_model="numpy")
def _value_of_given_up(
    n: int, ops: Ints, lengths: Floats, times: Floats, rates: Floats, prefix: Floats, values: Floats, tops: Floats
) -> float:
    """Return how likely the rest is for what was given up in step n, in the scale of node n + 1."""
    begin, width = times[n], lengths[n]
    left, value, done = 1.0, 0.0, begin
    for m in range(n, len(ops)):
        if ops[m] != _STEP:
            continue
        ripe = times[m] + lengths[m] - rates[2]
        if ripe <= done:
            continue
        cut = min(begin + width, ripe)
        share = (cut - done) / width
        still = _share_on_shelf(rates[3], ripe - cut, ripe - done)
        weight = np.exp(min(prefix[m + 1] - prefix[n + 1] + tops[m + 1] - tops[n + 1], 500.0))
        value += share * weight * (still * values[m + 1, CLASSES + _SHELF] + (1 - still) * values[m + 1, CLASSES + 2])
        left -= share
        done = cut
        if cut >= begin + width:
            return value
    last = len(ops)
    return value + left * np.exp(min(prefix[last] - prefix[n + 1] - tops[n + 1], 500.0))


@njit(cache=True, nogil=True, error_model="numpy")
def _hand_back(days: float, after: Floats, before: Floats, rates: Floats) -> None:
    """Carry the values of shelf, void and strangers back over a step; the transpose of `filter._hand_on`."""
    shelf, void, again = rates[3], rates[4], rates[5]
    silent, strange = np.exp(-rates[8] * days), np.exp(-rates[9] * days)
    both = shelf + again
    fade = np.exp(-both * days)
    on, later = after[CLASSES + _SHELF] * silent, after[CLASSES + _LATER] * strange
    before[CLASSES + _SHELF] = (again + shelf * fade) / both * on + shelf * (1.0 - fade) / both * later
    before[CLASSES + _LATER] = again * (1.0 - fade) / both * on + (shelf + again * fade) / both * later
    rests, holds = np.exp(-void * days), np.exp(-again * days)
    before[CLASSES + _VOID] = rests * silent * after[CLASSES + _VOID] + (1.0 - rests) * later
    before[CLASSES + _FIRST] = holds * strange * after[CLASSES + _FIRST] + (1.0 - holds) * on


@njit(cache=True, nogil=True, error_model="numpy")
def _weigh_back(
    kind: int, after: Floats, before: Floats, given: Floats, unanswered: Floats, engaged: NDArray[np.bool_]
) -> float:
    """Carry all values back over an event; returns how likely it is in quarantine."""
    if kind in HOLDER:
        held, unused, later = given[kind, 0], given[kind, 1], given[kind, 2]
        before[:CLASSES] = after[:CLASSES] * held
        before[CLASSES + _SHELF] = after[CLASSES + _SHELF] * later
        before[CLASSES + _VOID] = after[CLASSES + _VOID] * unused
        before[CLASSES + _LATER] = after[CLASSES + _LATER] * later
        before[CLASSES + _FIRST] = after[CLASSES + _FIRST] * held
        return later
    nobody, stranger = given[kind, 1], given[kind, 2]
    if kind == CONTACT:
        nobody, stranger = unanswered[-2], unanswered[-1]
    for k in range(CLASSES):
        activity = k // _FRAIL
        own = unanswered[activity] if kind == CONTACT else given[kind, 0] * (ACTIVITY[activity] if engaged[kind] else 1)
        before[k] = after[k] * own
    before[CLASSES : CLASSES + 2] = after[CLASSES : CLASSES + 2] * nobody
    before[CLASSES + 2 :] = after[CLASSES + 2 :] * stranger
    return nobody


@njit(cache=True, nogil=True, error_model="numpy")
def _prefixes(ops: Ints, lengths: Floats, given: Floats, unanswered: Floats, rates: Floats, prefix: Floats) -> None:
    """Write the logarithm of how likely the history is up to each node for a value in quarantine."""
    prefix[0] = 0.0
    for n in range(len(ops)):
        kind = ops[n]
        if kind == _STEP:
            prefix[n + 1] = prefix[n] - rates[8] * lengths[n]
        elif kind == CONTACT:
            prefix[n + 1] = prefix[n] + np.log(unanswered[-2])
        else:
            prefix[n + 1] = prefix[n] + np.log(given[kind, 2] if kind in HOLDER else given[kind, 1])


@njit(cache=True, nogil=True, error_model="numpy")
def _count_event(kind: int, post: Floats, events: Floats, contacts: Floats, nobody: float) -> None:
    """Count an event of which the states are known up to their posterior."""
    mine = post[:CLASSES].sum()
    if kind in HOLDER:
        unused = post[CLASSES + _VOID]
        events[kind, 0] += mine + post[CLASSES + _FIRST]
        events[kind, 1] += unused
        events[kind, 2] += max(1.0 - mine - post[CLASSES + _FIRST] - unused, 0.0)
        return
    strange = post[CLASSES + _LATER] + post[CLASSES + _FIRST]
    if kind == CONTACT:
        for k in range(CLASSES):
            contacts[0] += post[k] * ACTIVITY[k // _FRAIL]
        contacts[1] += mine
        contacts[2] += nobody
        contacts[3] += strange
    events[kind, 0] += mine
    events[kind, 1] += nobody
    events[kind, 2] += strange


@njit(cache=True, nogil=True, error_model="numpy")
def _count_time(
    days: float, watched: int, peers: int, post: Floats, later: Floats, nobody: float, time: Floats, lapses: Floats,
    given_up: Floats,
) -> None:  # fmt: skip
    """Count what each state was exposed to in a step, half by where it began and half by where it ended."""
    half = 0.5 * days
    for k in range(CLASSES):
        both = (post[k] + later[k]) * half
        time[0] += both * ACTIVITY[k // _FRAIL]
        time[1] += both
        given_up[watched, 1] += both * FRAILTY[k % _FRAIL]
        if k // _FRAIL > DORMANT:
            lapses[peers, 1] += both
    strange, then = post[_STRANGERS].sum(), later[_STRANGERS].sum()
    time[2] += (nobody + max(1.0 - later[:CLASSES].sum() - then, 0.0)) * half
    time[3] += (strange + then) * half


@njit(cache=True, nogil=True, error_model="numpy")
def _step_back(
    n: int, days: float, masses: Floats, values: Floats, given_value: float, to_post: float, watched: int, peers: int,
    rates: Floats, lapses: Floats, given_up: Floats,
) -> None:  # fmt: skip
    """Carry all values back over a step in time, and count who gave up and who fell asleep in it."""
    kept, moved, gone = np.empty(CLASSES), np.empty(CLASSES), np.empty(CLASSES)
    _factors(days, rates, kept, moved, gone)
    _hand_back(days, values[n + 1], values[n], rates)
    for k in range(CLASSES):
        asleep = values[n + 1, DORMANT * _FRAIL + k % _FRAIL]
        values[n, k] = kept[k] * values[n + 1, k] + moved[k] * asleep + gone[k] * given_value
        given_up[watched, 0] += masses[n, k] * gone[k] * given_value * to_post
        lapses[peers, 0] += masses[n, k] * moved[k] * asleep * to_post


@njit(cache=True, nogil=True, error_model="numpy")
def _count_back(
    ops: Ints, lengths: Floats, times: Floats, masses: Floats, scales: Floats, whole: float, given: Floats,
    engaged: NDArray[np.bool_], rates: Floats, unanswered: Floats, watched: int, peers: int,
    tables: tuple[Floats, Floats, Floats, Floats, Floats, Floats, Floats],
) -> Floats:  # fmt: skip
    """Go back through a history and count; returns the posterior at its beginning."""
    events, time, contacts, lapses, given_up, _, _ = tables
    size = len(ops)
    values, tops, prefix = np.empty(masses.shape), np.zeros(size + 1), np.empty(size + 1)
    _prefixes(ops, lengths, given, unanswered, rates, prefix)
    values[size] = 1.0
    post = masses[size].copy()
    for n in range(size - 1, -1, -1):
        later, kind = post, ops[n]
        if kind == _STEP:
            given_value = _value_of_given_up(n, ops, lengths, times, rates, prefix, values, tops)
            to_post = np.exp(scales[n] + tops[n + 1] - whole)
            _step_back(
                n, lengths[n], masses, values, given_value, to_post, watched, peers, rates, lapses, given_up
            )  # fmt: skip
        else:
            _weigh_back(kind, values[n + 1], values[n], given, unanswered, engaged)
        top = max(values[n].max(), _TINY)
        values[n] /= top
        tops[n] = tops[n + 1] + np.log(top)
        post = masses[n] * values[n] * np.exp(scales[n] + tops[n] - whole)
        nobody = max(1.0 - post[:CLASSES].sum() - post[_STRANGERS].sum(), 0.0)
        if kind == _STEP:
            _count_time(lengths[n], watched, peers, post, later, nobody, time, lapses, given_up)
        else:
            _count_event(kind, post, events, contacts, nobody)
    return post


@njit(cache=True, nogil=True, error_model="numpy")
def count(
    offsets: Ints, days: Floats, kinds: NDArray[np.int8], start: Floats, prior: Floats, peers: NDArray[np.int16],
    watched: NDArray[np.int8], at: float, classes: Floats, given: Floats, silence: Floats, ageing: Floats,
    lapse: Floats, engaged: NDArray[np.bool_], exposure: NDArray[np.int8], begin: int, stop: int, out: Floats,
    tables: tuple[Floats, Floats, Floats, Floats, Floats, Floats, Floats],
) -> None:  # fmt: skip
    """Add the expected counts of the points `begin` to `stop` of one segment to `tables`, as `Counts` orders them.

    `out` takes [person, nobody, stranger at the beginning, log likelihood] of each point. The other arguments are
    those of `filter.follow`, of one segment.
    """
    person, other, slots = np.empty(CLASSES), np.empty(4), np.empty((_SLOTS, 3))
    rates, unanswered = np.empty(12), np.empty(len(ACTIVITY) + 2)
    rates[:6] = ageing
    _sum_silence(silence, exposure, engaged, rates, unanswered)
    for i in range(begin, stop):
        rates[10:] = lapse[peers[i]]
        mine = slice(offsets[i], offsets[i + 1])
        most = 2 * (offsets[i + 1] - offsets[i]) + 16 + int((at - start[i]) / 30.0)
        ops, lengths, times = np.empty(most, dtype=np.int64), np.empty(most), np.empty(most)
        size = _plan(days[mine], kinds[mine], start[i], at, ops, lengths, times)
        ops, lengths, times = ops[:size], lengths[:size], times[:size]
        masses, scales = np.empty((size + 1, CLASSES + 4)), np.empty(size + 1)
        for k in range(CLASSES):
            person[k] = prior[i, 0] * classes[peers[i], k]
        other[:] = 0.0, prior[i, 1], 0.0, prior[i, 2]
        whole = _forward(
            ops, lengths, times, given, engaged, rates, unanswered, person, other, slots, masses, scales
        )  # fmt: skip
        post = _count_back(
            ops, lengths, times, masses, scales, whole, given, engaged, rates, unanswered, watched[i], peers[i], tables
        )  # fmt: skip
        for k in range(CLASSES):
            tables[5][peers[i], k // _FRAIL] += post[k]
            tables[6][k % _FRAIL] += post[k]
        out[i, 0], out[i, 1], out[i, 2] = post[:CLASSES].sum(), post[CLASSES + _VOID], post[CLASSES + _FIRST]
        out[i, 3] = whole
