# SPDX-License-Identifier: Apache-2.0
"""Ids as small numbers, so that what belongs to one id is counted without comparing texts again. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

type Places = NDArray[np.int64]
type _Keys = NDArray[np.uint64]

NOBODY: Final = -1


@dataclass(frozen=True, slots=True)
class Numbered:
    """The ids of some rows, numbered from 0, and which of them other rows name."""

    #: number of each row's id; NOBODY where it is null
    of_row: Places
    #: number of the id of each of the other rows; NOBODY where it is null or no row's
    of_other: Places
    #: how many ids there are
    size: int


class _CollisionError(Exception):
    """Two ids have one hash."""


def numbered(
    rows: pl.Series, others: pl.Series, *, hashed: Callable[[pl.Series, int], pl.Series] = pl.Series.hash
) -> Numbered:
    """Number the different ids of some rows, and find them among other rows.

    Args:
        rows: ids, null where not known.
        others: ids.
        hashed: (ids, seed) -> UInt64. Ids are one where two hashes are equal; should the first be equal for two ids of
            the rows, the texts themselves are compared.
    """
    try:
        return _numbered(rows, others, [(hashed(rows, seed), hashed(others, seed)) for seed in (0, 1)])
    except _CollisionError:
        ranks = pl.concat([rows, others]).rank("dense").cast(pl.UInt64)
        return _numbered(rows, others, [(ranks.head(rows.len()), ranks.tail(others.len()))])


def _numbered(rows: pl.Series, others: pl.Series, keys: list[tuple[pl.Series, pl.Series]]) -> Numbered:
    """Number by the first of some keys of rows and others; the rest must be equal as well.

    Raises:
        _CollisionError: two of the rows share the first key alone.
    """
    of_rows = [_where_known(rows, key) for key, _ in keys]
    of_others = [_where_known(others, key) for _, key in keys]
    ids, first, of_known = np.unique(of_rows[0], return_index=True, return_inverse=True)
    for key in of_rows[1:]:
        if not np.array_equal(key[first][of_known], key):
            raise _CollisionError
    place = _places(ids, of_others[0])
    for key, other in zip(of_rows[1:], of_others[1:], strict=True):
        found = np.flatnonzero(place != NOBODY)
        place[found[key[first][place[found]] != other[found]]] = NOBODY
    return Numbered(_spread(rows, of_known), _spread(others, place), ids.size)


def numbered_pairs(first: Numbered, second: Numbered) -> Numbered:
    """Number the pairs of two ids of each row; a pair with NOBODY is NOBODY."""
    rows, others = (
        np.where((one != NOBODY) & (two != NOBODY), one * second.size + two, NOBODY)
        for one, two in ((first.of_row, second.of_row), (first.of_other, second.of_other))
    )
    known = rows != NOBODY
    pairs, of_known = np.unique(rows[known], return_inverse=True)
    of_row = np.full(rows.size, NOBODY)
    of_row[known] = of_known
    return Numbered(of_row, _places(pairs, others), pairs.size)


def _places[Key: np.generic](ids: NDArray[Key], wanted: NDArray[Key]) -> Places:
    """Return the place of each wanted key in sorted ids; NOBODY where it is none. Runs of one key cost little."""
    if not ids.size or not wanted.size:
        return np.full(wanted.size, NOBODY)
    begins = np.flatnonzero(np.concatenate([[True], wanted[1:] != wanted[:-1]]))
    keys = wanted[begins]
    place = np.minimum(np.searchsorted(ids, keys), ids.size - 1)
    place[ids[place] != keys] = NOBODY
    return np.repeat(place, np.diff(begins, append=wanted.size))


def _where_known(ids: pl.Series, key: pl.Series) -> _Keys:
    return (key.filter(ids.is_not_null()) if ids.null_count() else key).to_numpy()


def _spread(ids: pl.Series, place: Places) -> Places:
    """Return the places of known ids for all ids."""
    if not ids.null_count():
        return place
    spread = np.full(ids.len(), NOBODY)
    spread[ids.is_not_null().to_numpy()] = place
    return spread
