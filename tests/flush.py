# SPDX-License-Identifier: Apache-2.0
"""Emptying the test store between tests: SQLite empties by DELETE, which protected tables refuse.

The triggers are dropped and put back around the deletes. PostgreSQL truncates and needs nothing.
"""

import importlib
from typing import Any

from django.db.backends.sqlite3.base import DatabaseOperations

_PROTECTIONS = {
    "evidence_leaf": importlib.import_module("rightparty.evidence.migrations.0002_protect_leaves").SQLITE,
    "planning_policydraft": importlib.import_module("rightparty.planning.migrations.0003_protect_drafts").SQLITE,
    "dispatch_ownwording": importlib.import_module("rightparty.dispatch.migrations.0006_wordings").SQLITE,
    **importlib.import_module("rightparty.dispatch.migrations.0010_calls").SQLITE,
}
_original = DatabaseOperations.sql_flush


def _sql_flush(self: DatabaseOperations, style: Any, tables: Any, **options: Any) -> list[str]:
    statements = _original(self, style, tables, **options)
    emptied = {table: triggers for table, triggers in _PROTECTIONS.items() if table in tables}
    drops = [f"DROP TRIGGER {table}_no_{event}" for table, triggers in emptied.items() for event in triggers]
    again = [trigger for triggers in emptied.values() for trigger in triggers.values()]
    return [*drops, *statements, *again]


def let_tests_empty_the_log() -> None:
    """Install the exception."""
    DatabaseOperations.sql_flush = _sql_flush  # type: ignore[method-assign]
