"""A step of the profile as its page shows it: each field with why it is asked, value and error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from app.errors import Problem
from app.extensions import db
from app.people.enums import ProfileGroup, ProfileState
from app.people.fields import FIELD, GROUP_WORDS, SECRET, Field, Kind, fields_of
from app.people.queries import profiles as queries
from app.people.queries.profiles import OwnProfile
from views.profiles.sentences import address_of, field_words, match_words
from views.registers.sentences import in_language
from views.words import mobile

GROUPS = tuple(ProfileGroup)
Typed = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Shown:
    """What a posted step keeps on the page: what was typed, what was wrong, what others wrote."""

    typed: Typed = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    theirs: frozenset[str] = frozenset()
    saved_some: bool = False
    finding: bool = False

    def text(self, name: str) -> str | None:
        """What was typed in a field, None where the form was not sent."""
        found = self.typed.get(name)
        return str(found[0]) if found else None

    def error(self, name: str) -> str | None:
        """The sentence under a field."""
        return next((one.spoken(_) for one in self.problems if one.field == name), None)


def step_context(profile: OwnProfile, group: ProfileGroup, shown: Shown) -> dict[str, Any]:
    """What profile/step.html asks for."""
    at = GROUPS.index(group)
    fields = [_field(one, profile, shown) for one in fields_of(group)]
    return {
        "step": {
            "name": str(group),
            "title": _(GROUP_WORDS[group]),
            "number": at + 1,
            "of": len(GROUPS),
            "back": f"/me/profile/{GROUPS[at - 1]}/" if at else "/me/profile/",
            "is_last": at == len(GROUPS) - 1,
        },
        "steps": steps_of(profile, group),
        "fields": fields,
        "errors": [{"field": p.field, "sentence": p.spoken(_)} for p in shown.problems],
        "version": profile.officer.profile_version,
        "conflict": bool(shown.theirs),
        "saved_some": shown.saved_some,
        "reopens": profile.state is ProfileState.VERIFIED,
        "flag": flag_of(profile, group),
        "match": match_words(profile.match) if _names_stand(group, shown) else None,
    }


def _names_stand(group: ProfileGroup, shown: Shown) -> bool:
    """Whether the stored names are those on the page: a refused name says nothing of how they agree."""
    refused = shown.error("full_name") or shown.error("mpesa_name")
    return group is ProfileGroup.PERSONAL and not refused


def steps_of(profile: OwnProfile, current: ProfileGroup | None = None) -> list[dict[str, Any]]:
    """The six steps: where one is, and how much of each is missing."""
    return [
        {
            "name": str(group),
            "title": _(GROUP_WORDS[group]),
            "href": f"/me/profile/{group}/",
            "missing": sum(1 for one in profile.missing if one.group is group),
            "begun": any(profile.is_given(one) for one in fields_of(group)),
            "current": group is current,
        }
        for group in GROUPS
    ]


def flag_of(profile: OwnProfile, group: ProfileGroup | None = None) -> dict[str, str] | None:
    """The flagged field and its reason, where the profile is flagged (in this step)."""
    flagged = FIELD.get(profile.officer.flagged_field or "")
    if flagged is None or group not in (None, flagged.group):
        return None
    return {
        "name": flagged.name,
        "label": field_words(flagged.name),
        "reason": profile.officer.flag_reason or "",
        "href": address_of(flagged),
    }


def next_address(group: ProfileGroup) -> str:
    """The step after this one, or the overview after the last."""
    at = GROUPS.index(group) + 1
    return f"/me/profile/{GROUPS[at]}/" if at < len(GROUPS) else "/me/profile/"


def _field(one: Field, profile: OwnProfile, shown: Shown) -> dict[str, Any]:
    stored = stored_text(one, profile)
    typed = shown.text(one.name)
    made: dict[str, Any] = {
        "name": one.name,
        "kind": str(one.kind),
        "label": _(one.label),
        "why": _(one.why),
        "optional": one.name not in profile.asked,
        "inputmode": one.inputmode,
        "value": (typed if typed is not None else "" if one.kind in SECRET else stored),
        "masked": profile.numbers.get(one.name) if one.kind in SECRET else None,
        "error": shown.error(one.name),
        "flagged": profile.officer.flagged_field == one.name,
        "theirs": (stored or _("nothing")) if one.name in shown.theirs else None,
        "choices": _choices(one),
    }
    if one.kind is Kind.ROLES:
        made["roles"] = _roles(one, profile, shown)
    elif one.kind is Kind.TICK:
        made["ticked"] = bool(typed) if shown.typed else bool(getattr(profile.officer, one.name))
    elif one.kind is Kind.PLACE:
        made |= _place(one, profile, shown)
    elif one.kind is Kind.SCHOOL:
        made |= _school(profile, shown)
    return made


def stored_text(one: Field, profile: OwnProfile) -> str:
    """What is stored of a field as its form would hold it; numbers masked."""
    if one.kind in SECRET:
        return profile.numbers.get(one.name, "")
    value = getattr(profile.officer, one.stored_in)
    if one.kind in (Kind.TICK, Kind.ROLES) or value is None:
        return ""
    if one.name == "employer" and profile.officer.employer_kind not in (None, "other"):
        return ""
    return mobile(value) if one.name == "kin_telephone" else str(value)


def _choices(one: Field) -> list[dict[str, str]] | None:
    if one.kind is not Kind.CHOICE:
        return None
    first = [{"value": "", "label": _("Choose")}]
    return first + [{"value": value, "label": _(label)} for value, label in one.choices]


def _roles(one: Field, profile: OwnProfile, shown: Shown) -> list[dict[str, Any]]:
    chosen = shown.typed.get(one.name, ()) if shown.typed else profile.officer.wanted_roles
    return [
        {
            "value": role.code,
            "label": in_language(role.name, role.name_sw),
            "ticked": role.code in chosen,
        }
        for role in queries.staff_roles(db.session)
    ]


def _place(one: Field, profile: OwnProfile, shown: Shown) -> dict[str, Any]:
    """County first, then its sub-counties."""
    stored: int | None = getattr(profile.officer, one.stored_in)
    asked = _whole(shown.text(f"{one.name}_county"))
    county = asked or queries.county_of(stored)
    chosen = _whole(shown.text(one.name)) if one.name in shown.typed else stored
    return {
        "county": county,
        "counties": queries.counties(),
        "places": queries.sub_counties(county) if county else [],
        "value": chosen or "",
    }


def _school(profile: OwnProfile, shown: Shown) -> dict[str, Any]:
    """The schools that the typed words find, after "Find the school" was pressed."""
    place = _whole(shown.text("sub_county")) or profile.officer.sub_county_id
    typed = shown.text("workstation") or ""
    finding = shown.finding and place is not None
    found = queries.schools(place or 0, typed) if finding else []
    officer = profile.officer
    teaches = officer.employer_kind == "tsc" and officer.workstation
    unlisted = bool(teaches) and officer.workstation_school_id is None and not shown.typed
    return {"finding": finding, "found": found, "typed": typed, "unlisted": unlisted}


def _whole(text: str | None) -> int | None:
    plain = text or ""
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 10 else None
