# SPDX-License-Identifier: Apache-2.0
"""`rightparty policy check`: situations with what is expected of each, judged by the law packs alone (right_time)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Final

import polars as pl
import typer

from rightparty.cli.output import Json, Out, answer, console, refuse, table_of
from rightparty.kernel.reasons import reasons_in
from rightparty.policy.citations import rules_behind
from rightparty.policy.errors import PackError
from rightparty.policy.evaluate import evaluate
from rightparty.policy.pack import LawPacks, Rule, load_packs
from rightparty.policy.situations import Situation, SituationError, facts_of, read_situations

SUBJECTS: Final[Mapping[str, frozenset[str]]] = {
    "contact_hours": frozenset({"contact_hours", "contact_days"}),
    "days": frozenset({"contact_days"}),
    "who": frozenset({"liable_roles"}),
    "third_parties": frozenset({"liable_roles", "location_enquiry"}),
    "opted_out": frozenset({"medium_refused", "consent_revoked"}),
    "medium": frozenset({"medium_refused"}),
    "requests": frozenset({"requested_hours", "medium_refused"}),
    "attorney_represented": frozenset({"represented"}),
    "dispute_unverified": frozenset({"hold"}),
    "breathing_space": frozenset({"hold"}),
    "vulnerability": frozenset({"hold"}),
    "voice_per_day": frozenset({"frequency"}),
    "call_frequency": frozenset({"frequency"}),
    "per_day": frozenset({"frequency"}),
    "per_week": frozenset({"frequency"}),
    "per_month": frozenset({"frequency"}),
}
"""What a situation may call the subject it tries -> kinds of rule; beside these, a rule's own name or kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A situation, what came out, and the law behind it."""

    id: str
    market: str
    rule: str
    expected: str
    verdict: str
    passed: bool
    why: str
    reasons: str
    citation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What a check found."""

    passed: int
    failed: int
    situations: list[Judged]


def check(
    file: Annotated[Path, typer.Argument(help="Situations, one JSON object a line.")],
    every: Annotated[bool, typer.Option("--all", help="Show every situation, not only those that differ.")] = False,
    known_on: Annotated[
        str | None, typer.Option("--known-on", help="The packs as they stood on this day, YYYY-MM-DD. Default: now.")
    ] = None,
    as_json: Json = False,
    out: Out = None,
) -> None:
    """Judge situations by the law packs, without house rules; exit status 1 if one comes out otherwise."""
    report = check_situations(_read(file), _packs(known_on))
    shown = [judged for judged in report.situations if every or not judged.passed]
    tables = [table_of("Situations" if every else "What differs", _frame(shown), most=len(shown))] if shown else []
    answer(report, as_json=as_json, out=out, tables=tables)
    if not as_json and out is None:
        console.print(f"{report.passed} passed, {report.failed} failed", highlight=False)
    if report.failed:
        raise typer.Exit(code=1)


def check_situations(situations: Sequence[Situation], packs: LawPacks) -> CheckReport:
    """Judge situations and compare.

    A withheld one passes only if a rule of its market's pack on the subject that it tries gives one of the reasons; a
    permitted one only if there is no reason at all.
    """
    facts = facts_of(situations)
    verdicts = evaluate(facts.lazy(), packs, house=False).select("reasons_mask", "local_date_max").collect()
    judged = [
        _judged(situation, mask=mask, on=day, packs=packs)
        for situation, (mask, day) in zip(situations, verdicts.iter_rows(), strict=True)
    ]
    passed = sum(one.passed for one in judged)
    return CheckReport(passed=passed, failed=len(judged) - passed, situations=judged)


def _judged(situation: Situation, *, mask: int, on: date | None, packs: LawPacks) -> Judged:
    reasons = reasons_in(mask)
    channel = str(situation.facts["channel"])
    behind = [
        rule
        for reason in reasons
        for rule in rules_behind(reason.code, market=situation.market, channel=channel, on=on, packs=packs)
    ]
    named = subject_rules(situation, packs=packs)
    on_subject = [rule for rule in behind if rule in named]
    cited = on_subject or behind or [rule for rule in named if on is None or rule.is_in_force(on)]
    passed = bool(on_subject) if situation.expected == "withheld" else not mask
    return Judged(
        id=situation.id,
        market=situation.market,
        rule=situation.rule,
        expected=situation.expected,
        verdict="withheld" if mask else "permitted",
        passed=passed,
        why=situation.why,
        reasons=", ".join(reason.code for reason in reasons),
        citation="; ".join(dict.fromkeys(f"{rule.citation} ({rule.confidence})" for rule in cited)),
    )


def subject_rules(situation: Situation, *, packs: LawPacks) -> tuple[Rule, ...]:
    """Return the rules of the market's pack on the subject that a situation tries.

    A subject that is neither a rule's name, nor a kind, nor one of SUBJECTS stands for the whole pack.
    """
    pack = packs.packs.get(situation.market)
    rules = () if pack is None else tuple(rule for rule in pack.rules if rule.kind != "duty")
    kinds = SUBJECTS.get(situation.rule, frozenset({situation.rule}))
    own = tuple(rule for rule in rules if rule.kind in kinds or rule.id.partition(".")[2] == situation.rule)
    return own or rules


def _read(file: Path) -> list[Situation]:
    try:
        return read_situations(file.read_text(encoding="utf-8").split("\n"), name=file.name)
    except (OSError, UnicodeDecodeError) as error:
        raise refuse(f"{file}: {error}", "name a UTF-8 file that can be read") from error
    except SituationError as error:
        raise refuse(str(error)) from error


def _packs(known_on: str | None) -> LawPacks:
    try:
        return load_packs(known_on=None if known_on is None else date.fromisoformat(known_on))
    except PackError as error:
        raise refuse(str(error), error.remedy) from error
    except ValueError as error:
        raise refuse(f"--known-on: {known_on} is not a day", "write it as 2026-03-31") from error


def _frame(judged: Sequence[Judged]) -> pl.DataFrame:
    names = ("id", "expected", "verdict", "why", "reasons", "citation")
    return pl.DataFrame({name: [getattr(one, name) for one in judged] for name in names})
