# SPDX-License-Identifier: Apache-2.0
"""The sample lender: real money, generated people, labelled mishaps, and the truth of whom each point reaches."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from rightparty.simulation import books, events, loans, mishaps, people, points
from rightparty.simulation.numbers import NumberStock
from rightparty.simulation.rates import Rates, load_rates
from rightparty.simulation.truth import Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleLender:
    """Everything that is written to disk; amounts still in minor units (`*_minor`), instants typed."""

    #: the base load: contract table -> frame
    portfolio: Mapping[str, pl.DataFrame]
    #: the later delivery with a shifted column
    contact_refresh: pl.DataFrame
    #: payments that reach the books after the plan
    late_postings: pl.DataFrame
    truth: Truth


def build_sample(
    cards: pl.DataFrame, berka: Mapping[str, pl.DataFrame] | None = None, *, seed: int, as_of: datetime
) -> SampleLender:
    """Return the sample lender of these real accounts as it stands at `as_of`; the same seed gives the same lender."""
    dice = np.random.default_rng(seed)
    rates = load_rates()
    money = books.card_books(dice, cards, as_of=as_of)
    holders = _card_holders(cards, money.accounts)
    if berka is not None:
        loan_money, loan_holders = loans.loan_books(dice, berka, as_of=as_of)
        money = books.joined(money, loan_money)
        holders = pl.concat([holders, loan_holders])
    persons = people.make_people(
        dice,
        markets=np.array(holders["market"].to_list(), dtype=object),
        women=holders["woman"].to_numpy(),
        ages=holders["age"].to_numpy(),
        as_of=as_of,
    )
    links = holders.select("account_id", "role").with_columns(party_id=persons["party_id"])
    recorded, refresh, persons, links = _contacts(dice, persons, holders, links, rates=rates, as_of=as_of)
    balances = books.booked_balances(money, as_of=as_of)
    late = books.late_postings(
        dice, balances, posted_share=rates["share"]["late_posting"], pending_share=rates["share"]["late_pending"],
        as_of=as_of,
    )  # fmt: skip
    persons, labels, holds = _troubles(dice, persons, money.accounts, rates=rates, as_of=as_of)
    portfolio = {
        "parties": persons.drop("home_zone"),
        "contact_points": recorded.select("party_id", "channel", "value", "source", "collected_at", "relation"),
        "accounts": money.accounts,
        "account_parties": links.select("account_id", "party_id", "role"),
        "instalments": money.instalments,
        "payments": money.payments,
        "contact_events": events.make_events(dice, recorded, rates=rates, as_of=as_of),
        "holds": holds,
    }
    truth = Truth(
        points=pl.concat([recorded, refresh]),
        people=labels,
        accounts=_account_truth(balances, links, late, holds),
    )
    return SampleLender(portfolio=portfolio, contact_refresh=refresh, late_postings=late, truth=truth)


def _card_holders(cards: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "account_id": accounts["account_id"],
            "role": "debtor",
            "market": accounts["market"],
            "woman": cards["SEX"] == 2,  # the data set's code for women
            "age": cards["AGE"].cast(pl.Int64),
            "opened_on": accounts["opened_on"],
        }
    ).with_columns(role=pl.lit("debtor"))


def _contacts(
    dice: np.random.Generator,
    persons: pl.DataFrame,
    holders: pl.DataFrame,
    links: pl.DataFrame,
    *,
    rates: Rates,
    as_of: datetime,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return (points, refresh, people, account links) after every mishap."""
    share = rates["share"]
    stock = NumberStock(dice)
    drawn = mishaps.draw_rows(dice, persons.height, rates)
    pairs = mishaps.pair_spouses(persons, drawn["family_shared"])
    persons = mishaps.live_together(persons, pairs)
    recorded = points.base_points(dice, stock, persons, holders["opened_on"].to_numpy(), rates=rates, as_of=as_of)
    recorded = mishaps.share_in_family(recorded, pairs, people_count=persons.height)
    recorded = mishaps.mistype(dice, recorded, drawn["mistyped"], into_customer=share["mistyped_into_customer"])
    for mishap, relations in (
        ("employer_as_own", ["employer"]),
        ("emergency_as_own", ["emergency", "spouse", "relative", "friend"]),
    ):
        recorded = mishaps.enter_as_own(dice, recorded, persons, drawn[mishap], relations=relations, mishap=mishap)
    recorded, persons = mishaps.merge_namesakes(dice, recorded, persons, drawn["merged_namesake"], as_of=as_of)
    recorded = mishaps.move_in(dice, recorded, persons, as_of=as_of)
    # a value is recorded once under a party from one source
    recorded = recorded.unique(["party_id", "channel", "value", "source"], keep="first", maintain_order=True)
    refresh = mishaps.shifted_refresh(dice, recorded, persons, as_of=as_of)
    return recorded, refresh, persons, _with_families(links, pairs)


def _with_families(links: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Link every other pair of spouses by an account: the one owes with the other, or may only use the card."""
    linked = pairs.gather_every(2).with_row_index("row")
    joint = (
        linked.join(links.filter(pl.col("role") == "debtor"), left_on="spouse_id", right_on="party_id", how="inner")
        .select(
            "account_id",
            role=pl.when(pl.col("row") % 2 == 0).then(pl.lit("co_debtor")).otherwise(pl.lit("authorised_user")),
            party_id="party_id",
        )
        .sort("account_id")
    )
    return pl.concat([links.select("account_id", "role", "party_id"), joint]).unique(maintain_order=True)


def _troubles(
    dice: np.random.Generator, persons: pl.DataFrame, accounts: pl.DataFrame, *, rates: Rates, as_of: datetime
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return (people, labels [party_id, mishap], holds): deaths, moves to another zone, disputes and other holds."""
    share = rates["share"]
    dead = pl.Series(dice.random(persons.height) < share["deceased"])
    moved = pl.Series(dice.random(persons.height) < share["moved_zone"]) & (persons["country"] == "US")
    away = pl.when(pl.col("home_zone") == "America/Los_Angeles").then(pl.lit("America/New_York"))
    changed = persons.with_columns(
        deceased_on=pl.when(dead).then(pl.lit(as_of.date() - timedelta(days=40))).otherwise("deceased_on"),
        time_zone=pl.when(moved).then(away.otherwise(pl.lit("America/Los_Angeles"))).otherwise("time_zone"),
    )
    kinds = np.array(["dispute", "complaint", "hardship", "fraud_claim", "attorney", "breathing_space"], dtype=object)
    draw = dice.random(accounts.height)
    picked = accounts.filter(pl.Series(draw < share["disputed"] * 2))
    kind = np.where(
        dice.random(picked.height) < 0.5, "dispute", kinds[dice.integers(1, len(kinds), picked.height)]
    )  # half are disputes
    since = [as_of - timedelta(days=int(days)) for days in dice.integers(1, 60, picked.height)]
    holds = pl.DataFrame(
        {"kind": kind.tolist(), "from": since, "account_id": picked["account_id"].to_list()},
        schema={"kind": pl.String, "from": points.INSTANT, "account_id": pl.String},
    ).with_columns(
        # every tenth hold is over
        to=pl.when(pl.int_range(pl.len()) % 10 == 9).then(pl.lit(as_of - timedelta(hours=6)).cast(points.INSTANT)),
        party_id=pl.lit(""),
    )
    labels = persons.select(
        "party_id",
        mishap=pl.when(dead).then(pl.lit("deceased")).when(moved).then(pl.lit("moved_zone")).otherwise(pl.lit("")),
    )
    return changed, labels, holds


def _account_truth(
    balances: pl.DataFrame, links: pl.DataFrame, late: pl.DataFrame, holds: pl.DataFrame
) -> pl.DataFrame:
    """Return what each account really owes: less what was paid unposted, and nothing while disputed."""
    debtors = links.filter(pl.col("role") == "debtor").unique("account_id", keep="first", maintain_order=True)
    disputed = holds.filter((pl.col("kind") == "dispute") & pl.col("to").is_null()).select("account_id", disputed=True)
    unposted = late.group_by("account_id").agg(unposted=pl.col("amount_minor").sum(), late=pl.col("status").first())
    return (
        balances.join(debtors.select("account_id", "party_id"), on="account_id", how="left", maintain_order="left")
        .join(unposted, on="account_id", how="left", maintain_order="left")
        .join(disputed.unique(), on="account_id", how="left", maintain_order="left")
        .select(
            "account_id", "party_id", "booked_due_minor", "booked_days_past_due",
            really_due_minor=pl.when(pl.col("disputed").fill_null(value=False)).then(0)
            .otherwise(pl.col("booked_due_minor") - pl.col("unposted").fill_null(0)),
            mishap=pl.when(pl.col("late").is_not_null()).then(pl.format("payment_{}_late", "late"))
            .when(pl.col("disputed").fill_null(value=False)).then(pl.lit("disputed")).otherwise(pl.lit("")),
        )
    )  # fmt: skip
