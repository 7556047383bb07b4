# SPDX-License-Identifier: Apache-2.0
"""Reads what planning and gate decide on, and what faces show of plans."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl
from django.db.models import F

from rightparty.kernel.masking import mask_name, mask_value
from rightparty.kernel.money import Money
from rightparty.kernel.reasons import reasons_in
from rightparty.kernel.vocabulary import BatchState
from rightparty.lending.queries import (
    account_links,
    accounts_of_party,
    balances_as_of,
    complaints_ended_as_of,
    holds_as_of,
    liable_and_other_parties,
)
from rightparty.parties.linked.queries import doubts_as_of_now
from rightparty.parties.queries import (
    OnFile,
    attribution_as_of,
    contact_history,
    find_party,
    opt_outs_as_of,
    people_as_of,
    point_loads,
    read_on_file,
    wishes_as_of,
)
from rightparty.planning.assembly import assemble_facts
from rightparty.planning.batches import NO_BATCHES, within_room
from rightparty.planning.candidates import choose_candidates
from rightparty.planning.models import Plan, PlanEntry
from rightparty.planning.strategy import Strategy
from rightparty.planning.treatment import treat
from rightparty.planning.world import World
from rightparty.policy.evaluate import evaluate
from rightparty.policy.pack import LawPacks

HISTORY_DAYS: Final = 33
"""Days of contacts read: the longest window of any pack (31 days) and a day on either side for local calendars."""


def read_world(
    *,
    at: datetime,
    batches: pl.DataFrame,
    account_ids: Sequence[str] | None = None,
    party_ids: Sequence[str] | None = None,
    same: pl.DataFrame | None = None,
    ahead: timedelta = timedelta(0),
) -> World:
    """Read everything that decisions depend on: of some accounts and parties, or of the whole portfolio (None).

    `batches`: planning.batches.BATCHES, as the store stands. `same`: what `parties.queries.ids_of_same_persons` says
    of the parties, if that has been read. `ahead`: what stands against reminding counts, though dated so much later.
    """
    on_file = None if party_ids is None else read_on_file(party_ids, same=same, at=at, ahead=ahead)
    same = None if on_file is None else on_file.same
    links = account_links(party_ids=party_ids)
    people = people_as_of(at=at, party_ids=party_ids, on_file=on_file, ahead=ahead)
    attribution = attribution_as_of(at=at, party_ids=party_ids, links=links, on_file=on_file)
    wishes, promises = wishes_as_of(at=at, party_ids=party_ids, account_ids=account_ids, on_file=on_file, ahead=ahead)
    return World(
        at=at,
        wishes=wishes,
        promises=promises,
        complaints=complaints_ended_as_of(at=at, account_ids=account_ids, party_ids=party_ids, same=same),
        balances=balances_as_of(at=at, account_ids=account_ids, ahead=ahead),
        roles=liable_and_other_parties(account_ids=account_ids),
        attribution=attribution,
        people=people,
        doubts=doubts_as_of_now(party_ids=party_ids).rename({"value": "address"}),
        opt_outs=opt_outs_as_of(at=at, party_ids=party_ids, on_file=on_file).rename({"value": "address"}),
        holds=holds_as_of(at=at, account_ids=account_ids, party_ids=party_ids, same=same, ahead=ahead),
        point_loads=_loads_that_matter(batches, at=at, on_file=on_file),
        batches=batches,
        history=contact_history(at=at, party_ids=party_ids, days=HISTORY_DAYS, on_file=on_file),
    )


def _loads_that_matter(batches: pl.DataFrame, *, at: datetime, on_file: OnFile | None) -> pl.DataFrame | None:
    """Read who brought the points; for a whole portfolio only if some load is not trusted, since the read is long.

    Who confirmed a point himself matters for loads on trial alone.
    """
    if on_file is not None:
        on_trial = (batches["state"] == BatchState.ON_TRIAL.value).any()
        return point_loads(at=at, values=None, on_file=on_file, with_signs=on_trial)
    settled = (BatchState.TRUSTED.value, BatchState.WITHDRAWN.value)
    return None if batches["state"].is_in(settled).all() else point_loads(at=at, values=None)


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
    schema = {
        "account_id": pl.String,
        "party_id": pl.String,
        "step": pl.String,
        "channel": pl.String,
        "reasons_mask": pl.Int64,
    }
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def entries_of_plan(plan_id: int, *, mask: int = 0, skip: int = 0, most: int = 50) -> list[PlanEntry]:
    """Return a page of a plan's entries, only those withheld for a reason of `mask` if one is given."""
    entries = PlanEntry.objects.filter(plan_id=plan_id).order_by("id")
    if mask:
        entries = entries.annotate(shared=F("reasons_mask").bitand(mask)).filter(shared__gt=0)
    return list(entries[skip : skip + most])


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """What is known of one party, as of an instant; names and values masked."""

    party_id: str
    name_shown: str
    person: dict[str, Any]
    #: contact points with their three probabilities and contradictions
    points: list[dict[str, Any]]
    accounts: list[dict[str, Any]]


def find_portrait(party_id: str, *, at: datetime) -> Portrait | None:
    """Return a party's portrait, or None if there is no such party."""
    party = find_party(party_id)
    if party is None:
        return None
    mine = accounts_of_party(party_id)
    world = read_world(
        at=at, account_ids=mine["account_id"].unique().to_list(), party_ids=[party_id], batches=NO_BATCHES
    )
    person = world.people.filter(pl.col("party_id") == party_id)
    points = world.attribution.filter(pl.col("party_id") == party_id).sort("p_person", descending=True).to_dicts()
    for point in points:
        point["shown"] = mask_value(str(point.pop("value")))
        point["reasons"] = reasons_in(int(point["contradictions_mask"]))
        point["percent"] = {name: round(100 * point[name]) for name in ("p_person", "p_nobody", "p_stranger")}
    accounts = world.balances.join(mine, on="account_id").to_dicts()
    for account in accounts:
        account["due"] = Money(int(account["amount_due_minor"]), str(account["currency"])).plain()
    return Portrait(
        party_id=party_id,
        name_shown=mask_name(party.full_name),
        person=person.row(0, named=True) if person.height else {},
        points=points,
        accounts=accounts,
    )


def judge_account(
    account_id: str,
    *,
    at: datetime,
    strategy: Strategy,
    packs: LawPacks,
    wordings: pl.DataFrame,
    batches: pl.DataFrame,
) -> pl.DataFrame:
    """Judge one account live, as a plan at this instant would: every fact, reasons_mask and permitted.

    Shape: one row per liable party; no row if there is no such account, nothing is due or the strategy rests.
    """
    parties = liable_and_other_parties(account_ids=[account_id])["party_id"].unique().to_list()
    world = read_world(at=at, account_ids=[account_id], party_ids=parties, batches=batches)
    stepped = treat(world, strategy, grace_days=packs.house.promise_grace_days).filter(pl.col("step").is_not_null())
    least = packs.thresholds.limited_content
    candidates = choose_candidates(stepped, world, strategy, least_p=least).collect()
    facts = assemble_facts(candidates, world, wordings=wordings, thresholds=packs.thresholds)
    return within_room(evaluate(facts.lazy(), packs).collect())
