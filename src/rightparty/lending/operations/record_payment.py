# SPDX-License-Identifier: Apache-2.0
"""Records a payment, live: under the account's lock, so that a release sees it or comes before it (right_debt)."""

from datetime import datetime
from typing import Final

from django.db import transaction

from rightparty.kernel.clock import require_aware
from rightparty.kernel.vocabulary import PaymentStatus
from rightparty.lending.locks import lock_accounts
from rightparty.lending.models import Payment

LAWFUL_MOVES: Final = {
    PaymentStatus.PENDING: frozenset({"pending", "posted", "reversed"}),
    PaymentStatus.POSTED: frozenset({"posted", "reversed"}),
    PaymentStatus.REVERSED: frozenset({"reversed"}),
}
"""A late repeat of an older status never brings reversed money back."""


def record_payment(
    *, payment_id: str, account_id: str, paid_at: datetime, amount_minor: int, status: str, channel: str = ""
) -> None:
    """Record the payment, or give a known one its new status (pending -> posted or reversed).

    Raises:
        ValueError: the status is unknown or cannot follow the known one, the amount is negative, or the id belongs to
            another account or amount.
        NaiveInstantError: the instant has no zone.
    """
    if status not in set(PaymentStatus) or amount_minor < 0:
        raise ValueError(f"a payment of status {status!r} or of a negative amount cannot be recorded")
    with transaction.atomic():
        lock_accounts([account_id])
        known = Payment.objects.filter(payment_id=payment_id, retired_by_id__isnull=True).first()
        if known is None:
            Payment.objects.create(
                payment_id=payment_id,
                account_id=account_id,
                paid_at=require_aware(paid_at),
                amount_minor=amount_minor,
                status=status,
                channel=channel,
            )
            return
        if (known.account_id, known.amount_minor) != (account_id, amount_minor):
            raise ValueError("the payment id is known with another account or amount")
        if status not in LAWFUL_MOVES[PaymentStatus(known.status)]:
            raise ValueError(f"a {known.status} payment cannot become {status}; record a new payment")
        Payment.objects.filter(id=known.id).update(status=status)
