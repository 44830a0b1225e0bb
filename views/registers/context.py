"""A register as its page shows it: values of the house turned into what the template asks for."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from app.attendance.enums import WITH_CENTRE, Act, RegisterState
from app.attendance.machine import moves_from, window
from app.attendance.queries import (
    CentreOnDay,
    Line,
    RegisterPage,
    days_beside,
    last_marker,
    returned_in,
)
from app.attendance.rules import REASONS
from app.attendance.services import markers_for, marking_refusal
from app.clock import now
from app.errors import PortalError
from app.exams.enums import DayKind
from app.permissions import may
from app.scoping.scope import Actor
from views.access.context import own_contacts
from views.registers.sentences import (
    mark_words,
    remarked_sentence,
    role_name,
    saved_sentence,
    state_sentence,
)
from views.request import current_scope
from views.walk_ins.on_register import on_register

CENTRE_ACTS = frozenset({Act.OPEN, Act.SAVE, Act.SUBMIT})
EMPTY: Mapping[str, str] = {}


@dataclass(frozen=True)
class Refused:
    """A refusal on its way to the page or to the script, with what was typed."""

    error: PortalError
    typed: Mapping[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> list[dict[str, Any]]:
        """The people whom a submit left out."""
        found = [p.facts["missing"] for p in self.error.problems if p.code == "marks-missing"]
        return list(found[0]) if found else []  # type: ignore[call-overload]

    @property
    def errors(self) -> list[dict[str, str | None]]:
        """Each fault with its field; those left out are listed apart, a conflict row by row."""
        if self.clash:
            return []
        problems = [one for one in self.error.problems if one.code != "marks-missing"]
        return [{"field": _field(one.field), "sentence": one.spoken(_)} for one in problems]

    @property
    def clash(self) -> bool:
        """Whether somebody else stored another version meanwhile."""
        return self.error.code == "register-changed" and "rows" in self.error.facts

    @property
    def conflict(self) -> list[dict[str, Any]]:
        """Both values of each row that differs."""
        if not self.clash:
            return []
        rows: Any = self.error.facts["rows"]
        return [
            {**row, "mine": _spoken(row["mine"]), "theirs": _spoken(row["theirs"])} for row in rows
        ]

    @property
    def conflict_sentence(self) -> str | None:
        """What happened, when somebody else was quicker."""
        return self.error.spoken(_) if self.clash else None


def page_context(
    page: RegisterPage,
    actor: Actor,
    address: str,
    *,
    refused: Refused | None = None,
    just_saved: str = "",
    correcting: bool = False,
) -> dict[str, Any]:
    """Everything that register/day.html asks for."""
    typed = refused.typed if refused else EMPTY
    own = may(actor, "registers", "open")
    bar = marking_refusal(page)
    marks = may(actor, page.place.resource, "mark")
    markers = markers_for(actor, page) if marks and not page.place.of_store else ()
    correcting = correcting or (bool(typed) and page.state is RegisterState.SUBMITTED)
    return {
        "register": _head(page, typed, markers),
        "rows": [_row(page, line, actor, typed) for line in page.lines],
        "may_mark": marks and bar is None,
        "correcting": correcting and marks and bar is None,
        "correct_url": f"{address}?correct=1",
        "moves": _moves(page, actor, can_mark=bar is None),
        "marked_by_choices": _choices(markers),
        "reasons": [{"value": words, "label": _(words)} for words in REASONS],
        "request_id": str(uuid.uuid4()),
        "seen_remark": max((one.remark_id for one in page.remarks), default=0),
        "post_url": address,
        "device_key": f"{actor.user_id}:{page.place.centre_id}:{page.place.day}",
        "server_ms": int(time.time() * 1000),
        "window_closed": _closed(page, marks),
        "just_saved": _just_saved(page, just_saved),
        "conflict": refused.conflict if refused else [],
        "conflict_sentence": refused.conflict_sentence if refused else None,
        "errors": refused.errors if refused else [],
        "missing": refused.missing if refused else [],
        "typed": typed,
        "asked_act": typed.get("act", ""),
        "links": _links(page.place, actor),
        "returned_days": _returned_days(page.place) if marks and own else [],
        "manager": _manager(page),
        "tsc_office": _tsc_office(),
        "walk_ins": on_register(current_scope(), actor, page),
    }


def _just_saved(page: RegisterPage, what: str) -> str | None:
    """What the act before this page stored; a remark is no move of the register."""
    if what == "remark":
        return remarked_sentence(page)
    return saved_sentence(page) if what else None


def address_of(place: CentreOnDay, actor: Actor) -> str:
    """The register's own address for this reader: short at the centre, with its code elsewhere."""
    if may(actor, "registers", "open"):
        return f"/register/{place.day}"
    return f"/register/{place.code}/{place.day}"


def _head(page: RegisterPage, typed: Mapping[str, str], markers: Sequence[Line]) -> dict[str, Any]:
    place = page.place
    marker = typed.get("marked_by", "")
    returned = page.last("return")
    return {
        "state": str(page.state) if page.state else "not_opened",
        "version": page.version,
        "day": place.day,
        "centre": {"code": place.code, "name": place.name},
        "series": place.series,
        "sub_county": place.sub_county,
        "of_store": place.of_store,
        "sentence": state_sentence(page),
        "deadline": _deadline(page),
        "submitted": _stamp(page, page.submitted_at, "submit", page.marked_by),
        "confirmed": _stamp(page, page.confirmed_at, "confirm"),
        "locked": _stamp(page, page.state is RegisterState.LOCKED, "lock"),
        "returned": {
            "at": returned.at if returned else page.submitted_at,
            "by": returned.by if returned else _returner(place),
            "reason": page.return_reason,
        }
        if page.return_reason
        else None,
        "marked_by": int(marker) if marker.isdecimal() else _proposed_marker(page, markers),
    }


def _returner(place: CentreOnDay) -> str:
    return _("the TSC director") if place.of_store else _("the SCDE")


def _proposed_marker(page: RegisterPage, markers: Sequence[Line]) -> int | None:
    """Who marked this register, or the latest one here, or the manager: an ordinary day's choice."""
    if page.marked_by_id or not markers:
        return page.marked_by_id
    here = [line.deployment_id for line in markers]
    latest = last_marker(current_scope(), page.place.centre_id)
    managers = [line.deployment_id for line in markers if line.manages_centre]
    return next((one for one in (latest, *managers) if one in here), None)


def _stamp(page: RegisterPage, wanted: Any, act: str, by: str | None = None) -> Any:
    stamp = page.last(act)
    if not wanted or (stamp is None and by is None):
        return None
    at = stamp.at if stamp else page.submitted_at
    return {"at": at, "by": by or (stamp.by if stamp else "")}


def _row(page: RegisterPage, line: Line, actor: Actor, typed: Mapping[str, str]) -> dict[str, Any]:
    one = line.deployment_id
    returned = page.last("return") if page.state is RegisterState.RETURNED else None
    remark = next((r for r in reversed(page.remarks) if r.deployment_id == one), None)
    values = {
        "status": line.status,
        "minutes_late": line.minutes_late,
        "reason": line.reason,
        "remark": line.remark,
    }
    if f"status-{one}" in typed:
        values = {
            "status": typed[f"status-{one}"],
            "minutes_late": typed.get(f"minutes-{one}"),
            "reason": typed.get(f"reason-{one}"),
            "remark": typed.get(f"remark-{one}"),
        }
    reads_history = may(actor, "marks", "history") and line.history
    return {
        "deployment_id": one,
        "name": line.name,
        "role": role_name(line),
        "telephone": line.telephone,
        **values,
        "self_marked": line.self_marked,
        "disputed": line.disputed,
        "return_reason": returned.rows.get(one) if returned else None,
        "director_remark": {
            "text": remark.text,
            "by": remark.by or _("TSC office"),
            "at": remark.at,
        }
        if remark
        else None,
        "history_href": f"/register/history/{one}/{page.place.day}" if reads_history else None,
    }


def _moves(page: RegisterPage, actor: Actor, *, can_mark: bool) -> list[dict[str, str]]:
    """The buttons: the table's moves for this reader, and the TSC director's remark."""
    resource = page.place.resource
    moves = moves_from(page.state, lambda act: may(actor, resource, act))
    found = [
        {"act": str(move.act), "label": _(move.label)}
        for move in moves
        if can_mark or move.act not in CENTRE_ACTS
    ]
    if page.state is not None and may(actor, resource, "remark"):
        found.append({"act": "remark", "label": _("Remark on a row")})
    return found


def _deadline(page: RegisterPage) -> str | None:
    hours = page.place.hours
    if hours is None or page.state not in WITH_CENTRE:
        return None
    return window(hours, now()).sentence.spoken(_)


def _closed(page: RegisterPage, marks: bool) -> str | None:  # noqa: FBT001 (one caller, one fact)
    """Why the centre cannot mark now: the hours, never the state, which has its own words."""
    if not marks or not page.lines or page.state not in WITH_CENTRE | {RegisterState.SUBMITTED}:
        return None
    bar = marking_refusal(page)
    return bar.spoken(_) if bar else None


def _choices(people: Sequence[Line]) -> list[dict[str, Any]]:
    return [
        {"value": one.deployment_id, "label": f"{one.name}, {role_name(one)}"} for one in people
    ]


def _links(place: CentreOnDay, actor: Actor) -> dict[str, str | None]:
    before, after = days_beside(place)
    own = may(actor, "registers", "open")
    base = "/register" if own else f"/register/{place.code}"
    rehearsal = place.hours is not None and place.hours.kind is DayKind.REHEARSAL
    return {
        "incident": "/incidents/add" if may(actor, "incidents", "add") else None,
        "print": f"/register/{place.code}/{place.day}.pdf",
        "season": "/register/season/" if own else f"/register/{place.code}/season",
        "previous": f"{base}/{before}" if before else None,
        "next": f"{base}/{after}" if after else None,
        "roster": "/register/roster/" if own and rehearsal else None,
    }


def _returned_days(place: CentreOnDay) -> list[dict[str, Any]]:
    """Other days of the centre that the SCDE returned."""
    return [
        {"day": one.day, "reason": one.reason, "href": f"/register/{one.day}"}
        for one in returned_in(current_scope())
        if one.day != place.day
    ]


def _manager(page: RegisterPage) -> dict[str, str] | None:
    found = [line for line in page.markers if line.manages_centre]
    return {"name": found[0].name, "telephone": found[0].telephone} if found else None


def _tsc_office() -> dict[str, str] | None:
    found = [one for one in own_contacts() if one.place]
    return {"office": found[0].office, "telephone": found[0].telephone} if found else None


def _field(name: str | None) -> str | None:
    """The page's name for a service's field."""
    if name == "reason":
        return "act_reason"
    return name.replace("row-", "return-") if name else None


def _spoken(values: Mapping[str, Any]) -> dict[str, Any]:
    return {**values, "words": mark_words(values)}
