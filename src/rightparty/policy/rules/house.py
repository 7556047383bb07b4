# SPDX-License-Identifier: Apache-2.0
"""What the lender's own rules withhold: reason code -> where, over FACTS (right_time, right_debt).

What cannot be judged withholds. No payment, complaint or promise on record (null) is none.
"""

from collections.abc import Callable, Mapping
from functools import reduce
from operator import or_
from typing import Final

import polars as pl

from rightparty.policy.house import CAPS, EVERYWHERE, WEEK, Calendar, HouseRules
from rightparty.policy.pack import FREQUENCIES

_NOWHERE: Final = pl.lit(value=False)


def house_rules(house: HouseRules) -> dict[str, pl.Expr]:
    """Return where each of the house's own reasons withholds; the law and the product's promises hold besides."""
    return {
        **_caps(house),
        "right_time.outside_house_hours": _by_market(house.calendars, _outside),
        "right_time.cooling_off": _within(house.days_after_payment, "days_since_payment")
        | _within(house.days_after_complaint, "days_since_complaint"),
        "right_time.promise_to_pay": (pl.col("days_to_promise") >= -house.promise_grace_days).fill_null(value=False),
        "right_debt.below_house_limit": _below_limit(house),
    }


def _by_market[T](of_market: Mapping[str, T], meaning: Callable[[T], pl.Expr]) -> pl.Expr:
    """Return the market's own meaning where it has one, else that of every market."""
    where = meaning(of_market[EVERYWHERE])
    for market, rules in of_market.items():
        if market != EVERYWHERE:
            where = pl.when(pl.col("market") == market).then(meaning(rules)).otherwise(where)
    return where


def _caps(house: HouseRules) -> dict[str, pl.Expr]:
    found: dict[str, pl.Expr] = {}
    for name, cap in CAPS.items():
        most = {market: caps.get(name) for market, caps in house.caps.items()}
        if any(value is not None for value in most.values()):
            reached = _by_market(most, _reached(pl.col(FREQUENCIES[cap.counts, cap.window])))
            applies = pl.col("channel").is_in(sorted(cap.channels)).fill_null(value=True)
            where = applies & reached.fill_null(value=True)
            found[cap.reason] = found[cap.reason] | where if cap.reason in found else where
    return found


def _reached(count: pl.Expr) -> Callable[[int | None], pl.Expr]:
    return lambda most: _NOWHERE if most is None else count >= most


def _outside(calendar: Calendar) -> pl.Expr:
    """Return where the clock or the date of any plausible zone is outside; an unknown one is."""
    first, last = pl.col("local_date_min"), pl.col("local_date_max")
    outside = []
    if calendar.begin is not None and calendar.end is not None:
        outside.append((pl.col("local_minute_min") < calendar.begin) | (pl.col("local_minute_max") >= calendar.end))
    if calendar.weekdays is not None and calendar.weekdays != WEEK:
        outside.append(~(_weekday_in(first, calendar.weekdays) & _weekday_in(last, calendar.weekdays)))
    if calendar.working_days:
        outside.append(~pl.col("working_day"))
    if not calendar.holidays:
        outside.append(pl.col("public_holiday"))
    return reduce(or_, (where.fill_null(value=True) for where in outside), _NOWHERE)


def _weekday_in(day: pl.Expr, weekdays: tuple[int, ...]) -> pl.Expr:
    return day.dt.weekday().is_in(weekdays)


def _within(days: int, fact: str) -> pl.Expr:
    return (pl.col(fact) < days).fill_null(value=False)


def _below_limit(house: HouseRules) -> pl.Expr:
    if not house.least_amounts:
        return _NOWHERE
    currency = pl.col("currency")
    least = currency.replace_strict(house.least_amounts, default=0, return_dtype=pl.Int64)
    return (pl.col("amount_due_minor") < least).fill_null(value=True) | currency.is_null()
