# SPDX-License-Identifier: Apache-2.0
"""Row locks of this room: what is locked here cannot be paid or held until the transaction ends. Serves right_debt.

On SQLite they are no-ops: its write transactions are IMMEDIATE, so that one writer runs at a time.
"""

from collections.abc import Sequence

from django.db import connection

from rightparty.store.queries import among, is_postgresql

_ACCOUNTS = "SELECT 1 FROM lending_account WHERE retired_by_id IS NULL AND {} ORDER BY id FOR UPDATE"


def lock_accounts(account_ids: Sequence[str]) -> None:
    """Lock the accounts' current rows until the transaction ends, in a fixed order."""
    if not is_postgresql() or not account_ids:
        return
    condition, params = among("account_id", account_ids)
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS.format(condition), params)
