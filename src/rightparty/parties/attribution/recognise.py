# SPDX-License-Identifier: Apache-2.0
"""Texts known again by their fingerprints: contact values and persons, found without comparing strings.

A portfolio's tens of millions of events are matched to its values by 96 bits of two keyed hashes instead of by a join
of strings. The key is the interpreter's own secret of this process, so that nobody knows beforehand which values share
a fingerprint; among ten million values and a hundred million events that happens by chance once in 10^13 runs. No
result depends on the key. Serves right_party.
"""

from typing import Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

type Prints = NDArray[np.uint64]
type Numbers = NDArray[np.uint32]

NOBODY: Final = 2**32 - 1
"""The number of what is not in a table."""

_SECRET: Final = hash("whom a contact point reaches") & (2**62 - 1)
_HIGH: Final = np.uint64(0xFFFFFFFF00000000)
_LOW: Final = np.uint64(0xFFFFFFFF)
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)


def prints_of_value() -> dict[str, pl.Expr]:
    """Return the two fingerprints `one` and `two` of the columns channel and value."""
    channel, value = pl.col("channel").cast(pl.String), pl.col("value").cast(pl.String)
    return {
        "one": value.hash(_SECRET) ^ channel.hash(_SECRET + 1),
        "two": value.hash(_SECRET + 2) ^ channel.hash(_SECRET + 3),
    }


def print_of_party() -> pl.Expr:
    """Return the fingerprint of the column party_id; 0 where it names nobody."""
    party = pl.col("party_id").cast(pl.String)
    return pl.when(party.fill_null("") == "").then(pl.lit(0, pl.UInt64)).otherwise(party.hash(_SECRET + 4))


def room_of(count: int) -> Prints:
    """Return an empty table with room for so many fingerprints."""
    size = 1 << max(4, int(1.5 * count).bit_length())
    return np.zeros((size, 2), np.uint64)


@njit(cache=True, nogil=True)
def number_prints(one: Prints, two: Prints, table: Prints, numbers: Numbers) -> int:
    """Number fingerprints in the order in which each is first met; returns how many there are."""
    mask, count = np.uint64(len(table) - 1), 0
    for row in range(len(one)):
        slot = one[row] & mask
        while True:
            told = table[slot, 1]
            if told & _LOW == 0:
                count += 1
                table[slot, 0], table[slot, 1] = one[row], (two[row] & _HIGH) | np.uint64(count)
                numbers[row] = count - 1
                break
            if table[slot, 0] == one[row] and (told ^ two[row]) & _HIGH == 0:
                numbers[row] = np.uint32((told & _LOW) - np.uint64(1))
                break
            slot = (slot + np.uint64(1)) & mask
    return count


@njit(cache=True, nogil=True)
def find(one: np.uint64, two: np.uint64, table: Prints) -> int:
    """Return the number of a fingerprint, or NOBODY."""
    mask = np.uint64(len(table) - 1)
    slot = one & mask
    while True:
        told = table[slot, 1]
        if told & _LOW == 0:
            return NOBODY
        if table[slot, 0] == one and (told ^ two) & _HIGH == 0:
            return int(told & _LOW) - 1
        slot = (slot + np.uint64(1)) & mask


@njit(cache=True, nogil=True)
def print_at(party: np.uint64, v: np.uint64) -> np.uint64:
    """Return the fingerprint of a person at a value."""
    mixed = (party ^ (v * _SPREAD)) * _SPREAD
    return mixed ^ (mixed >> np.uint64(29))


@njit(cache=True, nogil=True)
def prints_at(party: Prints, v: Numbers, out: Prints) -> None:
    """Write the fingerprint of each person at the value of the same row."""
    for row in range(len(party)):
        out[row] = print_at(party[row], np.uint64(v[row]))


@njit(cache=True, nogil=True)
def group(numbers: Numbers, offsets: NDArray[np.int64], place: Numbers) -> None:
    """Write each row's place when rows are grouped by their number, in their order inside; `offsets` takes the groups'.

    `offsets` is as long as there are groups and one more, and zero.
    """
    for row in range(len(numbers)):
        offsets[numbers[row] + 1] += 1
    for n in range(len(offsets) - 1):
        offsets[n + 1] += offsets[n]
    free = offsets[:-1].copy()
    for row in range(len(numbers)):
        place[row] = free[numbers[row]]
        free[numbers[row]] += 1
