# SPDX-License-Identifier: Apache-2.0
"""The sample lender's books: accounts, schedules and payments from real figures, moved to the present."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rightparty.simulation.cards import MONTHS_BACK, PAYMENTS, minimum_dues

INSTANT: Final = pl.Datetime("us", "UTC")
CURRENCY: Final = {"CN": "CNY", "US": "USD", "VN": "VND", "CZ": "CZK"}
MINOR: Final = {"CNY": 100, "USD": 100, "VND": 1, "CZK": 100}
CREDITOR: Final = {"CN": "示例银行", "US": "Example Bank", "VN": "Ngân hàng Ví Dụ", "CZ": "Banka Ukázka"}
MARKET_SHARES: Final = {"CN": 0.7, "US": 0.2, "VN": 0.1}
DUE_DAYS_AGO: Final = (2, 28)
"""Days between the last due date and `as_of`: two, so that it is past in every market's calendar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """The money tables of the portfolio contract, amounts in minor units (`*_minor`)."""

    accounts: pl.DataFrame
    instalments: pl.DataFrame
    payments: pl.DataFrame


def card_books(dice: np.random.Generator, cards: pl.DataFrame, *, as_of: datetime) -> Books:
    """Return the books of real card accounts; account ids keep the data set's ID."""
    count = cards.height
    markets = np.array(list(MARKET_SHARES), dtype=object)[dice.choice(3, count, p=list(MARKET_SHARES.values()))]
    days_ago = dice.integers(*DUE_DAYS_AGO, count, endpoint=True)
    last_due = np.datetime64(as_of.date()) - days_ago.astype("timedelta64[D]")
    opened = last_due - dice.integers(400, 2600, count).astype("timedelta64[D]")
    currencies = np.array([CURRENCY[m] for m in markets], dtype=object)
    minor = np.array([MINOR[c] for c in currencies], dtype=np.int64)
    accounts = pl.DataFrame(
        {
            "account_id": [f"C{number:05d}" for number in cards["ID"]],
            "product": "credit_card",
            "opened_on": opened,
            "currency": currencies.tolist(),
            "principal_minor": cards["LIMIT_BAL"].to_numpy() * minor,
            "creditor": [CREDITOR[m] for m in markets],
            "status": "open",
            "market": markets.tolist(),
        }
    )
    dues = minimum_dues(cards) * minor[:, None]
    paid = cards.select(PAYMENTS).to_numpy().astype(np.int64) * minor[:, None]
    months = np.append(np.arange(MONTHS_BACK), -1)
    return Books(
        accounts=accounts,
        instalments=_instalments(accounts["account_id"], last_due, dues, months),
        payments=_payments(dice, accounts, last_due, paid),
    )


def _long(
    ids: pl.Series, last_due: NDArray[np.datetime64], matrix: NDArray[np.int64], months: NDArray[np.int64]
) -> pl.DataFrame:
    """Return one row per non-zero cell, dated `months` before the account's last due date."""
    width = matrix.shape[1]
    return (
        pl.DataFrame(
            {
                "account_id": ids.gather(np.repeat(np.arange(len(ids)), width)),
                "due_on": np.repeat(last_due, width),
                "months": np.tile(months, len(ids)),
                "amount_minor": matrix.ravel(),
            }
        )
        .filter(pl.col("amount_minor") > 0)
        .with_columns(due_on=pl.col("due_on").dt.offset_by(pl.format("{}mo", -pl.col("months"))))
    )


def _instalments(
    ids: pl.Series, last_due: NDArray[np.datetime64], dues: NDArray[np.int64], months: NDArray[np.int64]
) -> pl.DataFrame:
    long = _long(ids, last_due, dues, months)
    return long.select(
        "account_id", "due_on", "amount_minor",
        principal_minor=pl.col("amount_minor") * 8 // 10,
        interest_minor=pl.col("amount_minor") - pl.col("amount_minor") * 8 // 10,
        fee_minor=pl.lit(0, pl.Int64),
    ).sort("account_id", "due_on")  # fmt: skip


def _payments(
    dice: np.random.Generator, accounts: pl.DataFrame, last_due: NDArray[np.datetime64], paid: NDArray[np.int64]
) -> pl.DataFrame:
    long = _long(accounts["account_id"], last_due, paid, np.arange(len(PAYMENTS)))
    before = dice.integers(0, 26, long.height).astype("timedelta64[D]")
    seconds = dice.integers(0, 43_200, long.height).astype("timedelta64[s]")
    return (
        long.with_columns(
            paid_at=pl.Series((long["due_on"].to_numpy() - before).astype("datetime64[us]") + seconds)
            .cast(pl.Datetime("us"))
            .dt.replace_time_zone("UTC")
        )
        .sort("account_id", "paid_at")
        .with_row_index("row", offset=1)
        .select(
            pl.format("M{}", pl.col("row").cast(pl.String).str.zfill(7)).alias("payment_id"),
            "account_id", "paid_at", "amount_minor",
            status=pl.lit("posted"), channel=pl.lit("transfer"),
        )
    )  # fmt: skip


def booked_balances(books: Books, *, as_of: datetime) -> pl.DataFrame:
    """Return [account_id, booked_due_minor, booked_days_past_due] as the books say at `as_of`, oldest due first.

    Days are counted in UTC; the ledger proper counts them in the market's calendar.
    """
    paid = (
        books.payments.filter((pl.col("paid_at") <= as_of) & (pl.col("status") == "posted"))
        .group_by("account_id")
        .agg(paid=pl.col("amount_minor").sum())
    )
    due = (
        books.instalments.filter(pl.col("due_on") <= as_of.date())
        .sort("account_id", "due_on")
        .join(paid, on="account_id", how="left", maintain_order="left")
        .with_columns(pl.col("paid").fill_null(0), upto=pl.col("amount_minor").cum_sum().over("account_id"))
        .filter(pl.col("upto") > pl.col("paid"))
        .group_by("account_id")
        .agg(
            booked_due_minor=pl.col("upto").max() - pl.col("paid").first(),
            booked_days_past_due=(pl.lit(as_of.date()) - pl.col("due_on").min()).dt.total_days(),
        )
    )
    return (
        books.accounts.select("account_id")
        .join(due, on="account_id", how="left", maintain_order="left")
        .with_columns(pl.col("booked_due_minor", "booked_days_past_due").fill_null(0))
    )


def late_postings(
    dice: np.random.Generator, balances: pl.DataFrame, *, posted_share: float, pending_share: float, as_of: datetime
) -> pl.DataFrame:
    """Return payments made before `as_of` that the lender's books learn of only after the plan."""
    due = balances.filter(pl.col("booked_due_minor") > 0)
    draw = dice.random(due.height)
    hours = dice.integers(2, 40, due.height)
    return (
        due.with_columns(
            draw=pl.Series(draw),
            paid_at=pl.Series([as_of - timedelta(hours=int(h)) for h in hours], dtype=INSTANT),
        )
        .filter(pl.col("draw") < posted_share + pending_share)
        .with_row_index("row", offset=1)
        .select(
            pl.format("L{}", pl.col("row").cast(pl.String).str.zfill(5)).alias("payment_id"),
            "account_id", "paid_at", amount_minor="booked_due_minor",
            status=pl.when(pl.col("draw") < posted_share).then(pl.lit("posted")).otherwise(pl.lit("pending")),
            channel=pl.lit("transfer"),
        )
    )  # fmt: skip


def joined(one: Books, other: Books) -> Books:
    """Return the books of two lenders as one lender's."""
    return Books(
        accounts=pl.concat([one.accounts, other.accounts]),
        instalments=pl.concat([one.instalments, other.instalments]),
        payments=pl.concat([one.payments, other.payments]),
    )
