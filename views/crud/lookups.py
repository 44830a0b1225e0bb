"""Look-ups of long lists in forms: a centre by its code, an officer by a mobile or TSC number."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import or_
from wtforms import validators

from app.exams.models import Series
from app.extensions import db
from app.people.models import Officer
from app.places.models import Centre, School
from app.places.numbers import mobile_254
from views.base_data import RecordInterface
from views.base_forms import LookupField
from views.words import mobile

SHORTEST_CODE = 8
LONGEST_ID = 10
LEADING_NUMBER = re.compile(r"[+0-9][0-9 ]*")
OFFICERS, CENTRES = RecordInterface(Officer), RecordInterface(Centre)


def officer_of(typed: str) -> Officer | None:
    """The officer in scope of a mobile number, TSC number, or id; the number leads the label."""
    leading = LEADING_NUMBER.match(typed)
    number = mobile_254(leading[0]) if leading else None
    first = typed.split(maxsplit=1)[0]
    wanted = [Officer.mobile == number] if number else [Officer.tsc_number == first]
    if not number and _may_be_id(first):
        wanted.append(Officer.id == int(first))
    statement = OFFICERS.rows().where(or_(*wanted)).limit(2)
    found: list[Officer] = list(db.session.scalars(statement))
    return found[0] if len(found) == 1 else None


def centre_of(typed: str) -> Centre | None:
    """The centre in scope of an 8-digit code (the latest season's), or of an id."""
    first = typed.split(maxsplit=1)[0]
    if not _may_be_id(first):
        return None
    column = Centre.code if len(first) == SHORTEST_CODE else Centre.id
    wanted = first if len(first) == SHORTEST_CODE else int(first)
    statement = CENTRES.rows().where(column == wanted).join(Series, Series.id == Centre.series_id)
    found: Centre | None = db.session.scalars(statement.order_by(Series.starts_on.desc())).first()
    return found


def _may_be_id(word: str) -> bool:
    """Whether it is a number that an id may have; thousands of digits are not even read."""
    return word.isdecimal() and len(word) <= LONGEST_ID and int(word) < 2**31


def officer_words(officer: Officer) -> str:
    """An officer as a look-up writes them: number first, then the name and where they work."""
    where = f", {officer.workstation}" if officer.workstation else ""
    return f"{mobile(officer.mobile)} {officer.full_name}{where}"


def officer_field() -> Any:
    """The field that asks for an officer."""
    return LookupField(
        _("Officer"),
        find=officer_of,
        words=officer_words,
        address="/officers/lookup",
        description=_("The mobile number, or three letters of the name and choose."),
        validators=[validators.InputRequired()],
    )


def centre_field(*, optional: bool = False) -> Any:
    """The field that asks for a centre."""
    return LookupField(
        _("Centre"),
        find=centre_of,
        words=str,
        address="/centres/lookup",
        description=_("The 8-digit code, or three letters of the name and choose."),
        validators=[validators.Optional() if optional else validators.InputRequired()],
    )


def school_of(typed: str) -> School | None:
    """The school of this key, which leads the label of a look-up."""
    first = typed.split(maxsplit=1)[0]
    wanted = first.isdecimal() and int(first) < 2**31
    return db.session.get(School, int(first)) if wanted else None


def school_words(school: School) -> str:
    """A school as a look-up writes it: its key first, then its name and ward."""
    return f"{school.id} {school.name}{f', {school.ward}' if school.ward else ''}"


def school_field() -> Any:
    """The field that asks for a school."""
    return LookupField(
        _("School"),
        find=school_of,
        words=school_words,
        address="/schools/lookup",
        description=_("Three letters of the name and choose."),
        validators=[validators.InputRequired()],
    )


def host_field() -> Any:
    """The field that asks at which centre a small centre's candidates sit."""
    field = centre_field(optional=True)
    field.args = (_("Sits at"),)
    return field
