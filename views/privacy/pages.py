"""The notice at collection for everybody, an officer's own data, and what retention would remove."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, flash, g, redirect, render_template, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

from app import clock, logs
from app.errors import PortalError, RuleBroken
from app.extensions import db
from app.people.fields import FIELD
from app.places import contacts
from app.privacy.queries.own_data import OwnData
from app.privacy.queries.periods import dry_run, notice_in_force, periods_in_force
from app.privacy.rules import NEVER
from app.privacy.services import own
from views.base_words import LABELS
from views.privacy.words import REQUESTS, period_words
from views.request import current_actor, device_of_request, open_to_everybody

FILES = {"json": "application/json", "html": "text/html"}


class PrivacyView(BaseView):
    """/privacy/: what is held, why, how long, who sees it, one's rights, how to complain."""

    route_base = "/privacy"
    default_view = "notice"

    @expose("/", methods=["GET"])
    @open_to_everybody
    def notice(self) -> Any:
        """The version in force with the periods in force, for everybody, in both languages."""
        today = clock.today()
        kept = [one for one in periods_in_force(db.session, today) if one.days is not None]
        return self.render_template(
            "privacy/notice.html",
            notice=notice_in_force(db.session, today),
            periods=[
                {"what": _(one.rule.what), "how_long": period_words(one.days or 0)} for one in kept
            ],
            forever=[_(words) for _table, words in NEVER],
            contacts=contacts.contacts_of(db.session, None),
            may_note=g.actor is not None and g.actor.officer_id is not None,
        )

    @expose("/noted", methods=["POST"])
    def noted(self) -> Any:
        """An officer says that they have read this version."""
        own.acknowledge(db.session, current_actor())
        flash(_("Thank you. It is noted that you have read this."), "success")
        return redirect("/me/data/" if current_actor().officer_id else "/", 303)


class OwnDataView(BaseView):
    """/me/data/: a copy of everything held, and what one asks about it."""

    route_base = "/me/data"
    class_permission_name = "own-profile"
    default_view = "page"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("download")
    def page(self) -> Any:
        """The two forms, and one's requests with their answers."""
        return self._page()

    @expose("/copy", methods=["POST"])
    @has_access
    @permission_name("download")
    def download(self) -> Any:
        """Everything held as a file, made at once, after the password again."""
        actor = current_actor()
        kind = request.form.get("format", "html")
        try:
            data = own.download_own_data(
                db.session,
                actor,
                password=request.form.get("password", ""),
                device=device_of_request(actor.username),
            )
        except RuleBroken as error:
            return self._page(error), error.status
        logs.note("own-data-downloaded")
        return as_file(data, kind if kind in FILES else "html")

    @expose("/ask", methods=["POST"])
    @has_access
    @permission_name("download")
    def ask(self) -> Any:
        """A request for correction or erasure, or an objection."""
        form = request.form
        try:
            own.ask_about_own_data(
                db.session, current_actor(), kind=form.get("kind", ""), words=form.get("words", "")
            )
        except PortalError as error:
            return self._page(error), error.status
        flash(_("Written down. You get an answer here within seven days."), "success")
        return redirect("/me/data/#requests", 303)

    def _page(self, refused: PortalError | None = None) -> Any:
        problems = refused.problems if refused else ()
        return self.render_template(
            "privacy/own_data.html",
            errors=[{"field": one.field, "sentence": one.spoken(_)} for one in problems],
            kinds=[{"value": kind, "label": words} for kind, words in REQUESTS],
            typed=request.form,
            requests=own.requests_of(db.session, current_actor()),
            kind_words=dict(REQUESTS),
        )


class RetentionPreview(BaseView):
    """/retention-periods/preview: what the next run would remove."""

    route_base = "/retention-periods"
    class_permission_name = "retention-periods"
    default_view = "preview"

    @expose("/preview", methods=["GET"])
    @has_access
    @permission_name("list")
    def preview(self) -> Any:
        """Each rule with its period, the rows that are due now, and what the last run did."""
        rules = [
            {
                "what": _(due.kept.rule.what),
                "how_long": period_words(due.kept.days) if due.kept.days else None,
                "legal_basis": due.kept.legal_basis,
                "rows": due.rows,
                "last_rows": due.last_rows,
                "last_at": due.last_at,
            }
            for due in dry_run(db.session)
        ]
        return self.render_template("privacy/retention.html", rules=rules)


def as_file(data: OwnData, kind: str) -> Response:
    """The data as a file to keep: JSON for programs, one page for people."""
    if kind == "json":
        body = json.dumps(data.as_json(), ensure_ascii=False, indent=1)
    else:
        body = render_template(
            "privacy/own_data_file.html",
            sections=data.sections,
            column_words=column_words,
            made_at=clock.now(),
        )
    answer = Response(body, mimetype=FILES[kind])
    answer.headers["Content-Disposition"] = f'attachment; filename="sajili-my-data.{kind}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def column_words(name: str) -> str:
    """The heading of a column, as the profile or the screens call it where they know it."""
    if name in FIELD:
        return _(FIELD[name].label)
    return str(LABELS.get(name, name.replace("_", " ").capitalize()))
