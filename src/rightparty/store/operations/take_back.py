# SPDX-License-Identifier: Apache-2.0
"""Undoes a load in a versioned table: what it brought is retired, what it retired comes back as new versions."""

from collections.abc import Mapping

from django.db import connection

from rightparty.store.versions import RetiredByLaterLoadError, TakenBack, VersionedTable


def take_back(table: VersionedTable, *, load_id: int, revert_id: int, undone: Mapping[int, int]) -> TakenBack:
    """Retire the load's rows as `revert_id` and insert copies of the rows it had retired.

    `undone` maps each load that was reverted earlier to its revert: what such a load did to this load's rows no
    longer counts, and the copies that its revert made are this load's rows too. Versions under a number below 0 only
    set a derived column anew: they are copies of the load's rows as well.

    Raises:
        RetiredByLaterLoadError: a later load that still stands has changed some of the load's rows.
    """
    mine, params = _rows_of_load(table, load_id=load_id, undone=undone)
    columns = ", ".join(table.columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{mine} SELECT min(t.retired_by_id), count(*) FROM {table.name} t WHERE t.id IN (SELECT id FROM mine)"
            " AND t.retired_by_id > 0 AND t.retired_by_id NOT IN (SELECT load_id FROM undone)",
            params,
        )
        later, rows = cursor.fetchone()
        if rows:
            raise RetiredByLaterLoadError(table=table.name, load_id=int(later), rows=int(rows))
        cursor.execute(
            f"{mine} UPDATE {table.name} SET retired_by_id = %s WHERE retired_by_id IS NULL"
            " AND id IN (SELECT id FROM mine)",
            [*params, revert_id],
        )
        retired = cursor.rowcount
        cursor.execute(
            f"INSERT INTO {table.name} ({columns}, load_id) SELECT {columns}, %s FROM {table.name}"
            " WHERE retired_by_id = %s",
            [revert_id, load_id],
        )
        restored = cursor.rowcount
    return TakenBack(retired=retired, restored=restored)


def _rows_of_load(table: VersionedTable, *, load_id: int, undone: Mapping[int, int]) -> tuple[str, list[int]]:
    """Return a WITH clause of the load's rows and of their later copies by reverts, and its parameters."""
    pairs = " UNION ALL ".join(["SELECT CAST(%s AS BIGINT), CAST(%s AS BIGINT)"] * len(undone)) or "SELECT 0, 0"
    same_key = " AND ".join(f"copy.{c} = origin.{c}" for c in table.key)
    copied_under = (
        "CASE WHEN origin.retired_by_id < 0 THEN origin.retired_by_id"
        " ELSE (SELECT u.revert_id FROM undone u WHERE u.load_id = origin.retired_by_id) END"
    )
    sql = (
        f"WITH RECURSIVE undone(load_id, revert_id) AS ({pairs}), mine(id) AS ("
        f" SELECT id FROM {table.name} WHERE load_id = %s"
        f" UNION SELECT copy.id FROM mine CROSS JOIN {table.name} origin CROSS JOIN {table.name} copy"
        f" WHERE origin.id = mine.id AND copy.load_id = {copied_under} AND {same_key})"
    )
    return sql, [*(number for pair in undone.items() for number in pair), load_id]
