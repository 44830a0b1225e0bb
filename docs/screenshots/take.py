"""Takes the README's screenshots from a running demonstration: python docs/screenshots/take.py URL."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
WIDTHS = {"1280": 1280, "360": 360}
PASSWORD = "Karibu-2026"  # noqa: S105 (the demonstration's own, public)
SHOTS = (
    ("register", "centre", "/register/"),
    ("home", "scde.kisumu-east", "/"),
    ("centres", "tsc.kisumu-east", "Centres"),
    ("coverage", "monitor", "/dashboards/coverage/"),
    ("attendance", "monitor", "/dashboards/attendance/"),
    ("claims", "monitor", "/dashboards/claims/"),
    ("officer", "officer", "/me/"),
    ("board", "tsc.kisumu-east", "/board/"),
    ("proposal", "tsc.kisumu-east", "/proposals/"),
    ("deployments", "officer", "/me/deployments/"),
    ("profile", "officer", "/me/profile/"),
    ("vacancies", "officer", "/me/vacancies/"),
    ("queue", "tsc.kisumu-east", "/profiles/queue/"),
)


def main(url: str, centre: str, officer: str) -> None:
    """Writes one PNG per page and width beside this file."""
    accounts = {"centre": centre, "officer": officer}
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    flags = ["--disable-gpu", *(["--no-sandbox"] if os.getuid() == 0 else [])]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=flags)
        for name, account, path in SHOTS:
            for label, width in WIDTHS.items():
                username = accounts.get(account, account)
                _shoot(browser, url, username, path, width, HERE / f"{name}-{label}.png")
        browser.close()


def _shoot(  # noqa: PLR0917 (a script's own order)
    browser: Browser, url: str, username: str, path: str, width: int, file: Path
) -> None:
    height = 900 if width > 600 else 740
    context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
    page = context.new_page()
    page.goto(f"{url}/login/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit].primary")
    page.wait_for_url(lambda address: "/login" not in address)
    if path.startswith("/"):
        page.goto(url + path)
    else:
        page.goto(url + str(page.locator("nav a", has_text=path).first.get_attribute("href")))
    page.wait_for_load_state("networkidle")
    opening = page.get_by_role("button", name="Open today's register")
    if path == "/register/" and opening.count():
        opening.click()
        page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)
    page.screenshot(path=file)
    context.close()


if __name__ == "__main__":
    main(*sys.argv[1:4])
