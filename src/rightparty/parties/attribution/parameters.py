# SPDX-License-Identifier: Apache-2.0
"""The numbers behind attribution: from `parameters.toml`, where each names its source, or from a fitted file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from rightparty.kernel.vocabulary import Relation, Source
from rightparty.parties.attribution.filter import ACTIVITY, FRAILTY, PEERS
from rightparty.parties.attribution.kinds import CONTACT, KINDS, OUTCOME, PER_CONTACT, PER_TIME, TRIALS

UNKNOWN: Final = "unknown"
"""Row of a table for a value the contract does not list."""

SEGMENTS: Final[Mapping[str, str]] = {
    "phone_us": "+1", "phone_cn": "+86", "phone_vn": "+84", "phone_cz": "+420",
    "phone": "", "email": "", "post": "", "app": "",
}  # fmt: skip
"""Segments that age alike, and the calling code of those that are a country's phones; else a channel."""

CAPTURES: Final = ("plain", "confirmed", "claimed", "both", "crowd")
"""What was seen on the day of collection: nothing, a one-time code or log-in by the person, that the value stood under
somebody unlinked already, both of these, or a value under so many that it is nobody's."""

EXPOSURES: Final[Mapping[str, int]] = {"outcome": OUTCOME, "year": PER_TIME, "contact": PER_CONTACT}
MARKS: Final = tuple(kind for trial in TRIALS for kind in trial)

type Three = tuple[float, float, float]


class ParametersError(ValueError):
    """The attribution parameters are incomplete or out of range, or their file cannot be read."""

    remedy = (
        "Set RIGHTPARTY_ATTRIBUTION to a file that `rightparty attribution fit --out FILE` wrote, or to nothing for the"
        " shipped numbers. Until then nothing is judged, so nothing is sent."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageing:
    """How contact points of a segment are given up and come back under somebody else."""

    #: mean hazard of being given up, per year, before frailty
    given_up_per_year: float
    #: least time before the value can reach somebody else
    quarantine_days: float
    #: mean further time before it does
    shelf_days: float
    #: mean time until a value that never was in use comes into use
    void_days: float
    #: how many times as long as this says a fit may believe points to live
    longer_at_most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Everything the filter weighs the evidence of one segment with."""

    ageing: Ageing
    #: weights of the activity classes, by what the person does at his other points
    activity: tuple[tuple[float, ...], ...]
    #: weights of the frailty classes
    frailty: tuple[float, ...]
    #: how many a year stop using a point they keep, by what the person does at his other points
    lapse_per_year: tuple[float, ...]
    #: kind -> rate per year or contact, or probability of the outcome, if it reaches person, nobody, stranger
    rates: Mapping[str, Three]
    #: kind -> outcome, year or contact
    exposure: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionParameters:
    """Everything `attribute` weighs evidence with."""

    #: recorded with each decision
    version: str
    #: (segment, source, relation, capture) -> probability of person and nobody at collection; the rest is a stranger
    prior: Mapping[tuple[str, str, str, str], tuple[float, float]]
    segments: Mapping[str, Segment]
    #: a value under more persons than this belongs to none of them
    crowd_persons: int
    #: age taken where the date of collection says nothing
    unknown_age_years: float
    #: highest probability on which a message tells of a debt where a linked person reads along
    shared_with_linked: float


def trials_of(segment: Segment) -> tuple[tuple[str, ...], ...]:
    """Return the outcomes that exclude one another; where there are no receipts, failures are counted per contact."""
    return tuple(trial for trial in TRIALS if all(segment.exposure[kind] == "outcome" for kind in trial))


def read_parameters(text: str, *, base: AttributionParameters | None = None) -> AttributionParameters:
    """Return the parameters written as TOML; a fitted file names only what it changes of `base`.

    Raises:
        ParametersError: a table or row is missing, or a number is out of range.
    """
    try:
        given = tomllib.loads(text)
        return _fitted(given, base) if base else _shipped(given)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as fault:
        raise ParametersError(f"Attribution parameters: {fault!r} is wrong or missing.") from fault


@cache
def shipped_parameters() -> AttributionParameters:
    """Return the parameters shipped in this package."""
    return read_parameters(resources.files(__package__).joinpath("parameters.toml").read_text("utf-8"))


def _shipped(given: Mapping[str, Any]) -> AttributionParameters:
    limits = given["limits"]
    return AttributionParameters(
        version=str(given["version"]),
        prior=_prior(given),
        segments={
            segment: _segment({**given["segment"]["default"], **given["segment"].get(segment, {})}, given)
            for segment in SEGMENTS
        },
        crowd_persons=int(limits["crowd_persons"]),
        unknown_age_years=float(limits["unknown_age_years"]),
        shared_with_linked=_share(limits["shared_with_linked"]),
    )


def _prior(given: Mapping[str, Any]) -> dict[tuple[str, str, str, str], tuple[float, float]]:
    """Spell out every cell: by channel and source, limited by the relation, moved by what was seen at capture."""
    cells = {}
    for segment in SEGMENTS:
        by_source = given["prior"][segment.partition("_")[0]]
        for source in (*Source, UNKNOWN):
            for relation in (*Relation, UNKNOWN):
                ceiling = 1.0 if relation == Relation.SELF else _share(given["relation"][relation])
                for capture in CAPTURES:
                    person = min(_share(by_source[source]["person"]), ceiling)
                    nobody = _share(by_source[source]["nobody"])
                    stranger = max(1.0 - person - nobody, 0.0)
                    odds = given["capture"][capture]
                    weighed = (person * odds[0], nobody * odds[1], stranger * odds[2])
                    cells[(segment, str(source), str(relation), capture)] = (
                        weighed[0] / sum(weighed),
                        weighed[1] / sum(weighed),
                    )
    return cells


def _segment(row: Mapping[str, Any], given: Mapping[str, Any]) -> Segment:
    rates = {kind: _three(number) for kind, number in {**given["rate"], **row.get("rate", {})}.items()}
    exposure = {kind: str(how) for kind, how in {**given["exposure"], **row.get("exposure", {})}.items()}
    missing = [kind for code, kind in enumerate(KINDS) if code != CONTACT and (kind not in rates)]
    if missing or any(exposure.get(kind, "outcome") not in EXPOSURES for kind in rates):
        raise ParametersError(f"No rate for {missing}, or an exposure that is none of {list(EXPOSURES)}.")
    return Segment(
        ageing=_ageing(row),
        activity=_activity(row["activity"]),
        frailty=_weights(row["frailty"], len(FRAILTY)),
        lapse_per_year=_lapse(row["lapse_per_year"]),
        rates=rates,
        exposure=exposure,
    )


def _fitted(given: Mapping[str, Any], base: AttributionParameters) -> AttributionParameters:
    whole: Mapping[str, Any] = {"rate": {}, "exposure": {}}
    prior = dict(base.prior)
    for segment, cells in given["prior"].items():
        for key, (person, nobody) in cells.items():
            source, relation, capture = key.split("|")
            _share(person + nobody)
            prior[(segment, source, relation, capture)] = (_share(person), _share(nobody))
    return AttributionParameters(
        version=str(given["version"]),
        prior=prior,
        segments={**base.segments, **{name: _segment(row, whole) for name, row in given["segment"].items()}},
        crowd_persons=base.crowd_persons,
        unknown_age_years=base.unknown_age_years,
        shared_with_linked=base.shared_with_linked,
    )


def _share(number: float) -> float:
    if not 0.0 <= number <= 1.0 + 1e-9:
        raise ParametersError(f"{number} is not between 0 and 1.")
    return min(float(number), 1.0)


def _three(numbers: Any) -> Three:
    person, nobody, stranger = (float(number) for number in numbers)
    if min(person, nobody, stranger) <= 0.0:
        raise ParametersError(f"{numbers} has a rate that is not above zero: nothing is impossible in records.")
    return person, nobody, stranger


def _activity(rows: Any) -> tuple[tuple[float, ...], ...]:
    if len(rows) != PEERS:
        raise ParametersError(f"{rows} are not the weights of {PEERS} rows, by what the person does elsewhere.")
    return tuple(_weights(row, len(ACTIVITY)) for row in rows)


def _weights(numbers: Any, count: int) -> tuple[float, ...]:
    weights = tuple(_share(number) for number in numbers)
    if len(weights) != count or not 0.99 < sum(weights) < 1.01:
        raise ParametersError(f"{numbers} are not {count} weights that sum to one.")
    return tuple(weight / sum(weights) for weight in weights)


def _lapse(numbers: Any) -> tuple[float, ...]:
    rates = tuple(float(number) for number in numbers)
    if len(rates) != PEERS or min(rates) <= 0.0:
        raise ParametersError(f"{numbers} are not {PEERS} rates above zero, by what the person does elsewhere.")
    return rates


def _ageing(row: Mapping[str, Any]) -> Ageing:
    ageing = Ageing(
        given_up_per_year=float(row["given_up_per_year"]),
        quarantine_days=float(row["quarantine_days"]),
        shelf_days=float(row["shelf_days"]),
        void_days=float(row["void_days"]),
        longer_at_most=float(row["longer_at_most"]),
    )
    if ageing.longer_at_most < 1.0:
        raise ParametersError(f"{ageing}: longer_at_most is below 1, so that no fit could keep what is shipped.")
    if min(ageing.given_up_per_year, ageing.quarantine_days, ageing.shelf_days, ageing.void_days) <= 0:
        raise ParametersError(f"{ageing} has a rate or time that is not above zero.")
    return ageing
