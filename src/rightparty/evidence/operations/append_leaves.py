# SPDX-License-Identifier: Apache-2.0
"""Append records to the log in the caller's transaction, so that a decision and its record commit together (provable).

Crash meaning: before the caller commits nothing was recorded and nothing was decided; afterwards both stand.
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import polars as pl
from django.db import connection

from rightparty.evidence.chain import KEY_BYTES, START, LeafRecord, canonical_json, chain_hash, leaf_hash, payload_of
from rightparty.evidence.columns import LeafColumns, clear_texts_of, payloads_of

CHAIN_LOCK: Final = 0x72705F63
"""Advisory lock of the chain's head on PostgreSQL ("rp_c"). SQLite has one writer at a time anyway."""

LEAF_COLUMNS: Final = ("index", "kind", "recorded_at", "payload", "leaf_hash", "chain_hash")
OPENING_COLUMNS: Final = ("leaf_id", "key", "clear")


class NoTransactionError(RuntimeError):
    """Leaves were to be appended outside a transaction, apart from the decision they record."""

    remedy = "Call append_leaves inside transaction.atomic()."


def fresh_key() -> bytes:
    """Return a new random key for one record's commitments."""
    return secrets.token_bytes(KEY_BYTES)


def append_leaves(records: Sequence[LeafRecord], *, new_key: Callable[[], bytes] = fresh_key) -> list[int]:
    """Append records in order and return their indexes.

    The head of the chain stays locked until the caller's transaction ends: append last, commit soon.

    Raises:
        NoTransactionError: the caller is in no transaction.
        PayloadError: a fact has no canonical spelling.
    """
    prepared: list[_Prepared] = []
    for record in records:
        key = new_key()
        clear = canonical_json(record.private) if record.private else None
        prepared.append((record.kind, record.recorded_at, payload_of(record, key), key, clear))
    return _append(prepared)


def append_columns(*batches: LeafColumns) -> list[int]:
    """Append the records of several batches, in order, and return their indexes: as `append_leaves` would.

    Raises:
        NoTransactionError: the caller is in no transaction.
    """
    prepared: list[_Prepared] = []
    for batch in batches:
        random = secrets.token_bytes(KEY_BYTES * len(batch.facts))
        keys = [random[at : at + KEY_BYTES] for at in range(0, len(random), KEY_BYTES)]
        prepared += [
            (batch.kind, batch.recorded_at, payload, key, clear)
            for payload, key, clear in zip(payloads_of(batch, keys), keys, clear_texts_of(batch), strict=True)
        ]
    return _append(prepared)


type _Prepared = tuple[str, datetime, str, bytes, str | None]
"""Kind, instant, payload, key and clear values (None: nothing is committed to) of a record."""


def _append(prepared: Sequence[_Prepared]) -> list[int]:
    """Chain what is prepared: all that does not depend on the head is done before it is locked."""
    if not connection.in_atomic_block:
        raise NoTransactionError(NoTransactionError.remedy)
    if not prepared:
        return []
    hashes = [leaf_hash(payload) for _, _, payload, _, _ in prepared]
    stamps = {at: connection.ops.adapt_datetimefield_value(at) for at in {at for _, at, _, _, _ in prepared}}
    start, previous = _lock_head()
    leaves: list[tuple[Any, ...]] = []
    openings: list[tuple[Any, ...]] = []
    for index, ((kind, at, payload, key, clear), leaf) in enumerate(zip(prepared, hashes, strict=True), start):
        previous = chain_hash(previous, leaf)
        leaves.append((index, kind, stamps[at], payload, leaf, previous))
        if clear is not None:
            openings.append((index, key.hex(), clear))
    _insert("evidence_leaf", LEAF_COLUMNS, leaves)
    _insert("evidence_opening", OPENING_COLUMNS, openings)
    return list(range(start, start + len(prepared)))


def _lock_head() -> tuple[int, str]:
    """Lock the head of the chain and return the next index and the last chain hash."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
        cursor.execute('SELECT "index", chain_hash FROM evidence_leaf ORDER BY "index" DESC LIMIT 1')
        row = cursor.fetchone()
    return (row[0] + 1, row[1]) if row else (0, START)


def _insert(table: str, columns: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
    if not rows:
        return
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            frame = pl.DataFrame(
                {name: list(map(str, values)) for name, values in zip(columns, zip(*rows, strict=True), strict=True)}
            )
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT CSV)") as copy:
                copy.write(frame.write_csv(include_header=False, quote_style="always"))
        else:
            marks = ", ".join("%s" for _ in columns)
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)
