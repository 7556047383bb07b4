# SPDX-License-Identifier: Apache-2.0
"""How a record is written, hashed and linked to the one before (serves provable). Standard library only.

A record's leaf hash is SHA-256(0x00 || payload), its chain hash SHA-256(0x01 || previous chain hash || leaf hash); the
prefixes keep the two kinds of hash apart, as RFC 6962 section 2.1 does. Personal data never stand in a payload: they
are committed to by HMAC-SHA256 under a fresh random key per record, so that no list of all telephone numbers opens
them, two records of one person cannot be linked, and deleting the key erases the person while the chain still verifies.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

START: Final = "0" * 64
"""The chain hash before the first record."""

VERSION: Final = 1
"""Version of the payload's form, written in each payload."""

KEY_BYTES: Final = 32

_PLAIN: Final = frozenset({str, int, bool, type(None)})
_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


class PayloadError(TypeError):
    """A fact cannot be written in the one canonical way."""

    remedy = "Use strings, integers, booleans and null; write fractions and instants as strings."


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafRecord:
    """Something to be recorded."""

    #: dotted past tense, for example `reminder.released`
    kind: str
    #: aware instant
    recorded_at: datetime
    #: what everybody may read: no personal data, no identifier of a person or account
    facts: Mapping[str, object] = field(default_factory=dict)
    #: what is only committed to: name -> clear value
    private: Mapping[str, str] = field(default_factory=dict)


def canonical_json(value: Mapping[str, object]) -> str:
    """Return the value as ASCII JSON with sorted keys and no spaces: one value, one spelling.

    Raises:
        PayloadError: a float or another type whose spelling differs between languages.
    """
    _refuse_ambiguous(value)
    return _ENCODER.encode(value)


def _refuse_ambiguous(value: object) -> None:
    if type(value) in _PLAIN:
        return
    if isinstance(value, Mapping):
        if any(type(key) is not str for key in value):
            raise PayloadError(f"a key that is no string. {PayloadError.remedy}")
        inner: Iterable[object] = value.values()
    elif isinstance(value, list):
        inner = value
    elif isinstance(value, str | int):  # an enumeration's member
        return
    else:
        raise PayloadError(f"value of type {type(value).__name__}. {PayloadError.remedy}")
    for one in inner:
        if type(one) not in _PLAIN:
            _refuse_ambiguous(one)


def instant_text(instant: datetime) -> str:
    """Return an aware instant as it stands in payloads, for example `2026-11-23T02:00:00.000000Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def commitment(key: bytes, name: str, clear: str) -> str:
    """Return the commitment to a named clear value under a record's key, in hex."""
    return hmac.new(key, f"{name}\0{clear}".encode(), hashlib.sha256).hexdigest()


def payload_of(record: LeafRecord, key: bytes) -> str:
    """Return the exact text that is stored and hashed for a record."""
    return canonical_json(
        {
            "v": VERSION,
            "kind": record.kind,
            "at": instant_text(record.recorded_at),
            "facts": dict(record.facts),
            "commitments": {name: commitment(key, name, clear) for name, clear in record.private.items()},
        }
    )


def leaf_hash(payload: str) -> str:
    """Return the hash of one payload, in hex."""
    return hashlib.sha256(b"\x00" + payload.encode()).hexdigest()


def chain_hash(previous: str, leaf: str) -> str:
    """Return the hash that binds a record to every record before it, in hex."""
    return hashlib.sha256(b"\x01" + bytes.fromhex(previous) + bytes.fromhex(leaf)).hexdigest()


def chain_hashes(previous: str, leaves: Iterable[str]) -> list[str]:
    """Return the chain hash of each of several records that follow each other: what `chain_hash` returns for each."""
    found = []
    last = bytes.fromhex(previous)
    for leaf in leaves:
        last = hashlib.sha256(b"\x01" + last + bytes.fromhex(leaf)).digest()
        found.append(last.hex())
    return found
