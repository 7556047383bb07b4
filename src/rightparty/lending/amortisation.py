# SPDX-License-Identifier: Apache-2.0
"""Schedules of equal instalments in exact minor units: the last one takes the rounding. Serves right_debt.

Method: the annuity formula, instalment = P * r / (1 - (1 + r)^-n), interest on the outstanding principal per period,
rounded half up to the minor unit. Rates are fractions, never floats.
"""

import calendar
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

TERM_LIMIT = 600
"""Longest schedule in months (50 years): a longer one is a data fault."""


class ScheduleError(ValueError):
    """A schedule cannot be made from these terms."""

    remedy = "Give a positive principal, 1 to 600 months and a yearly rate that is not negative."


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledInstalment:
    """One instalment; `amount_minor` is the sum of its parts."""

    #: day in the market's calendar
    due_on: date
    #: what is to be paid
    amount_minor: int
    #: part that repays the loan
    principal_minor: int
    #: part that pays for it
    interest_minor: int


def equal_instalments(
    *, principal_minor: int, yearly_rate: Fraction, months: int, first_due_on: date
) -> list[ScheduledInstalment]:
    """Build a monthly schedule of equal amounts whose principal parts sum exactly to the principal.

    Units: minor units; `yearly_rate` 0.18 is Fraction(18, 100), one twelfth of it each month. A due day that a month
    lacks (31) becomes the month's last day; later months return to the first due day.

    Raises:
        ScheduleError: principal, months or rate out of range.
    """
    if principal_minor <= 0 or not 1 <= months <= TERM_LIMIT or yearly_rate < 0:
        raise ScheduleError(ScheduleError.remedy)
    rate = Fraction(yearly_rate) / 12
    level = _level_amount(principal_minor, rate, months)
    rest, schedule = principal_minor, []
    for month in range(months):
        interest = _half_up(rest * rate)
        is_last = month == months - 1
        principal = rest if is_last else min(rest, max(0, level - interest))
        schedule.append(
            ScheduledInstalment(
                due_on=month_later(first_due_on, month),
                amount_minor=principal + interest,
                principal_minor=principal,
                interest_minor=interest,
            )
        )
        rest -= principal
    return schedule


def month_later(day: date, months: int) -> date:
    """Return the same day of the month some months later, or that month's last day if it is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _level_amount(principal_minor: int, rate: Fraction, months: int) -> int:
    if rate == 0:
        return _half_up(Fraction(principal_minor, months))
    growth = (1 + rate) ** months
    return _half_up(principal_minor * rate * growth / (growth - 1))


def _half_up(amount: Fraction) -> int:
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)
