# SPDX-License-Identifier: Apache-2.0
"""right_time, right_party: caps count the linked human at the gate, as decided last; what is in doubt is held."""

import threading
import time
from datetime import date, datetime, timedelta

import pytest
from django.db import connection

from rightparty.dispatch.models import Reminder
from rightparty.dispatch.operations import release as gate
from rightparty.dispatch.operations.release import release
from rightparty.kernel.reasons import reasons_in
from rightparty.lending.queries import account_links
from rightparty.parties.models import ContactEvent, ContactPoint, LinkReview, Party
from rightparty.parties.operations.decide_link import answer_review, decide_link
from rightparty.parties.operations.merge_persons import merge_persons
from rightparty.parties.operations.split_person import split_person
from rightparty.parties.queries import attribution_as_of
from tests.integration.dispatch.lender import add_person, claimed, enqueue, phone_of
from tests.integration.dispatch.test_races import in_thread
from tests.integration.parties.humans import pair, relink

pytestmark = pytest.mark.django_db(transaction=True)
WHO = {"by": "reviewer", "reason": "spoke to them"}


def two_persons(at: datetime) -> list[str]:
    return [account for n in (1, 2) for account in add_person(n, at, person=f"P{n}")]


def contacted(number: int, at: datetime) -> None:
    ContactEvent.objects.create(
        event_id=f"sent-{number}", channel="phone", value=phone_of(number), party_id=f"P{number}", kind="sent",
        occurred_at=at - timedelta(minutes=30), detail="sms",
    )  # fmt: skip


def decided(account: str, number: int, at: datetime, *, cycle: str) -> set[str]:
    """Plan and decide one reminder; return the reasons that withheld it, none if it was released."""
    enqueue([(account, number)], at, cycle=cycle)
    release(claimed(at), at=at, worker="w1")
    reminder = Reminder.objects.get(cycle=cycle)
    codes = {reason.code for reason in reasons_in(reminder.reasons_mask)}
    assert (reminder.state == "released") is (not codes)
    return codes


CAP = "right_time.person_daily_cap"


def test_after_a_merge_both_ids_count_and_after_a_split_no_longer_and_again(at: datetime) -> None:
    _, second = two_persons(at)
    contacted(1, at)
    merge_persons(left_id="P1", right_id="P2", **WHO, at=at)
    assert CAP in decided(second, 2, at, cycle="merged")
    relink([], at)
    assert CAP in decided(second, 2, at, cycle="linked anew")
    split_person(party_ids=["P2"], **WHO, at=at)
    relink([pair(1, 2)], at)
    merge_persons(left_id="P1", right_id="P2", **WHO, at=at)
    assert CAP in decided(second, 2, at, cycle="merged again")
    split_person(party_ids=["P2"], **WHO, at=at)
    relink([pair(1, 2)], at)
    assert decided(second, 2, at, cycle="split") == set()


def test_two_of_one_household_are_two_persons_for_the_caps(at: datetime) -> None:
    _, second = two_persons(at)
    contacted(1, at)
    decide_link(left_id="P1", right_id="P2", verdict="household", **WHO, at=at)
    assert decided(second, 2, at, cycle="c") == set()


def test_a_phone_that_a_household_shares_is_shared_not_a_strangers(at: datetime) -> None:
    two_persons(at)
    ContactPoint.objects.create(
        party_id="P2", channel="phone", value=phone_of(1), source="branch", collected_at=at, relation="self"
    )

    def point_of(party: str) -> dict[str, object]:
        judged = attribution_as_of(at=at, party_ids=[party], links=account_links(party_ids=[party]))
        [row] = judged.filter(judged["value"] == phone_of(1)).to_dicts()
        reasons = {reason.code for reason in reasons_in(row["contradictions_mask"])}
        return {"rival": "right_party.value_under_unlinked_person" in reasons, "shared": row["is_shared"], **row}

    before = point_of("P1")
    assert (before["rival"], before["shared"]) == (True, False)
    decide_link(left_id="P1", right_id="P2", verdict="household", **WHO, at=at)
    after = point_of("P1")
    assert (after["rival"], after["shared"]) == (False, True)
    assert after["p_alone"] < 0.98, "no debt is told where a relative reads along"


def test_what_an_unanswered_contradiction_bears_on_is_held(at: datetime) -> None:
    first, second = two_persons(at)
    Party.objects.filter(party_id="P1").update(national_id="A", national_id_type="id", date_of_birth=date(1990, 1, 2))
    Party.objects.filter(party_id="P2").update(national_id="B", national_id_type="id", date_of_birth=date(1990, 1, 2))
    (third,) = add_person(3, at, person="P3")
    merge_persons(left_id="P1", right_id="P3", **WHO, at=at)
    merge_persons(left_id="P3", right_id="P2", **WHO, at=at)
    relink([], at)
    assert LinkReview.objects.get().contradictions == '["documents_differ"]'
    assert decided(second, 2, at, cycle="asked") == {"right_party.person_in_doubt"}
    assert decided(third, 3, at, cycle="third") == set(), "the id between them contradicts nobody"
    split_person(party_ids=["P2"], **WHO, at=at)
    assert decided(second, 2, at, cycle="answered") == set()
    assert first


def test_another_name_where_the_id_logs_in_holds_that_point_until_answered(at: datetime) -> None:
    account, _ = two_persons(at)
    ContactEvent.objects.create(
        event_id="n", channel="phone", value=phone_of(1), kind="name_differs", occurred_at=at - timedelta(days=15)
    )
    relink([], at)
    assert decided(account, 1, at, cycle="asked") == {"right_party.person_in_doubt"}
    answer_review(review_id=LinkReview.objects.get().pk, verdict="same", by="r", reason="maiden name", at=at)
    relink([], at)
    assert decided(account, 1, at, cycle="answered") == set()


def test_a_merge_that_comes_during_a_release_waits_for_its_commit(
    at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two_persons(at)
    has_read, may_commit = threading.Event(), threading.Event()
    committed: list[str] = []
    original = gate.append_columns

    def pausing(*leaves):
        has_read.set()
        assert may_commit.wait(10)
        return original(*leaves)

    def decide() -> None:
        release(ids, at=at, worker="w1")
        committed.append("release")

    def merge() -> None:
        merge_persons(left_id="P1", right_id="P2", **WHO, at=at)
        committed.append("merge")

    enqueue([(first, 1)], at)
    ids = claimed(at)
    monkeypatch.setattr(gate, "append_columns", pausing)
    deciding = in_thread(decide)
    assert has_read.wait(10)
    merging = in_thread(merge)
    time.sleep(0.5)
    assert committed == []
    may_commit.set()
    deciding.join(20)
    merging.join(20)
    assert committed == ["release", "merge"]
    monkeypatch.undo()
    assert CAP in decided(second, 2, at, cycle="after"), "the release before the merge counts for the merged person"


def test_a_release_that_waited_for_a_merge_sees_the_merged_person(
    at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rightparty.parties.operations import change_persons as changing

    _, second = two_persons(at)
    contacted(1, at)
    enqueue([(second, 2)], at)
    ids = claimed(at)
    has_moved, may_commit = threading.Event(), threading.Event()
    original = changing.append_leaves

    def pausing(records):
        has_moved.set()
        assert may_commit.wait(10)
        return original(records)

    monkeypatch.setattr(changing, "append_leaves", pausing)
    merging = in_thread(lambda: merge_persons(left_id="P1", right_id="P2", **WHO, at=at))
    assert has_moved.wait(10)
    deciding = in_thread(lambda: release(ids, at=at, worker="w1"))
    time.sleep(0.5)
    may_commit.set()
    merging.join(20)
    deciding.join(20)
    connection.close()
    reminder = Reminder.objects.get()
    assert CAP in {reason.code for reason in reasons_in(reminder.reasons_mask)}
