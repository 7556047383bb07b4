# SPDX-License-Identifier: Apache-2.0
"""right_party: nothing of a load whose contact column moved is used until somebody with a name and a reason decides."""

from datetime import datetime
from pathlib import Path

import pytest

from rightparty.evidence.models import Leaf
from rightparty.intake.errors import DecisionError
from rightparty.intake.load_report import LoadReport
from rightparty.intake.models import Load, RejectedRow
from rightparty.intake.operations.decide_load import admit_load, refuse_load
from rightparty.intake.operations.load_portfolio import load_portfolio, quarantine_folder
from rightparty.intake.queries import screening_history
from tests.integration.intake.test_loads import current

pytestmark = pytest.mark.django_db(transaction=True)

PERSONS = 200


@pytest.fixture(autouse=True)
def _own_home(settings: object, tmp_path: Path) -> None:
    settings.RIGHTPARTY = {**settings.RIGHTPARTY, "HOME": tmp_path / "home"}  # type: ignore[attr-defined]


def phone(person: int) -> str:
    return f"+1202555{person:04d}"


def delivery(folder: Path, *, shift: range = range(0), label: str) -> Path:
    """Parties and their phones; in `shift` each row carries the value of the row below."""
    place = folder / label
    place.mkdir()
    people = range(PERSONS)
    names = "\n".join(f"P{n:04d},Person {n},US" for n in people)
    (place / "parties.csv").write_text(f"party_id,full_name,country\n{names}\n")
    source = "branch" if label == "base" else "bureau"
    points = "\n".join(
        f"P{n:04d},phone,{phone(n + 1 if n in shift else n)},{source},2026-01-01T00:00:00Z" for n in people
    )
    (place / "contact_points.csv").write_text(f"party_id,channel,value,source,collected_at\n{points}\n")
    return place


@pytest.fixture
def held(tmp_path: Path, at: datetime) -> LoadReport:
    assert load_portfolio(delivery(tmp_path, label="base"), at=at).outcome == "loaded"
    return load_portfolio(delivery(tmp_path, shift=range(60, 120), label="moved"), at=at)


def test_nothing_of_a_quarantined_load_is_in_the_store(tmp_path: Path, at: datetime) -> None:
    load_portfolio(delivery(tmp_path, label="base"), at=at)
    before = current()
    files = delivery(tmp_path, shift=range(60, 120), label="moved")
    report = load_portfolio(files, at=at)
    assert report.outcome == "quarantined"
    assert report.findings[0]["finding"] == "contact_column_moved"
    assert current() == before
    assert RejectedRow.objects.filter(load_id=report.load_id).count() == 0
    load = Load.objects.get(pk=report.load_id)
    assert (load.state, Leaf.objects.order_by("-index").first().kind) == ("quarantined", "portfolio.quarantined")
    again = load_portfolio(files, at=at)
    assert (again.outcome, again.load_id, Load.objects.count()) == ("quarantined", report.load_id, 2)


def test_a_preview_tells_and_keeps_nothing(tmp_path: Path, at: datetime) -> None:
    load_portfolio(delivery(tmp_path, label="base"), at=at)
    report = load_portfolio(delivery(tmp_path, shift=range(60, 120), label="moved"), at=at, dry_run=True)
    assert report.outcome == "previewed"
    assert any(finding["quarantines"] for finding in report.findings)
    assert Load.objects.count() == 1
    assert not quarantine_folder().exists()


def test_a_clean_refresh_is_loaded(tmp_path: Path, at: datetime) -> None:
    load_portfolio(delivery(tmp_path, label="base"), at=at)
    assert load_portfolio(delivery(tmp_path, label="clean"), at=at).outcome == "loaded"


def test_an_admitted_load_takes_effect_as_a_load_of_its_own(held: LoadReport, at: datetime) -> None:
    assert held.load_id is not None
    report = admit_load(held.load_id, by="Ada", reason="the persons did swap numbers", at=at)
    load = Load.objects.get(pk=held.load_id)
    assert (report.outcome, load.state, load.decided_by) == ("loaded", "admitted", "Ada")
    assert load.became_id == report.load_id
    assert ("P0060", phone(61)) in [(row[0], row[2]) for row in current()["contact_points"]]
    assert Leaf.objects.filter(kind="portfolio.decided").count() == 1
    assert not any(quarantine_folder().iterdir())
    assert screening_history().moved == 0, "an exception does not become what is usual"


def test_a_refused_load_leaves_no_files_and_no_rows(held: LoadReport, at: datetime) -> None:
    assert held.load_id is not None
    before = current()
    refuse_load(held.load_id, by="Ada", reason="shifted", at=at)
    assert (Load.objects.get(pk=held.load_id).state, current()) == ("refused", before)
    assert not any(quarantine_folder().iterdir())
    with pytest.raises(DecisionError, match="refused, not quarantined"):
        admit_load(held.load_id, by="Ada", reason="after all", at=at)


@pytest.mark.parametrize(("by", "reason"), [("", "because"), ("Ada", " ")])
def test_a_decision_needs_a_name_and_a_reason(held: LoadReport, at: datetime, by: str, reason: str) -> None:
    assert held.load_id is not None
    with pytest.raises(DecisionError, match="name and a reason"):
        admit_load(held.load_id, by=by, reason=reason, at=at)
    assert Load.objects.get(pk=held.load_id).state == "quarantined"


def test_files_changed_after_screening_are_not_admitted(held: LoadReport, at: datetime) -> None:
    assert held.load_id is not None
    kept = next(quarantine_folder().rglob("contact_points.csv"))
    kept.write_text(kept.read_text().replace("P0001", "P0002"))
    before = current()
    with pytest.raises(DecisionError, match="not what was screened"):
        admit_load(held.load_id, by="Ada", reason="fine", at=at)
    assert (Load.objects.get(pk=held.load_id).state, current()) == ("quarantined", before)


def test_a_first_load_is_held_where_its_own_log_ins_say_whose_the_values_are(tmp_path: Path, at: datetime) -> None:
    place = delivery(tmp_path, shift=range(60, 120), label="base")
    logins = "\n".join(f"E{n},phone,{phone(n)},P{n:04d},login,2026-02-01T00:00:00Z" for n in range(PERSONS))
    (place / "contact_events.csv").write_text(f"event_id,channel,value,party_id,kind,occurred_at\n{logins}\n")
    report = load_portfolio(place, at=at)
    assert report.outcome == "quarantined"
    assert report.findings[0]["finding"] == "contact_column_moved"


def test_a_first_load_whose_log_ins_agree_is_loaded(tmp_path: Path, at: datetime) -> None:
    place = delivery(tmp_path, label="base")
    logins = "\n".join(f"E{n},phone,{phone(n)},P{n:04d},login,2026-02-01T00:00:00Z" for n in range(PERSONS))
    (place / "contact_events.csv").write_text(f"event_id,channel,value,party_id,kind,occurred_at\n{logins}\n")
    assert load_portfolio(place, at=at).outcome == "loaded"
