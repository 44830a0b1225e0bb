"""The navigation: lists that grow open on the season that runs; one word says where one is."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.exams.models import Series
from app.exams.queries import series_on
from app.scoping.guard import enter_scope
from app.scoping.scope import NATIONAL
from tests.factories import world


def test_running_series_of_a_day_is_the_longest_that_holds_it(session: Session) -> None:
    enter_scope(session, NATIONAL)
    kcse = session.scalars(select(Series.id).where(Series.code == "KCSE-2026")).one()
    assert series_on(session, world.TODAY) == kcse


@pytest.mark.parametrize("page", ["centres", "deployments"])
def test_navigation_opens_the_running_season_and_its_chip_can_be_taken_off(
    session: Session, client_of: Any, page: str
) -> None:
    director = client_of("tsc.kisumu-east")
    home = director.get("/").get_data(as_text=True)
    address = re.search(rf'href="(/{page}/list/\?_flt_0_series=\d+)"', home)
    assert address is not None
    season = director.get(address.group(1)).get_data(as_text=True)
    everything = director.get(f"/{page}/list/").get_data(as_text=True)
    assert "KCSE 2026" in season
    assert world.PRIMARY in everything
    assert world.PRIMARY not in season


@pytest.mark.parametrize(
    ("account", "path", "word"),
    [
        ("monitor", "/", "Home"),
        ("monitor", "/dashboards/coverage/", "Dashboards"),
        ("monitor", "/dashboards/claims/", "Dashboards"),
        ("monitor", "/registers/disputes/", "Registers"),
        ("scde.kisumu-east", "/registers/disputes/", "Disputes"),
        ("scde.kisumu-east", f"/register/{world.CENTRE}/{world.TODAY}", "Registers"),
        ("scde.kisumu-east", "/concerns/", "Deployments"),
        ("tsc.kisumu-east", "/proposals/", "Deployments"),
        ("tsc.kisumu-east", "/corrections/", "Deployments"),
        (f"KCSE{world.CENTRE}", "/register/", "Register"),
        (f"KCSE{world.CENTRE}", f"/register/{world.TODAY}", "Register"),
        (f"KCSE{world.CENTRE}", "/register/season/", "Season"),
        ("results.officer", "/result-files/add", "Results"),
    ],
)
def test_one_word_says_where_one_is(client_of: Any, account: str, path: str, word: str) -> None:
    page = client_of(account).get(path).get_data(as_text=True)
    said = re.findall(r'aria-current="page">(.*?)</a>', page, re.DOTALL)
    assert {re.sub(r"<[^>]+>", "", one).strip() for one in said} == {word}
