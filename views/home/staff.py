"""The home of directors, monitors and the administrator: what needs them, today, what changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app import clock
from app.attendance import queries
from app.attendance.enums import SETTLED, RegisterState
from app.attendance.queries import CentreLine, SubCountyLine
from app.deployments.queries import (
    declined_and_empty,
    open_corrections,
    unpublished_and_questioned,
)
from app.extensions import db
from app.people.queries import lookalikes, verification
from app.permissions import may
from app.places.enums import CentreKind
from app.procedures.number_changes import changes_waiting
from app.proposals.queries import waiting_here
from app.scoping.scope import Actor, Scope, ScopeKind
from app.vacancies.enums import WAITING
from app.vacancies.queries.applicants import counts_in
from app.walk_ins import queries as walk_ins
from app.words import NN_
from views import words
from views.access.context import viewer
from views.access.language import language_now
from views.home.changes import changes_for
from views.navigation import exists
from views.registers.today import centre_row, sentence_of_day

MOST_DAYS = 3
MOST_CALLS = 12
METER = {
    RegisterState.CONFIRMED: NN_("confirmed", "confirmed"),
    RegisterState.LOCKED: NN_("locked", "locked"),
    RegisterState.SUBMITTED: NN_("submitted", "submitted"),
    RegisterState.RETURNED: NN_("returned", "returned"),
    RegisterState.OPEN: NN_("open", "open"),
}
NOT_OPENED = NN_("not opened", "not opened")


def staff_home(scope: Scope, actor: Actor) -> dict[str, Any]:
    """What home.html asks for."""
    today = clock.today()
    looker = viewer()
    shared = {
        "title": looker.jurisdiction if looker else "",
        "context_line": [words.day_with_year(today, language_now())],
        "changes": changes_for(scope, actor) if may(actor, "events", "list") else None,
        "since": _("In the last 24 hours"),
    }
    if scope.kind is ScopeKind.SUB_COUNTY:
        return shared | _of_sub_county(scope, actor, today)
    return shared | _of_many(scope, actor, today)


def _of_sub_county(scope: Scope, actor: Actor, today: dt.date) -> dict[str, Any]:
    lines = queries.registers_on(scope, today)
    counts = {state: sum(1 for one in lines if one.state is state) for state in RegisterState}
    silent = [one for one in lines if one.state in {None, RegisterState.RETURNED}]
    return {
        "state_sentence": sentence_of_day(lines),
        "needs": [*_needs_of_day(lines, today), *_needs_of_role(scope, actor, today)],
        "today": _today(sentence_of_day(lines), counts, len(lines), today),
        "calls": [_call(one, today) for one in silent[:MOST_CALLS]],
    }


def _of_many(scope: Scope, actor: Actor, today: dt.date) -> dict[str, Any]:
    found = queries.sub_counties_on(scope, today)
    counts = {state: sum(one.by_state[state] for one in found) for state in RegisterState}
    centres, silent = sum(one.centres for one in found), sum(one.not_opened for one in found)
    sentence = _many_sentence(found)
    needs = [
        _need(
            silent,
            ngettext("register not opened today", "registers not opened today", silent),
            f"/registers/today/?day={today}",
            "attention",
        ),
        *_needs_of_role(scope, actor, today),
    ]
    return {
        "state_sentence": sentence,
        "needs": [one for one in needs if one["count"]],
        "today": _today(sentence, counts, centres, today),
        "calls": [],
    }


def _many_sentence(found: Sequence[SubCountyLine]) -> str:
    centres = sum(one.centres for one in found)
    if not centres:
        return _("No centre has anybody on its roster today.")
    confirmed = sum(one.by_state[state] for one in found for state in SETTLED)
    return _(
        "%(confirmed)s of %(centres)s centres confirmed",
        confirmed=words.count(confirmed, language_now()),
        centres=words.count(centres, language_now()),
    )


def _needs_of_day(lines: Sequence[CentreLine], today: dt.date) -> list[dict[str, Any]]:
    silent = sum(1 for one in lines if one.state is None)
    if not silent:
        return []
    label = ngettext("register not opened today", "registers not opened today", silent)
    return [_need(silent, label, f"/registers/today/?day={today}&state=not_opened", "attention")]


def _needs_of_role(scope: Scope, actor: Actor, today: dt.date) -> list[dict[str, Any]]:
    needs = _needs_of_days(scope, actor, today)
    if may(actor, "disputes", "answer"):
        open_disputes = queries.waiting(scope).disputes
        label = ngettext("disputed day to answer", "disputed days to answer", open_disputes)
        needs.append(_need(open_disputes, label, "/registers/disputes/", "danger"))
    if may(actor, "profiles", "verify"):
        needs.append(_profiles(scope))
    if may(actor, "lookalikes", "dismiss"):
        needs.append(_lookalikes(scope))
    if may(actor, "number-changes", "approve"):
        needs.append(_number_changes(scope))
    if may(actor, "deployments", "publish"):
        needs += _deployments(scope)
    if may(actor, "corrections", "amend"):
        needs += _answers_of_officers(scope)
    if may(actor, "deployments", "answer_concern") or may(actor, "deployments", "raise_concern"):
        needs.append(_concerns(scope, answers=may(actor, "deployments", "answer_concern")))
    if may(actor, "applications", "shortlist"):
        needs.append(_applications(scope))
    if may(actor, "registers", "lock"):
        needs.append(_days_to_close(scope, today))
    return [one for one in needs if one["count"]]


def _needs_of_days(scope: Scope, actor: Actor, today: dt.date) -> list[dict[str, Any]]:
    """What waits of the days of work: walk-ins, registers of centres and of stores."""
    needs: list[dict[str, Any]] = []
    if may(actor, "walk-ins", "decide"):
        needs += _walk_ins(scope, today)
    if may(actor, "registers", "confirm"):
        needs += _by_day(scope, RegisterState.SUBMITTED, "attention", CentreKind.SCHOOL)
    if may(actor, "store-registers", "confirm"):
        needs += _store_days(scope)
    if may(actor, "registers", "confirm") or may(actor, "registers", "remark"):
        needs += _by_day(scope, RegisterState.RETURNED, "none")
    return needs


def _applications(scope: Scope) -> dict[str, Any]:
    """Applications on which the office has not decided."""
    counts = counts_in(db.session, scope)
    waiting = sum(counts.get(str(state), 0) for state in WAITING)
    label = ngettext("application to decide", "applications to decide", waiting)
    return _need(waiting, label, "/applications/list/", "attention")


def _walk_ins(scope: Scope, today: dt.date) -> list[dict[str, Any]]:
    """People at work without a deployment, on whom the director decides the same day."""
    now, before = walk_ins.waiting(db.session, scope, today)
    said = ngettext("walk-in to decide today", "walk-ins to decide today", now)
    late = ngettext("walk-in of an earlier day", "walk-ins of earlier days", before)
    return [
        _need(now, said, "/walk-ins/", "attention"),
        _need(before, late, "/walk-ins/", "danger", note=_("Decide today")),
    ]


def _store_days(scope: Scope) -> list[dict[str, Any]]:
    """Registers of stores that the SCDE submitted, by their latest days."""
    found = queries.days_waiting(scope, RegisterState.SUBMITTED, kind=CentreKind.STORE)
    return [
        _need(
            count,
            ngettext("store register to confirm", "store registers to confirm", count),
            f"/stores/register/{day}",
            "attention",
            note=words.day(day, language_now()),
        )
        for day, count in reversed(found[-MOST_DAYS:])
    ]


def _by_day(
    scope: Scope, state: RegisterState, kind: str, place: CentreKind | None = None
) -> list[dict[str, Any]]:
    """One need for each of the latest days on which registers stand in this state."""
    found = queries.days_waiting(scope, state, kind=place)[-MOST_DAYS:]
    said = {
        RegisterState.SUBMITTED: ("register to confirm", "registers to confirm"),
        RegisterState.RETURNED: ("returned register", "returned registers"),
    }[state]
    return [
        _need(
            count,
            _label_of(said, count),
            f"/registers/today/?day={day}&state={state}",
            kind,
            note=words.day(day, language_now()),
        )
        for day, count in reversed(found)
    ]


def _label_of(said: tuple[str, str], count: int) -> str:
    if said[0] == "register to confirm":
        return ngettext("register to confirm", "registers to confirm", count)
    return ngettext("returned register", "returned registers", count)


def _profiles(scope: Scope) -> dict[str, Any]:
    waiting = verification.waiting(scope)
    label = ngettext("profile to verify", "profiles to verify", waiting)
    return _need(waiting, label, "/profiles/queue/", "attention")


def _lookalikes(scope: Scope) -> dict[str, Any]:
    """Pairs of records that may be one person."""
    waiting = lookalikes.counts(scope).get("open", 0)
    label = ngettext("pair who may be one person", "pairs of whom each may be one person", waiting)
    return _need(waiting, label, "/lookalikes/list/", "attention")


def _number_changes(scope: Scope) -> dict[str, Any]:
    """Officers whose old telephone is lost and whom the director must see."""
    waiting = changes_waiting(db.session, scope)
    label = ngettext("officer to see for a new number", "officers to see for new numbers", waiting)
    return _need(waiting, label, "/number-changes/list/?_flt_0_state=waiting", "attention")


def _deployments(scope: Scope) -> list[dict[str, Any]]:
    waiting, _questioned = unpublished_and_questioned(db.session, scope)
    proposal, proposed = waiting_here(db.session, scope)
    said = ngettext("proposed, not published", "proposed, not published", proposed)
    by_hand = waiting - proposed
    label = ngettext("deployment to publish", "deployments to publish", by_hand)
    return [
        _need(proposed, said, f"/proposals/{proposal}/", "attention"),
        _need(by_hand, label, "/deployments/list/?_flt_0_status=proposed", "none"),
    ]


def _answers_of_officers(scope: Scope) -> list[dict[str, Any]]:
    """Places that were declined and are empty since, and what officers say is wrong."""
    declined = declined_and_empty(db.session, scope)
    board = "/board/" if exists("/board/") else "/deployments/list/?_flt_0_status=declined"
    said = ngettext("declined: find a stand-in", "declined: find stand-ins", declined)
    wrong = open_corrections(db.session, scope)
    label = ngettext("correction to answer", "corrections to answer", wrong)
    return [
        _need(declined, said, board, "danger"),
        _need(wrong, label, "/corrections/", "attention"),
    ]


def _concerns(scope: Scope, *, answers: bool) -> dict[str, Any]:
    """Concerns that wait: for the director to answer, and for the SCDE who raised them."""
    _waiting, asked = unpublished_and_questioned(db.session, scope)
    label = (
        ngettext("concern of the SCDE to answer", "concerns of the SCDE to answer", asked)
        if answers
        else ngettext("concern waits for the director", "concerns wait for the director", asked)
    )
    return _need(asked, label, "/concerns/", "attention" if answers else "none")


def _days_to_close(scope: Scope, today: dt.date) -> dict[str, Any]:
    found = queries.days_with_registers(scope, up_to=today)
    days = [one for one in found if one.by_state[RegisterState.CONFIRMED]]
    label = ngettext("day with registers to lock", "days with registers to lock", len(days))
    return _need(len(days), label, "/registers/lock/", "none")


def _today(
    sentence: str, counts: dict[RegisterState, int], centres: int, today: dt.date
) -> dict[str, Any]:
    meter = [
        {"state": str(state), "count": counts[state], "label": ngettext(*said, counts[state])}
        for state, said in METER.items()
    ]
    silent = centres - sum(counts.values())
    meter.append({"state": "not_opened", "count": silent, "label": ngettext(*NOT_OPENED, silent)})
    return {
        "sentence": sentence,
        "href": f"/dashboards/attendance/?day={today}",
        "meter": meter if centres else None,
    }


def _call(one: CentreLine, today: dt.date) -> dict[str, Any]:
    row = centre_row(one, today)
    return {
        "centre": row["name"],
        "href": row["href"],
        "state": row["state"],
        "manager": row["manager"],
        "telephone": row["telephone"],
    }


def _need(count: int, label: str, href: str, kind: str, note: str | None = None) -> dict[str, Any]:
    return {"count": count, "label": label, "note": note, "href": href, "kind": kind}


def plain_home(actor: Actor, offered: Iterable[Any]) -> dict[str, Any]:
    """What home_plain.html asks for: the pages that exist for this role, and nothing promised."""
    looker = viewer()
    return {
        "title": looker.role if looker else actor.name,
        "state_sentence": _("These pages are open to your role."),
        "pages": [{"label": _(one.label), "href": one.href} for one in offered if one.href != "/"],
    }
