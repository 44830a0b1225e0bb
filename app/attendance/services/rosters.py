"""Rehearsal day: the centre says who of its roster reported, and confirms the roster."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.attendance.queries import centre_on_day, register_page
from app.attendance.services.marking import markers_for
from app.audit import services as audit
from app.db.retries import in_one_transaction
from app.deployments.models import RosterConfirmation
from app.errors import RuleBroken
from app.exams.enums import DayKind
from app.extensions import db
from app.permissions import require
from app.scoping.scope import Actor, Scope
from app.words import N_

LONGEST = 500


def confirm_roster(
    scope: Scope,
    actor: Actor,
    centre_id: int,
    day: dt.date,
    *,
    marked_by: int | None,
    missing: Mapping[int, str],
) -> int:
    """Stores the centre's word on its roster on rehearsal day; returns how many reported.

    `missing` are the deployments of who did not come, with a remark or an empty text. Until the
    day ends it may be said again; every time is an event.
    """

    def work() -> int:
        place = centre_on_day(scope, day, centre_id=centre_id)
        require(actor, "deployments", "confirm_roster")
        if place.hours is None or place.hours.kind is not DayKind.REHEARSAL or day != clock.today():
            said = N_("The roster is confirmed on rehearsal day.")
            raise RuleBroken("not-rehearsal-day", said)
        page = register_page(scope, place)
        if marked_by not in {line.deployment_id for line in markers_for(actor, page)}:
            said = N_("The person who confirms must be on duty at this centre today.")
            raise RuleBroken("marker-not-on-duty", said, field="marked_by")
        if not missing.keys() <= page.names.keys():
            raise RuleBroken("not-on-register", N_("Somebody named here is not on this register."))
        notes = [_note(page.names[i], remark) for i, remark in missing.items()]
        reported = len(page.lines) - len(missing)
        values = {
            "confirmed_at": clock.now(),
            "confirmed_by": actor.user_id,
            "people": reported,
            "remark": "; ".join(notes)[:LONGEST] or None,
        }
        table = RosterConfirmation.__table__
        stored = db.session.execute(
            insert(table)
            .values(centre_id=centre_id, sub_county_id=place.sub_county_id, **values)
            .on_conflict_do_update(index_elements=["centre_id"], set_=values)
            .returning(table.c.id)
        ).scalar_one()
        audit.record(
            db.session,
            actor,
            "roster.confirmed",
            audit.Subject("roster", stored, sub_county_id=place.sub_county_id, centre_id=centre_id),
            after={"people": reported, "missing": sorted(missing), "by": marked_by},
        )
        return reported

    return in_one_transaction(db.session, work)


def _note(name: str, remark: str) -> str:
    tidied = " ".join(remark.split())
    return f"{name}: {tidied}" if tidied else name
