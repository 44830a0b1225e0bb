"""Lists that grow with every season open on the one that runs."""

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
