"""Takes the README's screenshots from a running demonstration.

    python docs/screenshots/take.py URL CENTRE OFFICER [DATA_DIR]

`CENTRE` and `OFFICER` are the sign-ins that the start prints. With the folder of the data, and after
`make results-demo CANDIDATES=3000`, the pages of results are taken too: of the first candidate of its
file, who does not exist. Names after that take these pages alone.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
WIDTHS = {"1280": (1280, 900), "360": (360, 740)}
PASSWORD = "Karibu-2026"  # noqa: S105 (the demonstration's own, public)
COLOURS = 256
"""In a picture: a page has few, and the file is half as large."""


@dataclass(frozen=True)
class Shot:
    """One page: who looks at it (nobody: a stranger), where, and what is done there first."""

    name: str
    account: str
    path: str
    first: Callable[[Page, Mapping[str, str]], None] | None = None


def _opened(page: Page, _given: Mapping[str, str]) -> None:
    """The register of today, opened where it is not."""
    opening = page.get_by_role("button", name="Open today's register")
    if opening.count():
        opening.click()


def _proposed(page: Page, _given: Mapping[str, str]) -> None:
    """The sub-county's proposal under review, asked for where there is none."""
    asking = page.get_by_role("button", name="Propose", exact=True)
    if asking.count():
        asking.click()
    page.get_by_role("heading", name="What counts").wait_for(timeout=60_000)


def _drawn(page: Page, _given: Mapping[str, str]) -> None:
    """A dashboard with its map."""
    page.locator(".js-plotly-plot .main-svg").first.wait_for(state="attached", timeout=60_000)


def _released(page: Page, given: Mapping[str, str]) -> None:
    """The dashboard of a release where its map and counties stand."""
    _drawn(page, given)
    page.evaluate("scrollTo(0, 560)")


def _asked(page: Page, given: Mapping[str, str]) -> None:
    """A candidate's own results."""
    page.fill("[name=index]", given["index"])
    page.fill("[name=name]", given["name"])
    page.locator("form button").first.click()


SHOTS = (
    Shot("register", "centre", "/register/", _opened),
    Shot("home", "scde.kisumu-east", "/"),
    Shot("centres", "tsc.kisumu-east", "/centres/list/"),
    Shot("coverage", "monitor", "/dashboards/coverage/", _drawn),
    Shot("attendance", "monitor", "/dashboards/attendance/", _drawn),
    Shot("claims", "monitor", "/dashboards/claims/", _drawn),
    Shot("officer", "officer", "/me/"),
    Shot("board", "tsc.nyando", "/board/"),
    Shot("proposal", "tsc.nyakach", "/proposals/", _proposed),
    Shot("deployments", "officer", "/me/deployments/"),
    Shot("profile", "officer", "/me/profile/"),
    Shot("vacancies", "officer", "/me/vacancies/"),
    Shot("queue", "tsc.kisumu-east", "/profiles/queue/"),
)
OF_RESULTS = (
    Shot("results", "", "/results/", _asked),
    Shot("school-results", "principal", "/school-results/"),
    Shot("results-dashboard", "monitor", "/dashboards/results/", _released),
)


def main(url: str, centre: str, officer: str, data_dir: str = "", *names: str) -> None:
    """Writes one PNG per page and width beside this file."""
    given = {"centre": centre, "officer": officer} | _candidate(data_dir)
    shots = (*SHOTS, *OF_RESULTS) if "index" in given else SHOTS
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    flags = ["--disable-gpu", *(["--no-sandbox"] if os.getuid() == 0 else [])]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=flags)
        for shot in shots:
            for label in WIDTHS if not names or shot.name in names else ():
                file = HERE / f"{shot.name}-{label}.png"
                _shoot(browser, url, shot, label, given, file)  # fmt: skip
                sys.stdout.write(f"{file.name}  {file.stat().st_size // 1000} kB\n")
        browser.close()


def _candidate(data_dir: str) -> dict[str, str]:
    """The first candidate of the demonstration's release, and the sign-in of their school."""
    file = Path(data_dir) / "results-demo.csv"
    if not data_dir or not file.is_file():
        sys.stdout.write("No results were released here: their pages are left out.\n")
        return {}
    with file.open(newline="") as rows:
        first = next(csv.DictReader(rows))
    index = first["index_number"]
    return {"index": index, "name": first["names"].split()[0], "principal": f"KCSE{index[:8]}"}


def _shoot(  # noqa: PLR0917 (a script's own order)
    browser: Browser, url: str, shot: Shot, label: str, given: Mapping[str, str], file: Path
) -> None:
    width, height = WIDTHS[label]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
    page = context.new_page()
    if shot.account:
        page.goto(f"{url}/login/")
        page.fill("[name=username]", given.get(shot.account, shot.account))
        page.fill("[name=password]", PASSWORD)
        page.click("button[type=submit].primary")
        page.wait_for_url(lambda address: "/login" not in address)
    page.goto(url + shot.path)
    if shot.first:
        shot.first(page, given)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    context.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
