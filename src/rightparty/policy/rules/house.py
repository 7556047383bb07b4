# SPDX-License-Identifier: Apache-2.0
"""What the lender's own rules withhold: reason code -> where, over FACTS (right_time, right_debt).

What cannot be judged withholds. No payment, complaint or promise on record (null) is none.
"""

from collections.abc import Iterator, Mapping
from functools import reduce
from operator import or_
from typing import Final

import polars as pl

from rightparty.policy.house import CAPS, EVERYWHERE, WEEK, Calendar, HouseRules
from rightparty.policy.pack import FREQUENCIES
from rightparty.policy.rules.term import Term, folded

_NOWHERE: Final = pl.lit(value=False)


def house_rules(house: HouseRules, market: str = EVERYWHERE) -> dict[str, pl.Expr]:
    """Return where each of the house's own reasons withholds in a market; law and product promises hold besides."""
    return folded(house_terms(house, market))


def house_terms(house: HouseRules, market: str = EVERYWHERE) -> list[Term]:
    """Return what the house's own rules withhold in a market."""
    everywhere = {
        "right_time.outside_house_hours": _outside(house.calendar_of(market)),
        "right_time.cooling_off": _within(house.days_after_payment, "days_since_payment")
        | _within(house.days_after_complaint, "days_since_complaint"),
        "right_time.promise_to_pay": (pl.col("days_to_promise") >= -house.promise_grace_days).fill_null(value=False),
        "right_debt.below_house_limit": _below_limit(house),
    }
    return [
        *_caps(house.caps_of(market)),
        *(Term(reason=code, channels=None, where=where) for code, where in everywhere.items()),
    ]


def _caps(most: Mapping[str, int]) -> Iterator[Term]:
    for name, value in most.items():
        cap = CAPS[name]
        reached = (pl.col(FREQUENCIES[cap.counts, cap.window]) >= value).fill_null(value=True)
        yield Term(reason=cap.reason, channels=frozenset(cap.channels), where=reached)


def _outside(calendar: Calendar) -> pl.Expr:
    """Return where the clock or the date of any plausible zone is outside; an unknown one is."""
    first, last = pl.col("local_date_min"), pl.col("local_date_max")
    outside = []
    if calendar.begin is not None and calendar.end is not None:
        outside.append((pl.col("local_minute_min") < calendar.begin) | (pl.col("local_minute_max") >= calendar.end))
    if calendar.weekdays is not None and calendar.weekdays != WEEK:
        # two zones' dates are at most two days apart: the day between counts as well
        days = (first, first.dt.offset_by("1d"), last)
        outside += [~day.clip(first, last).dt.weekday().is_in(calendar.weekdays) for day in days]
    if calendar.working_days:
        outside.append(~pl.col("working_day"))
    if not calendar.holidays:
        outside.append(pl.col("public_holiday"))
    return reduce(or_, (where.fill_null(value=True) for where in outside), _NOWHERE)


def _within(days: int, fact: str) -> pl.Expr:
    return (pl.col(fact) < days).fill_null(value=False)


def _below_limit(house: HouseRules) -> pl.Expr:
    if not house.least_amounts:
        return _NOWHERE
    currency = pl.col("currency")
    least = currency.replace_strict(house.least_amounts, default=0, return_dtype=pl.Int64)
    return (pl.col("amount_due_minor") < least).fill_null(value=True) | currency.is_null()
