# SPDX-License-Identifier: Apache-2.0
"""Takes the rows of a load into this room's tables, and takes them back."""

from collections.abc import Mapping
from typing import Final

import polars as pl
from django.db import connection

from rightparty.parties.locks import lock_linking, lock_parties, lock_values
from rightparty.parties.models import ContactEvent, ContactPoint, Party
from rightparty.store.operations.merge_rows import merge_rows
from rightparty.store.operations.take_back import take_back
from rightparty.store.queries import versioned_table
from rightparty.store.versions import MergeCounts, TakenBack

TABLES: Final = {
    "parties": versioned_table(Party),
    "contact_points": versioned_table(ContactPoint),
    "contact_events": versioned_table(ContactEvent),
}
"""The contract's tables that live in this room."""


def take_rows(*, table: str, rows: pl.DataFrame, load_id: int) -> MergeCounts:
    """Merge rows of a contract table as versions of a load.

    Shape: every column that comes with the table, in the table's types; each key once.
    Raises: KeyError if the table is not of this room; django.db.IntegrityError on a key named twice.
    """
    # releases that rest on these rows end first, and new ones wait until the load commits (right_party)
    if table == "parties":
        lock_linking()
        lock_parties(rows["party_id"].unique().sort().to_list())
    else:
        lock_values(rows["value"].unique().sort().to_list())
    counts = merge_rows(TABLES[table], rows, load_id=load_id)
    if table == "parties":
        _carry_cease_communication_over(load_id)
    return counts


def take_back_rows(*, table: str, load_id: int, revert_id: int, undone: Mapping[int, int]) -> TakenBack:
    """Undo what a load did to a contract table; see `store.operations.take_back`.

    Raises:
        rightparty.store.versions.RetiredByLaterLoadError: a later load changed some of the rows.
    """
    if table == "parties":
        lock_linking()
    taken = take_back(TABLES[table], load_id=load_id, revert_id=revert_id, undone=undone)
    if table == "parties":
        _carry_cease_communication_over(revert_id)
    return taken


def _carry_cease_communication_over(load_id: int) -> None:
    """Give a party's new person the cease communications of its old one: a demand is never lost by a re-linkage."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO parties_ceasecommunication (person_id, from_at, to_at, origin)"
            " SELECT DISTINCT now.person_id, c.from_at, c.to_at, c.origin FROM parties_ceasecommunication c"
            " JOIN parties_party was ON was.person_id = c.person_id AND was.retired_by_id = %s"
            " JOIN parties_party now ON now.party_id = was.party_id AND now.retired_by_id IS NULL"
            " WHERE now.person_id <> was.person_id AND NOT EXISTS (SELECT 1 FROM parties_ceasecommunication k"
            " WHERE k.person_id = now.person_id AND k.from_at = c.from_at AND k.to_at IS NOT DISTINCT FROM c.to_at)",
            [load_id],
        )
