"""Incident and hand-over reports: written by the centre, edited until they are submitted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app import clock
from app.attendance.models import Incident
from app.audit.services import record
from app.db.uow import unit_of_work
from app.errors import IllegalMove, RuleBroken
from app.extensions import db
from app.permissions import require
from app.places.models import Centre
from app.reference.services import Records, Values, add_record, edit_record, subject_of, within
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.words import N_

INCIDENTS = Records(Incident, "incidents", personal=frozenset({"title", "details"}))


def add_incident(scope: Scope, actor: Actor, *, values: Values) -> Incident:
    """A report of the actor's own centre, not yet submitted."""
    centre = _own_centre(scope)
    given = {
        **values,
        "centre_id": centre.id,
        "sub_county_id": centre.sub_county_id,
        "series_id": centre.series_id,
        "created_by": actor.user_id,
    }
    _refuse_days_to_come(values)
    incident: Incident = add_record(INCIDENTS, scope, actor, values=given)
    return incident


def edit_incident(scope: Scope, actor: Actor, *, pk: int, values: Values) -> Incident:
    """Changes a report that is not submitted yet."""
    _refuse_days_to_come(values)
    with unit_of_work(db.session) as session:
        _refuse_submitted(within(session, Incident, scope, pk))
        incident: Incident = edit_record(INCIDENTS, scope, actor, pk=pk, values=values)
    return incident


def submit_incidents(scope: Scope, actor: Actor, ids: Sequence[int]) -> None:
    """Sends reports to the sub-county; from now on they stand as written."""
    require(actor, "incidents", "submit")
    with unit_of_work(db.session) as session:
        for pk in ids:
            incident = within(session, Incident, scope, pk)
            _refuse_submitted(incident)
            incident.submitted_at = clock.now()
            session.flush()
            record(session, actor, "incident.submitted", subject_of(INCIDENTS, incident))


def _own_centre(scope: Scope) -> Any:
    centres = db.session.scalars(
        restrict(select(Centre), Centre, scope).where(Centre.id.in_(scope.centre_ids))
    ).all()
    if len(centres) != 1:
        raise RuleBroken("no-centre", N_("A report is written by a centre."))
    return centres[0]


def _refuse_submitted(incident: Incident) -> None:
    if incident.submitted_at is not None:
        raise IllegalMove(
            "submitted-already", N_("This report is submitted and stands as written.")
        )


def _refuse_days_to_come(values: Values) -> None:
    if "day" in values and values["day"] > clock.today():
        raise RuleBroken("day-to-come", N_("This day has not come yet."), field="day")
