"""The one question of a new series: are work title, qualification and workstation still right?"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app import clock
from app.extensions import db
from app.people.enums import ProfileState
from app.people.fields import FIELD
from app.people.queries import profiles as queries
from views.profiles.sentences import field_words


def confirm_context(officer: Any) -> dict[str, Any] | None:
    """The question, with what is on record; None where nothing is to be asked."""
    if officer.state == ProfileState.DRAFT:
        return None
    asked = queries.unanswered_series(db.session, officer.id, on=clock.today())
    if not asked:
        return None
    levels = dict(FIELD["qualification_level"].choices)
    level = levels.get(officer.qualification_level or "", "")
    return {
        "series": ", ".join(one.name for one in asked),
        "facts": [
            {"label": field_words("designation"), "value": officer.designation or ""},
            {"label": field_words("qualification_level"), "value": _(level) if level else ""},
            {"label": field_words("workstation"), "value": officer.workstation or ""},
        ],
    }
