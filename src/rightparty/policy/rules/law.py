# SPDX-License-Identifier: Apache-2.0
"""What each kind of law-pack rule means: an expression over FACTS that is true where the rule withholds (right_time).

Nulls withhold: a rule that cannot be judged is taken as broken, unless another reason already names the gap.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Final

import polars as pl

from rightparty.kernel.vocabulary import HOLD_BITS, LIABLE_ROLES, HoldKind, Purpose
from rightparty.policy.clock_time import minutes_of
from rightparty.policy.pack import FREQUENCIES, Rule
from rightparty.policy.rules.term import Bound, Term, Where, any_of, folded, on_channels, stays_below, within_minutes

_DAYS_PER_YEAR: Final = 365
_MOST_DATES: Final = 3
"""At one instant the zones of the earth show three dates at most (UTC-12 and UTC+14)."""


def withholds(rule: Rule) -> dict[str, pl.Expr]:
    """Return reason code -> where a rule withholds for it, on the channels it restricts and while it is in force.

    A duty withholds nowhere and gives no expression.
    """
    return folded(law_terms(rule))


def law_terms(rule: Rule) -> list[Term]:
    """Return what a rule withholds, while it is in force; none for a duty."""
    if rule.kind == "duty":
        return []
    found = {rule.reason: _MEANING[rule.kind](rule)}
    if rule.kind == "minor":
        found["right_party.age_unknown"] = (pl.col("age_years").is_null(),)
    applies, channels = _in_force(rule), on_channels(rule.channels)
    return [
        Term(reason=code, channels=channels, where=where if applies is None else (applies & any_of(where),))
        for code, where in found.items()
    ]


def _in_force(rule: Rule) -> pl.Expr | None:
    """Return where the rule is in force; None: everywhere. What is not known, is."""
    conditions = []
    if rule.effective_from > date.min:
        conditions.append((pl.col("local_date_max") >= rule.effective_from).fill_null(value=True))
    if rule.effective_to is not None:
        conditions.append((pl.col("local_date_min") < rule.effective_to).fill_null(value=True))
    return pl.all_horizontal(conditions) if conditions else None


def _liable_roles(_rule: Rule) -> tuple[Where, ...]:
    return (~pl.col("role").is_in([role.value for role in LIABLE_ROLES]).fill_null(value=False),)


def _contact_hours(rule: Rule) -> tuple[Where, ...]:
    """Outside [from, to) in any plausible zone, unless the hours agreed with the person cover every zone."""
    given = rule.parameters
    # an unknown local time has a reason of its own
    hours = within_minutes(minutes_of(given["from"]), minutes_of(given["to"]), unknown=False)
    if not given["agreed_hours"] and given.get("days", "all") == "all" and "until_dpd" not in given:
        return hours
    outside = any_of(hours)
    if given["agreed_hours"]:
        agreed = ~_outside(pl.col("agreed_from_minute"), pl.col("agreed_to_minute"))
        outside &= ~agreed.fill_null(value=False)
    match given.get("days", "all"):
        case "working":
            # of two plausible dates one may be a working day although not both are
            two_dates = pl.col("local_date_min") != pl.col("local_date_max")
            outside &= pl.col("working_day").fill_null(value=True) | two_dates.fill_null(value=True)
        case "non_working":
            outside &= ~pl.col("working_day").fill_null(value=False)
    if "until_dpd" in given:
        outside &= (pl.col("days_past_due") <= given["until_dpd"]).fill_null(value=True)
    return (outside,)


def _outside(begin: pl.Expr | int, end: pl.Expr | int) -> pl.Expr:
    return (pl.col("local_minute_min") < begin) | (pl.col("local_minute_max") >= end)


def _contact_days(rule: Rule) -> tuple[Where, ...]:
    """On a day that is not one of the rule's, in any plausible zone; no local date has a reason of its own."""
    given = rule.parameters
    by_agreement = given["agreed_days"]
    agreed_days = pl.col("agreed_days_mask").fill_null(0) if by_agreement else pl.lit(0, dtype=pl.Int16)
    agreed = ((weekdays_seen() & ~agreed_days) == 0).fill_null(value=False) if by_agreement else pl.lit(value=False)
    days = given["weekdays"]
    if days == "working":
        right_day = pl.col("working_day").fill_null(value=False) | agreed
    elif days == "all":
        right_day = pl.lit(value=True)
    else:
        right_day = (weekdays_seen() & ~(agreed_days | mask_of_weekdays(days))) == 0
    if not given["holidays"]:
        right_day &= ~pl.col("public_holiday").fill_null(value=True) | agreed
    return (pl.col("local_date_min").is_not_null() & ~right_day.fill_null(value=False),)


_MASKS: Final = [
    sum(1 << (first + day) % 7 for day in range(days)) for first in range(7) for days in range(1, _MOST_DATES + 1)
]
"""Masks of weekdays that follow each other, by the first of them (0 Monday) and how many they are."""


def mask_of_weekdays(days: Iterable[int]) -> pl.Expr:
    """Return ISO weekdays as a mask: bit 0 Monday … bit 6 Sunday."""
    return pl.lit(sum(1 << day - 1 for day in set(days)), dtype=pl.Int16)


def weekdays_seen() -> pl.Expr:
    """Return the weekdays of every local date from the least to the greatest as a mask: bit 0 Monday … bit 6 Sunday."""
    first, last = pl.col("local_date_min"), pl.col("local_date_max")
    more = (last - first).dt.total_days().clip(0, _MOST_DATES - 1)
    return pl.lit(pl.Series(_MASKS, dtype=pl.Int16)).gather((first.dt.weekday() - 1) * _MOST_DATES + more)


def _frequency(rule: Rule) -> tuple[Where, ...]:
    fact = FREQUENCIES[rule.parameters["counts"], rule.parameters["window"]]
    return (stays_below(fact, int(rule.parameters["most"])),)


def _after_conversation(rule: Rule) -> tuple[Where, ...]:
    recent = (pl.col("days_since_conversation") < int(rule.parameters["days"])).fill_null(value=False)
    return (recent & ~pl.col("call_requested").fill_null(value=False),)


def _requested_hours(_rule: Rule) -> tuple[Where, ...]:
    return (_outside(pl.col("requested_from_minute"), pl.col("requested_to_minute")).fill_null(value=False),)


def _minor(rule: Rule) -> tuple[Where, ...]:
    # an unknown age has a reason of its own
    return (Bound(fact="age_years", value=int(rule.parameters["age"]), upper=False, unknown=False),)


def _statute_barred(rule: Rule) -> tuple[Where, ...]:
    return (stays_below("days_past_due", _DAYS_PER_YEAR * int(rule.parameters["years"])),)


def _consent_required(_rule: Rule) -> tuple[Where, ...]:
    return (~pl.col("consent_given").fill_null(value=False),)


def _location_enquiry(_rule: Rule) -> tuple[Where, ...]:
    return ((pl.col("purpose") != Purpose.REMINDER.value).fill_null(value=True),)


def _is(column: str) -> Callable[[Rule], tuple[Where, ...]]:
    def meaning(_rule: Rule) -> tuple[Where, ...]:
        return (pl.col(column).fill_null(value=True),)

    return meaning


def _hold(rule: Rule) -> tuple[Where, ...]:
    mask = 0
    for name in rule.parameters["holds"]:
        mask |= HOLD_BITS[HoldKind(name)]
    return (((pl.col("holds_mask") & mask) > 0).fill_null(value=True),)


_MEANING: Final[Mapping[str, Callable[[Rule], tuple[Where, ...]]]] = {
    "liable_roles": _liable_roles,
    "contact_hours": _contact_hours,
    "contact_days": _contact_days,
    "frequency": _frequency,
    "after_conversation": _after_conversation,
    "requested_hours": _requested_hours,
    "workplace": _is("workplace"),
    "medium_refused": _is("opted_out"),
    "consent_required": _consent_required,
    "consent_revoked": _is("consent_revoked"),
    "cease_communication": _is("cease_communication"),
    "represented": _is("represented"),
    "deceased": _is("deceased"),
    "bankrupt": _is("bankrupt"),
    "minor": _minor,
    "statute_barred": _statute_barred,
    "hold": _hold,
    "location_enquiry": _location_enquiry,
}
