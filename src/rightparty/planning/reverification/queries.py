# SPDX-License-Identifier: Apache-2.0
"""Reads the contact points that verification may ask about, with all that choosing needs. Serves right_party."""

from datetime import datetime, timedelta
from typing import Final

import polars as pl

from rightparty.kernel.clock import require_aware
from rightparty.kernel.vocabulary import LIABLE_ROLES, PointChannel, Relation
from rightparty.lending.queries import account_links, balances_as_of, liable_and_other_parties
from rightparty.parties.attribution.parameters import SEGMENTS, AttributionParameters
from rightparty.parties.queries import attribution_as_of, installed_parameters, people_as_of
from rightparty.planning.reverification.choose import LEAST_POST

APP_USED_WITHIN: Final = timedelta(days=365)
"""Whoever logged in within this time can be asked in the app."""

REMINDED: Final = [PointChannel.PHONE.value, PointChannel.EMAIL.value]


def points_to_verify(*, at: datetime) -> pl.DataFrame:
    """Return every liable person's own contact points that a reminder can travel to.

    Shape: [party_id, channel, value, p_person, p_nobody, p_stranger, contradictions_mask, watched_until, collected_at,
    country, owes (something now), has_app, has_post, post_address, given_up_per_year, quarantine_days].
    """
    instant = require_aware(at)
    balances = balances_as_of(at=instant, account_ids=None).filter("account_open")
    roles = liable_and_other_parties(account_ids=None).filter(pl.col("role").is_in([str(r) for r in LIABLE_ROLES]))
    liable = roles.join(balances, on="account_id").group_by("party_id").agg(owes=(pl.col("amount_due_minor") > 0).any())
    links = account_links(party_ids=None)
    points = attribution_as_of(at=instant, party_ids=None, links=links).filter(
        pl.col("relation") == Relation.SELF.value
    )
    # a point that no reminder travels to is no way around a doubt
    whole = (
        points.filter(pl.col("channel").is_in(REMINDED))
        .join(liable, on="party_id")
        .join(_means(points, instant), on="party_id", how="left")
    )
    countries = people_as_of(at=instant, party_ids=None).select("party_id", "country")
    return with_ageing(whole.join(countries, on="party_id", how="left"), installed_parameters()).select(
        "party_id", "channel", "value", "p_person", "p_nobody", "p_stranger", "contradictions_mask", "watched_until",
        "collected_at", "country", "owes", pl.col("has_app").fill_null(value=False),
        pl.col("has_post").fill_null(value=False), "post_address", "given_up_per_year", "quarantine_days",
    )  # fmt: skip


def _means(points: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """Return [party_id, has_app, has_post, post_address]: by what a person can be asked beside the point itself."""
    used = (pl.col("last_confirmed_at") > at - APP_USED_WITHIN).fill_null(value=False)
    clean = pl.col("contradictions_mask") == 0
    post = clean & (pl.col("channel") == PointChannel.POST.value) & (pl.col("p_person") >= LEAST_POST)
    ranked = points.sort("p_person", "value", descending=[True, False])
    return ranked.group_by("party_id").agg(
        has_app=(clean & (used | (pl.col("channel") == PointChannel.APP.value))).any(),
        has_post=post.any(),
        post_address=pl.col("value").filter(post).first(),
    )


def with_ageing(points: pl.DataFrame, parameters: AttributionParameters) -> pl.DataFrame:
    """Add given_up_per_year and quarantine_days of each point's segment."""
    segment = pl.col("channel")
    for name, code in SEGMENTS.items():
        if code:
            chosen = (pl.col("channel") == PointChannel.PHONE.value) & pl.col("value").str.starts_with(code)
            segment = pl.when(chosen).then(pl.lit(name)).otherwise(segment)
    ageing = pl.DataFrame(
        [(name, each.ageing.given_up_per_year, each.ageing.quarantine_days) for name, each in
         parameters.segments.items()],
        schema={"segment": pl.String, "given_up_per_year": pl.Float64, "quarantine_days": pl.Float64}, orient="row",
    )  # fmt: skip
    return points.with_columns(segment=segment).join(ageing, on="segment", how="left").drop("segment")
