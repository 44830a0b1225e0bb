"""The director's queue of profiles: those that need a human, verified in bulk, flagged one by one."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, make_response, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext

from app.errors import PortalError, TooMany
from app.people.queries import verification as queries
from app.people.services import unmasking, verification
from views.profiles.office import person_context, queue_context
from views.request import current_actor, current_scope

MOST_AT_ONCE = 500
QUEUE = "/profiles/queue/"


class ProfileQueueView(BaseView):
    """Profiles as those see them who vet them."""

    route_base = "/profiles"
    class_permission_name = "profiles"
    default_view = "queue"

    @expose("/queue/", methods=["GET"])
    @has_access
    @permission_name("list")
    def queue(self) -> Any:
        """Profiles of the scope in a state, the longest waiting first, with what was checked."""
        context = queue_context(current_scope(), current_actor(), request.args)
        return self.render_template("profile/queue.html", **context)

    @expose("/verify", methods=["POST"])
    @has_access
    @permission_name("verify")
    def verify(self) -> Any:
        """Asks once for all that are ticked, then verifies them as they were seen."""
        seen = _picked(request.form.getlist("pick"))
        if not seen:
            flash(_("Tick the profiles that you want to verify."), "warning")
            return redirect(QUEUE, 303)
        if request.form.get("confirmed") != "yes":
            return self._ask(seen)
        _say(verification.verify_profiles(current_scope(), current_actor(), seen))
        return redirect(QUEUE, 303)

    @expose("/<int:officer_id>/", methods=["GET"])
    @has_access
    @permission_name("show")
    def person(self, officer_id: int) -> Any:
        """One profile with masked numbers, its checks, its history and what may be done."""
        return self._person(officer_id)

    @expose("/<int:officer_id>/flag", methods=["POST"])
    @has_access
    @permission_name("flag")
    def flag(self, officer_id: int) -> Any:
        """Flags a field with its reason; the officer is told by SMS."""
        form = request.form
        try:
            verification.flag_profile(
                current_scope(),
                current_actor(),
                officer_id,
                verification.Flag(
                    form.get("field", ""),
                    form.get("reason", ""),
                    _whole(form.get("version")) if form.get("version") else None,
                ),
                site=site(),
            )
        except PortalError as error:
            return self._refused(officer_id, error)
        flash(_("Flagged. The officer is told by SMS, with a link to the field."), "success")
        return redirect(QUEUE, 303)

    @expose("/<int:officer_id>/unmask", methods=["POST"])
    @has_access
    @permission_name("unmask")
    def unmask(self, officer_id: int) -> Any:
        """Shows one number in full, this once; the reason stays on record."""
        name = request.form.get("field", "")
        try:
            number = unmasking.unmask(
                current_scope(),
                current_actor(),
                officer_id,
                name=name,
                reason=request.form.get("reason", ""),
                vault=current_app.extensions["vault"],
            )
        except PortalError as error:
            return self._refused(officer_id, error)
        return self._person(officer_id, unmasked={"name": name, "number": number})

    def _ask(self, seen: dict[int, int]) -> Any:
        found = [queries.profile_in(current_scope(), officer_id) for officer_id in sorted(seen)]
        title = ngettext("Verify %(num)s profile", "Verify %(num)s profiles", len(seen))
        return self.render_template(
            "confirm.html",
            title=title,
            sentence=_("You say that these people are who they say, and work where they say."),
            facts=[{"label": str(one), "value": one.workstation or ""} for one in found],
            action_label=title,
            post_url="/profiles/verify",
            cancel_url=QUEUE,
            fields={"pick": [f"{one}:{version}" for one, version in seen.items()]},
        )

    def _person(self, officer_id: int, **more: Any) -> Any:
        context = person_context(current_scope(), current_actor(), officer_id, **more)
        page = make_response(self.render_template("profile/person.html", **context))
        page.headers["Cache-Control"] = "no-store"
        return page

    def _refused(self, officer_id: int, error: PortalError) -> Any:
        """The page again with what was typed, and why nothing was done."""
        if error.status in (403, 404):
            raise error
        page = self._person(officer_id, refused=error, typed=request.form.to_dict())
        page.status_code = error.status
        if isinstance(error, TooMany):
            page.headers["Retry-After"] = str(error.facts["retry_after"])
        return page


def site() -> str:
    """The address of the portal as people open it."""
    return request.host_url


def _picked(values: list[str]) -> dict[int, int]:
    """The ticked profiles with the version that was seen: "17:3"."""
    pairs = (value.partition(":") for value in values[:MOST_AT_ONCE])
    return {_whole(one): _whole(version) for one, _colon, version in pairs if _whole(one)}


def _whole(text: str | None) -> int:
    plain = text or ""
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 10 else 0


def _say(outcome: verification.Outcome) -> None:
    done = len(outcome.done)
    if done:
        said = ngettext("%(num)s profile verified.", "%(num)s profiles verified.", done)
        flash(said, "success")
    for one in outcome.refused:
        problems = "; ".join(problem.spoken(_translated) for problem in one.error.problems[:5])
        flash(f"{one.name}: {problems}", "warning")


def _translated(message: str) -> str:
    return str(_(message))
