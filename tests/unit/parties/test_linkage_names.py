# SPDX-License-Identifier: Apache-2.0
"""Names, numbers and addresses as linkage reads them (right_party)."""

import polars as pl
import pytest

from rightparty.parties.linkage.homes import read_homes
from rightparty.parties.linkage.names import scripts_of, split_names
from rightparty.parties.linkage.national_ids import read_ids
from rightparty.parties.national_ids import check_character


def parts(full_name: str, country: str = "CN") -> dict[str, str]:
    people = pl.DataFrame({"full_name": [full_name], "country": [country]})
    return split_names(people.lazy(), scripts_of(people)).collect().row(0, named=True)


@pytest.mark.parametrize(
    ("name", "surname", "given"),
    [
        ("单雄信", "shan", "xiongxin"), ("仇英", "qiu", "ying"), ("解缙", "xie", "jin"), ("尉迟恭", "yuchi", "gong"),
        ("曾国藩", "zeng", "guofan"), ("朴正恩", "piao", "zhengen"), ("查良镛", "zha", "liangyong"),
        ("区志强", "ou", "zhiqiang"), ("乐嘉", "yue", "jia"), ("万俟卨", "moqi", "xie"), ("盖叫天", "ge", "jiaotian"),
        ("欧阳修", "ouyang", "xiu"), ("歐陽修", "ouyang", "xiu"), ("任盈盈", "ren", "yingying"),
    ],
)  # fmt: skip
def test_a_surname_is_read_as_a_surname(name: str, surname: str, given: str) -> None:
    read = parts(name)
    assert (read["surname_roman"], read["given_roman"]) == (surname, given)


def test_traditional_and_simplified_characters_are_one_name_but_not_one_spelling() -> None:
    simple, traditional = parts("张伟"), parts("張偉")
    assert traditional["given"] == simple["given"]
    assert traditional["given_text"] != simple["given_text"]


def test_characters_of_one_sound_differ_in_writing_only() -> None:
    one, other = parts("李丽"), parts("李莉")
    assert one["given"] != other["given"]
    assert one["given_tone"] == other["given_tone"]


@pytest.mark.parametrize("name", ["Li Wei", "Wei Li"])
def test_an_order_that_cannot_be_told_is_left_to_the_comparison(name: str) -> None:
    assert {parts(name)["given_roman"], parts(name)["surname_roman"]} == {"li", "wei"}


@pytest.mark.parametrize(
    ("name", "country", "surname", "given", "middle"),
    [
        ("Nguyễn Thị Minh Khai", "VN", "nguyen", "khai", "t"), ("Đỗ Văn Đức", "VN", "do", "duc", "v"),
        ("Mary Ann Smith", "US", "smith", "mary", "a"), ("Smith, John Q", "US", "smith", "john", "q"),
        ("Ludwig van Beethoven", "CZ", "vanbeethoven", "ludwig", ""), ("Bob", "US", "bob", "", ""),
        ("Guoqiang Zhang", "CN", "zhang", "guoqiang", ""), ("", "US", "", "", ""),
    ],
)  # fmt: skip
def test_latin_names_are_taken_apart(name: str, country: str, surname: str, given: str, middle: str) -> None:
    read = parts(name, country)
    assert (read["surname"], read["given"], read["middle"]) == (surname, given, middle)


def test_a_czech_daughter_shares_her_fathers_stem() -> None:
    assert parts("Jana Nováková", "CZ")["surname_stem"] == parts("Petr Novák", "CZ")["surname_stem"]


def test_a_middle_dot_parts_own_name_and_fathers_name() -> None:
    read = parts("买买提·艾力")
    assert (read["given"], read["surname"]) == ("买买提", "艾力")


def test_junior_is_no_part_of_the_name() -> None:
    read = parts("John Smith Jr.", "US")
    assert (read["surname"], read["generation"]) == ("smith", "jr")


@pytest.mark.parametrize("filler", ["Unknown", "N/A", "不详", "Mother"])
def test_a_filler_is_no_name(filler: str) -> None:
    people = pl.DataFrame(
        {"full_name": [""], "country": ["US"], "given_name": [filler.replace("/", "")], "surname": ["Doe"]}
    )
    assert split_names(people.lazy(), scripts_of(people)).collect()["given"].to_list() == [""]


def ids(number: str, kind: str, country: str = "") -> dict[str, object]:
    people = pl.DataFrame({"national_id": [number], "national_id_type": [kind], "country": [country]})
    return read_ids(people).collect().row(0, named=True)


@pytest.mark.parametrize(
    ("number", "kind", "valid"),
    [
        ("11010519491231002X", "resident_identity_card", True), ("110105194912310021", "resident_identity_card", False),
        ("000-12-3456", "ssn", False), ("666-12-3456", "ssn", False), ("123-45-6789", "ssn", True),
        ("900-12-3456", "ssn", False), ("123-00-6789", "ssn", False),
        ("736028/5163", "rodne_cislo", True), ("736028/5164", "rodne_cislo", False),
        ("739928/5163", "rodne_cislo", False),
        ("001099000001", "cccd", True), ("999099000001", "cccd", None),
        ("1101051949****002X", "resident_identity_card", None), ("abc", "library card", None),
    ],
)  # fmt: skip
def test_a_number_says_whether_it_can_exist(number: str, kind: str, valid: bool | None) -> None:
    assert ids(number, kind)["is_valid"] is valid


def test_the_fifteen_digits_of_before_1999_are_the_eighteen_of_today() -> None:
    assert ids("110105491231002", "resident_identity_card")["number"] == "11010519491231002X"


def test_every_single_wrong_digit_and_every_swap_is_noticed() -> None:
    """GB 11643 notices both; the promise is only that it was typed right."""
    body = "11010519491231002"
    good = pl.select(check_character(pl.lit(body))).item()
    wrong = [body[:at] + digit + body[at + 1 :] for at in range(17) for digit in "0123456789" if digit != body[at]] + [
        body[:at] + body[at + 1] + body[at] + body[at + 2 :] for at in range(16) if body[at] != body[at + 1]
    ]
    digits = pl.DataFrame({"b": wrong}).select(check_character(pl.col("b"))).to_series()
    assert good not in digits.to_list()


@pytest.mark.parametrize(
    ("address", "street", "house", "unit"),
    [
        ("5112 145th St unit 7", "145th st", "5112", "7"), ("Ukázková 12/5", "ukazkova", "12-5", ""),
        ("建国路88号3单元501", "建国路 号 单元", "88-3-501", ""), ("", "", "", ""),
    ],
)  # fmt: skip
def test_addresses_are_read(address: str, street: str, house: str, unit: str) -> None:
    people = pl.LazyFrame({"address": [address], "postcode": [""], "region": ["X"]})
    assert read_homes(people).collect().row(0, named=True) == {
        "unit": unit, "house": house, "street": street, "area": "x",
    }  # fmt: skip
