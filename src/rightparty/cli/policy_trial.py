# SPDX-License-Identifier: Apache-2.0
"""`rightparty policy explain` and `simulate`: what rules would say of one message, and of last month (right_time)."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import polars as pl
import typer
from rich.progress import Progress

from rightparty.cli.output import At, Json, Out, answer, console, instant_of, progress_console, refuse, table_of
from rightparty.cli.policy_files import House, Packs, Strategy, day_of, packs_or_refuse
from rightparty.cli.store import ensure_store
from rightparty.dispatch.queries import batches_as_of, texts_in_force
from rightparty.kernel.clock import is_known_zone
from rightparty.planning.drafts.kinds import DraftKind
from rightparty.planning.drafts.queries import installed_packs, installed_source, installed_strategy
from rightparty.planning.rehearsal.compare import RuleSet, by_day, by_reason, by_step
from rightparty.planning.rehearsal.queries import rehearse
from rightparty.planning.strategy import StrategyError, load_strategy, read_strategy_file
from rightparty.planning.words import refuse_missing_words
from rightparty.policy.calendar import with_calendar
from rightparty.policy.facts import FACTS
from rightparty.policy.history import count_contacts
from rightparty.policy.local_time import ZONE_SEPARATOR, with_local_time
from rightparty.policy.situations import LAWFUL
from rightparty.policy.verdict import Verdict
from rightparty.policy.verdict import explain as explain_message

DAYS_AT_MOST: Final = 92
"""A quarter; what was known longer ago is no guide to a change of rules."""

_HISTORY: Final = {
    "person_id": pl.String(), "account_id": pl.String(), "channel": pl.String(), "kind": pl.String(),
    "occurred_at": pl.Datetime("us", "UTC"),
}  # fmt: skip


def explain(
    market: Annotated[str, typer.Option("--market", help="Market of the recipient, ISO 3166.")],
    channel: Annotated[str, typer.Option("--channel", help="sms, email, call, post, app.")],
    zone: Annotated[list[str], typer.Option("--zone", help="Time zone (IANA) of the recipient; again for another.")],
    role: Annotated[str, typer.Option("--role", help="What the recipient is to the account.")] = "debtor",
    dpd: Annotated[int, typer.Option("--dpd", help="Days past due.")] = 10,
    fact: Annotated[
        list[str] | None, typer.Option("--fact", help="NAME=VALUE: a fact that is not as lawful as could be.")
    ] = None,
    known_on: Annotated[
        str | None, typer.Option("--known-on", help="As the packs stood on this day; without it the newest.")
    ] = None,
    law_only: Annotated[bool, typer.Option("--law-only", help="Leave out the house rules.")] = False,
    house: House = None,
    packs: Packs = None,
    at: At = None,
    as_json: Json = False,
    out: Out = None,
) -> None:  # fmt: skip
    """Say whether one message would be permitted, why not, by which law, and from when on."""
    ensure_store()
    loaded = packs_or_refuse(packs, house=house, known_on=day_of(known_on, "--known-on"))
    facts = _one_message(
        {"market": market, "channel": channel, "role": role, "days_past_due": dpd, "at": instant_of(at)},
        zones=zone, changes=_facts(fact or []),
    )  # fmt: skip
    verdict = explain_message(facts, pl.DataFrame(schema=_HISTORY), loaded, house=not law_only)
    told = _told(verdict)
    tables = [
        table_of(title, pl.DataFrame([{"what": row[head], "says": _lines(row, head)} for row in told[part]]))
        for title, part, head in (
            ("Withheld, because", "reasons", "reason"), ("What the law asks besides", "duties", "rule"),
        )
        if told[part]
    ]  # fmt: skip
    answer(told, as_json=as_json, out=out, tables=tables)
    if not as_json:
        later = f"; earliest {verdict.earliest.isoformat()}" if verdict.earliest else "; time alone does not change it"
        console.print("permitted" if verdict.permitted else f"withheld{later}", highlight=False)


def _one_message(said: dict[str, Any], *, zones: list[str], changes: dict[str, Any]) -> pl.DataFrame:
    """Return one row of facts, as lawful as can be but for what was said."""
    if unknown := [zone for zone in zones if not is_known_zone(zone)]:
        raise refuse(f"--zone: {unknown[0][:64]} is no time zone", "write an IANA name, for example Asia/Shanghai")
    row = {**LAWFUL, **said, "zone_set": ZONE_SEPARATOR.join(zones), "person_id": "person", "account_id": "account"}
    known = {**FACTS, **dict.fromkeys(("zone_set", "person_id", "account_id"), pl.String())}
    try:
        frame = pl.DataFrame([row], schema={name: known[name] for name in row})
        counted = count_contacts(with_calendar(with_local_time(frame)), pl.DataFrame(schema=_HISTORY))
        full = counted.with_columns(pl.lit(value).cast(FACTS[name]).alias(name) for name, value in changes.items())
    except (pl.exceptions.PolarsError, TypeError, OverflowError) as error:
        raise refuse(f"--fact: {error}", "give each fact a value of its kind") from error
    return full.select(*(pl.col(name).cast(kind) for name, kind in known.items()))


def _facts(texts: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for text in texts:
        name, given, value = text.partition("=")
        if not given or name not in FACTS:
            raise refuse(f"--fact: {text[:64]} names no fact", f"known are {', '.join(FACTS)}")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def _lines(row: dict[str, str], head: str) -> str:
    return "\n".join(value for name, value in row.items() if name != head and value)


def _told(verdict: Verdict) -> dict[str, Any]:
    return {
        "permitted": verdict.permitted,
        "earliest": verdict.earliest,
        "reasons": [
            {
                "reason": because.reason.code,
                "meaning": str(because.reason.text),
                "rules": "; ".join(rule.id for rule in because.rules) or "house or product",
                "citation": "; ".join(rule.citation for rule in because.rules),
                "facts": ", ".join(f"{name} {value}" for name, value in because.facts.items()),
            }
            for because in verdict.because
        ],
        "duties": [{"rule": r.id, "says": r.paraphrase, "citation": r.citation} for r in verdict.duties],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationReport:
    """What the past days would have looked like."""

    from_day: str
    to_day: str
    #: candidates, reminders proposed, and withheld by reason: present rules, draft, difference
    by_reason: pl.DataFrame
    by_step: pl.DataFrame
    by_day: pl.DataFrame


def simulate(
    house: House = None,
    strategy: Strategy = None,
    days: Annotated[int, typer.Option("--days", min=1, max=DAYS_AT_MOST, help="How many days back.")] = 30,
    until: Annotated[
        str | None, typer.Option("--until", help="The last day, UTC; without it yesterday.")
    ] = None,
    clock: Annotated[str, typer.Option("--time", help="UTC time of each day's plan, HH:MM.")] = "10:00",
    as_json: Json = False,
    out: Out = None,
) -> None:  # fmt: skip
    """Judge past days anew by a draft and by the rules in use, and compare by reason; nothing is written or sent."""
    ensure_store()
    present, draft = _rule_sets(house, strategy)
    last = day_of(until, "--until") or (datetime.now(tz=UTC) - timedelta(days=1)).date()
    hour = _time_of(clock)
    instants = [datetime.combine(last - timedelta(days=back), hour, tzinfo=UTC) for back in reversed(range(days))]
    judged = rehearse(
        instants, present=present, draft=draft, wordings=texts_in_force().available,
        batches=batches_as_of(at=instants[-1]),
    )  # fmt: skip
    with Progress(console=progress_console, transient=True) as progress:
        told = list(progress.track(judged, total=days, description="judging past days"))
    report = SimulationReport(
        from_day=instants[0].date().isoformat(), to_day=last.isoformat(),
        by_reason=by_reason(told), by_step=by_step(told), by_day=by_day(told),
    )  # fmt: skip
    tables = [
        table_of(f"{report.from_day} to {report.to_day}: reminders by reason", report.by_reason),
        table_of("Proposed, by step", report.by_step),
        table_of("Proposed, by day", report.by_day, most=DAYS_AT_MOST),
    ]
    answer(report, as_json=as_json, out=out, tables=tables)


def _rule_sets(house: Path | None, strategy: Path | None) -> tuple[RuleSet, RuleSet]:
    if house is None and strategy is None:
        raise refuse("there is no draft to try", "name --house FILE, --strategy FILE or both")
    packs = packs_or_refuse(house=house)
    try:
        source = read_strategy_file(strategy) if strategy else installed_source(DraftKind.STRATEGY)
        tried = load_strategy(None, source=source)
        refuse_missing_words(tried, packs=packs, wordings=texts_in_force().available)
        present = RuleSet(packs=installed_packs(), strategy=installed_strategy())
    except StrategyError as error:
        raise refuse(str(error), error.remedy) from error
    return present, RuleSet(packs=packs, strategy=tried)


def _time_of(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise refuse(f"--time: {text[:16]} is not a time", "write it as 02:30") from error


def add_to(group: typer.Typer) -> None:
    """Add these commands to the group."""
    for command in (explain, simulate):
        group.command()(command)
