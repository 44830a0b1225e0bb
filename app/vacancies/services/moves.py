"""One move of an application: state, history, event and SMS in the same transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app import clock
from app.access import reach
from app.audit.services import Subject, record
from app.errors import RuleBroken
from app.exams.models import Series, StaffRole
from app.extensions import Model
from app.messages.enums import MessageKind
from app.messages.services import post
from app.scoping.scope import Actor
from app.vacancies.enums import ApplicationAct as Act
from app.vacancies.machine import BY_ACT, state_after
from app.vacancies.models import Application, ApplicationMove, Vacancy
from app.vacancies.texts import AT_EACH_TURN
from app.words import N_

LONGEST_REASON = 300
LONGEST_STATION = 40


def move(
    session: Any,
    actor: Actor,
    application: Application,
    act: Act,
    *,
    reason: str | None = None,
) -> None:
    """Takes the application to where the act leads, and tells the applicant.

    Raises IllegalMove where the act does not start in its state, and RuleBroken without the
    reason that the act asks for. An application that is not stored yet is stored by it.
    """
    said = (reason or "").strip()[:LONGEST_REASON] or None
    if BY_ACT[act].needs_reason and said is None:
        raise RuleBroken(
            "reason-needed", N_("Write the reason; the officer reads it."), field="reason"
        )
    is_new = application.id is None
    before = None if is_new else application.state
    application.state = state_after(before, act)  # type: ignore[arg-type]
    application.moved_at, application.reason = clock.now(), said
    if is_new:
        session.add(application)
    session.flush()
    one = ApplicationMove(
        application_id=application.id,
        sub_county_id=application.sub_county_id,
        officer_id=application.officer_id,
        act=act,
        from_state=before,
        to_state=application.state,
        reason=said,
        moved_at=application.moved_at,
        moved_by=actor.user_id,
        actor_name=actor.name[:128],
    )
    session.add(one)
    session.flush()
    vacancy = session.get(Vacancy, application.vacancy_id)
    _note(session, actor, act, application, vacancy, before=before)
    _tell(session, act, application, vacancy, intent=f"application-move:{one.id}")


def _note(
    session: Any, actor: Actor, act: Act, application: Application, vacancy: Vacancy, *, before: Any
) -> None:
    subject = Subject(
        "application",
        application.id,
        application.sub_county_id,
        vacancy.centre_id,
        application.officer_id,
    )
    record(
        session,
        actor,
        f"application.{act}",
        subject,
        before={"state": before},
        after={"state": str(application.state), "vacancy": vacancy.id},
        reason=application.reason,
    )


def _tell(
    session: Any, act: Act, application: Application, vacancy: Vacancy, *, intent: str
) -> None:
    """The SMS of this turn, in the language the officer reads."""
    officer, user = Model.metadata.tables["officer"], Model.metadata.tables["ab_user"]
    mobile, locale = session.execute(
        select(officer.c.mobile, user.c.locale)
        .outerjoin(user, user.c.officer_id == officer.c.id)
        .where(officer.c.id == application.officer_id)
    ).one()
    role, series = session.get(StaffRole, vacancy.role_id), session.get(Series, vacancy.series_id)
    swahili = (locale or "").startswith("sw")
    post(
        session,
        to=mobile,
        text=AT_EACH_TURN[act],
        kind=MessageKind.OFFER if act is Act.SELECT else MessageKind.APPLICATION,
        facts=reach.facts()
        | {
            "role": (role.name_sw if swahili else role.name).lower(),
            "station": vacancy.duty_station[:LONGEST_STATION],
            "series": series.name,
        },
        locale=locale,
        intent=intent,
    )
