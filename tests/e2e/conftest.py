# SPDX-License-Identifier: Apache-2.0
"""A real browser, a running site, and a message that somebody received."""

import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from rightparty.dispatch.channels.registry import connect
from rightparty.dispatch.models import Reminder
from rightparty.dispatch.operations.hand_over import hand_over
from rightparty.dispatch.operations.release import release
from rightparty.kernel.identifiers import show_code
from rightparty.simulation.channels.handset import simulated_handsets
from tests.integration.dispatch.lender import add_person, claimed, enqueue

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SMALL_PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
SHOTS = os.environ.get("RIGHTPARTY_SHOTS", "")
"""A folder for pictures of the pages, to look at them; empty for none."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: scripts/system_packages.sh installs it")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    cache.clear()
    opened = browser.new_context(viewport=SMALL_PHONE, locale="en-GB")
    opened.set_default_timeout(10_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def received(at: datetime, transactional_db: None) -> Reminder:
    """A reminder that was released and handed to a simulated handset."""
    (account,) = add_person(101, at)
    enqueue([(account, 101)], at)
    outcome = release(claimed(at), at=at, worker="w1")
    connect("sms", simulated_handsets("1069000000"))
    hand_over(outcome.released, worker="w1", clock=lambda: at)
    return Reminder.objects.get()


@pytest.fixture
def printed_code(received: Reminder) -> str:
    """The code as the recipient reads it at the end of the text."""
    assert received.code
    return show_code(received.code)


def faults_of(page: Page) -> list[str]:
    """Everything wrong with the page that is open: accessibility, width, content policy."""
    found = [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in Axe().run(page).response["violations"]]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append("the page scrolls sideways")
    return found


def shoot(page: Page, name: str) -> None:
    """Keep a picture if a folder was named."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
