# SPDX-License-Identifier: Apache-2.0
"""Emptying the test store between tests: SQLite empties by DELETE, which the log's own protection refuses.

The triggers are dropped and put back around the deletes. PostgreSQL truncates and needs nothing.
"""

import importlib
from typing import Any

from django.db.backends.sqlite3.base import DatabaseOperations

_protection = importlib.import_module("rightparty.evidence.migrations.0002_protect_leaves")
_original = DatabaseOperations.sql_flush


def _sql_flush(self: DatabaseOperations, style: Any, tables: Any, **options: Any) -> list[str]:
    statements = _original(self, style, tables, **options)
    if "evidence_leaf" not in tables:
        return statements
    drops = [f"DROP TRIGGER evidence_leaf_no_{event}" for event in _protection.SQLITE]
    return [*drops, *statements, *_protection.SQLITE.values()]


def let_tests_empty_the_log() -> None:
    """Install the exception."""
    DatabaseOperations.sql_flush = _sql_flush  # type: ignore[method-assign]
