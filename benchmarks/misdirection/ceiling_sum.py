# SPDX-License-Identifier: Apache-2.0
"""The sums of `ceiling.py`, compiled: over a person's latent traits, and over the days a point was lost and taken."""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rightparty.parties.attribution.kinds import CODE, CONTACT, KINDS

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

STEP: Final = 30.0
"""Days between two nodes where nothing happened."""

BUSIEST: Final = 4.0
SHARED: Final = (0.02, 0.25, 0.04)
"""How often a value stands under another unlinked person: it is the person's own, another customer's by mistake, or was
given up and came back."""

BACKGROUND: Final = (0.25, 0.03, 0.03, 0.03)
"""Newer points a year that answer no loss, by channel."""

_CALL: Final = len(KINDS)
_ACTS: Final = (CODE["login"], CODE["otp_verified"])
_ANSWERS: Final = (CODE["replied"], CODE["paid"], CODE["answered"])


@njit(nogil=True, cache=True, error_model="numpy")
def _nodes(days: Floats, start: float) -> Floats:
    """Return the days at which a point may have changed: every event, and every STEP days between."""
    out = np.empty(len(days) + int(-start / STEP) + len(days) + 8)
    count, now = 1, start
    out[0] = start
    for event in range(len(days) + 1):
        until = 0.0 if event == len(days) else days[event]
        while now < until - 1e-9:
            now = min(now + STEP, until)
            out[count] = now
            count += 1
    return out[:count]


@njit(nogil=True, cache=True, error_model="numpy")
def _scaled(kinds: Ints, chance: Floats, idle: float, start: float) -> Floats:
    """Add what each event's chances are divided by in this history, so that no product runs out of range."""
    out = np.empty((len(chance), 4))
    out[:, :3] = chance
    acts = 0
    for kind in kinds:
        acts += kind in _ACTS
    busiest = max(acts / max(-idle * start, 1e-3), 0.1)
    for kind in range(len(chance)):
        out[kind, 3] = chance[kind].max() * (busiest / np.e if kind in _ACTS else 1.0)
    return out


@njit(nogil=True, cache=True, error_model="numpy")
def _of_person(
    busy: float, days: Floats, kinds: Ints, nodes: Floats, chance: Floats, silence: Floats, idle: float, out: Floats
) -> None:
    """Write the log likelihood of the history up to each node while the point is the person's, so active."""
    total, event = 0.0, 0
    capped = min(busy, BUSIEST)
    out[0] = 0.0
    while event < len(days) and days[event] <= nodes[0]:
        total += _one_of_person(kinds[event], busy, capped, chance, silence)
        event += 1
    out[0] = total
    for n in range(1, len(nodes)):
        total -= busy * idle * (nodes[n] - nodes[n - 1])
        while event < len(days) and days[event] <= nodes[n] + 1e-9:
            total += _one_of_person(kinds[event], busy, capped, chance, silence)
            event += 1
        out[n] = total


@njit(nogil=True, cache=True, error_model="numpy")
def _one_of_person(kind: int, busy: float, capped: float, chance: Floats, silence: Floats) -> float:
    if kind in (CONTACT, _CALL):
        row = 1 if kind == _CALL else 0
        return float(np.log(max(1.0 - capped * silence[row, 0] - silence[row, 1], 1e-3)))
    if kind in _ACTS:
        return float(np.log(busy * chance[kind, 0] / chance[kind, 3]))
    if kind in _ANSWERS:
        return float(np.log(capped * chance[kind, 0] / chance[kind, 3]))
    return float(np.log(chance[kind, 0] / chance[kind, 3]))


@njit(nogil=True, cache=True, error_model="numpy")
def _of_other(
    state: int, days: Floats, kinds: Ints, nodes: Floats, chance: Floats, silence: Floats, idle: float, out: Floats
) -> None:
    """Write the log likelihood up to each node if the value reaches nobody (1) or a stranger (2)."""
    total, event = 0.0, 0
    for n in range(len(nodes)):
        if n > 0:
            total -= idle * (nodes[n] - nodes[n - 1])
        while event < len(days) and days[event] <= nodes[n] + 1e-9:
            kind = kinds[event]
            if kind in (CONTACT, _CALL):
                total += np.log(max(1.0 - silence[1 if kind == _CALL else 0, 1 + state], 1e-3))
            else:
                total += np.log(chance[kind, state] / chance[kind, 3])
            event += 1
        out[n] = total


@njit(nogil=True, cache=True, error_model="numpy")
def _taken(days: float, life: Floats) -> float:
    """Return the chance that a value is a stranger's so long after it was lost: uniform quarantine, then the shelf."""
    least, most, shelf = life[1], life[2], life[3]
    total = 0.0
    for step in range(5):
        rest = days - least - (step + 0.5) / 5 * (most - least)
        if rest > 0:
            total += (1.0 - np.exp(-rest / shelf)) / 5
    return total * life[4]


@njit(nogil=True, cache=True, error_model="numpy")
def _after_loss(nodes: Floats, nobody: Floats, stranger: Floats, life: Floats, out: Floats) -> None:
    """Write [(ends with nobody, with a stranger)] likelihood of what follows, if it was lost before each node."""
    last = len(nodes) - 1
    for n in range(1, len(nodes)):
        lost = 0.5 * (nodes[n - 1] + nodes[n])
        before, taken = 0.0, 0.0
        for m in range(n, len(nodes)):
            arrived = _taken(nodes[m] - lost, life)
            if arrived > before:
                # what happened at a node came after the change that is said to lie before it
                path = nobody[m - 1] - nobody[n - 1] + stranger[last] - stranger[m - 1]
                taken += (arrived - before) * np.exp(min(path, 300.0))
            before = max(before, arrived)
        out[n, 0] = (1.0 - before) * np.exp(min(nobody[last] - nobody[n - 1], 300.0))
        out[n, 1] = taken


@njit(nogil=True, cache=True, error_model="numpy")
def _told(lost: float, marks: Floats, newer: Floats, background: float, process: Floats) -> float:
    """Return how likely is what the person told later, or did not, if he lost the point on a day (1e9: he has it)."""
    gives, ends = process[3], process[4]
    has = lost > 0
    if not np.isnan(marks[0]) and lost < marks[0]:
        return 0.0
    weight = 1.0
    if not np.isnan(marks[1]):
        if has or lost > marks[1]:
            return 0.0
        weight *= ends / 90 * np.exp(-(marks[1] - lost) / 90)
    elif not has:
        weight *= 1.0 - ends * (1.0 - np.exp(lost / 90))
    if has:
        return weight
    unseen = 1.0 - gives * (1.0 - np.exp(-max(10.0 - lost, 0.0) / 90))
    seen = 0.0
    for day in newer:
        since = day - lost + 10
        if since > 0:
            seen += gives / 90 * np.exp(-since / 90) / background
    return weight * (unseen + seen)


@njit(nogil=True, cache=True, error_model="numpy")
def _sum_point(
    days: Floats, kinds: Ints, start: float, prior: Floats, newer: Floats, marks: Floats, is_first: bool,
    chance: Floats, silence: Floats, idle: Floats, life: Floats, background: float, busy: Floats, frail: Floats,
    own: Floats, lapse: Floats, joined: float, process: Floats, out: Floats, tops: Floats,
) -> None:  # fmt: skip
    """Write the likelihood of one history in each final state, for each [activity, frailty, lapse] of the person."""
    nodes = _nodes(days, start)
    size = len(nodes)
    nobody, stranger, after = np.empty(size), np.empty(size), np.zeros((size, 2))
    chance = _scaled(kinds, chance, idle[0], start)
    _of_other(1, days, kinds, nodes, chance, silence, 0.0, nobody)
    _of_other(2, days, kinds, nodes, chance, silence, idle[1], stranger)
    _after_loss(nodes, nobody, stranger, life, after)
    told = np.empty(size)
    for n in range(1, size):
        told[n] = _told(0.5 * (nodes[n - 1] + nodes[n]), marks, newer, background, process)
    keeps = _told(1e9, marks, newer, background, process)
    last = size - 1
    shared = marks[2] > 0
    factor = np.array([SHARED[0], SHARED[1], SHARED[2]]) if shared else np.array([1.0, 0.75, 0.97])
    # from the beginning nobody's or a stranger's; an unused value may come into use at any time
    unused = life[5] * max(-start / process[5], 0.0)
    restated = np.isnan(marks[0])
    weight = 1.0 if restated else 0.0
    wrong_nobody = prior[1] * ((1 - unused) * np.exp(nobody[last])) * factor[1] * weight
    wrong_stranger = (
        (prior[2] * np.exp(stranger[last]) + prior[1] * unused * np.exp(stranger[last])) * factor[1] * weight
    )
    awake, asleep, logs = np.empty(size), np.empty(size), np.empty(size)
    out[:] = 0.0
    options = len(own)
    weights = 1 if is_first else 2
    for b in range(len(busy)):
        for o in range(options):
            for w in range(weights):
                x = busy[b] * own[o] * (1.0 if w == 0 else 0.3)
                _of_person(x, days, kinds, nodes, chance, silence, idle[0], awake)
                _of_person(x * process[1], days, kinds, nodes, chance, silence, idle[0], asleep)
                for q in range(len(lapse) + 1):
                    quiet = 1e9 if q == len(lapse) else joined * (1 - lapse[q])
                    kept_at = 0.0
                    for n in range(size):
                        if nodes[n] <= quiet:
                            logs[n] = awake[n]
                            kept_at = awake[n] - asleep[n]
                        else:
                            logs[n] = asleep[n] + kept_at
                    for f in range(len(frail)):
                        hazard = life[0] * frail[f] + life[6]
                        _add(
                            out[b, f, q],
                            logs,
                            nodes,
                            after,
                            told,
                            keeps,
                            hazard,
                            prior[0] / options / weights,
                            factor,
                            process[2],
                        )
    for b in range(len(busy)):
        for f in range(len(frail)):
            for q in range(len(lapse) + 1):
                out[b, f, q, 1] += wrong_nobody
                out[b, f, q, 2] += wrong_stranger
    tops[0] = max(out.max(), 1e-280)
    out /= tops[0]


@njit(nogil=True, cache=True, error_model="numpy")
def _add(
    out: Floats, logs: Floats, nodes: Floats, after: Floats, told: Floats, keeps: float, hazard: float, prior: float,
    factor: Floats, restates: float,
) -> None:  # fmt: skip
    """Add the likelihoods of one activity of the point."""
    start, last = nodes[0], len(nodes) - 1
    rate = restates / 365.25
    out[0] += prior * np.exp(logs[last] - (hazard + rate) * -start) * keeps * factor[0]
    for n in range(1, last + 1):
        if told[n] <= 0.0:
            continue
        length = nodes[n] - nodes[n - 1]
        middle = 0.5 * (nodes[n - 1] + nodes[n])
        lost = hazard * length * np.exp(-(hazard + rate) * (middle - start) + logs[n - 1])
        out[1] += prior * lost * told[n] * after[n, 0] * factor[2]
        out[2] += prior * lost * told[n] * after[n, 1] * factor[2]


@njit(nogil=True, cache=True, error_model="numpy")
def sum_persons(
    persons: Ints, offsets: Ints, days: Floats, kinds: Ints, start: Floats, channel: Ints, prior: Floats,
    newer_offsets: Ints, newer: Floats, marks: Floats, is_first: NDArray[np.bool_], chance: Floats, silence: Floats,
    idle: Floats, life: Floats, busy: Floats, frail: Floats, own: Floats, lapse: Floats, process: Floats,
    begin: int, stop: int, out: Floats,
) -> None:  # fmt: skip
    """Write the posterior of the points of the persons `begin` to `stop`, each person's points weighed together."""
    shape = (len(busy), len(frail), len(lapse) + 1)
    classes = shape[0] * shape[1] * shape[2]
    prior_of = np.empty(classes)
    for c in range(classes):
        is_never = c % shape[2] == len(lapse)
        share = (1.0 - process[0]) if is_never else process[0] / len(lapse)
        prior_of[c] = share / (shape[0] * shape[1])
    for p in range(begin, stop):
        first, last = persons[p], persons[p + 1]
        found = np.zeros((last - first, classes, 3))
        joint = np.log(prior_of)
        joined = start[first]
        for i in range(first, last):
            joined = min(joined, start[i])
        one, tops = np.empty((shape[0], shape[1], shape[2], 3)), np.empty(1)
        for i in range(first, last):
            c = channel[i]
            mine = slice(offsets[i], offsets[i + 1])
            _sum_point(
                days[mine], kinds[mine], min(start[i], -0.01), prior[i],
                newer[newer_offsets[i] : newer_offsets[i + 1]], marks[i], is_first[i], chance[c], silence[c], idle[c],
                life[c], BACKGROUND[c] / 365.25, busy, frail, own, lapse, joined, process, one, tops,
            )  # fmt: skip
            found[i - first] = one.reshape(classes, 3)
            for k in range(classes):
                joint[k] += np.log(max(found[i - first, k].sum(), 1e-300))
        weight = np.exp(joint - joint.max())
        weight /= weight.sum()
        for i in range(first, last):
            for k in range(classes):
                total = max(found[i - first, k].sum(), 1e-300)
                for s in range(3):
                    out[i, s] += weight[k] * found[i - first, k, s] / total
