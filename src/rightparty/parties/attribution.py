# SPDX-License-Identifier: Apache-2.0
"""Whom a contact point reaches as of an instant: the person, nobody, or a stranger. Serves right_party.

First depth: a prior by channel, source and relation; ageing by the rate at which such values are given up and come
back under somebody else; positive evidence starts the age anew; contradictory evidence only ever lowers trust, and a
hard contradiction sets a reason bit that blocks by itself. Events later than the instant are ignored.

Evidence without a party says something about the value, not about a person: it can contradict, never confirm. A
delivery receipt is as likely at a stranger's, so it moves probability from "nobody" to "stranger", never to the person.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import polars as pl

from rightparty.kernel.clock import require_aware
from rightparty.kernel.reasons import BY_CODE
from rightparty.kernel.vocabulary import EventKind, PointChannel, Relation
from rightparty.parties.ageing import DAYS_PER_YEAR, given_back, segment_numbers
from rightparty.parties.parameters import CONFIRMATIONS, UNKNOWN, AttributionParameters
from rightparty.parties.rivals import STRONG, rival_claims

ATTRIBUTION: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "party_id": pl.String,
    "channel": pl.String,
    "value": pl.String,
    "relation": pl.String,
    "source": pl.String,
    "p_person": pl.Float64,
    "p_nobody": pl.Float64,
    "p_stranger": pl.Float64,
    "contradictions_mask": pl.Int64,
    "last_confirmed_at": pl.Datetime("us", "UTC"),
    "collected_at": pl.Datetime("us", "UTC"),
}
"""Columns of `attribute`, one row per (party, channel, value)."""

CONTRADICTION_BITS: Final[Mapping[str, int]] = {
    name: BY_CODE[f"right_party.{name}"].mask
    for name in (
        "reported_wrong_party",
        "reassigned",
        "value_under_unlinked_person",
        "third_party_contact",
        "contact_point_expired",
    )
}
"""Hard contradictions: each blocks by itself, whatever the probability."""

_WEIGHED = (*CONFIRMATIONS, "wrong_party", "reassigned", "undelivered", "delivered")


def attribute(
    points: pl.DataFrame,
    events: pl.DataFrame,
    links: pl.DataFrame,
    *,
    at: datetime,
    parameters: AttributionParameters,
) -> pl.DataFrame:
    """Judge whom each contact point reaches as of an instant.

    Shape: points [party_id, channel, value, source, collected_at, relation, valid_to], events [channel, value,
    party_id, kind, occurred_at], links [party_id, group_id] -> one row per (party, channel, value), columns
    ATTRIBUTION, ordered by them. `points` must hold every party's current rows of the values asked about, or rivals
    go unseen. Parties that share a group are linked; a group named `person:…` joins ids of one human.
    Meaning: p_person + p_nobody + p_stranger = 1; `contradictions_mask` holds kernel.reasons bits;
    `last_confirmed_at` is the last log-in or one-time code of this party at this value. Of several rows of one
    value the best one still valid counts.
    """
    instant = require_aware(at)
    values = points.select("channel", "value").unique().with_row_index("v")
    rows = _aged_rows(points.join(values, on=["channel", "value"]), at=instant, parameters=parameters)
    weighed = (
        events.filter((pl.col("occurred_at") <= instant) & pl.col("kind").is_in(_WEIGHED))
        .join(values, on=["channel", "value"])
        .select("v", "party_id", "kind", "occurred_at")
    )
    strong = weighed.filter(pl.col("kind").is_in(STRONG) & (pl.col("party_id") != ""))
    best = rows.sort("is_expired", "p_collected", descending=[False, True]).unique(
        ["v", "party_id"], keep="first", maintain_order=True
    )
    joined = (
        best.join(_third_parties(rows), on=["v", "party_id"])
        .join(_confirmations(weighed), on=["v", "party_id"], how="left")
        .join(_value_evidence(weighed), on="v", how="left")
        .join(
            rival_claims(rows, strong, links, crowd_persons=parameters.crowd_persons), on=["v", "party_id"], how="left"
        )
    )
    confirmed = _with_confirmation(joined, at=instant, parameters=parameters)
    counted = confirmed.join(_undelivered_days(weighed, confirmed), on=["v", "party_id"], how="left")
    judged = _lowered(_with_contradictions(counted), parameters)
    return judged.select(pl.col(name).cast(kind) for name, kind in ATTRIBUTION.items()).sort(
        "party_id", "channel", "value"
    )


def _aged_rows(points: pl.DataFrame, *, at: datetime, parameters: AttributionParameters) -> pl.DataFrame:
    """Give each row its prior, the ageing of its segment, and what the prior is worth today."""
    relation = pl.col("relation").fill_null("")
    in_future = (pl.col("collected_at") > at).fill_null(value=True)
    age = (pl.lit(at) - pl.col("collected_at")).dt.total_seconds() / (86_400 * DAYS_PER_YEAR)
    return (
        points.with_columns(
            relation=pl.when(relation == "").then(pl.lit(Relation.SELF.value)).otherwise(relation),
            is_expired=(pl.col("valid_to") <= at).fill_null(value=False),
            claimed_at=pl.col("collected_at").fill_null(at),
            age_collected=pl.when(in_future).then(parameters.unknown_age_years).otherwise(age),
        )
        .pipe(_with_prior, parameters)
        .with_columns(**segment_numbers(parameters.ageing))
        .with_columns(p_collected=pl.col("prior_person") * (-pl.col("hazard") * pl.col("age_collected")).exp())
    )


def _with_prior(points: pl.DataFrame, parameters: AttributionParameters) -> pl.DataFrame:
    """Add prior_person and prior_nobody by channel and source; a combination not listed is the least known one."""
    table = pl.DataFrame(
        [
            (channel, source, prior.person, prior.nobody)
            for channel, by_source in parameters.prior.items()
            for source, prior in by_source.items()
        ],
        schema={"channel": pl.String, "source": pl.String, "prior_person": pl.Float64, "prior_nobody": pl.Float64},
        orient="row",
    )
    least = parameters.prior[PointChannel.PHONE][UNKNOWN]
    return points.join(table, on=["channel", "source"], how="left").with_columns(
        pl.col("prior_person").fill_null(least.person), pl.col("prior_nobody").fill_null(least.nobody)
    )


def _third_parties(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the relation of each value to each party: one row that names another outweighs those that say self."""
    other = pl.col("relation").filter(pl.col("relation") != Relation.SELF)
    return rows.group_by("v", "party_id").agg(
        declared=other.sort().first().fill_null(pl.lit(Relation.SELF.value)),
    )


def _confirmations(weighed: pl.DataFrame) -> pl.DataFrame:
    """Return the last event of each confirming kind by each party at each value."""
    kind, when = pl.col("kind"), pl.col("occurred_at")
    return (
        weighed.filter(kind.is_in(CONFIRMATIONS) & (pl.col("party_id") != ""))
        .group_by("v", "party_id")
        .agg(
            *[when.filter(kind == name).max().alias(f"last_{name}") for name in CONFIRMATIONS],
            last_shown_at=when.max(),
            last_confirmed_at=when.filter(kind.is_in(STRONG)).max(),
        )
    )


def _value_evidence(weighed: pl.DataFrame) -> pl.DataFrame:
    """Return what happened last at each value, whoever was meant: the evidence that may contradict."""
    kind, when = pl.col("kind"), pl.col("occurred_at")
    names = (EventKind.WRONG_PARTY, EventKind.REASSIGNED, EventKind.UNDELIVERED, EventKind.DELIVERED)
    return (
        weighed.filter(kind.is_in(names))
        .group_by("v")
        .agg(when.filter(kind == name).max().alias(f"last_{name}") for name in names)
    )


def _with_confirmation(joined: pl.DataFrame, *, at: datetime, parameters: AttributionParameters) -> pl.DataFrame:
    """Choose the evidence that carries most today, and age what it said of the person, of nobody and of strangers."""
    age, decayed = {}, {}
    for kind, level in parameters.confirmation.items():
        age[kind] = (pl.lit(at) - pl.col(f"last_{kind}")).dt.total_seconds() / (86_400 * DAYS_PER_YEAR)
        decayed[kind] = level * (-pl.col("hazard") * age[kind]).exp()
    p_person = pl.max_horizontal("p_collected", *decayed.values())
    anchor_age = pl.coalesce(
        pl.when(pl.col("p_collected") >= pl.col("p_person")).then(pl.col("age_collected")),
        *(pl.when(decayed[kind] >= pl.col("p_person")).then(age[kind]) for kind in decayed),
    )
    by_prior = pl.col("p_collected") >= pl.col("p_person")
    return (
        joined.with_columns(p_person=p_person)
        .with_columns(anchor_age=anchor_age, nobody_before=pl.when(by_prior).then("prior_nobody").otherwise(0.0))
        .with_columns(person_before=pl.col("p_person") * (pl.col("hazard") * pl.col("anchor_age")).exp())
        .pipe(given_back)
    )


def _undelivered_days(weighed: pl.DataFrame, confirmed: pl.DataFrame) -> pl.DataFrame:
    """Count the UTC days with an undelivered message since the party last showed up: a retry storm counts once."""
    return (
        weighed.filter(pl.col("kind") == EventKind.UNDELIVERED)
        .select("v", "occurred_at", day=pl.col("occurred_at").dt.date())
        .join(confirmed.select("v", "party_id", "last_shown_at"), on="v")
        .filter((pl.col("occurred_at") > pl.col("last_shown_at")).fill_null(value=True))
        .group_by("v", "party_id")
        .agg(undelivered_days=pl.col("day").n_unique())
    )


def _with_contradictions(rows: pl.DataFrame) -> pl.DataFrame:
    """Say of each hard contradiction whether it stands, and sum them to a mask.

    A later log-in or one-time code by this very party takes away a report, a listing or a rival; it must be later
    than all of them, at the same instant it does not help. Nothing takes away a third party's or an expired point.
    """
    confirmed_at = pl.col("last_confirmed_at")

    def stands(contradicted_at: str) -> pl.Expr:
        answered = (confirmed_at > pl.col(contradicted_at)).fill_null(value=False)
        return pl.col(contradicted_at).is_not_null() & ~answered

    return rows.with_columns(
        reported_wrong_party=stands("last_wrong_party"),
        reassigned=stands("last_reassigned"),
        value_under_unlinked_person=stands("rival_at"),
        third_party_contact=pl.col("declared") != Relation.SELF,
        contact_point_expired=pl.col("is_expired"),
        relation=pl.col("declared"),
    ).with_columns(
        contradictions_mask=pl.sum_horizontal(
            pl.when(name).then(bit).otherwise(0).cast(pl.Int64) for name, bit in CONTRADICTION_BITS.items()
        )
    )


def _lowered(rows: pl.DataFrame, parameters: AttributionParameters) -> pl.DataFrame:
    """Take from the person what contradictory evidence takes, and give it to nobody or to a stranger."""
    left = parameters.contradiction
    days = pl.col("undelivered_days").fill_null(0)
    reached = left["undelivered_day"] ** days
    expiry = pl.when("contact_point_expired").then(left["contact_point_expired"]).otherwise(1.0)
    to_nobody = reached * expiry
    to_stranger = pl.lit(1.0)
    for name in ("reported_wrong_party", "reassigned", "value_under_unlinked_person"):
        to_stranger = to_stranger * pl.when(name).then(left[name]).otherwise(1.0)
    ceiling = pl.col("declared").replace_strict(
        {str(relation): p for relation, p in parameters.relation.items()} | {str(Relation.SELF): 1.0},
        default=parameters.relation[UNKNOWN],
        return_dtype=pl.Float64,
    )
    shared = pl.when(pl.col("is_shared").fill_null(value=False)).then(parameters.shared_with_linked).otherwise(1.0)
    delivered_last = pl.col("last_delivered").is_not_null() & (
        (pl.col("last_delivered") > pl.col("last_undelivered")).fill_null(value=True)
    )
    nobody_left = pl.when(delivered_last).then(left["delivered_leaves_nobody"]).otherwise(1.0)
    return (
        rows.with_columns(p_stranger=pl.col("p_stranger") * reached, kept=pl.col("p_person") * to_nobody)
        .with_columns(p_nobody=(1.0 - pl.col("p_stranger") - pl.col("kept")).clip(0.0, 1.0) * nobody_left)
        .with_columns(p_person=pl.min_horizontal(pl.col("kept") * to_stranger, ceiling, shared).clip(0.0, 1.0))
        .with_columns(p_stranger=(1.0 - pl.col("p_person") - pl.col("p_nobody")).clip(0.0, 1.0))
    )
