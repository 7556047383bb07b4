# SPDX-License-Identifier: Apache-2.0
"""Fourteen days in which every person is owed one reminder: silent look-ups first, then a text that tells of the debt.

`python -m benchmarks.misdirection.fourteen_days --preset us_card --persons 20000`

Each day the points of persons not yet reminded are judged anew; a text goes to the best point where its worth is above
zero; look-ups are chosen by their value, within a budget. The world answers by its truth: look-ups, receipts, reports,
and people's own log-ins. Prices of telling a stranger are swept, so that reach and misdirection can be read together.
"""

import argparse
from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl

from benchmarks.misdirection.portfolio import Portfolio, grown
from rightparty.parties.attribution.fit import fit
from rightparty.parties.attribution.judge import attribute, gather_evidence
from rightparty.parties.attribution.parameters import AttributionParameters, shipped_parameters
from rightparty.planning.reverification.choose import Steps, choose_steps, read_steps

AT: Final = datetime(2026, 6, 1, tzinfo=UTC)
DAYS: Final = 14
KEYS: Final = ["party_id", "channel", "value"]
PRICES: Final = (2_000.0, 8_000.0, 30_000.0, 120_000.0, 500_000.0)
ALLOWED: Final = frozenset({"status_lookup", "holder_lookup", "subscriber_lookup"})


def play(
    portfolio: Portfolio, parameters: AttributionParameters, *, price: float, allowed: frozenset[str], seed: int
) -> dict[str, float]:
    """Play the days; returns reach, texts sent, of these received by strangers per million, and look-ups a person."""
    population = portfolio.population
    assert population is not None
    shipped = read_steps()
    steps = Steps(reach=shipped.reach, disclosure=price, steps=shipped.steps)
    events, asked = portfolio.contact_events, _nothing_asked()
    sent: list[pl.DataFrame] = []
    reminded: set[str] = set()
    for day in range(DAYS):
        now = portfolio.at + timedelta(days=day)
        open_points = portfolio.contact_points.filter(~pl.col("party_id").is_in(list(reminded)))
        if open_points.is_empty():
            break
        relevant = events.join(open_points.select("channel", "value").unique(), on=["channel", "value"], how="semi")
        judged = attribute(open_points, relevant, portfolio.links, at=now, parameters=parameters)
        usable = judged.filter(pl.col("contradictions_mask") == 0).with_columns(
            worth=steps.reach * pl.col("p_person") - steps.disclosure * pl.col("p_stranger")
        )
        best = usable.sort("worth", "value", descending=[True, False]).unique(
            "party_id", keep="first", maintain_order=True
        )
        chosen = choose_steps(judged, at=now, steps=steps, allowed=allowed, asked=asked, budget=float("inf"))
        # who is worth asking about first can wait: there are days enough
        texts = best.filter(pl.col("worth") > 0).join(chosen, on=KEYS, how="anti").select(*KEYS, step=pl.lit("message"))
        sent.append(texts.join(population.state_at(float(day)), on=KEYS))
        reminded |= set(texts["party_id"])
        chosen = chosen.filter(~pl.col("party_id").is_in(list(reminded)))
        asked = pl.concat([asked, chosen.select(*KEYS, "step", asked_at=pl.lit(now).cast(pl.Datetime("us", "UTC")))])
        actions = pl.concat([texts, chosen.select(*KEYS, "step")])
        news = population.respond(actions, day=float(day) + 0.1, seed=seed + day)
        own = population.pass_time(since=float(day), until=float(day + 1), seed=seed + 100 + day)
        events = pl.concat([events, news.select(events.columns), own.select(events.columns)])
    whole = pl.concat(sent)
    reachable = population.state_at(0.0).filter(pl.col("state") == "person")["party_id"].n_unique()
    hits = whole.filter(pl.col("state") == "person").height
    strangers = whole.filter(pl.col("state") == "stranger").height
    persons = portfolio.contact_points["party_id"].n_unique()
    return {
        "price": price, "reach": hits / reachable, "sent": float(whole.height), "strangers": float(strangers),
        "per_million": strangers * 1e6 / max(whole.height, 1), "lookups": asked.height / persons,
    }  # fmt: skip


def _nothing_asked() -> pl.DataFrame:
    text = dict.fromkeys([*KEYS, "step"], pl.String())
    return pl.DataFrame(schema={**text, "asked_at": pl.Datetime("us", "UTC")})


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="us_card")
    parser.add_argument("--persons", type=int, default=20_000)
    given = parser.parse_args()
    portfolio = grown(given.preset, persons=given.persons, seed=4_242, at=AT)
    shipped = shipped_parameters()
    evidence = gather_evidence(
        portfolio.contact_points, portfolio.contact_events, portfolio.links, at=AT, parameters=shipped
    ).evidence
    fitted = fit(evidence, shipped, at=AT, version="benchmark")
    print(f"{portfolio.name}, texts that tell of a debt, {DAYS} days")
    for name, allowed in (("no look-ups", frozenset[str]()), ("silent look-ups", ALLOWED)):
        for price in PRICES:
            row = play(portfolio, fitted, price=price, allowed=allowed, seed=7)
            print(
                f"  {name:<16} reach {row['reach']:6.1%}  sent {row['sent']:8,.0f}  strangers {row['strangers']:6,.0f}"
                f" = {row['per_million']:9,.0f} per million  look-ups a person {row['lookups']:.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
