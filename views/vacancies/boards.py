"""The applicants of a vacancy as the director reads them: place, numbers, points, bars, buttons."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.permissions import may
from app.scoping.scope import Actor
from app.vacancies.enums import ApplicationAct, ApplicationState
from app.vacancies.machine import acts_from
from app.vacancies.queries.applicants import Applicant, Board
from app.words import N_
from views.vacancies.cards import closing_day, role_of
from views.vacancies.words import CRITERIA, reasons

LABELS = {
    ApplicationAct.SHORTLIST: N_("Shortlist"),
    ApplicationAct.SELECT: N_("Select"),
    ApplicationAct.DECLINE: N_("Decline"),
}


def board_context(board: Board, actor: Actor) -> dict[str, Any]:
    """What vacancies/shortlist.html asks for."""
    row, names = board.vacancy, dict(CRITERIA)
    waiting = sum(
        one.state == ApplicationState.APPLIED and not one.bars for one in board.applicants
    )
    decides = may(actor, "applications", "shortlist")
    return {
        "title": f"{role_of(row)}, {row.duty_station}",
        "back": f"/vacancies/show/{row.id}",
        "context": [row.series, row.sub_county],
        "sentence": _sentence(board),
        "weights": [
            {"name": str(names[one.criterion]), "weight": one.weight} for one in board.weights
        ],
        "suggested": min(waiting, 2 * max(0, row.posts - board.offered)) or waiting,
        "waiting": waiting,
        "may_decide": decides,
        "address": f"/shortlists/{row.id}",
        "applicants": [_line(one, board, actor, decides=decides) for one in board.applicants],
    }


def _sentence(board: Board) -> str:
    applicants = ngettext("%(num)s applicant", "%(num)s applicants", len(board.applicants))
    return _(
        "%(applicants)s, %(offered)s of %(posts)s posts offered. Closes %(day)s.",
        applicants=applicants,
        offered=board.offered,
        posts=board.vacancy.posts,
        day=closing_day(board.closes_at),
    )


def _line(one: Applicant, board: Board, actor: Actor, *, decides: bool) -> dict[str, Any]:
    standing = one.ranked.standing
    return {
        "id": standing.application_id,
        "place": one.ranked.place,
        "name": one.name,
        "mobile": one.mobile if decides or may(actor, "officers", "edit") else None,
        "workstation": one.workstation,
        "state": one.state,
        "km": None if standing.distance_km is None else f"{standing.distance_km:.0f}",
        "years": standing.years_served,
        "left_out": not standing.chosen_last_year,
        "verified": standing.verified,
        "points": [
            {"name": weight.criterion, "points": one.ranked.points[weight.criterion]}
            for weight in board.weights
        ],
        "total": one.ranked.total,
        "bars": reasons(one.bars),
        "reason": one.reason,
        "acts": [
            {"act": str(act), "label": _(LABELS[act]), "danger": act is ApplicationAct.DECLINE}
            for act in acts_from(ApplicationState(one.state), by_officer=False)
            if decides and may(actor, "applications", str(act))
        ],
    }
