# SPDX-License-Identifier: Apache-2.0
"""Takes the rows of a load into this room's tables, and takes them back."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from rightparty.lending.locks import lock_accounts
from rightparty.lending.models import Account, AccountParty, Hold, Instalment, Payment
from rightparty.parties.locks import lock_parties
from rightparty.store.operations.merge_rows import merge_rows
from rightparty.store.operations.take_back import take_back
from rightparty.store.queries import versioned_table
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
    # releases that rest on these accounts end first, and new ones wait until the load commits (right_debt)
    if table == "holds":
        lock_parties(rows["party_id"].unique().sort().to_list())
    lock_accounts(rows["account_id"].unique().sort().to_list())
    return merge_rows(TABLES[table], rows, load_id=load_id)


def take_back_rows(*, table: str, load_id: int, revert_id: int, undone: Mapping[int, int]) -> TakenBack:
    """Undo what a load did to a contract table; see `store.operations.take_back`.

    Raises:
        rightparty.store.versions.RetiredByLaterLoadError: a later load changed some of the rows.
    """
    return take_back(TABLES[table], load_id=load_id, revert_id=revert_id, undone=undone)
