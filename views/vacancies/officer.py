"""The officer's vacancies: found near first, each with the reasons why not, applied for in one tap."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import NotFound

from app.errors import IllegalMove, PortalError, RuleBroken
from app.extensions import db
from app.vacancies.queries.listing import Advert, one_advert, own_applications, search
from views.base_refusals import sayable
from views.request import current_actor, current_scope
from views.vacancies.acts import ACTS, facts_of
from views.vacancies.cards import application_row, detail
from views.vacancies.searching import search_context, wanted_of


class OwnVacanciesView(BaseView):
    """/me/vacancies/ and /me/applications/."""

    route_base = "/me"
    class_permission_name = "own-applications"
    default_view = "vacancies"

    @expose("/vacancies/", methods=["GET"])
    @has_access
    @permission_name("list")
    def vacancies(self) -> Any:
        """Open vacancies of the whole country that match the search, the nearest first."""
        wanted = wanted_of(request.args)
        found = search(db.session, current_scope(), _own_id(), wanted)
        return self.render_template("vacancies/search.html", **search_context(wanted, found))

    @expose("/vacancies/<int:vacancy_id>/", methods=["GET"])
    @has_access
    @permission_name("show")
    def vacancy(self, vacancy_id: int) -> Any:
        """One vacancy with its days, its pay, and what the officer can do now."""
        return self._detail(_advert(vacancy_id))

    @expose("/vacancies/<int:vacancy_id>/<string:step>", methods=["GET", "POST"])
    @has_access
    @permission_name("show")
    def step(self, vacancy_id: int, step: str) -> Any:
        """Applies, withdraws, accepts or declines, once the officer has confirmed it."""
        act = ACTS.get(step)
        if act is None:
            raise NotFound
        advert = _advert(vacancy_id)
        if request.method == "GET" or request.form.get("confirmed") != "yes":
            return self.render_template("confirm.html", **facts_of(act, advert))
        try:
            act.run(current_scope(), current_actor(), vacancy_id, request.form.get("reason", ""))
        except (RuleBroken, IllegalMove, DBAPIError) as failure:
            return self._refused(vacancy_id, sayable(failure))
        flash(_(act.done), "success")
        return redirect(f"/me/vacancies/{vacancy_id}/", 303)

    @expose("/applications/", methods=["GET"])
    @has_access
    @permission_name("list")
    def applications(self) -> Any:
        """The officer's applications and where each stands."""
        rows = own_applications(db.session, current_scope(), _own_id())
        return self.render_template(
            "vacancies/applications.html", applications=[application_row(row) for row in rows]
        )

    def _detail(self, advert: Advert, refusal: PortalError | None = None) -> Any:
        return self.render_template("vacancies/detail.html", **detail(advert, refusal))

    def _refused(self, vacancy_id: int, refusal: PortalError) -> Any:
        return self._detail(_advert(vacancy_id), refusal), refusal.status


def _own_id() -> int:
    return current_actor().officer_id or 0


def _advert(vacancy_id: int) -> Advert:
    found = one_advert(db.session, current_scope(), _own_id(), vacancy_id)
    if found is None:
        raise NotFound
    return found
