# SPDX-License-Identifier: Apache-2.0
"""Reads national identity numbers: one spelling each, and whether the number can exist. Serves right_party.

A number that passes was probably typed right; it says nothing about whom it belongs to. Sources: GB 11643-1999 with
ISO 7064 MOD 11-2; SSA, "Social Security Number Randomization" (2011: no area 000, 666 or 900-999, no group 00, no
serial 0000); Czech act 133/2000 § 13 (divisible by 11, or remainder ten with check digit 0 before 1985; months of women
+50, of later series +20); Vietnam, decree 137/2015 article 13 (province, century and sex, year).
"""

from collections.abc import Callable
from typing import Final

import polars as pl

_CHECKS: Final = "10X98765432"
_WEIGHTS: Final = tuple(pow(2, 17 - place, 11) for place in range(17))


def read_ids(people: pl.DataFrame) -> pl.LazyFrame:
    """Return everybody's number in one spelling.

    Shape: [national_id, national_id_type, country, …] -> one row each: `number` ("" for none), `kind` (what numbers
    are compared within), `is_valid` (null where nothing is known about the kind, or part of the number is masked).
    """
    named = pl.col("national_id_type").fill_null("")
    kind = pl.when(named != "").then(named).otherwise(pl.col("country").fill_null("")).str.to_lowercase()
    plain = people.select(
        number=pl.col("national_id").fill_null("").str.to_uppercase().str.replace_all(r"[^0-9A-Z*]", ""),
        kind=kind.replace(_ALIASES),
    )
    kinds = set(plain["kind"].unique())
    is_short = (pl.col("kind") == "cn") & pl.col("number").str.contains(r"^\d{15}$")
    if "cn" in kinds and plain.select(is_short.any()).item():
        plain = plain.with_columns(number=pl.when(is_short).then(_lengthened(pl.col("number"))).otherwise("number"))
    valid = pl.lit(None, pl.Boolean)
    for name in sorted(kinds & set(_RULES)):
        valid = pl.when(pl.col("kind") == name).then(_RULES[name](pl.col("number"))).otherwise(valid)
    unknown = pl.col("number").str.contains("*", literal=True) | (pl.col("number") == "")
    return plain.lazy().with_columns(is_valid=pl.when(~unknown).then(valid))


def check_digit(body: pl.Expr) -> pl.Expr:
    """Return the check character of seventeen digits. Source: GB 11643, ISO 7064 MOD 11-2."""
    whole = body.cast(pl.Int64, strict=False)
    weighted = pl.sum_horizontal(
        whole // 10 ** (len(_WEIGHTS) - 1 - place) % 10 * weight for place, weight in enumerate(_WEIGHTS)
    )
    return pl.lit(_CHECKS).str.slice(weighted % 11, 1)


def _lengthened(number: pl.Expr) -> pl.Expr:
    """Turn the fifteen digits of before 1999 into eighteen."""
    body = number.str.slice(0, 6) + pl.lit("19") + number.str.slice(6)
    return body + check_digit(body)


def _is_resident_id(number: pl.Expr) -> pl.Expr:
    return number.str.contains(r"^\d{17}[\dX]$") & (check_digit(number.str.slice(0, 17)) == number.str.tail(1))


def _is_ssn(number: pl.Expr) -> pl.Expr:
    return (
        number.str.contains(r"^\d{9}$") & ~number.str.contains(r"^(000|666|9)")
        & (number.str.slice(3, 2) != "00") & (number.str.slice(5, 4) != "0000")
    )  # fmt: skip


def _is_birth_number(number: pl.Expr) -> pl.Expr:
    month = number.str.slice(2, 2).cast(pl.Int64, strict=False)
    within = ((month % 50) % 20).is_between(1, 12) & (month <= 82)
    body, check = number.str.slice(0, 9).cast(pl.Int64, strict=False), number.str.tail(1).cast(pl.Int64, strict=False)
    fits = body % 11 % 10 == check
    return pl.when(number.str.contains(r"^\d{10}$")).then(within & fits).otherwise(
        number.str.contains(r"^\d{9}$") & within
    )  # fmt: skip


def _is_cccd(number: pl.Expr) -> pl.Expr:
    """Twelve digits that begin with a province, or the nine of the older card."""
    province = number.str.slice(0, 3).cast(pl.Int64, strict=False)
    return (number.str.contains(r"^\d{12}$") & province.is_between(1, 96)) | number.str.contains(r"^\d{9}$")


_RULES: Final[dict[str, Callable[[pl.Expr], pl.Expr]]] = {
    "cn": _is_resident_id, "us": _is_ssn, "cz": _is_birth_number, "vn": _is_cccd,
}  # fmt: skip
_ALIASES: Final = {
    "resident_identity_card": "cn", "ric": "cn", "ssn": "us", "rodne_cislo": "cz", "sk": "cz", "cccd": "vn",
}  # fmt: skip
"""Types of the portfolio contract, and countries where no type is given -> whose rule applies."""
