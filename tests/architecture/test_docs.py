"""The documents say what the program does: settings, decisions, commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config import CHECKOUT, Settings

DOCS = CHECKOUT / "docs"


def test_configuration_page_lists_exactly_the_settings() -> None:
    rows = [
        line.split("|")[1]
        for line in (DOCS / "configuration.md").read_text().splitlines()
        if line.startswith("| `")
    ]
    documented = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert documented == {name.upper() for name in Settings.model_fields}


def test_every_decision_is_in_the_index() -> None:
    index = (DOCS / "adr" / "README.md").read_text()
    records = sorted(p.name for p in (DOCS / "adr").glob("0*.md"))
    assert records == re.findall(r"\]\((0[^)]+\.md)\)", index)


@pytest.mark.parametrize(
    "page", sorted([*DOCS.rglob("*.md"), CHECKOUT / "README.md"]), ids=lambda p: p.name
)
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
    local = [link for link in links if not link.startswith(("http", "mailto"))]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_make_targets_of_the_readme_exist() -> None:
    named = set(re.findall(r"`make ([a-z-]+)", (CHECKOUT / "README.md").read_text()))
    targets = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.M))
    assert named <= targets
