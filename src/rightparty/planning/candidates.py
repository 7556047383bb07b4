# SPDX-License-Identifier: Apache-2.0
"""From accounts with a step to candidate reminders: one per account and liable party, at the best contact point."""

from typing import Final

import polars as pl

from rightparty.kernel.vocabulary import LIABLE_ROLES, POINT_CHANNEL_OF, MessageChannel
from rightparty.planning.cadence import channels_of_steps
from rightparty.planning.strategy import Strategy
from rightparty.planning.world import World

CANDIDATE: Final = (
    "account_id", "party_id", "role", "channel", "address", "step", "cycle", "template", "tone",
)  # fmt: skip
"""Columns of a candidate reminder; `address` is null if the person has no contact point for the step."""

_POINT_CHANNELS: Final = pl.LazyFrame(
    {
        "channel": [channel.value for channel in MessageChannel],
        "point_channel": [POINT_CHANNEL_OF[channel].value for channel in MessageChannel],
    }
)


def choose_candidates(stepped: pl.LazyFrame, world: World, strategy: Strategy, *, least_p: float) -> pl.LazyFrame:
    """Choose who would be reminded where.

    Shape: stepped [account_id, step, cycle, template, tone] of accounts that have a step -> columns CANDIDATE, one row
    per account and liable party.
    Meaning: a usable point (no contradiction, no opt-out, probability at least `least_p`) comes first, then the
    step's order of channels, then the probability. With no usable point the best one stays, so that its reasons show.
    """
    liable = world.roles.lazy().filter(pl.col("role").is_in([role.value for role in LIABLE_ROLES]))
    debtors = stepped.select("account_id", "step", "cycle", "template", "tone").join(liable, on="account_id")
    options = (
        debtors.select("account_id", "party_id", "role", "step")
        .join(channels_of_steps(strategy), on="step")
        .join(_POINT_CHANNELS, on="channel")
        .join(_points(world), on=["party_id", "point_channel"], how="inner")
        .join(world.opt_outs.lazy().select("address", "channel", "opted_out"), on=["address", "channel"], how="left")
    )
    usable = (
        (pl.col("contradictions_mask") == 0)
        & ~pl.col("opted_out").fill_null(value=False)
        & (pl.col("p_person") >= least_p)
    )
    best = (
        options.with_columns(usable=usable)
        .sort(
            ["usable", "channel_rank", "p_person", "address"],
            descending=[True, False, True, False],
        )
        .group_by("account_id", "party_id", "role", maintain_order=True)
        .agg(pl.first("channel", "address"))
    )
    first_channel = channels_of_steps(strategy).filter(pl.col("channel_rank") == 0).select("step", first="channel")
    return (
        debtors.join(best, on=["account_id", "party_id", "role"], how="left")
        .join(first_channel, on="step")
        .with_columns(channel=pl.col("channel").fill_null(pl.col("first")))
        .select(CANDIDATE)
    )


def _points(world: World) -> pl.LazyFrame:
    return world.attribution.lazy().select(
        "party_id", "p_person", "contradictions_mask", point_channel="channel", address="value"
    )
