# SPDX-License-Identifier: Apache-2.0
"""Loads and linked persons: an application is linked as it comes, a revert takes back what it brought (right_party)."""

from datetime import datetime
from pathlib import Path

import pytest

from rightparty.intake.operations.load_portfolio import load_portfolio
from rightparty.intake.operations.revert_load import revert_load
from rightparty.parties.linked.queries import doubts_as_of_now, history_of
from rightparty.parties.linked.rules import LinkRules, read_rules
from rightparty.parties.models import LinkReview, PersonLink
from rightparty.parties.operations import link_applicants as linking
from rightparty.parties.operations.decide_link import answer_review
from rightparty.parties.operations.merge_persons import merge_persons
from rightparty.parties.operations.split_person import split_person
from tests.integration.intake.test_loads import FILES, current, write
from tests.integration.parties.humans import persons

pytestmark = pytest.mark.django_db(transaction=True)
WHO = {"by": "reviewer", "reason": "spoke to them"}
HEAD = FILES["parties"].splitlines()[0] + "\n"
ONLY_PARTIES = dict.fromkeys(FILES)


@pytest.fixture(autouse=True)
def house(monkeypatch: pytest.MonkeyPatch) -> None:
    """A house that lets the model merge what it calls the same at 0.99."""

    def rules() -> LinkRules:
        return read_rules("merge_from = 0.99")

    monkeypatch.setattr(linking, "installed_link_rules", rules)


def brought(folder: Path, rows: str, at: datetime) -> int:
    report = load_portfolio(write(folder, **{**ONLY_PARTIES, "parties": HEAD + rows}), at=at)
    assert report.load_id
    return report.load_id


def test_a_document_joins_over_loads_and_both_can_be_reverted_in_any_order(tmp_path: Path, at: datetime) -> None:
    first = brought(tmp_path / "1", "P1,王小明,CN,id,X1,1990-01-02\n", at)
    before = current()
    second = brought(tmp_path / "2", "P0,王小明,CN,id,X1,1990-01-02\n", at)
    assert persons() == {"P0": "P0", "P1": "P0"}
    revert_load(first, at=at)
    assert persons() == {"P0": "P0"}
    revert_load(second, at=at)
    assert persons() == {}
    brought(tmp_path / "3", "P1,王小明,CN,id,X1,1990-01-02\n", at)
    assert current()["parties"] == before["parties"]


def test_a_file_delivered_again_with_another_id_of_one_human_changes_no_row_of_the_others(
    tmp_path: Path, at: datetime
) -> None:
    mine = "P1,王小明,CN,id,X1,1990-01-02\nP5,李四,CN,id,X5,1980-01-02\n"
    first = brought(tmp_path / "1", mine, at)
    report = load_portfolio(
        write(tmp_path / "2", **{**ONLY_PARTIES, "parties": HEAD + mine + "P0,王小明,CN,id,X1,1990-01-02\n"}), at=at
    )
    [parties] = [table for table in report.tables if table.table == "parties"]
    assert (parties.added, parties.changed, parties.unchanged) == (1, 0, 2)
    assert history_of(["P1"]).select("party_id", "from_person", "to_person").rows() == [("P1", "P1", "P0")]
    revert_load(first, at=at)
    assert persons() == {"P0": "P0"}


def test_an_application_is_linked_by_the_model_and_the_revert_takes_the_link_back(tmp_path: Path, at: datetime) -> None:
    points = FILES["contact_points"].splitlines()[0] + "\n"
    mine = (
        "{0},phone,13812345678,application,2026-01-01T10:00:00Z\n{0},email,x@example.com,branch,2026-01-01T10:00:00Z\n"
    )
    rows = "P1,欧阳修竹,CN,id,X1,1990-01-02\nP5,李四,CN,id,X5,1980-01-02\n"
    first = {"parties": HEAD + rows, "contact_points": points + mine.format("P1")}
    load_portfolio(write(tmp_path / "1", **{**ONLY_PARTIES, **first}), at=at)
    before = current()
    second = {"parties": HEAD + "P3,欧阳修竹,CN,,,1990-01-02\n", "contact_points": points + mine.format("P3")}
    report = load_portfolio(write(tmp_path / "2", **{**ONLY_PARTIES, **second}), at=at)
    assert persons() == {"P1": "P1", "P3": "P1", "P5": "P5"}
    assert PersonLink.objects.get(ended_by=None).origin == "model"
    assert report.moved_values == 2, "the load was screened before its own links could excuse it"
    assert report.load_id
    revert_load(report.load_id, at=at)
    assert current() == before
    assert not PersonLink.objects.filter(ended_by=None).exists()


def test_a_revert_leaves_decisions_and_their_persons_right(tmp_path: Path, at: datetime) -> None:
    rows = "P1,王小明,CN,id,X1,1990-01-02\nP2,王明,CN,,,\nP3,王小明,CN,id,X1,1990-01-02\n"
    brought(tmp_path / "1", rows, at)
    merge_persons(left_id="P1", right_id="P2", **WHO, at=at)
    second = brought(tmp_path / "2", "P2,王明 二,CN,,,\nP0,王小明,CN,id,X1,1990-01-02\n", at)
    assert set(persons().values()) == {"P0"}
    split_person(party_ids=["P3"], **WHO, at=at)
    assert persons() == {"P0": "P0", "P1": "P0", "P2": "P0", "P3": "P3"}
    revert_load(second, at=at)
    assert persons() == {"P1": "P1", "P2": "P1", "P3": "P3"}


def test_an_id_that_a_load_makes_another_humans_is_held_until_somebody_answers(tmp_path: Path, at: datetime) -> None:
    point = "P1,phone,13812345678,application,2026-01-01T10:00:00+08:00\n"
    points = FILES["contact_points"].splitlines()[0] + "\n" + point
    mine = {"parties": HEAD + "P1,王小明,CN,id,X1,1990-01-02\n", "contact_points": points}
    load_portfolio(write(tmp_path / "1", **{**ONLY_PARTIES, **mine}), at=at)
    brought(tmp_path / "2", "P1,王小明,CN,id,X2,1990-01-02\n", at)
    assert doubts_as_of_now(party_ids=["P1"]).is_empty(), "one field that differs is a correction"
    third = brought(tmp_path / "3", "P1,李四,CN,id,X3,1980-05-06\n", at)
    assert doubts_as_of_now(party_ids=["P1"]).height == 1
    revert_load(third, at=at)
    assert doubts_as_of_now(party_ids=["P1"]).is_empty()
    assert LinkReview.objects.get().state == "withdrawn"
    brought(tmp_path / "4", "P1,李四,CN,id,X3,1980-05-06\n", at)
    review = LinkReview.objects.get(state="open")
    answer_review(review_id=review.pk, verdict="not_same", **WHO, at=at)
    assert doubts_as_of_now(party_ids=["P1"]).height == 1, "two humans under one id: held until it is lifted"
    answer_review(review_id=review.pk, verdict="same", **WHO, at=at)
    assert doubts_as_of_now(party_ids=["P1"]).is_empty()
