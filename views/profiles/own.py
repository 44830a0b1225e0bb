"""An officer's own profile: the overview, six short steps, interests, and the small questions."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, jsonify, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

from app import clock
from app.db.vault import Vault
from app.errors import Conflict, NotFound, RuleBroken
from app.extensions import db
from app.people.enums import ProfileGroup, ProfileState, SeriesAnswer
from app.people.fields import FIELD
from app.people.matching_names import name_match
from app.people.queries import profiles as queries
from app.people.queries.profiles import OwnProfile
from app.people.queries.verification import unmaskings
from app.people.services import interests, profiles
from app.privacy.services.own import acknowledge
from app.words import N_
from views.profiles.confirmation import confirm_context
from views.profiles.sentences import (
    address_of,
    field_words,
    match_words,
    missing_words,
    state_words,
)
from views.profiles.steps import Shown, flag_of, next_address, step_context, steps_of
from views.request import current_actor, current_scope

LONGEST_TYPED = 200


class OwnProfileView(BaseView):
    """The officer's own profile."""

    route_base = "/me/profile"
    class_permission_name = "own-profile"
    default_view = "overview"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("show")
    def overview(self) -> Any:
        """Where the profile stands, what is missing and why it matters for pay."""
        return self._overview()

    @expose("/submit", methods=["POST"])
    @has_access
    @permission_name("submit")
    def submit(self) -> Any:
        """Sends the profile for verification."""
        try:
            profiles.submit_profile(current_scope(), current_actor())
        except RuleBroken as error:
            return self._overview(error), error.status
        flash(_("Sent. The TSC Sub-County Director verifies it."), "success")
        return redirect("/me/profile/", 303)

    @expose("/confirm", methods=["POST"])
    @has_access
    @permission_name("edit")
    def confirm(self) -> Any:
        """The answer at a new series: all still right, or on to what changed."""
        same = request.form.get("answer") != SeriesAnswer.CHANGED
        answer = SeriesAnswer.SAME if same else SeriesAnswer.CHANGED
        profiles.confirm_series(current_scope(), current_actor(), answer)
        if same:
            flash(_("Thank you. You are not asked again for this series."), "success")
        return redirect("/me/" if same else "/me/profile/workstation/", 303)

    @expose("/interests/", methods=["GET", "POST"])
    @has_access
    @permission_name("edit")
    def interests(self) -> Any:
        """The schools with which the officer has to do, which bar them from those centres."""
        form = request.form
        if request.method == "POST" and form.get("act") != "find":
            try:
                interests.change(current_scope(), current_actor(), form.to_dict())
            except RuleBroken as error:
                return self._interests(error), error.status
            return redirect("/me/profile/interests/", 303)
        return self._interests()

    @expose("/places/", methods=["GET"])
    @has_access
    @permission_name("show")
    def places(self) -> Any:
        """The sub-counties of a county, for the select that follows it."""
        county = _whole(request.args.get("county"))
        return jsonify([{"id": p.id, "name": p.name} for p in queries.sub_counties(county)])

    @expose("/schools/", methods=["GET"])
    @has_access
    @permission_name("show")
    def schools(self) -> Any:
        """Schools of a sub-county by words of their name, as one types."""
        place, typed = _whole(request.args.get("sub_county")), request.args.get("q", "")
        found = queries.schools(place, typed[:LONGEST_TYPED]) if len(typed) > 1 else []
        return jsonify([{"id": p.id, "name": p.name} for p in found])

    @expose("/match", methods=["POST"])
    @has_access
    @permission_name("show")
    def match(self) -> Any:
        """How well two names agree, as one types; nothing is stored."""
        names = [request.form.get(name, "")[:120] for name in ("full_name", "mpesa_name")]
        return jsonify(match_words(name_match(*names)) if all(names) else None)

    @expose("/mend/<string(maxlength=40):name>", methods=["GET"])
    @has_access
    @permission_name("show")
    def mend(self, name: str) -> Any:
        """Leads to a field; unlike its own address, this one survives a sign-in on the way."""
        if name not in FIELD:
            raise NotFound("no-such-field", N_("There is no such field."))
        return redirect(address_of(FIELD[name]))

    @expose("/<string(maxlength=20):step>/", methods=["GET", "POST"])
    @has_access
    @permission_name("edit")
    def step(self, step: str) -> Any:
        """One step: shown, searched in, or saved."""
        group = _group(step)
        if request.method == "GET":
            return self._step(group, Shown())
        act = request.form.get("act", "save")
        if act != "save":
            return self._step(group, Shown(_typed(), finding=act == "find"))
        return self._save(group)

    def _save(self, group: ProfileGroup) -> Any:
        """Stores what is valid; what is not stays on the page with its sentence."""
        try:
            saved = profiles.save_step(
                current_scope(),
                current_actor(),
                group,
                _typed(),
                version=_whole(request.form.get("version")),
                vault=vault(),
            )
        except Conflict as error:
            fields = error.facts.get("fields")
            theirs = frozenset(map(str, fields)) if isinstance(fields, list) else frozenset()
            db.session.expire_all()
            return self._step(group, Shown(_typed(), theirs=theirs)), error.status
        acknowledge(db.session, current_actor())
        if saved.problems:
            shown = Shown(_typed(), saved.problems, saved_some=bool(saved.changed))
            return self._step(group, shown), 422
        return redirect(self._after(group, saved), 303)

    def _after(self, group: ProfileGroup, saved: profiles.Saved) -> str:
        """On to the next step while it is a draft; else back to the overview, which says what is."""
        differs = {"full_name", "mpesa_name"} & set(saved.changed) and not _agrees()
        if differs and request.form.get("seen_match") != "yes":
            return f"/me/profile/{group}/?saved=1#match"
        if saved.state is ProfileState.DRAFT:
            return next_address(group)
        flash(_("Saved."), "success")
        return "/me/profile/"

    def _step(self, group: ProfileGroup, shown: Shown) -> Any:
        context = step_context(_profile(), group, shown)
        return self.render_template("profile/step.html", **context)

    def _overview(self, refused: RuleBroken | None = None) -> Any:
        return self.render_template("profile/overview.html", **_overview_context(refused))

    def _interests(self, refused: RuleBroken | None = None) -> Any:
        from views.profiles.interests import interests_context

        context = interests_context(_profile(), request.values, refused)
        return self.render_template("profile/interests.html", **context)


def vault() -> Vault:
    """The keys of sealed numbers."""
    found: Vault = current_app.extensions["vault"]
    return found


def _overview_context(refused: RuleBroken | None) -> dict[str, Any]:
    profile = _profile()
    officer = profile.officer
    return {
        "name": officer.full_name,
        "state": officer.state,
        "sentence": state_words(profile.state, len(profile.missing), profile.minutes_left),
        "steps": steps_of(profile),
        "first": next((one["href"] for one in steps_of(profile) if one["missing"]), None),
        "missing": missing_words(profile.missing),
        "may_submit": profile.state in (ProfileState.DRAFT, ProfileState.FLAGGED),
        "blocked": bool(profile.blocking),
        "flag": flag_of(profile),
        "match": match_words(profile.match),
        "confirm": confirm_context(profile.officer),
        "errors": [{"field": None, "sentence": p.spoken(_translated)} for p in refused.problems]
        if refused
        else [],
        "read_by": [
            {"who": one.actor_name, "what": field_words(one.field), "at": one.unmasked_at}
            for one in unmaskings(officer.id)[:5]
        ],
    }


def _translated(message: str) -> str:
    return str(_(message))


def _profile() -> OwnProfile:
    return queries.own_profile(current_scope(), current_actor(), vault(), on=clock.today())


def _agrees() -> bool:
    found = match_words(_profile().match)
    return found is None or found["kind"] == "success"


def _typed() -> dict[str, list[str]]:
    return {
        name: [one[:LONGEST_TYPED] for one in values]
        for name, values in request.form.to_dict(flat=False).items()
    }


def _group(step: str) -> ProfileGroup:
    try:
        return ProfileGroup(step)
    except ValueError:
        raise NotFound("no-such-step", N_("There is no such step.")) from None


def _whole(text: str | None) -> int:
    plain = text or ""
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 10 else 0
