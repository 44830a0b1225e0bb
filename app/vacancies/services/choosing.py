"""The director's side: shortlists, selects within the posts on offer, declines with a reason."""

from __future__ import annotations

from collections.abc import Sequence

from app.db.uow import unit_of_work
from app.errors import RuleBroken
from app.extensions import db
from app.permissions import require
from app.scoping.scope import Actor, Scope
from app.vacancies.enums import WAITING, ApplicationState
from app.vacancies.enums import ApplicationAct as Act
from app.vacancies.queries.applicants import order_of, waiting_in
from app.vacancies.services.adverts import locked as locked_vacancies
from app.vacancies.services.applications import locked
from app.vacancies.services.moves import move
from app.words import N_


def shortlist_applications(scope: Scope, actor: Actor, ids: Sequence[int]) -> None:
    """Puts applications on the shortlist."""
    _move_all(scope, actor, ids, Act.SHORTLIST)


def select_applications(scope: Scope, actor: Actor, ids: Sequence[int]) -> None:
    """Offers the duty to applicants on the shortlist.

    The database refuses more offers than the vacancy has posts, also from two directors at once.
    """
    _move_all(scope, actor, ids, Act.SELECT)


def decline_applications(scope: Scope, actor: Actor, ids: Sequence[int], reason: str) -> None:
    """Turns applications down for a reason that the officer reads."""
    _move_all(scope, actor, ids, Act.DECLINE, reason=reason)


def shortlist_best(scope: Scope, actor: Actor, vacancy_id: int, *, number: int) -> int:
    """Puts the first `number` applicants of the ranked order on the shortlist; returns how many.

    Whoever is barred by now is left out. Raises RuleBroken where nobody is left to shortlist.
    """
    require(actor, "vacancies", "shortlist")
    with unit_of_work(db.session) as session:
        (vacancy,) = locked_vacancies(session, scope, [vacancy_id])
        best = [
            one.ranked.standing.application_id
            for one in order_of(session, scope, vacancy.id)
            if one.state == ApplicationState.APPLIED and not one.bars
        ][:number]
        if not best:
            raise RuleBroken(
                "nobody-to-shortlist", N_("Nobody who may serve waits for the shortlist.")
            )
        for application in locked(session, scope, best):
            move(session, actor, application, Act.SHORTLIST)
    return len(best)


def decline_remaining(scope: Scope, actor: Actor, ids: Sequence[int], reason: str) -> None:
    """Turns down everybody who still waits in these vacancies, for one reason."""
    require(actor, "vacancies", "decline")
    with unit_of_work(db.session) as session:
        locked_vacancies(session, scope, ids)
        left = waiting_in(session, scope, ids, states=WAITING)
        for application in locked(session, scope, left):
            move(session, actor, application, Act.DECLINE, reason=reason)


def _move_all(
    scope: Scope, actor: Actor, ids: Sequence[int], act: Act, *, reason: str | None = None
) -> None:
    require(actor, "applications", str(act))
    with unit_of_work(db.session) as session:
        for application in locked(session, scope, ids):
            move(session, actor, application, act, reason=reason)
