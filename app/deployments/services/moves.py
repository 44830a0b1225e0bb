"""The moves of deployments that the table of their states allows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from app import clock
from app.db.uow import unit_of_work
from app.deployments.enums import DeploymentAct, DeploymentStatus
from app.deployments.machine import status_after
from app.deployments.models import Deployment
from app.deployments.services.steps import (
    last_day_served,
    locked,
    note,
    note_all,
    refuse_late_without_reason,
    require_for,
    terms,
)
from app.errors import RuleBroken
from app.extensions import db
from app.scoping.scope import Actor, Scope
from app.words import N_

LONGEST_REASON = 300


def publish_deployments(
    scope: Scope, actor: Actor, ids: Sequence[int], *, reason: str | None = None
) -> list[Deployment]:
    """Publishes deployments: from now on they stand on the rosters of their days.

    A reason, where one is given, is kept with each of them. Raises RuleBroken after the deadline
    where one of them has none, neither now nor when it was made.
    """
    with unit_of_work(db.session) as session:
        found = locked(session, scope, ids)
        require_for(actor, "publish", session, found)
        refuse_late_without_reason(session, found, reason)
        for deployment in found:
            deployment.status = _after(deployment, DeploymentAct.PUBLISH)
            deployment.published_at = clock.now()
            if reason:
                deployment.reason = reason[:LONGEST_REASON]
        session.flush()
        note_all(session, actor, "published", found, reason=reason)
    return found


def withdraw_deployments(scope: Scope, actor: Actor, ids: Sequence[int], reason: str) -> None:
    """Ends deployments for a reason: after the last day served, or entirely when none was."""
    with unit_of_work(db.session) as session:
        found = locked(session, scope, ids)
        require_for(actor, "withdraw", session, found)
        for deployment in found:
            end_deployment(session, actor, deployment, DeploymentAct.WITHDRAW, reason=reason)


def end_deployment(
    session: Any,
    actor: Actor,
    deployment: Deployment,
    act: DeploymentAct,
    *,
    reason: str,
    last_day: dt.date | None = None,
) -> None:
    """Withdraws or replaces a locked deployment, in the caller's unit of work.

    It ends on `last_day`, or after the last day served. The database refuses an end before a
    marked day.
    """
    before = terms(deployment)
    status = _after(deployment, act)
    kept = given_reason(reason)
    served = last_day_served(session, deployment)
    deployment.ends_on = served if last_day is None else min(deployment.ends_on, last_day)
    deployment.status, deployment.reason = status, kept[:LONGEST_REASON]
    session.flush()
    what = {DeploymentAct.WITHDRAW: "withdrawn", DeploymentAct.REPLACE: "replaced"}[act]
    after = terms(deployment)
    note(session, actor, what, deployment, before=before, after=after, reason=kept)


def given_reason(reason: str | None) -> str:
    """The reason, tidied; RuleBroken where there is none."""
    tidied = " ".join((reason or "").split())
    if not tidied:
        raise RuleBroken("reason-needed", N_("Write the reason."), field="reason")
    return tidied


def _after(deployment: Deployment, act: DeploymentAct) -> DeploymentStatus:
    status = DeploymentStatus(deployment.status)
    named = act is DeploymentAct.PUBLISH and status is not DeploymentStatus.PROPOSED
    return status_after(status, act, officer=deployment.officer.full_name if named else "")
