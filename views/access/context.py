"""What every page's template may use: the viewer, the language, whom to call."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import Flask, current_app, g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.local import LocalProxy

from app.extensions import db
from app.places import contacts
from app.places.models import OfficeContact
from app.scoping.roles import Role
from views.access.language import language_now
from views.request import safe_next

KEPT = 60.0  # seconds

ROLE_WORDS = {
    Role.OFFICER: lazy_gettext("Officer"),
    Role.CENTRE: lazy_gettext("Centre"),
    Role.CENTRE_MANAGER: lazy_gettext("Centre manager"),
    Role.TSC_DIRECTOR: lazy_gettext("TSC Sub-County Director"),
    Role.SCDE: lazy_gettext("Sub-County Director of Education"),
    Role.COUNTY_DIRECTOR: lazy_gettext("County Director"),
    Role.MONITOR: lazy_gettext("KNEC Monitor"),
    Role.ADMINISTRATOR: lazy_gettext("KNEC Administrator"),
    Role.PAYMENTS_CLERK: lazy_gettext("KNEC Payments Clerk"),
    Role.PAYMENTS_APPROVER: lazy_gettext("KNEC Payments Approver"),
    Role.RESULTS_OFFICER: lazy_gettext("Results Officer"),
    Role.RESULTS_APPROVER: lazy_gettext("Results Approver"),
}

_kept: dict[tuple[Any, ...], tuple[float, Any]] = {}


@dataclass
class Viewer:
    """Who looks at the page, in words."""

    user: Any
    roles: frozenset[str]

    @property
    def name(self) -> str:
        """The person or centre; a centre is known by its name."""
        first, last = self.user.first_name or "", self.user.last_name or ""
        return f"{first} {last}".strip() or str(self.user.username)

    @cached_property
    def role(self) -> str:
        """The roles in words, the derived one last."""
        return ", ".join(str(words) for role, words in ROLE_WORDS.items() if role in self.roles)

    @cached_property
    def jurisdiction(self) -> str:
        """The place the viewer answers for: a sub-county, a county or the country."""
        place = {"sub_county_id": own_sub_county(), "county_id": self.user.county_id}
        named: str = _keep(
            ("place", *place.values()), lambda: contacts.place_words(db.session, **place)
        )
        return named or _("Kenya")


def install(flask_app: Flask) -> None:
    """Gives every template the values that its first comment names."""
    flask_app.context_processor(_context)
    for change in ("after_insert", "after_update", "after_delete"):
        if not event.contains(OfficeContact, change, forget_kept):
            event.listen(OfficeContact, change, forget_kept)


def viewer() -> Viewer | None:
    """Who looks at the page; None for a stranger."""
    actor = g.get("actor")
    if actor is None:
        return None
    if "viewer" not in g:
        g.viewer = Viewer(g.user, actor.roles)
    found: Viewer = g.viewer
    return found


def own_sub_county() -> int | None:
    """The sub-county whose offices help the viewer: their own, their centre's or workstation's."""
    user = g.get("user")
    if g.get("actor") is None or user is None:
        return None
    if user.sub_county_id:
        return int(user.sub_county_id)
    if user.centre_id:
        return _place("centre", user.centre_id, contacts.sub_county_of_centre)
    if user.officer_id:
        return _place("officer", user.officer_id, contacts.sub_county_of_officer)
    return None


def own_contacts() -> list[contacts.Contact]:
    """The offices that help the viewer, then KNEC; empty where the database is away."""
    try:
        sub_county_id = own_sub_county()
        found: list[contacts.Contact] = _keep(
            ("contacts", sub_county_id), lambda: contacts.contacts_of(db.session, sub_county_id)
        )
    except SQLAlchemyError:
        return []
    return found


def forget_kept(*_changed: Any) -> None:
    """Reads places and contacts again at the next question; other workers do within a minute."""
    _kept.clear()


def _place(kind: str, key: int, ask: Callable[[Any, int], int | None]) -> int | None:
    found: int | None = _keep((kind, key), lambda: ask(db.session, key))
    return found


def _keep(key: tuple[Any, ...], ask: Callable[[], Any]) -> Any:
    """The answer of less than a minute ago, else a fresh one."""
    now = time.monotonic()
    if len(_kept) > 5000:
        _kept.clear()
    if key not in _kept or now - _kept[key][0] > KEPT:
        _kept[key] = now, ask()
    return _kept[key][1]


def _context() -> dict[str, Any]:
    here = safe_next(request.full_path.rstrip("?")) if request.method == "GET" else None
    onward = {"next": here} if here else {}
    return {
        "product_name": current_app.config["APP_NAME"],
        "language": language_now(),
        "languages": [
            {"code": code, "name": word["name"], "href": _language_address(code, onward)}
            for code, word in current_app.config["LANGUAGES"].items()
        ],
        "viewer": viewer(),
        "home_url": "/",
        "help_url": "/help/",
        "sign_out_url": "/logout/",
        "office_contacts": LocalProxy(own_contacts),
    }


def _language_address(code: str, onward: dict[str, str]) -> str:
    if request.routing_exception is not None and request.url_rule is None:
        return f"/lang/{code}"
    values: dict[str, Any] = {"locale": code, **onward}
    return current_app.url_for("LocaleView.index", **values)
