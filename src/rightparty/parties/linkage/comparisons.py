# SPDX-License-Identifier: Apache-2.0
"""How two people are compared: graded levels per field, one definition for every engine. Serves right_party.

A level is a condition in the SQL that DuckDB and Spark both speak, over `column_l` and `column_r`; the first that holds
counts. Levels stand from the strongest agreement down; the last always holds. Where a field is missing on a side it
says nothing.
"""

from dataclasses import dataclass
from typing import Final, Literal

type Dialect = Literal["duckdb", "spark"]

MISSING: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One grade of agreement; `condition` in SQL, `bits` names the frequency column that weighs it."""

    code: str
    condition: str
    bits: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One field compared. `shared` fields tend to agree within a household, the others no more than by chance."""

    name: str
    missing: str
    levels: tuple[Level, ...]
    shared: bool = False
    #: columns of the prepared frame that the conditions read
    columns: tuple[str, ...] = ()

    @property
    def different(self) -> int:
        """The number of the last level."""
        return len(self.levels) - 1


def _equal(*columns: str) -> str:
    return " and ".join(f"{column}_l = {column}_r" for column in columns)


def _latin(part: str) -> str:
    """One of the two is written in Latin letters: a letter apart is a slip. Between characters it is another name."""
    return f"({part}_l = {part}_roman_l or {part}_r = {part}_roman_r)"


def _slip(column: str, letters: str, least: int) -> str:
    """One letter more, less or wrong, or two swapped."""
    distance = f"levenshtein({column}_l, {column}_r)"
    return (
        f"(length({column}_l) >= {least} and length({column}_r) >= {least} and "
        f"({distance} <= 1 or ({distance} = 2 and {letters}_l = {letters}_r)))"
    )


def _near(part: str) -> str:
    roman = f"{part}_roman"
    return (
        f"((length({roman}_l) >= 5 and length({roman}_r) >= 5 and levenshtein({roman}_l, {roman}_r) <= 2) "
        f"or (length({part}_sound_l) >= 3 and {part}_sound_l = {part}_sound_r) "
        f"or (length({roman}_l) >= 8 and length({roman}_r) >= 8 and levenshtein({roman}_l, {roman}_r) <= 3))"
    )


def _starts(part: str, least: int) -> str:
    roman = f"{part}_roman"
    shorter = f"least(length({roman}_l), length({roman}_r))"
    return f"({shorter} >= {least} and substr({roman}_l, 1, {shorter}) = substr({roman}_r, 1, {shorter}))"


def _initial(part: str) -> str:
    roman = f"{part}_roman"
    return f"((length({roman}_l) = 1 or length({roman}_r) = 1) and substr({roman}_l, 1, 1) = substr({roman}_r, 1, 1))"


_STARRED: Final = "strpos(given_l, '*') > 0 or strpos(given_r, '*') > 0"
_CROSSED: Final = "given_roman_l = surname_roman_r and surname_roman_l = given_roman_r"
_NAME_COLUMNS: Final = ("text", "tone", "roman", "shape", "stem", "sound", "letters")


def _part_columns(part: str) -> tuple[str, ...]:
    return (part, *(f"{part}_{form}" for form in _NAME_COLUMNS))


GIVEN: Final = Comparison(
    name="given_name",
    missing="given_roman_l is null or given_roman_r is null",
    columns=_part_columns("given"),
    levels=(
        Level(code="name.same", condition=_equal("given_text"), bits="given_bits"),
        Level(code="name.same_in_other_script", condition=_equal("given"), bits="given_bits"),
        Level(code="name.homophone", condition=_equal("given_tone"), bits="given_roman_bits"),
        Level(code="name.same_in_latin", condition=_equal("given_roman"), bits="given_roman_bits"),
        Level(code="name.crossed", condition=_CROSSED, bits="given_roman_bits"),
        Level(code="name.short_form", condition=f"({_equal('given_stem')} or {_equal('given_shape')})"),
        Level(code="name.slip", condition=f"({_latin('given')} and {_slip('given_roman', 'given_letters', 3)})"),
        Level(code="name.near", condition=_near("given")),
        Level(code="name.initial_or_masked", condition=(
            f"(({_latin('given')} and {_starts('given', 1)}) or {_STARRED})")),
        Level(code="name.different", condition="true"),
    ),
)  # fmt: skip

SURNAME: Final = Comparison(
    name="surname",
    missing="surname_roman_l is null or surname_roman_r is null",
    shared=True,
    columns=_part_columns("surname"),
    levels=(
        Level(code="surname.same", condition=_equal("surname_text"), bits="surname_bits"),
        Level(code="surname.same_in_other_script", condition=_equal("surname"), bits="surname_bits"),
        Level(code="surname.homophone", condition=_equal("surname_tone"), bits="surname_roman_bits"),
        Level(code="surname.same_in_latin", condition=_equal("surname_roman"), bits="surname_roman_bits"),
        Level(code="surname.crossed", condition=_CROSSED, bits="surname_roman_bits"),
        Level(code="surname.same_stem", condition=f"({_equal('surname_stem')} or {_equal('surname_shape')})"),
        Level(code="surname.slip", condition=(
            f"({_latin('surname')} and {_slip('surname_roman', 'surname_letters', 4)})")),
        Level(code="surname.near", condition=(
            f"({_near('surname')} or {_starts('surname', 4)} or {_initial('surname')})")),
        Level(code="surname.different", condition="true"),
    ),
)  # fmt: skip

MIDDLE: Final = Comparison(
    name="middle_name",
    missing="middle_l is null or middle_r is null",
    columns=("middle",),
    levels=(
        Level(code="middle_name.same", condition=_equal("middle"), bits="middle_bits"),
        Level(code="middle_name.different", condition="true"),
    ),
)

_PARTS_OF_DATE: Final = (
    "((substr(birth_l, 1, 6) = substr(birth_r, 1, 6)) or (substr(birth_l, 5, 4) = substr(birth_r, 5, 4)) or "
    "(substr(birth_l, 1, 4) = substr(birth_r, 1, 4) and substr(birth_l, 7, 2) = substr(birth_r, 7, 2)))"
)
_SWAPPED: Final = (
    "substr(birth_l, 1, 4) = substr(birth_r, 1, 4) and substr(birth_l, 5, 2) = substr(birth_r, 7, 2) "
    "and substr(birth_l, 7, 2) = substr(birth_r, 5, 2)"
)

BIRTH: Final = Comparison(
    name="birth_date",
    missing="birth_l is null or birth_r is null",
    columns=("birth", "birth_digits"),
    levels=(
        Level(code="birth_date.same", condition=f"({_equal('birth')} and substr(birth_l, 5, 4) <> '0101')"),
        Level(code="birth_date.same_filler", condition=_equal("birth")),
        Level(code="birth_date.day_month_swapped", condition=f"({_SWAPPED})"),
        Level(code="birth_date.one_digit", condition=_slip("birth", "birth_digits", 4)),
        Level(code="birth_date.two_parts", condition=_PARTS_OF_DATE),
        Level(code="birth_date.same_year", condition="substr(birth_l, 1, 4) = substr(birth_r, 1, 4)"),
        Level(code="birth_date.near", condition="levenshtein(birth_l, birth_r) <= 3"),
        Level(code="birth_date.different", condition="true"),
    ),
)

_BOTH_VALID: Final = "(coalesce(is_valid_l, false) and coalesce(is_valid_r, false))"
_TAILS: Final = "substr(number_l, length(number_l) - 3, 4) = substr(number_r, length(number_r) - 3, 4)"
_MASKED: Final = "(strpos(number_l, '*') > 0 or strpos(number_r, '*') > 0)"

NUMBER: Final = Comparison(
    name="national_id",
    missing="number_l is null or number_r is null or kind_l <> kind_r",
    columns=("number", "kind", "is_valid", "number_digits"),
    levels=(
        Level(code="national_id.same", condition=(
            f"({_equal('number')} and coalesce(is_valid_l, true) and not {_MASKED})")),
        Level(code="national_id.same_but_invalid", condition=f"({_equal('number')} and not {_MASKED})"),
        Level(code="national_id.masked_fits", condition=(
            f"({_MASKED} and {_TAILS} and substr(number_l, 1, 3) = substr(number_r, 1, 3))")),
        Level(code="national_id.slip", condition=(
            f"(not {_BOTH_VALID} and not {_MASKED} and {_slip('number', 'number_digits', 5)})")),
        Level(code="national_id.near", condition=(
            f"(not {_BOTH_VALID} and not {_MASKED} and levenshtein(number_l, number_r) <= 3)")),
        Level(code="national_id.different_unchecked", condition=f"(not {_BOTH_VALID})"),
        Level(code="national_id.different", condition="true"),
    ),
)  # fmt: skip

HOME: Final = Comparison(
    name="address",
    missing="coalesce(street_l, house_l, area_l) is null or coalesce(street_r, house_r, area_r) is null",
    shared=True,
    columns=("street", "house", "unit", "area"),
    levels=(
        Level(code="address.same", bits="home_bits", condition=(
            f"({_equal('street', 'house')} and coalesce(unit_l, '') = coalesce(unit_r, ''))")),
        Level(code="address.same_house", condition=_equal("street", "house"), bits="home_bits"),
        Level(code="address.slip", condition=(
            "((house_l = house_r and length(street_l) >= 5 and levenshtein(street_l, street_r) <= 3) or "
            "(street_l = street_r and levenshtein(house_l, house_r) <= 1))")),
        Level(code="address.partly_known", condition=(
            "((house_l = house_r and (street_l is null or street_r is null)) or "
            "(street_l = street_r and (house_l is null or house_r is null)))")),
        Level(code="address.same_street", condition=_equal("street")),
        Level(code="address.same_number_elsewhere", condition="(house_l = house_r and unit_l = unit_r)"),
        Level(code="address.same_area", condition=_equal("area"), bits="area_bits"),
        Level(code="address.different", condition="true"),
    ),
)  # fmt: skip


def _points(channel: str) -> Comparison:
    own, other = f"{channel}_own", f"{channel}_other"
    listed = (
        f"(arrays_overlap({own}_l, {other}_r) or arrays_overlap({other}_l, {own}_r) "
        f"or arrays_overlap({other}_l, {other}_r))"
    )
    return Comparison(
        name=channel,
        missing=f"size({own}_l) = 0 or size({own}_r) = 0",
        shared=True,
        columns=(own, other),
        levels=(
            Level(code=f"{channel}.same", condition=f"arrays_overlap({own}_l, {own}_r)"),
            Level(code=f"{channel}.listed_by_other", condition=listed),
            Level(code=f"{channel}.different", condition="true"),
        ),
    )


COMPARISONS: Final = (GIVEN, SURNAME, MIDDLE, BIRTH, NUMBER, HOME, _points("phone"), _points("email"))
"""Every field compared, in the order of a pair's reasons."""

WEIGHED: Final = ("given", "given_roman", "surname", "surname_roman", "middle", "home", "area")
"""The columns whose frequency weighs, as `…_bits`."""

_DUCKDB: Final = {"arrays_overlap(": "list_has_any(", "size(": "len("}


def spoken(condition: str, dialect: Dialect) -> str:
    """Return a condition in an engine's words."""
    if dialect == "duckdb":
        for word, own in _DUCKDB.items():
            condition = condition.replace(word, own)
    return condition.replace("strpos(", "instr(") if dialect == "spark" else condition
