"""The list of proposals of a series, and how far the country is."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from app import clock
from app.exams.models import Series
from app.exams.queries import series_on
from app.extensions import db
from app.permissions import may
from app.proposals import queries
from app.scoping.scope import Scope, ScopeKind
from views import words
from views.access.language import language_now
from views.proposals.sentences import pill_of
from views.request import current_actor
from views.vacancies.office import _number

PAGE = 50


def series_asked() -> Series | None:
    """The series that the address names, else the one that runs or comes next."""
    key = _number(request.args.get("series")) or series_on(db.session, clock.today())
    found = db.session.get(Series, key) if key else None
    if found is None:
        latest = select(Series).order_by(Series.starts_on.desc())
        found = db.session.scalars(latest.limit(1)).first()
    return found


def list_context(scope: Scope, series: Series | None) -> dict[str, Any]:
    """What proposals/list.html asks for."""
    session, actor = db.session, current_actor()
    if series is None:
        return {"series": None, "rows": [], "all_series": [], "figures": []}
    page = max(1, _number(request.args.get("page")) or 1)
    found = queries.proposals_in(session, scope, series.id, skip=(page - 1) * PAGE, most=PAGE + 1)
    progress = queries.progress_of(session, scope, series.id)
    over = clock.today() > series.ends_on
    own = scope.kind is ScopeKind.SUB_COUNTY
    return {
        "series": series,
        "all_series": session.scalars(select(Series).order_by(Series.starts_on.desc())).all(),
        "sentence": _sentence(progress),
        "figures": _figures(progress) if progress.asked and not own else [],
        "at_work": progress.by_state.get("waiting", 0) > 0,
        "rows": [_row(proposal, place) for proposal, place in found[:PAGE]],
        "may_propose": own and may(actor, "proposals", "add") and not over,
        "own_place": next(iter(scope.sub_county_ids), None) if own else None,
        "may_propose_all": may(actor, "proposals", "propose_all") and not over,
        "page": page,
        "more": len(found) > PAGE,
    }


def _sentence(progress: queries.Progress) -> str:
    if not progress.asked:
        return _("Nothing is proposed for this series yet.")
    waiting = progress.by_state.get("waiting", 0)
    if waiting:
        return ngettext(
            "%(num)s sub-county is being worked out.",
            "%(num)s sub-counties are being worked out.",
            waiting,
        )
    tongue = language_now()
    return _(
        "%(filled)s of %(places)s open places are filled.",
        filled=words.count(progress.filled, tongue),
        places=words.count(progress.places, tongue),
    )


def _figures(progress: queries.Progress) -> list[dict[str, Any]]:
    tongue = language_now()
    by_state = progress.by_state
    told = (
        (by_state.get("waiting", 0), _("being worked out")),
        (by_state.get("ready", 0), _("ready for review")),
        (by_state.get("published", 0), _("published")),
        (by_state.get("failed", 0), _("not solved")),
        (progress.filled, _("places filled")),
        (progress.places - progress.filled, _("places empty")),
    )
    return [{"value": words.count(value, tongue), "label": label} for value, label in told]


def _row(proposal: Any, place: str) -> dict[str, Any]:
    known = proposal.places is not None
    return {
        "href": f"/proposals/{proposal.id}/",
        "place": place,
        "pill": pill_of(proposal.state),
        "places": proposal.places,
        "filled": proposal.filled,
        "empty": proposal.places - proposal.filled if known else None,
        "asked_at": proposal.asked_at,
    }
