"""The preview of what a sub-county lacks, before it is advertised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from app import clock
from app.errors import NotFound
from app.exams.models import Series
from app.exams.queries import series_on
from app.places.models import SubCounty
from app.places.queries import within_area
from app.scoping.scope import Scope
from app.vacancies.queries.missing import still_needed
from app.vacancies.queries.rules import calendars
from app.vacancies.services.adverts import until_when
from app.words import N_
from views.registers.sentences import in_language

MOST_LISTED = 500


def preview_context(
    session: Any,
    scope: Scope,
    *,
    series_id: int | None,
    sub_county_id: int | None,
    typed: Mapping[str, str],
) -> dict[str, Any]:
    """What vacancies/advertise.html asks for; a foreign sub-county raises NotFound."""
    places = _places(session, scope)
    series = _series(session)
    chosen_place = _chosen(sub_county_id, places)
    chosen = _chosen(series_id or series_on(session, clock.today()), series)
    rows = still_needed(session, scope, chosen, chosen_place) if chosen and chosen_place else ()
    posts = sum(one.posts for one in rows)
    until = until_when(session, chosen) if chosen else clock.now()
    deadline = calendars(session, [chosen])[chosen].closes_at if chosen else None
    return {
        "series": [{"value": pk, "label": name} for pk, name in series.items()],
        "places": [{"value": pk, "label": name} for pk, name in places.items()],
        "chosen_series": chosen,
        "chosen_place": chosen_place,
        "posts": posts,
        "sentence": ngettext(
            "%(num)s post has nobody and no advert.",
            "%(num)s posts have nobody and no advert.",
            posts,
        )
        if chosen_place
        else _("Choose a sub-county."),
        "rows": [_row(one) for one in rows[:MOST_LISTED]],
        "closes_at": typed.get("closes_at") or f"{clock.nairobi(until):%Y-%m-%dT%H:%M}",
        "late": deadline is not None and deadline <= until,
        "late_reason": typed.get("late_reason", ""),
    }


def _row(one: Any) -> dict[str, Any]:
    return {
        "centre": one.centre,
        "role": in_language(one.role, one.role_sw),
        "required": one.lacking.required,
        "deployed": one.lacking.deployed,
        "on_offer": one.lacking.on_offer,
        "posts": one.posts,
        "braille": one.needs_braille,
    }


def _places(session: Any, scope: Scope) -> dict[int, str]:
    statement = within_area(select(SubCounty), SubCounty, scope).order_by(SubCounty.name)
    return {one.id: one.name for one in session.scalars(statement)}


def _series(session: Any) -> dict[int, str]:
    rows = session.execute(
        select(Series.id, Series.name)
        .where(Series.status != "finished")
        .order_by(Series.starts_on, Series.id)
    )
    return dict(rows.all())


def _chosen(asked: int | None, offered: Mapping[int, str]) -> int | None:
    """What is asked for, or the only one there is; what is not offered is not found."""
    if asked is None:
        return next(iter(offered)) if len(offered) == 1 else None
    if asked not in offered:
        raise NotFound("not-found", N_("That record was not found."))
    return asked
