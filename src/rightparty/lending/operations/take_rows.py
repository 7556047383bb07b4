# SPDX-License-Identifier: Apache-2.0
"""Takes the rows of a load into this room's tables, and takes them back."""

from collections.abc import Mapping
from typing import Final, cast

import polars as pl
from django.db import connection

from rightparty.lending.models import Account, AccountParty, Hold, Instalment, Payment
from rightparty.store.operations.merge_rows import merge_rows
from rightparty.store.operations.take_back import take_back
from rightparty.store.queries import among, is_postgresql, versioned_table
from rightparty.store.versions import MergeCounts, TakenBack

TABLES: Final = {
    "accounts": versioned_table(Account),
    "account_parties": versioned_table(AccountParty),
    "instalments": versioned_table(Instalment),
    "payments": versioned_table(Payment),
    "holds": versioned_table(Hold),
}
"""The contract's tables that live in this room."""


def take_rows(*, table: str, rows: pl.DataFrame, load_id: int) -> MergeCounts:
    """Merge rows of a contract table as versions of a load.

    Shape: every column that comes with the table, in the table's types; each key once.
    Raises: KeyError if the table is not of this room; django.db.IntegrityError on a key named twice.
    """
    _lock_accounts(rows["account_id"])
    return merge_rows(TABLES[table], rows, load_id=load_id)


def take_back_rows(*, table: str, load_id: int, revert_id: int, undone: Mapping[int, int]) -> TakenBack:
    """Undo what a load did to a contract table; see `store.operations.take_back`.

    Raises:
        rightparty.store.versions.RetiredByLaterLoadError: a later load changed some of the rows.
    """
    return take_back(TABLES[table], load_id=load_id, revert_id=revert_id, undone=undone)


def _lock_accounts(account_ids: pl.Series) -> None:
    """Wait for releases that rest on these accounts, and keep new ones waiting until the load commits (right_debt).

    SQLite has one writer at a time anyway.
    """
    if not is_postgresql():
        return
    condition, params = among("account_id", account_ids.unique().to_list())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM lending_account WHERE retired_by_id IS NULL"
            f" AND {condition} ORDER BY account_id FOR UPDATE) AS locked",
            cast("list[str]", params),
        )
