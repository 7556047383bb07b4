# SPDX-License-Identifier: Apache-2.0
"""Which step an account is in today, and the period of that step: the key under which it is planned once."""

from typing import Final

import polars as pl

from rightparty.planning.strategy import CHAMPION, Step, Strategy

_SENT: Final = ("step", "template", "tone", "every_days")
_STEPS: Final = {
    "arm": pl.String(), "dpd_from": pl.Int32(), "dpd_to": pl.Int32(),
    "step": pl.String(), "template": pl.String(), "tone": pl.String(), "every_days": pl.Int32(),
    "broken_step": pl.String(), "broken_template": pl.String(), "broken_tone": pl.String(),
    "broken_every_days": pl.Int32(),
}  # fmt: skip


def with_step(accounts: pl.LazyFrame, strategy: Strategy) -> pl.LazyFrame:
    """Add each account's step of today.

    Shape: accounts with [days_past_due, oldest_due_on, amount_due_minor], and where the strategy divides persons or
    jumps, [arm, promise_broken] (missing: everybody is the champion's, no promise was broken) -> the same rows plus
    [step, cycle, template, tone], null where nothing is due or the strategy rests. `cycle` is the oldest unpaid due
    date, and the ordinal of the step's period: planning twice in a period gives the same cycle (once), and a missed
    day is made up for.
    """
    given = accounts.collect_schema()
    missing = {"arm": pl.lit(CHAMPION), "promise_broken": pl.lit(value=False)}
    days = pl.col("days_past_due")
    is_due = pl.col("oldest_due_on").is_not_null() & (pl.col("amount_due_minor") > 0)
    in_band = is_due & (days <= pl.col("dpd_to"))
    broken = pl.col("promise_broken").fill_null(value=False)
    ordinal = (days - pl.col("dpd_from")) // pl.col("every_days")
    cycle = pl.concat_str(pl.col("oldest_due_on").cast(pl.String), ordinal.cast(pl.String), separator="/")
    bands = _bands(strategy)
    by = "arm" if len(strategy.arms) > 1 else None
    return (
        accounts.with_columns(days.cast(pl.Int32), **{name: v for name, v in missing.items() if name not in given})
        .sort("days_past_due")
        .join_asof(
            bands if by else bands.drop("arm"), left_on="days_past_due", right_on="dpd_from", by=by,
            strategy="backward", check_sortedness=False,
        )
        .with_columns(pl.when(broken).then(f"broken_{name}").otherwise(name).alias(name) for name in _SENT)
        .with_columns(cycle=pl.when(in_band).then(cycle))
        .with_columns(pl.when(in_band).then(pl.col(name)).alias(name) for name in ("step", "template", "tone"))
        .drop(*(name for name in missing if name not in given), "dpd_from", "dpd_to", "every_days")
        .drop(f"broken_{name}" for name in _SENT)
    )  # fmt: skip


def _bands(strategy: Strategy) -> pl.LazyFrame:
    """Return the steps that have a band, each with the one that takes its place after a broken promise."""
    named = {step.name: step for step in strategy.steps}
    rows = [
        (arm.name, step.dpd_from, step.dpd_to, *_sent(step), *_sent(_after_a_broken_promise(step, named)))
        for arm in strategy.arms
        for step in arm.steps
        if step.dpd_from is not None
    ]
    return pl.LazyFrame(rows, schema=_STEPS, orient="row").sort("dpd_from")


def _sent(step: Step) -> tuple[str, str, str, int]:
    return step.name, step.template, step.tone, step.every_days


def _after_a_broken_promise(step: Step, named: dict[str, Step]) -> Step:
    while step.on_broken_promise:
        step = named[step.on_broken_promise]
    return step


def channels_of_steps(strategy: Strategy) -> pl.LazyFrame:
    """Return [step, channel, channel_rank]: the channels of each step in the order they are tried, from 0."""
    rows = [(step.name, channel.value, rank) for step in strategy.steps for rank, channel in enumerate(step.channels)]
    return pl.LazyFrame(rows, schema={"step": pl.String, "channel": pl.String, "channel_rank": pl.Int32}, orient="row")
