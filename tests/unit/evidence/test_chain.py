# SPDX-License-Identifier: Apache-2.0
"""provable: one spelling per record, no float, commitments that cannot be linked; the auditor's command."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rightparty.evidence.chain import START, LeafRecord, PayloadError, canonical_json, chain_hash, leaf_hash, payload_of
from rightparty.evidence.verify import main

RECORD = LeafRecord(
    kind="reminder.released",
    recorded_at=datetime(2026, 11, 23, 2, 0, tzinfo=UTC),
    facts={"b": 1, "a": "é"},
    private={"address": "+12025550123", "body": "Planted Name owes"},
)


def test_a_payload_has_one_spelling_and_no_clear_value() -> None:
    payload = payload_of(RECORD, bytes(32))
    assert payload == canonical_json(json.loads(payload))
    assert payload.isascii()
    assert "+12025550123" not in payload
    assert "Planted" not in payload


def test_the_same_value_under_two_keys_cannot_be_linked() -> None:
    first, second = (json.loads(payload_of(RECORD, key))["commitments"] for key in (bytes(32), b"\x01" * 32))
    assert first["address"] != second["address"]


@pytest.mark.parametrize("value", [1.5, datetime(2026, 1, 1, tzinfo=UTC), b"x", {1: 2}])
def test_facts_without_one_spelling_are_refused(value: object) -> None:
    with pytest.raises(PayloadError):
        canonical_json({"a": [value]})


def test_leaf_and_chain_hashes_are_the_documented_ones() -> None:
    assert leaf_hash("") == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"  # RFC 6962 test vector
    expected = hashlib.sha256(b"\x01" + bytes(32) + bytes.fromhex(leaf_hash(""))).hexdigest()
    assert chain_hash(START, leaf_hash("")) == expected


def test_the_auditors_command_says_which_line_is_not_a_record(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text("{}\n")
    with pytest.raises(ValueError, match="line 1"):
        main([str(file)])
    assert main([]) == 2
