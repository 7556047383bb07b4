# SPDX-License-Identifier: Apache-2.0
"""What a strategy needs to know of an account beside its days past due: whose arm it is in, and broken promises."""

from datetime import timedelta
from typing import Final

import polars as pl

from rightparty.kernel.vocabulary import LIABLE_ROLES
from rightparty.planning.cadence import with_step
from rightparty.planning.split import arms_of
from rightparty.planning.strategy import CHAMPION, Strategy
from rightparty.planning.world import World

_ZONES_APART_DAYS: Final = 1
"""A promised day has passed everywhere on earth one UTC date later."""


def treat(world: World, strategy: Strategy, *, grace_days: int) -> pl.LazyFrame:
    """Return the world's accounts with arm, step, cycle, template and tone; see `with_step`.

    An account goes with the person who owes it first (debtor, co-debtor, guarantor), so that nobody is treated in two
    ways; `grace_days` after a promised day is when a promise counts as broken, as in the house rules.
    """
    accounts = world.balances.lazy()
    if len(strategy.arms) > 1:
        owners = _owners(world)
        units = pl.coalesce("person_id", "account_id")
        owned = world.balances.select("account_id").join(owners, on="account_id", how="left").with_columns(unit=units)
        arms = owned.join(arms_of(owned["unit"], strategy), on="unit").select("account_id", "arm")
        accounts = accounts.join(arms.lazy(), on="account_id", how="left")
    else:
        accounts = accounts.with_columns(arm=pl.lit(CHAMPION))
    if any(step.on_broken_promise for step in strategy.steps):
        accounts = accounts.join(_broken(world, grace_days).lazy(), on="account_id", how="left")
    else:
        accounts = accounts.with_columns(promise_broken=pl.lit(value=False))
    return with_step(accounts, strategy).drop("promise_broken")


def _liable(world: World) -> pl.DataFrame:
    """Return [account_id, person_id, rank], the first to owe ranked 0."""
    ranks = {role.value: rank for rank, role in enumerate(LIABLE_ROLES)}
    return (
        world.roles.filter(pl.col("role").is_in(list(ranks)))
        .with_columns(rank=pl.col("role").replace_strict(ranks, return_dtype=pl.Int8))
        .join(world.people.select("party_id", "person_id"), on="party_id")
        .select("account_id", "person_id", "rank")
    )


def _owners(world: World) -> pl.DataFrame:
    """Return [account_id, person_id]; of two equal ones the lesser id, so that it is always the same."""
    ordered = _liable(world).sort("rank", "person_id")
    return ordered.unique("account_id", keep="first", maintain_order=True).select("account_id", "person_id")


def _broken(world: World, grace_days: int) -> pl.DataFrame:
    """Return [account_id, promise_broken] of the accounts with a promise that was for what is due now."""
    last_day = world.at.date() - timedelta(days=grace_days + _ZONES_APART_DAYS)
    promises = world.promises.select("person_id", "account_id", "promised_on")
    liable = _liable(world).select("account_id", "person_id").unique()
    of_account = promises.filter(pl.col("account_id") != "").join(liable, on=["account_id", "person_id"])
    nobodys = promises.filter((pl.col("person_id") == "") & (pl.col("account_id") != ""))
    of_person = promises.filter(pl.col("account_id") == "").drop("account_id").join(liable, on="person_id")
    columns = ("account_id", "promised_on")
    told = pl.concat([frame.select(columns) for frame in (of_account, of_person, nobodys)])
    due = world.balances.select("account_id", "oldest_due_on").drop_nulls()
    told = told.join(due, on="account_id").filter(pl.col("promised_on") >= pl.col("oldest_due_on"))
    return told.group_by("account_id").agg(promise_broken=(pl.col("promised_on") < last_day).all())
