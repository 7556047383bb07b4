# SPDX-License-Identifier: Apache-2.0
"""A stranger with a message for somebody else: types the code, says "not me", and keeps what he was told."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from rightparty.casework.models import Case
from rightparty.dispatch.models import Reminder
from rightparty.parties.models import ContactEvent
from tests.e2e.conftest import SMALL_PHONE, shoot

pytestmark = [pytest.mark.django_db(transaction=True)]


def tab_to(page: Page, text: str) -> None:
    """Press Tab until the focus is on what says this, as a person without a mouse does."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if text in str(page.evaluate("document.activeElement.textContent + (document.activeElement.id || '')")):
            return
    raise AssertionError(f"the keyboard never reached {text!r}")


def test_a_stranger_reports_with_the_keyboard_alone(
    live_server, page: Page, received: Reminder, printed_code: str
) -> None:
    """correctable: the report stops the contact point, and its author is told what was done and by when."""
    page.goto(live_server.url)
    tab_to(page, "code")
    page.keyboard.type(printed_code.lower())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("This message is from us")
    tab_to(page, "This message is not meant for me")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Yes, this is not me")).to_be_visible()
    tab_to(page, "Yes, this is not me")
    page.keyboard.press("Enter")
    expect(page.get_by_text("We stopped using this number or address")).to_be_visible()
    expect(page.get_by_text("Answer by")).to_be_visible()
    shoot(page, "receipt-phone-en")
    case = Case.objects.get(kind="wrong_party")
    assert case.follow_token in page.url
    assert ContactEvent.objects.filter(kind="wrong_party", value=received.address).count() == 1


def test_it_works_without_scripts(live_server, browser, received: Reminder, printed_code: str) -> None:
    """answerable: an old phone without scripts verifies the message and stops it."""
    context: BrowserContext = browser.new_context(java_script_enabled=False, viewport=SMALL_PHONE, locale="en-GB")
    page = context.new_page()
    page.goto(f"{live_server.url}/m/{printed_code}")
    page.get_by_role("button", name="简体中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("这条消息是我们发的")
    expect(page.get_by_role("button", name="English")).to_be_visible()
    page.get_by_role("link", name="停止这些短信").click()
    page.get_by_role("button", name="是的，请停止").click()
    expect(page.get_by_role("status")).to_contain_text("我们不再向这个号码发送短信")
    assert ContactEvent.objects.filter(kind="opted_out", value=received.address).count() == 1
    context.close()


def test_a_wrong_code_is_not_confirmed_and_says_nothing(live_server, page: Page, received: Reminder) -> None:
    """answerable: who guesses learns nothing."""
    page.goto(f"{live_server.url}/m/0000-0000-000")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not confirmed")
    assert received.address not in page.content()
