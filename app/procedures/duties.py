"""A duty with all that hangs on it: the deployment, its letter and the SMS change in one unit of work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select

from app.access import reach
from app.db.uow import unit_of_work
from app.deployments import correction_texts, texts
from app.deployments import services as deployments
from app.deployments.enums import DeploymentAct
from app.deployments.models import Deployment
from app.deployments.queries import bars_of_deployments
from app.errors import RuleBroken
from app.exams.models import StaffRole
from app.extensions import Model, db
from app.letters import services as letters
from app.letters.enums import LetterAct
from app.messages.enums import MessageKind
from app.messages.rules import segments_of
from app.messages.services import Addressed, post_all
from app.messages.texts import SmsText
from app.people.models import Officer
from app.places.models import Centre
from app.scoping.guard import scoped_as
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.words import N_, day_in

__all__ = [
    "answer_duty",
    "end_duty",
    "place_officer",
    "publish_deployments",
    "segments_to_tell",
    "tell",
    "withdraw_deployments",
]

LONGEST_STATION = 40
ANSWERS = {
    DeploymentAct.ACCEPT: correction_texts.ACCEPTED,
    DeploymentAct.DECLINE: correction_texts.DECLINED,
}
ENDED_BY = {
    DeploymentAct.WITHDRAW: LetterAct.WITHDRAWN,
    DeploymentAct.REPLACE: LetterAct.REPLACED,
}


def publish_deployments(
    scope: Scope, actor: Actor, ids: Sequence[int], reason: str | None = None
) -> None:
    """Publishes deployments: each person's letter is made and their SMS posted in the same act.

    Raises RuleBroken when a rule bars one of them by now, and after the deadline without a reason.
    """
    with unit_of_work(db.session) as session:
        found = deployments.publish_deployments(scope, actor, ids, reason=reason)
        _refuse_barred(session, found)
        letters.issue_letters(session, actor, found)
        tell(session, found, texts.PUBLISHED, intent="published")


def withdraw_deployments(scope: Scope, actor: Actor, ids: Sequence[int], reason: str) -> None:
    """Withdraws deployments for a reason, their letters with them, and tells the officers."""
    with unit_of_work(db.session) as session:
        deployments.withdraw_deployments(scope, actor, ids, reason)
        found = _of(session, scope, ids)
        letters.end_letters(session, actor, found, LetterAct.WITHDRAWN, reason)
        tell(session, found, texts.WITHDRAWN, intent="withdrawn")


def answer_duty(
    scope: Scope, actor: Actor, deployment_id: int, act: DeploymentAct, reason: str | None = None
) -> Deployment:
    """The officer accepts a duty of their own, or declines it, which withdraws the letter; an SMS
    says what they answered."""
    with unit_of_work(db.session) as session:
        deployment = deployments.answer_duty(scope, actor, deployment_id, act, reason)
        with scoped_as(session, deployments.OWN_DUTY):
            if act is DeploymentAct.DECLINE:
                said = deployment.reason or ""
                letters.end_letters(session, actor, [deployment], LetterAct.WITHDRAWN, said)
            tell(session, [deployment], ANSWERS[act], intent=str(act))
    return deployment


def place_officer(
    session: Any,
    actor: Actor,
    placing: deployments.Placing,
    *,
    text: SmsText | None = texts.PUBLISHED,
) -> Deployment:
    """Puts an officer in an open place: published, with a letter and an SMS, in the caller's unit of
    work; see `deployments.place` for what it refuses. Without a text the caller tells the officer."""
    deployment = deployments.place(session, actor, placing)
    letters.issue_letters(session, actor, [deployment])
    if text is not None:
        tell(session, [deployment], text, intent="placed")
    return deployment


def end_duty(
    session: Any,
    actor: Actor,
    deployment: Deployment,
    act: DeploymentAct,
    *,
    reason: str,
    last_day: dt.date | None = None,
) -> None:
    """Withdraws or replaces a locked deployment and its letter, in the caller's unit of work; who
    is told, and what, is the caller's."""
    deployments.end_deployment(session, actor, deployment, act, reason=reason, last_day=last_day)
    letters.end_letters(session, actor, [deployment], ENDED_BY[act], reason)


def tell(
    session: Any,
    found: Iterable[Deployment],
    text: SmsText,
    *,
    intent: str,
    also: Callable[[Row[Any]], Mapping[str, object]] = lambda _row: {},
) -> None:
    """An SMS to the officer of each deployment, in the language they read, once for each intent.

    `also` gives facts of a text beside role, station and days.
    """
    rows = _to_tell(session, [one.id for one in found])
    addressed = [
        Addressed(
            row.mobile,
            {**reach.facts(), **facts_of(row), **also(row)},
            row.locale,
            f"deployment:{intent}:{row.id}",
        )
        for row in rows
    ]
    post_all(session, addressed, text=text, kind=MessageKind.DEPLOYMENT)


def segments_to_tell(session: Any, ids: Sequence[int], text: SmsText) -> list[int]:
    """How many parts the SMS of each of these deployments has."""
    return [
        segments_of(text.spoken(reach.facts() | facts_of(row), row.locale))
        for row in _to_tell(session, ids)
    ]


def facts_of(row: Row[Any]) -> dict[str, object]:
    """What the texts about a duty name: role, station and days."""
    swahili = (row.locale or "").startswith("sw")
    return {
        "role": (row.role_sw if swahili else row.role).lower(),
        "station": row.station[:LONGEST_STATION],
        "first": day_in(row.starts_on, row.locale),
        "last": day_in(row.ends_on, row.locale),
    }


def _to_tell(session: Any, ids: Sequence[int]) -> Sequence[Row[Any]]:
    user = Model.metadata.tables["ab_user"]
    found: Sequence[Row[Any]] = session.execute(
        select(
            Deployment.id,
            Deployment.starts_on,
            Deployment.ends_on,
            Officer.mobile,
            user.c.locale,
            StaffRole.name.label("role"),
            StaffRole.name_sw.label("role_sw"),
            Centre.name.label("station"),
        )
        .join(Officer, Officer.id == Deployment.officer_id)
        .join(StaffRole, StaffRole.id == Deployment.role_id)
        .join(Centre, Centre.id == Deployment.centre_id)
        .outerjoin(user, user.c.officer_id == Officer.id)
        .where(Deployment.id.in_(ids))
        .order_by(Deployment.id)
    ).all()
    return found


def _refuse_barred(session: Any, found: Sequence[Deployment]) -> None:
    for deployment in found if (barred := bars_of_deployments(session, found)) else ():
        if deployment.id in barred:
            bar = barred[deployment.id][0]
            raise RuleBroken(
                "barred-by-now",
                N_("%(officer)s is barred by now: %(reason)s Take them out and publish the rest."),
                facts={"officer": deployment.officer.full_name, "reason": bar.sentence},
            )


def _of(session: Any, scope: Scope, ids: Sequence[int]) -> Sequence[Deployment]:
    found: Sequence[Deployment] = session.scalars(
        restrict(select(Deployment), Deployment, scope)
        .where(Deployment.id.in_(set(ids)))
        .order_by(Deployment.id)
    ).all()
    return found
