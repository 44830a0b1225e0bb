"""Propose, review, publish; the officer reads the SMS and the letter, and a stranger checks its code."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from app.server import plain
from tests.browsers import Server, served, too_wide
from tests.e2e.test_main_job import PHONE, sign_in, sign_out
from tests.factories import world

pytestmark = pytest.mark.e2e

NOW = "2026-11-11T07:20:00+03:00"
DESK = {"width": 1280, "height": 900}
TSC, SCDE = "tsc.kisumu-east", "scde.kisumu-east"
MORE = """
    UPDATE post SET required = required + 2 FROM centre c, staff_role r
    WHERE c.id = post.centre_id AND r.id = post.role_id AND c.code = %s AND r.code = 'invigilator'
"""
FIT = """
    UPDATE officer SET teaches_at = 'primary', started_on = '2012-01-01', employer_kind = 'tsc'
    WHERE workstation = 'Kisumu East Boys'
"""


@pytest.fixture
def portal(clone_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The launcher with its worker, on a world in which two places are open and two people free."""
    folder = tmp_path_factory.mktemp("proposals")
    with clone_database("proposals") as urls:
        with psycopg.connect(plain(urls.owner)) as owner:
            owner.execute(MORE, [world.CENTRE])
            owner.execute(FIT)
        with served(urls, folder, NOW=NOW, QUEUE_WORKERS="1") as server:
            yield server


def fits(page: Page) -> None:
    assert too_wide(page) <= 1


def proposed(page: Page, portal: Server) -> str:
    """The director asks and waits until the page, which refreshes by itself, is ready."""
    sign_in(page, portal, TSC)
    page.goto(f"{portal.url}/proposals/")
    fits(page)
    page.get_by_role("button", name="Propose", exact=True).click()
    expect(page.get_by_text("It is the optimum").first).to_be_visible(timeout=30_000)
    expect(page.get_by_role("heading", name="What counts")).to_be_visible()
    fits(page)
    return page.url


def concerned(page: Page, portal: Server, address: str) -> None:
    """The SCDE reads the proposal and raises a concern about one person."""
    sign_in(page, portal, SCDE)
    page.goto(f"{address}?show=all")
    fits(page)
    page.get_by_role("link", name=re.compile("Raise a concern")).first.click()
    page.get_by_label("What is the concern?").fill("A cousin of the principal")
    page.get_by_role("button", name="Raise a concern").click()
    expect(page.get_by_text("The TSC director has your concern.")).to_be_visible()
    sign_out(page)


def reviewed(page: Page, address: str) -> None:
    """The odd ones are looked at, one is locked, the rest is solved again."""
    page.goto(address)
    page.get_by_role("button", name=re.compile("^Lock ")).nth(1).click()
    expect(page.get_by_text("Locked").first).to_be_visible()
    for part in ("Everybody", "Empty places", "Without a place"):
        page.get_by_role("link", name=re.compile(f"^{part}")).click()
        fits(page)
    page.get_by_text("Change the weights and solve the rest again").click()
    page.get_by_label("A kilometre from home counts").fill("25")
    page.get_by_role("button", name="Solve the rest again").click()
    expect(page.get_by_text("from home 0.25")).to_be_visible(timeout=30_000)
    fits(page)


def told(page: Page, portal: Server) -> str:
    """The mobile number of somebody who was published today, by what the administrator reads."""
    with psycopg.connect(plain(portal.urls.owner)) as owner:
        (mobile,) = owner.execute(
            "SELECT o.mobile FROM deployment d JOIN officer o ON o.id = d.officer_id"
            " WHERE o.workstation = 'Kisumu East Boys' AND d.status = 'published'"
            " ORDER BY o.id LIMIT 1"
        ).fetchone()
    sign_in(page, portal, "admin")
    page.goto(f"{portal.url}/messages/outbox/")
    said = page.locator("main").inner_text()
    assert "you are deployed as invigilator at Kisumu Day Secondary" in said
    assert "/me/deployments/" in said
    sign_out(page)
    return str(mobile)


def code_on(paper: bytes) -> str:
    """What the QR on the first page of a PDF says."""
    image = pypdfium2.PdfDocument(paper)[0].render(scale=4).to_pil()
    (found,) = zxingcpp.read_barcodes(image)
    return str(found.text)


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["360", "1280"])
def test_from_the_proposal_to_the_checked_letter(
    page: Page, portal: Server, screen: dict[str, int]
) -> None:
    page.set_viewport_size(screen)
    address = proposed(page, portal)
    sign_out(page)
    concerned(page, portal, address)
    sign_in(page, portal, TSC)
    page.goto(f"{portal.url}/")
    expect(page.get_by_text("proposed, not published")).to_be_visible()
    reviewed(page, address)

    page.get_by_role("link", name="See what publishing changes").click()
    fits(page)
    expect(page.get_by_text("A cousin of the principal")).to_be_visible()
    page.get_by_label("Why this comes late").fill("Two more rooms were opened")
    publish = page.get_by_role("button", name=re.compile("^Publish 2 deployments"))
    publish.click()
    expect(page.get_by_text(re.compile("Read or answer the concern")).first).to_be_visible()
    assert page.get_by_label("Why this comes late").input_value() == "Two more rooms were opened"
    page.get_by_text("I have read this concern").click()
    page.get_by_role("button", name=re.compile("^Publish 2 deployments")).click()
    expect(page.get_by_text("their letters are made, the SMS are on their way")).to_be_visible()
    fits(page)
    sign_out(page)

    sign_in(page, portal, told(page, portal))
    page.goto(f"{portal.url}/me/deployments/")
    fits(page)
    link = page.get_by_role("link", name=re.compile("Download")).first
    paper = page.request.get(f"{portal.url}{link.get_attribute('href')}").body()
    words = " ".join(PdfReader(io.BytesIO(paper)).pages[0].extract_text().split())
    assert "Kisumu Day Secondary" in words
    assert len(paper) < 100_000
    sign_out(page)

    token = code_on(paper).rpartition("/")[2]
    page.goto(f"{portal.url}/verify/{token.lower()}")
    expect(page.get_by_text("This letter is valid.")).to_be_visible()
    expect(page.get_by_text("Kisumu Day Secondary").first).to_be_visible()
    fits(page)
    assert page.foreign == []
