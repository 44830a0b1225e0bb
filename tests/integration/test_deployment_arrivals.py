"""What PostgreSQL says to somebody who writes deployments into places of another sub-county."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.scoping.guard import enter_scope
from app.scoping.scope import NATIONAL, Scope, sub_county_scope, system_scope
from tests.databases import Urls
from tests.factories import world

HELD = """
SELECT d.post_id, d.slot, d.starts_on, d.ends_on, d.series_id, d.role_id, d.sub_county_id
FROM deployment d JOIN centre c ON c.id = d.centre_id JOIN staff_role r ON r.id = d.role_id
WHERE c.code = :code AND r.code = 'invigilator' AND d.status = 'accepted' ORDER BY d.id LIMIT 1
"""
OWN = """
SELECT c.id AS centre_id, c.sub_county_id, o.id AS officer_id
FROM centre c JOIN officer o ON o.sub_county_id = c.sub_county_id
WHERE c.code = :code AND o.merged_into_id IS NULL
  AND NOT EXISTS (SELECT FROM deployment d WHERE d.officer_id = o.id) ORDER BY o.id LIMIT 1
"""
INSERT = """
INSERT INTO deployment (series_id, centre_id, sub_county_id, post_id, role_id, officer_id, slot,
                        starts_on, ends_on)
VALUES (:series_id, :centre_id, :sub_county_id, :post_id, :role_id, :officer_id, :slot,
        :starts_on, :ends_on)
"""
OFF = "ALTER TABLE deployment DISABLE TRIGGER deployment_deployment_in_reach"

AS_DIRECTOR = """
SELECT set_config('app.scope_kind', 'sub_county', true), set_config('app.sub_county_ids', :ids, true)
"""


@dataclass(frozen=True)
class Next:
    """A place next door that somebody holds, and somebody of one's own for it."""

    scope: Scope
    taken: dict[str, Any]

    def at(self, **changes: Any) -> dict[str, Any]:
        return self.taken | changes


def next_door(session: Session) -> Next:
    enter_scope(session, NATIONAL)
    theirs = session.execute(text(HELD), {"code": world.CENTRE}).one()._mapping
    mine = session.execute(text(OWN), {"code": world.NEXT_DOOR}).one()._mapping
    scope = sub_county_scope([mine["sub_county_id"]])
    return Next(scope, dict(theirs) | dict(mine))


def said(session: Session, values: dict[str, Any]) -> str | None:
    """The name of what refused the row, or None where it stands."""
    try:
        with session.begin_nested():
            session.execute(text(INSERT), values)
    except DBAPIError as error:
        return str(error.orig.diag.constraint_name)  # type: ignore[union-attr]
    return None


FREE = {"starts_on": world.TODAY.replace(month=12), "ends_on": world.TODAY.replace(month=12)}
"""Days on which nobody holds any place."""


def test_places_next_door_answer_alike_whether_somebody_holds_them_or_not(
    session: Session,
) -> None:
    there = next_door(session)
    enter_scope(session, there.scope)
    answers = [said(session, there.at(**changes)) for changes in ({}, {"slot": 99}, FREE)]
    assert answers == ["ck_deployment_within_required"] * 3


def test_a_post_that_is_nowhere_answers_as_one_next_door(session: Session) -> None:
    there = next_door(session)
    enter_scope(session, there.scope)
    assert said(session, there.at(post_id=2_000_000_000)) == "ck_deployment_within_required"


def test_without_the_question_the_answer_tells_who_holds_a_place_next_door(
    own_database: Urls,
) -> None:
    """Negative control."""
    owner, application = create_engine(own_database.owner), create_engine(own_database.app)
    with Session(owner) as everybody:
        there = next_door(everybody)
        everybody.execute(text(OFF))
        everybody.commit()
    with Session(application) as session:
        session.execute(text(AS_DIRECTOR), {"ids": f"{{{there.taken['sub_county_id']}}}"})
        answers = [said(session, there.at(**changes)) for changes in ({}, {"slot": 99})]
    assert answers == ["ex_deployment_slot_filled_once", "fk_deployment_post"]
    for engine in (owner, application):
        engine.dispose()


def test_a_job_is_told_what_is_wrong(session: Session) -> None:
    """It reaches everybody: nothing is hidden from it, and nothing is let through."""
    there = next_door(session)
    enter_scope(session, system_scope("proposals"))
    assert said(session, there.taken) == "ex_deployment_slot_filled_once"
    assert said(session, there.at(slot=99)) == "fk_deployment_post"


@pytest.mark.parametrize("conflict", ["ON CONFLICT DO NOTHING", "ON CONFLICT (id) DO NOTHING"])
def test_no_conflict_clause_is_a_way_round(session: Session, conflict: str) -> None:
    there = next_door(session)
    enter_scope(session, there.scope)
    with pytest.raises(DBAPIError) as refused, session.begin_nested():
        session.execute(text(f"{INSERT} {conflict}"), there.taken)
    name = refused.value.orig.diag.constraint_name  # type: ignore[union-attr]
    assert name == "ck_deployment_within_required"
