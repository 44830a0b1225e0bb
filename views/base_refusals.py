"""Refusals beside what was typed: a sentence at its field, and never the database's own words."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from sqlalchemy.exc import DBAPIError

from app.errors import NotAllowed, PortalError
from app.errors import NotFound as Foreign
from app.extensions import db
from views.base_data import RecordInterface
from views.constraint_words import refusal_of


def sayable(failure: PortalError | DBAPIError) -> PortalError:
    """The refusal to say beside what was typed; what is a page of its own is raised on."""
    refusal = failure if isinstance(failure, PortalError) else refusal_of(failure)
    db.session.rollback()
    if refusal is None or isinstance(refusal, NotAllowed | Foreign) or refusal.status >= 500:
        raise refusal or failure
    return refusal


def place_refusal(form: Any, refusal: PortalError, datamodel: RecordInterface) -> None:
    """Puts each sentence of a refusal at its field, or over the whole form."""
    keys = {datamodel.key_of(f.name): f.name for f in form if datamodel.points_to_one(f.name)}
    for problem in refusal.problems:
        name = keys.get(problem.field or "", problem.field)
        said = problem.spoken(gettext)
        if name and name in form:
            form[name].errors = [*form[name].errors, said]
        else:
            form.form_errors = [*form.form_errors, said]
