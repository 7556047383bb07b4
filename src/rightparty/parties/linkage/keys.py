# SPDX-License-Identifier: Apache-2.0
"""Which people are compared at all: those who share a key. Serves right_party."""

from typing import Final

import polars as pl

BLOCK_MOST: Final = 300
"""House limit: a key that more people share says too little to compare all of them with each other."""

BLOCK_LEAST: Final = 6
"""House limit: keys that no more people share are always compared: a household, a number kept by one human's ids."""

PAIRS_PER_PERSON: Final = 5
PAIRS_ALWAYS: Final = 1_000_000
"""House limits on the pairs of all keys together, counted with repetition: so many a person, and so many in any case.
On 200,000 made-up people (benchmarks/linkage) five a person lose 1 pair in 1,000 that twenty find."""

_PERSONAL: Final[dict[str, tuple[pl.Expr, ...]]] = {
    "number": (pl.col("kind"), pl.col("number")),
    "number end": (pl.col("number").str.tail(4), pl.col("given_roman")),
    "name in area": (pl.col("given_stem"), pl.col("surname_stem"), pl.col("area")),
    "name": (
        pl.min_horizontal("given_roman", "surname_roman"),
        pl.max_horizontal("given_roman", "surname_roman"),
    ),
    "sound": (pl.col("given_sound"), pl.col("surname_sound")),
    "sound in area": (pl.col("given_sound"), pl.col("surname_sound"), pl.col("area")),
    "given and start": (pl.col("given_roman"), pl.col("surname_roman").str.slice(0, 3)),
    "surname and start": (pl.col("surname_roman"), pl.col("given_roman").str.slice(0, 2)),
    "born": (pl.col("birth"),),
    "home": (pl.col("street"), pl.col("house"), pl.col("area")),
    "name and number": (pl.col("surname_roman"), pl.col("house"), pl.col("area")),
    "given and number": (pl.col("given_roman"), pl.col("house"), pl.col("area")),
    "born, surname": (pl.col("birth"), pl.col("surname_sound")),
    "born, given": (pl.col("birth"), pl.col("given_sound")),
    "born, initials": (
        pl.col("birth"),
        pl.col("given_roman").str.slice(0, 1),
        pl.col("surname_roman").str.slice(0, 1),
    ),
    "digits of birth, given": (pl.col("birth_digits"), pl.col("given_roman")),
    "year, name": (pl.col("birth").str.slice(0, 4), pl.col("given_roman"), pl.col("surname_roman")),
    "day, name": (pl.col("birth").str.slice(4), pl.col("given_roman"), pl.col("surname_roman").str.slice(0, 1)),
    "home, surname": (pl.col("street"), pl.col("house"), pl.col("surname_sound")),
    "home, given": (pl.col("street"), pl.col("house"), pl.col("given_sound")),
    "home, initial": (pl.col("street"), pl.col("house"), pl.col("given_roman").str.slice(0, 1)),
    "home, middle": (pl.col("street"), pl.col("house"), pl.col("middle")),
    "street, given, middle": (pl.col("street"), pl.col("given_roman"), pl.col("middle")),
    "street, surname": (pl.col("street"), pl.col("surname_roman"), pl.col("middle")),
    "surname, middle": (pl.col("surname_roman"), pl.col("middle"), pl.col("given_roman").str.slice(0, 1)),
    "given, middle": (pl.col("given_stem"), pl.col("middle"), pl.col("surname_roman").str.slice(0, 1)),
    "street, name": (pl.col("street"), pl.col("surname_roman").str.slice(0, 3), pl.col("given_roman").str.slice(0, 2)),
    "house, name": (pl.col("house"), pl.col("surname_roman").str.slice(0, 3), pl.col("given_roman").str.slice(0, 2)),
}


_TEXTS: Final = [pl.concat_str([pl.lit(name), *parts], separator="|").alias(name) for name, parts in _PERSONAL.items()]


def keys_of(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the keys of everybody.

    Shape: what `prepare` returns -> [row, key], a key as a number; a key with a part that is not on file is left out.
    """
    texts = frame.select("row", *_TEXTS).unpivot(index="row", value_name="key").filter(pl.col("key").is_not_null())
    keys = [texts.select("row", pl.col("key").hash(11).reinterpret(signed=True))]
    for column in ("phone_own", "phone_other", "email_own", "email_other"):
        listed = frame.select("row", key=column).filter(pl.col("key").list.len() > 0)
        keys += [listed.explode("key")] if listed.height else []
    return pl.concat(keys).unique()


def with_keys(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `keys`, a list of numbers: those of a person that somebody else has too, the rarest ones first.

    Shape: what `prepare` returns -> the same with `keys`. Keys are left out from the most common down until the pairs
    stay within the limits; a small file keeps keys that a large one cannot afford.
    """
    keys = keys_of(frame)
    holders = keys.group_by("key").agg(holders=pl.len()).filter(pl.col("holders").is_between(2, BLOCK_MOST))
    most = block_limit(holders["holders"], frame.height)
    shared = holders.filter(pl.col("holders") <= most)
    lists = keys.join(shared, on="key", how="semi").group_by("row").agg(keys=pl.col("key").sort())
    return frame.join(lists, on="row", how="left", maintain_order="left").with_columns(
        pl.col("keys").fill_null(pl.lit([], pl.List(pl.Int64)))
    )


def block_limit(holders: pl.Series, people: int) -> int:
    """Return how many people may share a key for the pairs to stay within the limits."""
    pairs = pl.DataFrame({"holders": holders.cast(pl.Int64)}).group_by("holders").agg(blocks=pl.len()).sort("holders")
    total = pairs.select((pl.col("blocks") * pl.col("holders") * (pl.col("holders") - 1) // 2).cum_sum()).to_series()
    fitting: list[int] = pairs["holders"].filter(total <= max(PAIRS_PER_PERSON * people, PAIRS_ALWAYS)).to_list()
    return max([*fitting, BLOCK_LEAST])
