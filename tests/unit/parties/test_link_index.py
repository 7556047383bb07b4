# SPDX-License-Identifier: Apache-2.0
"""The index says about applicants what linkage says about everybody: one, many, from any thread (right_party)."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from benchmarks.linkage.chinese import Portfolio, chinese_portfolio
from rightparty.parties.linkage.engines import GAMMAS, READ, PairGrader, grade
from rightparty.parties.linkage.frames import PAIRS, PEOPLE, POINTS
from rightparty.parties.linkage.index import LinkIndex
from rightparty.parties.linkage.link import link, ready
from rightparty.parties.linkage.model import shipped_model
from rightparty.parties.linkage.prepare import CROWD

MODEL = shipped_model()
SOME = 50


@pytest.fixture(scope="module")
def made() -> Portfolio:
    return chinese_portfolio(2_000, np.random.default_rng(5))


@pytest.fixture(scope="module")
def index(made: Portfolio) -> LinkIndex:
    return LinkIndex(made.people, made.points, model=MODEL)


@pytest.fixture(scope="module")
def applicants(made: Portfolio) -> pl.DataFrame:
    return made.people.select(PEOPLE.keys()).sample(SOME, seed=3)


def points_of(made: Portfolio, applicants: pl.DataFrame) -> pl.DataFrame:
    return made.points.join(applicants.select("party_id"), on="party_id", how="semi")


def one_by_one(index: LinkIndex, made: Portfolio, applicants: pl.DataFrame) -> pl.DataFrame:
    found = [index.candidates_of(row, points_of(made, applicants.filter(pl.col("party_id") == row["party_id"])))
             for row in applicants.iter_rows(named=True)]  # fmt: skip
    lower = pl.concat(found).sort("p_same", "p_household").unique(["left_id", "right_id"], keep="first")
    return lower.sort("left_id", "right_id")


def test_many_at_once_are_judged_like_one_by_one(
    made: Portfolio, index: LinkIndex, applicants: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rightparty.parties.linkage.index.AT_ONCE", 16)
    together = index.candidates_of_many(applicants, points_of(made, applicants))
    assert together.height > SOME / 2
    assert_frame_equal(together, one_by_one(index, made, applicants), rel_tol=0, abs_tol=1e-9)


def test_strangers_to_the_index_are_judged_like_one_by_one(made: Portfolio, applicants: pl.DataFrame) -> None:
    few = applicants.head(10)
    without = LinkIndex(made.people.join(few, on="party_id", how="anti"), made.points, model=MODEL)
    together = without.candidates_of_many(few, points_of(made, few))
    assert together.height
    assert_frame_equal(together, one_by_one(without, made, few), rel_tol=0, abs_tol=1e-9)


def test_the_index_finds_the_pairs_of_the_whole_portfolio_with_their_chances(
    made: Portfolio, index: LinkIndex, applicants: pl.DataFrame
) -> None:
    """A chance may be higher by the rivals that only the whole portfolio shows; everything else is the same."""
    asked = applicants["party_id"].implode()
    touches = pl.any_horizontal(pl.col("left_id", "right_id").is_in(asked))
    whole = link(made.people, made.points, model=MODEL).filter(touches)
    found = index.candidates_of_many(applicants, points_of(made, applicants))
    chances = ["p_same", "p_household", "p_other"]
    assert_frame_equal(found.drop(chances), whole.drop(chances), rel_tol=0, abs_tol=1e-9)
    higher = (found["p_same"] - whole["p_same"]).to_numpy()
    assert higher.min() > -1e-9
    assert (np.abs(higher) < 1e-9).mean() > 0.95
    assert higher.max() < 1e-3


def test_threads_may_ask_one_index(made: Portfolio, index: LinkIndex, applicants: pl.DataFrame) -> None:
    asked = [(row, points_of(made, applicants.filter(pl.col("party_id") == row["party_id"])))
             for row in applicants.head(12).iter_rows(named=True)]  # fmt: skip
    alone = [index.candidates_of(row, own) for row, own in asked]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda each: index.candidates_of(*each), asked))
    for first, second in zip(alone, together, strict=True):
        assert_frame_equal(first, second)


def test_a_statement_planned_once_grades_like_one_planned_anew(made: Portfolio) -> None:
    frame = ready(made.people.head(300), made.points)
    grader = PairGrader(frame)
    for last in (40, 3, 299):
        pairs = pl.DataFrame({"left": [0] * (last - 1), "right": list(range(1, last))}, schema_overrides={
            "left": pl.Int64, "right": pl.Int64})  # fmt: skip
        expected = grade(frame, pairs=pairs)
        assert_frame_equal(grader.grade(frame.select("row", *READ), pairs), expected.select("left", "right", *GAMMAS))


def test_what_a_crowd_gives_is_no_evidence_of_an_applicant_either() -> None:
    blank = dict.fromkeys(PEOPLE, "") | {"date_of_birth": None, "country": "CN", "full_name": "王伟"}
    rows = [blank | {"party_id": f"P{n:02d}"} for n in range(CROWD + 1)]
    contacts = pl.DataFrame([(row["party_id"], "phone", "+8613000000001", "self") for row in rows],
                            schema=dict(POINTS), orient="row")  # fmt: skip
    everybody = pl.DataFrame(rows, schema=dict(PEOPLE))
    index = LinkIndex(everybody, contacts, model=MODEL)
    own = contacts.head(1).with_columns(party_id=pl.lit("new"))
    found = index.candidates_of(blank | {"party_id": "new"}, own)
    assert not found.filter(pl.col("reasons").list.contains("phone.same")).height
    assert not found.filter(pl.col("reasons").list.contains("phone.different")).height


def test_nobody_is_found_among_nobody(made: Portfolio, applicants: pl.DataFrame) -> None:
    index = LinkIndex(made.people.clear(), made.points.clear(), model=MODEL)
    assert index.candidates_of_many(applicants, points_of(made, applicants)).schema == pl.Schema(dict(PAIRS))
    assert index.candidates_of_many(applicants.clear(), made.points.clear()).height == 0
