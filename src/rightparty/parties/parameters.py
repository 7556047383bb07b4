# SPDX-License-Identifier: Apache-2.0
"""The numbers behind attribution, read from `parameters.toml`, where each one names its source."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from rightparty.kernel.vocabulary import PointChannel, Relation, Source

UNKNOWN = "unknown"
"""Row of a table for a value the contract does not list."""

CONFIRMATIONS = ("otp_verified", "login", "promise_to_pay", "replied", "answered")
CONTRADICTIONS = (
    "reported_wrong_party",
    "reassigned",
    "value_under_unlinked_person",
    "contact_point_expired",
    "undelivered_day",
    "delivered_leaves_nobody",
)
AGEING_SEGMENTS = ("phone_us", "phone_cn", *PointChannel)


class ParametersError(ValueError):
    """The attribution parameters are incomplete or not probabilities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What a source is worth on the day of collection; the rest of both is a stranger."""

    #: probability that the point reaches the person
    person: float
    #: probability that it reaches nobody
    nobody: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageing:
    """How contact points of a segment are given up and come back under somebody else."""

    #: hazard of being given up, per year
    given_up_per_year: float
    #: least time before the value can reach somebody else
    quarantine_days: float
    #: mean further time before it does
    shelf_days: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionParameters:
    """Everything `attribute` weighs evidence with."""

    #: recorded with each decision
    version: str
    #: channel -> source -> prior
    prior: Mapping[str, Mapping[str, Prior]]
    #: relation other than self -> ceiling of p_person
    relation: Mapping[str, float]
    #: segment (channel, or phone by country) -> ageing
    ageing: Mapping[str, Ageing]
    #: event kind -> p_person just after it
    confirmation: Mapping[str, float]
    #: contradiction -> factor left of p_person
    contradiction: Mapping[str, float]
    #: ceiling of p_person for a value shared with a linked person
    shared_with_linked: float
    #: a value under more persons than this belongs to none of them
    crowd_persons: int
    #: age taken where the date of collection says nothing
    unknown_age_years: float


def read_parameters(text: str) -> AttributionParameters:
    """Return the parameters written as TOML.

    Raises:
        ParametersError: a table or row is missing, or a number is out of range.
    """
    try:
        return _parameters(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as fault:
        raise ParametersError(f"Attribution parameters: {fault!r} is wrong or missing.") from fault


@cache
def shipped_parameters() -> AttributionParameters:
    """Return the parameters shipped in this package."""
    return read_parameters(resources.files(__package__).joinpath("parameters.toml").read_text("utf-8"))


def _parameters(given: Mapping[str, Any]) -> AttributionParameters:
    limits = given["limits"]
    return AttributionParameters(
        version=str(given["version"]),
        prior={
            channel: {source: _prior(given["prior"][channel][source]) for source in (*Source, UNKNOWN)}
            for channel in PointChannel
        },
        relation={r: _share(given["relation"][r]) for r in (*Relation, UNKNOWN) if r != Relation.SELF},
        ageing={segment: _ageing(given["ageing"][segment]) for segment in AGEING_SEGMENTS},
        confirmation={kind: _share(given["confirmation"][kind]) for kind in CONFIRMATIONS},
        contradiction={name: _share(given["contradiction"][name]) for name in CONTRADICTIONS},
        shared_with_linked=_share(limits["shared_with_linked"]),
        crowd_persons=int(limits["crowd_persons"]),
        unknown_age_years=float(limits["unknown_age_years"]),
    )


def _share(number: float) -> float:
    if not 0.0 <= number <= 1.0:
        raise ParametersError(f"{number} is not between 0 and 1.")
    return float(number)


def _prior(row: Mapping[str, float]) -> Prior:
    prior = Prior(person=_share(row["person"]), nobody=_share(row["nobody"]))
    _share(prior.person + prior.nobody)
    return prior


def _ageing(row: Mapping[str, float]) -> Ageing:
    ageing = Ageing(
        given_up_per_year=float(row["given_up_per_year"]),
        quarantine_days=float(row["quarantine_days"]),
        shelf_days=float(row["shelf_days"]),
    )
    if ageing.given_up_per_year < 0 or ageing.quarantine_days < 0 or ageing.shelf_days <= 0:
        raise ParametersError(f"{ageing} has a negative rate or time.")
    return ageing
