"""Vacancies are advertised, changed and closed: one by one, or all that a sub-county lacks at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, update

from app import clock
from app.audit.services import Subject, record
from app.db.uow import unit_of_work
from app.errors import IllegalMove, NotFound, RuleBroken
from app.exams.models import Series, StaffRole
from app.extensions import db
from app.permissions import require
from app.places.models import Centre, SubCounty
from app.reference.services import Values, within
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.vacancies.enums import VacancyState
from app.vacancies.models import Vacancy
from app.vacancies.queries.missing import still_needed
from app.vacancies.queries.rules import calendars
from app.words import N_, time_on

OFFERS_FOR = dt.timedelta(days=14)
"""How long an advert runs when nobody says otherwise and no deadline comes first."""


def add_vacancy(scope: Scope, actor: Actor, *, values: Values) -> Vacancy:
    """Advertises posts of a role at a centre, or anywhere in the sub-county without one.

    `values`: series_id, sub_county_id, role_id, posts, closes_at and centre_id, day_kinds,
    needs_braille, opens_at, late_reason where they are given. Raises RuleBroken where the centre
    lies elsewhere or the days of applications are over and no reason is written.
    """
    require(actor, "vacancies", "add")
    with unit_of_work(db.session) as session:
        _own_area(scope, values["sub_county_id"])
        place = within(session, SubCounty, scope, values["sub_county_id"])
        series = within(session, Series, scope, values["series_id"])
        within(session, StaffRole, scope, values["role_id"])
        _refuse_centre(session, scope, values)
        given = {name: value for name, value in values.items() if value not in (None, [])}
        given.setdefault("opens_at", clock.now())
        _refuse_times(session, series.id, given)
        _close_expired(session, series.id, place.id)
        vacancy = Vacancy(**given, created_by=actor.user_id)
        session.add(vacancy)
        session.flush()
        session.refresh(vacancy)
        _note(session, actor, "advertised", vacancy, after=_terms(vacancy))
    return vacancy


def edit_vacancy(scope: Scope, actor: Actor, *, pk: int, values: Values) -> Vacancy:
    """Changes the posts, the days or the end of a vacancy that is still open."""
    require(actor, "vacancies", "edit")
    with unit_of_work(db.session) as session:
        (vacancy,) = locked(session, scope, [pk])
        if vacancy.state != VacancyState.OPEN:
            raise IllegalMove("vacancy-closed", N_("This vacancy is closed."))
        before = _terms(vacancy)
        wanted = {"late_reason": vacancy.late_reason, "opens_at": vacancy.opens_at} | dict(values)
        wanted.setdefault("closes_at", vacancy.closes_at)
        _refuse_times(session, vacancy.series_id, wanted)
        for name, value in values.items():
            if value is not None or name == "late_reason":
                setattr(vacancy, name, value)
        session.flush()
        _note(session, actor, "changed", vacancy, before=before, after=_terms(vacancy))
    return vacancy


def close_vacancies(scope: Scope, actor: Actor, ids: Sequence[int]) -> None:
    """Takes no more applications for these vacancies; who has applied stays to be chosen from."""
    require(actor, "vacancies", "close")
    with unit_of_work(db.session) as session:
        for vacancy in locked(session, scope, ids):
            if vacancy.state != VacancyState.OPEN:
                raise IllegalMove("vacancy-closed", N_("This vacancy is closed."))
            vacancy.state, vacancy.closed_at = VacancyState.CLOSED, clock.now()
            session.flush()
            _note(session, actor, "closed", vacancy)


def advertise_missing(
    scope: Scope,
    actor: Actor,
    *,
    series_id: int,
    sub_county_id: int,
    closes_at: dt.datetime | None = None,
    late_reason: str | None = None,
) -> int:
    """Advertises at once every post of a sub-county that nobody holds; returns how many posts.

    What is on offer already is not offered again, also by two directors at one moment.
    """
    require(actor, "vacancies", "add")
    with unit_of_work(db.session) as session:
        _own_area(scope, sub_county_id)
        place = within(session, SubCounty, scope, sub_county_id)
        series = within(session, Series, scope, series_id)
        until = closes_at or until_when(session, series.id)
        times = {"opens_at": clock.now(), "closes_at": until, "late_reason": late_reason or None}
        _refuse_times(session, series.id, times)
        _one_at_a_time(session, series.id, place.id)
        _close_expired(session, series.id, place.id)
        wanted = still_needed(session, scope, series.id, place.id)
        rows = [
            Vacancy(
                series_id=series.id,
                sub_county_id=place.id,
                centre_id=one.centre_id,
                role_id=one.role_id,
                day_kinds=list(one.day_kinds),
                posts=one.posts,
                needs_braille=one.needs_braille,
                created_by=actor.user_id,
                **times,
            )
            for one in wanted
        ]
        session.add_all(rows)
        session.flush()
        posts = sum(row.posts for row in rows)
        said = {"series": series.code, "vacancies": len(rows), "posts": posts}
        record(
            session, actor, "vacancy.advertised_missing",
            Subject("sub_county", place.id, place.id), after=said,
        )  # fmt: skip
    return posts


def until_when(session: Any, series_id: int) -> dt.datetime:
    """When an advert made now ends: with the season's deadline, or after two weeks at most."""
    latest = clock.now() + OFFERS_FOR
    deadline = calendars(session, [series_id])[series_id].closes_at
    return min(latest, deadline) if deadline and deadline > clock.now() else latest


def locked(session: Any, scope: Scope, ids: Sequence[int]) -> list[Vacancy]:
    """The vacancies of these ids, locked in order; NotFound unless every one is in scope."""
    wanted = sorted(set(ids))
    statement = restrict(select(Vacancy), Vacancy, scope).where(Vacancy.id.in_(wanted))
    found = session.scalars(
        statement.order_by(Vacancy.id)
        .with_for_update(of=Vacancy)
        .execution_options(populate_existing=True)
    ).all()
    if len(found) != len(wanted):
        raise NotFound("not-found", N_("That record was not found."))
    return list(found)


def _own_area(scope: Scope, sub_county_id: int) -> None:
    """Raises NotFound for a sub-county that is somebody else's: reading one is free, this is not."""
    if not scope.is_everything and sub_county_id not in scope.sub_county_ids:
        raise NotFound("not-found", N_("That record was not found."))


def _refuse_centre(session: Any, scope: Scope, values: Values) -> None:
    if values.get("centre_id") is None:
        return
    centre = within(session, Centre, scope, values["centre_id"])
    same = (centre.series_id, centre.sub_county_id)
    if same != (values["series_id"], values["sub_county_id"]):
        raise RuleBroken(
            "centre-elsewhere",
            N_("This centre is not of that series and sub-county."),
            field="centre_id",
        )


def _refuse_times(session: Any, series_id: int, given: Mapping[str, Any]) -> None:
    """Raises RuleBroken for an end in the past, or after the deadline and without a reason."""
    closes_at = given["closes_at"]
    if closes_at <= max(clock.now(), given["opens_at"]):
        raise RuleBroken(
            "closes-too-early",
            N_("Applications must close later than they open."),
            field="closes_at",
        )
    deadline = calendars(session, [series_id])[series_id].closes_at
    late = deadline is not None and closes_at > deadline
    if late and deadline and not (given.get("late_reason") or "").strip():
        raise RuleBroken(
            "deadline-passed",
            N_("Applications close at %(when)s. Write why this comes later."),
            field="late_reason",
            facts={"when": time_on(clock.nairobi(deadline))},
        )


def _one_at_a_time(session: Any, series_id: int, sub_county_id: int) -> None:
    """Two directors who press the button at one moment wait for each other here."""
    session.execute(select(func.pg_advisory_xact_lock(0x5641 + series_id, sub_county_id)))


def _close_expired(session: Any, series_id: int, sub_county_id: int) -> None:
    """Adverts whose time is over make room for new ones of the same post."""
    session.execute(
        update(Vacancy)
        .where(
            Vacancy.series_id == series_id,
            Vacancy.sub_county_id == sub_county_id,
            Vacancy.state == VacancyState.OPEN,
            Vacancy.closes_at <= clock.now(),
        )
        .values(state=VacancyState.CLOSED, closed_at=Vacancy.closes_at)
        .execution_options(synchronize_session=False)
    )


def _terms(vacancy: Vacancy) -> dict[str, Any]:
    return {
        "series": vacancy.series_id,
        "centre": vacancy.centre_id,
        "role": vacancy.role_id,
        "posts": vacancy.posts,
        "closes_at": vacancy.closes_at.isoformat(),
        "late_reason": vacancy.late_reason,
    }


def _note(session: Any, actor: Actor, what: str, vacancy: Vacancy, **said: Any) -> None:
    subject = Subject("vacancy", vacancy.id, vacancy.sub_county_id, vacancy.centre_id)
    record(session, actor, f"vacancy.{what}", subject, **said)
