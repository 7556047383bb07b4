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
def _add(
    out: Floats, logs: Floats, nodes: Floats, after: Floats, told: Floats, hazard: float, prior: float, factor: Floats,
    restates: float,
) -> None:  # fmt: skip
    """Add the likelihoods of one activity of the point."""
    start, last = nodes[0], len(nodes) - 1
    rate = restates / 365.25
    out[0] += prior * np.exp(logs[last] - (hazard + rate) * -start) * told[0] * factor[0]
    for n in range(1, last + 1):
        if told[n] <= 0.0:
            continue
        length = nodes[n] - nodes[n - 1]
        middle = 0.5 * (nodes[n - 1] + nodes[n])
        lost = hazard * length * np.exp(-(hazard + rate) * (middle - start) + logs[n - 1])
        out[1] += prior * lost * told[n] * after[n, 0] * factor[1]
        out[2] += prior * lost * told[n] * after[n, 1] * factor[1]


@njit(nogil=True, cache=True, error_model="numpy")
def _fall_asleep(awake: Floats, asleep: Floats, nodes: Floats, quiet: float, out: Floats) -> None:
    """Write the log likelihoods of one who was awake until a day and hardly used anything from then on."""
    kept = 0.0
    for n in range(len(nodes)):
        if nodes[n] <= quiet:
            out[n] = awake[n]
            kept = awake[n] - asleep[n]
        else:
            out[n] = asleep[n] + kept


@njit(nogil=True, cache=True, error_model="numpy")
def _sum_busy(
    x: float, share: float, days: Floats, kinds: Ints, nodes: Floats, after: Floats, told: Floats, chance: Floats,
    silence: Floats, idle: float, life: Floats, factor: Floats, frail: Floats, lapse: Floats, joined: float,
    process: Floats, out: Floats,
) -> None:  # fmt: skip
    """Add the likelihoods of a point that is so active, for each [frailty, lapse]; told[0] is that he still has it."""
    size = len(nodes)
    awake, asleep, logs = np.empty(size), np.empty(size), np.empty(size)
    _of_person(x, days, kinds, nodes, chance, silence, idle, awake)
    _of_person(x * process[1], days, kinds, nodes, chance, silence, idle, asleep)
    for q in range(len(lapse) + 1):
        quiet = 1e9 if q == len(lapse) else joined * (1 - lapse[q])
        _fall_asleep(awake, asleep, nodes, quiet, logs)
        for f in range(len(frail)):
            _add(out[f, q], logs, nodes, after, told, life[0] * frail[f] + life[6], share, factor, process[2])


@njit(nogil=True, cache=True, error_model="numpy")
def _from_the_first(
    nobody: float, stranger: float, prior: Floats, start: float, life: Floats, marks: Floats, oldest: float
) -> tuple[float, float]:
    """Return the likelihood of what was nobody's or a stranger's from the beginning, by whose it is now."""
    if not np.isnan(marks[0]):  # only the person gives a point again
        return 0.0, 0.0
    shared = SHARED[1] if marks[2] > 0 else 1.0 - SHARED[1]
    unused = life[5] * max(-start / oldest, 0.0)
    now_strange = (prior[2] + prior[1] * unused) * np.exp(stranger)
    return prior[1] * (1.0 - unused) * np.exp(nobody) * shared, now_strange * shared


@njit(nogil=True, cache=True, error_model="numpy")
def _sum_point(
    days: Floats, kinds: Ints, start: float, prior: Floats, newer: Floats, marks: Floats, weights: Floats,
    chance: Floats, silence: Floats, idle: Floats, life: Floats, background: float, busy: Floats, frail: Floats,
    own: Floats, lapse: Floats, joined: float, process: Floats, out: Floats,
) -> None:  # fmt: skip
    """Write the likelihood of one history in each final state, for each [activity, frailty, lapse] of the person.

    `weights` are how much a person may use the point, all equally likely.
    """
    nodes = _nodes(days, start)
    size = len(nodes)
    nobody, stranger, after, told = np.empty(size), np.empty(size), np.zeros((size, 2)), np.empty(size)
    chance = _scaled(kinds, chance, idle[0], start)
    _of_other(1, days, kinds, nodes, chance, silence, 0.0, nobody)
    _of_other(2, days, kinds, nodes, chance, silence, idle[1], stranger)
    _after_loss(nodes, nobody, stranger, life, after)
    told[0] = _told(1e9, marks, newer, background, process)
    for n in range(1, size):
        told[n] = _told(0.5 * (nodes[n - 1] + nodes[n]), marks, newer, background, process)
    is_shared = marks[2] > 0
    factor = np.array([SHARED[0], SHARED[2]]) if is_shared else np.array([1.0 - SHARED[0], 1.0 - SHARED[2]])
    share = prior[0] / len(own) / len(weights)
    out[:] = 0.0
    for b in range(len(busy)):
        for o in range(len(own)):
            for w in weights:
                _sum_busy(
                    busy[b] * own[o] * w, share, days, kinds, nodes, after, told, chance, silence, idle[0], life,
                    factor, frail, lapse, joined, process, out[b],
                )  # fmt: skip
    first = _from_the_first(nobody[size - 1], stranger[size - 1], prior, start, life, marks, process[5])
    out[:, :, :, 1] += first[0]
    out[:, :, :, 2] += first[1]
    out /= max(out.max(), 1e-280)


@njit(nogil=True, cache=True, error_model="numpy")
def _together(found: Floats, prior: Floats, out: Floats) -> None:
    """Write the posterior of a person's points: found [point, trait, state], prior of each trait."""
    joint = np.log(prior)
    for i in range(len(found)):
        for k in range(len(prior)):
            joint[k] += np.log(max(found[i, k].sum(), 1e-300))
    weight = np.exp(joint - joint.max())
    weight /= weight.sum()
    for i in range(len(found)):
        for k in range(len(prior)):
            out[i] += weight[k] * found[i, k] / max(found[i, k].sum(), 1e-300)


@njit(nogil=True, cache=True, error_model="numpy")
def sum_persons(
    persons: Ints, offsets: Ints, days: Floats, kinds: Ints, start: Floats, channel: Ints, prior: Floats,
    newer_offsets: Ints, newer: Floats, marks: Floats, is_first: NDArray[np.bool_], chance: Floats, silence: Floats,
    idle: Floats, life: Floats, busy: Floats, frail: Floats, own: Floats, lapse: Floats, process: Floats,
    begin: int, stop: int, out: Floats,
) -> None:  # fmt: skip
    """Write the posterior of the points of the persons `begin` to `stop`, each person's points weighed together."""
    lapses = len(lapse) + 1
    traits = len(busy) * len(frail) * lapses
    prior_of = np.empty(traits)
    for k in range(traits):
        share = process[0] / len(lapse) if k % lapses < len(lapse) else 1.0 - process[0]
        prior_of[k] = share / (len(busy) * len(frail))
    one = np.empty((len(busy), len(frail), lapses, 3))
    most_used, seldom_used = np.array([1.0]), np.array([1.0, 0.3])
    for p in range(begin, stop):
        first, last = persons[p], persons[p + 1]
        found = np.zeros((last - first, traits, 3))
        joined = start[first:last].min()
        for i in range(first, last):
            c = channel[i]
            mine = slice(offsets[i], offsets[i + 1])
            _sum_point(
                days[mine], kinds[mine], min(start[i], -0.01), prior[i],
                newer[newer_offsets[i] : newer_offsets[i + 1]], marks[i], most_used if is_first[i] else seldom_used,
                chance[c], silence[c], idle[c], life[c], BACKGROUND[c] / 365.25, busy, frail, own, lapse, joined,
                process, one,
            )  # fmt: skip
            found[i - first] = one.reshape(traits, 3)
        _together(found, prior_of, out[first:last])
