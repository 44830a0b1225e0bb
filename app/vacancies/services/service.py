"""Seasons that officers served before the portal: entered by the office, read by the rules."""

from __future__ import annotations

from app.db.uow import unit_of_work
from app.extensions import db
from app.people.models import Officer
from app.permissions import require
from app.reference.services import Records, Values, add_record, within
from app.scoping.scope import Actor, Scope
from app.vacancies.models import ServiceRecord

SEASONS = Records(ServiceRecord, "service-history")


def add_season(scope: Scope, actor: Actor, *, values: Values) -> ServiceRecord:
    """A season that an officer in scope served; it belongs to the officer's sub-county."""
    require(actor, SEASONS.resource, "add")
    with unit_of_work(db.session) as session:
        officer = within(session, Officer, scope, values["officer_id"])
        given = {**values, "sub_county_id": officer.sub_county_id}
        added: ServiceRecord = add_record(SEASONS, scope, actor, values=given)
    return added
