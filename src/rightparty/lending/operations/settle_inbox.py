# SPDX-License-Identifier: Apache-2.0
"""Writes what became of facts in the inbox; whom a fact names that could not take effect is on hold (right_debt).

What cannot be understood might be a payment: fail closed. The hold is of the kind `legal`, runs from the fact's arrival
and ends when the fact takes effect.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from rightparty.kernel.vocabulary import HoldKind
from rightparty.lending.inbox.waiting import WaitingFact
from rightparty.lending.models import Hold, InboundFact

_LONGEST_NAME: Final = 64
_KIND: Final = HoldKind.LEGAL.value


def settle_inbox(facts: Sequence[WaitingFact], faults: Mapping[int, tuple[str, str]], *, at: datetime) -> None:
    """Mark facts as applied, or, where `faults` {id: (field, fault)} says so, as faulty.

    In the caller's transaction, which has locked the persons and accounts.
    """
    applied = [fact for fact in facts if fact.id not in faults]
    kept = [fact for fact in facts if fact.id in faults]
    InboundFact.objects.filter(pk__in=[fact.id for fact in applied]).update(
        applied_at=at, looked_at=at, fault="", fault_field=""
    )
    mended = [_mark(fact) for fact in applied if fact.is_faulty]
    if mended:
        Hold.objects.filter(kind=_KIND, extra__in=mended, to_at__isnull=True).update(to_at=at)
    held = Hold.objects.filter(kind=_KIND, extra__in=[_mark(fact) for fact in kept], to_at__isnull=True)
    standing = set(held.values_list("extra", "account_id", "party_id"))
    wanted = [hold for fact in kept for hold in _holds_of(fact, at)]
    Hold.objects.bulk_create([h for h in wanted if (h.extra, h.account_id, h.party_id) not in standing])
    for fact in kept:
        field, fault = faults[fact.id]
        InboundFact.objects.filter(pk=fact.id).update(fault=fault[:300], fault_field=field[:64], looked_at=at)


def _holds_of(fact: WaitingFact, at: datetime) -> list[Hold]:
    """Return the holds that a fact without effect puts on whom it names, as far as it names somebody legibly."""
    start = min(fact.received_at, at)
    holds = [
        Hold(kind=_KIND, from_at=start, extra=_mark(fact), account_id=fact.account_id or ""),
        *(
            Hold(kind=_KIND, from_at=start, extra=_mark(fact), party_id=party)
            for party in (fact.party_id or "", *fact.owners)
        ),
    ]
    return [hold for hold in holds if _is_legible(hold.account_id + hold.party_id)]


def _is_legible(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_NAME and name.isprintable()


def _mark(fact: WaitingFact) -> str:
    """Return what a hold says of the fact that it is for."""
    return f'{{"inbound_fact":{fact.id}}}'
