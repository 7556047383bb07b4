# SPDX-License-Identifier: Apache-2.0
"""What a release locks, in the one order that everybody keeps: party -> account -> contact point -> batch -> reminder.

Every id of a linked person is locked, so that two workers cannot each release a reminder to one human under two ids.
SQLite has one writer at a time, whose transaction is IMMEDIATE; there these calls do nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import polars as pl
from django.db import connection

from rightparty.dispatch.models import Batch
from rightparty.kernel.vocabulary import BatchState
from rightparty.lending.locks import lock_accounts
from rightparty.parties.locks import lock_parties, lock_values
from rightparty.parties.queries import ids_of_same_persons, loads_at
from rightparty.store.queries import is_postgresql, text_array

_BATCHES: Final = 16 << 48
"""Where the advisory locks of batches begin; a load's number is far below 2^48."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """What a release holds until its transaction ends."""

    #: party ids of all persons concerned
    parties: list[str]
    #: [party_id, person_id] of all of them that are on file
    same: pl.DataFrame
    #: batches of which nobody else releases anything meanwhile: only their trials' room may be used
    batches: frozenset[int]


def lock_for_release(rows: pl.DataFrame) -> Locked:
    """Lock all that the decision on some claimed rows depends on.

    Shape: rows [id, party_id, account_id, address].
    """
    given = rows["party_id"].unique().to_list()
    same = _lock_persons(given)
    addresses = rows["address"].unique().sort().to_list()
    lock_accounts(rows["account_id"].unique().sort().to_list())
    lock_values(addresses)
    alone = _lock_batches_of(addresses)
    if is_postgresql():
        ids, params = text_array(rows["id"].to_list())
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM (SELECT 1 FROM dispatch_reminder"
                f" WHERE id = ANY(({ids})::uuid[]) ORDER BY id FOR UPDATE) locked",
                params,
            )
    return Locked(parties=sorted({*given, *same["party_id"]}), same=same, batches=alone)


def _lock_persons(given: list[str]) -> pl.DataFrame:
    """Lock every id of the persons, again if a merge or split came in between: then rows and persons are others.

    Return [party_id, person_id] as they are under the locks.
    """
    if not is_postgresql():
        return ids_of_same_persons(party_ids=given)
    while True:
        same = ids_of_same_persons(party_ids=given)["party_id"].to_list()
        locked = lock_parties(sorted({*given, *same}))
        now = ids_of_same_persons(party_ids=given)
        if {*now["party_id"]} <= locked:
            return now


def lock_batch(load_id: int) -> None:
    """Wait until nobody else releases anything of a batch, and keep it so until the transaction ends."""
    lock_batches([load_id])


def lock_batches(load_ids: Collection[int]) -> None:
    """The same for several batches.

    The evidence log's own lock comes after these: a transaction that has appended a leaf takes no batch lock any more.
    """
    _lock_batches(load_ids, alone=load_ids)


def _lock_batches_of(addresses: list[str]) -> frozenset[int]:
    """Lock the batches behind some values: trusted ones together with other workers, the others alone.

    Advisory locks, because they queue in order: with shared row locks, workers that take turns could keep a stop
    waiting for ever. The state is read again afterwards; who holds no lock alone has no room.
    """
    loads = loads_at(addresses)
    trusted = Batch.objects.filter(load_id__in=loads, state=BatchState.TRUSTED).values_list("load_id", flat=True)
    alone = frozenset(loads) - frozenset(trusted)
    _lock_batches(loads, alone=alone)
    return alone


def _lock_batches(load_ids: Collection[int], *, alone: Collection[int]) -> None:
    if not is_postgresql():
        return
    with connection.cursor() as cursor:
        for load_id in sorted(load_ids):
            kind = "" if load_id in alone else "_shared"
            cursor.execute(f"SELECT pg_advisory_xact_lock{kind}(%s)", [_BATCHES + load_id])
