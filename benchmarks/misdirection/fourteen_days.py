# SPDX-License-Identifier: Apache-2.0
"""Fourteen days in which every person is owed one reminder: doubts are cleared first, then a text tells of the debt.

`python -m benchmarks.misdirection.fourteen_days --preset us_card --persons 20000 --seed 4242`

Each day the points of persons not yet reminded are judged anew; steps are chosen by the value of their answers; a text
goes to a person's best point where its worth is above zero and no step is worth more. The world answers by its truth:
look-ups, receipts, codes, reports, and people's own log-ins. A person gets one text a day and three in seven days,
whatever they say; a text that did not arrive may be followed by one to another point. Prices of telling a stranger are
swept, so that reach and misdirection can be read together. Nobody is texted where the holder wanted no messages, and
who could only be reached there is not counted as reachable: reach is of lawful reminders.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import exp, lgamma, log
from typing import Final

import polars as pl

from benchmarks.machine import machine_facts
from benchmarks.misdirection.figures import MESSAGED
from benchmarks.misdirection.portfolio import Portfolio, grown
from rightparty.parties.attribution.fit import fit
from rightparty.parties.attribution.judge import attribute, gather_evidence
from rightparty.parties.attribution.parameters import AttributionParameters, shipped_parameters
from rightparty.planning.reverification.choose import LEAST_POST, Steps, choose_steps, read_steps

AT: Final = datetime(2026, 6, 1, tzinfo=UTC)
DAYS: Final = 14
KEYS: Final = ["party_id", "channel", "value"]
PRICES: Final = (10_000.0, 60_000.0, 200_000.0, 350_000.0)
SILENT: Final = frozenset({"status_lookup", "holder_lookup", "subscriber_lookup"})
TEXTS: Final = frozenset({"one_time_code", "neutral_message"})
OPERATED: Final = SILENT | {"neutral_message", "ask_in_app"}
POLICIES: Final = {
    "no steps": frozenset[str](),
    "silent look-ups": SILENT,
    # what the product does by itself; codes it sends only to who asks for one
    "as operated": OPERATED,
    "and unasked codes": OPERATED | {"one_time_code"},
    "and letters": OPERATED | {"one_time_code", "letter"},
}
A_WEEK: Final = 3


@dataclass
class Course:
    """What was done and what came of it, day by day."""

    events: pl.DataFrame
    #: [party_id, channel, value, step, asked_at]
    asked: pl.DataFrame
    #: [party_id, channel, value, day, state, p_stranger]: texts that tell of the debt
    debt: list[pl.DataFrame] = field(default_factory=list)
    #: [party_id, channel, value, step, day, state]: steps
    steps: list[pl.DataFrame] = field(default_factory=list)
    #: [party_id, day]: texts of any kind
    texted: list[pl.DataFrame] = field(default_factory=list)
    reminded: set[str] = field(default_factory=set)


def play(
    portfolio: Portfolio,
    parameters: AttributionParameters,
    *,
    steps: Steps,
    allowed: frozenset[str],
    seed: int,
    least: float = 0.0,
) -> Course:
    """Play the days; a text tells of the debt only where the person receives it at least so probably."""
    population = portfolio.population
    assert population is not None
    course = Course(events=portfolio.contact_events, asked=_nothing_asked())
    active = _uses_app(portfolio)
    for day in range(DAYS):
        now = portfolio.at + timedelta(days=day)
        open_points = portfolio.contact_points.filter(~pl.col("party_id").is_in(list(course.reminded)))
        if open_points.is_empty():
            break
        relevant = course.events.join(
            open_points.select("channel", "value").unique(), on=["channel", "value"], how="semi"
        )
        whole = attribute(open_points, relevant, portfolio.links, at=now, parameters=parameters)
        lawful = pl.col("channel").is_in(MESSAGED) & ~pl.col("value").is_in(_opted_out(course.events, now))
        judged = whole.filter(lawful).with_columns(
            has_app=pl.col("party_id").is_in(active), has_post=pl.col("party_id").is_in(_with_address(whole))
        )
        chosen = _chosen(judged, course, steps=steps, allowed=allowed, now=now, day=day)
        debt = _debt_texts(judged.filter(pl.col("p_person") >= least), chosen, course, steps=steps, day=day)
        truth = population.state_at(float(day))
        course.debt.append(debt.select(*KEYS, "p_stranger", day=pl.lit(day)).join(truth, on=KEYS))
        course.reminded |= set(debt["party_id"])
        chosen = chosen.filter(~pl.col("party_id").is_in(list(course.reminded)))
        course.steps.append(chosen.select(*KEYS, "step", day=pl.lit(day)).join(truth, on=KEYS))
        stamp = pl.lit(now).cast(pl.Datetime("us", "UTC"))
        course.asked = pl.concat([course.asked, chosen.select(*KEYS, "step", asked_at=stamp)])
        texts = chosen.filter(pl.col("step").is_in(list(TEXTS)))
        course.texted.append(pl.concat([texts, debt], how="diagonal").select("party_id", day=pl.lit(day)))
        actions = pl.concat([debt.select(*KEYS, step=pl.lit("message")), chosen.select(*KEYS, "step")])
        news = population.respond(actions, day=float(day) + 0.1, seed=seed + day)
        own = population.pass_time(since=float(day), until=float(day + 1), seed=seed + 100 + day)
        columns = course.events.columns
        course.events = pl.concat([course.events, news.select(columns), own.select(columns)])
        failed = news.filter(pl.col("kind") == "undelivered").join(debt, on=KEYS, how="semi")
        course.reminded -= set(failed["party_id"])
    return course


def _chosen(
    judged: pl.DataFrame, course: Course, *, steps: Steps, allowed: frozenset[str], now: datetime, day: int
) -> pl.DataFrame:
    """Choose steps whose answers may come in time; a text only where one is left for the reminder, one a person."""
    allowed = frozenset(step.name for step in steps.steps if step.name in allowed and day + step.days < DAYS - 1)
    free = _may_text(judged, course, day, spare=1)
    parts = [
        choose_steps(some, at=now, steps=steps, allowed=which, asked=course.asked, budget=float("inf"))
        for some, which in ((judged.filter(free), allowed), (judged.filter(~free), allowed - TEXTS))
    ]
    chosen = pl.concat(parts).sort("gain", "value", descending=[True, False])
    is_text = pl.col("step").is_in(list(TEXTS))
    return chosen.filter(~is_text | (is_text.cum_sum().over("party_id") == 1))


def _debt_texts(judged: pl.DataFrame, chosen: pl.DataFrame, course: Course, *, steps: Steps, day: int) -> pl.DataFrame:
    """Return the points that are told today: each person's best, unless a step there is worth more."""
    tried = pl.concat([each.select(KEYS) for each in course.debt]) if course.debt else judged.select(KEYS).clear()
    usable = judged.filter(_may_text(judged, course, day) & (pl.col("contradictions_mask") == 0)).with_columns(
        worth=steps.reach * pl.col("p_person") - steps.disclosure * pl.col("p_stranger")
    )
    best = (
        usable.join(tried, on=KEYS, how="anti")
        .sort("worth", "value", descending=[True, False])
        .unique("party_id", keep="first", maintain_order=True)
    )
    return best.filter(pl.col("worth") > 0).join(chosen, on="party_id", how="anti")


def _may_text(judged: pl.DataFrame, course: Course, day: int, *, spare: int = 0) -> pl.Series:
    """Tell whose person may get a text today, with some to spare in the seven days."""
    if not course.texted:
        return pl.repeat(value=True, n=judged.height, eager=True)
    week = pl.concat(course.texted).filter(pl.col("day") > day - 7)
    full = week.group_by("party_id").len().filter(pl.col("len") >= A_WEEK - spare)["party_id"]
    today = week.filter(pl.col("day") == day)["party_id"]
    return ~judged["party_id"].is_in(pl.concat([full, today]).unique().to_list())


def _uses_app(portfolio: Portfolio) -> list[str]:
    """Return who has the app or logged in within a year: whom a question in the app can reach."""
    year = pl.col("occurred_at") > portfolio.at - timedelta(days=365)
    active = portfolio.contact_events.filter((pl.col("kind") == "login") & year)["party_id"]
    installed = portfolio.contact_points.filter(pl.col("channel") == "app")["party_id"]
    return pl.concat([active, installed]).unique().to_list()


def _opted_out(events: pl.DataFrame, now: datetime) -> list[str]:
    """Return the values whose holder wants no messages: the gate lets none out to them."""
    return events.filter((pl.col("kind") == "opted_out") & (pl.col("occurred_at") <= now))["value"].unique().to_list()


def _with_address(judged: pl.DataFrame) -> list[str]:
    """Return whom a letter can reach, as planning has it."""
    likely = (pl.col("contradictions_mask") == 0) & (pl.col("p_person") >= LEAST_POST)
    return judged.filter((pl.col("channel") == "post") & likely)["party_id"].unique().to_list()


def _nothing_asked() -> pl.DataFrame:
    text = dict.fromkeys([*KEYS, "step"], pl.String())
    return pl.DataFrame(schema={**text, "asked_at": pl.Datetime("us", "UTC")})


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Counts of one or several courses."""

    persons: int = 0
    reachable: int = 0
    reached: int = 0
    texts: int = 0
    strangers: int = 0
    #: what the model expects of them
    expected: float = 0.0
    #: texts without a debt, and of these to strangers
    neutral: int = 0
    neutral_strangers: int = 0
    #: steps by name
    steps: dict[str, int] = field(default_factory=dict)
    cost: float = 0.0

    def plus(self, other: "Tally") -> "Tally":
        """Return both together."""
        names = (
            "persons",
            "reachable",
            "reached",
            "texts",
            "strangers",
            "expected",
            "neutral",
            "neutral_strangers",
            "cost",
        )
        sums = {name: getattr(self, name) + getattr(other, name) for name in names}
        both = {name: self.steps.get(name, 0) + other.steps.get(name, 0) for name in self.steps | other.steps}
        return Tally(**sums, steps=both)

    def line(self) -> str:
        """Return the figures in words."""
        million = 1e6 / max(self.texts, 1)
        bound = upper_bound(self.strangers) * million
        people = max(self.persons, 1)
        steps = ", ".join(f"{name} {count / people:.3f}" for name, count in sorted(self.steps.items()))
        return (
            f"reach {self.reached / max(self.reachable, 1):6.2%}  sent {self.texts:7,}"
            f"  strangers {self.strangers:4,} = {self.strangers * million:6,.0f} per million"
            f" (95 % bound {bound:6,.0f}, expected {self.expected * million:5,.0f})  cost {self.cost / people:6.2f}"
            f"  texts without a debt {self.neutral / people:.3f}, to strangers {self.neutral_strangers / people:.4f}"
            f"  [{steps}]"
        )


def upper_bound(count: int, *, confidence: float = 0.95) -> float:
    """Return the mean above which so few events would be seen less than once in twenty times (Poisson, one-sided)."""
    low, high = float(count), 5.0 * count + 20.0
    for _ in range(60):
        mean = (low + high) / 2
        seen = sum(exp(-mean + n * log(mean) - lgamma(n + 1)) for n in range(count + 1))
        low, high = (mean, high) if seen > 1 - confidence else (low, mean)
    return high


def tally(portfolio: Portfolio, course: Course, steps: Steps) -> Tally:
    """Count what came of a course. A text counts where the point is at the time, delivered or not."""
    assert portfolio.population is not None
    told, asked = pl.concat(course.debt), pl.concat(course.steps)
    prices = {step.name: step.price for step in steps.steps}
    counts = {str(name): int(count) for name, count in asked.group_by("step").len().iter_rows()}
    texts = asked.filter(pl.col("step").is_in(list(TEXTS)))
    opted_out = _opted_out(portfolio.contact_events, portfolio.at)
    lawful = pl.col("channel").is_in(MESSAGED) & ~pl.col("value").is_in(opted_out)
    reaching = (pl.col("state") == "person") & lawful
    reachable = portfolio.population.state_at(0.0).filter(reaching)["party_id"]
    return Tally(
        persons=portfolio.contact_points["party_id"].n_unique(),
        reachable=reachable.n_unique(),
        reached=told.filter(pl.col("state") == "person")["party_id"].n_unique(),
        texts=told.height,
        strangers=told.filter(pl.col("state") == "stranger").height,
        expected=float(told["p_stranger"].sum()),
        neutral=texts.height,
        neutral_strangers=texts.filter(pl.col("state") == "stranger").height,
        steps=counts,
        cost=sum(prices[name] * count for name, count in counts.items()),
    )


def run(
    preset: str,
    *,
    persons: int,
    seeds: Sequence[int],
    policies: Sequence[str],
    prices: Sequence[float],
    least: float = 0.0,
) -> dict[tuple[str, float], Tally]:
    """Play every policy at every price on a portfolio of each seed; parameters are fitted to each one's own events."""
    totals: dict[tuple[str, float], Tally] = {}
    shipped, shipped_steps = shipped_parameters(), read_steps()
    for seed in seeds:
        portfolio = grown(preset, persons=persons, seed=seed, at=AT)
        evidence = gather_evidence(
            portfolio.contact_points, portfolio.contact_events, portfolio.links, at=AT, parameters=shipped
        ).evidence
        fitted = fit(evidence, shipped, at=AT, version="benchmark")
        for policy in policies:
            for price in prices:
                steps = replace(shipped_steps, disclosure=price)
                course = play(
                    portfolio, fitted, steps=steps, allowed=POLICIES[policy], seed=1_000 * seed + 7, least=least
                )
                counted = tally(portfolio, course, steps)
                totals[policy, price] = totals.get((policy, price), Tally()).plus(counted)
                print(f"seed {seed}: {policy:<16} {price:9,.0f}  {totals[policy, price].line()}", flush=True)
    return totals


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="us_card")
    parser.add_argument("--persons", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[4_242])
    parser.add_argument("--policies", nargs="+", choices=list(POLICIES), default=list(POLICIES))
    parser.add_argument("--prices", type=float, nargs="+", default=list(PRICES))
    parser.add_argument("--least", type=float, default=0.0, help="least probability for a text that tells of the debt")
    given = parser.parse_args()
    print(f"{machine_facts()}\n{given.preset}, {given.persons:,} persons, texts that tell of a debt, {DAYS} days")
    totals = run(
        given.preset, persons=given.persons, seeds=given.seeds, policies=given.policies, prices=given.prices,
        least=given.least,
    )  # fmt: skip
    print("together:")
    for (policy, price), counted in totals.items():
        print(f"{policy:<16} {price:9,.0f}  {counted.line()}")


if __name__ == "__main__":
    main()
