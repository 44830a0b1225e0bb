"""Walk-ins as their pages show them: the centre's entries and form, the director's list and page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app import clock
from app.attendance.queries import RegisterPage
from app.attendance.rules import REASONS
from app.attendance.services import markers_for
from app.errors import PortalError
from app.extensions import db
from app.scoping.scope import Actor, Scope
from app.walk_ins import queries
from app.walk_ins.enums import NumberKind
from app.walk_ins.models import WalkIn
from app.walk_ins.queries import Line, Neighbour, Verdict
from app.walk_ins.rules import LONGEST_WHY
from views import words
from views.access.language import language_now
from views.registers.sentences import in_language, mark_words, role_name
from views.vacancies.words import reasons
from views.walk_ins.on_register import row_of


def list_context(scope: Scope, *, decided: bool) -> dict[str, Any]:
    """What walk_ins/list.html asks for."""
    today = clock.today()
    lines = queries.in_scope(db.session, scope, today, decided=decided)
    return {
        "rows": [row_of(one) for one in lines],
        "decided": decided,
        "sentence": _sentence(lines, today) if not decided else None,
    }


def own_context(scope: Scope, centre_id: int) -> dict[str, Any]:
    """What walk_ins/own.html asks for: a centre's entries, the latest day first."""
    lines = queries.of_centre(db.session, scope, centre_id)
    return {"rows": [row_of(one) for one in lines]}


def form_context(
    scope: Scope,
    actor: Actor,
    page: RegisterPage,
    *,
    typed: Mapping[str, str],
    error: PortalError | None = None,
) -> dict[str, Any]:
    """What walk_ins/add.html asks for, with everything that was typed."""
    roles = queries.roles_at(db.session, scope, page.place.centre_id)
    faults = (
        [{"field": one.field, "sentence": one.spoken(_)} for one in error.problems] if error else []
    )
    return {
        "centre": page.place.name,
        "context_line": [page.place.series, page.place.code, page.place.sub_county],
        "day": page.place.day,
        "kinds": [
            (str(NumberKind.NATIONAL_ID), _("National ID number")),
            (str(NumberKind.MOBILE), _("Mobile number")),
        ],
        "roles": [
            {"value": "", "label": _("Choose the role")},
            *({"value": one.id, "label": in_language(one.name, one.name_sw)} for one in roles),
        ],
        "late_reasons": [
            {"value": "", "label": _("Not given")},
            *({"value": said, "label": _(said)} for said in REASONS),
        ],
        "markers": [
            {"value": one.deployment_id, "label": f"{one.name}, {role_name(one)}"}
            for one in markers_for(actor, page)
        ],
        "typed": typed,
        "errors": faults,
        "said": {one["field"]: one["sentence"] for one in faults if one["field"]},
        "longest_why": LONGEST_WHY,
    }


def told_context(line: Line) -> dict[str, Any]:
    """What walk_ins/decide.html asks for where the reader decides nothing."""
    return {"row": row_of(line), "facts": _facts(line), "decides": False, "errors": []}


def decide_context(
    one: WalkIn, line: Line, verdict: Verdict, *, last_day: dt.date
) -> dict[str, Any]:
    """What walk_ins/decide.html asks for; an error is added by the page that was refused."""
    person = verdict.person
    return told_context(line) | {
        "person": {
            "name": person.name,
            "mobile": person.mobile,
            "tsc_number": person.tsc_number,
            "workstation": person.workstation,
            "state": person.state,
            "href": f"/officers/show/{person.officer_id}",
            "differs": person.name.casefold() != line.name.casefold(),
        }
        if person
        else None,
        "neighbour": _neighbour(verdict.neighbour) if verdict.neighbour else None,
        "bars": reasons(verdict.bars),
        "others": [said.spoken(_) for said in verdict.others],
        "places": ngettext(
            "%(filled)s of %(num)s place of this role is filled that day",
            "%(filled)s of %(num)s places of this role are filled that day",
            verdict.places,
            filled=verdict.filled,
        ),
        "clear": verdict.is_clear,
        "decides": True,
        "last_day": last_day,
        "to_the_end": last_day > one.day and verdict.absent is None,
        "instead_of": verdict.absent.name if verdict.absent else None,
        "post_url": f"/walk-ins/{one.id}",
        "reason": "",
    }


def _neighbour(one: Neighbour) -> dict[str, Any]:
    """Somebody of another sub-county, as far as the decision needs it."""
    wants = [in_language(role, role_sw) for role, role_sw in one.wants]
    return {
        "initials": one.initials,
        "sub_county": one.sub_county or _("not known"),
        "state": one.state,
        "wants": ", ".join(wants) or _("any role"),
        "elsewhere": one.elsewhere,
    }


def _facts(one: Line) -> list[tuple[str, str]]:
    kind = _("National ID number") if one.number_kind is NumberKind.NATIONAL_ID else _("Mobile")
    ending = _("ends with %(last)s", last=one.number_last) if one.number_last else _("removed")
    at = words.clock_time(one.entered_at)
    return [
        (_("Name as the centre wrote it"), one.name or _("Name removed")),
        (kind, ending),
        (_("Role"), in_language(one.role, one.role_sw)),
        (_("Centre"), f"{one.centre_code} {one.centre}"),
        (_("Day"), words.day(one.day, language_now())),
        (_("Mark given by the centre"), _mark(one)),
        (_("Why they are there"), one.why or _("removed")),
        (_("Entered"), f"{at}, {one.entered_by}" if one.entered_by else at),
    ]


def _mark(one: Line) -> str:
    return mark_words(
        {"status": str(one.status), "minutes_late": one.minutes_late, "reason": one.late_reason}
    )


def _sentence(lines: Sequence[Line], today: dt.date) -> str:
    late = sum(1 for one in lines if one.day < today)
    now = len(lines) - late
    if not lines:
        return _("Nobody waits for a decision.")
    said = ngettext("%(num)s to decide today", "%(num)s to decide today", now)
    if not late:
        return said
    before = ngettext("%(num)s of an earlier day", "%(num)s of earlier days", late)
    return f"{said}; {before}"
