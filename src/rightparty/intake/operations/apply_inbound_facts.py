# SPDX-License-Identifier: Apache-2.0
"""Let facts of the inbox take effect, each source's in the order of its positions, under the locks of the interface.

A fact that cannot take effect is kept with the fault and does not stop the others; the account and the person that it
names are on hold until it can, for it might be a payment (right_debt). It is tried again every half minute.

Crash meaning: effect and mark commit together; what was not committed is taken by the next call. Of two workers one
applies, the other goes on: a release puts back what a waiting fact is about.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import polars as pl
import structlog
from django.db import DatabaseError, connection, transaction

from rightparty.dispatch.operations.raise_alarm import raise_alarm
from rightparty.intake.contact_values import with_contact_values
from rightparty.intake.facts import FactFault
from rightparty.intake.operations.take_facts import take_facts
from rightparty.kernel.clock import require_aware
from rightparty.lending.inbox.queries import facts_to_apply, is_anything_to_apply
from rightparty.lending.inbox.waiting import WaitingFact
from rightparty.lending.locks import lock_accounts
from rightparty.lending.operations.settle_inbox import settle_inbox
from rightparty.parties.locks import lock_parties
from rightparty.parties.queries import ids_of_same_persons, owners_at
from rightparty.store.queries import is_postgresql

log = structlog.get_logger(__name__)

MOST: Final = 1_000
"""Facts per transaction."""

APPLYING: Final = 0x72706962
"""Advisory lock of whoever applies the inbox ("rpib"): one at a time, or a source's order would be lost."""

_NOT_TAKEN: Final = "the store refused it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What came of the inbox."""

    applied: int
    #: kept with a fault; what they name is on hold
    faulty: int


def apply_inbound_facts(*, at: datetime, most: int = MOST) -> Applied:
    """Apply what waits in the inbox, oldest positions first, until nothing more waits or somebody else is at it."""
    now = require_aware(at)
    applied = faulty = 0
    while is_anything_to_apply(at=now):
        with transaction.atomic():
            facts = facts_to_apply(at=now, most=most) if _is_alone() else []
            faults = _apply(facts, now)
        if not facts:
            break
        applied += len(facts) - len(faults)
        faulty += len(faults)
    if applied or faulty:
        log.info("facts.applied", accepted=applied, rejected=faulty)
    return Applied(applied=applied, faulty=faulty)


def _is_alone() -> bool:
    """Tell whether nobody else applies the inbox now, and keep it so until the transaction ends."""
    if not is_postgresql():
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [APPLYING])
        row = cursor.fetchone()
    return bool(row and row[0])


def _apply(facts: Sequence[WaitingFact], now: datetime) -> dict[int, tuple[str, str]]:
    """Let facts take effect and return what is wrong with the others, by their number: (field, fault)."""
    facts = _with_owners(facts)
    named = sorted({name for fact in facts for name in (fact.party_id, *fact.owners) if name})
    lock_parties(sorted({*named, *(ids_of_same_persons(party_ids=named)["party_id"] if named else ())}))
    lock_accounts(sorted({fact.account_id for fact in facts if fact.account_id}))
    try:
        taken = take_facts([fact.envelope for fact in facts], at=now, refuse_all=False)
        found = [(facts[fault.place].id, fault) for fault in taken.faults]
    except DatabaseError:
        # one that the store itself refuses must not keep the others from taking effect
        found = [(fact.id, fault) for fact in facts for fault in _take_alone(fact, now)]
    faults: dict[int, tuple[str, str]] = {}
    for number, fault in found:
        faults.setdefault(number, (fault.field.removeprefix("data."), fault.fault))
    settle_inbox(facts, faults, at=now)
    _tell_operations(facts, faults, now)
    return faults


def _with_owners(facts: Sequence[WaitingFact]) -> list[WaitingFact]:
    """Add to those that name nobody but an address who has it: what cannot be understood might be their stop."""
    given = [
        {"id": fact.id, **{name: str(fact.payload.get(name)).strip() for name in ("channel", "value")}}
        for fact in facts
        if isinstance(fact.payload, dict) and not (fact.party_id or fact.account_id)
    ]
    given = [each for each in given if f"{each['channel']}{each['value']}".isprintable()]
    if not given:
        return list(facts)
    nobody = {"party_id": pl.lit(None, pl.String), "country": pl.lit(None, pl.String)}
    written = with_contact_values(pl.DataFrame(given).with_columns(**nobody)).drop_nulls("value")
    found = written.join(owners_at(written["value"].unique().to_list()).rename({"party_id": "owner"}), on="value")
    owners: dict[int, list[str]] = {}
    for number, owner in found.select("id", "owner").iter_rows():
        owners.setdefault(number, []).append(owner)
    return [replace(fact, owners=owners.get(fact.id, ())) for fact in facts]


def _tell_operations(facts: Sequence[WaitingFact], faults: Mapping[int, object], now: datetime) -> None:
    """Raise one alarm for what was looked at for the first time and could not take effect."""
    new = [fact for fact in facts if fact.id in faults and not fact.is_faulty]
    if new:
        unnamed = sum(not (fact.account_id or fact.party_id or fact.owners) for fact in new)
        raise_alarm(kind="facts_without_effect", facts={"count": len(new), "unnamed": unnamed}, at=now)


def _take_alone(fact: WaitingFact, now: datetime) -> list[FactFault]:
    try:
        return take_facts([fact.envelope], at=now, refuse_all=False).faults
    except DatabaseError:
        remedy = "Correct the fact and send it under a new position."
        return [FactFault(place=0, field="", fault=_NOT_TAKEN, remedy=remedy)]
