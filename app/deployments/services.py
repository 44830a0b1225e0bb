"""Deployments, one at a time: made, changed while unpublished, published, withdrawn, questioned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select

from app import clock
from app.audit.services import Subject, record
from app.db.uow import unit_of_work
from app.deployments.enums import ON_DUTY, UNPUBLISHED, DeploymentStatus
from app.deployments.models import Deployment, DeploymentConcern, Post
from app.errors import IllegalMove, NotFound, Problems, RuleBroken
from app.exams.models import Deadline, Series, StaffRole
from app.extensions import Model, db
from app.people.models import Officer
from app.permissions import Role, may, require
from app.places.enums import CentreKind
from app.places.models import Centre
from app.reference.services import Values, within
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.words import N_, day_words

DEADLINE = "deployment"
LONGEST_REASON = 500


def deploy_officer(scope: Scope, actor: Actor, *, values: Values) -> Deployment:
    """Puts an officer in the first free place of a post, not yet published.

    `values`: centre_id, role_id, officer_id, starts_on, ends_on and, after the deadline, reason.
    Raises RuleBroken where the posts are filled, the dates lie outside the series, or the place
    is not the actor's to fill; the database refuses an officer with another post on such a day.
    """
    require(actor, "deployments", "add")
    with unit_of_work(db.session) as session:
        centre = within(session, Centre, scope, values["centre_id"])
        officer = within(session, Officer, scope, values["officer_id"])
        role = within(session, StaffRole, scope, values["role_id"])
        first, last = values["starts_on"], values["ends_on"]
        post = _post_to_fill(session, actor, centre, role)
        _refuse_dates(session, centre.series_id, first, last)
        deployment = Deployment(
            series_id=centre.series_id,
            centre_id=centre.id,
            sub_county_id=centre.sub_county_id,
            post_id=post.id,
            role_id=role.id,
            officer_id=officer.id,
            slot=_free_slot(session, post, role, first, last),
            starts_on=first,
            ends_on=last,
            status=DeploymentStatus.PROPOSED,
            reason=_reason_after_deadline(session, centre.series_id, values.get("reason")),
            created_by=actor.user_id,
        )
        session.add(deployment)
        session.flush()
        _note(session, actor, "made", deployment, after=_terms(deployment))
    return deployment


def edit_deployment(scope: Scope, actor: Actor, *, pk: int, values: Values) -> Deployment:
    """Changes officer or days of a deployment that nobody has been told of yet."""
    require(actor, "deployments", "edit")
    with unit_of_work(db.session) as session:
        deployment: Deployment = _locked(session, scope, [pk])[0]
        _refuse_published(deployment)
        centre = within(session, Centre, scope, deployment.centre_id)
        post = _post_to_fill(session, actor, centre, deployment.role)
        before = _terms(deployment)
        officer = within(session, Officer, scope, values.get("officer_id", deployment.officer_id))
        first = values.get("starts_on", deployment.starts_on)
        last = values.get("ends_on", deployment.ends_on)
        _refuse_dates(session, deployment.series_id, first, last)
        deployment.slot = _free_slot(session, post, deployment.role, first, last, besides=pk)
        deployment.officer_id, deployment.starts_on, deployment.ends_on = officer.id, first, last
        deployment.reason = _reason_after_deadline(
            session, deployment.series_id, values.get("reason", deployment.reason)
        )
        session.flush()
        _note(session, actor, "changed", deployment, before=before, after=_terms(deployment))
    return deployment


def delete_deployment(scope: Scope, actor: Actor, *, pk: int) -> None:
    """Takes back a deployment that nobody has been told of yet."""
    require(actor, "deployments", "delete")
    with unit_of_work(db.session) as session:
        (deployment,) = _locked(session, scope, [pk])
        _refuse_published(deployment)
        _note(session, actor, "deleted", deployment, before=_terms(deployment))
        session.delete(deployment)
        session.flush()


def publish_deployments(scope: Scope, actor: Actor, ids: Sequence[int]) -> None:
    """Publishes deployments: from now on they stand on the rosters of their days."""
    require(actor, "deployments", "publish")
    with unit_of_work(db.session) as session:
        for deployment in _locked(session, scope, ids):
            if deployment.status not in UNPUBLISHED:
                raise IllegalMove(
                    "published-already",
                    N_("%(officer)s is published already. Choose unpublished rows only."),
                    facts={"officer": deployment.officer.full_name},
                )
            deployment.status = DeploymentStatus.PUBLISHED
            deployment.published_at = clock.now()
            session.flush()
            _note(session, actor, "published", deployment)


def withdraw_deployments(scope: Scope, actor: Actor, ids: Sequence[int], reason: str) -> None:
    """Ends deployments for a reason: after the last day served, or entirely when none was."""
    require(actor, "deployments", "withdraw")
    with unit_of_work(db.session) as session:
        for deployment in _locked(session, scope, ids):
            if deployment.status not in ON_DUTY:
                raise IllegalMove(
                    "not-on-duty",
                    N_(
                        "Only a published deployment is withdrawn; others are deleted or have ended."
                    ),
                )
            before = _terms(deployment)
            deployment.ends_on = _last_day_served(session, deployment)
            deployment.status = DeploymentStatus.WITHDRAWN
            deployment.reason = reason[:300]
            session.flush()
            _note(
                session, actor, "withdrawn", deployment,
                before=before, after=_terms(deployment), reason=reason,
            )  # fmt: skip


def raise_concern(scope: Scope, actor: Actor, ids: Sequence[int], reason: str) -> None:
    """The SCDE's concern about deployments, for the TSC director to answer."""
    require(actor, "deployments", "raise_concern")
    with unit_of_work(db.session) as session:
        for deployment in _locked(session, scope, ids):
            session.add(
                DeploymentConcern(
                    deployment_id=deployment.id,
                    centre_id=deployment.centre_id,
                    sub_county_id=deployment.sub_county_id,
                    reason=reason[:LONGEST_REASON],
                    created_by=actor.user_id,
                )
            )
            session.flush()
            _note(session, actor, "concern_raised", deployment, reason=reason)


def answer_concern(scope: Scope, actor: Actor, ids: Sequence[int], answer: str) -> None:
    """The TSC director's answer to every open concern about the deployments."""
    require(actor, "deployments", "answer_concern")
    with unit_of_work(db.session) as session:
        for deployment in _locked(session, scope, ids):
            statement = restrict(select(DeploymentConcern), DeploymentConcern, scope).where(
                DeploymentConcern.deployment_id == deployment.id, DeploymentConcern.answer.is_(None)
            )
            concerns = session.scalars(statement).all()
            if not concerns:
                raise IllegalMove("no-concern", N_("No concern about this deployment is open."))
            for concern in concerns:
                concern.answer = answer[:LONGEST_REASON]
                concern.answered_at, concern.answered_by = clock.now(), actor.user_id
            session.flush()
            _note(session, actor, "concern_answered", deployment, reason=answer)


def fills_stores_only(actor: Actor) -> bool:
    """True for who deploys store staff and nobody else: the SCDE."""
    return Role.SCDE in actor.roles and not may(actor, "deployments", "publish")


def _locked(session: Any, scope: Scope, ids: Iterable[int]) -> list[Deployment]:
    """The deployments of these ids, locked in order; NotFound unless every one is in scope."""
    wanted = sorted(set(ids))
    statement = restrict(select(Deployment), Deployment, scope).where(Deployment.id.in_(wanted))
    found = session.scalars(
        statement.order_by(Deployment.id)
        .with_for_update(of=Deployment)
        .execution_options(populate_existing=True)
    ).all()
    if len(found) != len(wanted):
        raise NotFound("not-found", N_("That record was not found."))
    return list(found)


def _post_to_fill(session: Any, actor: Actor, centre: Centre, role: StaffRole) -> Post:
    """The centre's post of the role, locked against other directors; RuleBroken where none is."""
    if fills_stores_only(actor) and centre.kind != CentreKind.STORE:
        raise RuleBroken(
            "store-staff-only",
            N_("You deploy store staff. The TSC director deploys to schools."),
            field="centre_id",
        )
    post: Post | None = session.scalars(
        select(Post).where(Post.centre_id == centre.id, Post.role_id == role.id).with_for_update()
    ).one_or_none()
    if post is None or post.required == 0:
        raise RuleBroken(
            "no-such-post",
            N_("The rules give %(centre)s no post of %(role)s."),
            field="role_id",
            facts={"centre": str(centre), "role": role.name},
        )
    return post


def _refuse_dates(session: Any, series_id: int, first: dt.date, last: dt.date) -> None:
    series = session.get(Series, series_id)
    faults = Problems()
    if last < first:
        faults.add("ends-before-start", N_("The last day is before the first."), field="ends_on")
    facts = {"first": day_words(series.starts_on), "last": day_words(series.ends_on)}
    outside = N_("The series runs from %(first)s to %(last)s.")
    if not series.starts_on <= first <= series.ends_on:
        faults.add("outside-series", outside, field="starts_on", facts=facts)
    if not series.starts_on <= last <= series.ends_on:
        faults.add("outside-series", outside, field="ends_on", facts=facts)
    faults.refuse_if_any()


def _free_slot(
    session: Any, post: Post, role: StaffRole, first: dt.date, last: dt.date, *, besides: int = 0
) -> int:
    """The first place of the post that nobody holds on any of these days."""
    taken = set(
        session.scalars(
            select(Deployment.slot).where(
                Deployment.post_id == post.id,
                Deployment.id != besides,
                Deployment.period.op("&&")(func.daterange(first, last, "[]")),
            )
        )
    )
    for slot in range(1, post.required + 1):
        if slot not in taken:
            return slot
    raise RuleBroken(
        "posts-filled",
        N_("All %(posts)s posts of %(role)s are filled on these days."),
        field="role_id",
        facts={"posts": post.required, "role": role.name},
    )


def _reason_after_deadline(session: Any, series_id: int, reason: str | None) -> str | None:
    falls_at = session.scalars(
        select(Deadline.falls_at).where(Deadline.series_id == series_id, Deadline.code == DEADLINE)
    ).one_or_none()
    if falls_at is not None and clock.now() > falls_at and not (reason or "").strip():
        day = f"{clock.nairobi(falls_at):%Y-%m-%d}"
        raise RuleBroken(
            "deadline-passed",
            N_("Deployment closed on %(day)s. Write why this comes late."),
            field="reason",
            facts={"day": day},
        )
    return reason


def _refuse_published(deployment: Deployment) -> None:
    if deployment.status not in UNPUBLISHED:
        raise IllegalMove(
            "published-already",
            N_("This deployment is published. Withdraw it with a reason instead."),
        )


def _last_day_served(session: Any, deployment: Deployment) -> dt.date:
    """The day the deployment ends when withdrawn now: no marked day loses its deployment."""
    mark = Model.metadata.tables["mark"]
    marked = session.scalar(
        select(func.max(mark.c.day)).where(mark.c.deployment_id == deployment.id)
    )
    yesterday = clock.today() - dt.timedelta(days=1)
    unserved = deployment.starts_on - dt.timedelta(days=1)
    served = max(day for day in (yesterday, marked, unserved) if day is not None)
    return min(deployment.ends_on, served)


def _terms(deployment: Deployment) -> dict[str, Any]:
    return {
        "officer": deployment.officer_id,
        "centre": deployment.centre_id,
        "role": deployment.role_id,
        "place": deployment.slot,
        "from": deployment.starts_on.isoformat(),
        "to": deployment.ends_on.isoformat(),
        "status": str(deployment.status),
    }


def _note(session: Any, actor: Actor, what: str, deployment: Deployment, **said: Any) -> None:
    subject = Subject(
        "deployment",
        deployment.id,
        deployment.sub_county_id,
        deployment.centre_id,
        deployment.officer_id,
    )
    record(session, actor, f"deployment.{what}", subject, **said)
