# SPDX-License-Identifier: Apache-2.0
"""Sets columns of many rows, each to its own values, in one statement."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Final
from uuid import UUID

from django.db import connection

from rightparty.store.queries import is_postgresql, text_array

VARIABLES: Final = 32_000
"""Values in one statement on SQLite, which takes 32,766."""

_PLAIN: Final = frozenset({str, int, type(None)})


def update_rows(
    table: str, columns: Mapping[str, str], rows: Mapping[str, Sequence[Any]], *, ids: Sequence[Any], only: str = ""
) -> int:
    """Update rows by their `id` and return how many were changed; lock them first where others may change them.

    Args:
        table: the table; its key is `id`, a UUID.
        columns: name -> PostgreSQL type of each column to set.
        rows: name -> value for each row, of the same columns; a column of one value costs next to nothing.
        ids: of the rows (UUID or hex), no two the same.
        only: condition on the row as it stood; of no parameters.
    """
    if not ids:
        return 0
    same, given = dict[str, Any](), dict[str, list[Any]]()
    for name in columns:
        values = rows[name]
        if values.count(values[0]) == len(values):
            (same[name],) = _stored(values[:1])
        else:
            given[name] = _stored(values)
    sets = ", ".join([f'"{name}" = %s' for name in same] + [f'"{name}" = v."{name}"' for name in given])
    given["id"] = _stored(ids)
    where = f"{table}.id = v.id" + (f" AND {table}.{only}" if only else "")
    if is_postgresql():
        return _update_postgresql(table, f"SET {sets}", where, list(same.values()), given, {**columns, "id": "uuid"})
    return _update_sqlite(table, f"SET {sets}", where, list(same.values()), given)


def _update_postgresql(
    table: str, sets: str, where: str, same: list[Any], given: Mapping[str, list[Any]], kinds: Mapping[str, str]
) -> int:
    arrays = {name: text_array(values) for name, values in given.items()}
    unnested = ", ".join(f"({array})::{kinds[name]}[]" for name, (array, _) in arrays.items())
    names = ", ".join(f'"{name}"' for name in given)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} {sets} FROM unnest({unnested}) AS v({names}) WHERE {where}",
            [*same, *chain.from_iterable(params for _, params in arrays.values())],
        )
        return int(cursor.rowcount)


def _update_sqlite(table: str, sets: str, where: str, same: list[Any], given: Mapping[str, list[Any]]) -> int:
    """Update in one statement: it keeps a copy of each page that it changes, and one a row would keep one a row."""
    rows = list(zip(*given.values(), strict=True))
    names = ", ".join(f'"{name}"' for name in given)
    marks = f"({', '.join(['%s'] * len(given))})"
    most = (VARIABLES - len(same)) // len(given)
    changed = 0
    with connection.cursor() as cursor:
        for begin in range(0, len(rows), most):
            part = rows[begin : begin + most]
            cursor.execute(
                f"WITH v({names}) AS (VALUES {', '.join([marks] * len(part))})"
                f" UPDATE {table} {sets} FROM v WHERE {where}",
                [*chain.from_iterable(part), *same],
            )
            changed += int(cursor.rowcount)
    return changed


def _stored(values: Sequence[Any]) -> list[Any]:
    if all(kind in _PLAIN for kind in set(map(type, values))):
        return list(values)
    return [_plain(value) for value in values]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return str(connection.ops.adapt_datetimefield_value(value))
    return value.hex if isinstance(value, UUID) else value
