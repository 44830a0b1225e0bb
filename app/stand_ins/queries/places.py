"""The open places of centres, on a morning or in the days ahead, with whoever left them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Date, Row, and_, func, literal, or_, select

from app.attendance.models import Mark
from app.deployments.models import Deployment, Post
from app.exams.models import ExamDay, Series, StaffRole
from app.exams.slices import CalendarDay
from app.people.models import Officer
from app.places.enums import CentreKind
from app.places.models import Centre, SubCounty
from app.scoping.restrict import restrict
from app.scoping.scope import Scope
from app.stand_ins.enums import Cause
from app.stand_ins.queries.centres import Morning, among_roles, roles_asked
from app.stand_ins.rules import AHEAD_DAYS, Held, OpenPlace, open_places

__all__ = ["Place", "place_of", "places_ahead", "places_on"]

GONE = ("declined", "withdrawn", "replaced")


@dataclass(frozen=True, slots=True)
class Place:
    """An open place with its centre and role; `name` is whoever had it last, `said` their reason."""

    open: OpenPlace
    centre_id: int
    centre_code: str
    centre: str
    sub_county_id: int
    series_id: int
    ends_on: dt.date
    role_id: int
    role_code: str
    role: str
    role_sw: str
    lon: float | None
    lat: float | None
    name: str | None
    said: str | None

    @property
    def key(self) -> tuple[int, int]:
        return self.open.post_id, self.open.slot


def places_on(
    session: Any, scope: Scope, of: Morning, centre_ids: Collection[int]
) -> tuple[Place, ...]:
    """The places of these centres that nobody fills this morning, in the order of the roles."""
    if not of.starts or not centre_ids:
        return ()
    at = Post.centre_id.in_(sorted(centre_ids))
    posts = _posts(session, scope, and_(at, among_roles(of.roles)))
    return _open(session, scope, posts, dict.fromkeys((one.id for one in posts), of.day))


def place_of(session: Any, scope: Scope, *, post_id: int, slot: int, day: dt.date) -> Place | None:
    """The place of this number if nobody fills it on the day; None where somebody does, or the
    post is out of reach."""
    posts = _posts(session, scope, Post.id == post_id)
    found = _open(session, scope, posts, {post_id: day})
    return next((one for one in found if one.open.slot == slot), None)


def places_ahead(
    session: Any, scope: Scope, today: dt.date, *, sub_county_id: int | None = None, limit: int = 40
) -> tuple[Place, ...]:
    """Places that nobody fills from a later day on, the nearest day first, then in the order of the
    roles: declined or given up before their first day, or never filled in a series that is about to
    go on. A larger limit only adds places at the end.

    Each post is looked at on its next examination day, and on the first day of every duty that was
    declined.
    """
    days = _days_ahead(session, today)
    found: list[Place] = []
    for series_id, (day, roles) in days.items():
        due = and_(
            Post.series_id == series_id,
            among_roles(roles),
            _is_short(day),
        )
        found += _ahead(session, scope, due, day, within=sub_county_id, limit=limit)
    for day, ids in _declined_later(session, scope, days, sub_county_id).items():
        found += _ahead(session, scope, Post.id.in_(ids), day, within=sub_county_id, limit=limit)
    once: dict[tuple[int, int], Place] = {}
    for one in found:
        once.setdefault(one.key, one)
    return tuple(sorted(once.values(), key=lambda one: one.open.day)[:limit])


def _ahead(
    session: Any,
    scope: Scope,
    due: ColumnElement[bool],
    day: dt.date,
    *,
    within: int | None,
    limit: int,
) -> tuple[Place, ...]:
    where = due if within is None else and_(due, Post.sub_county_id == within)
    posts = _posts(session, scope, where, limit=limit)
    return _open(session, scope, posts, dict.fromkeys((one.id for one in posts), day))


def _days_ahead(
    session: Any, today: dt.date
) -> Mapping[int, tuple[dt.date, set[tuple[int, int, int]]]]:
    """The next examination day of each series that is near, with the roles it asks for."""
    rows = session.execute(
        select(ExamDay, Series.examination_id)
        .join(Series, Series.id == ExamDay.series_id)
        .where(
            Series.status == "running",
            ExamDay.day > today,
            ExamDay.day <= today + dt.timedelta(days=AHEAD_DAYS),
        )
        .distinct(ExamDay.series_id)
        .order_by(ExamDay.series_id, ExamDay.day)
    ).all()
    return {
        held.series_id: (
            held.day,
            roles_asked(
                session,
                held.series_id,
                examination_id,
                CalendarDay(held.day, held.kind, held.payable),
            ),
        )
        for held, examination_id in rows
    }


def _is_short(day: dt.date) -> ColumnElement[bool]:
    """Whether fewer hold the post's places on the day than it requires."""
    holders = (
        select(func.count())
        .where(Deployment.post_id == Post.id, _holds(day))
        .correlate(Post)
        .scalar_subquery()
    )
    return holders < Post.required


def _declined_later(
    session: Any,
    scope: Scope,
    days: Mapping[int, tuple[dt.date, Any]],
    sub_county_id: int | None,
) -> Mapping[dt.date, list[int]]:
    """First day -> posts of the duties declined that begin after their series' next day."""
    if not days:
        return {}
    statement = restrict(select(Deployment.starts_on, Deployment.post_id), Deployment, scope).where(
        Deployment.status == "declined",
        or_(
            *(
                and_(Deployment.series_id == series_id, Deployment.starts_on > day)
                for series_id, (day, _) in days.items()
            )
        ),
    )
    if sub_county_id is not None:
        statement = statement.where(Deployment.sub_county_id == sub_county_id)
    found: dict[dt.date, list[int]] = defaultdict(list)
    for first, post_id in session.execute(statement.order_by(Deployment.id)):
        found[first].append(post_id)
    return found


def _posts(
    session: Any, scope: Scope, where: ColumnElement[bool], *, limit: int | None = None
) -> Sequence[Row[Any]]:
    statement = (
        select(
            Post.id,
            Post.required,
            Post.series_id,
            Post.role_id,
            StaffRole.code.label("role_code"),
            StaffRole.name.label("role"),
            StaffRole.name_sw.label("role_sw"),
            Centre.id.label("centre_id"),
            Centre.code.label("centre_code"),
            Centre.name.label("centre"),
            Centre.sub_county_id,
            Centre.lon,
            Centre.lat,
            Series.ends_on,
        )
        .join(Centre, Centre.id == Post.centre_id)
        .join(SubCounty, SubCounty.id == Centre.sub_county_id)
        .join(StaffRole, StaffRole.id == Post.role_id)
        .join(Series, Series.id == Post.series_id)
        .where(where, Post.required > 0, Centre.kind == CentreKind.SCHOOL)
        .order_by(StaffRole.position, Centre.name, Post.id)
        .limit(limit)
    )
    found: Sequence[Row[Any]] = session.execute(restrict(statement, Post, scope)).all()
    return found


def _open(
    session: Any, scope: Scope, posts: Sequence[Row[Any]], days: Mapping[int, dt.date]
) -> tuple[Place, ...]:
    held = _held(session, scope, days)
    people = _names(session, held)
    found = []
    for post in posts:
        for one in open_places(post.id, post.required, held.get(post.id, ()), days[post.id]):
            name = people.get(one.follows.deployment_id) if one.follows else None
            found.append(_place(post, one, name))
    return tuple(found)


def _holds(day: dt.date) -> ColumnElement[bool]:
    return Deployment.holds.op("@>", is_comparison=True)(literal(day, Date))


def _place(post: Row[Any], one: OpenPlace, name: str | None) -> Place:
    said = one.follows.said if one.follows else None
    return Place(
        one,
        post.centre_id,
        post.centre_code,
        post.centre,
        post.sub_county_id,
        post.series_id,
        post.ends_on,
        post.role_id,
        post.role_code,
        post.role,
        post.role_sw,
        post.lon,
        post.lat,
        name if one.cause is not Cause.UNFILLED else None,
        said,
    )


def _held(session: Any, scope: Scope, days: Mapping[int, dt.date]) -> Mapping[int, list[Held]]:
    """Post -> its deployments on the post's day, and those that ended or were declined."""
    found: dict[int, list[Held]] = defaultdict(list)
    by_day: dict[dt.date, list[int]] = defaultdict(list)
    for post_id, day in days.items():
        by_day[day].append(post_id)
    for day, post_ids in by_day.items():
        holds = _holds(day).label("holds")
        statement = (
            select(Deployment, holds, Mark.status, Mark.reason)
            .outerjoin(Mark, and_(Mark.deployment_id == Deployment.id, Mark.day == day))
            .where(Deployment.post_id.in_(sorted(post_ids)))
            .where(or_(_holds(day), Deployment.status.in_(GONE)))
            .order_by(Deployment.id)
            .execution_options(populate_existing=True)
        )
        for one, has, mark, why in session.execute(restrict(statement, Deployment, scope)):
            found[one.post_id].append(
                Held(
                    one.id,
                    one.slot,
                    one.status,
                    one.starts_on,
                    one.ends_on,
                    bool(has),
                    mark,
                    why if mark == "absent" else one.reason,
                )
            )
    return found


def _names(session: Any, held: Mapping[int, Sequence[Held]]) -> Mapping[int, str]:
    ids = [one.deployment_id for some in held.values() for one in some]
    if not ids:
        return {}
    rows = session.execute(
        select(Deployment.id, Officer.full_name)
        .join(Officer, Officer.id == Deployment.officer_id)
        .where(Deployment.id.in_(ids))
    )
    return dict(rows.all())
