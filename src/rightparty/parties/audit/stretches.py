# SPDX-License-Identifier: Apache-2.0
"""Where in a file marked rows crowd beyond chance: a scan statistic with a bound on false alarms. Serves right_party.

A column that was shifted against its rows, or sorted apart from them, gives itself away: the values it brings already
belong to other people, and they do so close together. Single values pass from person to person in every clean file,
so what counts is where they stand.
"""

from math import log

import numpy as np
from numpy.typing import NDArray


def densest(at: NDArray[np.int64], rows: int, usual: float, *, least: int, share: float) -> tuple[int, int, float]:
    """Return the stretch [first row, last row] with the most surprising number of marked rows, and how surprising.

    Meaning: the surprise is minus the logarithm of the chance that some stretch of a clean file of so many rows looks
    like it: the binomial tail (bounded by Chernoff) times the number of stretches looked at. Stretches begin and end
    at marked rows; only such with at least `least` of them and `share` of their rows are looked at, else 0.

    Args:
        at: positions of the marked rows, ascending.
        rows: rows of the file.
        usual: share of marked rows in a clean file.
        least: fewest marked rows of a stretch.
        share: least share of marked rows in it.
    """
    best = (0, 0, 0.0)
    size = least
    while size <= len(at):
        lengths = at[size - 1 :] - at[: len(at) - size + 1] + 1
        begin = int(np.argmin(lengths))
        length = int(lengths[begin])
        if size >= share * length:
            # stretches of this number: each begins at one of the rows; lengths and numbers looked at besides
            looks = log(rows) + log(max(rows / size, 2.0))
            surprise = log_tail(size, length, usual) - looks
            if surprise > best[2]:
                best = (int(at[begin]), int(at[begin + size - 1]), surprise)
        size = size + 1 if size < 4 * least else int(size * 1.2)
    return best


def log_tail(count: int, trials: int, chance: float) -> float:
    """Return minus the logarithm of an upper bound of P(at least `count` of `trials`); 0 where that is likely."""
    if not trials or not count:
        return 0.0
    part = count / trials
    if part <= chance:
        return 0.0
    if chance <= 0.0:
        return float("inf")
    if count == trials:
        return -count * log(chance)
    return count * log(part / chance) + (trials - count) * log((1 - part) / (1 - chance))
