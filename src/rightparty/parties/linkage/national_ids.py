# SPDX-License-Identifier: Apache-2.0
"""Reads national identity numbers: one spelling each, what they are compared within, and whether they can exist.

The rules are those of `parties.national_ids`. A number that passes was probably typed right; it says nothing about whom
it belongs to. Serves right_party.
"""

from functools import lru_cache

import polars as pl

from rightparty.parties.national_ids import UNKNOWN, VALID, check_character, check_national_ids, kind_of_id

_RESIDENT = "cn_resident"


def read_ids(people: pl.DataFrame) -> pl.LazyFrame:
    """Return everybody's number in one spelling.

    Shape: [national_id, national_id_type, country, …] -> one row each: `number` ("" for none), `kind` (what numbers
    are compared within), `is_valid` (null where nothing is known about the kind, or part of the number is masked).
    """
    pair = pl.concat_str(
        pl.col("country").fill_null("").str.to_uppercase(), pl.col("national_id_type").fill_null(""), separator="\t"
    )
    plain = people.select(
        number=pl.col("national_id").fill_null("").str.to_uppercase().str.replace_all(r"[^0-9A-Z*]", ""), pair=pair
    )
    rules = {each: _rule_of(*each.split("\t", 1)) for each in plain["pair"].unique()}
    within = {each: _within(each, rule) for each, rule in rules.items()}
    plain = plain.select(
        "number",
        kind=pl.col("pair").replace_strict(within, return_dtype=pl.String),
        rule=pl.col("pair").replace_strict(rules, return_dtype=pl.String),
    )
    is_short = (pl.col("kind") == _RESIDENT) & pl.col("number").str.contains(r"^\d{15}$")
    kinds = set(plain["kind"].unique())
    if _RESIDENT in kinds and plain.select(is_short.any()).item():
        plain = plain.with_columns(number=pl.when(is_short).then(_lengthened(pl.col("number"))).otherwise("number"))
    answer = check_national_ids(pl.col("number"), pl.col("rule"), among=kinds)
    unknown = pl.col("number").str.contains("*", literal=True) | (pl.col("number") == "")
    judged = plain.with_columns(answer=pl.when(unknown).then(pl.lit(UNKNOWN)).otherwise(answer))
    said = pl.col("answer")
    return judged.lazy().select("number", "kind", is_valid=pl.when(said != UNKNOWN).then(said == VALID))


@lru_cache(maxsize=4096)
def _rule_of(country: str, named: str) -> str | None:
    """Return whose rule holds; there are few pairs of a country and a type."""
    told = pl.select(kind_of_id(pl.lit(country), pl.lit(named))).item()
    return None if told is None else str(told)


def _within(pair: str, rule: str | None) -> str:
    """Return what numbers of a country and a type are compared within: the rule's kind, else what the lender says."""
    country, named = pair.split("\t", 1)
    return rule.rstrip("*") if rule else (named or country).lower()


def _lengthened(number: pl.Expr) -> pl.Expr:
    """Turn the fifteen digits of before 1999 into eighteen."""
    body = number.str.slice(0, 6) + pl.lit("19") + number.str.slice(6)
    return body + check_character(body)
