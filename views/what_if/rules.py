"""What the page of changed rules shows: the question, the counts of each sub-county, the names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import exists, select

from app import clock
from app.deployments.models import Post
from app.errors import NotFound
from app.exams.models import Series, StaffRole
from app.exams.queries import series_on
from app.places.models import County, SubCounty
from app.places.queries import within_area
from app.procedures.what_if_rules import Count, Outcome, what_rule_would_do
from app.proposals.queries.season import Season, season_of
from app.scoping.scope import Actor, Scope
from app.vacancies.eligibility import NUMBERS, QUALIFICATIONS, TEACHES, parameter_of
from app.vacancies.queries.rules import rules_by_id
from app.words import N_
from views.registers.sentences import in_language
from views.vacancies.words import rule_terms
from views.what_if.asked import KEPT_BY_THE_DATABASE, KIND_WORDS, NEW, Asked, asked_in, rules_in

AT_ONCE = 4
"""How many sub-counties a page counts itself; its script asks for the rest one by one."""
NATION = "nation"
FIGURES = ("barred", "everywhere", "deployed", "opened")


def rules_context(session: Any, scope: Scope, actor: Actor, args: Any) -> dict[str, Any]:
    """What what_if/rules.html asks for."""
    series = open_series(session)
    season = chosen_season(session, args, series)
    places = places_in(session, scope)
    context: dict[str, Any] = {
        "series": [{"value": key, "label": name} for key, name in series.items()],
        "areas": areas_of(places),
        "chosen_area": args.get("area") or (str(next(iter(places))) if len(places) == 1 else ""),
        "season": season,
        "asked": None,
    }
    if season is None:
        return context
    every = rules_by_id(session)
    roles = role_words(session)
    asked = asked_in(args, every, season)
    context |= {
        "rules": rule_choices(every, season, roles),
        "roles": [{"value": code, "label": words} for code, words in roles.items()],
        "asked": asked,
    }
    if asked is not None:
        context |= {"control": control_of(asked), "kind": KIND_WORDS[str(asked.kind)]}
    if asked is not None and asked.change is not None and context["chosen_area"]:
        wanted = places_of(context["chosen_area"], places)
        series_id, change = season.series_id, asked.change
        context |= _counted(
            session, scope, actor, series_id=series_id, change=change, places=wanted
        )
        context["rows"] = _rows(wanted, context["outcomes"], args)
        context["roles_counted"] = _by_role(context["outcomes"].values(), roles)
        context["names"] = _names(context["outcomes"], wanted, roles)
    return context


def numbers_of(
    session: Any, scope: Scope, actor: Actor, args: Any, sub_county_id: int
) -> dict[str, int]:
    """The counts of one sub-county, for the script of the page; NotFound where it is out of reach."""
    season = chosen_season(session, args, open_series(session))
    asked = asked_in(args, rules_by_id(session), season) if season else None
    if season is None or asked is None or asked.change is None:
        raise NotFound("not-found", N_("That record was not found."))
    found = what_rule_would_do(
        session,
        scope,
        actor,
        series_id=season.series_id,
        sub_county_id=sub_county_id,
        change=asked.change,
    )
    return {name: getattr(found.total, name) for name in FIGURES}


def open_series(session: Any) -> dict[int, str]:
    """The series that have posts and have not ended, by id."""
    has_posts = exists().where(Post.series_id == Series.id)
    rows = session.execute(
        select(Series.id, Series.name)
        .where(Series.status != "finished", has_posts)
        .order_by(Series.starts_on, Series.id)
    )
    return dict(rows.all())


def chosen_season(session: Any, args: Any, series: Mapping[int, str]) -> Season | None:
    """The series asked for, else one of the examination asked for, else the one that runs."""
    asked, examination = args.get("series", ""), args.get("examination", "")
    found = [season_of(session, key) for key in series]
    for one in found:
        if asked.isascii() and asked.isdecimal() and one.series_id == int(asked[:9]):
            return one
    if examination:
        return next((one for one in found if one.examination_code == examination), None)
    running = series_on(session, clock.today())
    found.sort(key=lambda one: one.series_id != running)
    return found[0] if found else None


def places_in(session: Any, scope: Scope) -> dict[int, Any]:
    """The sub-counties in reach that have posts, by id, with their county, in order."""
    has_posts = exists().where(Post.sub_county_id == SubCounty.id)
    rows = session.execute(
        within_area(select(SubCounty.id, SubCounty.name, County.id, County.name), SubCounty, scope)
        .join(County, County.id == SubCounty.county_id)
        .where(has_posts)
        .order_by(County.name, SubCounty.name)
    )
    return {key: (name, county_id, county) for key, name, county_id, county in rows}


def areas_of(places: Mapping[int, Any]) -> list[dict[str, Any]]:
    """What may be counted: the nation and the counties, where more than one is in reach."""
    counties = {county_id: county for _name, county_id, county in places.values()}
    found = []
    if len(counties) > 1:
        found.append({"value": NATION, "label": _("The whole country")})
    if len(places) > 1:
        found += [
            {"value": f"county-{key}", "label": _("%(county)s county", county=name)}
            for key, name in counties.items()
        ]
    return found + [{"value": key, "label": place[0]} for key, place in places.items()]


def places_of(area: str, places: Mapping[int, Any]) -> dict[int, str]:
    """The sub-counties of an area; NotFound where it is not offered."""
    if area == NATION:
        found = {key: place[0] for key, place in places.items()}
    else:
        found = {
            key: place[0]
            for key, place in places.items()
            if area in (str(key), f"county-{place[1]}")
        }
    if not found:
        raise NotFound("not-found", N_("That record was not found."))
    return found


def rule_choices(
    every: Mapping[int, Any], season: Season, roles: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The rules in force, then the kinds of which a new one may be tried."""
    found = []
    for key, rule in rules_in(every, season).items():
        parts = [KIND_WORDS[str(rule.kind)], rule_terms(rule.parameters)]
        parts.append(roles.get(rule.role_code or "", "") or _("every role"))
        found.append({"value": key, "label": ", ".join(str(part) for part in parts if part)})
    found.sort(key=lambda one: str(one["label"]))
    return found + [
        {"value": f"{NEW}{kind}", "label": _("New rule: %(rule)s", rule=words)}
        for kind, words in KIND_WORDS.items()
        if kind != KEPT_BY_THE_DATABASE
    ]


def control_of(asked: Asked) -> dict[str, Any]:
    """How the value of a rule is typed: a number, one word of several, or several ticked."""
    wanted = parameter_of(asked.kind)
    if wanted is None:
        return {"type": None}
    name, words = wanted
    if words is None:
        unit = _("Weeks") if name == "weeks" else _("Years")
        return {"type": "number", "label": unit}
    said = {**TEACHES, **QUALIFICATIONS, **NUMBERS}
    options = [{"value": one, "label": _(said[one])} for one in said if one in words]
    return {"type": "select" if name == "at_least" else "ticks", "options": options}


def role_words(session: Any) -> dict[str, str]:
    """The names of the roles in the reader's language, by code, in their order."""
    rows = session.execute(
        select(StaffRole.code, StaffRole.name, StaffRole.name_sw).order_by(StaffRole.position)
    )
    return {code: in_language(name, name_sw) for code, name, name_sw in rows}


def _counted(
    session: Any, scope: Scope, actor: Actor, *, series_id: int, change: Any, places: Iterable[int]
) -> dict[str, Any]:
    """The outcomes of as many sub-counties as a page can wait for, and their sum in words."""
    outcomes: dict[int, Outcome] = {
        place: what_rule_would_do(
            session, scope, actor, series_id=series_id, sub_county_id=place, change=change
        )
        for place in islice(places, AT_ONCE)
    }
    total = _sum(one.total for one in outcomes.values())
    return {"outcomes": outcomes, "total": total, "sentences": sentences_of(total)}


def sentences_of(total: Count) -> list[str]:
    """What the change does, in words."""
    barred, everywhere, deployed, opened = (getattr(total, name) for name in FIGURES)
    said = [
        ngettext(
            "Bars %(num)s person here who may serve today;",
            "Bars %(num)s people here who may serve today;",
            barred,
        ),
        ngettext("%(num)s of them is deployed.", "%(num)s of them are deployed.", deployed),
    ]
    if barred:
        said.append(
            ngettext(
                "%(num)s person would have no post of the role left.",
                "%(num)s people would have no post of the role left.",
                everywhere,
            )
        )
    if opened:
        said.append(
            ngettext("Opens posts to %(num)s person.", "Opens posts to %(num)s people.", opened)
        )
    return said


def _sum(counts: Iterable[Count]) -> Count:
    found = list(counts)
    return Count(*(sum(getattr(one, name) for one in found) for name in Count.__slots__))


def _rows(
    places: Mapping[int, str], outcomes: Mapping[int, Outcome], args: Any
) -> list[dict[str, Any]]:
    """A row for each sub-county: its counts, or None for those still to be asked for."""
    asked = [(name, value) for name, value in args.items(multi=True) if name != "area"]
    return [
        {
            "id": key,
            "place": name,
            "count": outcomes[key].total if key in outcomes else None,
            "people": outcomes[key].people if key in outcomes else None,
            "href": f"/what-if/rules/?{urlencode([*asked, ('area', key)])}",
            "numbers": f"/what-if/rules/numbers/{key}?{urlencode(asked)}",
        }
        for key, name in places.items()
    ]


def _by_role(outcomes: Iterable[Outcome], roles: Mapping[str, str]) -> list[dict[str, Any]]:
    found = list(outcomes)
    return [
        {"role": words, "count": _sum(one.by_role[code] for one in found if code in one.by_role)}
        for code, words in roles.items()
        if any(code in one.by_role for one in found)
    ]


def _names(
    outcomes: Mapping[int, Outcome],
    places: Sequence[int] | Mapping[int, str],
    roles: Mapping[str, str],
) -> list[dict[str, Any]]:
    """The first of those barred, where one sub-county is looked at."""
    if len(places) != 1:
        return []
    (outcome,) = outcomes.values()
    return [
        {
            "href": f"/officers/show/{one.officer_id}",
            "name": one.name,
            "roles": ", ".join(roles[code] for code in one.roles),
            "posts": one.posts,
            "left": one.left,
            "deployed": one.deployed,
        }
        for one in outcome.names
    ]
