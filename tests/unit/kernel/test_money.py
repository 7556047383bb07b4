# SPDX-License-Identifier: Apache-2.0
"""right_debt: money is exact, or refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightparty.kernel.money import MINOR_DIGITS, MINOR_LIMIT, Money, MoneyError, parse_money

currencies = st.sampled_from(sorted(MINOR_DIGITS))


@given(st.integers(-MINOR_LIMIT, MINOR_LIMIT), currencies)
def test_an_amount_survives_being_written_and_read(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert parse_money(str(money.as_decimal()), currency) == money


@pytest.mark.parametrize(
    "text", ["", "1,5", "1e400", "1e999999999", "NaN", "Infinity", "0.001", "十", "1.2.3", "9" * 40]
)
def test_what_is_not_an_amount_is_refused(text: str) -> None:
    with pytest.raises(MoneyError):
        parse_money(text, "CNY")


def test_a_currency_without_minor_units_takes_no_decimals() -> None:
    assert parse_money("1500", "VND") == Money(1500, "VND")
    with pytest.raises(MoneyError):
        parse_money("1500.5", "VND")


def test_floats_and_mixed_currencies_are_refused() -> None:
    with pytest.raises(MoneyError):
        Money(1.5, "CNY")  # type: ignore[arg-type]
    with pytest.raises(MoneyError):
        Money(1, "CNY") + Money(1, "USD")


def test_money_is_printed_with_its_currency() -> None:
    assert Money(123450, "CNY").plain() == "CNY 1,234.50"
    assert Money(1234, "VND").plain() == "VND 1,234"
    assert Money(5, "USD").as_decimal() == Decimal("0.05")
