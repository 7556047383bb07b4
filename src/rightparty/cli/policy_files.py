# SPDX-License-Identifier: Apache-2.0
"""`rightparty policy lint`, `show` and `diff`: what rule files say, and whether they may say it (right_time)."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from rightparty.cli.output import Json, Out, answer, console, refuse, table_of
from rightparty.cli.store import ensure_store
from rightparty.dispatch.queries import texts_in_force
from rightparty.planning.drafts.kinds import DraftKind
from rightparty.planning.drafts.queries import installed_source
from rightparty.planning.strategy import StrategyError, load_strategy, read_strategy_file
from rightparty.planning.words import missing_words
from rightparty.policy.differences import differences
from rightparty.policy.errors import PackError
from rightparty.policy.house import HouseRules
from rightparty.policy.pack import CONFIDENCE, LawPack, LawPacks, Rule, load_packs, read_house_file
from rightparty.policy.toml_lines import TomlText

House = Annotated[Path | None, typer.Option("--house", help="A file of house rules; without it those in use here.")]
Strategy = Annotated[Path | None, typer.Option("--strategy", help="A strategy file; without it the one in use here.")]
Packs = Annotated[Path | None, typer.Option("--packs", help="A directory of law packs; without it the shipped ones.")]


def lint(
    house: House = None, strategy: Strategy = None, packs: Packs = None, as_json: Json = False, out: Out = None
) -> None:
    """Check rules for faults and values laxer than the law. Status 1: some are wrong, by file, line and field."""
    ensure_store()
    findings = list(_findings(house, strategy, packs))
    told = {"findings": findings}
    answer(told, as_json=as_json, out=out)
    if not as_json:
        for finding in findings:
            console.print(finding, highlight=False, soft_wrap=True, markup=False)
        console.print(f"{len(findings)} findings", highlight=False)
    if findings:
        raise typer.Exit(1)


def _findings(house: Path | None, strategy: Path | None, directory: Path | None) -> Iterator[str]:
    loaded: LawPacks | None = None
    try:
        source = read_house_file(house) if house else installed_source(DraftKind.HOUSE)
        loaded = load_packs(directory=directory, house=source)
    except PackError as error:
        yield from _lines(error)
    if loaded is not None:
        yield from (gap for pack in loaded.packs.values() for gap in _gaps(pack))
    try:
        text = read_strategy_file(strategy) if strategy else installed_source(DraftKind.STRATEGY)
        read = load_strategy(None, source=text)
    except StrategyError as error:
        yield from _lines(error)
        return
    if loaded is not None:
        yield from missing_words(read, packs=loaded, wordings=texts_in_force().available)


def _lines(error: PackError | StrategyError) -> list[str]:
    return [line for line in str(error).splitlines() if line != error.remedy]


def _gaps(pack: LawPack) -> Iterator[str]:
    """Name the periods between two versions, and after a last one, in which a needed rule is not in force."""
    for begin, end in pack.gaps():
        if begin > date.min:
            until = f"until {end}" if end else "for ever"
            yield f"{pack.market}/pack.toml: no version of a needed rule is in force from {begin} {until}; add one"


def show(
    market: Annotated[str, typer.Argument(help="Market, ISO 3166.")],
    on: Annotated[str | None, typer.Option("--on", help="Rules in force on this local day; without it all.")] = None,
    known_on: Annotated[
        str | None, typer.Option("--known-on", help="As the packs stood on this day; without it the newest.")
    ] = None,
    packs: Packs = None,
    as_json: Json = False,
    out: Out = None,
) -> None:
    """Show the rules of a market, with parameters, dates, citation and confidence, and what the house adds."""
    ensure_store()
    loaded = packs_or_refuse(packs, known_on=day_of(known_on, "--known-on"))
    pack = loaded.packs.get(market)
    if pack is None:
        raise refuse(f"there is no law pack for {market[:16]}", f"known are {', '.join(sorted(loaded.packs))}")
    day = day_of(on, "--on")
    rules = [_told(rule) for rule in pack.rules if day is None or rule.is_in_force(day)]
    own = house_of_market(loaded.house, market)
    told = {
        "market": market, "title": pack.title, "version": pack.version, "not_legal_advice": pack.not_legal_advice,
        "rules": rules, "house": own,
    }  # fmt: skip
    tables = [
        table_of(f"{pack.title}, version {pack.version}", _frame(rules), most=200),
        table_of("House rules", pl.DataFrame(own)),
    ]
    answer(told, as_json=as_json, out=out, tables=tables)
    if not as_json:
        console.print(pack.not_legal_advice, highlight=False)


def _told(rule: Rule) -> dict[str, str]:
    return {
        "rule": rule.id,
        "restricts": rule.term,
        "parameters": ", ".join(f"{name} {value}" for name, value in rule.parameters.items()),
        "channels": ", ".join(rule.channels),
        "from": rule.effective_from.isoformat(),
        "to": rule.effective_to.isoformat() if rule.effective_to else "",
        "citation": rule.citation,
        "says": rule.paraphrase,
        "confidence": f"{rule.confidence}: {CONFIDENCE[rule.confidence]}",
        "binds": rule.binds,
        "review": rule.review,
    }


def house_of_market(house: HouseRules, market: str) -> list[dict[str, str]]:
    """Return what the house rules say in a market, one row a rule, for people."""
    calendar = house.calendar_of(market)
    hours = "" if calendar.begin is None or calendar.end is None else f"{_clock(calendar.begin)}-{_clock(calendar.end)}"
    days = "working days" if calendar.working_days else ", ".join(map(str, calendar.weekdays or ())) or "as the law"
    said = {
        "hours": hours or "as the law",
        "weekdays": days,
        "public holidays": "as the law" if calendar.holidays else "never",
        **{name.replace("_", " "): str(most) for name, most in house.caps_of(market).items()},
        "days after a payment": str(house.days_after_payment),
        "days after a complaint": str(house.days_after_complaint),
        "days of grace after a promise": str(house.promise_grace_days),
        **{f"least amount, {name}, minor units": str(least) for name, least in house.least_amounts.items()},
    }
    return [{"rule": rule, "value": value} for rule, value in said.items()]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _frame(rows: list[dict[str, str]]) -> pl.DataFrame:
    """Return the rules for people: two columns, so that citations stay readable on a narrow terminal."""
    return pl.DataFrame(
        [
            {
                "rule": row["rule"],
                "says": "\n".join(
                    line
                    for line in (
                        row["says"], row["parameters"], f"{row['channels']}; from {row['from']} {row['to']}",
                        f"{row['citation']} ({row['confidence']})",
                    )
                    if line
                ),
            }
            for row in rows
        ]
    )  # fmt: skip


def diff(
    before: Annotated[Path, typer.Argument(help="House rules, a strategy, a pack, or a directory of packs.")],
    after: Annotated[Path, typer.Argument(help="The same kind of file or directory.")],
    as_json: Json = False,
    out: Out = None,
) -> None:
    """Say what differs between two files of rules, by rule and field."""
    found = [asdict(difference) for difference in differences(_values(before), _values(after))]
    shown = [{name: "" if value is None else value for name, value in row.items()} for row in found]
    tables = [table_of("Differences", pl.DataFrame(shown), most=500)] if found else []
    answer(found, as_json=as_json, out=out, tables=tables)
    if not as_json:
        console.print(f"{len(found)} differences", highlight=False)


def _values(path: Path) -> Mapping[str, Any]:
    if path.is_dir():
        files = sorted(path.glob("*/pack.toml"))
        if not files:
            raise refuse(f"{path.name}: no law packs found", "name a directory that holds MARKET/pack.toml")
        return {file.parent.name: _values(file) for file in files}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise refuse(f"{path.name}: {error}", "name a TOML file of rules") from error


def packs_or_refuse(
    directory: Path | None = None, *, house: Path | None = None, known_on: date | None = None
) -> LawPacks:
    """Return the packs with a file of house rules, or those in use; refuse what cannot be used."""
    try:
        source: TomlText = read_house_file(house) if house else installed_source(DraftKind.HOUSE)
        return load_packs(directory=directory, house=source, known_on=known_on)
    except PackError as error:
        raise refuse(str(error), error.remedy) from error


def day_of(text: str | None, option: str) -> date | None:
    """Return the day an option names; None if it was not given."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise refuse(f"{option}: {text[:32]} is not a day", "write it as 2026-03-14") from error


def add_to(group: typer.Typer) -> None:
    """Add these commands to the group."""
    for command in (lint, show, diff):
        group.command()(command)
