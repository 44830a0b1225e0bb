"""What the offices' lists show: centres by state, sub-counties, disputes, days to close."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import MultiDict

from app import clock
from app.attendance import queries
from app.attendance.enums import SETTLED, RegisterState
from app.attendance.machine import STATE_WORDS
from app.attendance.queries import CentreLine, SubCountyLine
from app.permissions import may, require
from app.scoping.scope import Actor, Scope, ScopeKind
from views import words
from views.access.language import language_now
from views.paging import pages_of
from views.registers.sentences import counts_words, in_language, mark_words

NOT_OPENED = "not_opened"
STATES: tuple[RegisterState | None, ...] = (
    None,
    RegisterState.OPEN,
    RegisterState.RETURNED,
    RegisterState.SUBMITTED,
    RegisterState.CONFIRMED,
    RegisterState.LOCKED,
)
MOST_CENTRES = 400


def today_context(
    scope: Scope, actor: Actor, day: dt.date, asked: MultiDict[str, str]
) -> dict[str, Any]:
    """What register/today.html asks for: one sub-county's centres, or the sub-counties first."""
    shared = {
        "day": day,
        "is_today": day == clock.today(),
        "day_words": words.day(day, language_now()),
        "series": asked.get("series"),
    }
    slug = asked.get("sub_county")
    if scope.kind is not ScopeKind.SUB_COUNTY and not slug:
        return shared | _of_sub_counties(queries.sub_counties_on(scope, day), day)
    sub_county_id = queries.sub_county_named(slug) if slug else None
    lines = queries.registers_on(scope, day, sub_county_id=sub_county_id, limit=MOST_CENTRES)
    return shared | _of_centres(lines, actor, day, asked)


def _of_sub_counties(found: Sequence[SubCountyLine], day: dt.date) -> dict[str, Any]:
    centres = sum(one.centres for one in found)
    confirmed = sum(one.by_state[state] for one in found for state in SETTLED)
    return {
        "sub_counties": [
            {
                "name": one.name,
                "county": one.county,
                "href": f"/registers/today/?day={day}&sub_county={one.slug}",
                "centres": one.centres,
                "not_opened": one.not_opened,
                "counts": [one.by_state[state] for state in RegisterState],
            }
            for one in found
        ],
        "state_sentence": _sentence(centres, confirmed, sum(one.not_opened for one in found)),
    }


def _of_centres(
    lines: Sequence[CentreLine], actor: Actor, day: dt.date, asked: MultiDict[str, str]
) -> dict[str, Any]:
    wanted = asked.get("state")
    shown = [one for one in lines if wanted in {None, "", _key(one.state)}]
    base = f"/registers/today/?day={day}"
    base += f"&sub_county={asked['sub_county']}" if asked.get("sub_county") else ""
    confirmed = sum(1 for one in lines if one.state in SETTLED)
    return {
        "centres": [
            centre_row(one, day) | {"to_tick": may(actor, one.resource, "confirm")} for one in shown
        ],
        "filters": [
            {
                "label": _(STATE_WORDS[state]),
                "state": _key(state),
                "count": sum(1 for one in lines if one.state is state),
                "href": f"{base}&state={_key(state)}",
                "current": wanted == _key(state),
            }
            for state in STATES
        ],
        "all": {"href": base, "count": len(lines), "current": not wanted},
        "may_confirm": may(actor, "registers", "confirm")
        and any(
            one.state is RegisterState.SUBMITTED and may(actor, one.resource, "confirm")
            for one in shown
        ),
        "tick_all": asked.get("tick") == "all",
        "tick_url": f"{base}&state={wanted or ''}&tick=all",
        "state_sentence": sentence_of_day(lines) if lines else None,
        "confirmed": confirmed,
    }


def centre_row(one: CentreLine, day: dt.date) -> dict[str, Any]:
    """A centre of the day's list, with whom to call."""
    said = None
    if one.state not in {None, RegisterState.OPEN}:
        marks = ["present"] * one.present + ["late"] * one.late + ["absent"] * one.absent
        said = counts_words(marks)
    return {
        "centre_id": one.centre_id,
        "code": one.code,
        "name": one.name,
        "series": one.series,
        "state": _key(one.state),
        "version": one.version,
        "href": f"/register/{one.code}/{day}",
        "counts": said,
        "expected": one.expected,
        "submitted_at": one.submitted_at,
        "return_reason": one.return_reason if one.state is RegisterState.RETURNED else None,
        "unseen_remarks": one.unseen_remarks,
        "manager": one.manager,
        "telephone": one.manager_telephone or one.telephone,
    }


def sentence_of_day(lines: Sequence[CentreLine]) -> str:
    """ "8 of 13 centres confirmed; 2 have not opened"."""
    confirmed = sum(1 for one in lines if one.state in SETTLED)
    return _sentence(len(lines), confirmed, sum(1 for one in lines if one.state is None))


def _sentence(centres: int, confirmed: int, not_opened: int) -> str:
    if not centres:
        return _("No centre has anybody on its roster on this day.")
    first = ngettext(
        "%(confirmed)s of %(num)s centre confirmed",
        "%(confirmed)s of %(num)s centres confirmed",
        centres,
        confirmed=confirmed,
    )
    if not not_opened:
        return first
    then = ngettext("%(num)s has not opened", "%(num)s have not opened", not_opened)
    return f"{first}; {then}"


def disputes_query(*, everything: bool, page: int) -> str:
    """What leads an address back to this page of disputes: "?state=all&page=2", or nothing."""
    words = ["state=all"] * everything + [f"page={page}"] * (page > 1)
    return "?" + "&".join(words) if words else ""


def disputes_context(
    scope: Scope,
    actor: Actor,
    *,
    everything: bool,
    page: int,
    typed: Mapping[int, Any],
) -> dict[str, Any]:
    """What register/disputes.html asks for."""
    require(actor, "disputes", "list")
    state = None if everything else "open"
    total = queries.count_of_disputes(scope, state=state)
    pages = pages_of(total, queries.PAGE_OF_DISPUTES)
    page = min(page, pages)
    found = queries.disputes_in(scope, state=state, page=page)
    return {
        "everything": everything,
        "total": total,
        "page": page,
        "pages": pages,
        "here": disputes_query(everything=everything, page=page),
        "may_answer": may(actor, "disputes", "answer"),
        "disputes": [
            {
                "id": one.dispute_id,
                "officer": one.officer,
                "role": in_language(one.role, one.role_sw),
                "centre": one.centre,
                "day": one.day,
                "href": f"/register/{one.centre_code}/{one.day}",
                "history_href": f"/register/history/{one.deployment_id}/{one.day}",
                "claim": one.claim,
                "state": one.state,
                "answer": one.answer,
                "raised_at": one.raised_at,
                "mark": str(one.mark) if one.mark else None,
                "mark_words": mark_words({"status": one.mark}),
                "register": _key(one.register),
                "typed": typed.get(one.dispute_id, {}),
            }
            for one in found
        ],
    }


def lock_context(scope: Scope) -> dict[str, Any]:
    """What register/lock.html asks for."""
    return {
        "days": [
            {
                "series_id": one.series_id,
                "series": one.series,
                "day": one.day,
                "confirmed": one.by_state[RegisterState.CONFIRMED],
                "locked": one.by_state[RegisterState.LOCKED],
                "others": sum(one.by_state.values())
                - one.by_state[RegisterState.CONFIRMED]
                - one.by_state[RegisterState.LOCKED],
            }
            for one in queries.days_with_registers(scope, up_to=clock.today())
        ]
    }


def _key(state: RegisterState | None) -> str:
    return str(state) if state else NOT_OPENED
