# SPDX-License-Identifier: Apache-2.0
"""Ends holds of a kind on a person or an account. Serves right_debt."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from rightparty.kernel.clock import require_aware
from rightparty.lending.locks import lock_accounts
from rightparty.lending.models import Hold
from rightparty.parties.locks import lock_parties


def close_hold(*, kind: str, at: datetime, party_id: str = "", account_id: str = "") -> int:
    """End every hold of this kind, person and account that runs at the instant, and return their number."""
    instant = require_aware(at)
    running = Q(to_at__isnull=True) | Q(to_at__gt=instant)
    with transaction.atomic():
        lock_parties([party_id] if party_id else [])
        lock_accounts([account_id] if account_id else [])
        holds = Hold.objects.filter(running, kind=kind, party_id=party_id, account_id=account_id)
        return holds.filter(from_at__lte=instant, retired_by_id__isnull=True).update(to_at=instant)
