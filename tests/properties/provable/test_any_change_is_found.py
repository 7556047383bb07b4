# SPDX-License-Identifier: Apache-2.0
"""provable: altering, removing, reordering or back-dating any record is found by any holder of a later chain hash."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rightparty.evidence.chain import START, LeafRecord, chain_hash, instant_text, leaf_hash, payload_of
from rightparty.evidence.verify import ExportedLeaf, verify_leaves

SOME_DAY = datetime(2026, 11, 23, tzinfo=UTC)
FACTS = st.dictionaries(
    st.text(max_size=8), st.none() | st.booleans() | st.integers() | st.text(max_size=8), max_size=4
)


def leaf_of(index: int, record: LeafRecord, previous: str) -> ExportedLeaf:
    payload = payload_of(record, bytes(32))
    leaf = leaf_hash(payload)
    at = instant_text(record.recorded_at)
    return ExportedLeaf(index, record.kind, at, payload, leaf, chain_hash(previous, leaf))


def rehashed(records: list[LeafRecord]) -> list[ExportedLeaf]:
    """A log as a forger writes it: every hash recomputed."""
    log: list[ExportedLeaf] = []
    for index, record in enumerate(records):
        log.append(leaf_of(index, record, log[-1].chain_hash if log else START))
    return log


@st.composite
def records(draw: st.DrawFn) -> list[LeafRecord]:
    facts = draw(st.lists(FACTS, min_size=2, max_size=8))
    return [
        LeafRecord(kind="k", recorded_at=SOME_DAY + timedelta(seconds=n), facts={"n": n, "inner": f})
        for n, f in enumerate(facts)
    ]


@given(records(), st.data())
def test_a_forger_who_recomputes_every_hash_is_still_found(genuine: list[LeafRecord], data: st.DataObject) -> None:
    log = rehashed(genuine)
    held = {len(log) - 1: log[-1].chain_hash}
    assert verify_leaves(log, held=held).intact
    forged = list(genuine)
    target = data.draw(st.integers(0, len(forged) - 1))
    match data.draw(st.sampled_from(["alter", "remove", "swap", "backdate", "insert"])):
        case "alter":
            forged[target] = replace(forged[target], facts={"n": -1})
        case "remove":
            del forged[target]
        case "swap":
            other = (target + 1) % len(forged)
            forged[target], forged[other] = forged[other], forged[target]
        case "backdate":
            forged[target] = replace(forged[target], recorded_at=SOME_DAY - timedelta(days=1))
        case "insert":
            forged.insert(target, replace(forged[target], facts={"n": -1}))
    assert not verify_leaves(rehashed(forged), held=held).intact


@given(records(), st.data())
def test_a_change_without_new_hashes_is_named_by_index(genuine: list[LeafRecord], data: st.DataObject) -> None:
    log = rehashed(genuine)
    target = data.draw(st.integers(0, len(log) - 1))
    change = data.draw(
        st.sampled_from([{"payload": "{}"}, {"kind": "x"}, {"recorded_at": "2000-01-01"}, {"chain_hash": START}])
    )
    log[target] = replace(log[target], **change)
    verdict = verify_leaves(log)
    assert not verdict.intact
    assert verdict.first_broken_index == target
