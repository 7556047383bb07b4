# SPDX-License-Identifier: Apache-2.0
"""Takes the README's pictures, and one of every page, from a served demo.

`python scripts/take_shots.py http://127.0.0.1:8000 PASSWORD FOLDER`
"""

import sys
from base64 import b64encode
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
CONSOLE = (
    "",
    "messages/",
    "messages/?state=withheld",
    "person/?party=P000012",
    "cases/",
    "loads/",
    "loads/1/",
    "plan/1/",
)


def main(base: str, password: str, folder: Path) -> None:
    """Walk through the pages on a phone and on a desktop."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        for name, size in (("phone", (360, 740)), ("desk", (1280, 800))):
            page = browser.new_page(viewport={"width": size[0], "height": size[1]})
            stranger(page, base, folder, name)
            staff(page, base, password, folder, name)
            page.close()
        together(browser.new_page(viewport={"width": 1500, "height": 900}), folder)
        browser.close()


def together(page: Page, folder: Path) -> None:
    """Lay the console's day and a recipient's phone side by side: the README's picture."""

    def picture(name: str, width: int) -> str:
        data = b64encode((folder / name).read_bytes()).decode()
        frame = "height:820px;overflow:hidden;border:1px solid #ccc;border-radius:12px"
        return f'<div style="{frame}"><img width={width} src="data:image/png;base64,{data}"></div>'

    page.set_content(
        '<body style="margin:24px;display:flex;gap:24px;background:#fff">'
        + picture("desk-console-0.png", 1020)
        + picture("phone-conversation.png", 380)
    )
    page.screenshot(path=folder / "day-and-phone.png")


def stranger(page: Page, base: str, folder: Path, name: str) -> None:
    """Handsets, one conversation, the page behind its link, the report and its receipt."""
    shoot(page, f"{base}/", folder / f"{name}-portal.png")
    shoot(page, f"{base}/sim/", folder / f"{name}-handsets.png")
    page.locator("main .phones a").first.click()
    page.screenshot(path=folder / f"{name}-conversation.png", full_page=True)
    page.locator(".bubble a").first.click()
    page.screenshot(path=folder / f"{name}-message.png", full_page=True)


def staff(page: Page, base: str, password: str, folder: Path, name: str) -> None:
    """Log in and look at every page of the console."""
    page.goto(f"{base}/console/login/")
    page.screenshot(path=folder / f"{name}-login.png", full_page=True)
    page.fill("#id_username", "demo")
    page.fill("#id_password", password)
    page.locator("main form button").click()
    for number, path in enumerate(CONSOLE):
        shoot(page, f"{base}/console/{path}", folder / f"{name}-console-{number}.png")
    page.goto(f"{base}/console/messages/")
    page.locator("main table a").first.click()
    page.screenshot(path=folder / f"{name}-console-message.png", full_page=True)


def shoot(page: Page, address: str, file: Path) -> None:
    """Open a page and keep its picture."""
    page.goto(address)
    page.screenshot(path=file, full_page=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
