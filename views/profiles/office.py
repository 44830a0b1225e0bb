"""What the pages of those who vet profiles ask for: the queue, and one person's profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext

from app import clock
from app.errors import PortalError
from app.extensions import db
from app.people.enums import ProfileGroup, ProfileState
from app.people.fields import GROUP_WORDS, SECRET, Field, Kind, fields_of
from app.people.machine import OFFICE, moves_from
from app.people.queries import profiles as own
from app.people.queries import verification as queries
from app.people.queries.verification import Checked
from app.people.services.unmasking import SEALED_FOR, left_today
from app.permissions import Role, may
from app.places.models import SubCounty
from app.scoping.scope import Actor, Scope
from views import words
from views.access.language import language_now
from views.profiles.sentences import field_words, fields_words, group_words, match_words
from views.profiles.steps import stored_text
from views.registers.sentences import in_language

NOT_FOR_WATCHERS = frozenset({"year_of_birth", "email", "kin_name", "kin_telephone"})
VETTING = frozenset({str(Role.TSC_DIRECTOR), str(Role.SCDE), str(Role.ADMINISTRATOR)})


def queue_context(scope: Scope, actor: Actor, asked: Mapping[str, str]) -> dict[str, Any]:
    """What profile/queue.html asks for."""
    state = _state(asked.get("state"))
    clear = {"yes": True, "no": False}.get(asked.get("clear", ""))
    place, page = _whole(asked.get("sub_county")) or None, _whole(asked.get("page"))
    found = queries.queue(
        scope, state=state, on=clock.today(), clear=clear, sub_county_id=place, page=page
    )
    here = {"state": str(state), "sub_county": place, "clear": asked.get("clear")}
    return {
        "sentence": _sentence(found, state),
        "states": [
            {"state": str(one), "count": count, "href": _href(here, state=one, clear=None),
             "current": one is state}
            for one, count in found.counts.items()
        ],
        "checks": _check_chips(found, here, clear=clear),
        "places": [
            {"name": name, "count": count, "href": _href(here, sub_county=number),
             "current": number == place}
            for number, name, count in found.places[:60]
        ],
        "lines": [_line(one) for one in found.lines],
        "may_verify": may(actor, OFFICE, "verify")
        and state in (ProfileState.SUBMITTED, ProfileState.FLAGGED),
        "more": _href(here, page=page + 1)
        if found.total > (page + 1) * queries.PAGE
        else None,
    }  # fmt: skip


def person_context(
    scope: Scope,
    actor: Actor,
    officer_id: int,
    *,
    unmasked: Mapping[str, str] | None = None,
    refused: PortalError | None = None,
    typed: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What profile/person.html asks for."""
    officer = queries.profile_in(scope, officer_id)
    vault, today = current_app.extensions["vault"], clock.today()
    profile = own.profile_of(db.session, officer, vault, on=today)
    (found,) = queries.checked(db.session, [officer], on=today)
    acts = {str(m.act) for m in moves_from(profile.state, lambda r, a: may(actor, r, a))}
    unmasks = may(actor, OFFICE, "unmask")
    sees = bool(VETTING & actor.roles)
    return {
        "person": _line(found) | {"version": officer.profile_version, "mobile": officer.mobile},
        "sees_contact": sees,
        "flag": {"label": field_words(officer.flagged_field), "reason": officer.flag_reason}
        if officer.state == ProfileState.FLAGGED
        else None,
        "groups": [_group(group, profile, found, sees=sees) for group in ProfileGroup],
        "may_verify": "verify" in acts,
        "may_flag": "flag" in acts,
        "may_unmask": unmasks,
        "left": left_today(db.session, actor) if unmasks else 0,
        "sealed": [
            {"value": name, "label": field_words(name)}
            for name in SEALED_FOR
            if unmasks and getattr(officer, f"{name}_cipher")
        ],
        "unmasked": unmasked and {**unmasked, "label": field_words(unmasked["name"])},
        "fields": [
            {"value": one.name, "label": _(one.label)}
            for group in ProfileGroup
            for one in fields_of(group)
        ],
        "typed": typed or {},
        "errors": [{"field": p.field, "sentence": p.spoken(_said)} for p in refused.problems]
        if refused
        else [],
        "history": [_moved(one) for one in queries.history(officer.id)],
        "readings": [
            {"who": one.actor_name, "what": field_words(one.field), "why": one.reason,
             "at": one.unmasked_at}
            for one in queries.unmaskings(officer.id)
        ] if sees else [],
    }  # fmt: skip


def _sentence(found: queries.Queue, state: ProfileState) -> str:
    count = found.counts[state]
    if state is not ProfileState.SUBMITTED:
        return ngettext("%(num)s profile", "%(num)s profiles", count)
    waits = ngettext("%(num)s profile waits", "%(num)s profiles wait", count)
    clear = ngettext(
        "%(num)s has nothing against it", "%(num)s have nothing against them", found.clear
    )
    return f"{waits}; {clear}."


def _check_chips(
    found: queries.Queue, here: Mapping[str, Any], *, clear: bool | None
) -> list[dict[str, Any]]:
    words = ((None, _("All")), (True, _("Nothing found")), (False, _("Something to look into")))
    asked = {None: None, True: "yes", False: "no"}
    return [
        {"label": label, "href": _href(here, clear=asked[one]), "current": clear is one}
        for one, label in words
        if found.lines or clear is not None
    ]


def _line(one: Checked) -> dict[str, Any]:
    officer = one.officer
    match = match_words(one.match)
    return {
        "id": officer.id,
        "name": str(officer),
        "href": f"/profiles/{officer.id}/",
        "pick": f"{officer.id}:{officer.profile_version}",
        "workstation": officer.workstation or "",
        "sub_county": officer.sub_county.name if officer.sub_county else "",
        "designation": officer.designation or "",
        "state": officer.state,
        "since": officer.submitted_at,
        "missing": [_(lack.field.label) for lack in one.missing],
        "unlisted": one.is_unlisted,
        "blocked": bool(one.lacks),
        "match": match,
        "mpesa_name": officer.mpesa_name or "",
        "lookalike": one.lookalike,
        "claims": fields_words(one.claims),
        "is_clear": one.is_clear,
        "waits_for": group_words(one.open_groups)
        if officer.state == ProfileState.SUBMITTED and officer.verified_groups
        else "",
        "flagged": field_words(officer.flagged_field) if officer.flagged_field else "",
    }


def _group(
    group: ProfileGroup, profile: own.OwnProfile, found: Checked, *, sees: bool
) -> dict[str, Any]:
    hidden = frozenset() if sees else NOT_FOR_WATCHERS
    shown = [
        one
        for one in fields_of(group)
        if one.name not in hidden and (sees or one.kind not in SECRET)
    ]
    if profile.officer.employer_kind not in (None, "other"):
        shown = [one for one in shown if one.name != "employer"]
    return {
        "title": _(GROUP_WORDS[group]),
        "verified": group not in found.open_groups,
        "facts": [
            {"name": one.name, "label": _(one.label), "value": _value(one, profile)}
            for one in shown
        ],
    }


def _value(one: Field, profile: own.OwnProfile) -> str:
    officer = profile.officer
    if one.kind is Kind.ROLES:
        names = {r.code: in_language(r.name, r.name_sw) for r in own.staff_roles(db.session)}
        return ", ".join(names.get(code, code) for code in officer.wanted_roles)
    if one.kind is Kind.TICK:
        return _("Yes") if getattr(officer, one.name) else _("No")
    if one.kind is Kind.PLACE:
        return _place(getattr(officer, one.stored_in))
    if one.kind is Kind.DAY and getattr(officer, one.name):
        return words.day_with_year(getattr(officer, one.name), language_now())
    text = stored_text(one, profile)
    return _(dict(one.choices)[text]) if text in dict(one.choices) else text


def _place(sub_county_id: int | None) -> str:
    place = db.session.get(SubCounty, sub_county_id) if sub_county_id else None
    return f"{place.name}, {place.county.name}" if place else ""


def _moved(one: Any) -> dict[str, Any]:
    words = {
        "save": _("Saved"),
        "answer": _("Put right"),
        "submit": _("Sent for verification"),
        "verify": _("Verified"),
        "flag": _("Flagged"),
    }
    return {
        "act": words.get(one.act, one.act),
        "who": one.actor_name,
        "at": one.moved_at,
        "fields": fields_words(one.fields),
        "reason": one.reason or "",
    }


def _href(here: Mapping[str, Any], **changes: Any) -> str:
    wanted = {**here, "page": None, **changes}
    pairs = "&".join(f"{name}={value}" for name, value in wanted.items() if value)
    return f"/profiles/queue/?{pairs}"


def _state(text: str | None) -> ProfileState:
    found = {str(state): state for state in ProfileState}
    return found.get(text or "", ProfileState.SUBMITTED)


def _whole(text: str | None) -> int:
    plain = text or ""
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 6 else 0


def _said(message: str) -> str:
    return str(_(message))
