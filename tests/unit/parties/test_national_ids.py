# SPDX-License-Identifier: Apache-2.0
"""right_party: national ids are checked by their own rule, and nobody is accused where there is none.

Worked examples are those of standards and manuals; the others are made up here to fit a rule, and are nobody's.
"""

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightparty.parties.national_ids import (
    RULES,
    birth_in_id,
    check_national_ids,
    contradicts_birth,
    kind_of_id,
    sex_in_id,
    with_id_findings,
)


def ask(number: str | None, kind: str | None, born: date | None = None) -> dict[str, object]:
    frame = pl.DataFrame(
        {"n": [number], "k": [kind], "b": [born]}, schema={"n": pl.String, "k": pl.String, "b": pl.Date}
    )
    n, k = pl.col("n"), pl.col("k")
    return frame.select(
        check=check_national_ids(n, k, among=[kind or ""]),
        born=birth_in_id(n, k),
        sex=sex_in_id(n, k),
        differs=contradicts_birth(n, k, pl.col("b")),
    ).row(0, named=True)


@pytest.mark.parametrize(
    ("kind", "number", "check"),
    [
        ("cn_resident", "11010519491231002X", "valid"),  # GB 11643-1999
        ("cn_resident", "11010519491231002x", "valid"),
        ("cn_resident", "110105194912310021", "invalid"),
        ("cn_resident", "110105194902310021", "invalid"),  # 31 February
        ("cn_resident", "110105491231002", "valid"),  # 15 digits, before 1999
        ("cn_resident", "110105491331002", "invalid"),
        ("hk_hkid", "A123456(3)", "valid"),  # the specimen card
        ("hk_hkid", "A123456(4)", "invalid"),
        ("hk_hkid", "AB987654(3)", "valid"),
        ("us_ssn", "123-45-6789", "valid"),
        ("us_ssn", "666-45-6789", "invalid"),
        ("us_ssn", "000-45-6789", "invalid"),
        ("us_ssn", "900-45-6789", "invalid"),
        ("us_ssn", "123-00-6789", "invalid"),
        ("us_ssn", "123-45-0000", "invalid"),
        ("vn_cccd", "001099012345", "valid"),
        ("vn_cccd", "000099012345", "invalid"),
        ("vn_cccd", "001499012345", "invalid"),  # born after 2100
        ("vn_cccd", "999099012345", "unknown"),  # registered abroad: no public list
        ("id_nik", "3171236005900001", "valid"),  # a woman, 20 May 1990
        ("id_nik", "3171233205900001", "invalid"),  # the 32nd
        ("in_aadhaar", "496858245152", "valid"),  # the worked example of a Verhoeff library
        ("in_aadhaar", "496858245125", "invalid"),  # two digits exchanged
        ("in_aadhaar", "196858245152", "invalid"),
        ("in_pan", "ABCPD1234E", "valid"),
        ("in_pan", "ABCZD1234E", "invalid"),
        ("ru_snils", "112-233-445 95", "valid"),  # the pension fund's example
        ("ru_snils", "112-233-445 96", "invalid"),
        ("ru_snils", "001-001-998 00", "valid"),  # given before there was a check
        ("ru_inn", "500100732259", "valid"),  # the tax service's example
        ("ru_inn", "500100732258", "invalid"),
        ("cz_rodne_cislo", "111213/3121", "valid"),
        ("cz_rodne_cislo", "111213/3122", "invalid"),
        ("cz_rodne_cislo", "401213/312", "valid"),  # nine digits, before 1954
        ("cz_rodne_cislo", "601213/312", "invalid"),
        ("gb_nino", "AB 12 34 56 C", "valid"),
        ("gb_nino", "QQ123456C", "invalid"),  # the prefix used in examples because nobody has it
        ("ph_philsys", "1234567890123456", "unknown"),
        ("cn_resident", "", "unknown"),
        ("cn_resident", None, "unknown"),
        (None, "123", "unknown"),
    ],
)
def test_an_id_is_checked_by_its_own_rule(kind: str | None, number: str | None, check: str) -> None:
    assert ask(number, kind)["check"] == check


@pytest.mark.parametrize(
    ("kind", "number", "born", "sex"),
    [
        ("cn_resident", "11010519491231002X", date(1949, 12, 31), "f"),
        ("cn_resident", "110105491231003", date(1949, 12, 31), "m"),
        ("cz_rodne_cislo", "116213/3121", date(2011, 12, 13), "f"),
        ("cz_rodne_cislo", "401213/312", date(1940, 12, 13), "m"),
        ("kz_iin", "900520450001", date(1990, 5, 20), "f"),
        ("kz_iin", "010520550001", date(2001, 5, 20), "m"),
        ("us_ssn", "123-45-6789", None, None),
    ],
)
def test_an_id_tells_birth_and_sex_as_far_as_it_carries_them(
    kind: str, number: str, born: date | None, sex: str | None
) -> None:
    told = ask(number, kind)
    assert (told["born"], told["sex"]) == (born, sex)


@pytest.mark.parametrize(
    ("kind", "number", "born", "differs"),
    [
        ("id_nik", "3171236005900001", date(1990, 5, 20), False),
        ("id_nik", "3171236005900001", date(1990, 5, 21), True),
        ("vn_cccd", "001199012345", date(1999, 1, 1), False),
        ("vn_cccd", "001199012345", date(1998, 1, 1), True),
        ("cn_resident", "11010519491231002X", None, None),
        ("us_ssn", "123-45-6789", date(1990, 1, 1), None),
    ],
)
def test_another_birth_date_than_the_ids_is_told(
    kind: str, number: str, born: date | None, differs: bool | None
) -> None:
    assert ask(number, kind, born)["differs"] == differs


def iin(body: str) -> str:
    """Return a Kazakh number with its check digit, written down once more as the decree has it; "" if there is none."""
    digits = [int(digit) for digit in body]
    check = sum(digit * weight for digit, weight in zip(digits, range(1, 12), strict=True)) % 11
    if check == 10:
        check = sum(d * w for d, w in zip(digits, (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2), strict=True)) % 11
    return "" if check == 10 else f"{body}{check}"


def checks(numbers: list[str], kind: str) -> list[str]:
    frame = pl.DataFrame({"n": numbers}, schema={"n": pl.String})
    return frame.select(check_national_ids(pl.col("n"), pl.lit(kind), among=[kind])).to_series().to_list()


@settings(max_examples=10)
@given(
    st.lists(
        st.tuples(st.dates(date(1950, 1, 1), date(2009, 12, 31)), st.integers(0, 9999), st.booleans()),
        min_size=50, max_size=200,
    )
)  # fmt: skip
def test_every_kazakh_number_made_by_the_decree_is_valid_and_a_changed_digit_is_not(
    people: list[tuple[date, int, bool]],
) -> None:
    bodies = [f"{born:%y%m%d}{(3 if born.year < 2000 else 5) + woman}{serial:04d}" for born, serial, woman in people]
    numbers = [number for body in bodies if (number := iin(body))]
    assert set(checks(numbers, "kz_iin")) == {"valid"}
    assert set(checks([f"{n[:-1]}{(int(n[-1]) + 1) % 10}" for n in numbers], "kz_iin")) == {"invalid"}


@settings(max_examples=10)
@given(st.integers(0, 2**32), st.integers(0, 11), st.integers(1, 9))
def test_verhoeff_finds_every_single_wrong_digit_and_every_exchange_of_neighbours(
    seed: int, place: int, step: int
) -> None:
    dice = np.random.default_rng(seed)
    bodies = [f"{dice.integers(2 * 10**10, 10**11)}" for _ in range(40)]
    every = [f"{body}{digit}" for body in bodies for digit in range(10)]
    whole = [number for number, check in zip(every, checks(every, "in_aadhaar"), strict=True) if check == "valid"]
    assert [number[:11] for number in whole] == bodies, "each body has one check digit"
    wrong = [f"{n[:place]}{(int(n[place]) + step) % 10}{n[place + 1 :]}" for n in whole]
    assert set(checks(wrong, "in_aadhaar")) == {"invalid"}
    swapped = [f"{n[:5]}{n[6]}{n[5]}{n[7:]}" for n in whole if n[5] != n[6]]
    assert set(checks(swapped, "in_aadhaar")) <= {"invalid"}


@settings(max_examples=4)
@given(st.lists(st.text(max_size=24), min_size=20, max_size=200))
def test_any_text_has_an_answer(texts: list[str]) -> None:
    kinds = [*RULES, "ph_philsys", "nothing", None]
    frame = pl.DataFrame({"n": texts, "k": (kinds * len(texts))[: len(texts)]})
    told = frame.select(check_national_ids(pl.col("n"), pl.col("k"))).to_series()
    assert told.is_in(["valid", "invalid", "unknown"]).all()


@pytest.mark.parametrize(
    ("country", "id_type", "kind"),
    [
        ("CN", "", "cn_resident*"), ("CN", "resident_identity_card", "cn_resident"), ("CN", "Passport", None),
        ("HK", "HKID", "hk_hkid"), ("US", "ssn", "us_ssn"), ("IN", "Aadhaar", "in_aadhaar"), ("IN", "id", None),
        ("CZ", "rodné číslo", "cz_rodne_cislo"), ("PH", "PhilSys", "ph_philsys"), ("DE", "id", None),
    ],
)  # fmt: skip
def test_the_kind_is_what_the_lender_calls_it_or_what_the_country_has(
    country: str, id_type: str, kind: str | None
) -> None:
    frame = pl.DataFrame({"country": [country], "id_type": [id_type]})
    assert frame.select(kind_of_id(pl.col("country"), pl.col("id_type"))).item() == kind


def test_an_unnamed_document_of_another_shape_is_not_called_wrong() -> None:
    people = pl.DataFrame(
        {"country": ["CN"] * 3, "national_id": ["E1234567", "E1234567", "11010519491231002X"],
         "national_id_type": ["id", "resident", ""], "date_of_birth": [date(1949, 12, 31)] * 3, "sex": ["m", "m", "m"]}
    )  # fmt: skip
    told = with_id_findings(people)
    assert told["id_check"].to_list() == ["unknown", "invalid", "valid"]
    assert told["id_sex_differs"].to_list() == [None, None, True]
    assert told["id_born_differs"].to_list() == [None, None, False]
