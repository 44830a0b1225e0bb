"""A county's drivers and store keepers are shared among its stores, and a new store gets its share."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.deployments.models import Post
from app.exams.models import Examination, StaffRole
from app.places.models import Centre, County
from app.procedures import needs
from app.vacancies.needs import shared_among_stores
from tests.factories import world
from tests.factories.registers import acting_as

STORE = "42238900"


@pytest.fixture(autouse=True)
def _office_time() -> None:
    world.freeze()


@pytest.mark.parametrize(
    ("total", "stored", "filled", "shares"),
    [
        (57, {1: 30, 2: 27}, {1: 30, 2: 27}, {1: 30, 2: 27}),
        (58, {1: 30, 2: 27}, {1: 30, 2: 27}, {1: 30, 2: 28}),
        (56, {1: 30, 2: 27}, {1: 30, 2: 20}, {1: 30, 2: 26}),
        (57, {1: 30, 2: 27, 3: 0}, {1: 29, 2: 27}, {1: 29, 2: 27, 3: 1}),
        (57, {1: 30, 2: 27, 3: 0}, {1: 30, 2: 27}, {1: 30, 2: 27, 3: 0}),
        (1, {1: 1, 2: 0}, {}, {1: 1, 2: 0}),
        (5, {1: 0}, {}, {1: 5}),
        (5, {}, {}, {}),
        (0, {1: 2}, {1: 1}, {1: 1}),
    ],
)
def test_posts_of_a_county_are_shared(
    total: int, stored: dict[int, int], filled: dict[int, int], shares: dict[int, int]
) -> None:
    assert shared_among_stores(total, stored, filled) == shares


def posts(session: Session, role: str) -> list[tuple[str, int]]:
    statement = (
        select(Centre.code, Post.required)
        .join(Post, Post.centre_id == Centre.id)
        .join(StaffRole, StaffRole.id == Post.role_id)
        .where(Centre.kind == "store", StaffRole.code == role)
        .where(Centre.code.startswith("42"), Centre.series_id == store(session).series_id)
        .order_by(Centre.code)
    )
    return [(code, required) for code, required in session.execute(statement)]


def store(session: Session) -> Any:
    return session.scalars(select(Centre).where(Centre.code == STORE)).one()


def driver_rule(session: Session, drivers: int) -> dict[str, Any]:
    return {
        "examination_id": session.scalars(
            select(Examination.id).where(Examination.code == "KCSE")
        ).one(),
        "role_id": session.scalars(select(StaffRole.id).where(StaffRole.code == "driver")).one(),
        "county_id": session.scalars(select(County.id).where(County.code == "42")).one(),
        "basis": "county",
        "fixed": drivers,
        "day_kinds": ["written"],
        "effective_from": dt.date(2025, 1, 1),
        "source": "circular",
    }


def test_a_county_s_rule_and_a_new_store_give_posts_to_fill(session: Session) -> None:
    admin = acting_as("admin")
    needs.add_rule(admin.scope, admin.actor, values=driver_rule(session, 9))
    before = dict(posts(session, "driver"))
    assert sum(before.values()) == 9
    values = {
        "series_id": store(session).series_id,
        "sub_county_id": store(session).sub_county_id,
        "code": "42238901",
        "name": "Kisumu East second store",
        "kind": "store",
        "candidates": 0,
    }
    needs.add_centre(admin.scope, admin.actor, values=values)
    after = dict(posts(session, "driver"))
    assert (after.pop("42238901"), sum(after.values())) == (1, 8)


def test_roles_without_a_county_s_rule_keep_their_posts(session: Session) -> None:
    admin, keepers = acting_as("admin"), posts(session, "store_keeper")
    needs.add_rule(admin.scope, admin.actor, values=driver_rule(session, 9))
    assert posts(session, "store_keeper") == keepers
