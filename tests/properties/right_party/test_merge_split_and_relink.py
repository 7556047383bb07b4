# SPDX-License-Identifier: Apache-2.0
"""right_party, correctable: after any merges, splits, undoings and re-links persons are what their links say."""

from contextlib import suppress
from datetime import UTC, datetime
from itertools import combinations

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from rightparty.parties.linked.changes import LinkError
from rightparty.parties.linked.persons import with_person_ids
from rightparty.parties.linked.queries import identities, links_in_force
from rightparty.parties.models import Party, PersonChange, PersonLink
from rightparty.parties.operations.decide_link import decide_link
from rightparty.parties.operations.merge_persons import merge_persons
from rightparty.parties.operations.split_person import split_person
from rightparty.parties.operations.undo_change import undo_change
from tests.integration.parties.humans import add_party, pair, persons, relink

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
WHO = {"by": "reviewer", "reason": "said so", "at": AT}
NUMBERS = range(6)
ANY = st.integers(0, 5)
FOUND = st.lists(st.tuples(st.sampled_from(list(combinations(NUMBERS, 2))), st.sampled_from(["same", "household"])))


class Persons(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.point = transaction.atomic()
        self.point.__enter__()
        for number in NUMBERS:
            document = {"national_id": "A", "national_id_type": "id"} if number in (0, 3) else {}
            add_party(number, **document)
        relink([], AT)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.point.__exit__(None, None, None)

    @rule(found=FOUND)
    def link_anew(self, found: list[tuple[tuple[int, int], str]]) -> None:
        once = dict(found)
        relink([pair(*two, verdict) for two, verdict in once.items()], AT)

    @rule(one=ANY, other=ANY, verdict=st.sampled_from(["same", "not_same", "household"]))
    def decide(self, one: int, other: int, verdict: str) -> None:
        with suppress(LinkError):
            decide_link(left_id=f"P{one}", right_id=f"P{other}", verdict=verdict, **WHO)

    @rule(one=ANY, other=ANY)
    def merge(self, one: int, other: int) -> None:
        before = persons()
        try:
            merge_persons(left_id=f"P{one}", right_id=f"P{other}", **WHO)
        except LinkError:
            assert before == persons()
            assert before[f"P{one}"] == before[f"P{other}"]
        else:
            assert persons()[f"P{one}"] == persons()[f"P{other}"]

    @rule(ids=st.sets(ANY, min_size=1, max_size=3))
    def split(self, ids: set[int]) -> None:
        away = [f"P{number}" for number in ids]
        before = persons()
        try:
            split_person(party_ids=away, **WHO)
        except LinkError:
            assert before == persons()
        else:
            rest = [party for party, person in before.items() if person == before[away[0]] and party not in away]
            assert not {persons()[party] for party in away} & {persons()[party] for party in rest}

    @rule(back=st.integers(0, 3))
    def undo(self, back: int) -> None:
        acts = list(PersonChange.objects.order_by("-pk").values_list("pk", flat=True))
        if back >= len(acts):
            return
        with suppress(LinkError):
            undo_change(change_id=acts[back], **WHO)

    @invariant()
    def persons_follow_from_rows_and_links(self) -> None:
        rows = identities(party_ids=None)
        expected = with_person_ids(rows.drop("person_id"), links_in_force())
        assert dict(expected.select("party_id", "person_id").iter_rows()) == persons()

    @invariant()
    def what_people_decided_holds(self) -> None:
        now = persons()
        for link in PersonLink.objects.filter(ended_by=None, origin="person"):
            same = now[link.left_id] == now[link.right_id]
            assert same is (link.verdict == "same"), (link.left_id, link.verdict, link.right_id)

    @invariant()
    def each_id_has_one_row_in_force(self) -> None:
        assert Party.objects.filter(retired_by_id=None).count() == len(NUMBERS)


@pytest.mark.django_db
def test_persons_are_what_stands_between_their_ids() -> None:
    run_state_machine_as_test(Persons, settings=settings(max_examples=12, stateful_step_count=12))
