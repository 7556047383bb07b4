# SPDX-License-Identifier: Apache-2.0
"""Links one application against the portfolio, in milliseconds. Serves right_party.

Everything about the portfolio is prepared once; a key index finds who could be the applicant, and the same SQL and the
same model as over the whole portfolio judge them.
"""

from collections.abc import Mapping
from typing import Any, Final

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from rightparty.parties.linkage.comparisons import WEIGHED
from rightparty.parties.linkage.engines import READ, grading_sql
from rightparty.parties.linkage.frames import PAIRS, PEOPLE
from rightparty.parties.linkage.judge import chances, judged_pairs
from rightparty.parties.linkage.keys import BLOCK_MOST, block_limit, keys_of
from rightparty.parties.linkage.model import LinkageModel
from rightparty.parties.linkage.patterns import log_priors, with_name_bits
from rightparty.parties.linkage.prepare import count_names, prepare, rarest_bits, with_frequencies

CANDIDATES_MOST: Final = 1_000
"""House limit: those who share the rarest keys are looked at first, and no more than this."""

_RIVAL_FROM: Final = 0.01
"""From this chance on, before competition, two candidates are compared with each other: one human, or rivals?"""

_KEPT: Final = (*READ, "generation", *(f"{name}_bits" for name in WEIGHED))


class LinkIndex:
    """A portfolio's people, ready to link one more against them. Build once, ask often, from any thread.

    Shape: PEOPLE, POINTS. Memory: about 1 kB a person.
    """

    def __init__(self, people: pl.DataFrame, points: pl.DataFrame, *, model: LinkageModel) -> None:
        frame = prepare(people.sort("party_id"), points)
        frequencies = count_names(frame)
        keys = keys_of(frame).sort("key")
        self._keys: NDArray[np.int64] = keys["key"].to_numpy()
        holders = keys.group_by("key").agg(holders=pl.len()).filter(pl.col("holders").is_between(2, BLOCK_MOST))
        self._most = block_limit(holders["holders"], frame.height)
        self._rows: NDArray[np.int64] = keys["row"].to_numpy()
        self._frame = with_frequencies(frame, frequencies).select("row", "party_id", *_KEPT)
        self._bits = {
            part: dict(frequencies.bits.filter(pl.col("part") == part).select("value", "bits").iter_rows())
            for part in WEIGHED
        }
        self._rarest = rarest_bits(frequencies)
        self._model = model
        self._connection = duckdb.connect()
        self._connection.execute("set threads = 1")
        self._sql = grading_sql("pairs", "people", "people", "duckdb")

    def candidates_of(self, applicant: Mapping[str, Any], points: pl.DataFrame) -> pl.DataFrame:
        """Judge an applicant against everybody in the index.

        Shape: one row of PEOPLE as a mapping, his POINTS -> PAIRS, of which one side is the applicant's party_id. A
        record of the index with the same party_id is not compared.
        """
        row = pl.DataFrame([{name: applicant.get(name) for name in PEOPLE}], schema=dict(PEOPLE))
        asked = self._with_bits(prepare(row, points))
        rows = self._candidates(keys_of(asked)["key"].to_numpy())
        found = self._frame[rows].filter(pl.col("party_id") != row["party_id"][0])
        if not found.height:
            return pl.DataFrame(schema=dict(PAIRS))
        both = pl.concat([asked.select(found.columns), found]).with_columns(
            row=pl.int_range(found.height + 1, dtype=pl.Int64)
        )
        mine = both[1:].select(left=pl.lit(0, pl.Int64), right="row")
        graded = with_name_bits(self._graded(both, mine), both)
        priors = log_priors(self._model, self._frame.height + 1)
        rivals = chances(graded, model=self._model, priors=priors).filter(pl.col("p_same") > _RIVAL_FROM)["right"]
        if len(rivals) > 1:
            among = pl.DataFrame({"left": rivals}).join(pl.DataFrame({"right": rivals}), how="cross")
            known = self._graded(both, among.filter(pl.col("left") < pl.col("right")))
            graded = pl.concat([graded, with_name_bits(known, both)])
        judged = judged_pairs(graded, both, model=self._model, priors=priors)
        return _ordered(judged.filter(pl.col("left_id") == row["party_id"][0]))

    def _candidates(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows that share a key, the rarest keys first."""
        first, last = (np.searchsorted(self._keys, keys, side=side) for side in ("left", "right"))
        holders = last - first
        usable = [k for k in np.argsort(holders, kind="stable") if 0 < holders[k] <= self._most]
        found: dict[int, None] = {}
        for k in usable:
            found.update(dict.fromkeys(self._rows[first[k] : last[k]].tolist()))
            if len(found) >= CANDIDATES_MOST:
                break
        return np.array(sorted(found), dtype=np.int64)

    def _with_bits(self, asked: pl.DataFrame) -> pl.DataFrame:
        return asked.with_columns(
            **{f"{part}_bits": pl.lit(self._bits[part].get(asked[part][0], self._rarest)) for part in WEIGHED}
        )

    def _graded(self, both: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
        with self._connection.cursor() as cursor:
            cursor.register("pairs", pairs.select(join_key_l="left", join_key_r="right").to_arrow())
            cursor.register("people", both.select("row", *READ).to_arrow())
            return pl.DataFrame(cursor.execute(self._sql).fetchnumpy()).sort("left", "right")


def _ordered(pairs: pl.DataFrame) -> pl.DataFrame:
    """Put the smaller id on the left, as everywhere."""
    left, right = pl.min_horizontal("left_id", "right_id"), pl.max_horizontal("left_id", "right_id")
    return pairs.with_columns(left_id=left, right_id=right).sort("left_id", "right_id")
