# SPDX-License-Identifier: Apache-2.0
"""What is due, in flight and past due on each account as of an instant, in exact minor units. Serves right_debt.

Payments are allocated oldest-due-first: everything paid covers the schedule from its first instalment on, so an
instalment is unpaid where the running total of the schedule exceeds the running total of payments.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import polars as pl

from rightparty.kernel.clock import require_aware
from rightparty.kernel.frames import engine_for
from rightparty.kernel.vocabulary import PaymentStatus

MARKET_ZONES: Final[Mapping[str, str]] = {
    "CN": "Asia/Shanghai",
    "HK": "Asia/Hong_Kong",
    "TW": "Asia/Taipei",
    "VN": "Asia/Ho_Chi_Minh",
    "CZ": "Europe/Prague",
    "US": "America/New_York",
    "GB": "Europe/London",
    "JP": "Asia/Tokyo",
    "KR": "Asia/Seoul",
    "IN": "Asia/Kolkata",
    "ID": "Asia/Jakarta",
    "PH": "Asia/Manila",
    "KZ": "Asia/Almaty",
    "RU": "Europe/Moscow",
    "SK": "Europe/Bratislava",
}
"""Market -> the zone whose calendar its due dates are written in. Where a market has several, the lender's books
keep one; the most populous is the default."""

LAST_ZONE_ON_EARTH: Final = "Etc/GMT+12"
"""Where a day begins last. An account of an unknown market is judged there: nothing counts as due before it is due
everywhere on Earth."""

BALANCES: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "account_id": pl.String,
    "amount_due_minor": pl.Int64,
    "in_flight_minor": pl.Int64,
    "days_past_due": pl.Int32,
    "oldest_due_on": pl.Date,
    "next_due_on": pl.Date,
    "balance_minor": pl.Int64,
    "ledger_consistent": pl.Boolean,
}
"""Columns of `balances`, one row per account id seen anywhere in the ledger."""


def balances(
    accounts: pl.DataFrame,
    instalments: pl.DataFrame,
    payments: pl.DataFrame,
    *,
    at: datetime,
    zone_of_market: Mapping[str, str] = MARKET_ZONES,
) -> pl.DataFrame:
    """Compute what each account owes as of an instant.

    Shape: accounts [account_id, market], instalments [account_id, due_on, amount_minor], payments [account_id,
    paid_at, amount_minor, status] -> one row per account, columns BALANCES, ordered by account_id. Ledger rows of
    an account that is not in `accounts` yield a row of their own that is not `ledger_consistent`.
    Meaning: only payments with paid_at <= at count; `posted` ones cure, `pending` ones are in flight, `reversed`
    ones are ignored. Due today is due, with days_past_due 0; days are counted in the market's calendar.
    `oldest_due_on` and `next_due_on` are the oldest unpaid due and the next unpaid not yet due instalment, else
    null. An over-payment leaves zero due. `balance_minor` is the unpaid rest of the whole schedule.
    `ledger_consistent` is false where there is no schedule, no account, or a row that cannot be money: negative,
    missing, or of an unknown status.
    """
    instant = require_aware(at)
    known = _known_accounts(accounts, instalments, payments, at=instant, zone_of_market=zone_of_market)
    number = known.select("account_id", "n")
    paid = _paid_by_account(payments.lazy().join(number, on="account_id"), at=instant)
    base = known.join(paid, on="n", how="left").with_columns(pl.col("paid", "in_flight_minor").fill_null(0))
    due = _due_by_account(instalments.lazy().join(number, on="account_id"), base)
    consistent = pl.col("is_account") & ~pl.col("odd_schedule").fill_null(value=True)
    return (
        base.join(due, on="n", how="left")
        .with_columns(
            pl.col("amount_due_minor", "balance_minor").fill_null(0),
            days_past_due=(pl.col("today") - pl.col("oldest_due_on")).dt.total_days().fill_null(0).cast(pl.Int32),
            ledger_consistent=consistent & ~pl.col("odd_payments").fill_null(value=False),
        )
        .select(pl.col(name).cast(kind) for name, kind in BALANCES.items())
        .sort("account_id")
        .collect(engine=engine_for(accounts.height + instalments.height + payments.height))
    )


def _known_accounts(
    accounts: pl.DataFrame,
    instalments: pl.DataFrame,
    payments: pl.DataFrame,
    *,
    at: datetime,
    zone_of_market: Mapping[str, str],
) -> pl.LazyFrame:
    """Number every account id of the ledger and give it today's date in its market's calendar."""
    markets = accounts.select("market").unique()
    zones = [zone_of_market.get(market or "", LAST_ZONE_ON_EARTH) for market in markets["market"]]
    instant = pl.Series([at], dtype=pl.Datetime("us", "UTC"))
    today = {zone: instant.dt.convert_time_zone(zone).dt.date()[0] for zone in {*zones, LAST_ZONE_ON_EARTH}}
    dated = markets.with_columns(today=pl.Series([today[zone] for zone in zones], dtype=pl.Date))
    ours = accounts.select("account_id", "market").join(dated, on="market", how="left", nulls_equal=True)
    mentioned = pl.concat([frame.select("account_id").unique() for frame in (instalments, payments)]).unique()
    orphans = mentioned.join(ours, on="account_id", how="anti")
    return (
        pl.concat(
            [
                ours.select("account_id", "today", is_account=pl.lit(value=True)),
                orphans.select("account_id", today=pl.lit(today[LAST_ZONE_ON_EARTH]), is_account=pl.lit(value=False)),
            ]
        )
        .with_row_index("n")
        .lazy()
    )


def _paid_by_account(payments: pl.LazyFrame, *, at: datetime) -> pl.LazyFrame:
    """Sum posted and pending money up to the instant, per account."""
    amount, status, seen = pl.col("amount_minor"), pl.col("status"), pl.col("paid_at") <= at
    # written without is_in's null propagation: a missing status, amount or instant is odd, not unknown
    odd = ~status.is_in(list(PaymentStatus)).fill_null(value=False) | (amount.fill_null(-1) < 0)
    return payments.group_by("n").agg(
        paid=amount.filter(seen & (status == PaymentStatus.POSTED)).sum(),
        in_flight_minor=amount.filter(seen & (status == PaymentStatus.PENDING)).sum(),
        odd_payments=(odd | pl.col("paid_at").is_null()).any(),
    )


def _due_by_account(instalments: pl.LazyFrame, base: pl.LazyFrame) -> pl.LazyFrame:
    """Allocate what was paid to the schedule, oldest due first, and sum what is left."""
    amount, due_on = pl.col("amount_minor"), pl.col("due_on")
    is_due, is_unpaid = due_on <= pl.col("today"), pl.col("unpaid") > 0
    return (
        instalments.select("n", "due_on", "amount_minor")
        .sort("n", "due_on")
        .with_columns(running=amount.cum_sum().over("n"))
        .join(base.select("n", "today", "paid"), on="n")
        .with_columns(
            unpaid=pl.min_horizontal(amount, (pl.col("running") - pl.col("paid")).clip(lower_bound=0)),
        )
        .group_by("n")
        .agg(
            amount_due_minor=pl.col("unpaid").filter(is_due).sum(),
            balance_minor=pl.col("unpaid").sum(),
            oldest_due_on=due_on.filter(is_due & is_unpaid).min(),
            next_due_on=due_on.filter(~is_due & is_unpaid).min(),
            odd_schedule=((amount.fill_null(-1) < 0) | due_on.is_null()).any(),
        )
    )
