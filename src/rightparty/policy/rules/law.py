# SPDX-License-Identifier: Apache-2.0
"""What each kind of law-pack rule means: an expression over FACTS that is true where the rule withholds (right_time).

Nulls withhold: a rule that cannot be judged is taken as broken, unless another reason already names the gap.
"""

from collections.abc import Callable, Mapping
from typing import Final

import polars as pl

from rightparty.kernel.vocabulary import HOLD_BITS, LIABLE_ROLES, HoldKind
from rightparty.policy.errors import PackError
from rightparty.policy.pack import Rule

MINUTES_PER_HOUR: Final = 60
LATEST_MINUTE: Final = 24 * MINUTES_PER_HOUR


def withholds(rule: Rule) -> pl.Expr:
    """Return where a rule withholds, on the channels it restricts and from the day it takes effect.

    Raises:
        PackError: a parameter has no meaning.
    """
    applies = pl.col("channel").is_in(rule.channels).fill_null(value=True) & (
        pl.col("local_date_max").is_null() | (pl.col("local_date_max") >= rule.effective_from)
    )
    return applies & _MEANING[rule.kind](rule)


def minutes_of(text: str, *, place: str) -> int:
    """Return minutes after midnight of a `HH:MM` clock time, 24:00 included.

    Raises:
        PackError: not such a time.
    """
    hours, _, minutes = str(text).partition(":")
    if not (hours.isdigit() and minutes.isdigit() and len(minutes) == 2 and int(minutes) < MINUTES_PER_HOUR):
        raise PackError(f"{place}: {text!r} is not a clock time HH:MM")
    total = int(hours) * MINUTES_PER_HOUR + int(minutes)
    if total > LATEST_MINUTE:
        raise PackError(f"{place}: {text!r} is after 24:00")
    return total


def _liable_roles(_rule: Rule) -> pl.Expr:
    return ~pl.col("role").is_in([role.value for role in LIABLE_ROLES]).fill_null(value=False)


def _contact_hours(rule: Rule) -> pl.Expr:
    """Outside [from, to) in any plausible zone, unless the hours agreed with the person cover every zone."""
    begin = minutes_of(rule.parameters["from"], place=rule.id)
    end = minutes_of(rule.parameters["to"], place=rule.id)
    if begin >= end:
        raise PackError(f"{rule.id}: from must lie before to")
    least, greatest = pl.col("local_minute_min"), pl.col("local_minute_max")
    outside = (least < begin) | (greatest >= end)
    agreed = pl.lit(value=False)
    if rule.parameters["agreed_hours"]:
        agreed = (least >= pl.col("agreed_from_minute")) & (greatest < pl.col("agreed_to_minute"))
    # an unknown local time has a reason of its own
    return outside.fill_null(value=False) & ~agreed.fill_null(value=False)


def _contact_days(rule: Rule) -> pl.Expr:
    days = list(rule.parameters["weekdays"])
    allowed = pl.col("local_date_min").dt.weekday().is_in(days) & pl.col("local_date_max").dt.weekday().is_in(days)
    return ~allowed.fill_null(value=True)


def _at_least(column: str, parameter: str) -> Callable[[Rule], pl.Expr]:
    def meaning(rule: Rule) -> pl.Expr:
        return (pl.col(column) >= int(rule.parameters[parameter])).fill_null(value=True)

    return meaning


def _after_conversation(rule: Rule) -> pl.Expr:
    recent = (pl.col("days_since_conversation") < int(rule.parameters["days"])).fill_null(value=False)
    return recent & ~pl.col("call_requested").fill_null(value=False)


def _is(column: str) -> Callable[[Rule], pl.Expr]:
    def meaning(_rule: Rule) -> pl.Expr:
        return pl.col(column).fill_null(value=True)

    return meaning


def _hold(rule: Rule) -> pl.Expr:
    mask = 0
    for name in rule.parameters["holds"]:
        if name not in set(HoldKind):
            raise PackError(f"{rule.id}: field holds: {name} is not a kind of hold")
        mask |= HOLD_BITS[HoldKind(name)]
    return ((pl.col("holds_mask") & mask) > 0).fill_null(value=True)


_MEANING: Final[Mapping[str, Callable[[Rule], pl.Expr]]] = {
    "liable_roles": _liable_roles,
    "contact_hours": _contact_hours,
    "contact_days": _contact_days,
    "contacts_per_day": _at_least("contacts_person_day", "most"),
    "effective_calls_per_day": _at_least("calls_person_day", "most"),
    "debt_calls_in_7_days": _at_least("calls_debt_7d", "most"),
    "after_conversation": _after_conversation,
    "medium_refused": _is("opted_out"),
    "consent_revoked": _is("consent_revoked"),
    "cease_communication": _is("cease_communication"),
    "represented": _is("represented"),
    "deceased": _is("deceased"),
    "bankrupt": _is("bankrupt"),
    "hold": _hold,
}
