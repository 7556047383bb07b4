# SPDX-License-Identifier: Apache-2.0
"""right_party: parties are one person exactly as far as links in force join them and no decision keeps them apart."""

from datetime import date
from itertools import combinations

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rightparty.parties.linked.persons import IDENTITY, LINKS, with_person_ids

PARTIES = [f"P{n}" for n in range(9)]
PAIRS = list(combinations(PARTIES, 2))
Link = tuple[tuple[str, str], str, str, float]


def frame_of(documents: list[int]) -> pl.DataFrame:
    rows = [
        (party, "CN", "id", f"D{document}" if document else "", date(1990, 1, 2))
        for party, document in zip(PARTIES, documents, strict=False)
    ]
    return pl.DataFrame(rows, schema=["party_id", *IDENTITY], orient="row")


def links_of(links: list[Link]) -> pl.DataFrame:
    rows = [(*pair, verdict, origin, weight, rank) for rank, (pair, verdict, origin, weight) in enumerate(links)]
    return pl.DataFrame(rows, schema=LINKS, orient="row")


def joined(pairs: set[tuple[str, str]]) -> dict[str, str]:
    """The components, the slow way: each party named by the smallest it can reach."""
    person = {party: party for party in PARTIES}
    for _ in PARTIES:
        for left, right in pairs:
            person[left] = person[right] = min(person[left], person[right])
    return person


@st.composite
def any_links(draw: st.DrawFn) -> list[Link]:
    pairs = draw(st.lists(st.sampled_from(PAIRS), unique=True, max_size=14))
    links: list[Link] = []
    for pair in pairs:
        origin = draw(st.sampled_from(["person", "model"]))
        verdicts = ["same", "not_same", "household"] if origin == "person" else ["same", "household"]
        links.append((pair, draw(st.sampled_from(verdicts)), origin, draw(st.floats(0, 40))))
    return links


@settings(max_examples=150)
@given(st.lists(st.integers(0, 3), min_size=9, max_size=9), any_links())
@example(
    [1, 1, 1, 0, 0, 0, 0, 0, 0], [(("P0", "P1"), "not_same", "person", 0.0), (("P1", "P2"), "not_same", "person", 0.0)]
)
@example(
    [1, 1, 1, 0, 0, 0, 0, 0, 0], [(("P0", "P1"), "not_same", "person", 0.0), (("P0", "P2"), "not_same", "person", 0.0)]
)
def test_persons_are_what_joins_less_what_is_kept_apart(documents: list[int], links: list[Link]) -> None:
    found = with_person_ids(frame_of(documents), links_of(links))
    person = dict(zip(found["party_id"], found["person_id"], strict=True))
    same_document = {
        (left, right)
        for left, right in PAIRS
        if (one := documents[PARTIES.index(left)]) and one == documents[PARTIES.index(right)]
    }
    joins = same_document | {pair for pair, verdict, _, _ in links if verdict == "same"}
    apart = [pair for pair, verdict, origin, _ in links if origin == "person" and verdict != "same"]
    assert all(person[left] != person[right] for left, right in apart), "kept apart"
    held = {pair for pair in joins if person[pair[0]] == person[pair[1]]}
    assert joined(held) == person, "nothing is joined without a join, and each is named by its smallest party"
    for left, right in joins - held:
        both = {person[left], person[right]}
        assert any({person[one], person[other]} == both for one, other in apart), "only a decision undoes a join"


@given(any_links())
def test_the_order_of_rows_is_of_no_account(links: list[Link]) -> None:
    rows = frame_of([1, 1, 2, 2, 0, 0, 0, 3, 3])
    given_links = links_of(links)
    one = with_person_ids(rows, given_links).sort("party_id")
    other = with_person_ids(rows.sample(fraction=1, shuffle=True, seed=1), given_links.reverse()).sort("party_id")
    assert one["person_id"].equals(other["person_id"])


def test_a_decision_counts_before_a_document_and_a_document_before_the_model() -> None:
    links: list[Link] = [
        (("P0", "P2"), "not_same", "person", 0.0),
        (("P1", "P2"), "same", "person", 0.0),
    ]
    found = with_person_ids(frame_of([1, 1, 0]), links_of(links)).sort("party_id")
    assert found["person_id"].to_list() == ["P0", "P1", "P1"]
    by_model: list[Link] = [(("P0", "P2"), "not_same", "person", 0.0), (("P1", "P2"), "same", "model", 40.0)]
    found = with_person_ids(frame_of([1, 1, 0]), links_of(by_model)).sort("party_id")
    assert found["person_id"].to_list() == ["P0", "P0", "P2"]
