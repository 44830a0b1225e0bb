"""Concerns of the SCDE: who reads them, which wait, and that one place's are not another's."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.deployments.queries import concerns_in, open_concerns
from app.deployments.services import answer_concern
from tests.integration.test_letters_services import director


def test_open_concerns_are_those_of_the_area_without_an_answer(session: Session) -> None:
    scope, actor = director(session)
    waiting = open_concerns(session, scope)
    assert [one.reason for one in waiting] == ["Works at this school."]
    answer_concern(scope, actor, [waiting[0].deployment_id], "Moved.")
    assert open_concerns(session, scope) == []
    assert [one.answer for one in concerns_in(session, scope, answered=True)] == ["Moved."]
    assert concerns_in(session, scope, answered=False) == []


def test_concerns_of_another_series_are_left_out(session: Session) -> None:
    scope, _actor = director(session)
    assert open_concerns(session, scope, series_id=0) == []


def test_concerns_next_door_stay_there(session: Session) -> None:
    here, _actor = director(session)
    mine = {one.id for one in open_concerns(session, here)}
    there, _actor = director(session, "kisumu-west")
    theirs = {one.id for one in open_concerns(session, there)}
    assert mine
    assert theirs
    assert not mine & theirs
