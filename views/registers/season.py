"""The pages beside the register: the centre's season, the roster of rehearsal day, a mark's history."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app import clock
from app.attendance import queries, services
from app.attendance.enums import SETTLED
from app.attendance.queries import CentreOnDay, HistoryEntry, MarkedDay, SeasonDay
from app.exams.enums import DayKind
from app.permissions import may
from views.registers.context import Refused
from views.registers.sentences import KIND_WORDS, in_language, mark_words, role_name
from views.request import current_actor, current_scope


def season_context(place: CentreOnDay) -> dict[str, Any]:
    """What register/season.html asks for."""
    days = queries.season_of(current_scope(), place.centre_id)
    own = may(current_actor(), "registers", "open")
    base = "/register" if own else f"/register/{place.code}"
    return {
        "season": {
            "name": place.series,
            "centre": {"code": place.code, "name": place.name},
            "sub_county": place.sub_county,
            "sentence": _season_sentence(days),
        },
        "days": [_day(one, base) for one in days],
        "links": {"print": f"/register/{place.code}/season.pdf"},
    }


def _season_sentence(days: Sequence[SeasonDay]) -> str:
    past = [one for one in days if one.day <= clock.today()]
    confirmed = sum(1 for one in past if one.state in SETTLED)
    return _("%(confirmed)s of %(past)s days confirmed", confirmed=confirmed, past=len(past))


def _day(one: SeasonDay, base: str) -> dict[str, Any]:
    has_come = one.day <= clock.today()
    return {
        "day": one.day,
        "kind": None if one.kind is DayKind.WRITTEN else _(KIND_WORDS[one.kind]),
        "payable": one.payable,
        "state": (str(one.state) if one.state else "not_opened") if has_come else None,
        "present": one.present,
        "late": one.late,
        "absent": one.absent,
        "expected": one.expected,
        "href": f"{base}/{one.day}",
        "is_today": one.day == clock.today(),
    }


def roster_context(place: CentreOnDay, refused: Refused | None = None) -> dict[str, Any]:
    """What register/roster.html asks for; the people are those of rehearsal day."""
    scope, actor = current_scope(), current_actor()
    rehearsal = next(
        (d.day for d in queries.season_of(scope, place.centre_id) if d.kind is DayKind.REHEARSAL),
        place.day,
    )
    page = queries.register_page(
        scope, queries.centre_on_day(scope, rehearsal, centre_id=place.centre_id)
    )
    word = queries.roster_confirmation(scope, place.centre_id)
    typed = refused.typed if refused else {}
    people = len(page.lines)
    return {
        "roster": {
            "centre": {"code": place.code, "name": place.name},
            "series": place.series,
            "sub_county": place.sub_county,
            "day": rehearsal,
            "sentence": ngettext("%(num)s person", "%(num)s people", people),
            "confirmed": {"at": word.at, "by": word.by or ""} if word else None,
        },
        "rows": [
            {
                "deployment_id": line.deployment_id,
                "name": line.name,
                "role": role_name(line),
                "telephone": line.telephone,
                "from_day": line.starts_on,
                "to_day": line.ends_on,
                "reported": typed.get(f"reported-{line.deployment_id}") != "no",
                "remark": typed.get(f"remark-{line.deployment_id}", ""),
            }
            for line in page.lines
        ],
        "may_confirm": clock.today() == rehearsal and may(actor, "deployments", "confirm_roster"),
        "post_url": "/register/roster/",
        "request_id": str(uuid.uuid4()),
        "errors": refused.errors if refused else [],
        "marked_by_choices": [
            {"value": one.deployment_id, "label": f"{one.name}, {role_name(one)}"}
            for one in services.markers_for(actor, page)
        ],
        "marked_by": int(typed["marked_by"]) if typed.get("marked_by", "").isdecimal() else None,
        "links": {"incident": "/incidents/add" if may(actor, "incidents", "add") else None},
    }


def history_context(duty: MarkedDay, entries: Sequence[HistoryEntry]) -> dict[str, Any]:
    """What register/history.html asks for, the newest value first."""
    return {
        "duty": duty,
        "role": in_language(duty.role, duty.role_sw),
        "entries": [
            {
                "status": str(one.status),
                "words": mark_words(
                    {
                        "status": one.status,
                        "minutes_late": one.minutes_late,
                        "reason": one.reason,
                        "remark": one.remark,
                    }
                ),
                "self_marked": one.self_marked,
                "marked_by": one.marked_by,
                "account": one.account,
                "at": one.at,
                "correction_reason": one.correction_reason,
            }
            for one in reversed(entries)
        ],
    }
