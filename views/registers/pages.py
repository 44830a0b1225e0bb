"""The daily register: /register/ at the centre, /register/<centre>/<day> for the offices."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Response, jsonify, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

from app import clock
from app.attendance import queries
from app.attendance.queries import CentreOnDay, RegisterPage
from app.errors import NotAllowed, NotFound, NotSignedIn, PortalError
from app.permissions import may, require
from app.words import N_
from reports.pdf.register_sheet import register_sheet_pdf
from reports.pdf.season_matrix import season_matrix_pdf
from views.registers import acts
from views.registers.context import Refused, address_of, page_context
from views.registers.paper import register_sheet, season_sheet
from views.registers.season import history_context, roster_context, season_context
from views.registers.sentences import saved_sentence, state_sentence
from views.request import current_actor, current_scope, wants_json

TEMPLATE = "register/day.html"


class DailyRegisterView(BaseView):
    """The register of a day, its season, its roster and the history of its marks."""

    route_base = "/register"
    class_permission_name = "registers"
    default_view = "today"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("show")
    def today(self) -> Any:
        """The signed-in centre's register of today; outside its season, the season's list."""
        if not may(current_actor(), "registers", "open"):
            return redirect("/registers/today/")
        try:
            place = own_centre_on(clock.today())
        except NotFound:
            return redirect("/register/season/")
        return self._answer(place)

    @expose("/<string(length=10):day>", methods=["GET", "POST"])
    @has_access
    @permission_name("show")
    def own_day(self, day: str) -> Any:
        """The signed-in centre's register of a day."""
        return self._answer(own_centre_on(day_in(day)))

    @expose("/<string(length=8):centre_code>/<string(length=10):day>", methods=["GET", "POST"])
    @has_access
    @permission_name("show")
    def centre_day(self, centre_code: str, day: str) -> Any:
        """A centre's register of a day, for those who oversee it."""
        return self._answer(centre_on(centre_code, day_in(day)))

    @expose("/<string(length=8):centre_code>/<string(length=10):day>.pdf", methods=["GET"])
    @has_access
    @permission_name("print")
    def day_pdf(self, centre_code: str, day: str) -> Response:
        """The day on A4, to be signed and stamped."""
        page = queries.register_page(current_scope(), centre_on(centre_code, day_in(day)))
        return as_pdf(register_sheet_pdf(register_sheet(page)), f"register-{centre_code}-{day}")

    @expose("/season/", methods=["GET"])
    @has_access
    @permission_name("show")
    def season(self) -> Any:
        """Every day of the signed-in centre's season."""
        place = queries.centre_of_season(current_scope(), centre_id=own_centre_id())
        return self.render_template("register/season.html", **season_context(place))

    @expose("/<string(length=8):centre_code>/season", methods=["GET"])
    @has_access
    @permission_name("show")
    def centre_season(self, centre_code: str) -> Any:
        """Every day of a centre's season."""
        return self.render_template(
            "register/season.html", **season_context(centre_in_season(centre_code))
        )

    @expose("/<string(length=8):centre_code>/season.pdf", methods=["GET"])
    @has_access
    @permission_name("print")
    def season_pdf(self, centre_code: str) -> Response:
        """The season on A4: one row for each person, one column for each day."""
        sheet = season_sheet(current_scope(), centre_in_season(centre_code))
        return as_pdf(season_matrix_pdf(sheet), f"season-{centre_code}")

    @expose("/roster/", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def roster(self) -> Any:
        """Rehearsal day: who of the roster reported, confirmed by the centre."""
        refused = None
        if request.method == "POST":
            try:
                acts.confirm_roster(own_centre_on(clock.today()), request.form)
                return redirect("/register/roster/", 303)
            except PortalError as error:
                refused = _kept(error)
        place = queries.centre_of_season(current_scope(), centre_id=own_centre_id())
        page = self.render_template("register/roster.html", **roster_context(place, refused))
        return page, refused.error.status if refused else 200

    @expose("/history/<int:deployment_id>/<string(length=10):day>", methods=["GET"])
    def history(self, deployment_id: int, day: str) -> Any:
        """Every value a mark ever had, for the officer concerned, the centre and the directors."""
        actor, scope = current_actor(), current_scope()
        duty = queries.marked_day(scope, deployment_id, day_in(day))
        if duty.officer_id != actor.officer_id:
            require(actor, "marks", "history")
        entries = queries.history_of(scope, deployment_id, duty.day)
        return self.render_template("register/history.html", **history_context(duty, entries))

    def _answer(self, place: CentreOnDay) -> Any:
        """The page, or what the act that was posted came to."""
        if request.method == "POST":
            return self._act(place)
        page = queries.register_page(current_scope(), place)
        asked = request.args
        return self._page(page, just_saved=asked.get("saved", ""), correcting="correct" in asked)

    def _act(self, place: CentreOnDay) -> Any:
        """Does the act; the page goes on to itself, a script hears what was stored."""
        address = address_of(place, current_actor())
        try:
            answer = acts.act_on(place, request.form)
        except PortalError as error:
            return self._refused(place, _kept(error))
        if not wants_json():
            done = "remark" if request.form.get("act") == "remark" else "1"
            return redirect(f"{address}?saved={done}", 303)
        page = queries.register_page(current_scope(), place)
        said = {"sentence": saved_sentence(page), "saved_words": state_sentence(page)}
        stored = page.submitted_at if page.submitted_at else clock.now()
        return jsonify({**(answer or page.as_answer()), **said, "saved_at": stored.isoformat()})

    def _refused(self, place: CentreOnDay, refused: Refused) -> Any:
        """The refusal with everything that was typed; nothing was stored."""
        page = queries.register_page(current_scope(), place)
        status = refused.error.status
        if not wants_json():
            return self._page(page, refused=refused), status
        body = {
            **page.as_answer(),
            "rows": [
                {"deployment_id": line.deployment_id, "status": line.status} for line in page.lines
            ],
            "errors": refused.errors,
            "missing": refused.missing,
            "conflict": refused.conflict,
            "conflict_sentence": refused.conflict_sentence,
            "code": refused.error.code,
            "sentence": refused.error.spoken(_),
        }
        return jsonify(body), status

    def _page(self, page: RegisterPage, **how: Any) -> Any:
        address = address_of(page.place, current_actor())
        return self.render_template(TEMPLATE, **page_context(page, current_actor(), address, **how))


def own_centre_id() -> int:
    """The centre that the account or the manager's deployment is for."""
    centres = sorted(current_scope().centre_ids)
    if not centres:
        raise NotFound("no-centre-here", N_("There is no such centre."))
    return centres[0]


def own_centre_on(day: dt.date) -> CentreOnDay:
    """The signed-in centre on a day of its season."""
    return queries.centre_on_day(current_scope(), day, centre_id=own_centre_id())


def centre_on(centre_code: str, day: dt.date) -> CentreOnDay:
    """The centre of this code in the series of the day, or in the series that `?series=` names."""
    series = request.args.get("series")
    return queries.centre_on_day(current_scope(), day, code=centre_code, series=series)


def centre_in_season(centre_code: str) -> CentreOnDay:
    """The centre of this code in its latest series, or in the series that `?series=` names."""
    series = request.args.get("series")
    return queries.centre_of_season(current_scope(), code=centre_code, series=series)


def day_in(text: str) -> dt.date:
    """The day written as 2026-11-02; anything else is no address."""
    try:
        return clock.day_written(text)
    except ValueError:
        raise NotFound("no-such-day", N_("There is no such day.")) from None


def as_pdf(content: bytes, name: str) -> Response:
    """A PDF that opens in the browser and is kept by nobody in between."""
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


def _kept(error: PortalError) -> Refused:
    """The refusal with what was typed; what is nobody's business here goes on to the error page."""
    if isinstance(error, NotFound | NotAllowed | NotSignedIn):
        raise error
    return Refused(error, request.form.to_dict())
