# SPDX-License-Identifier: Apache-2.0
"""Append records to the log in the caller's transaction, so that a decision and its record commit together (provable).

Crash meaning: before the caller commits nothing was recorded and nothing was decided; afterwards both stand.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection

from rightparty.evidence.binary import leaves_in_binary, openings_in_binary
from rightparty.evidence.chain import KEY_BYTES, START, LeafRecord, canonical_json, chain_hashes, leaf_hash, payload_of
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
    keys = [new_key() for _ in records]
    return _append(
        [(record.kind, record.recorded_at) for record in records],
        [payload_of(record, key) for record, key in zip(records, keys, strict=True)],
        keys,
        [canonical_json(record.private) if record.private else None for record in records],
    )


def append_columns(*batches: LeafColumns) -> list[int]:
    """Append the records of several batches, in order, and return their indexes: as `append_leaves` would.

    Raises:
        NoTransactionError: the caller is in no transaction.
    """
    told: list[tuple[str, datetime]] = []
    payloads: list[str] = []
    keys: list[bytes] = []
    clear: list[str | None] = []
    for batch in batches:
        random = secrets.token_bytes(KEY_BYTES * len(batch.facts))
        fresh = [random[at : at + KEY_BYTES] for at in range(0, len(random), KEY_BYTES)]
        told += [(batch.kind, batch.recorded_at)] * len(fresh)
        payloads += payloads_of(batch, fresh)
        keys += fresh
        clear += clear_texts_of(batch)
    return _append(told, payloads, keys, clear)


def _append(
    told: Sequence[tuple[str, datetime]],
    payloads: Sequence[str],
    keys: Sequence[bytes],
    clear: Sequence[str | None],
) -> list[int]:
    """Chain what is prepared: all that does not depend on the head is done before it is locked.

    Args:
        told: kind and instant of each record.
        payloads: what is hashed of each.
        keys: under which its clear values are committed to.
        clear: those values; None where nothing is committed to.
    """
    if not connection.in_atomic_block:
        raise NoTransactionError(NoTransactionError.remedy)
    if not told:
        return []
    hashes = list(map(leaf_hash, payloads))
    start, previous = _lock_head()
    indexes = list(range(start, start + len(told)))
    chained = chain_hashes(previous, hashes)
    openings = [
        (index, key.hex(), text) for index, key, text in zip(indexes, keys, clear, strict=True) if text is not None
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _copy(cursor, "evidence_leaf", LEAF_COLUMNS, leaves_in_binary(indexes, told, payloads, hashes, chained))
            _copy(cursor, "evidence_opening", OPENING_COLUMNS, openings_in_binary(openings))
        else:
            stamps = {at: connection.ops.adapt_datetimefield_value(at) for at in {at for _, at in told}}
            kinds, instants = [kind for kind, _ in told], [stamps[at] for _, at in told]
            _insert(
                cursor, "evidence_leaf", LEAF_COLUMNS,
                zip(indexes, kinds, instants, payloads, hashes, chained, strict=True),
            )  # fmt: skip
            _insert(cursor, "evidence_opening", OPENING_COLUMNS, openings)
    return indexes


def _lock_head() -> tuple[int, str]:
    """Lock the head of the chain and return the next index and the last chain hash."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
        cursor.execute('SELECT "index", chain_hash FROM evidence_leaf ORDER BY "index" DESC LIMIT 1')
        row = cursor.fetchone()
    return (row[0] + 1, row[1]) if row else (0, START)


def _copy(cursor: Any, table: str, columns: Sequence[str], rows: bytes) -> None:
    # COPY goes past Django, which would call the driver's errors by its own names
    with (
        connection.wrap_database_errors,
        cursor.copy(f"COPY {table} ({_quoted(columns)}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.write(rows)


def _insert(cursor: Any, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    marks = ", ".join("%s" for _ in columns)
    cursor.executemany(f"INSERT INTO {table} ({_quoted(columns)}) VALUES ({marks})", rows)


def _quoted(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)
