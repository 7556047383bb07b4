# SPDX-License-Identifier: Apache-2.0
"""Links applications against the portfolio, one in milliseconds or all of a load at once. Serves right_party.

Everything about the portfolio is prepared once; a key index finds who could be an applicant, and the same SQL and the
same model as over the whole portfolio judge them.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rightparty.parties.linkage.comparisons import WEIGHED
from rightparty.parties.linkage.engines import READ, PairGrader
from rightparty.parties.linkage.frames import PAIRS, PEOPLE
from rightparty.parties.linkage.judge import chances, verdicts
from rightparty.parties.linkage.keys import BLOCK_MOST, block_limit, keys_of
from rightparty.parties.linkage.model import LinkageModel
from rightparty.parties.linkage.patterns import log_priors, with_name_bits
from rightparty.parties.linkage.prepare import (
    Frequencies,
    count_names,
    crowded_values,
    prepare,
    rarest_bits,
    with_frequencies,
)

CANDIDATES_MOST: Final = 1_000
"""House limit: those who share the rarest keys are looked at first, and no more than this."""

AT_ONCE: Final = 100
"""Applicants judged in one go: with all their candidates they take some 100 MiB."""

_RIVAL_FROM: Final = 0.01
"""From this chance on, before they are compared with each other, candidates are: one human, or rivals?"""

_KEPT: Final = (*READ, "generation", *(f"{name}_bits" for name in WEIGHED))

type _Rows = NDArray[np.int64]


class LinkIndex:
    """A portfolio's people, ready to link more against them. Build once, ask often, from any thread.

    Shape: PEOPLE, POINTS. Memory: about 1 kB a person.
    """

    def __init__(self, people: pl.DataFrame, points: pl.DataFrame, *, model: LinkageModel) -> None:
        frame = prepare(people.sort("party_id"), points)
        frequencies = count_names(frame)
        keys = keys_of(frame).sort("key")
        self._keys: _Rows = keys["key"].to_numpy()
        holders = keys.group_by("key").agg(holders=pl.len()).filter(pl.col("holders").is_between(2, BLOCK_MOST))
        self._most = block_limit(holders["holders"], frame.height)
        self._rows: _Rows = keys["row"].to_numpy()
        self._frame = with_frequencies(frame, frequencies).select("row", "party_id", *_KEPT)
        self._bits = {part: _bits_by_hash(frequencies, part) for part in WEIGHED}
        self._rarest = rarest_bits(frequencies)
        self._crowded = crowded_values(points)
        self._model = model
        self._grader = PairGrader(self._frame)

    def candidates_of(self, applicant: Mapping[str, Any], points: pl.DataFrame) -> pl.DataFrame:
        """Judge an applicant against everybody in the index.

        Shape: one row of PEOPLE as a mapping, his POINTS -> PAIRS, of which one side is the applicant's party_id. A
        record of the index with the same party_id is not compared.
        """
        row = pl.DataFrame([{name: applicant.get(name) for name in PEOPLE}], schema=dict(PEOPLE))
        return self.candidates_of_many(row, points)

    def candidates_of_many(self, applicants: pl.DataFrame, points: pl.DataFrame) -> pl.DataFrame:
        """Judge applicants against everybody in the index, each for himself.

        Shape: PEOPLE, their POINTS -> PAIRS, each once; one side is an applicant's party_id. Applicants are compared
        with each other only if they are in the index; of such a pair, judged from either side, the lower chance counts.
        """
        kept = points.filter(~pl.col("value").is_in(self._crowded.implode())) if len(self._crowded) else points
        asked = self._with_bits(prepare(applicants, kept)).with_columns(is_new=self._is_new(applicants["party_id"]))
        found = [pl.DataFrame(schema=dict(PAIRS))]
        for some in asked.partition_by("is_new"):
            found += [self._judged(some.slice(first, AT_ONCE)) for first in range(0, some.height, AT_ONCE)]
        pairs = pl.concat(found)
        if asked.height > 1:
            pairs = pairs.sort("p_same", "p_household").unique(["left_id", "right_id"], keep="first")
        return pairs.sort("left_id", "right_id")

    def _judged(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Judge some applicants. Each has a copy of his candidates, so that nobody competes for another applicant."""
        which, rows = self._candidates(keys_of(asked.with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64))))
        found = self._frame[rows]
        other = (found["party_id"] != asked["party_id"].gather(which)).to_numpy()
        if not other.any():
            return pl.DataFrame(schema=dict(PAIRS))
        which, found = which[other], found.filter(other)
        both = pl.concat([asked.select(found.columns), found]).with_columns(
            row=pl.int_range(asked.height + found.height, dtype=pl.Int64)
        )
        mine = pl.DataFrame({"left": which, "right": np.arange(asked.height, both.height)})
        graded = with_name_bits(self._grader.grade(both, mine), both)
        judged = self._chances(graded, asked)
        among = _among(judged.filter(pl.col("p_same") > _RIVAL_FROM).select("left", "right"))
        if among.height:
            known = with_name_bits(self._grader.grade(both, among), both)
            judged = self._chances(pl.concat([graded, known]), asked).filter(pl.col("left") < asked.height)
        return _ordered(verdicts(judged, both, model=self._model))

    def _chances(self, graded: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
        """Weigh pairs as in a file of the index's people and, if he is not among them, one applicant."""
        people = self._frame.height + int(asked["is_new"][0])
        return chances(graded, model=self._model, priors=log_priors(self._model, people))

    def _is_new(self, party_ids: pl.Series) -> pl.Series:
        known = self._frame["party_id"]
        if not len(known):
            return party_ids.is_not_null()
        place = known.search_sorted(party_ids).clip(upper_bound=len(known) - 1)
        return known.gather(place) != party_ids

    def _candidates(self, keys: pl.DataFrame) -> tuple[_Rows, _Rows]:
        """Return applicants (as places) and rows that share a key, the rarest keys first up to CANDIDATES_MOST."""
        asked, wanted = keys["row"].to_numpy(), keys["key"].to_numpy()
        first, last = (np.searchsorted(self._keys, wanted, side=side) for side in ("left", "right"))
        holders = last - first
        usable = np.flatnonzero((holders > 0) & (holders <= self._most))
        usable = usable[np.lexsort((wanted[usable], holders[usable], asked[usable]))]
        lengths = holders[usable]
        ends = np.cumsum(lengths)
        places = np.arange(lengths.sum()) + np.repeat(first[usable] - ends + lengths, lengths)
        pairs = np.repeat(asked[usable], lengths) * len(self._frame) + self._rows[places]
        _, seen = np.unique(pairs, return_index=True)
        order = np.sort(seen)
        which, rows = np.divmod(pairs[order], len(self._frame))
        of_key = np.repeat(np.arange(len(usable)), lengths)[order]
        opens = np.searchsorted(of_key, of_key)  # how many were found before this one's key
        kept = opens - np.searchsorted(which, which) < CANDIDATES_MOST
        which, rows = which[kept], rows[kept]
        by_row = np.lexsort((rows, which))
        return which[by_row], rows[by_row]

    def _with_bits(self, asked: pl.DataFrame) -> pl.DataFrame:
        given = asked.select(pl.when(pl.col(part).is_not_null()).then(_hash(part)).fill_null(0) for part in WEIGHED)
        columns = {}
        for part in WEIGHED:
            hashes, bits = self._bits[part]
            values = given[part].to_numpy()
            place = np.minimum(np.searchsorted(hashes, values), len(hashes) - 1)
            known = hashes[place] == values
            columns[f"{part}_bits"] = pl.Series(np.where(known, bits[place], self._rarest))
        return asked.with_columns(**columns)


def _bits_by_hash(frequencies: Frequencies, part: str) -> tuple[_Rows, NDArray[np.float64]]:
    """Return the hashes of the values of one part, ordered, and their bits; at least one."""
    known = frequencies.bits.filter(pl.col("part") == part).select("bits", hash=_hash("value")).sort("hash")
    if not known.height:
        return np.zeros(1, np.int64), np.full(1, rarest_bits(frequencies))
    return known["hash"].to_numpy(), known["bits"].to_numpy()


def _hash(column: str) -> pl.Expr:
    return pl.col(column).hash(13).reinterpret(signed=True)


def _among(rivals: pl.DataFrame) -> pl.DataFrame:
    """Return every two of an applicant's rivals. Shape: [left (the applicant), right] -> [left, right]."""
    if rivals.height < 2:
        return rivals.clear()
    two = rivals.join(rivals, on="left", suffix="_too").filter(pl.col("right") < pl.col("right_too"))
    return two.select(left="right", right="right_too")


def _ordered(pairs: pl.DataFrame) -> pl.DataFrame:
    """Put the smaller id on the left, as everywhere."""
    left, right = pl.min_horizontal("left_id", "right_id"), pl.max_horizontal("left_id", "right_id")
    return pairs.with_columns(left_id=left, right_id=right)
