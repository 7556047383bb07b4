# SPDX-License-Identifier: Apache-2.0
"""The gate: one transaction in which every promise is checked again and a batch is released or withheld.

Locks come first, in the fixed order party -> account -> contact point -> batch -> reminder, and stay until commit: a
payment, a hold, a report, the stop of a batch or another worker's release for the same person waits, or has committed
and is seen. Snapshot isolation alone would let a payment slip in between. Facts, decision, contact event, rendered text
and evidence leaf commit together; the amount in the text is the ledger's of this transaction.

Promise: no reminder is released by a transaction that commits after the payment's commit. Crash meaning: before the
commit nothing happened and the lease runs out; after it the messages may be handed over within the lease.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import polars as pl
from django.conf import settings
from django.db import transaction

from rightparty.dispatch.decisions import (
    Decided,
    decide,
    leaves_of_released,
    leaves_of_withheld,
    render_released,
)
from rightparty.dispatch.locks import Locked, lock_for_release
from rightparty.dispatch.operations.write_batch_messages import write_batch_messages
from rightparty.dispatch.operations.write_decisions import write_back_to_queue, write_released, write_withheld
from rightparty.dispatch.queries import batches_as_of, claimed_rows, is_halted, texts_in_force
from rightparty.dispatch.texts_of_batch import Lender
from rightparty.evidence.operations.append_leaves import append_columns
from rightparty.kernel.identifiers import new_reference_codes
from rightparty.lending.inbox.queries import rows_with_waiting_facts
from rightparty.planning.assembly import assemble_facts
from rightparty.planning.batches import within_room
from rightparty.planning.drafts.queries import installed_packs
from rightparty.planning.queries import read_world
from rightparty.policy.evaluate import judge
from rightparty.policy.pack import LawPacks
from rightparty.store.queries import is_postgresql

AHEAD: Final = timedelta(days=3)
"""A fact against reminding that is committed counts, though dated so much later than the gate's own instant.

That instant is taken before the gate waits for its locks, and whoever tells the fact has a clock of his own, or gives a
value date. At worst too little is sent.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What became of a batch at the gate."""

    #: may be handed over by this worker now
    released: list[UUID]
    withheld: int
    #: back in the queue: another reminder to the person went first, a fact waits in the inbox, or dispatch is halted
    deferred: int


def release(
    ids: Sequence[UUID],
    *,
    at: datetime,
    worker: str,
    packs: LawPacks | None = None,
    new_codes: Callable[[int], Sequence[str]] = new_reference_codes,
) -> Released:
    """Decide on claimed reminders of this worker, as the store stands in this transaction.

    Args:
        ids: what `claim` returned.
        at: instant of the decision.
        worker: owner of the claim; rows it no longer owns are left alone.
        packs: law packs with house rules; None for those of the installation.
        new_codes: source of reference codes: returns so many.
    """
    with transaction.atomic():
        scope = claimed_rows(ids, worker=worker, at=at)
        locked = lock_for_release(scope)
        # what another worker did while this one waited is seen now; on SQLite nobody else has written since
        rows = claimed_rows(ids, worker=worker, at=at) if is_postgresql() else scope
        if rows.is_empty():
            return Released(released=[], withheld=0, deferred=0)
        # under the locks: what waits in the inbox for one of them takes effect before it is decided
        waiting = rows_with_waiting_facts(rows, party_ids=locked.parties)
        rows = rows.filter(~pl.col("id").is_in(waiting.implode()))
        write_back_to_queue(waiting, at=at)
        if rows.is_empty():
            return Released(released=[], withheld=0, deferred=waiting.len())
        if is_halted():
            write_back_to_queue(rows["id"], at=at)
            return Released(released=[], withheld=0, deferred=rows.height + waiting.len())
        packs = packs or installed_packs()
        decided = _decide(rows, locked, packs, at=at, new_codes=new_codes)
        _write(decided, packs, at=at)
    return Released(
        released=[UUID(i) for i in decided.released["id"]],
        withheld=decided.withheld.height,
        deferred=decided.deferred.height + waiting.len(),
    )


def make_ready(*, at: datetime) -> None:
    """Read and compile what every batch needs, under no lock: the first one would keep a payment waiting for it.

    Decides on no row at all; whatever changes afterwards is read again by each release.
    """
    packs = installed_packs()
    rows = claimed_rows([], worker="", at=at)
    world = read_world(at=at, account_ids=[], party_ids=[], batches=batches_as_of(at=at), ahead=AHEAD)
    facts = assemble_facts(rows, world, wordings=texts_in_force().available, thresholds=packs.thresholds)
    judge(facts, packs)


def _decide(
    rows: pl.DataFrame, locked: Locked, packs: LawPacks, *, at: datetime, new_codes: Callable[[int], Sequence[str]]
) -> Decided:
    batches = batches_as_of(at=at, locked=locked.batches)
    accounts = rows["account_id"].unique().to_list()
    world = read_world(
        at=at, account_ids=accounts, party_ids=locked.parties, same=locked.same, batches=batches, ahead=AHEAD
    )
    texts = texts_in_force()
    facts = assemble_facts(rows, world, wordings=texts.available, thresholds=packs.thresholds)
    judged = within_room(judge(facts, packs))
    decided = decide(judged, oldest_plan=at - timedelta(hours=packs.house.plan_expires_hours))
    lender = Lender(
        sender=str(settings.RIGHTPARTY["SENDER_NAME"]),
        public_url=str(settings.RIGHTPARTY["PUBLIC_URL"]),
        phone=str(settings.RIGHTPARTY["PHONE"]),
    )
    return render_released(decided, texts.wordings, codes=new_codes(decided.released.height), lender=lender)


def _write(decided: Decided, packs: LawPacks, *, at: datetime) -> None:
    released, withheld = decided.released, decided.withheld
    write_back_to_queue(decided.deferred["id"], at=at)
    indexes = append_columns(
        leaves_of_released(released, rules=packs.digest, at=at),
        leaves_of_withheld(withheld, rules=packs.digest, at=at),
    )
    write_released(released, indexes[: released.height], at=at)
    write_batch_messages(released, at=at)
    write_withheld(withheld, indexes[released.height :], at=at)
