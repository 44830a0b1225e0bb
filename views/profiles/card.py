"""What an officer's home says of their profile: what is missing, what is flagged, what is asked."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_babel import gettext as _

from app import clock
from app.errors import NotFound
from app.people.enums import ProfileState
from app.people.queries import profiles as queries
from app.scoping.scope import Actor, Scope
from views.profiles.confirmation import confirm_context
from views.profiles.sentences import match_words, state_words, things_missing
from views.profiles.steps import flag_of, steps_of


def profile_card(scope: Scope, actor: Actor) -> dict[str, Any] | None:
    """The profile on the home: a verified one only asks what a new series asks."""
    vault = current_app.extensions["vault"]
    try:
        profile = queries.own_profile(scope, actor, vault, on=clock.today())
    except NotFound:
        return None
    lacks, verified = len(profile.missing), profile.state is ProfileState.VERIFIED
    match = match_words(profile.match)
    said = things_missing(lacks, profile.minutes_left) if lacks else None
    steps = steps_of(profile)
    return {
        "state": str(profile.state),
        "verified": verified,
        "headline": _("Your profile: %(things)s", things=said) if said else _("Your profile"),
        "sentence": None
        if said and profile.state is ProfileState.DRAFT
        else state_words(profile.state, lacks, profile.minutes_left),
        "href": next((one["href"] for one in steps if one["missing"]), "/me/profile/"),
        "flag": flag_of(profile),
        "match": match if match and match["kind"] != "success" else None,
        "confirm": confirm_context(profile.officer),
    }
