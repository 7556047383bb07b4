# SPDX-License-Identifier: Apache-2.0
"""Which step an account is in today, and the period of that step: the key under which it is planned once."""

import polars as pl

from rightparty.planning.strategy import Strategy


def with_step(accounts: pl.LazyFrame, strategy: Strategy) -> pl.LazyFrame:
    """Add each account's step of today.

    Shape: accounts with [days_past_due, oldest_due_on, amount_due_minor] -> the same rows plus [step, cycle, template,
    tone], null where nothing is due or the strategy rests. `cycle` is the oldest unpaid due date, and the ordinal of
    the step's period: planning twice in a period gives the same cycle (once), and a missed day is made up for.
    """
    steps = pl.LazyFrame(
        {
            "step": [step.name for step in strategy.steps],
            "dpd_from": [step.dpd_from for step in strategy.steps],
            "dpd_to": [step.dpd_to for step in strategy.steps],
            "every_days": [step.every_days for step in strategy.steps],
            "template": [step.template for step in strategy.steps],
            "tone": [step.tone for step in strategy.steps],
        },
        schema_overrides={"dpd_from": pl.Int32, "dpd_to": pl.Int32, "every_days": pl.Int32},
    ).sort("dpd_from")
    days = pl.col("days_past_due")
    is_due = pl.col("oldest_due_on").is_not_null() & (pl.col("amount_due_minor") > 0)
    ordinal = (days - pl.col("dpd_from")) // pl.col("every_days")
    in_band = is_due & (days <= pl.col("dpd_to"))
    cycle = pl.concat_str(pl.col("oldest_due_on").cast(pl.String), ordinal.cast(pl.String), separator="/")
    return (
        accounts.with_columns(days.cast(pl.Int32))
        .sort("days_past_due")
        .join_asof(steps, left_on="days_past_due", right_on="dpd_from", strategy="backward")
        .with_columns(cycle=pl.when(in_band).then(cycle))
        .with_columns(pl.when(in_band).then(pl.col(name)).alias(name) for name in ("step", "template", "tone"))
        .drop("dpd_from", "dpd_to", "every_days")
    )


def channels_of_steps(strategy: Strategy) -> pl.LazyFrame:
    """Return [step, channel, channel_rank]: the channels of each step in the order they are tried, from 0."""
    rows = [(step.name, channel.value, rank) for step in strategy.steps for rank, channel in enumerate(step.channels)]
    return pl.LazyFrame(rows, schema={"step": pl.String, "channel": pl.String, "channel_rank": pl.Int32}, orient="row")
