# SPDX-License-Identifier: Apache-2.0
"""Turns people and points into what the comparisons read: one row each, computed once. Serves right_party."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from rightparty.parties.linkage.comparisons import WEIGHED
from rightparty.parties.linkage.homes import read_homes
from rightparty.parties.linkage.names import scripts_of, sorted_letters, split_names
from rightparty.parties.linkage.national_ids import read_ids
from rightparty.parties.linkage.surnames import SHARES

CROWD: Final = 20
"""House limit: a contact value that more people give is a switchboard or an agent's, not evidence."""


_USUAL: Final = {"middle": 0.04, "home": 0.00002, "area": 0.002}
"""Assumed share of people with any one initial, at one address, in one area; of any one name, one in a thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequencies:
    """How common names are, as bits: -log2 of the share of people."""

    #: [part, value, bits], part one of WEIGHED
    bits: pl.DataFrame
    people: int


def prepare(people: pl.DataFrame, points: pl.DataFrame) -> pl.DataFrame:
    """Return what is compared, one row per party in the order given, texts that only have to be equal as numbers.

    Shape: PEOPLE (party_id without nulls), POINTS -> [row, party_id, …].
    """
    rows = people.lazy()
    names = split_names(rows, scripts_of(people))
    births = rows.select(party_id="party_id", birth=_birth(people))
    # collected part by part: one plan of all of them takes three times as long for one applicant
    parts = [part.collect() for part in (births, names, read_ids(people), read_homes(rows))]
    frame = pl.concat(parts, how="horizontal").lazy().with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64))
    frame = _with_points(frame, points)
    digits = {f"{name}_digits": sorted_letters(pl.col(name)) for name in ("birth", "number")}
    return (
        frame.with_columns(**digits)
        .with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)))
        .with_columns(home=pl.concat_str("street", "house", "area", separator="|"))
        .collect()
    )


def _birth(people: pl.DataFrame) -> pl.Expr:
    """Return a birth date as eight digits; a file that keeps them as written brings `birth_text`."""
    written = pl.col("birth_text") if "birth_text" in people.columns else pl.col("date_of_birth").dt.strftime("%Y%m%d")
    return written.fill_null("")


def _with_points(frame: pl.LazyFrame, points: pl.DataFrame) -> pl.LazyFrame:
    """Add where each can be reached: his own values, and those he gave for others; what a crowd gives is left out."""
    known = pl.col("channel").is_in(["phone", "email"]) & (pl.col("value").fill_null("") != "")
    values = points.lazy().filter(known).select("party_id", "channel", "relation", "value").unique()
    crowded = pl.col("party_id").n_unique().over("channel", "value") > CROWD
    apart = values if points.height <= CROWD else values.filter(~crowded)
    kept = apart.with_columns(value=pl.col("value").hash(7).reinterpret(signed=True))
    wanted = {
        f"{channel}_{whose}": (pl.col("channel") == channel) & of_whom
        for channel in ("phone", "email")
        for whose, of_whom in (("own", pl.col("relation") == "self"), ("other", pl.col("relation") != "self"))
    }
    lists = kept.group_by("party_id").agg(
        pl.col("value").filter(each).unique().sort().alias(name) for name, each in wanted.items()
    )
    none = pl.lit([], pl.List(pl.Int64))
    joined = frame.join(lists, on="party_id", how="left", maintain_order="left")
    return joined.with_columns(pl.col(name).fill_null(none) for name in wanted)


def crowded_values(points: pl.DataFrame) -> pl.Series:
    """Return the values that a crowd gives. Shape: POINTS."""
    holders = points.group_by("channel", "value").agg(holders=pl.col("party_id").n_unique())
    return holders.filter(pl.col("holders") > CROWD)["value"].drop_nulls().unique()


def count_names(frame: pl.DataFrame, *, imagined: float = 1_000.0) -> Frequencies:
    """Count how common names are among the people, blended with the shipped shares as so many imagined people.

    Shape: what `prepare` returns -> Frequencies.
    """
    parts = []
    for part in WEIGHED:
        known = frame.filter(pl.col(part).is_not_null())
        shipped = pl.col("value").replace_strict(dict(SHARES), default=None, return_dtype=pl.Float64)
        usual = shipped.fill_null(0.001) if part.startswith("surname") else pl.lit(_USUAL.get(part, 0.001))
        share = (pl.col("count") + imagined * usual) / (known.height + imagined)
        parts.append(
            known.group_by(pl.col(part).alias("value")).agg(count=pl.len())
            .select(part=pl.lit(part), value="value", bits=_bits(share))
        )  # fmt: skip
    return Frequencies(bits=pl.concat(parts), people=frame.height)


def _bits(share: pl.Expr) -> pl.Expr:
    """Quarter bits: fine enough to weigh, coarse enough that pairs fall into few patterns."""
    return ((-share.log(2)) * 4).round() / 4


def rarest_bits(frequencies: Frequencies) -> float:
    """Return the bits of a name never seen: as rare as half of one person."""
    return round(float(np.log2((frequencies.people + 1_000.0) * 2)) * 4) / 4


def with_frequencies(frame: pl.DataFrame, frequencies: Frequencies) -> pl.DataFrame:
    """Add `…_bits` for every column of WEIGHED."""
    for part in WEIGHED:
        bits = frequencies.bits.filter(pl.col("part") == part).select(
            pl.col("value").alias(part), pl.col("bits").alias(f"{part}_bits")
        )
        frame = frame.join(bits, on=part, how="left", maintain_order="left").with_columns(
            pl.col(f"{part}_bits").fill_null(rarest_bits(frequencies))
        )
    return frame
