# SPDX-License-Identifier: Apache-2.0
"""Links between ids: what the model may do, what a person decides, and that each act can be undone (right_party)."""

from datetime import date, datetime
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from rightparty.evidence.models import Leaf
from rightparty.parties.linked.changes import LinkError
from rightparty.parties.linked.queries import doubts_as_of_now, history_of, household_groups, list_reviews
from rightparty.parties.linked.rules import read_rules
from rightparty.parties.models import CeaseCommunication, LinkReview, Party, PersonChange, PersonLink
from rightparty.parties.operations.decide_link import answer_review, decide_link
from rightparty.parties.operations.merge_persons import merge_persons
from rightparty.parties.operations.split_person import split_person
from rightparty.parties.operations.undo_change import undo_change
from rightparty.parties.queries import ids_of_same_persons
from tests.integration.parties.humans import add_party, add_point, pair, persons, relink

pytestmark = pytest.mark.django_db
WHO = {"by": "reviewer", "reason": "spoke to them"}


def kinds() -> list[str]:
    return list(Leaf.objects.order_by("index").values_list("kind", flat=True))


def test_a_sure_pair_merges_by_itself_and_leaves_evidence(at: datetime) -> None:
    add_party(1), add_party(2)
    done = relink([pair(1, 2)], at)
    assert persons() == {"P1": "P1", "P2": "P1"}
    assert (done.merged, done.moved, done.reviews_opened) == (1, 1, 0)
    assert kinds() == ["persons.changed", "persons.linked", "persons.moved"]
    again = relink([pair(1, 2)], at)
    assert (again.change_id, again.moved) == (0, 0)
    assert len(kinds()) == 3, "a re-link that finds the same leaves no trace"


@pytest.mark.parametrize(
    ("second", "found", "contradiction"),
    [
        ({}, pair(1, 2, p=0.995), "[]"),
        ({}, pair(1, 2, "review", p=0.6), "[]"),
        ({"date_of_birth": date(1991, 1, 2)}, pair(1, 2), '["birth_dates_differ"]'),
        ({"national_id": "B", "national_id_type": "id"}, pair(1, 2), '["documents_differ"]'),
    ],
)
def test_a_doubtful_pair_never_merges_by_itself(
    second: dict[str, object], found: tuple[object, ...], contradiction: str, at: datetime
) -> None:
    add_party(1, national_id="A", national_id_type="id"), add_party(2, **second)
    assert relink([found], at).reviews_opened == 1
    assert persons() == {"P1": "P1", "P2": "P2"}
    assert LinkReview.objects.get().contradictions == contradiction
    assert relink([found], at).reviews_opened == 0, "asked once"
    assert relink([], at).reviews_withdrawn == 1, "and no longer when linkage no longer finds it"


def test_a_house_may_let_nothing_merge_by_itself(at: datetime, tmp_path: Path) -> None:
    add_party(1), add_party(2)
    assert relink([pair(1, 2)], at, read_rules("merge_from = 2")).reviews_opened == 1
    assert persons() == {"P1": "P1", "P2": "P2"}


def test_pairs_that_together_contradict_themselves_do_not_merge(at: datetime) -> None:
    add_party(1, national_id="A", national_id_type="id")
    add_party(2, national_id="")
    add_party(3, national_id="B", national_id_type="id")
    add_party(4), add_party(5)
    done = relink([pair(1, 2), pair(2, 3), pair(4, 5)], at)
    assert persons() == {"P1": "P1", "P2": "P2", "P3": "P3", "P4": "P4", "P5": "P4"}
    assert done.reviews_opened == 2
    assert all("chain_contradicts" in review.contradictions for review in LinkReview.objects.all())


def test_what_the_model_no_longer_finds_parts_again(at: datetime) -> None:
    add_party(1), add_party(2)
    relink([pair(1, 2)], at)
    assert relink([], at).ended == 1
    assert persons() == {"P1": "P1", "P2": "P2"}


def test_a_decision_outlives_every_relink(at: datetime) -> None:
    for number in (1, 2, 3, 4):
        add_party(number)
    relink([pair(1, 2)], at)
    split_person(party_ids=["P2"], **WHO, at=at)
    merge_persons(left_id="P3", right_id="P4", **WHO, at=at)
    expected = {"P1": "P1", "P2": "P2", "P3": "P3", "P4": "P3"}
    assert persons() == expected
    assert relink([pair(1, 2)], at).moved == 0
    assert relink([], at).moved == 0
    assert persons() == expected


def test_a_document_does_not_join_what_was_split(at: datetime) -> None:
    for number in (1, 2, 3):
        add_party(number, national_id="A", national_id_type="id")
    relink([], at)
    assert set(persons().values()) == {"P1"}
    split_person(party_ids=["P1", "P3"], **WHO, at=at)
    assert persons() == {"P1": "P1", "P2": "P2", "P3": "P1"}
    relink([], at)
    assert persons() == {"P1": "P1", "P2": "P2", "P3": "P1"}


def test_merge_split_merge_leaves_store_and_evidence_right(at: datetime) -> None:
    add_party(1), add_party(2)
    for act, expected in (("merge", "P1"), ("split", "P2"), ("merge", "P1")):
        if act == "merge":
            merge_persons(left_id="P1", right_id="P2", **WHO, at=at)
        else:
            split_person(party_ids=["P2"], **WHO, at=at)
        assert persons()["P2"] == expected
    assert PersonLink.objects.filter(ended_by=None).get().verdict == "same"
    assert kinds() == ["persons.changed", "persons.linked", "persons.moved"] * 3
    history = history_of(["P2"])
    assert history["kind"].to_list() == ["merge", "split", "merge"]
    assert history["to_person"].to_list() == ["P1", "P2", "P1"]
    assert Party.objects.filter(party_id="P2", retired_by_id=None).count() == 1


def test_an_act_can_be_undone_and_the_undoing_too(at: datetime) -> None:
    add_party(1), add_party(2)
    relink([pair(1, 2)], at)
    split = split_person(party_ids=["P2"], **WHO, at=at).change_id
    undo = undo_change(change_id=split, **WHO, at=at).change_id
    assert persons()["P2"] == "P1"
    assert PersonLink.objects.filter(ended_by=None).get().origin == "model", "what the split had ended stands again"
    with pytest.raises(LinkError, match="undone already"):
        undo_change(change_id=split, **WHO, at=at)
    undo_change(change_id=undo, **WHO, at=at)
    assert persons()["P2"] == "P2"


def test_an_earlier_act_is_not_undone_under_a_later_one(at: datetime) -> None:
    add_party(1), add_party(2)
    merge = merge_persons(left_id="P1", right_id="P2", **WHO, at=at).change_id
    split_person(party_ids=["P2"], **WHO, at=at)
    with pytest.raises(LinkError, match="later act"):
        undo_change(change_id=merge, **WHO, at=at)


def test_decisions_may_not_contradict_each_other(at: datetime) -> None:
    for number in (1, 2, 3):
        add_party(number)
    decide_link(left_id="P1", right_id="P2", verdict="same", **WHO, at=at)
    decide_link(left_id="P2", right_id="P3", verdict="not_same", **WHO, at=at)
    with pytest.raises(LinkError, match="different persons") as refused:
        decide_link(left_id="P1", right_id="P3", verdict="same", **WHO, at=at)
    assert "link merge" in refused.value.remedy
    merge_persons(left_id="P1", right_id="P3", **WHO, at=at)
    assert set(persons().values()) == {"P1"}
    with pytest.raises(LinkError, match="one person") as refused:
        decide_link(left_id="P2", right_id="P3", verdict="not_same", **WHO, at=at)
    assert "link split" in refused.value.remedy


@pytest.mark.parametrize(
    "wrong",
    [{"by": " "}, {"reason": ""}, {"verdict": "maybe"}, {"right_id": "P1"}, {"right_id": "P9"}],
)
def test_a_decision_is_refused_with_what_to_do(wrong: dict[str, str], at: datetime) -> None:
    add_party(1), add_party(2)
    call = {"left_id": "P1", "right_id": "P2", "verdict": "same", **WHO, **wrong}
    with pytest.raises(LinkError) as refused:
        decide_link(**call, at=at)
    assert refused.value.remedy
    assert not PersonChange.objects.exists()


def test_the_store_itself_refuses_two_links_on_a_pair_and_acts_without_a_reason(at: datetime) -> None:
    act = PersonChange.objects.create(kind="relink", by="model", changed_at=at)
    PersonLink.objects.create(left_id="P1", right_id="P2", verdict="same", origin="person", change=act)
    for wrong in (
        lambda: PersonLink.objects.create(left_id="P1", right_id="P2", verdict="not_same", origin="person", change=act),
        lambda: PersonLink.objects.create(left_id="P1", right_id="P3", verdict="not_same", origin="model", change=act),
        lambda: PersonLink.objects.create(left_id="P1", right_id="P1", verdict="same", origin="person", change=act),
        lambda: PersonChange.objects.create(kind="merge", by="x", changed_at=at),
        lambda: PersonChange.objects.create(kind="undo", by="x", reason="y", changed_at=at),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong()


def test_a_demand_to_cease_follows_both_halves_and_the_merged_person(at: datetime) -> None:
    add_party(1), add_party(2)
    CeaseCommunication.objects.create(person_id="P2", from_at=at, origin="portal")
    merge_persons(left_id="P1", right_id="P2", **WHO, at=at)
    assert set(CeaseCommunication.objects.values_list("person_id", flat=True)) == {"P1", "P2"}
    split_person(party_ids=["P2"], **WHO, at=at)
    assert set(CeaseCommunication.objects.values_list("person_id", flat=True)) == {"P1", "P2"}


def test_a_household_is_linked_and_stays_two_persons(at: datetime) -> None:
    for number in (1, 2, 3):
        add_party(number)
    done = relink([pair(1, 2, "household", p=0.97), pair(2, 3, "household", p=0.6)], at)
    assert done.households == 1
    assert persons() == {"P1": "P1", "P2": "P2", "P3": "P3"}
    groups = household_groups(ids_of_same_persons(party_ids=None))
    assert groups["party_id"].to_list() == ["P1", "P2"]
    decide_link(left_id="P1", right_id="P2", verdict="same", **WHO, at=at)
    assert household_groups(ids_of_same_persons(party_ids=None)).is_empty()
    assert persons()["P2"] == "P1"


def test_a_shared_contact_value_alone_makes_no_household(at: datetime) -> None:
    add_party(1), add_party(2)
    found = list(pair(1, 2, "household", p=0.999))
    found[6] = ["phone.same", "surname.same"]
    assert relink([tuple(found)], at).households == 0
    assert not PersonLink.objects.exists()


def test_ids_of_one_person_that_contradict_each_other_are_asked_about_and_held(at: datetime) -> None:
    add_party(1, national_id="A", national_id_type="id"), add_party(2)
    add_point(1, "+12025550101", at), add_point(2, "+12025550102", at)
    merge_persons(left_id="P1", right_id="P2", **WHO, at=at)
    Party.objects.filter(party_id="P2").update(date_of_birth=date(1971, 1, 1))
    decided = LinkReview.objects.count()
    relink([], at)
    assert decided == LinkReview.objects.count() == 0, "a person has decided on this very pair, knowing both"
    add_party(3, national_id="A", national_id_type="id", date_of_birth=date(1971, 1, 1))
    relink([], at)
    merge_persons(left_id="P2", right_id="P3", **WHO, at=at)
    add_point(3, "+12025550103", at)
    relink([], at)
    review = LinkReview.objects.get(state="open")
    assert (review.kind, review.left_id, review.right_id) == ("person", "P1", "P3")
    assert doubts_as_of_now(party_ids=None)["value"].sort().to_list() == ["+12025550101", "+12025550103"]
    with pytest.raises(LinkError) as refused:
        answer_review(review_id=review.pk, verdict="not_same", by="reviewer", reason="two humans", at=at)
    assert "link split" in refused.value.remedy, "whose is the id between them?"
    split_person(party_ids=["P3"], **WHO, at=at)
    assert doubts_as_of_now(party_ids=None).is_empty()
    assert persons() == {"P1": "P1", "P2": "P1", "P3": "P3"}


def test_a_doubtful_pair_that_contradicts_itself_bears_on_the_values_that_both_have(at: datetime) -> None:
    add_party(1), add_party(2, date_of_birth=date(1991, 1, 2))
    for number, value in ((1, "+12025550100"), (2, "+12025550100"), (2, "+12025550102")):
        add_point(number, value, at)
    relink([pair(1, 2)], at)
    assert set(doubts_as_of_now(party_ids=["P1"]).rows()) == {
        ("P1", "phone", "+12025550100"), ("P2", "phone", "+12025550100")
    }  # fmt: skip
    answer_review(review_id=list_reviews()["review_id"][0], verdict="household", by="r", reason="father and son", at=at)
    assert doubts_as_of_now(party_ids=["P1"]).is_empty()
    assert household_groups(ids_of_same_persons(party_ids=None)).height == 2


def test_answering_twice_is_refused(at: datetime) -> None:
    add_party(1), add_party(2)
    relink([pair(1, 2, "review", p=0.5)], at)
    review = list_reviews()["review_id"][0]
    answer_review(review_id=review, verdict="not_same", by="r", reason="two", at=at)
    with pytest.raises(LinkError, match="decided"):
        answer_review(review_id=review, verdict="same", by="r", reason="one", at=at)
    with pytest.raises(LinkError, match="no review"):
        answer_review(review_id=10**6, verdict="same", by="r", reason="one", at=at)


def test_undoing_never_leaves_two_decisions_that_contradict_each_other(at: datetime) -> None:
    for number in (0, 1, 2):
        add_party(number)
    merge_persons(left_id="P0", right_id="P2", **WHO, at=at)
    split = split_person(party_ids=["P0"], **WHO, at=at).change_id
    merge_persons(left_id="P1", right_id="P2", **WHO, at=at)
    decide_link(left_id="P0", right_id="P1", verdict="not_same", **WHO, at=at)
    with pytest.raises(LinkError, match="later decision") as refused:
        undo_change(change_id=split, **WHO, at=at)
    assert "Undo the later act first" in refused.value.remedy
    assert persons() == {"P0": "P0", "P1": "P1", "P2": "P1"}
