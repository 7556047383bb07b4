# SPDX-License-Identifier: Apache-2.0
"""What a release locks, in the one order that everybody keeps: party -> account -> contact point -> reminder.

Every id of a linked person is locked, so that two workers cannot each release a reminder to one human under two ids.
SQLite has one writer at a time, whose transaction is IMMEDIATE; there these calls do nothing.
"""

import polars as pl

from rightparty.dispatch.models import Reminder
from rightparty.lending.locks import lock_accounts
from rightparty.parties.locks import lock_parties, lock_values
from rightparty.store.queries import among, is_postgresql, read_frame


def ids_of_people(party_ids: list[str]) -> list[str]:
    """Return every current party id of the persons behind some party ids, those included."""
    given, params = among("known.party_id", party_ids)
    sql = (
        "SELECT DISTINCT other.party_id FROM parties_party known JOIN parties_party other"
        " ON other.person_id = known.person_id AND other.retired_by_id IS NULL"
        f" WHERE known.retired_by_id IS NULL AND {given}"
    )
    found = read_frame(sql, params, schema={"party_id": pl.String()})
    return sorted({*party_ids, *found["party_id"]})


def lock_for_release(rows: pl.DataFrame) -> list[str]:
    """Lock all that the decision on some claimed rows depends on; return the party ids of all persons concerned.

    Shape: rows [id, party_id, account_id, address].
    """
    parties = ids_of_people(rows["party_id"].unique().to_list())
    lock_parties(parties)
    lock_accounts(rows["account_id"].unique().sort().to_list())
    lock_values(rows["address"].unique().sort().to_list())
    if is_postgresql():
        ids = rows["id"].to_list()
        list(Reminder.objects.select_for_update().filter(id__in=ids).order_by("id").values_list("id", flat=True))
    return parties
