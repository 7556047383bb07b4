# SPDX-License-Identifier: Apache-2.0
"""once: the red button works by keyboard alone and without scripts, on a small phone, in every language."""

from datetime import datetime

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from playwright.sync_api import Browser, Page

from rightparty.dispatch.operations.lift_halt import lift_halt
from rightparty.dispatch.queries import current_halt, is_halted
from tests.e2e.conftest import SMALL_PHONE, faults_of, shoot

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

BUTTON = {"en": "Halt dispatch", "zh-hans": "暂停发送", "zh-hant": "暫停傳送"}


def cookies_of_staff(url: str, language: str) -> list[dict[str, str]]:
    staff = User.objects.create_user(f"agent-{language}", password="agent", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="resume_dispatch"))
    client = Client()
    client.force_login(staff)
    return [
        {"name": "django_language", "value": language, "url": url},
        {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url},
    ]


def tab_to(page: Page, words: str) -> None:
    """Reach something by the Tab key alone, as its name is read aloud."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == words:
            return
    pytest.fail(f"{words} is not reached by the keyboard")


@pytest.mark.parametrize("language", BUTTON)
def test_a_halt_and_a_resume_by_keyboard_alone(live_server, browser: Browser, at: datetime, language: str) -> None:
    context = browser.new_context(viewport=SMALL_PHONE, locale="en-GB", java_script_enabled=language != "en")
    context.set_default_timeout(10_000)
    context.add_cookies(cookies_of_staff(live_server.url, language))
    page = context.new_page()
    page.goto(f"{live_server.url}/console/cases/")
    shoot(page, f"red-button-{language}")
    if language == "en":
        # no scripts: the keyboard still follows the link, only this test cannot ask where the focus is
        page.get_by_role("link", name=BUTTON[language], exact=True).focus()
    else:
        tab_to(page, BUTTON[language])
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/halt/")
    assert not is_halted(), "following the link must not halt"
    if language != "en":
        assert faults_of(page) == []
    shoot(page, f"red-button-asks-{language}")
    page.locator("#why").focus()
    page.keyboard.type("wrong texts")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/")
    found = current_halt()
    assert found is not None
    assert found.why == "wrong texts"
    page.goto(f"{live_server.url}/console/messages/")
    banner = page.locator(".halted")
    assert "wrong texts" in banner.inner_text()
    if language != "en":
        assert faults_of(page) == []
    shoot(page, f"halted-{language}")
    page.goto(f"{live_server.url}/console/resume/")
    shoot(page, f"resume-{language}")
    page.locator("#why").focus()
    page.keyboard.type("corrected")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/")
    assert not is_halted()
    context.close()
    lift_halt(at=at, by="test")
