"""What the register of a centre says of who comes and who leaves, and what a duty was handed over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import Flask
from flask_babel import gettext as _
from sqlalchemy import select

from app.attendance.queries.hand_overs import received_by
from app.deployments.models import Deployment
from app.deployments.queries.moves import CentreMove, moves_around
from app.deployments.queries.rotation import rotating_roles
from app.extensions import db
from app.places.models import Centre
from app.scoping.restrict import restrict
from app.scoping.scope import Scope
from views import words
from views.access.language import language_now
from views.registers.sentences import in_language
from views.request import current_scope

BEFORE, AFTER = dt.timedelta(days=2), dt.timedelta(days=7)


def install(flask_app: Flask) -> None:
    """Gives templates `moves_of_centre(code, day)`, which redeploy/moves.html asks."""
    flask_app.context_processor(lambda: {"moves_of_centre": moves_of_centre})


def moves_of_centre(code: str, day: dt.date) -> list[str]:
    """A sentence for everybody who came to the centre lately or comes soon, or leaves it."""
    statement = select(Centre.id, Centre.sub_county_id).where(Centre.code == code)
    rows = db.session.execute(restrict(statement, Centre, current_scope())).all()
    return [
        sentence_of(move)
        for row in rows
        for move in moves_around(
            db.session,
            centre_id=row.id,
            sub_county_id=row.sub_county_id,
            since=day - BEFORE,
            until=day + AFTER,
        )
    ]


def sentence_of(move: CentreMove) -> str:
    """ "From Thu 12 Nov: A. Otieno, invigilator, comes from Kisumu Day Secondary." """
    facts = {
        "day": words.day(move.first, language_now()),
        "officer": move.officer,
        "role": in_language(move.role, move.role_sw).lower(),
        "other": move.other,
    }
    if move.comes:
        return _("From %(day)s: %(officer)s, %(role)s, comes from %(other)s.", **facts)
    return _("From %(day)s: %(officer)s, %(role)s, leaves for %(other)s.", **facts)


def hand_overs_around(scope: Scope, stays: Sequence[Deployment], today: dt.date) -> dict[int, Any]:
    """By stay in a role that rotates: the address of its own form and of the one left to it."""
    rotating = {
        (series_id, role.id)
        for series_id in {one.series_id for one in stays}
        for role in rotating_roles(db.session, series_id)
    }
    mine = [
        one
        for one in stays
        if (one.series_id, one.role_id) in rotating and one.ends_on >= one.starts_on
    ]
    left = received_by(scope, [one for one in mine if one.ends_on >= today])
    return {
        one.id: {
            "write": f"/me/hand-overs/{one.id}/" if one.starts_on <= today else None,
            "read": f"/hand-overs/{left[one.id].id}" if one.id in left else None,
        }
        for one in mine
    }
