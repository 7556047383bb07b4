# SPDX-License-Identifier: Apache-2.0
"""Records many payments and their new statuses at once, in the caller's transaction, under his locks (right_debt)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl
from django.db import connection

from rightparty.kernel.vocabulary import PaymentStatus
from rightparty.lending.given import Answer, Outcome, PaymentGiven, refused
from rightparty.lending.operations.record_payment import LAWFUL_MOVES
from rightparty.store.operations.append_rows import append_rows
from rightparty.store.queries import among, read_frame

_KNOWN: Final = {
    "payment_id": pl.String(), "account_id": pl.String(), "amount_minor": pl.Int64(), "status": pl.String(),
}  # fmt: skip
_CORRECT: Final = "A payment keeps its account and amount; report a correction under a new payment_id."


@dataclass(slots=True)
class _Payment:
    account_id: str
    amount_minor: int
    status: str
    #: as told, where it is new
    told: PaymentGiven | None = None
    moved: bool = False


def record_payments(given: Sequence[PaymentGiven]) -> list[Answer]:
    """Record payments in the order in which they are told; return what became of each.

    Meaning: a repeat of `pending` after `posted` changes nothing; reversed money never comes back under its id.
    The caller holds the accounts' locks: a release sees all of them or comes before all of them.
    """
    if not given:
        return []
    condition, params = among("payment_id", sorted({each.payment_id for each in given}))
    rows = read_frame(
        f"SELECT {', '.join(_KNOWN)} FROM lending_payment WHERE retired_by_id IS NULL AND {condition}",
        params,
        schema=_KNOWN,
    )
    known = {row[0]: _Payment(*row[1:]) for row in rows.rows()}
    answers = [_take(each, known) for each in given]
    _write(known)
    return answers


def _take(given: PaymentGiven, known: dict[str, _Payment]) -> Answer:
    payment = known.get(given.payment_id)
    if payment is None:
        if given.amount_minor is None or given.paid_at is None:
            remedy = "Send the payment first, or send paid_at and amount_minor with its reversal."
            return refused("payment_id", "not known here", remedy, is_unknown=True)
        known[given.payment_id] = _Payment(given.account_id, given.amount_minor, given.status, told=given)
        return Answer(outcome=Outcome.NEW)
    if payment.account_id != given.account_id:
        return refused("account_id", "the payment_id is known with another account", _CORRECT)
    if given.amount_minor is not None and payment.amount_minor != given.amount_minor:
        return refused("amount_minor", "the payment_id is known with another amount", _CORRECT)
    if payment.status == given.status or (payment.status, given.status) == ("posted", "pending"):
        return Answer(outcome=Outcome.REPEATED)
    if given.status not in LAWFUL_MOVES[PaymentStatus(payment.status)]:
        fault = f"a {payment.status} payment cannot become {given.status}"
        return refused("payment_id", fault, "Money that came again is a new payment with a payment_id of its own.")
    payment.status, payment.moved = given.status, True
    return Answer(outcome=Outcome.CHANGED)


def _write(payments: dict[str, _Payment]) -> None:
    new = [(key, p.told, p.status) for key, p in payments.items() if p.told is not None]
    rows = [(key, t.account_id, t.paid_at, t.amount_minor, status, t.channel) for key, t, status in new]
    schema = {
        "payment_id": pl.String(), "account_id": pl.String(), "paid_at": pl.Datetime("us", "UTC"),
        "amount_minor": pl.Int64(), "status": pl.String(), "channel": pl.String(),
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    append_rows("lending_payment", frame.with_columns(load_id=pl.lit(0, pl.Int64), extra=pl.lit("")))
    for status in PaymentStatus:
        moved = [key for key, p in payments.items() if p.moved and p.told is None and p.status == status]
        if moved:
            condition, params = among("payment_id", moved)
            with connection.cursor() as cursor:
                cursor.execute(
                    f"UPDATE lending_payment SET status = %s WHERE retired_by_id IS NULL AND {condition}",
                    [status.value, *params],
                )
