# SPDX-License-Identifier: Apache-2.0
"""Real card accounts turned into schedules and payments that say the same as their real months-late status.

Source data: Yeh 2009 (CC BY 4.0). Column `k` of every matrix here is the month `k` months before the last due date.

The payments' amounts are the real ones. What the data set does not hold is the minimum due of each statement, so it
is constructed: the months before the first unpaid one share exactly the money really paid (weighted by 2 % of each
bill), and each unpaid month owes 2 % of its bill, at least `LEAST_DUE`. An account whose months-late status is
positive although its last bill is not has nothing due: there the ledger, rightly, disagrees with the status.
"""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

STATUS_MONTHS_LATE: Final = "PAY_0"
BILLS: Final = tuple(f"BILL_AMT{month}" for month in range(1, 7))
PAYMENTS: Final = tuple(f"PAY_AMT{month}" for month in range(1, 7))
MINIMUM_SHARE: Final = 0.02
"""Share of a bill that is its minimum due: an assumption, common among card issuers."""
LEAST_DUE: Final = 100
"""Whole currency units: the smallest minimum due."""
MONTHS_BACK: Final = 10
"""Due dates laid out before the last one: status 8 needs eight unpaid months and one that the money paid."""

Whole = NDArray[np.int64]


def minimum_dues(cards: pl.DataFrame) -> Whole:
    """Return the dues in whole units, shape (accounts, MONTHS_BACK + 1); the last column is the month to come."""
    bills = np.maximum(cards.select(BILLS).to_numpy().astype(np.int64), 0)
    paid = cards.select(PAYMENTS).to_numpy().astype(np.int64).sum(axis=1)
    late = np.maximum(cards[STATUS_MONTHS_LATE].to_numpy(), 0)
    late = np.where(bills[:, 0] > 0, late, 0)
    months = np.arange(MONTHS_BACK)
    bill_of = bills[:, np.minimum(months, len(BILLS) - 1)]
    nominal = np.where(bill_of > 0, np.maximum((bill_of * MINIMUM_SHARE).astype(np.int64), LEAST_DUE), 0)
    unpaid = months[None, :] < late[:, None]
    # the six months of payments, or the first older one if all six are unpaid
    settled = ~unpaid & (months[None, :] < np.maximum(len(BILLS), late + 1)[:, None])
    dues = np.where(unpaid, np.maximum(nominal, LEAST_DUE), 0) + _share(paid, nominal, settled, late > 0)
    coming = nominal[:, 0]
    return np.concatenate([dues, coming[:, None]], axis=1)


def _share(paid: Whole, nominal: Whole, settled: NDArray[np.bool_], exactly: NDArray[np.bool_]) -> Whole:
    """Lay the money paid over the settled months: all of it if `exactly`, else at most the nominal dues."""
    weights = np.where(settled, nominal, 0)
    weights = np.where(weights.sum(axis=1, keepdims=True) > 0, weights, settled.astype(np.int64))
    total = np.where(exactly, paid, np.minimum(paid, np.where(settled, nominal, 0).sum(axis=1)))
    shares = weights * total[:, None] // weights.sum(axis=1, keepdims=True)
    oldest = settled.shape[1] - 1 - np.argmax(settled[:, ::-1], axis=1)
    shares[np.arange(len(total)), oldest] += total - shares.sum(axis=1)
    return shares
