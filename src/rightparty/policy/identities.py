# SPDX-License-Identifier: Apache-2.0
"""Ids as small numbers, so that what belongs to one id is counted without comparing texts again. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

type Places = NDArray[np.int64]

NOBODY: Final = -1
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids as two hashes each; two ids are one where both hashes are equal."""

    first: NDArray[np.uint64]
    second: NDArray[np.unsignedinteger]
    #: where there is an id at all
    known: NDArray[np.bool_]

    @classmethod
    def of(cls, texts: pl.Series, *, hashed: Callable[[pl.Series, int], pl.Series] = pl.Series.hash) -> Self:
        """Return the ids of a column; the hash is Polars's own and may differ between its versions.

        Args:
            texts: null where no id is known.
            hashed: (texts, seed) -> UInt64.
        """
        first, second = (hashed(texts, seed).to_numpy() for seed in (0, 1))
        known = texts.is_not_null().to_numpy() if texts.null_count() else np.ones(texts.len(), dtype=np.bool_)
        return cls(first, second, known)

    def __getitem__(self, rows: Places | NDArray[np.bool_]) -> "Ids":
        """Return the ids of some rows."""
        return Ids(self.first[rows], self.second[rows], self.known[rows])

    def of_each(self, numbers: Places) -> "Ids":
        """Return ids of the pairs of a number and an id; none where the number is NOBODY."""
        # multiplying by an odd number gives different numbers different hashes
        mixed = self.first ^ (numbers.astype(np.uint64) * _ODD)
        return Ids(mixed, self.second, self.known & (numbers != NOBODY))


@dataclass(frozen=True, slots=True)
class Numbered:
    """The ids of some rows, numbered from 0, and which of them other rows name."""

    #: number of each row's id; NOBODY where there is none
    of_row: Places
    #: number of the id of each of the other rows; NOBODY where there is none or it is no row's
    of_other: Places
    #: how many ids there are
    size: int


def numbered(rows: Ids, others: Ids) -> Numbered:
    """Number the different ids of some rows, and find them among other rows."""
    every_row, every_other = bool(rows.known.all()), bool(others.known.all())
    known_rows, known_others = rows if every_row else rows[rows.known], others if every_other else others[others.known]
    of_known, place, size = _numbered(known_rows, known_others)
    return Numbered(
        of_known if every_row else _spread(rows.known, of_known),
        place if every_other else _spread(others.known, place),
        size,
    )


def _numbered(rows: Ids, others: Ids) -> tuple[Places, Places, int]:
    ids, begin, of_row = np.unique(rows.first, return_index=True, return_inverse=True)
    if not np.array_equal(rows.second[begin][of_row], rows.second):
        return _numbered_by_both(rows, others)
    place = _places(ids, others.first)
    found = np.flatnonzero(place != NOBODY)
    place[found[rows.second[begin][place[found]] != others.second[found]]] = NOBODY
    return of_row, place, ids.size


def _numbered_by_both(rows: Ids, others: Ids) -> tuple[Places, Places, int]:
    """Number by both hashes at once, since two of the rows share the first alone; slow, and hardly ever needed."""
    both = np.rec.fromarrays([np.concatenate([rows.first, others.first]), np.concatenate([rows.second, others.second])])
    _, rank = np.unique(both, return_inverse=True)
    ids, of_row = np.unique(rank[: rows.first.size], return_inverse=True)
    return of_row, _places(ids, rank[rows.first.size :]), ids.size


def _places[Key: np.generic](ids: NDArray[Key], wanted: NDArray[Key]) -> Places:
    """Return the place of each wanted key in sorted ids; NOBODY where it is none. Runs of one key cost little."""
    if not ids.size or not wanted.size:
        return np.full(wanted.size, NOBODY)
    begins = np.flatnonzero(np.concatenate([[True], wanted[1:] != wanted[:-1]]))
    keys = wanted[begins]
    place = np.minimum(np.searchsorted(ids, keys), ids.size - 1)
    place[ids[place] != keys] = NOBODY
    return np.repeat(place, np.diff(begins, append=wanted.size))


def _spread(known: NDArray[np.bool_], place: Places) -> Places:
    """Return the places of known ids for all ids."""
    spread = np.full(known.size, NOBODY)
    spread[known] = place
    return spread
