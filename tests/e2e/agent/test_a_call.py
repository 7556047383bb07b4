# SPDX-License-Identifier: Apache-2.0
"""An agent at the telephone: by keyboard, without scripts, on a small screen, in three languages, for everybody."""

from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.test import Client
from playwright.sync_api import Browser, BrowserContext

from rightparty.casework.operations.take_call_outcome import take_call_outcome
from rightparty.console import calls as pages
from rightparty.dispatch.models import CallOutcome
from rightparty.dispatch.operations.attach_recording import attach_recording
from rightparty.dispatch.operations.identify_person import identify_person
from rightparty.parties.models import ContactEvent
from tests.e2e.conftest import DESK, SMALL_PHONE, faults_of, shoot
from tests.integration.dispatch.calls import opened, planned, press
from tests.integration.dispatch.lender import phone_of
from tests.integration.dispatch.test_call_recordings import SOUND

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

AGENT = "ann.agent"
LOOKS = [(language, "phone", SMALL_PHONE, "light") for language in ("en", "zh-hans", "zh-hant")]
LOOKS.append(("en", "desk-dark", DESK, "dark"))


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, at: datetime) -> None:
    monkeypatch.setattr(pages, "_now", lambda: at)
    monkeypatch.setitem(settings.RIGHTPARTY, "HOME", tmp_path)
    monkeypatch.setitem(settings.RIGHTPARTY, "PHONE", "+86 400 000 0000")


def enter(context: BrowserContext, url: str, language: str = "en") -> None:
    """Log the agent in."""
    staff, _made = User.objects.get_or_create(username=AGENT)
    staff.user_permissions.set(Permission.objects.filter(codename__in=["make_call", "hear_recording"]))
    client = Client()
    client.force_login(staff)
    context.add_cookies([
        {"name": "django_language", "value": language, "url": url},
        {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url},
    ])  # fmt: skip


def test_a_call_from_the_list_to_its_outcome_by_keyboard_and_without_scripts(
    live_server, browser: Browser, at: datetime
) -> None:
    planned(at)
    context = browser.new_context(viewport=SMALL_PHONE, locale="en-GB", java_script_enabled=False)
    enter(context, live_server.url)
    page = context.new_page()
    page.goto(f"{live_server.url}/console/calls/")
    page.get_by_role("button", name="Call, number 1 of the list").press("Enter")
    assert page.get_by_role("link", name=phone_of(101)).get_attribute("href") == f"tel:{phone_of(101)}"
    page.get_by_role("button", name="It is the person; I checked").press("Enter")
    assert page.get_by_text("Due now: CNY 1,200.00").is_visible()
    page.get_by_text("Promise to pay", exact=True).press("Enter")
    page.get_by_label("Pays on").fill("2026-11-27")
    page.get_by_label("Amount in CNY, if one was named").fill("500")
    page.get_by_role("button", name="Record", exact=True).press("Enter")
    assert page.get_by_text("The outcome is recorded.").is_visible()
    entry = CallOutcome.objects.get()
    assert (entry.outcome, entry.promised_minor) == ("promise_to_pay", 50_000)
    context.close()


def calls(at: datetime) -> dict[str, str]:
    """Every page of a call, by what it shows."""
    waiting, late = planned(at, 1), planned(at, 2)
    ContactEvent.objects.create(
        event_id="wish", channel="phone", value=phone_of(2), party_id="P2", kind="opted_out", occurred_at=at,
        detail="outside:15:00-20:00",
    )  # fmt: skip
    fresh, spoken, done, held = opened(at, 3), opened(at, 4), opened(at, 5), planned(at, 6)
    for call in (spoken, done):
        identify_person(call, agent=AGENT, at=at)
    take_call_outcome(call_id=done, outcome="refused_to_pay", by=AGENT, at=at)
    attach_recording(done, sound=[SOUND], by=AGENT, at=at)
    ContactEvent.objects.filter(party_id="P6").update(kind="wrong_party")
    assert press(held, at).state == "withheld"
    assert waiting != late
    named = {"being-made": fresh, "identified": spoken, "with-outcome": done, "held": held}
    return {
        "list": "/console/calls/", "story": f"/console/messages/{done}/",
        **{name: f"/console/calls/{call}/" for name, call in named.items()},
    }  # fmt: skip


def test_every_page_of_a_call_is_fit_for_everybody(live_server, browser: Browser, at: datetime) -> None:
    faults = {}
    addresses = calls(at)
    for language, look, viewport, scheme in LOOKS:
        context = browser.new_context(viewport=viewport, color_scheme=scheme, locale="en-GB")
        enter(context, live_server.url, language)
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda m, seen=complaints: seen.append(m.text) if "Content Security" in m.text else None)
        for name, address in addresses.items():
            complaints.clear()
            response = page.goto(live_server.url + address)
            assert response is not None
            shoot(page, f"call-{name}-{look}-{language}")
            for folded in page.locator("details > summary").all():
                folded.click()
            found = [] if response.status == 200 else [f"status {response.status}"]
            found += [*faults_of(page), *(text for text in complaints if "eval" not in text)]
            if found:
                faults[f"{name} {look} {language}"] = found
        context.close()
    assert faults == {}
