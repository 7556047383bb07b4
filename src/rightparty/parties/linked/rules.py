# SPDX-License-Identifier: Apache-2.0
"""What the linkage model may do by itself: shipped, and the lender's own over it (serves right_party)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any


class LinkRulesError(ValueError):
    """The rules of linkage are incomplete or out of range."""

    remedy = "Compare the file that RIGHTPARTY_LINK_RULES names with the shipped rules.toml."


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRules:
    """From when on a pair merges, is a household, or is looked at; `rules.toml` says why each is what it is."""

    #: probability of one person from which a pair merges by itself; above 1: never
    merge_from: float
    #: probability of one household from which it is linked by itself; above 1: never
    household_from: float
    #: probability of one person from which a pair goes to review
    review_from: float
    #: parties of a load that are linked while it is loaded
    applicants_most: int


def read_rules(own: str | None = None) -> LinkRules:
    """Return the shipped rules with the numbers of an own file's text laid over them.

    Raises:
        LinkRulesError: no TOML, an unknown name, or a number out of range.
    """
    given = tomllib.loads(resources.files(__package__).joinpath("rules.toml").read_text("utf-8"))
    if own is not None:
        try:
            given |= tomllib.loads(own)
        except tomllib.TOMLDecodeError as fault:
            raise LinkRulesError(f"Link rules: {fault}.") from fault
    return rules_of(given)


def rules_of(given: Mapping[str, Any]) -> LinkRules:
    """Return the rules of a parsed TOML file.

    Raises:
        LinkRulesError: a rule is missing, unknown or out of range.
    """
    try:
        rules = LinkRules(**given)
    except TypeError as fault:
        raise LinkRulesError(f"Link rules: {fault}.") from fault
    numbers = (rules.merge_from, rules.household_from, rules.review_from, rules.applicants_most)
    if any(isinstance(number, bool) or not isinstance(number, int | float) for number in numbers):
        raise LinkRulesError("Link rules: every one is a number.")
    if not (rules.merge_from >= 0.9 and rules.household_from > 0.5 and 0 < rules.review_from <= rules.merge_from):
        raise LinkRulesError(
            "Link rules: merge_from is at least 0.9, household_from above 0.5, review_from below merge_from."
        )
    if rules.applicants_most < 0:
        raise LinkRulesError("Link rules: applicants_most is not below 0.")
    return rules
