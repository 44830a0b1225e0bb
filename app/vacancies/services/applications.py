"""The officer's side: applies, withdraws, accepts or declines what is offered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app import clock
from app.audit.services import Subject, record
from app.db.uow import unit_of_work
from app.errors import IllegalMove, NotAllowed, NotFound, Problems
from app.extensions import db
from app.people.models import Officer
from app.permissions import require
from app.reference.services import Values, within
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.vacancies.enums import ApplicationAct as Act
from app.vacancies.models import Application, Vacancy
from app.vacancies.queries.listing import Advert, one_advert
from app.vacancies.services.moves import move
from app.words import N_, time_on

OWN = "own-applications"


def apply_for(scope: Scope, actor: Actor, vacancy_id: int) -> Application:
    """Applies to an open vacancy, or again after withdrawing, before it closes.

    Raises RuleBroken with every bar, IllegalMove after the close and for a second application.
    """
    require(actor, OWN, "apply")
    with unit_of_work(db.session) as session:
        return _apply(session, scope, actor, vacancy_id, _own_id(actor))


def add_application(scope: Scope, actor: Actor, *, values: Values) -> Application:
    """Enters the application of an officer who came to the office: the same rules hold for it."""
    require(actor, "applications", "add")
    with unit_of_work(db.session) as session:
        officer = within(session, Officer, scope, values["officer_id"])
        return _apply(session, scope, actor, values["vacancy_id"], officer.id)


def edit_application(scope: Scope, actor: Actor, *, pk: int, values: Values) -> Application:
    """Changes the office's note on an application."""
    require(actor, "applications", "edit")
    with unit_of_work(db.session) as session:
        (application,) = locked(session, scope, [pk])
        application.note = values.get("note")
        session.flush()
        subject = Subject(
            "application", pk, application.sub_county_id, officer_id=application.officer_id
        )
        record(session, actor, "application.noted", subject)
    return application


def withdraw_application(scope: Scope, actor: Actor, vacancy_id: int) -> Application:
    """Takes one's own application back; it can be renewed while the vacancy is open."""
    return _own_move(scope, actor, vacancy_id, Act.WITHDRAW)


def accept_offer(scope: Scope, actor: Actor, vacancy_id: int) -> Application:
    """Accepts the duty that is offered; the director then deploys."""
    return _own_move(scope, actor, vacancy_id, Act.ACCEPT)


def decline_offer(
    scope: Scope, actor: Actor, vacancy_id: int, *, reason: str | None = None
) -> Application:
    """Declines the duty that is offered, with a reason where one is given."""
    return _own_move(scope, actor, vacancy_id, Act.DECLINE_OFFER, reason=reason)


def locked(session: Any, scope: Scope, ids: Any) -> list[Application]:
    """The applications of these ids, locked in order; NotFound unless every one is in scope."""
    wanted = sorted(set(ids))
    statement = restrict(select(Application), Application, scope).where(Application.id.in_(wanted))
    found = session.scalars(
        statement.order_by(Application.id)
        .with_for_update(of=Application)
        .execution_options(populate_existing=True)
    ).all()
    if len(found) != len(wanted):
        raise NotFound("not-found", N_("That record was not found."))
    return list(found)


def refuse_closed(advert: Advert) -> None:
    """Raises IllegalMove where the vacancy takes no applications at this moment."""
    if advert.is_open:
        return
    if advert.row.opens_at > clock.now():
        when = time_on(clock.nairobi(advert.row.opens_at))
        said = N_("This vacancy takes applications from %(when)s.")
        raise IllegalMove("vacancy-not-open-yet", said, facts={"when": when})
    said = N_("This vacancy is closed: applications closed at %(when)s.")
    when = time_on(clock.nairobi(min(advert.closes_at, clock.now())))
    raise IllegalMove("vacancy-closed", said, facts={"when": when})


def refuse_barred(advert: Advert) -> None:
    """Raises RuleBroken with every bar between the person and the post."""
    faults = Problems()
    for bar in advert.bars:
        code = f"barred-{bar.kind.replace('_', '-')}"
        faults.add(code, bar.sentence.message, facts=bar.sentence.facts)
    faults.refuse_if_any()


def _apply(
    session: Any, scope: Scope, actor: Actor, vacancy_id: int, officer_id: int
) -> Application:
    advert = one_advert(session, scope, officer_id, vacancy_id)
    if advert is None:
        raise NotFound("not-found", N_("That record was not found."))
    application = _of(session, scope, vacancy_id, officer_id)
    refuse_closed(advert)
    refuse_barred(advert)
    if application is None:
        application = Application(
            vacancy_id=vacancy_id,
            sub_county_id=advert.row.sub_county_id,
            officer_id=officer_id,
            applied_at=clock.now(),
        )
    else:
        application.applied_at = clock.now()
    move(session, actor, application, Act.APPLY)
    return application


def _own_move(
    scope: Scope, actor: Actor, vacancy_id: int, act: Act, *, reason: str | None = None
) -> Application:
    require(actor, OWN, str(act))
    with unit_of_work(db.session) as session:
        within(session, Vacancy, scope, vacancy_id)
        application = _of(session, scope, vacancy_id, _own_id(actor))
        if application is None:
            raise NotFound("not-found", N_("That record was not found."))
        move(session, actor, application, act, reason=reason)
    return application


def _of(session: Any, scope: Scope, vacancy_id: int, officer_id: int) -> Application | None:
    """The officer's application to a vacancy, locked; None where there is none."""
    statement = restrict(select(Application), Application, scope).where(
        Application.vacancy_id == vacancy_id, Application.officer_id == officer_id
    )
    found: Application | None = session.scalars(
        statement.with_for_update(of=Application).execution_options(populate_existing=True)
    ).one_or_none()
    return found


def _own_id(actor: Actor) -> int:
    if actor.officer_id is None:
        raise NotAllowed("not-allowed", N_("Your role does not allow this."))
    return actor.officer_id
