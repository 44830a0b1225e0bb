"""Posts that nobody holds, counted afresh from posts, deployments and adverts: never stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, and_, case, cast, exists, func, select

from app import clock
from app.exams.models import RatioRule, Series, StaffRole
from app.extensions import Model
from app.places.models import Centre
from app.scoping.restrict import restrict
from app.scoping.scope import Scope
from app.vacancies.adverts import Key, Missing, missing, with_braille
from app.vacancies.enums import HOLDS_AN_OFFER
from app.vacancies.models import Application, Vacancy
from app.vacancies.queries.listing import open_now

ACTIVE = ("proposed", "published", "accepted")


@dataclass(frozen=True, slots=True)
class ToAdvertise:
    """An advert that could be made: so many posts of a role at a centre."""

    centre_id: int
    centre: str
    role_id: int
    role: str
    role_sw: str
    lacking: Missing
    posts: int
    needs_braille: bool
    day_kinds: tuple[str, ...]


def still_needed(
    session: Any, scope: Scope, series_id: int, sub_county_id: int
) -> tuple[ToAdvertise, ...]:
    """What no advert covers yet in one sub-county, by centre and role, blind candidates apart."""
    required = _required(session, scope, series_id, sub_county_id)
    found = missing(
        required,
        _deployed(session, series_id, sub_county_id),
        *_on_offer(session, scope, series_id, sub_county_id),
    )
    wanted = [one for one in found if one.to_advertise]
    centres = _centres(session, scope, [one.centre_id for one in wanted])
    readers = _readers(session, series_id, sub_county_id)
    roles = {row.id: row for row in session.execute(select(StaffRole.__table__)).all()}
    kinds = _kinds(session, series_id)
    out = []
    for one in wanted:
        name, blind = centres[one.centre_id]
        role = roles[one.role_id]
        if role.code == "invigilator":
            split = with_braille(
                one.to_advertise, blind_candidates=blind, readers=readers.get(one.centre_id, 0)
            )
        else:
            split = (one.to_advertise, 0)
        out += [
            ToAdvertise(
                *(one.centre_id, name, role.id, role.name, role.name_sw, one, posts, braille),
                kinds.get(role.id, ("rehearsal", "written")),
            )
            for posts, braille in zip(split, (False, True), strict=True)
            if posts
        ]
    return tuple(out)


def _required(session: Any, scope: Scope, series_id: int, sub_county_id: int) -> Mapping[Key, int]:
    post = Model.metadata.tables["post"]
    rows = session.execute(
        restrict(
            select(post.c.centre_id, post.c.role_id, post.c.required).join(
                Centre, Centre.id == post.c.centre_id
            ),
            Centre,
            scope,
        ).where(
            post.c.series_id == series_id,
            post.c.sub_county_id == sub_county_id,
            post.c.required > 0,
        )
    )
    return {(centre, role): required for centre, role, required in rows}


def _deployed(session: Any, series_id: int, sub_county_id: int) -> Mapping[Key, int]:
    """How many places of each post somebody holds from now on."""
    d = Model.metadata.tables["deployment"]
    rows = session.execute(
        select(d.c.centre_id, d.c.role_id, func.count(d.c.slot.distinct()))
        .where(
            d.c.series_id == series_id,
            d.c.sub_county_id == sub_county_id,
            d.c.status.in_(ACTIVE),
            d.c.ends_on >= clock.today(),
        )
        .group_by(d.c.centre_id, d.c.role_id)
    )
    return {(centre, role): people for centre, role, people in rows}


def _on_offer(
    session: Any, scope: Scope, series_id: int, sub_county_id: int
) -> tuple[Mapping[Key, int], Mapping[int, int]]:
    """Posts that adverts cover: those open offer all theirs, those over what was given and accepted.

    Whoever accepted and is deployed in the role there counts as deployed and not here.
    """
    d = Model.metadata.tables["deployment"]
    placed = exists().where(
        d.c.officer_id == Application.officer_id,
        d.c.series_id == Vacancy.series_id,
        d.c.role_id == Vacancy.role_id,
        d.c.status.in_(ACTIVE),
    )
    given = Application.state.in_(sorted(HOLDS_AN_OFFER))
    offers = func.count(Application.id).filter(given)
    filled = func.count(Application.id).filter(and_(given, placed))
    offered = case((open_now(), Vacancy.posts), else_=cast(offers, Integer)) - filled
    statement = (
        select(Vacancy.centre_id, Vacancy.role_id, offered.label("posts"))
        .outerjoin(Application, Application.vacancy_id == Vacancy.id)
        .where(Vacancy.series_id == series_id, Vacancy.sub_county_id == sub_county_id)
        .group_by(Vacancy.id)
    )
    own: dict[Key, int] = {}
    pools: dict[int, int] = {}
    for centre_id, role_id, posts in session.execute(restrict(statement, Vacancy, scope)):
        if centre_id is None:
            pools[role_id] = pools.get(role_id, 0) + max(0, posts)
        else:
            own[centre_id, role_id] = own.get((centre_id, role_id), 0) + max(0, posts)
    return own, pools


def _centres(session: Any, scope: Scope, ids: Sequence[int]) -> Mapping[int, tuple[str, int]]:
    rows = session.execute(
        restrict(select(Centre.id, Centre.name, Centre.blind_candidates), Centre, scope).where(
            Centre.id.in_(sorted(set(ids)))
        )
    )
    return {centre_id: (name, blind) for centre_id, name, blind in rows}


def _readers(session: Any, series_id: int, sub_county_id: int) -> Mapping[int, int]:
    """Readers of braille by centre: those deployed there, and those whom an open advert asks for."""
    d, officer = Model.metadata.tables["deployment"], Model.metadata.tables["officer"]
    deployed = session.execute(
        select(d.c.centre_id, func.count())
        .join(officer, officer.c.id == d.c.officer_id)
        .where(
            d.c.series_id == series_id,
            d.c.sub_county_id == sub_county_id,
            d.c.status.in_(ACTIVE),
            officer.c.reads_braille,
        )
        .group_by(d.c.centre_id)
    )
    found: dict[int, int] = dict(deployed.all())
    asked = session.scalars(
        select(Vacancy.centre_id).where(
            Vacancy.series_id == series_id,
            Vacancy.sub_county_id == sub_county_id,
            Vacancy.needs_braille,
            open_now(),
        )
    )
    for centre_id in asked:
        found[centre_id] = found.get(centre_id, 0) + 1
    return found


def _kinds(session: Any, series_id: int) -> Mapping[int, tuple[str, ...]]:
    """The kinds of day on which the rules in force ask for each role."""
    rows = session.execute(
        select(RatioRule.role_id, RatioRule.day_kinds)
        .join(Series, Series.examination_id == RatioRule.examination_id)
        .where(
            Series.id == series_id,
            RatioRule.effective_from <= Series.starts_on,
            func.coalesce(RatioRule.effective_to, Series.starts_on) >= Series.starts_on,
        )
        .order_by(RatioRule.county_id.desc(), RatioRule.effective_from)
    )
    return {role_id: tuple(kinds) for role_id, kinds in rows}
