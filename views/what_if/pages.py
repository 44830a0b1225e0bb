"""/what-if/: what a changed rule, other candidates or another host would do. Nothing is stored."""

from __future__ import annotations

from typing import Any

from flask import jsonify, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

from app.errors import NotFound
from app.extensions import db
from app.permissions import may
from views.base_arguments import refuse_null_bytes
from views.request import current_actor, current_scope
from views.what_if.asked import is_sealed
from views.what_if.posts import posts_context
from views.what_if.rules import numbers_of, rules_context


class WhatIfView(BaseView):
    """The two questions: whom a rule of eligibility bars, and which posts a change gives or takes."""

    route_base = "/what-if"
    class_permission_name = "what-ifs"
    default_view = "start"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("show")
    def start(self) -> Any:
        """The first of the two."""
        return redirect("/what-if/rules/", 303)

    @expose("/rules/", methods=["GET"])
    @has_access
    @permission_name("show")
    def rules(self) -> Any:
        """Whom a rule would bar, or open posts to."""
        refuse_null_bytes(request.args.values())
        context = rules_context(db.session, current_scope(), current_actor(), request.args)
        asked = context["asked"]
        refused = asked.refused if asked else None
        errors = [{"field": "value", "sentence": refused.spoken(_)}] if refused else []
        page = self.render_template(
            "what_if/rules.html",
            errors=errors,
            save=_save() if asked and asked.change else None,
            **context,
        )
        return page, 422 if errors else 200

    @expose("/rules/numbers/<int:sub_county_id>", methods=["GET"])
    @has_access
    @permission_name("show")
    def numbers(self, sub_county_id: int) -> Any:
        """The counts of one sub-county, for the script that fills the page."""
        refuse_null_bytes(request.args.values())
        if sub_county_id >= 2**31:
            raise NotFound("not-found", _("That record was not found."))
        scope, actor = current_scope(), current_actor()
        return jsonify(numbers_of(db.session, scope, actor, request.args, sub_county_id))

    @expose("/posts/", methods=["GET"])
    @has_access
    @permission_name("show")
    def posts(self) -> Any:
        """Which posts other candidates, another host or another ratio would give."""
        refuse_null_bytes(request.args.values())
        context = posts_context(db.session, current_scope(), current_actor(), request.args)
        page = self.render_template("what_if/posts.html", **context)
        return page, 422 if context["errors"] else 200


def _save() -> dict[str, Any] | None:
    """The form that the question came from, to store what it says; None where it came from none,
    or where somebody else wrote the address."""
    kept = {
        name.removeprefix("form-"): request.args.getlist(name)
        for name in request.args
        if name.startswith("form-")
    }
    if not kept or not is_sealed(request.args):
        return None
    if not may(current_actor(), "eligibility-rules", "add"):
        return None
    key = request.args.get("edited", "")
    address = f"/eligibility-rules/edit/{key}" if key.isdecimal() else "/eligibility-rules/add"
    return {"address": address, "fields": kept}
