"""Deployments and their letters change in one unit of work: published, withdrawn, written anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.db.uow import unit_of_work
from app.deployments import services as deployments
from app.deployments.enums import ON_DUTY
from app.deployments.models import Deployment
from app.errors import IllegalMove, NotFound
from app.extensions import db
from app.letters import queries, services
from app.letters.enums import LetterAct, LetterState
from app.letters.models import Letter
from app.permissions import require
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.words import N_


def publish_deployments(scope: Scope, actor: Actor, ids: Sequence[int]) -> None:
    """Publishes deployments; each person's letter is made in the same act."""
    with unit_of_work(db.session) as session:
        deployments.publish_deployments(scope, actor, ids)
        services.issue_letters(session, actor, _of(session, scope, ids))


def withdraw_deployments(scope: Scope, actor: Actor, ids: Sequence[int], reason: str) -> None:
    """Withdraws deployments for a reason, and their letters with them."""
    with unit_of_work(db.session) as session:
        deployments.withdraw_deployments(scope, actor, ids, reason)
        found = _of(session, scope, ids)
        services.end_letters(session, actor, found, LetterAct.WITHDRAWN, reason)


def reissue_letters(scope: Scope, actor: Actor, ids: Sequence[int], reason: str) -> None:
    """Writes letters anew for a reason: the next version under the same serial, with what is true
    now; the versions before are replaced. Raises IllegalMove for a letter that holds no more."""
    require(actor, "letters", "reissue")
    with unit_of_work(db.session) as session:
        letters = session.scalars(
            restrict(select(Letter), Letter, scope).where(Letter.id.in_(set(ids)))
        ).all()
        if len(letters) != len(set(ids)):
            raise NotFound("not-found", N_("That record was not found."))
        found = services.deployments_of(session, [one.id for one in letters])
        held = queries.versions_of(session, [one.id for one in found])
        if any(one.state != LetterState.VALID for one in letters) or any(
            one.status not in ON_DUTY or held[one.id].state != LetterState.VALID for one in found
        ):
            raise IllegalMove(
                "letter-not-valid",
                N_("Only a letter that holds is written anew. Deploy the officer again instead."),
            )
        services.replace_letters(session, actor, found, reason)


def _of(session: Any, scope: Scope, ids: Sequence[int]) -> Sequence[Deployment]:
    found: Sequence[Deployment] = session.scalars(
        restrict(select(Deployment), Deployment, scope)
        .where(Deployment.id.in_(set(ids)))
        .order_by(Deployment.id)
    ).all()
    return found
