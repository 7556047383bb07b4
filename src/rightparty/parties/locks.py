# SPDX-License-Identifier: Apache-2.0
"""Row locks of this room. Fixed order: linking -> party -> account -> contact point -> reminder. Serves correctable.

On SQLite they are no-ops: its write transactions are IMMEDIATE, so that one writer runs at a time.
"""

from collections.abc import Sequence
from typing import Final

from django.db import connection

from rightparty.store.queries import among, is_postgresql

_PARTIES = "SELECT party_id FROM parties_party WHERE retired_by_id IS NULL AND {} ORDER BY id FOR UPDATE"
_VALUES = "SELECT value FROM parties_contactpoint WHERE retired_by_id IS NULL AND {} ORDER BY id FOR UPDATE"


LINKING: Final = 0x72706C6B
"""Advisory lock of whoever changes who is the same person ("rplk"): each sees what the one before has decided."""


def lock_linking() -> None:
    """Wait until nobody else changes who is the same person, until the transaction ends."""
    if is_postgresql():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LINKING])


def lock_parties(party_ids: Sequence[str]) -> set[str]:
    """Lock the parties' current rows until the transaction ends, in a fixed order; return those now locked.

    One whose row was replaced while this waited is not among them: who needs it locks again.
    """
    return _lock(_PARTIES, "party_id", party_ids)


def lock_values(values: Sequence[str]) -> None:
    """Lock every current contact point that carries one of the values until the transaction ends."""
    _lock(_VALUES, "value", values)


def _lock(sql: str, column: str, keys: Sequence[str]) -> set[str]:
    if not is_postgresql() or not keys:
        return set(keys)
    condition, params = among(column, keys)
    with connection.cursor() as cursor:
        cursor.execute(sql.format(condition), params)
        return {str(key) for (key,) in cursor.fetchall()}
