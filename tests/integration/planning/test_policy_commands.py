# SPDX-License-Identifier: Apache-2.0
"""`rightparty policy` as an officer uses it: read, tried on past days, changed by two people; faults by line."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from benchmarks.policy.portfolio import write_portfolio
from rightparty.cli.app import app
from rightparty.evidence.models import Leaf
from rightparty.planning.drafts.queries import installed_packs, installed_strategy
from rightparty.planning.models import Plan, PolicyDraft
from tests.integration.dispatch.lender import add_person

pytestmark = pytest.mark.django_db


def run(*words: str | Path, status: int = 0) -> str:
    done = CliRunner().invoke(app, ["policy", *map(str, words)])
    assert done.exit_code == status, f"{done.output}\n{done.exception!r}"
    return done.output


def asked(*words: str | Path) -> Any:
    return json.loads(run(*words, "--json"))


def draft(folder: Path, kind: str, old: str, new: str) -> Path:
    if not (folder / "draft").exists():
        run("copy", folder / "draft")
    file = folder / "draft" / f"{kind}.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


def test_what_is_in_use_is_in_order() -> None:
    assert "0 findings" in run("lint")


def test_lint_names_every_fault_by_line(tmp_path: Path) -> None:
    house = draft(tmp_path, "house", 'to = "22:00"', 'to = "22:30"')
    strategy = draft(tmp_path, "strategy", 'template = "due"', 'template = "dew"')
    told = run("lint", "--house", house, status=1)
    assert "house.toml, line 8: field calendar.CN.to: 22:30 is laxer than the law of CN" in told
    assert "1 findings" in told
    told = run("lint", "--strategy", strategy, status=1)
    assert "strategy.toml, line 11: step due: field template: no wording 'dew'" in told


def test_show_tells_the_rules_of_a_day_and_of_the_house() -> None:
    told = asked("show", "US", "--on", "2026-11-23")
    assert "US.contact_hours" in {rule["rule"] for rule in told["rules"]}
    assert {"rule": "messages per person day", "value": "1"} in told["house"]
    assert "legal advice" in told["not_legal_advice"]
    assert asked("show", "US", "--on", "1970-01-01")["rules"] == []
    assert "known are" in run("show", "XX", status=2)


def test_explain_names_the_law_and_the_earliest_minute() -> None:
    late = ("explain", "--market", "US", "--channel", "call", "--zone", "America/New_York", "--at")
    told = asked(*late, "2026-11-23T21:00:00-05:00")
    assert not told["permitted"]
    assert [(because["reason"], because["rules"]) for because in told["reasons"]] == [
        ("right_time.outside_contact_hours", "US.contact_hours")
    ]
    assert told["earliest"] == "2026-11-24T13:00:00+00:00"
    assert asked(*late, "2026-11-23T20:59:00-05:00")["permitted"]
    paid = asked(*late, "2026-11-23T12:00:00-05:00", "--fact", "days_since_payment=1")
    assert [because["reason"] for because in paid["reasons"]] == ["right_time.cooling_off"]
    assert asked(*late, "2026-11-23T12:00:00-05:00", "--fact", "days_since_payment=1", "--law-only")["permitted"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--fact", "mood=bad"], "names no fact"),
        (["--fact", "days_since_payment=soon"], "--fact"),
        (["--zone", "Mars/Olympus"], "no time zone"),
        (["--known-on", "yesterday"], "not a day"),
    ],
)
def test_explain_refuses_what_it_cannot_read(words: list[str], says: str) -> None:
    told = run("explain", "--market", "US", "--channel", "sms", "--zone", "America/Chicago", *words, status=2)
    assert says in told


def test_diff_names_rule_and_field(tmp_path: Path) -> None:
    changed = draft(tmp_path, "house", "grace_days = 2", "grace_days = 5")
    run("copy", tmp_path / "as_it_is")
    [found] = asked("diff", tmp_path / "as_it_is" / "house.toml", changed)
    assert found == {"rule": "promise_to_pay", "field": "grace_days", "before": "2", "after": "5"}
    assert "0 differences" in run("diff", changed, changed)
    assert "refused" in run("diff", changed, tmp_path, status=2)


def test_a_draft_is_tried_on_past_days_and_nothing_is_written(at: datetime, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        add_person(number, at)
    house = draft(tmp_path, "house", '[calendar.CN]\nfrom = "08:00"', '[calendar.CN]\nfrom = "11:00"')
    before = (Leaf.objects.count(), Plan.objects.count(), PolicyDraft.objects.count())
    until = (at - timedelta(days=2)).date().isoformat()
    told = asked("simulate", "--house", house, "--days", "2", "--until", until, "--time", "02:00")
    counts = {row["reason"]: (row["present"], row["draft"]) for row in told["by_reason"]}
    assert counts["considered"] == (6, 6)
    assert counts["proposed"] == (3, 0), "each is reminded once in the step's period"
    assert counts["once.already_planned"] == (3, 0)
    assert counts["right_time.outside_house_hours"] == (0, 6)
    assert [row["present"] for row in told["by_day"]] == [3, 0]
    assert (Leaf.objects.count(), Plan.objects.count(), PolicyDraft.objects.count()) == before
    assert "no draft to try" in run("simulate", status=2)


def test_two_people_switch_a_draft_on(tmp_path: Path) -> None:
    house = draft(tmp_path, "house", "grace_days = 2", "grace_days = 5")
    strategy = draft(tmp_path, "strategy", "every_days = 4", "every_days = 3")
    why = ("--reason", "to see", "--at", "2026-11-23T10:00:00+08:00")
    for kind, file in (("--house", house), ("--strategy", strategy)):
        run("propose", kind, file, "--by", "ann", *why)
    assert "one draft at a time" in run("propose", "--by", "ann", *why, status=2)
    numbers = [row["draft"] for row in asked("drafts")]
    for number in numbers:
        assert "cannot approve" in run("approve", str(number), "--by", "Ann", status=2)
        run("approve", str(number), "--by", "bob")
    assert installed_packs().house.promise_grace_days == 5
    assert installed_strategy().steps[0].every_days == 3


def test_a_file_in_use_that_became_wrong_refuses_with_its_line(tmp_path: Path, settings: Any) -> None:
    file = tmp_path / "ours.toml"
    file.write_text("plan_expires_hours = 25\n", encoding="utf-8")
    settings.RIGHTPARTY = {**settings.RIGHTPARTY, "HOUSE_RULES_FILE": str(file)}
    done = CliRunner().invoke(app, ["plan"])
    assert done.exit_code == 2
    assert "ours.toml, line 1: field plan_expires_hours" in done.output


def test_files_are_judged_by_the_rules_in_use(tmp_path: Path) -> None:
    """Half past nine at night in China: these tests' house allows it until ten, the shipped one would not."""
    write_portfolio(tmp_path, 2_000)
    out = tmp_path / "verdicts"
    run("judge", tmp_path / "accounts", tmp_path / "contacts", out, "--at", "2026-11-24T21:30:00+08:00")
    told = pl.read_parquet(out / "*.parquet").filter(pl.col("market") == "CN")
    assert told.height > 0
    assert told["permitted"].any()
    assert "is missing" in run("judge", tmp_path / "contacts", tmp_path / "contacts", tmp_path / "none", status=2)
