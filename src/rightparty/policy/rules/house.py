# SPDX-License-Identifier: Apache-2.0
"""What the lender's own rules withhold: reason code -> where, over FACTS (right_time, right_debt).

What cannot be judged withholds. No payment, complaint or promise on record (null) is none.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from rightparty.policy.house import CAPS, EVERYWHERE, WEEK, Calendar, HouseRules
from rightparty.policy.pack import FREQUENCIES
from rightparty.policy.rules.law import mask_of_weekdays, weekdays_seen
from rightparty.policy.rules.term import Bound, Term, Where, folded, stays_below, within_minutes

_NOWHERE: Final = pl.lit(value=False)


def house_rules(house: HouseRules, market: str = EVERYWHERE) -> dict[str, pl.Expr]:
    """Return where each of the house's own reasons withholds in a market; law and product promises hold besides."""
    return folded(house_terms(house, market))


def house_terms(house: HouseRules, market: str = EVERYWHERE) -> list[Term]:
    """Return what the house's own rules withhold in a market."""
    promised = Bound(fact="days_to_promise", value=-house.promise_grace_days, upper=True, unknown=False)
    everywhere: dict[str, tuple[Where, ...]] = {
        "right_time.outside_house_hours": _outside(house.calendar_of(market)),
        "right_time.cooling_off": (
            Bound(fact="days_since_payment", value=house.days_after_payment, upper=False, unknown=False),
            Bound(fact="days_since_complaint", value=house.days_after_complaint, upper=False, unknown=False),
        ),
        "right_time.promise_to_pay": (promised,),
        "right_debt.below_house_limit": (_below_limit(house),),
    }
    return [
        *_caps(house.caps_of(market)),
        *(Term(reason=code, channels=None, where=where) for code, where in everywhere.items()),
    ]


def _caps(most: Mapping[str, int]) -> Iterator[Term]:
    for name, value in most.items():
        cap = CAPS[name]
        fact = FREQUENCIES[cap.counts, cap.window]
        yield Term(reason=cap.reason, channels=cap.channels, where=(stays_below(fact, value),))


def _outside(calendar: Calendar) -> tuple[Where, ...]:
    """Return where the clock or the date of any plausible zone is outside; an unknown one is."""
    outside: list[Where] = []
    if calendar.begin is not None and calendar.end is not None:
        outside += within_minutes(calendar.begin, calendar.end, unknown=True)
    if calendar.weekdays is not None and calendar.weekdays != WEEK:
        outside.append(((weekdays_seen() & ~mask_of_weekdays(calendar.weekdays)) != 0).fill_null(value=True))
    if calendar.working_days:
        outside.append(~pl.col("working_day").fill_null(value=False))
    if not calendar.holidays:
        outside.append(pl.col("public_holiday").fill_null(value=True))
    return tuple(outside) or (_NOWHERE,)


def _below_limit(house: HouseRules) -> pl.Expr:
    if not house.least_amounts:
        return _NOWHERE
    currency = pl.col("currency")
    least = currency.replace_strict(house.least_amounts, default=0, return_dtype=pl.Int64)
    return (pl.col("amount_due_minor") < least).fill_null(value=True) | currency.is_null()
