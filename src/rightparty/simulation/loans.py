# SPDX-License-Identifier: Apache-2.0
"""Real Czech loans (the Berka data set) moved to the present.

Real are amount, duration, monthly payment, status, who owns the account and who may only use it.

Status A: finished and paid; B: finished, not paid; C: running, in order; D: running, in debt. How many months are
unpaid in B and D is not in the data: one to four are drawn.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from rightparty.simulation.books import CREDITOR, Books

DATA_END: Final = datetime(1998, 12, 31).date()  # noqa: DTZ001  a calendar day
MINOR: Final = 100
TABLES: Final = ("loan", "account", "client", "disp", "order")


def loan_books(
    dice: np.random.Generator, berka: Mapping[str, pl.DataFrame], *, as_of: datetime
) -> tuple[Books, pl.DataFrame]:
    """Return the loans' books and their people [account_id, role, market, woman, age, opened_on], owners first."""
    shift = (as_of.date() - DATA_END).days
    drawn = pl.Series(dice.integers(1, 5, berka["loan"].height))
    loan = berka["loan"].sort("loan_id").with_columns(
        opened_on=_day(pl.col("date")) + pl.duration(days=shift),
        loan_account=pl.format("B{}", "loan_id"),
        unpaid=pl.when(pl.col("status").is_in(["B", "D"])).then(drawn).otherwise(0),
    )  # fmt: skip
    accounts = loan.select(
        account_id="loan_account", product=pl.lit("cash_loan"), opened_on="opened_on", currency=pl.lit("CZK"),
        principal_minor=(pl.col("amount") * MINOR).round().cast(pl.Int64), creditor=pl.lit(CREDITOR["CZ"]),
        status=pl.when(pl.col("status") == "A").then(pl.lit("closed")).otherwise(pl.lit("open")), market=pl.lit("CZ"),
    )  # fmt: skip
    schedule = _schedule(loan, as_of=as_of)
    instalments = schedule.select(
        "account_id", "due_on", "amount_minor", principal_minor="principal_part",
        interest_minor=pl.col("amount_minor") - pl.col("principal_part"), fee_minor=pl.lit(0, pl.Int64),
    )  # fmt: skip
    return (
        Books(
            accounts=accounts, instalments=instalments, payments=_payments(dice, schedule, berka["order"], as_of=as_of)
        ),
        _people(berka, loan),
    )


def _day(yymmdd: pl.Expr) -> pl.Expr:
    return (yymmdd.cast(pl.String).str.zfill(6)).pipe(lambda text: pl.lit("19") + text).str.to_date("%Y%m%d")


def _schedule(loan: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """One row per monthly instalment, with whether it was paid."""
    months = loan.with_columns(month=pl.int_ranges(1, pl.col("duration") + 1)).explode("month").with_columns(
        due_on=pl.col("opened_on").dt.offset_by(pl.format("{}mo", "month")),
        amount_minor=(pl.col("payments") * MINOR).round().cast(pl.Int64),
    )  # fmt: skip
    past = (pl.col("due_on") < as_of.date()).sum().over("loan_id")
    principal = pl.min_horizontal(
        (pl.col("amount") * MINOR / pl.col("duration")).floor().cast(pl.Int64), "amount_minor"
    )
    return months.with_columns(
        account_id="loan_account", bank_account="account_id", principal_part=principal,
        paid=(pl.col("due_on") < as_of.date()) & (pl.col("month") <= past - pl.col("unpaid")),
    )  # fmt: skip


def _payments(
    dice: np.random.Generator, schedule: pl.DataFrame, orders: pl.DataFrame, *, as_of: datetime
) -> pl.DataFrame:
    standing = orders.filter(pl.col("k_symbol").str.strip_chars() == "UVER").select(
        bank_account="account_id", standing=True
    ).unique()  # fmt: skip
    paid = schedule.filter("paid").join(standing, on="bank_account", how="left", maintain_order="left")
    return (
        paid.with_row_index("row", offset=1)
        .with_columns(paid_at=pl.col("due_on").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
                      + pl.duration(seconds=pl.lit(pl.Series(dice.integers(6 * 3600, 20 * 3600, paid.height)))))
        .filter(pl.col("paid_at") <= as_of)
        .select(
            pl.format("K{}", pl.col("row").cast(pl.String).str.zfill(6)).alias("payment_id"),
            "account_id", "paid_at", "amount_minor", status=pl.lit("posted"),
            channel=pl.when(pl.col("standing").is_not_null()).then(pl.lit("standing_order")).otherwise(pl.lit("transfer")),
        )
    )  # fmt: skip


def _people(berka: Mapping[str, pl.DataFrame], loan: pl.DataFrame) -> pl.DataFrame:
    """Owners owe; disponents may use the account and owe nothing. Ages are those of the data set's end."""
    month = pl.col("birth_number").str.slice(2, 2).cast(pl.Int64)
    client = berka["client"].with_columns(
        woman=month > 50,  # the register adds 50 to a woman's month
        age=DATA_END.year - 1900 - pl.col("birth_number").str.slice(0, 2).cast(pl.Int64),
    )  # fmt: skip
    return (
        loan.select("account_id", "loan_account", "opened_on")
        .join(berka["disp"], on="account_id", how="inner", maintain_order="left")
        .join(client.select("client_id", "woman", "age"), on="client_id", how="left", maintain_order="left")
        .sort(pl.col("type") != "OWNER", "loan_account", "disp_id")
        .select(
            account_id="loan_account",
            role=pl.when(pl.col("type") == "OWNER").then(pl.lit("debtor")).otherwise(pl.lit("authorised_user")),
            market=pl.lit("CZ"), woman="woman", age=pl.col("age").cast(pl.Int64), opened_on="opened_on",
        )
    )  # fmt: skip
