"""The applicants of a vacancy in the order of the weights, with every number and bar behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app.people.models import Officer
from app.scoping.restrict import restrict
from app.scoping.scope import Scope
from app.vacancies.eligibility import Bar, bars
from app.vacancies.enums import ApplicationState
from app.vacancies.models import Application, Vacancy
from app.vacancies.queries.facts import people
from app.vacancies.queries.listing import adverts, closing, post_of
from app.vacancies.queries.rules import calendars, eligibility_rules, weights_of
from app.vacancies.ranking import Ranked, Standing, Weight, distance_km, ranked


@dataclass(frozen=True, slots=True)
class Applicant:
    """An applicant as the director sees one, with the place in the order and what bars them."""

    ranked: Ranked
    state: str
    officer_id: int
    name: str
    mobile: str
    workstation: str | None
    bars: tuple[Bar, ...]
    reason: str | None


@dataclass(frozen=True, slots=True)
class Board:
    """A vacancy with its applicants in order, the weights that order them, and its offers."""

    vacancy: Any
    closes_at: Any
    weights: Sequence[Weight]
    applicants: tuple[Applicant, ...]

    @property
    def offered(self) -> int:
        """How many posts are offered or accepted."""
        held = {ApplicationState.SELECTED, ApplicationState.ACCEPTED}
        return sum(one.state in held for one in self.applicants)


def board_of(session: Any, scope: Scope, vacancy_id: int) -> Board | None:
    """The vacancy's applicants in order, withdrawn ones left out; None out of scope."""
    row = session.execute(
        restrict(adverts(), Vacancy, scope).where(Vacancy.id == vacancy_id)
    ).one_or_none()
    if row is None:
        return None
    calendar = calendars(session, [row.series_id])[row.series_id]
    weights = weights_of(session, row.examination_id)
    return Board(row, closing(row, calendar), weights, _ordered(session, scope, row, weights))


def order_of(session: Any, scope: Scope, vacancy_id: int) -> tuple[Applicant, ...]:
    """The applicants of a vacancy in scope, in order; nobody out of scope."""
    board = board_of(session, scope, vacancy_id)
    return board.applicants if board else ()


def waiting_in(
    session: Any, scope: Scope, vacancy_ids: Iterable[int], *, states: Iterable[str]
) -> list[int]:
    """The ids of the applications of these vacancies in these states."""
    statement = restrict(select(Application.id), Application, scope).where(
        Application.vacancy_id.in_(sorted(set(vacancy_ids))),
        Application.state.in_(sorted(states)),
    )
    return list(session.scalars(statement.order_by(Application.id)))


def counts_in(session: Any, scope: Scope) -> dict[str, int]:
    """How many applications in scope are in each state."""
    statement = restrict(select(Application.state, func.count()), Application, scope)
    return dict(session.execute(statement.group_by(Application.state)).all())


def _ordered(
    session: Any, scope: Scope, row: Any, weights: Sequence[Weight]
) -> tuple[Applicant, ...]:
    found = session.execute(
        restrict(
            select(
                Application.id,
                Application.state,
                Application.reason,
                Officer.id.label("officer_id"),
                Officer.full_name,
                Officer.mobile,
                Officer.workstation,
            ).join(Officer, Officer.id == Application.officer_id),
            Application,
            scope,
        ).where(Application.vacancy_id == row.id, Application.state != ApplicationState.WITHDRAWN)
    ).all()
    known = people(session, [one.officer_id for one in found])
    calendar = calendars(session, [row.series_id])[row.series_id]
    post, rules = post_of(row, calendar), eligibility_rules(session)
    last_year = (row.examination, row.year - 1)
    standings = [
        Standing(
            application_id=one.id,
            distance_km=distance_km(known[one.officer_id].place, (row.lon, row.lat)),
            years_served=known[one.officer_id].years_served,
            chosen_last_year=last_year in known[one.officer_id].chosen,
            verified=known[one.officer_id].facts.verified,
        )
        for one in found
    ]
    by_id = {one.id: one for one in found}
    out = []
    for one in ranked(standings, weights):
        said = by_id[one.standing.application_id]
        out.append(
            Applicant(
                ranked=one,
                state=said.state,
                officer_id=said.officer_id,
                name=said.full_name,
                mobile=said.mobile,
                workstation=said.workstation,
                bars=bars(known[said.officer_id].facts, post, rules),
                reason=said.reason,
            )
        )
    return tuple(out)
