# SPDX-License-Identifier: Apache-2.0
"""What a release locks, in the one order that everybody keeps: party -> account -> contact point -> reminder.

Every id of a linked person is locked, so that two workers cannot each release a reminder to one human under two ids.
SQLite has one writer at a time, whose transaction is IMMEDIATE; there these calls do nothing.
"""

import polars as pl

from rightparty.dispatch.models import Reminder
from rightparty.lending.locks import lock_accounts
from rightparty.parties.locks import lock_parties, lock_values
from rightparty.parties.queries import ids_of_same_persons
from rightparty.store.queries import is_postgresql


def lock_for_release(rows: pl.DataFrame) -> list[str]:
    """Lock all that the decision on some claimed rows depends on; return the party ids of all persons concerned.

    Shape: rows [id, party_id, account_id, address].
    """
    parties = _lock_persons(rows["party_id"].unique().to_list())
    lock_accounts(rows["account_id"].unique().sort().to_list())
    lock_values(rows["address"].unique().sort().to_list())
    if is_postgresql():
        ids = rows["id"].to_list()
        list(Reminder.objects.select_for_update().filter(id__in=ids).order_by("id").values_list("id", flat=True))
    return parties


def _lock_persons(given: list[str]) -> list[str]:
    """Lock every id of the persons, again if a merge or split came in between: then rows and persons are others."""
    while True:
        same = ids_of_same_persons(party_ids=given)["party_id"].to_list()
        locked = lock_parties(sorted({*given, *same}))
        now = set(ids_of_same_persons(party_ids=given)["party_id"].to_list())
        if now <= locked:
            return sorted({*given, *now})
