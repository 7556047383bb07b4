# SPDX-License-Identifier: Apache-2.0
"""right_debt: the committed ledger says the amount is due now: not paid, not in flight; exact to the minor unit.

An independent, slow reader allocates payments one by one to the oldest due instalment.
"""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import uuid4

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightparty.lending.amortisation import equal_instalments
from rightparty.lending.delinquency import balances
from rightparty.lending.operations.record_payment import record_payment
from rightparty.lending.queries import balances_as_of
from rightparty.store.operations.append_rows import append_rows

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)  # in Shanghai

instalments = st.lists(
    st.tuples(st.integers(-120, 60), st.integers(0, 10**9)), min_size=1, max_size=8, unique_by=lambda row: row[0]
)
payments = st.lists(
    st.tuples(
        st.integers(-150 * 24, 48), st.integers(0, 2 * 10**9), st.sampled_from(["posted", "pending", "reversed"])
    ),
    max_size=8,
)


def slow_reader(due: list[tuple[int, int]], paid: list[tuple[int, int, str]]) -> dict[str, Any]:
    """Allocate money by hand, oldest due first."""
    money = sum(amount for hours, amount, status in paid if hours <= 0 and status == "posted")
    flying = sum(amount for hours, amount, status in paid if hours <= 0 and status == "pending")
    unpaid_due, oldest = 0, None
    for days, amount in sorted(due):
        covered = min(money, amount)
        money -= covered
        if amount - covered > 0 and days <= 0:
            unpaid_due += amount - covered
            oldest = days if oldest is None else oldest
    return {"amount_due_minor": unpaid_due, "in_flight_minor": flying, "days_past_due": -(oldest or 0)}


def frames(due: list[tuple[int, int]], paid: list[tuple[int, int, str]]) -> tuple[pl.DataFrame, ...]:
    accounts = pl.DataFrame({"account_id": ["A"], "market": ["CN"]})
    schedule = pl.DataFrame(
        [("A", TODAY + timedelta(days=days), amount) for days, amount in due],
        schema={"account_id": pl.String, "due_on": pl.Date, "amount_minor": pl.Int64},
        orient="row",
    )
    money = pl.DataFrame(
        [("A", AT + timedelta(hours=hours), amount, status) for hours, amount, status in paid],
        schema={
            "account_id": pl.String, "paid_at": pl.Datetime("us", "UTC"), "amount_minor": pl.Int64, "status": pl.String,
        },
        orient="row",
    )  # fmt: skip
    return accounts, schedule, money


@given(instalments, payments)
def test_the_balance_is_what_a_slow_reader_finds(due: list[Any], paid: list[Any]) -> None:
    row = balances(*frames(due, paid), at=AT).row(0, named=True)
    assert {name: row[name] for name in ("amount_due_minor", "in_flight_minor", "days_past_due")} == slow_reader(
        due, paid
    )
    assert row["ledger_consistent"]


@given(instalments, payments, st.integers(1, 10**9))
def test_more_money_never_makes_more_due(due: list[Any], paid: list[Any], more: int) -> None:
    before = balances(*frames(due, paid), at=AT).row(0, named=True)
    after = balances(*frames(due, [*paid, (-1, more, "posted")]), at=AT).row(0, named=True)
    assert after["amount_due_minor"] <= before["amount_due_minor"]
    assert after["days_past_due"] <= before["days_past_due"]
    reversed_ = balances(*frames(due, [*paid, (-1, more, "reversed")]), at=AT).row(0, named=True)
    assert reversed_ == before


@given(st.integers(100, 10**10), st.integers(1, 84))
def test_a_schedule_adds_up_to_its_principal_at_no_interest(principal: int, months: int) -> None:
    rows = equal_instalments(
        principal_minor=principal, yearly_rate=Fraction(0), months=months, first_due_on=date(2026, 1, 31)
    )
    assert sum(row.amount_minor for row in rows) == principal


def test_due_today_is_due_with_no_day_past_and_the_calendar_is_the_markets() -> None:
    accounts, schedule, money = frames([(0, 100)], [])
    assert balances(accounts, schedule, money, at=AT).row(0, named=True)["days_past_due"] == 0
    assert balances(accounts, schedule, money, at=AT)["amount_due_minor"][0] == 100
    # 23:59 of the day before in Shanghai: not due yet
    before = datetime(2026, 11, 22, 15, 59, tzinfo=UTC)
    assert balances(accounts, schedule, money, at=before)["amount_due_minor"][0] == 0


@pytest.mark.parametrize("broken", ["no_schedule", "negative", "unknown_status", "orphan"])
def test_a_ledger_that_contradicts_itself_is_not_trusted(broken: str) -> None:
    accounts, schedule, money = frames([(-5, 100)], [(-1, 10, "posted")])
    match broken:
        case "no_schedule":
            schedule = schedule.clear()
        case "negative":
            schedule = schedule.with_columns(amount_minor=pl.lit(-5, dtype=pl.Int64))
        case "unknown_status":
            money = money.with_columns(status=pl.lit("lost"))
        case _:
            accounts = accounts.clear()
    assert balances(accounts, schedule, money, at=AT)["ledger_consistent"].to_list() == [False]


@pytest.mark.django_db
@settings(max_examples=15)
@given(instalments, payments)
def test_the_store_says_the_same_as_the_slow_reader(due: list[Any], paid: list[Any]) -> None:
    """On both stores, from rows to balance, with live payments recorded one by one."""
    account = str(uuid4())
    row = {"account_id": account, "product": "cash_loan", "opened_on": TODAY, "currency": "CNY", "principal_minor": 1,
           "creditor": "", "status": "open", "market": "CN", "load_id": 0, "extra": ""}  # fmt: skip
    append_rows("lending_account", pl.DataFrame([row]))
    _, schedule, _ = frames(due, paid)
    zero = {name: pl.lit(0) for name in ("principal_minor", "interest_minor", "fee_minor", "load_id")}
    append_rows("lending_instalment", schedule.with_columns(account_id=pl.lit(account), extra=pl.lit(""), **zero))
    for place, (hours, amount, status) in enumerate(paid):
        record_payment(
            payment_id=f"{account[:20]}-{place}",
            account_id=account,
            paid_at=AT + timedelta(hours=hours),
            amount_minor=amount,
            status=status,
        )
    found = balances_as_of(at=AT, account_ids=[account]).row(0, named=True)
    assert {name: found[name] for name in ("amount_due_minor", "in_flight_minor", "days_past_due")} == slow_reader(
        due, paid
    )


@pytest.mark.django_db
def test_reversed_money_never_comes_back() -> None:
    """A late repeat of an older status is refused."""
    known = {"payment_id": "Y", "account_id": "B", "paid_at": AT, "amount_minor": 5}
    record_payment(**known, status="pending")
    record_payment(**known, status="posted")
    record_payment(**known, status="reversed")
    for late in ("posted", "pending"):
        with pytest.raises(ValueError, match="cannot become"):
            record_payment(**known, status=late)
