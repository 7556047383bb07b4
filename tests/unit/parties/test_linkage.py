# SPDX-License-Identifier: Apache-2.0
"""Who is one human, who is one household, and what a person has to look at (right_party)."""

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rightparty.parties.linkage.clusters import CONTRADICTION, cluster
from rightparty.parties.linkage.frames import CLUSTERS, PAIRS, PEOPLE, POINTS
from rightparty.parties.linkage.index import LinkIndex
from rightparty.parties.linkage.link import fit_linkage, link
from rightparty.parties.linkage.model import LinkageModelError, read_model, shipped_model
from rightparty.parties.linkage.rivals import compete

MODEL = shipped_model()
HOME = {"country": "CN", "postcode": "990001", "address": "建国路88号3单元501"}
ID = "990001199003070132"
OTHER_ID = "990001199003070159"


def people(*rows: dict[str, Any]) -> pl.DataFrame:
    blank = dict.fromkeys(PEOPLE, "") | {"date_of_birth": None, "country": "CN"}
    return pl.DataFrame([blank | row for row in rows], schema=dict(PEOPLE))


def points(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=dict(POINTS), orient="row")


def valid(body: str) -> str:
    weights, checks = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"
    return body + checks[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def one(first: dict[str, Any], second: dict[str, Any], *contacts: tuple[str, str, str, str]) -> dict[str, Any]:
    pairs = link(people({"party_id": "A"} | first, {"party_id": "B"} | second), points(*contacts), model=MODEL)
    assert pairs.height <= 1
    return pairs.row(0, named=True) if pairs.height else {"verdict": "different", "p_same": 0.0, "reasons": []}


BORN = {"date_of_birth": date(1990, 3, 7)}
NUMBER = {"national_id": valid("99000119900307013"), "national_id_type": "resident_identity_card"}
NUMBER_2 = {"national_id": valid("99000119900307015"), "national_id_type": "resident_identity_card"}
SHARED = (("A", "phone", "+8613000000001", "self"), ("B", "phone", "+8613000000001", "self"))


def test_one_human_under_two_ids_is_same_with_its_reasons() -> None:
    pair = one({"full_name": "王伟"} | BORN | NUMBER | HOME, {"full_name": "王偉"} | BORN | NUMBER | HOME)
    assert pair["verdict"] == "same"
    assert {"name.same_in_other_script", "birth_date.same", "national_id.same", "address.same"} <= set(pair["reasons"])
    assert pair["p_same"] + pair["p_household"] + pair["p_other"] == pytest.approx(1)


def test_a_couple_that_shares_phone_and_address_is_a_household() -> None:
    pair = one(
        {"full_name": "王伟", "date_of_birth": date(1990, 3, 7)} | HOME,
        {"full_name": "陈静", "date_of_birth": date(1991, 8, 2)} | HOME, *SHARED,
    )  # fmt: skip
    assert pair["verdict"] == "household"
    assert pair["p_same"] < 0.01


@pytest.mark.parametrize("given", ["亮", "明亮", "敏"])
def test_twins_are_never_merged(given: str) -> None:
    pair = one({"full_name": "李明"} | BORN | HOME, {"full_name": f"李{given}"} | BORN | HOME, *SHARED)
    assert pair["verdict"] != "same"
    assert "contradiction.twins" in pair["reasons"]


def test_two_of_one_name_and_birth_date_and_nothing_else_are_looked_at() -> None:
    pair = one({"full_name": "张丽"} | BORN, {"full_name": "张丽"} | BORN)
    assert pair["verdict"] == "review"
    assert "only.name_and_birth_date" in pair["reasons"]


def test_father_and_son_of_one_name_are_looked_at() -> None:
    address = {"address": "1 Main St", "postcode": "99999", "country": "US"}
    named = one({"full_name": "John Smith Sr."} | address, {"full_name": "John Smith Jr."} | address)
    plain = one({"full_name": "John Smith"} | address, {"full_name": "John Smith"} | address)
    born = one(
        {"full_name": "John Smith", "date_of_birth": date(1950, 5, 5)} | address,
        {"full_name": "John Smith", "date_of_birth": date(1983, 11, 9)} | address,
    )
    assert (named["verdict"], plain["verdict"]) == ("review", "review")
    assert "contradiction.generation" in named["reasons"]
    assert "only.shared_evidence" in plain["reasons"]
    assert born["verdict"] != "same"


def test_two_valid_numbers_of_one_kind_contradict_whatever_else_agrees() -> None:
    pair = one({"full_name": "王伟"} | BORN | NUMBER | HOME, {"full_name": "王伟"} | BORN | NUMBER_2 | HOME, *SHARED)
    assert pair["verdict"] != "same"
    assert "contradiction.national_id" in pair["reasons"] or pair["p_same"] < 0.2


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ({"full_name": "王伟"}, {"full_name": "王玮"}, "name.homophone"),
        ({"full_name": "王伟"}, {"full_name": "Wang Wei"}, "name.same_in_latin"),
        ({"full_name": "王伟"}, {"full_name": "Wei Wang"}, "name.crossed"),
        ({"full_name": "王建国"}, {"full_name": "王*国"}, "name.initial_or_masked"),
        ({"full_name": "Eva Nováková"}, {"full_name": "Eva Novakova"}, "surname.same_in_other_script"),
        ({"full_name": "William Smith"}, {"full_name": "Bill Smith"}, "name.short_form"),
        ({"full_name": "Michael Smith"}, {"full_name": "Micheal Smith"}, "name.slip"),
    ],
)  # fmt: skip
def test_names_agree_by_degrees(first: dict[str, Any], second: dict[str, Any], code: str) -> None:
    rest = BORN | NUMBER | HOME | {"country": "CN" if first["full_name"][0] > "z" else "US"}
    pair = one(first | rest, second | rest)
    assert code in pair["reasons"]


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        (date(1990, 3, 7), date(1990, 7, 3), "birth_date.day_month_swapped"),
        (date(1990, 3, 7), date(1991, 3, 7), "birth_date.one_digit"),
        (date(1990, 1, 1), date(1990, 1, 1), "birth_date.same_filler"),
        (date(1990, 3, 7), date(1962, 11, 28), "birth_date.different"),
    ],
)
def test_birth_dates_agree_by_degrees(first: date, second: date, code: str) -> None:
    row = {"full_name": "王伟"} | NUMBER | HOME
    assert code in one(row | {"date_of_birth": first}, row | {"date_of_birth": second})["reasons"]


def test_a_cluster_that_contradicts_itself_is_not_formed() -> None:
    """B has no number and fits both; A and C have different valid ones."""
    everybody = people({"party_id": "A"} | NUMBER, {"party_id": "B"}, {"party_id": "C"} | NUMBER_2, {"party_id": "D"})
    pairs = pl.DataFrame(
        [("A", "B", "same"), ("B", "C", "same")], schema=["left_id", "right_id", "verdict"], orient="row"
    ).with_columns(
        reasons=pl.lit(["name.same"]), **{name: pl.lit(0.0) for name in PAIRS if name.startswith(("p_", "w"))}
    )
    found = cluster(pairs.select(list(PAIRS)), everybody)
    assert found["person_id"].to_list() == ["A", "B", "C", "D"]
    assert found["reasons"].to_list() == [[CONTRADICTION]] * 3 + [[]]

    fine = cluster(pairs.select(list(PAIRS)), everybody.with_columns(national_id=pl.lit("")))
    assert fine["person_id"].to_list() == ["A", "A", "A", "D"]


def test_a_contradiction_between_two_members_breaks_the_cluster_of_a_third() -> None:
    everybody = people({"party_id": "A"}, {"party_id": "B"}, {"party_id": "C"})
    rows = [("A", "B", "same", []), ("A", "C", "review", ["contradiction.twins"]), ("B", "C", "same", [])]
    pairs = pl.DataFrame(rows, schema={"left_id": pl.String, "right_id": pl.String, "verdict": pl.String,
                                       "reasons": pl.List(pl.String)}, orient="row")  # fmt: skip
    assert cluster(pairs, everybody)["person_id"].to_list() == ["A", "B", "C"]


def test_nobody_at_all_is_no_error() -> None:
    pairs = link(people().clear(), points(), model=MODEL)
    assert pairs.schema == pl.Schema(dict(PAIRS))
    assert cluster(pairs, people().clear()).schema == pl.Schema(dict(CLUSTERS))


def test_rivals_share_what_only_one_can_have() -> None:
    """Two left records of equal odds for one right record, who are certainly not each other."""
    odds = pl.DataFrame({"left": [0, 1], "right": [2, 2], "odds": [50.0, 50.0], "weight_bits": [20.0, 20.0]})
    found = compete(odds, left_unique=True)
    assert found["rivalry"].to_list() == [50.0, 50.0]
    alone = compete(odds.head(1), left_unique=True)
    assert alone["rivalry"].to_list() == [0.0]


def test_ids_of_one_human_are_no_rivals() -> None:
    odds = pl.DataFrame({
        "left": [0, 0, 1], "right": [1, 2, 2], "odds": [50.0, 50.0, 50.0], "weight_bits": [20.0, 20.0, 20.0],
    })  # fmt: skip
    assert compete(odds)["rivalry"].to_list() == [0.0, 0.0, 0.0]
    against = odds.with_columns(weight_bits=pl.Series([-20.0, 20.0, 20.0]), odds=pl.Series([1e-9, 50.0, 50.0]))
    assert compete(against)["rivalry"][1] > 10


def test_an_index_says_what_the_whole_portfolio_says() -> None:
    rows = [
        {"party_id": f"P{n}", "full_name": f"王{a}", "date_of_birth": date(1980 + n, 3, 7)} | HOME
        for n, a in enumerate("伟芳娜敏静丽强磊军洋")
    ]
    new = {"party_id": "new", "full_name": "王偉", "date_of_birth": date(1980, 3, 7)} | HOME
    contacts = points(("P0", "phone", "+8613000000001", "self"), ("P1", "phone", "+8613000000001", "self"))
    own = points(("new", "phone", "+8613000000001", "self"))
    index = LinkIndex(people(*rows), contacts, model=MODEL)
    found = index.candidates_of(people(new).row(0, named=True), own)
    assert found.schema == pl.Schema(dict(PAIRS))
    best = found.sort("p_same", descending=True).row(0, named=True)
    assert (best["left_id"], best["right_id"], best["verdict"]) == ("P0", "new", "same")
    assert found.filter(pl.col("verdict") == "same").height == 1
    whole = link(people(*rows, new), pl.concat([contacts, own]), model=MODEL)
    same = whole.filter((pl.col("right_id") == "new") & (pl.col("verdict") == "same"))
    assert same["left_id"].to_list() == ["P0"]


def test_a_stranger_finds_nobody() -> None:
    index = LinkIndex(people({"party_id": "A", "full_name": "王伟"} | BORN), points(), model=MODEL)
    stranger = people({"party_id": "new", "full_name": "Jana Nováková", "country": "CZ"}).row(0, named=True)
    assert index.candidates_of(stranger, points()).height == 0


def test_a_model_is_a_file() -> None:
    assert read_model(MODEL.as_json()) == MODEL
    with pytest.raises(LinkageModelError, match="has no field 'surname'"):
        read_model(MODEL.as_json().replace('"surname"', '"family_name"'))
    with pytest.raises(LinkageModelError, match="cannot be read"):
        read_model("{}")


def test_a_fit_without_anybody_keeps_its_start() -> None:
    fitted = fit_linkage(people().clear(), points(), start=MODEL, dice=np.random.default_rng(1), version="mine")
    assert_frame_equal(link(people().clear(), points(), model=fitted), pl.DataFrame(schema=dict(PAIRS)))
