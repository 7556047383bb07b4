# SPDX-License-Identifier: Apache-2.0
"""Where a point's filter stands after its last event, and its closed form from there on. Serves right_party.

`freeze` keeps what the filter holds after the last event; `carry_forward` says what it says at any later instant
without reading an event. It holds until anything happens at the value or its rivals, and until the person is counted as
busier or less busy elsewhere (`Evidence.subjects`, peers), which time alone can do: whoever keeps a state must compare
that level, and freeze again where it moved.
"""

from datetime import datetime
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rightparty.parties.attribution.evidence import Evidence
from rightparty.parties.attribution.filter import (
    _SLOTS,
    ACTIVITY,
    CLASSES,
    FRAILTY,
    STEP_DAYS,
    Floats,
    Ints,
    _sum_silence,
)
from rightparty.parties.attribution.kinds import KINDS
from rightparty.parties.attribution.strides import (
    _FIRST,
    _HELD,
    _MASS,
    _ROW,
    _STEP,
    _follow_one,
    _measure_step,
    _set_pace,
    _weigh_kinds,
)
from rightparty.parties.attribution.weights import Weights

_NOW, _COUNT = _HELD + 4, _HELD + 5
STATE: Final = _HELD + 6
"""Length of a state without slots: mass of each class and of shelf, void and strangers, the day, how many slots. Each
slot of what lies in quarantine adds three."""


def freeze(evidence: Evidence, prior: Floats, weights: Weights) -> Floats:
    """Return [subject, state] after each subject's last event; what lies behind a state's last slot is zero."""
    subjects = evidence.subjects
    states = np.zeros((subjects.height, STATE + 3 * _SLOTS))
    _run(
        evidence.offsets, evidence.days, evidence.kinds, subjects["start"].to_numpy(), prior,
        weights.row_of(subjects["segment"]), subjects["peers"].to_numpy(), -np.inf, weights.classes, weights.given,
        weights.silence, weights.ageing, weights.lapse, weights.engaged, weights.exposure, states,
        np.empty((subjects.height, 3)),
    )  # fmt: skip
    return states


def carry_forward(states: Floats, evidence: Evidence, weights: Weights, *, at: datetime) -> Floats:
    """Return [subject, (person, nobody, stranger)] at an instant, not before its last event.

    Of the evidence only the subjects' segments and peers are read.
    """
    subjects, out = evidence.subjects, np.empty((len(states), 3))
    _run(
        np.zeros(len(states) + 1, np.int64), np.empty(0), np.empty(0, np.int8), np.empty(0), np.empty((0, 3)),
        weights.row_of(subjects["segment"]), subjects["peers"].to_numpy(), at.timestamp() / 86_400, weights.classes,
        weights.given, weights.silence, weights.ageing, weights.lapse, weights.engaged, weights.exposure,
        states.copy(), out,
    )  # fmt: skip
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _run(
    offsets: Ints, days: Floats, kinds: NDArray[np.int8], collected: Floats, prior: Floats, segment: NDArray[np.int16],
    peers: NDArray[np.int16], at: float, classes: Floats, given: Floats, silence: Floats, ageing: Floats, lapse: Floats,
    engaged: NDArray[np.bool_], exposure: NDArray[np.int8], states: Floats, out: Floats,
) -> None:  # fmt: skip
    """Follow each point to its last event from its collection, or to `at` from its state; write state and result."""
    rates, unanswered, likely = np.empty(12), np.empty(len(ACTIVITY) + 2), np.empty((len(KINDS), _FIRST + 1))
    pace, steps = np.empty((5, _HELD)), np.empty((len(STEP_DAYS), _STEP))
    person, other, slots, whole = np.empty(_HELD), np.empty(4), np.empty((3, _SLOTS)), np.empty(_HELD, np.int64)
    room = (np.empty(_HELD), whole, whole.view(np.float64), np.empty(_STEP))
    for i in range(len(states)):
        here, state = segment[i], states[i]
        rates[:6] = ageing[here]
        _sum_silence(silence[here], exposure[here * len(KINDS) :], engaged, rates, unanswered)
        _weigh_kinds(given[here], unanswered, engaged, likely)
        _set_pace(rates, lapse[here, peers[i], 0], lapse[here, peers[i], 1], pace)
        for number in range(len(STEP_DAYS)):
            _measure_step(STEP_DAYS[number], pace, room[0], whole, room[2], steps[number])
        first, held = 0, 0
        mine = slice(offsets[i], offsets[i + 1])
        if at > -np.inf:
            person[:], other[:], now, until = state[:_HELD], state[_HELD:_NOW], state[_NOW], at
            held = int(state[_COUNT])
            slots[:, :held] = state[STATE : STATE + 3 * held].reshape(3, held)
        else:
            person[:] = 0.0
            for k in range(CLASSES):
                person[k % len(FRAILTY) * _ROW + k // len(FRAILTY)] = prior[i, 0] * classes[here, peers[i], k]
            other[:] = 0.0, prior[i, 1], 0.0, prior[i, 2]
            now = collected[i]
            until = days[offsets[i + 1] - 1] if offsets[i + 1] > offsets[i] else now
        first, last, _ = _follow_one(
            days[mine], kinds[mine], now, until, likely, rates, pace, steps, person, other, slots, room, held
        )
        state[:_HELD], state[_HELD:_NOW], state[_NOW], state[_COUNT] = person, other, until, last - first
        state[STATE : STATE + 3 * (last - first)] = slots[:, first:last].copy().reshape(3 * (last - first))
        out[i, 0], out[i, 2] = person.sum(), other[2] + other[3]
        out[i, 1] = other[0] + other[1] + slots[_MASS, first:last].sum()
