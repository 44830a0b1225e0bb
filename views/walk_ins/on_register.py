"""Walk-ins beside the rows of a register, which shows them without counting them."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app import clock
from app.attendance.queries import RegisterPage
from app.extensions import db
from app.permissions import may
from app.scoping.scope import Actor, Scope
from app.walk_ins import queries
from app.walk_ins.enums import WalkInState
from app.walk_ins.queries import Line
from app.walk_ins.rules import is_overdue
from views.registers.sentences import in_language, mark_words


def on_register(scope: Scope, actor: Actor, page: RegisterPage) -> dict[str, Any] | None:
    """The walk-ins of a register's day as day.html shows them, and where one is entered."""
    if page.place.of_store or not may(actor, "walk-ins", "list"):
        return None
    lines = queries.of_centre(db.session, scope, page.place.centre_id, page.place.day)
    shown = [one for one in lines if one.state is not WalkInState.WITHDRAWN]
    enters = may(actor, "walk-ins", "add") and page.place.day == clock.today()
    return {
        "rows": [row_of(one) for one in shown],
        "waiting": sum(1 for one in shown if one.state is WalkInState.PROVISIONAL),
        "add_url": "/walk-ins/add" if enters and page.place.hours is not None else None,
        "list_url": "/walk-ins/",
        "withdraws": may(actor, "walk-ins", "withdraw"),
    }


def row_of(one: Line) -> dict[str, Any]:
    """A walk-in in a list."""
    return {
        "id": one.id,
        "name": one.name or _("Name removed"),
        "role": in_language(one.role, one.role_sw),
        "centre": one.centre,
        "centre_code": one.centre_code,
        "sub_county": one.sub_county,
        "day": one.day,
        "register_url": f"/register/{one.centre_code}/{one.day}",
        "status": str(one.status),
        "mark": mark_words(
            {
                "status": str(one.status),
                "minutes_late": one.minutes_late,
                "reason": one.late_reason,
            }
        ),
        "why": one.why,
        "state": str(one.state),
        "overdue": is_overdue(one.state, one.day, clock.today()),
        "reason": one.decision_reason,
        "waits": one.state is WalkInState.PROVISIONAL,
        "href": f"/walk-ins/{one.id}",
        "withdraw_url": f"/walk-ins/{one.id}/withdraw",
        "entered_at": one.entered_at,
        "decided_at": one.decided_at,
    }
