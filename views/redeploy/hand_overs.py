"""The hand-over form: its author's page, and what centre, sub-county and the next one read."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

from app.attendance.queries import hand_overs as queries
from app.attendance.services.hand_overs import MOST_ISSUES, Written, write_hand_over
from app.errors import IllegalMove, RuleBroken
from app.permissions import require
from app.scoping.scope import ScopeKind
from app.words import N_
from views.redeploy.context import errors_of
from views.registers.sentences import in_language
from views.request import current_actor, current_scope

BLANK_ISSUES = 3


class OwnHandOverPages(BaseView):
    """/me/hand-overs/<deployment>/: the form of one's own stay."""

    route_base = "/me/hand-overs"
    class_permission_name = "hand-overs"
    default_view = "form"

    @expose("/<int:deployment_id>/", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def form(self, deployment_id: int) -> Any:
        """The form as it stands or begins; a POST keeps or submits it."""
        if request.method == "GET":
            return self._form(deployment_id)
        submit = request.form.get("act") == "submit"
        try:
            write_hand_over(
                current_scope(), current_actor(), deployment_id, _written(), submit=submit
            )
        except (RuleBroken, IllegalMove) as error:
            return self._form(deployment_id, error), error.status
        flash(_("Handed over. The next one reads it.") if submit else _("Saved."), "success")
        return redirect(f"/me/hand-overs/{deployment_id}/", 303)

    def _form(self, deployment_id: int, error: RuleBroken | IllegalMove | None = None) -> Any:
        form = queries.form_of(current_scope(), current_actor(), deployment_id)
        return self.render_template("redeploy/hand_over_form.html", **_form_context(form, error))


class HandOverPages(BaseView):
    """/hand-overs/: what was submitted, for those who read it."""

    route_base = "/hand-overs"
    class_permission_name = "hand-overs"
    default_view = "list"

    @expose("/list/", methods=["GET"])
    @has_access
    @permission_name("list")
    def list(self) -> Any:
        """The submitted forms in reach, the newest first."""
        require(current_actor(), "hand-overs", "list")
        found = [_line(one) for one in queries.hand_overs_in(current_scope())]
        return self.render_template("redeploy/hand_overs.html", forms=found, layout=_layout())

    @expose("/<int:hand_over_id>", methods=["GET"])
    @has_access
    @permission_name("show")
    def show(self, hand_over_id: int) -> Any:
        """One form as it was written."""
        found = queries.hand_over_of(current_scope(), hand_over_id)
        context = _line(found) | {"form": found.hand_over, "people": _people(found.people)}
        return self.render_template("redeploy/hand_over.html", layout=_layout(), **context)


def _layout() -> str:
    """Officers and centres read on a telephone without a script, offices in their frame."""
    light = current_scope().kind in {ScopeKind.OFFICER, ScopeKind.CENTRE}
    return "light.html" if light else "frame.html"


def _form_context(form: queries.Form, error: RuleBroken | IllegalMove | None) -> dict[str, Any]:
    typed = request.form if error else None
    issues = [(one["text"], one["open"]) for one in form.issues]
    if typed is not None:
        issues = list(_issues())
    blanks = 0 if form.submitted_at else BLANK_ISSUES
    return {
        "form": form,
        "role": in_language(form.deployment.role.name, form.deployment.role.name_sw),
        "people": [
            one | {"note": typed.get(f"note-{one['id']}", "") if typed else one["note"]}
            for one in _people(form.people)
        ],
        "issues": [*issues, *[("", True)] * blanks][:MOST_ISSUES],
        "absent": typed.get("absent_candidates", "") if typed else _shown(form.absent_candidates),
        "absentees": typed.get("absentees", "") if typed else form.absentees,
        "hardships": typed.get("hardships", "") if typed else form.hardships,
        "before_url": f"/hand-overs/{form.before.id}" if form.before else None,
        "errors": errors_of(error) if error else [],
    }


def _shown(number: int | None) -> str:
    return "" if number is None else str(number)


def _people(some: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": one.deployment_id,
            "name": one.name,
            "role": in_language(one.role, one.role_sw),
            "note": one.note,
        }
        for one in some
    ]


def _line(one: queries.Received) -> dict[str, Any]:
    return {
        "href": f"/hand-overs/{one.hand_over.id}",
        "author": one.author,
        "role": in_language(one.role, one.role_sw),
        "centre": one.centre,
        "code": one.code,
        "first": one.first,
        "last": one.last,
        "submitted_at": one.hand_over.submitted_at,
        "open_issues": sum(1 for issue in one.hand_over.issues if issue["open"]),
    }


def _written() -> Written:
    """The form as it was sent; RuleBroken where a number is none."""
    absent = request.form.get("absent_candidates", "").strip()
    if absent and not (absent.isdecimal() and len(absent) < 6):
        said = N_("Write how many candidates were absent, as a number.")
        raise RuleBroken("not-a-number", said, field="absent_candidates")
    notes = {
        int(name.removeprefix("note-")): note
        for name, note in request.form.items()
        if name.startswith("note-") and name.removeprefix("note-").isdecimal() and len(name) < 15
    }
    return Written(
        notes=notes,
        issues=_issues(),
        absent_candidates=int(absent) if absent else None,
        absentees=request.form.get("absentees", ""),
        hardships=request.form.get("hardships", ""),
    )


def _issues() -> tuple[tuple[str, bool], ...]:
    """The issues of the form that say anything, each with whether it is open still."""
    asked = ((number, request.form.get(f"issue-{number}", "")) for number in range(MOST_ISSUES))
    return tuple(
        (text, request.form.get(f"settled-{number}") != "yes")
        for number, text in asked
        if text.strip()
    )
