# SPDX-License-Identifier: Apache-2.0
"""Exact money: an integer count of minor units with its ISO 4217 currency, never a float (serves right_debt)."""

from dataclasses import dataclass
from decimal import Decimal, DecimalException
from typing import Final

MINOR_DIGITS: Final[dict[str, int]] = {
    "CNY": 2, "CZK": 2, "EUR": 2, "GBP": 2, "HKD": 2, "IDR": 2, "INR": 2, "JPY": 0, "KZT": 2, "KRW": 0,
    "PHP": 2, "RUB": 2, "TWD": 2, "USD": 2, "VND": 0,
}  # fmt: skip
"""Digits after the decimal point, by currency. From: ISO 4217 table A.1."""

MINOR_LIMIT: Final = 10**15
"""The largest amount accepted, in minor units: keeps every sum of a billion rows inside 64 bits."""


class MoneyError(ValueError):
    """An amount cannot be taken as money."""

    remedy = "Write a plain decimal with at most the currency's digits after the point, for example 1234.50."


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount: `minor` units (cents, fen, haléř) of `currency`."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        """Refuse floats and unknown currencies."""
        if type(self.minor) is not int:
            raise MoneyError(f"minor units must be an integer, not {type(self.minor).__name__}")
        if self.currency not in MINOR_DIGITS:
            raise MoneyError(f"currency {self.currency!r} is not known")

    def __add__(self, other: "Money") -> "Money":
        """Add two amounts of one currency."""
        if other.currency != self.currency:
            raise MoneyError(f"cannot add {other.currency} to {self.currency}")
        return Money(self.minor + other.minor, self.currency)

    def as_decimal(self) -> Decimal:
        """Return the amount in major units."""
        return Decimal(self.minor).scaleb(-MINOR_DIGITS[self.currency])

    def plain(self) -> str:
        """Return the amount as it is printed in messages and pages, for example `CNY 1,234.50`."""
        digits = MINOR_DIGITS[self.currency]
        whole, rest = divmod(abs(self.minor), 10**digits)
        sign, fraction = "-" if self.minor < 0 else "", f".{rest:0{digits}d}" if digits else ""
        return f"{self.currency} {sign}{whole:,}{fraction}"


def parse_money(text: str, currency: str) -> Money:
    """Return the amount written as a plain decimal in major units.

    Raises:
        MoneyError: not a decimal, too many digits, out of range, or unknown currency.
    """
    if currency not in MINOR_DIGITS:
        raise MoneyError(f"currency {currency!r} is not known")
    try:
        minor = Decimal(text.strip()).scaleb(MINOR_DIGITS[currency])
    except DecimalException:
        raise MoneyError(f"{text[:40]!r} is not a decimal. {MoneyError.remedy}") from None
    if not minor.is_finite() or minor != minor.to_integral_value() or abs(minor) > MINOR_LIMIT:
        raise MoneyError(f"{text[:40]!r} is not an amount of {currency}. {MoneyError.remedy}")
    return Money(int(minor), currency)
