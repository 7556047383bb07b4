# SPDX-License-Identifier: Apache-2.0
"""What the product itself promises in every market: reason code -> where it withholds, over FACTS.

Serves right_party, right_debt, right_time, right_words and correctable. Nulls withhold.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from rightparty.kernel.reasons import mask_of
from rightparty.kernel.vocabulary import HOLD_BITS, LIABLE_ROLES, BatchState, HoldKind, MessageChannel, Purpose
from rightparty.policy.disclosure import needed_probability, supported_disclosure
from rightparty.policy.history import COUNTS
from rightparty.policy.house import HouseRules
from rightparty.policy.pack import Rule

CONTRADICTIONS = (
    "right_party.reported_wrong_party",
    "right_party.reassigned",
    "right_party.value_under_unlinked_person",
    "right_party.third_party_contact",
    "right_party.contact_point_expired",
)
"""Reasons that attribution states as bits and that pass through unchanged."""

_HOLD_REASONS = {
    "right_debt.disputed": (HoldKind.DISPUTE, HoldKind.FRAUD_CLAIM),
    "right_debt.on_hold": (HoldKind.COMPLAINT, HoldKind.HARDSHIP, HoldKind.LEGAL),
    "right_debt.bankruptcy": (HoldKind.BANKRUPTCY,),
    "right_party.deceased": (HoldKind.DECEASED,),
    "right_time.attorney_represented": (HoldKind.ATTORNEY,),
    "right_time.breathing_space": (HoldKind.BREATHING_SPACE,),
    "right_time.protected_person": (HoldKind.VULNERABILITY,),
}


def product_rules(house: HouseRules) -> dict[str, pl.Expr]:
    """Return every rule of the product, at the house's thresholds."""
    return {**_party(house), **_debt(), **_time(), **_words(house)}


_PROMISED: Final[Mapping[str, str]] = {
    "liable_roles": "right_party.not_liable",
    "location_enquiry": "right_party.location_enquiry",
    "deceased": "right_party.deceased",
    "bankrupt": "right_debt.bankruptcy",
    "represented": "right_time.attorney_represented",
    "cease_communication": "right_time.cease_communication",
    "medium_refused": "right_time.opted_out",
    "consent_revoked": "right_time.opted_out",
    "requested_hours": "right_time.outside_requested_hours",
}
"""Kinds of law whose meaning is part of what the product promises in every market under the same reason."""


def is_promised_everywhere(rule: Rule) -> bool:
    """Tell whether the product withholds wherever the rule does, for the same reason: it adds nothing to a mask."""
    if rule.kind == "hold":
        return set(rule.parameters["holds"]) <= {kind.value for kind in _HOLD_REASONS.get(rule.reason, ())}
    return _PROMISED.get(rule.kind) == rule.reason


def contradictions() -> pl.Expr:
    """Return the attribution's contradictions as reason bits; unknown contradictions withhold as below threshold."""
    return (pl.col("contradictions_mask") & mask_of(CONTRADICTIONS)).fill_null(0)


def _party(house: HouseRules) -> dict[str, pl.Expr]:
    known = pl.col("has_contact_point").fill_null(value=False)
    enough = pl.col("p_person") >= needed_probability(pl.col("disclosure_level"), house.thresholds)
    whole = pl.col("p_person").is_between(0.0, 1.0) & pl.col("contradictions_mask").is_not_null()
    liable = pl.col("role").is_in([role.value for role in LIABLE_ROLES])
    own = pl.col("relation") == "self"
    return {
        "right_party.no_contact_point": ~known,
        "right_party.below_threshold": known & ~(enough & whole).fill_null(value=False),
        "right_party.not_liable": ~liable.fill_null(value=False),
        "right_party.roles_contradict": pl.col("roles_contradict").fill_null(value=True),
        "right_party.location_enquiry": (pl.col("purpose") != Purpose.REMINDER.value).fill_null(value=True),
        "right_party.batch_stopped": (pl.col("batch_state") == BatchState.STOPPED).fill_null(value=False),
        "right_party.batch_on_trial": ~_past_trial().fill_null(value=False) | pl.col("batch_room").is_null(),
        "right_party.third_party_contact": known & ~own.fill_null(value=False),
        "right_party.person_in_doubt": known & pl.col("person_in_doubt").fill_null(value=True),
        "right_party.deceased": pl.col("deceased").fill_null(value=True) | _held("right_party.deceased"),
    }


def _past_trial() -> pl.Expr:
    """A load that nobody knows is on trial without room."""
    state = pl.col("batch_state")
    settled = state.is_in([BatchState.NONE.value, BatchState.TRUSTED.value, BatchState.STOPPED.value])
    return settled | ((state == BatchState.ON_TRIAL) & (pl.col("batch_room") > 0))


def _debt() -> dict[str, pl.Expr]:
    return {
        "right_debt.nothing_due": ~(pl.col("amount_due_minor") > 0).fill_null(value=False),
        # any money in flight: the amount in the text might be wrong on arrival
        "right_debt.payment_in_flight": (pl.col("in_flight_minor") != 0).fill_null(value=True),
        "right_debt.account_not_open": ~pl.col("account_open").fill_null(value=False),
        "right_debt.ledger_inconsistent": ~pl.col("ledger_consistent").fill_null(value=False)
        | pl.col("days_past_due").is_null(),
        "right_debt.disputed": _held("right_debt.disputed"),
        "right_debt.on_hold": _held("right_debt.on_hold"),
        "right_debt.bankruptcy": pl.col("bankrupt").fill_null(value=True) | _held("right_debt.bankruptcy"),
    }


def _time() -> dict[str, pl.Expr]:
    local = ("local_minute_min", "local_minute_max", "local_date_min", "local_date_max")
    least, greatest = pl.col("local_minute_min"), pl.col("local_minute_max")
    asked = (least < pl.col("requested_from_minute")) | (greatest >= pl.col("requested_to_minute"))
    return {
        "right_time.unknown_local_time": pl.any_horizontal(pl.col(name).is_null() for name in local)
        | pl.col("at").is_null(),
        "right_time.outside_requested_hours": asked.fill_null(value=False),
        "right_time.history_unknown": pl.any_horizontal(pl.col(name).is_null() for name in COUNTS),
        "right_time.clock_contradiction": pl.col("history_in_future").fill_null(value=True),
        "right_time.cease_communication": pl.col("cease_communication").fill_null(value=True),
        "right_time.opted_out": (pl.col("opted_out") | pl.col("consent_revoked")).fill_null(value=True),
        "right_time.attorney_represented": pl.col("represented").fill_null(value=True)
        | _held("right_time.attorney_represented"),
        "right_time.breathing_space": _held("right_time.breathing_space"),
        "right_time.protected_person": _held("right_time.protected_person"),
    }


def _words(house: HouseRules) -> dict[str, pl.Expr]:
    supported = supported_disclosure(
        pl.col("p_person"), pl.col("p_stranger"), pl.col("contradictions_mask"), house.thresholds
    )
    within = (pl.col("disclosure_level") <= supported).fill_null(value=False)
    return {
        "right_words.no_approved_template": ~pl.col("template_available").fill_null(value=False)
        | ~pl.col("channel").is_in(list(MessageChannel)).fill_null(value=False),
        "right_words.disclosure_too_high": ~within,
        "correctable.case_open": pl.col("case_open").fill_null(value=True),
    }


def _held(reason: str) -> pl.Expr:
    mask = 0
    for kind in _HOLD_REASONS[reason]:
        mask |= HOLD_BITS[kind]
    return ((pl.col("holds_mask") & mask) > 0).fill_null(value=True)
