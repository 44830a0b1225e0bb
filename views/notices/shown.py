"""Notices as homes show them: one query where a home asks, none on any other page."""

from __future__ import annotations

from typing import Any

from flask import Flask, g
from flask_babel import gettext as _

from app import clock
from app.extensions import db
from app.notices.enums import Office
from app.notices.queries import notices_shown
from app.words import N_
from views.access.language import language_now

OFFICE_WORDS = {
    Office.KNEC: N_("KNEC"),
    Office.TSC: N_("TSC office"),
    Office.SCDE: N_("SCDE office"),
}


def install(flask_app: Flask) -> None:
    """Gives templates `shown_notices()`, which notices/shown.html asks."""
    flask_app.context_processor(lambda: {"shown_notices": shown_notices})


def shown_notices() -> list[dict[str, Any]]:
    """The notices for who looks at the page, in their language."""
    actor = g.get("actor")
    if actor is None:
        return []
    found = notices_shown(db.session, g.scope, actor, clock.today())
    return [
        {
            "text": one.text(language_now()),
            "office": _(OFFICE_WORDS[Office(one.office)]),
            "author": one.author,
            "posted_at": one.posted_at,
            "until": one.shown_until,
            "seen_url": f"/notices/{one.id}/seen",
        }
        for one in found
    ]
