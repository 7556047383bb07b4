# SPDX-License-Identifier: Apache-2.0
"""Takes the rows of a load into this room's tables, and takes them back."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from rightparty.lending.models import Account, AccountParty, Hold, Instalment, Payment
from rightparty.store.operations.append_rows import append_rows
from rightparty.store.operations.merge_staged import close_staging, merge_staged, open_staging
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
    versioned = TABLES[table]
    staging = open_staging(versioned)
    append_rows(staging, rows.select(versioned.columns))
    counts = merge_staged(versioned, staging=staging, load_id=load_id)
    close_staging(staging)
    return counts


def take_back_rows(*, table: str, load_id: int, revert_id: int, undone: Mapping[int, int]) -> TakenBack:
    """Undo what a load did to a contract table; see `store.operations.take_back`.

    Raises:
        rightparty.store.versions.RetiredByLaterLoadError: a later load changed some of the rows.
    """
    return take_back(TABLES[table], load_id=load_id, revert_id=revert_id, undone=undone)
