# SPDX-License-Identifier: Apache-2.0
"""right_party: what a load would spoil holds it before it takes effect, and the whole portfolio can be audited."""

import json
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from typer.testing import CliRunner

from rightparty.cli.app import app
from rightparty.evidence.models import Leaf
from rightparty.intake.models import Audit, Load
from rightparty.intake.operations.load_portfolio import load_portfolio
from rightparty.intake.operations.record_audit import record_audit
from rightparty.intake.unloaded import read_unloaded
from rightparty.parties.audit.examine import report_on
from rightparty.parties.audit.findings import FINDINGS, SCHEMA_VERSION
from rightparty.parties.models import ContactEvent
from rightparty.parties.queries import installed_parameters

pytestmark = pytest.mark.django_db(transaction=True)

PERSONS = 400
SHIFT = range(100, 160)


@pytest.fixture(autouse=True)
def _own_home(settings: object, tmp_path: Path) -> None:
    settings.RIGHTPARTY = {**settings.RIGHTPARTY, "HOME": tmp_path / "home"}  # type: ignore[attr-defined]


def people(folder: Path, label: str, *, shifted: str = "") -> Path:
    """Persons each with a name, id and birth date of his own; in SHIFT a column carries the values of the row below."""
    place = folder / label
    place.mkdir()
    lines = ["party_id,full_name,country,national_id,national_id_type,date_of_birth"]
    for n in range(PERSONS):
        of = {c: n + (c == shifted and n in SHIFT) for c in ("name", "id", "birth")}
        born = f"{1950 + of['birth'] // 28 % 50}-{of['birth'] // 28 % 12 + 1:02d}-{of['birth'] % 28 + 1:02d}"
        lines.append(f"P{n:04d},Given{of['name']} Sur{of['name']},GB,AB{of['id']:06d}C,nino,{born}")
    (place / "parties.csv").write_text("\n".join(lines) + "\n")
    return place


def points(place: Path, *, source: str, value_of: object = None) -> Path:
    of = value_of or (lambda n: f"+1202555{n:04d}")
    rows = "\n".join(f"P{n:04d},phone,{of(n)},{source},2026-01-01T00:00:00Z" for n in range(PERSONS))  # type: ignore[operator]
    (place / "contact_points.csv").write_text(f"party_id,channel,value,source,collected_at\n{rows}\n")
    return place


@pytest.mark.parametrize(
    ("column", "finding"),
    [("birth", "birth_dates_moved"), ("id", "national_ids_moved"), ("name", "names_moved"), ("", "")],
)
def test_a_column_of_persons_that_moved_holds_the_load(tmp_path: Path, at: datetime, column: str, finding: str) -> None:
    assert load_portfolio(people(tmp_path, "base"), at=at).outcome == "loaded"
    place = points(people(tmp_path, "next", shifted=column), source="application")
    report = load_portfolio(place, at=at)
    assert (report.outcome, report.quarantine_reasons) == (
        ("quarantined", [finding]) if column else ("loaded", [])
    )  # fmt: skip
    if column:
        facts = json.loads(Leaf.objects.latest("index").payload)["facts"]
        assert facts[f"quarantined_by.{finding}"] == 1
        assert (report.findings[0]["first_line"], report.findings[0]["examples"][0]["file"]) == (102, "parties.csv")


def test_an_agents_own_number_and_a_source_that_stops_agreeing_hold_the_load(tmp_path: Path, at: datetime) -> None:
    load_portfolio(points(people(tmp_path, "base"), source="application"), at=at)
    load_portfolio(points(people(tmp_path, "again"), source="bureau"), at=at)
    crowd = points(
        people(tmp_path, "crowd"), source="agent", value_of=lambda n: "+12025559999" if n < 150 else f"+1202555{n:04d}"
    )
    assert load_portfolio(crowd, at=at).quarantine_reasons == ["agents_own_number", "value_under_many_persons"]
    lost = points(people(tmp_path, "lost"), source="bureau", value_of=lambda n: f"+1303{2000000 + n}")
    assert load_portfolio(lost, at=at).quarantine_reasons == ["source_agreement_fell"]
    assert Load.objects.filter(state="quarantined").count() == 2


def test_a_loads_report_tells_findings_that_hold_nothing_with_the_line(tmp_path: Path, at: datetime) -> None:
    place = points(
        people(tmp_path, "base"), source="application", value_of=lambda n: f"+1202555{n:04d}" if n else "+18005550199"
    )
    report = load_portfolio(place, at=at)
    told = {str(f["finding"]): f for f in report.findings}
    assert report.outcome == "loaded"
    assert (told["service_number"]["first_line"], told["service_number"]["count"]) == (2, 1)
    assert "+18005550199" not in json.dumps(report.findings)


def test_an_event_of_an_unknown_kind_is_kept_and_told(tmp_path: Path, at: datetime) -> None:
    place = points(people(tmp_path, "base"), source="application")
    kinds = {"E1": "pigeon", "E2": "login"}
    rows = "\n".join(f"{event},phone,+12025550001,P0001,{kind},2026-01-02T00:00:00Z" for event, kind in kinds.items())
    (place / "contact_events.csv").write_text(f"event_id,channel,value,party_id,kind,occurred_at\n{rows}\n")
    report = load_portfolio(place, at=at)
    assert ContactEvent.objects.filter(kind="pigeon").count() == 1
    told = next(f for f in report.findings if f["finding"] == "unknown_event_kind")
    assert (told["count"], told["total"], told["quarantines"]) == (1, 2, False)
    assert "unknown_event_kind" in record_audit(at=at).findings["finding"].to_list()


def test_files_are_audited_before_they_are_loaded_as_afterwards(tmp_path: Path, at: datetime) -> None:
    place = points(people(tmp_path, "base"), source="application", value_of=lambda n: f"+1202555{n // 2:04d}")
    before = report_on(read_unloaded(place).given, at=at, parameters=installed_parameters())
    assert Load.objects.count() == 0
    assert before.findings.row(0, named=True)["examples"][0]["file"] == "contact_points.csv"
    load_portfolio(place, at=at)
    after = record_audit(at=at)
    same = ["finding", "severity", "count", "total"]
    assert after.findings.select(same).rows() == before.findings.select(same).rows()
    assert Leaf.objects.filter(kind="portfolio.audited").count() == Audit.objects.count() == 1


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["audit", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_the_machine_readable_report_has_its_version(tmp_path: Path, at: datetime) -> None:
    place = points(people(tmp_path, "base"), source="application")
    load_portfolio(place, at=at)
    run("--at", at.isoformat(), "--out", str(tmp_path / "a.json"))
    whole = json.loads((tmp_path / "a.json").read_text())
    assert (whole["schema_version"], set(whole["findings"][0])) == (SCHEMA_VERSION, set(FINDINGS))
    run(str(place), "--at", at.isoformat(), "--out", str(tmp_path / "a.parquet"))
    table = pl.read_parquet(tmp_path / "a.parquet")
    assert dict(table.schema) == dict(FINDINGS)
    assert pl.read_parquet_metadata(tmp_path / "a.parquet")["schema_version"] == str(SCHEMA_VERSION)


@pytest.mark.parametrize(
    ("language", "words"), [("en", "What was found"), ("zh-hans", "发现的问题"), ("zh-hant", "發現的問題")]
)
def test_the_report_stands_by_itself_in_each_language(tmp_path: Path, at: datetime, language: str, words: str) -> None:
    load_portfolio(points(people(tmp_path, "base"), source="application"), at=at)
    run("--at", at.isoformat(), "--language", language, "--out", str(tmp_path / "a.html"))
    page = (tmp_path / "a.html").read_text()
    assert words in page
    assert f'lang="{language}"' in page
    assert "<script" not in page
    assert not any(outside in page for outside in (' src="', "<link", "url("))
    assert "+12025550001" not in page


def test_the_page_is_for_those_with_the_right(tmp_path: Path, at: datetime) -> None:
    load_portfolio(points(people(tmp_path, "base"), source="application"), at=at)
    staff = User.objects.create_user("ada", password="ada")
    client = Client()
    assert client.get("/console/audit/").status_code == 302
    client.force_login(staff)
    assert client.get("/console/audit/").status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename="decide_load"))
    assert "No audit was made yet" in client.get("/console/audit/").content.decode()
    record_audit(at=at)
    assert f"As of {at:%Y-%m-%d}" in client.get("/console/audit/").content.decode()
