# SPDX-License-Identifier: Apache-2.0
"""National ids: shape, check digit, and the birth date and sex some of them carry. Columnar. Serves right_party.

A check digit shows a typing error, never that a person exists. Where an id's rule is not public, or its kind is not
known, the answer is "unknown", never "invalid": nobody is accused of a wrong id on a guess.

Sources: GB 11643-1999 and ISO 7064 MOD 11-2 (China; 15 digits before 1999 carry no check); the weights 9 to 2 with a
space as 36 (Hong Kong); SSA Program Operations Manual RM 10201.035 (United States: never 000, 666 or 900 to 999, 00,
0000); Decree 137/2015/ND-CP article 13 (Vietnam); Indonesia's NIK carries DDMMYY, 40 added to a woman's day; UIDAI (12
digits, first 2 to 9, Verhoeff's check digit) and rule 114 for PAN (shape only); Kazakhstan's government decree 565 of
2003 (two passes of weights); the tax service's and the pension fund's orders (Russia: INN of 12 digits, SNILS); the
Czech act 133/2000 and the Slovak act 301/1995 (divisible by 11; until 1985 a remainder of 10 was written as 0); HMRC
NIM39110 (United Kingdom: shape only). The Philippines' PhilSys number has no public check: unknown.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

VALID, INVALID, UNKNOWN = "valid", "invalid", "unknown"
_ANSWERS: Final = {1: VALID, 0: INVALID}

_NAMED: Final[Mapping[str, str]] = {
    r"resident|shenfen|身份证|^sfz$|^ric$": "cn_resident", r"hkid": "hk_hkid", r"ssn|social.?security": "us_ssn",
    r"cccd|can.?cuoc": "vn_cccd", r"^nik|ktp": "id_nik", r"aadha?ar|^uid": "in_aadhaar", r"^pan$|pan.?card": "in_pan",
    r"^iin": "kz_iin", r"^inn": "ru_inn", r"snils": "ru_snils", r"rodn|birth.?number": "cz_rodne_cislo",
    r"nino|national.?insurance": "gb_nino", r"philsys|^psn$": "ph_philsys",
}  # fmt: skip
"""Words in `national_id_type` that name a kind."""

_OF_COUNTRY: Final[Mapping[str, str]] = {
    "CN": "cn_resident", "HK": "hk_hkid", "US": "us_ssn", "VN": "vn_cccd", "ID": "id_nik", "KZ": "kz_iin",
    "CZ": "cz_rodne_cislo", "SK": "cz_rodne_cislo", "GB": "gb_nino", "PH": "ph_philsys",
}  # fmt: skip
"""The kind meant where the type says nothing more than "id"; India and Russia have two in use, so none."""

_VAGUE: Final = r"^(?:|id|id_card|identity_card|national_id|nid|card)$"
_OTHER: Final = r"passport|licen[cs]e|permit|visa|military"
_ANY: Final = "*"
"""Marks a kind taken from the country: an id of another shape is then another document, not a wrong one."""


def kind_of_id(country: pl.Expr, id_type: pl.Expr) -> pl.Expr:
    """Return the kind of a national id by what the lender calls it, else by the country; null if neither says."""
    named = id_type.fill_null("").str.to_lowercase().str.strip_chars()
    kind: Any = pl.when(named.str.contains(_OTHER)).then(None)
    for pattern, code in _NAMED.items():
        kind = kind.when(named.str.contains(pattern)).then(pl.lit(code))
    by_country = country.replace_strict(_OF_COUNTRY, default=None, return_dtype=pl.String) + pl.lit(_ANY)
    told: pl.Expr = kind.when(named.str.contains(_VAGUE)).then(by_country).otherwise(None)
    return told


def check_national_ids(ids: pl.Expr, kinds: pl.Expr, *, among: Collection[str] | None = None) -> pl.Expr:
    """Return 'valid', 'invalid' or 'unknown' for each id of a kind (`kind_of_id`, or one of RULES).

    Shape: expressions over one frame -> String, never null; an empty id is unknown. `among`: the kinds that occur, so
    that no other rule is run (None: any may).
    """
    number, kind, is_guess = _written(ids), kinds.str.strip_chars_end(_ANY), kinds.str.ends_with(_ANY)
    answer: Any = pl.when(number == "").then(pl.lit(UNKNOWN))
    for code, rule in RULES.items():
        if among is not None and code not in among:
            continue
        # each check stands once in the expression: it is evaluated as often as it is written
        right = rule.check(number).cast(pl.Int8).replace_strict(_ANSWERS, default=UNKNOWN, return_dtype=pl.String)
        shapeless = pl.when(is_guess).then(pl.lit(UNKNOWN)).otherwise(pl.lit(INVALID))
        of_kind = pl.when(number.str.contains(rule.shape)).then(right).otherwise(shapeless)
        answer = answer.when(kind == code).then(of_kind)
    told: pl.Expr = answer.otherwise(pl.lit(UNKNOWN)).fill_null(UNKNOWN)
    return told


def birth_in_id(ids: pl.Expr, kinds: pl.Expr) -> pl.Expr:
    """Return the birth date that an id carries whole, null where it carries none (Vietnam's has the year only).

    Two digits of a year are taken as the century the id itself names; Indonesia's does not, so both are possible and
    null is returned: compare with `contradicts_birth`.
    """
    number, kind = _written(ids), kinds.str.strip_chars_end(_ANY)
    digits = number.str.replace_all(r"[^0-9]", "")
    century = digits.str.slice(6, 1).cast(pl.Int32, strict=False)
    kazakh = pl.format("{}{}", ((century + 1) // 2 + 17).cast(pl.String), digits.str.head(6))
    year, month = _number(digits, 0, 2), _number(digits, 2, 2)
    plain_month = month - pl.when(month > 70).then(70).when(month > 50).then(50).when(month > 20).then(20).otherwise(0)
    old = (digits.str.len_chars() == 9) | (year >= 54)
    czech = pl.format(
        "{}{}{}", (pl.when(old).then(1900).otherwise(2000) + year).cast(pl.String),
        plain_month.cast(pl.String).str.zfill(2), digits.str.slice(4, 2),
    )  # fmt: skip
    chinese = (
        pl.when(number.str.len_chars() == 15)
        .then(pl.lit("19") + number.str.slice(6, 6))
        .otherwise(number.str.slice(6, 8))
    )
    text = pl.when(kind == "cn_resident").then(chinese).when(kind == "kz_iin").then(kazakh)
    return text.when(kind == "cz_rodne_cislo").then(czech).otherwise(None).str.to_date("%Y%m%d", strict=False)


def sex_in_id(ids: pl.Expr, kinds: pl.Expr) -> pl.Expr:
    """Return the sex that an id carries, 'm' or 'f', null where it carries none."""
    number, kind = _written(ids), kinds.str.strip_chars_end(_ANY)
    digits = number.str.replace_all(r"[^0-9]", "")
    odd_at: Any = pl.when(kind == "cn_resident").then(
        pl.when(number.str.len_chars() == 15).then(_number(number, 14, 1)).otherwise(_number(number, 16, 1))
    )
    odd_at = (
        odd_at.when(kind == "kz_iin")
        .then(_number(digits, 6, 1))
        .when(kind == "vn_cccd")
        .then(_number(digits, 3, 1) + 1)
    )
    female = (
        pl.when(kind == "cz_rodne_cislo").then(_number(digits, 2, 2) > 50)
        .when(kind == "id_nik").then(_number(digits, 6, 2) > 40)
        .otherwise(odd_at.otherwise(None) % 2 == 0)
    )  # fmt: skip
    return pl.when(female).then(pl.lit("f")).when(~female).then(pl.lit("m"))


def contradicts_birth(ids: pl.Expr, kinds: pl.Expr, born: pl.Expr) -> pl.Expr:
    """Tell where a valid id carries another birth date than the one on file; null where it does not say."""
    kind = kinds.str.strip_chars_end(_ANY)
    digits = _written(ids).str.replace_all(r"[^0-9]", "")
    day = _number(digits, 6, 2)
    nik = (
        ((pl.when(day > 40).then(day - 40).otherwise(day)) != born.dt.day())
        | (_number(digits, 8, 2) != born.dt.month())
        | (_number(digits, 10, 2) != born.dt.year() % 100)
    )
    century = _number(digits, 3, 1) // 2
    vietnam = (1900 + 100 * century + _number(digits, 4, 2)) != born.dt.year()
    differs = pl.when(kind == "id_nik").then(nik).when(kind == "vn_cccd").then(vietnam)
    return differs.otherwise(birth_in_id(ids, kinds) != born)


def with_id_findings(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `id_kind`, `id_check`, `id_born_differs` and `id_sex_differs` to parties.

    Shape: [country, national_id, national_id_type, date_of_birth, sex (m, f or null)] -> the same and the four; the
    last two are null where the id does not say or nothing is on file.
    """
    kinds = frame.with_columns(id_kind=kind_of_id(pl.col("country"), pl.col("national_id_type"))).with_row_index("row")
    # each rule sees only the ids of its kind: all rules over all rows would cost a multiple
    parts = [_checked(part) for part in kinds.partition_by("id_kind", maintain_order=True)]
    return pl.concat(parts).sort("row").drop("row") if parts else _checked(kinds).drop("row")


def _checked(parties: pl.DataFrame) -> pl.DataFrame:
    """Add the three answers to parties of one kind of id."""
    kind = parties["id_kind"][0] if parties.height else None
    number, kinds = pl.col("national_id"), pl.lit(kind, pl.String)
    checked = parties.with_columns(id_check=check_national_ids(number, kinds, among=[(kind or "").rstrip(_ANY)]))
    is_valid, sex = pl.col("id_check") == VALID, pl.col("sex").str.to_lowercase().str.head(1)
    differs = contradicts_birth(number, kinds, pl.col("date_of_birth"))
    return checked.with_columns(
        id_born_differs=pl.when(is_valid).then(differs) if kind else pl.lit(None, pl.Boolean),
        id_sex_differs=pl.when(is_valid & sex.is_in(["m", "f"])).then(sex_in_id(number, kinds) != sex),
    )


def check_character(body: pl.Expr) -> pl.Expr:
    """Return the check character of a Chinese id's seventeen digits. Source: GB 11643, ISO 7064 MOD 11-2."""
    rest = _weighted(body, [pow(2, 17 - place, 11) for place in range(17)]) % 11
    return pl.lit("10X98765432").str.slice(rest, 1)


def _written(ids: pl.Expr) -> pl.Expr:
    return ids.fill_null("").str.to_uppercase().str.replace_all(r"[\s\-/().·]", "")


def _number(text: pl.Expr, start: int, length: int) -> pl.Expr:
    return text.str.slice(start, length).cast(pl.Int32, strict=False)


def _weighted(text: pl.Expr, weights: Iterable[int], start: int = 0) -> pl.Expr:
    """Return the sum of digits times weights, by whole numbers: of at most 18 digits, as Int64 holds."""
    places = tuple(weights)
    whole = text.str.slice(start, len(places)).cast(pl.Int64, strict=False)
    # one step for all digits: an expression for each costs more than the sum where rows are few
    return whole.map_batches(lambda numbers: _sum_of(numbers, places), return_dtype=pl.Int64, is_elementwise=True)


def _sum_of(numbers: pl.Series, weights: tuple[int, ...]) -> pl.Series:
    rest, total = numbers.fill_null(0).to_numpy(), np.zeros(len(numbers), dtype=np.int64)
    for weight in reversed(weights):
        total += rest % 10 * weight
        rest = rest // 10
    summed = pl.Series(numbers.name, total)
    return summed.set(numbers.is_null(), None) if numbers.null_count() else summed


def _is_day(text: pl.Expr) -> pl.Expr:
    return text.str.to_date("%Y%m%d", strict=False).is_not_null()


def _chinese(number: pl.Expr) -> pl.Expr:
    whole = _is_day(number.str.slice(6, 8)) & (check_character(number.str.head(17)) == number.str.tail(1))
    short = _is_day(pl.lit("19") + number.str.slice(6, 6))
    return pl.when(number.str.len_chars() == 15).then(short).otherwise(whole)


def _hong_kong(number: pl.Expr) -> pl.Expr:
    letters = {chr(code): code - 55 for code in range(65, 91)} | {" ": 36}
    padded = number.str.pad_start(9, " ")
    first, second = (
        padded.str.slice(place, 1).replace_strict(letters, default=None, return_dtype=pl.Int32) for place in (0, 1)
    )
    check = padded.str.tail(1).replace("A", "10").cast(pl.Int32, strict=False)
    return (first * 9 + second * 8 + _weighted(padded, (7, 6, 5, 4, 3, 2), 2) + check) % 11 == 0


def _always(number: pl.Expr) -> pl.Expr:
    return number.is_not_null()


def _american(number: pl.Expr) -> pl.Expr:
    area, group, serial = number.str.head(3), number.str.slice(3, 2), number.str.tail(4)
    return ~area.is_in(["000", "666"]) & (area < "900") & (group != "00") & (serial != "0000")


def _vietnamese(number: pl.Expr) -> pl.Expr:
    """Check numbers of the provinces (001 to 096): nobody alive was born outside 1900 to 2099.

    Codes above stand for countries where a birth was registered; their list is not public: unknown.
    """
    province = _number(number, 0, 3)
    return pl.when(province == 0).then(statement=False).when(province <= 96).then(_number(number, 3, 1) <= 3)


def _indonesian(number: pl.Expr) -> pl.Expr:
    day = _number(number, 6, 2)
    plain = pl.when(day > 40).then(day - 40).otherwise(day).cast(pl.String).str.zfill(2)
    # 2000 is a leap year: what is no day there is no day in any century
    one = _is_day(pl.format("19{}{}{}", number.str.slice(10, 2), number.str.slice(8, 2), plain))
    other = _is_day(pl.format("20{}{}{}", number.str.slice(10, 2), number.str.slice(8, 2), plain))
    return (one | other) & (_number(number, 12, 4) > 0)


def _aadhaar(number: pl.Expr) -> pl.Expr:
    """Run Verhoeff's scheme: each digit permuted by its place from the right, combined in the dihedral group D5."""
    permuted, row = [], tuple(range(10))
    for _ in range(8):
        permuted.append(row)
        row = tuple((1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[digit] for digit in row)
    state = pl.lit(0, pl.Int32)
    table = dict(enumerate(cell for line in _dihedral() for cell in line))
    for place in range(12):
        digit = _number(number, 11 - place, 1).replace_strict(
            dict(enumerate(permuted[place % 8])), default=None, return_dtype=pl.Int32
        )
        state = (state * 10 + digit).replace_strict(table, default=None, return_dtype=pl.Int32)
    return state == 0


def _dihedral() -> list[list[int]]:
    """Return the multiplication table of D5: 0 to 4 turns, 5 to 9 reflections."""
    return [[_times(one, other) for other in range(10)] for one in range(10)]


def _times(one: int, other: int) -> int:
    if one < 5:
        return (one + other) % 5 if other < 5 else 5 + (one + other - 5) % 5
    return 5 + (one - 5 - other) % 5 if other < 5 else (one - other) % 5


def _kazakh(number: pl.Expr) -> pl.Expr:
    first = _weighted(number, range(1, 12)) % 11
    check = pl.when(first == 10).then(_weighted(number, (*range(3, 12), 1, 2)) % 11).otherwise(first)
    century = (_number(number, 6, 1) + 1) // 2 + 17
    day = _is_day(pl.concat_str(century.cast(pl.String), number.str.head(6)))
    return (check == _number(number, 11, 1)) & day


def _russian_tax(number: pl.Expr) -> pl.Expr:
    one = _weighted(number, (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)) % 11 % 10
    two = _weighted(number, (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)) % 11 % 10
    return (one == _number(number, 10, 1)) & (two == _number(number, 11, 1))


def _russian_pension(number: pl.Expr) -> pl.Expr:
    """Numbers up to 001-001-998 were given without a check: they pass."""
    early = number.str.head(9).cast(pl.Int64, strict=False) <= 1_001_998
    return early | (_weighted(number, range(9, 0, -1)) % 101 % 100 == _number(number, 9, 2))


def _czech(number: pl.Expr) -> pl.Expr:
    """Nine digits (before 1954) have no check; ten are divisible by 11, or end in 0 where the rest leaves 10."""
    year, month, day = _number(number, 0, 2), _number(number, 2, 2), _number(number, 4, 2)
    plain = month - pl.when(month > 70).then(70).when(month > 50).then(50).when(month > 20).then(20).otherwise(0)
    calendar = plain.is_between(1, 12) & day.is_between(1, 31)
    short = number.str.len_chars() == 9
    rest = number.str.head(9).cast(pl.Int64, strict=False) % 11
    last = _number(number, 9, 1)
    checked = ((number.cast(pl.Int64, strict=False) % 11) == 0) | ((rest == 10) & (last == 0) & year.is_between(54, 85))
    return calendar & pl.when(short).then((year <= 53) & (number.str.tail(3) != "000")).otherwise(checked)


type Check = Callable[[pl.Expr], pl.Expr]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdRule:
    """How an id of one kind is checked."""

    #: pattern of its written form
    shape: str
    #: expression -> whether the check holds, for ids of this shape
    check: Check


RULES: Final[Mapping[str, IdRule]] = {
    "cn_resident": IdRule(shape=r"^(?:\d{17}[\dX]|\d{15})$", check=_chinese),
    "hk_hkid": IdRule(shape=r"^[A-Z]{1,2}\d{6}[\dA]$", check=_hong_kong),
    "us_ssn": IdRule(shape=r"^\d{9}$", check=_american),
    "vn_cccd": IdRule(shape=r"^\d{12}$", check=_vietnamese),
    "id_nik": IdRule(shape=r"^\d{16}$", check=_indonesian),
    "in_aadhaar": IdRule(shape=r"^[2-9]\d{11}$", check=_aadhaar),
    "in_pan": IdRule(shape=r"^[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]$", check=_always),
    "kz_iin": IdRule(shape=r"^\d{6}[1-6]\d{5}$", check=_kazakh),
    "ru_inn": IdRule(shape=r"^\d{12}$", check=_russian_tax),
    "ru_snils": IdRule(shape=r"^\d{11}$", check=_russian_pension),
    "cz_rodne_cislo": IdRule(shape=r"^\d{9,10}$", check=_czech),
    "gb_nino": IdRule(shape=r"^[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]?$", check=_always),
}  # fmt: skip
"""Kind -> rule. PhilSys is missing on purpose: no rule of it is public."""
