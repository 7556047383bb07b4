# SPDX-License-Identifier: Apache-2.0
"""Sets columns of many rows, each to its own values, in one statement's worth of work."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from rightparty.store.queries import is_postgresql


def update_rows(table: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> int:
    """Update rows by their `id` and return how many were changed; lock them first where others may change them.

    Args:
        table: the table; its key is `id`, a UUID.
        columns: name -> PostgreSQL type of each column to set, in the order of the values.
        rows: the values of each row, its id (UUID or hex) last.
    """
    if not rows:
        return 0
    plain = [[_stored(value) for value in row] for row in rows]
    quoted = [f'"{name}"' for name in columns]
    with connection.cursor() as cursor:
        if is_postgresql():
            arrays = ", ".join(f"%s::{kind}[]" for kind in [*columns.values(), "uuid"])
            sets = ", ".join(f"{name} = v.{name}" for name in quoted)
            cursor.execute(
                f"UPDATE {table} r SET {sets} FROM unnest({arrays}) AS v({', '.join(quoted)}, id) WHERE r.id = v.id",
                [list(column) for column in zip(*plain, strict=True)],
            )
        else:
            sets = ", ".join(f"{name} = %s" for name in quoted)
            cursor.executemany(f"UPDATE {table} SET {sets} WHERE id = %s", plain)
        return int(cursor.rowcount)


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return str(connection.ops.adapt_datetimefield_value(value))
    return value.hex if hasattr(value, "hex") and not isinstance(value, (float, bytes)) else value
