"""A new reference table is one model, one migration and one view class, and gets everything."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from config import CHECKOUT

EXPORTED = '"Code","Name","Open"\r\n"01","\'=KCB","Yes"\r\n'


def test_new_table_gets_every_page_search_export_rest_and_permission(
    own_database: Any, tmp_path: Path
) -> None:
    urls = dataclasses.asdict(own_database) | {"name": str(tmp_path / "data")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.factories.bank_table", json.dumps(urls)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "added": 303,
        "twice": [422, True],
        "posted": 201,
        "clash": [409, "application/problem+json"],
        "listed": ["=KCB", "Equity"],
        "searched": True,
        "missed": False,
        "exported": EXPORTED,
        "documented": True,
        "monitor": [200, 403, 403],
        "stranger": 302,
    }


def test_view_class_of_a_new_table_is_under_thirty_lines() -> None:
    source = (CHECKOUT / "tests" / "factories" / "bank_table.py").read_text()
    view = source.split("class BankView")[1].split("\n\n\n")[0]
    assert len(view.splitlines()) < 30


def test_document_shows_the_very_view_that_the_test_runs() -> None:
    told = (CHECKOUT / "docs" / "add-a-table.md").read_text()
    source = (CHECKOUT / "tests" / "factories" / "bank_table.py").read_text()
    view = "class BankView" + source.split("class BankView")[1].split("\n\n\n")[0]
    assert view in told
