# SPDX-License-Identifier: Apache-2.0
"""Merges a delivery into a versioned table: what is the same stays, what differs is retired and follows anew."""

from typing import Final

import polars as pl
from django.db import connection

from rightparty.store.operations.append_rows import append_rows
from rightparty.store.operations.refresh_statistics import refresh_statistics
from rightparty.store.queries import is_postgresql
from rightparty.store.versions import MergeCounts, VersionedTable

STAGING: Final = "staging_{}"

MANY_ROWS: Final = 1_000
"""From so many written rows on, what PostgreSQL knows of a table may be far from the truth."""


def merge_rows(table: VersionedTable, rows: pl.DataFrame, *, load_id: int) -> MergeCounts:
    """Bring rows into the table as versions of a load.

    A row equal to the current version has no effect; one that differs retires it. Keys that the rows do not name stay
    as they are. Into a table without current rows they are written directly, without the detour of staging.

    Shape: every column of `table.columns`, in the table's types; each key once.
    Raises: django.db.IntegrityError if the rows name one key twice or break a constraint.
    """
    counts = _merged(table, rows, load_id=load_id)
    if counts.added + counts.changed >= MANY_ROWS:
        refresh_statistics([table.name])
    return counts


def _merged(table: VersionedTable, rows: pl.DataFrame, *, load_id: int) -> MergeCounts:
    # in the order of the unique index, which then grows at one end instead of everywhere
    ordered = rows.select(table.columns).sort(table.key)
    if not _has_current_rows(table):
        added = append_rows(table.name, ordered.with_columns(pl.lit(load_id, dtype=pl.Int64).alias("load_id")))
        return MergeCounts(added=added, changed=0, unchanged=0)
    staging = _open_staging(table)
    append_rows(staging, ordered)
    counts = _merge_staged(table, staging=staging, load_id=load_id)
    _close_staging(staging)
    return counts


def _has_current_rows(table: VersionedTable) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {table.name} WHERE retired_by_id IS NULL LIMIT 1")
        return cursor.fetchone() is not None


def _open_staging(table: VersionedTable) -> str:
    """Create an empty temporary table of the columns that come with a load, and return its name."""
    name = STAGING.format(table.name)
    columns = ", ".join(table.columns)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {name}")
        cursor.execute(f"CREATE TEMPORARY TABLE {name} AS SELECT {columns} FROM {table.name} WHERE 1 = 0")
    return name


def _close_staging(staging: str) -> None:
    """Drop the temporary table."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {staging}")


def _merge_staged(table: VersionedTable, *, staging: str, load_id: int) -> MergeCounts:
    """Retire current versions that differ, then insert what has no current version."""
    columns = ", ".join(table.columns)
    staged_columns = ", ".join(f"s.{c}" for c in table.columns)
    same_key = " AND ".join(f"t.{c} = s.{c}" for c in table.key)
    differs = " OR ".join(f"t.{c} IS DISTINCT FROM s.{c}" for c in table.columns if c not in table.key)
    with connection.cursor() as cursor:
        if is_postgresql():
            cursor.execute(f"ANALYZE {staging}")
        cursor.execute(f"SELECT count(*) FROM {staging}")
        staged = int(cursor.fetchone()[0])
        changed = 0
        if differs:
            cursor.execute(
                f"UPDATE {table.name} SET retired_by_id = %s WHERE id IN (SELECT t.id FROM {staging} s CROSS JOIN"
                f" {table.name} t WHERE {same_key} AND t.retired_by_id IS NULL AND ({differs}))",
                [load_id],
            )
            changed = cursor.rowcount
        cursor.execute(
            f"INSERT INTO {table.name} ({columns}, load_id) SELECT {staged_columns}, %s FROM {staging} s"
            f" WHERE NOT EXISTS (SELECT 1 FROM {table.name} t WHERE {same_key} AND t.retired_by_id IS NULL)",
            [load_id],
        )
        inserted = cursor.rowcount
    return MergeCounts(added=inserted - changed, changed=changed, unchanged=staged - inserted)
