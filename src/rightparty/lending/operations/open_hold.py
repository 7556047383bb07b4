# SPDX-License-Identifier: Apache-2.0
"""Puts a person or an account on hold. Serves right_debt and right_time."""

from datetime import datetime

from django.db import transaction

from rightparty.kernel.clock import require_aware
from rightparty.kernel.periods import Period
from rightparty.kernel.vocabulary import HoldKind
from rightparty.lending.locks import lock_accounts
from rightparty.lending.models import Hold
from rightparty.parties.locks import lock_parties


def open_hold(
    *, kind: str, from_at: datetime, party_id: str = "", account_id: str = "", to_at: datetime | None = None
) -> int:
    """Open the hold over [from_at, to_at) and return its number; the same hold again changes nothing.

    Raises:
        ValueError: unknown kind, neither person nor account, or an end before the start.
    """
    if not party_id and not account_id:
        raise ValueError("a hold names a party or an account")
    period = Period(from_at=require_aware(from_at), to_at=to_at)
    with transaction.atomic():
        lock_parties([party_id] if party_id else [])
        lock_accounts([account_id] if account_id else [])
        hold, _created = Hold.objects.get_or_create(
            kind=HoldKind(kind).value,
            from_at=period.from_at,
            party_id=party_id,
            account_id=account_id,
            retired_by_id=None,
            defaults={"to_at": period.to_at},
        )
    return int(hold.pk)
