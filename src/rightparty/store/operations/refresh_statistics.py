# SPDX-License-Identifier: Apache-2.0
"""Tells PostgreSQL's planner what a transaction has written, before it asks about it."""

from collections.abc import Iterable

from django.db import connection

from rightparty.store.queries import is_postgresql


def refresh_statistics(tables: Iterable[str]) -> None:
    """Sample tables that this transaction has filled: nobody else sees its rows, so nobody else can count them.

    Without it a query over the rows of a first load is planned as if the tables were empty, and takes hours. SQLite
    plans by its indexes; there this does nothing. Source: PostgreSQL, "Populating a Database", run ANALYZE afterwards.
    """
    if not is_postgresql():
        return
    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")
