# SPDX-License-Identifier: Apache-2.0
"""Persons and contact values, numbered: who is recorded where, since when, and what his own records imply.

Serves right_party.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from rightparty.kernel.frames import engine_for
from rightparty.kernel.vocabulary import Relation
from rightparty.parties.attribution.filter import Floats, Ints
from rightparty.parties.attribution.kinds import CODE
from rightparty.parties.attribution.recognise import (
    Numbers,
    Prints,
    group,
    number_prints,
    print_of_party,
    prints_at,
    prints_of_value,
    room_of,
)
from rightparty.parties.attribution.segments import segment_of
from rightparty.parties.attribution.streams import CAPTURE_DAYS, PER_DAY, SHARED, Flags, follow_up

_COLUMNS: Final = ("party_id", "channel", "value", "source", "collected_at", "relation", "valid_to")
_KEY: Final = ("party_id", "channel", "value")
_NOT_HIS_WORD: Final = ("bureau", "skip_trace", "third_party")
"""Sources that give a value without the person."""

_HIS_WORD: Final = ~pl.col("source").is_in(_NOT_HIS_WORD).fill_null(value=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holders:
    """Who is recorded at each value, as events find him."""

    #: fingerprints of the values
    values: Prints
    #: [v] fingerprint and number p of the one person there; p is SHARED where there are several
    party: Prints
    p: Numbers
    #: fingerprints of persons at values under several, and the number p of each
    shared: Prints
    p_shared: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """Everybody at every value that is recorded under him."""

    #: [i, v, s, p, party_id, channel, value, segment, source, relation, start, is_expired] by i: value by value, by s
    #: inside; s is the place in order of party, channel and value, p numbers the parties; start in days
    table: pl.DataFrame
    #: fingerprints of the values, to be found by `recognise.find`, which gives v
    prints: Prints
    #: value v has the subjects offsets[v] to offsets[v + 1]
    offsets: Ints
    #: [i] day on which the person gave a newer point of the channel, or infinity
    newer: Floats
    #: [i, day, kind] by i and day: what the person gave again, what has ended
    implied: pl.DataFrame
    #: [i, given_relation, is_expired, collected_at] of every row recorded
    rows: pl.DataFrame
    #: the instant asked about: what is recorded without one counts as from then
    at: datetime

    @property
    def persons(self) -> Ints:
        """How many persons each value is recorded under."""
        return np.diff(self.offsets)

    def holders(self) -> Holders:
        """Return who is recorded at each value, as events find him."""
        party = self.table.select(print_of_party()).to_series().to_numpy()
        p, persons = self.table["p"].to_numpy(), self.persons
        several = np.repeat(persons > 1, persons)
        there = np.flatnonzero(several)
        one = np.empty(len(there), np.uint64)
        prints_at(party[there], self.table["v"].to_numpy()[there], one)
        shared, numbers = room_of(len(there)), np.empty(len(there), np.uint32)
        number_prints(one, party[there], shared, numbers)
        first = self.offsets[:-1]
        return Holders(
            values=self.prints, party=party[first], p=np.where(persons == 1, p[first], SHARED).astype(np.uint32),
            shared=shared, p_shared=p[there],
        )  # fmt: skip

    def rows_at(self, values: Flags) -> pl.DataFrame:
        """Return [v, party_id, relation, is_expired, claimed_at] of the rows of some values, flagged by v."""
        v = self.table["v"].gather(self.rows["i"])
        there = self.rows.with_columns(v=v).filter(pl.Series(values[v.to_numpy()]))
        return there.select(
            "v", "is_expired", relation=pl.col("given_relation").cast(pl.String),
            claimed_at=pl.col("collected_at").fill_null(self.at),
            party_id=pl.lit(self.table["party_id"].gather(there["i"])),
        )  # fmt: skip


def days(column: str) -> pl.Expr:
    """Return an instant as days since 1970, divided exactly.

    Polars divides by a constant in another way in short columns than in long ones; the last digit of a probability
    would depend on how many rows were judged with it.
    """
    return pl.col(column).map_batches(_in_days, return_dtype=pl.Float64, is_elementwise=True)


def _in_days(instants: pl.Series) -> pl.Series:
    whole = instants.cast(pl.Datetime("us", "UTC")).to_physical()
    divided = pl.Series(whole.fill_null(0).to_numpy() / PER_DAY)
    return divided.set(whole.is_null(), None) if whole.null_count() else divided


def number(points: pl.DataFrame | pl.LazyFrame, *, at: datetime, unknown_age_days: float) -> Subjects:
    """Number who is recorded at which values.

    Shape: points [party_id, channel, value, source, collected_at, relation, valid_to] -> one subject per (party_id,
    channel, value): his first collection counts, the most cautious relation. What is dated later than `at`, or not at
    all, is taken to be `unknown_age_days` old.
    """
    rows = _ordered(points, at=at)
    merged = _merged(rows)
    newer, later = _newer(merged)
    unknown = at.timestamp() / 86_400 - unknown_age_days
    v, prints, offsets, place = _values(merged)
    order = np.empty(merged.height, np.uint32)
    order[place] = np.arange(merged.height, dtype=np.uint32)
    table = (
        merged.drop("since", "given")
        .with_columns(
            pl.col("start").fill_null(unknown), source=pl.col("source").fill_null(""), segment=segment_of(),
            v=pl.Series(v),
        )
        .select(pl.all().gather(pl.lit(pl.Series(order))))
        .with_row_index("i")
    )  # fmt: skip
    numbered = rows.with_columns(i=pl.Series(place[rows["s"].to_numpy()], dtype=pl.UInt32)).drop("s")
    return Subjects(
        table=table,
        prints=prints,
        offsets=offsets,
        newer=newer[order],
        implied=_implied(numbered, table, later.select("day", i=pl.Series(place[later["s"].to_numpy()])), at=at),
        rows=numbered.select("i", "given_relation", "is_expired", "collected_at"),
        at=at,
    )


def _values(merged: pl.DataFrame) -> tuple[Numbers, Prints, Ints, Numbers]:
    """Number the values as they are first met; returns v by s, the fingerprints, offsets by v and i by s."""
    found = merged.select(**prints_of_value())
    prints, v, place = room_of(merged.height), np.empty(merged.height, np.uint32), np.empty(merged.height, np.uint32)
    count = number_prints(found["one"].to_numpy(), found["two"].to_numpy(), prints, v)
    offsets = np.zeros(count + 1, np.int64)
    group(v, offsets, place)
    return v, prints, offsets, place


def _ordered(points: pl.DataFrame | pl.LazyFrame, *, at: datetime) -> pl.DataFrame:
    """Put rows in order of party, channel and value, and number parties and subjects."""
    collected, relation = days("collected_at"), pl.col("relation").fill_null("")
    return (
        points.lazy()
        .select(_COLUMNS)
        .sort(_KEY)
        .with_columns(
            s=_runs(*_KEY),
            p=_runs("party_id"),
            day=pl.when(collected <= at.timestamp() / 86_400).then(collected),
            is_expired=(pl.col("valid_to") <= at).fill_null(value=False),
            is_own=relation.is_in(["", Relation.SELF.value]),
            given_relation=pl.col("relation").cast(pl.Categorical),
            relation=pl.when(relation == "").then(pl.lit(Relation.SELF.value)).otherwise(relation),
        )
        .collect(engine=engine_for(points.height) if isinstance(points, pl.DataFrame) else "auto")
    )


def _merged(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row per subject; few are recorded more than once."""
    day = pl.col("day")
    columns = (
        "s", "p", *_KEY, "source", "relation", "is_expired", day.alias("start"),
        pl.when("is_own").then("day").alias("since"), pl.when(pl.col("is_own") & _HIS_WORD).then("day").alias("given"),
    )  # fmt: skip
    if not rows.height or rows.height == rows["s"][-1] + 1:
        return rows.select(columns)
    twice = rows["s"].is_duplicated()
    merged = (
        rows.filter(twice)
        .sort("s", "day", "source", nulls_last=True)
        .group_by("s", maintain_order=True)
        .agg(
            pl.col("p", *_KEY, "source").first(),
            relation=pl.col("relation").filter(pl.col("relation") != Relation.SELF).sort().first(),
            is_expired=pl.col("is_expired").all(),
            start=day.min(),
            since=day.filter("is_own").min(),
            given=day.filter(pl.col("is_own") & _HIS_WORD).min(),
        )
        .with_columns(pl.col("relation").fill_null(Relation.SELF.value))
    )
    return pl.concat([rows.filter(~twice).select(columns), merged]).sort("s")


def _newer(merged: pl.DataFrame) -> tuple[Floats, pl.DataFrame]:
    """Return when each person gave his next point of the channel, by s, and [s, day] of those he gave after it."""
    run = _array(merged, _runs("p", "channel"))
    since, given = (_array(merged, pl.col(name).fill_null(np.inf)) for name in ("since", "given"))
    newer = np.full(merged.height, np.inf)
    count = follow_up(run, since, given, newer, np.empty(0, np.int64), np.empty(0))
    later, days_of = np.empty(count, np.int64), np.empty(count)
    if count:
        follow_up(run, since, given, newer, later, days_of)
    return newer, pl.DataFrame({"s": later, "day": days_of})


def _implied(rows: pl.DataFrame, table: pl.DataFrame, later: pl.DataFrame, *, at: datetime) -> pl.DataFrame:
    """Return [i, day, kind] of points given again by the person, of ends of validity, and of still newer points."""
    now = at.timestamp() / 86_400
    if rows.height == table.height and rows["valid_to"].null_count() == rows.height and not later.height:
        return pl.DataFrame(schema={"i": pl.UInt32, "day": pl.Float64, "kind": pl.Int8})
    begun = rows.with_columns(start=pl.lit(table["start"]).gather("i"), end=days("valid_to"))
    again = begun.filter(pl.col("is_own") & _HIS_WORD & (pl.col("day") > pl.col("start") + CAPTURE_DAYS)).select(
        "i", "day", kind=pl.lit(CODE["restated"], pl.Int8)
    )
    ended = begun.filter(pl.col("end") <= now).select(
        "i", day=pl.max_horizontal("end", "start"), kind=pl.lit(CODE["expired"], pl.Int8)
    )
    still_newer = later.select(pl.col("i").cast(pl.UInt32), "day", kind=pl.lit(CODE["newer_point"], pl.Int8))
    return pl.concat([again, ended, still_newer]).sort("i", "day")


def _runs(*names: str) -> pl.Expr:
    """Number the runs of rows that are alike in some columns, from 0."""
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in names)
    first = pl.int_range(pl.len()) == 0
    return (first | differs).cum_sum().cast(pl.UInt32) - 1


def _array(frame: pl.DataFrame, column: pl.Expr) -> np.ndarray:
    return frame.select(column).to_series().to_numpy()
