"""The words over columns, and how values of each type are written on pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup, escape

from app import clock
from app.words import NO_BREAK
from views.words import clock_time, day, day_with_year, mobile, office_date

LABELS: dict[str, Any] = {
    "absent_candidates": _("Absent candidates"),
    "action": _("What was done"),
    "active": _("Active"),
    "actor_name": _("Who"),
    "address": _("Address"),
    "after": _("After"),
    "answer": _("Answer"),
    "assumed": _("Our assumption"),
    "at": _("When"),
    "basis": _("Counted for"),
    "before": _("Before"),
    "boundary_name": _("Name on the map"),
    "candidates": _("Candidates"),
    "candidates_per": _("One post for each … candidates"),
    "centre": _("Centre"),
    "centre.code": _("Centre code"),
    "centre.name": _("Centre"),
    "claim": _("What the officer says"),
    "closes_at": _("Marking closes"),
    "code": _("Code"),
    "confirmed_at": _("Confirmed"),
    "contact_name": _("Contact person"),
    "county": _("County"),
    "created_at": _("Made"),
    "day": _("Day"),
    "day_kinds": _("Kinds of day"),
    "designation": _("Designation"),
    "details": _("Details"),
    "effective_from": _("From"),
    "effective_to": _("To"),
    "email": _("E-mail"),
    "employer": _("Employer"),
    "ends_on": _("Last day"),
    "entity": _("Kind of record"),
    "entity_id": _("Record"),
    "examination": _("Examination"),
    "extra": _("Extra posts"),
    "extra_over": _("Extra above … candidates"),
    "falls_at": _("Falls at"),
    "first_name": _("First name"),
    "first_session": _("First session"),
    "fixed": _("Fixed posts"),
    "full_name": _("Name"),
    "gender": _("Gender"),
    "historic": _("Historic"),
    "hosting_centre": _("Sits at"),
    "hours": _("Hours"),
    "issued_at": _("Password issued"),
    "kes_per_day": _("KSh a day"),
    "kind": _("Kind"),
    "last_name": _("Last name"),
    "last_sign_in_at": _("Last sign-in"),
    "lat": _("Latitude"),
    "late_days": _("Days for late marking"),
    "level": _("Level"),
    "lon": _("Longitude"),
    "manages_centre": _("Manages the centre"),
    "marked_at": _("Marked"),
    "minutes_late": _("Minutes late"),
    "mobile": _("Mobile number"),
    "moe_code": _("Ministry code"),
    "name": _("Name"),
    "name_sw": _("Name in Kiswahili"),
    "national_id_masked": _("National ID"),
    "needs_tsc_number": _("Needs a TSC number"),
    "office": _("Office"),
    "officer": _("Officer"),
    "officer.full_name": _("Officer"),
    "officer.mobile": _("Mobile number"),
    "opens_at": _("Marking opens"),
    "ownership": _("Ownership"),
    "payable": _("Payable"),
    "position": _("Place in lists"),
    "published_at": _("Published"),
    "reason": _("Reason"),
    "register": _("Register"),
    "remark": _("Remark"),
    "return_reason": _("Why it was returned"),
    "role": _("Role"),
    "roles": _("Roles"),
    "rooms": _("Rooms"),
    "school": _("School"),
    "second_session": _("Second session"),
    "self_marked": _("Marked by themself"),
    "series": _("Series"),
    "slot": _("Place"),
    "slug": _("Name in addresses"),
    "source": _("Source"),
    "starts_on": _("First day"),
    "state": _("State"),
    "status": _("Status"),
    "sub_county": _("Sub-county"),
    "sub_county.county": _("County"),
    "submit_by": _("Submit by"),
    "submitted_at": _("Submitted"),
    "synthetic": _("Synthetic"),
    "telephone": _("Telephone"),
    "title": _("Title"),
    "tsc_number": _("TSC number"),
    "username": _("User name"),
    "vacancy": _("Vacancy"),
    "ward": _("Ward"),
    "works_at": _("Works at"),
    "workstation": _("Workstation"),
    "year": _("Year"),
    "year_of_birth": _("Year of birth"),
}


def formatter_for(view: Any, path: str) -> Callable[[Any], Any] | None:
    """How a column's values are written on a page; None for text as it is."""
    leaf = path.rpartition(".")[2]
    if path in view.choices:
        return lambda value: _chosen(view, path, value)
    if leaf in ("mobile", "telephone"):
        return _phone
    if leaf == "role":
        return named
    column = view.datamodel.list_columns.get(path)
    name = type(column.type).__name__ if column is not None else ""
    return {"Boolean": _truth, "Date": _day, "DateTime": _moment, "Time": _time}.get(name)


def _chosen(view: Any, path: str, value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(str(view.words_for(path, one)) for one in value)
    return view.words_for(path, value)


def _language() -> str:
    return str(get_locale() or "en")


def named(value: Any) -> str:
    """A record's name; a staff role's in the reader's language."""
    if _language() == "sw" and getattr(value, "name_sw", None):
        return str(value.name_sw)
    return str(value or "")


def _truth(value: bool | None) -> str:  # noqa: FBT001 (a value to write)
    return gettext("Yes") if value else gettext("No")


def _day(value: Any) -> str:
    """A day on one line, with its year when that is another one; words instead of one stay."""
    if not value or isinstance(value, str):
        return value or ""
    write = day if office_date(value).year == clock.today().year else day_with_year
    return write(value, _language()).replace(" ", NO_BREAK)


def _time(value: Any) -> str:
    return clock_time(value, _language()) if value else ""


def _moment(value: Any) -> str:
    return f"{_day(value)},{NO_BREAK}{_time(value)}" if value else ""


def _phone(value: Any) -> Any:
    """A telephone number that a phone can dial."""
    if not value:
        return ""
    number = f"+{value}" if str(value).startswith("254") else value
    return Markup('<a href="tel:{}">{}</a>').format(
        number, escape(mobile(value).replace(" ", NO_BREAK))
    )
