# SPDX-License-Identifier: Apache-2.0
"""Every page, in three languages, on a small phone and a desk, light and dark: no accessibility fault, no sideways
scrolling, no breach of the content policy. A page that cannot be read answers nobody (answerable)."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from playwright.sync_api import Browser

from rightparty.casework.operations.report_wrong_party import report_wrong_party
from rightparty.console.audits import audit_page
from rightparty.dispatch.models import Batch, Reminder
from rightparty.dispatch.operations.ask_to_go_on import ask_to_go_on
from rightparty.dispatch.operations.hand_over import hand_over
from rightparty.intake.models import Audit, Load
from rightparty.parties.attribution.parameters import shipped_parameters
from rightparty.parties.audit.examine import report_on
from rightparty.parties.audit.frames import Audited, audited
from rightparty.parties.models import LinkReview
from rightparty.parties.operations.merge_persons import merge_persons
from tests.e2e.conftest import DESK, SMALL_PHONE, faults_of, shoot
from tests.integration.dispatch.batches import brought_by_load, open_load, release_all, say_not_me
from tests.integration.parties.humans import add_party, add_point, pair, relink

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

LOOKS = (("phone", SMALL_PHONE, "light"), ("phone-dark", SMALL_PHONE, "dark"), ("desk", DESK, "light"))


def first_handset() -> str:
    """The address of a conversation, as the list of handsets links it."""
    listed = Client().get("/sim/").content.decode().partition("<main")[2]
    found = re.search(r'href="(/sim/[^"]+)"', listed)
    assert found
    return found[1]


def quarantined_load(at: datetime) -> int:
    """A load that waits for a decision, with a finding in the middle of its file."""
    found = {"finding": "contact_column_moved", "severity": "high", "count": 120, "first_line": 402, "last_line": 531,
             "examples": ["+120*****0101"], "cause": "a contact column shifted against its rows",
             "remedy": "refuse the load", "quarantines": True}  # fmt: skip
    summary = {"tables": [{"table": "contact_points", "read": 1_000}], "findings": [found]}
    load, _made = Load.objects.get_or_create(
        content_digest="d" * 64, state="quarantined", defaults={"loaded_at": at, "summary": summary}
    )
    return int(load.pk)


def stopped_batch(at: datetime) -> int:
    """A batch that reports have stopped, and somebody asks that it go on."""
    batch = Batch.objects.filter(load_id=7).first()
    if batch is None:
        batch = open_load(at, points=400)
        brought_by_load(range(9_001, 9_041), at)
        hand_over(release_all(at, worker="e2e"), worker="e2e", clock=lambda: at)
        for hour, number in enumerate(range(9_001, 9_006), start=1):
            say_not_me(number, at + timedelta(hours=hour))
        ask_to_go_on(load_id=7, at=at, by="bob", reason="The lines were read again; the file was corrected.")
    return int(batch.load_id)


def doubtful_pair(at: datetime) -> int:
    """A question about two records that differ, and a person of two ids with a history."""
    if not LinkReview.objects.exists():
        for number in (1, 2, 3):
            add_party(number, address=f"{number} Example Street")
            add_point(number, "+12025550100", at)
        merge_persons(left_id="P1", right_id="P3", by="ada", reason="one customer, two applications", at=at)
        relink([pair(1, 2, "review", p=0.6)], at)
    return int(LinkReview.objects.get().pk)


def pages(reminder: Reminder, at: datetime) -> dict[str, str]:
    assert reminder.code
    case = report_wrong_party(code=reminder.code, origin="portal", words="Wrong number.", at=at)
    message = f"/m/{reminder.code}"
    return {
        "entry": "/", "message": message, "not-me": f"{message}/not-me", "object": f"{message}/object",
        "correct": f"{message}/correct", "complain": f"{message}/complain", "stop": f"{message}/stop",
        "not-confirmed": "/m/WRONG", "case": f"/c/{case.follow_token}", "missing": "/nowhere/at/all",
        "handsets": "/sim/", "conversation": first_handset(),
        "login": "/console/login/", "today": "/console/", "messages": "/console/messages/",
        "explain": f"/console/messages/{reminder.id}/", "person": f"/console/person/?party={reminder.party_id}",
        "cases": "/console/cases/", "a-case": f"/console/cases/{case.id}/", "loads": "/console/loads/",
        "questions": "/console/links/", "a-question": f"/console/links/{doubtful_pair(at)}/",
        "linked-person": "/console/links/person/?party=P1",
        "a-load": f"/console/loads/{quarantined_load(at)}/", "audit": "/console/audit/", "halt": "/console/halt/",
        "resume": "/console/resume/",
        "batches": "/console/batches/", "a-batch": f"/console/batches/{stopped_batch(at)}/",
    }  # fmt: skip


def audited_portfolio(at: datetime) -> Audited:
    """A portfolio with something in every picture: a column that moved, three markets, sources that disagree."""
    n = pl.int_range(0, 300, eager=True)
    base = pl.DataFrame({"n": n}).select(
        "n", party_id=pl.format("P{}", "n"), channel=pl.lit("phone"), relation=pl.lit("self"), load_id=pl.lit(1),
        value=pl.format("+1202555{}", pl.col("n") + 1000), source=pl.lit("application"),
        collected_at=pl.lit(at) - pl.duration(days=pl.col("n") * 9 + 60),
    )  # fmt: skip
    moved = pl.col("n").is_between(100, 180)
    later = base.with_columns(
        value=pl.when(moved).then(pl.col("value").shift(1)).otherwise("value"), source=pl.lit("bureau"),
        load_id=pl.lit(2), collected_at=pl.lit(at) - pl.duration(days=pl.col("n") % 50),
    )  # fmt: skip
    people = base.select("party_id", country=pl.lit("CN"), full_name=pl.format("Name {}", "n"), load_id=pl.lit(1))
    return audited(pl.concat([base, later]), pl.DataFrame(), people, pl.DataFrame())


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_the_audits_report_is_fit_for_everybody(browser: Browser, at: datetime, tmp_path: Path, language: str) -> None:
    """The report is a file, opened without a server."""
    report = report_on(audited_portfolio(at), at=at, parameters=shipped_parameters())
    file = tmp_path / "report.html"
    file.write_text(audit_page(report.as_json(), language=language), encoding="utf-8")
    faults = {}
    for look, viewport, scheme in LOOKS:
        page = browser.new_page(viewport=viewport, color_scheme=scheme)
        page.goto(file.as_uri())
        pictures = page.locator("svg[role=img]").count()
        assert pictures >= 3
        assert page.locator("details table").count() >= pictures - 1, "a picture lacks its table"
        if found := faults_of(page):
            faults[look] = found
        shoot(page, f"report-{look}-{language}")
        page.locator("summary").first.click()
        if found := faults_of(page):
            faults[f"{look}, opened"] = found
        page.close()
    assert faults == {}


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_every_page_is_fit_for_everybody(
    live_server, browser: Browser, received: Reminder, at: datetime, language: str
) -> None:
    staff = User.objects.create_user("agent", password="agent", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="decide_load"))
    staff.user_permissions.add(Permission.objects.get(codename="decide_batch"))
    staff.user_permissions.add(
        *Permission.objects.filter(codename__in=["decide_load", "decide_link", "resume_dispatch"])
    )
    client = Client()
    client.force_login(staff)
    cookies = [
        {"name": "django_language", "value": language, "url": live_server.url},
        {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url},
    ]
    faults = {}
    addresses = pages(received, at)
    Audit.objects.create(
        as_of=at, report=report_on(audited_portfolio(at), at=at, parameters=shipped_parameters()).as_json()
    )
    for look, viewport, scheme in LOOKS:
        context = browser.new_context(viewport=viewport, color_scheme=scheme, locale="en-GB")
        context.add_cookies(cookies)
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda m, seen=complaints: seen.append(m.text) if "Content Security" in m.text else None)
        for name, address in addresses.items():
            complaints.clear()
            response = page.goto(live_server.url + address)
            assert response is not None
            for folded in page.locator("details > summary").all():
                folded.click()
            found = faults_of(page)
            if response.status >= 500 or (response.status >= 400 and name != "missing"):
                found.append(f"status {response.status}")
            found += [text for text in complaints if "eval" not in text]
            if found:
                faults[f"{name} {look}"] = found
            shoot(page, f"{name}-{look}-{language}")
        context.close()
    assert faults == {}
