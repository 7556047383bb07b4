# SPDX-License-Identifier: Apache-2.0
"""Reads what planning and gate decide on, and what faces show of plans."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl

from rightparty.lending.queries import account_links, balances_as_of, holds_as_of, liable_and_other_parties
from rightparty.parties.queries import attribution_as_of, contact_history, opt_outs_as_of, people_as_of
from rightparty.planning.models import Plan, PlanEntry
from rightparty.planning.world import World

HISTORY_DAYS: Final = 9
"""Days of contacts read: the longest window of any pack (7 days) and a day on either side for local calendars."""


def read_world(
    *, at: datetime, account_ids: Sequence[str] | None = None, party_ids: Sequence[str] | None = None
) -> World:
    """Read everything that decisions depend on: of some accounts and parties, or of the whole portfolio (None)."""
    links = account_links(party_ids=party_ids)
    people = people_as_of(at=at, party_ids=party_ids)
    return World(
        at=at,
        balances=balances_as_of(at=at, account_ids=account_ids),
        roles=liable_and_other_parties(account_ids=account_ids),
        attribution=attribution_as_of(at=at, party_ids=party_ids, links=links),
        people=people,
        opt_outs=opt_outs_as_of(at=at, party_ids=party_ids).rename({"value": "address"}),
        holds=holds_as_of(at=at, account_ids=account_ids, party_ids=party_ids),
        history=contact_history(at=at, party_ids=party_ids, days=HISTORY_DAYS),
    )


def latest_plan() -> Plan | None:
    """Return the newest plan, if there is one."""
    return Plan.objects.order_by("-id").first()


def find_plan(plan_id: int) -> Plan | None:
    """Return a plan by number."""
    return Plan.objects.filter(id=plan_id).first()


def entries_of_account(account_id: str, *, most: int = 20) -> list[PlanEntry]:
    """Return what plans said of an account, newest first."""
    return list(PlanEntry.objects.filter(account_id=account_id).order_by("-id")[:most])


def withheld_entries(plan_id: int) -> pl.DataFrame:
    """Return [account_id, party_id, step, channel, reasons_mask] of a plan's withheld candidates."""
    rows = PlanEntry.objects.filter(plan_id=plan_id, permitted=False).values_list(
        "account_id", "party_id", "step", "channel", "reasons_mask"
    )
    schema = {"account_id": pl.String, "party_id": pl.String, "step": pl.String, "channel": pl.String, "reasons_mask": pl.Int64}
    return pl.DataFrame(list(rows), schema=schema, orient="row")
