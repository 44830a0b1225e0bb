"""Deployments, one at a time: made, changed while unpublished, taken back."""

from __future__ import annotations

from app.db.uow import unit_of_work
from app.deployments.enums import DeploymentStatus
from app.deployments.models import Deployment
from app.deployments.queries.fitness import Seating, bars_of
from app.deployments.services.steps import (
    free_slot,
    locked,
    note,
    post_to_fill,
    reason_after_deadline,
    refuse_barred,
    refuse_dates,
    refuse_published,
    terms,
)
from app.exams.models import StaffRole
from app.extensions import db
from app.people.models import Officer
from app.permissions import require
from app.places.models import Centre
from app.reference.services import Values, within
from app.scoping.scope import Actor, Scope


def deploy_officer(scope: Scope, actor: Actor, *, values: Values) -> Deployment:
    """Puts an officer in the first free place of a post, not yet published.

    `values`: centre_id, role_id, officer_id, starts_on, ends_on and, after the deadline, reason.
    Raises RuleBroken where the posts are filled, the dates lie outside the series, the place is
    not the actor's to fill, and for every rule of eligibility that bars the officer.
    """
    require(actor, "deployments", "add")
    with unit_of_work(db.session) as session:
        centre = within(session, Centre, scope, values["centre_id"])
        officer = within(session, Officer, scope, values["officer_id"])
        role = within(session, StaffRole, scope, values["role_id"])
        first, last = values["starts_on"], values["ends_on"]
        post = post_to_fill(session, actor, centre, role)
        refuse_dates(session, centre.series_id, first, last)
        refuse_barred(bars_of(session, [Seating(officer.id, post.id, first, last)])[0])
        deployment = Deployment(
            series_id=centre.series_id,
            centre_id=centre.id,
            sub_county_id=centre.sub_county_id,
            post_id=post.id,
            role_id=role.id,
            officer_id=officer.id,
            slot=free_slot(session, post, first, last),
            starts_on=first,
            ends_on=last,
            status=DeploymentStatus.PROPOSED,
            reason=reason_after_deadline(session, centre.series_id, values.get("reason")),
            created_by=actor.user_id,
        )
        session.add(deployment)
        session.flush()
        note(session, actor, "made", deployment, after=terms(deployment))
    return deployment


def edit_deployment(scope: Scope, actor: Actor, *, pk: int, values: Values) -> Deployment:
    """Changes officer or days of a deployment that nobody has been told of yet.

    Raises RuleBroken after the deadline where this change says no reason of its own.
    """
    require(actor, "deployments", "edit")
    with unit_of_work(db.session) as session:
        deployment: Deployment = locked(session, scope, [pk])[0]
        refuse_published(deployment)
        why = reason_after_deadline(session, deployment.series_id, values.get("reason"))
        centre = within(session, Centre, scope, deployment.centre_id)
        post = post_to_fill(session, actor, centre, deployment.role)
        before = terms(deployment)
        officer = within(session, Officer, scope, values.get("officer_id", deployment.officer_id))
        first = values.get("starts_on", deployment.starts_on)
        last = values.get("ends_on", deployment.ends_on)
        refuse_dates(session, deployment.series_id, first, last)
        held = ((deployment.starts_on, deployment.ends_on),)
        seating = Seating(officer.id, post.id, first, last, gives_up=held)
        refuse_barred(bars_of(session, [seating])[0])
        deployment.slot = free_slot(session, post, first, last, besides=pk)
        deployment.officer_id, deployment.starts_on, deployment.ends_on = officer.id, first, last
        deployment.reason = values.get("reason", deployment.reason)
        session.flush()
        after = terms(deployment)
        note(session, actor, "changed", deployment, before=before, after=after, reason=why)
    return deployment


def delete_deployment(scope: Scope, actor: Actor, *, pk: int, reason: str | None = None) -> None:
    """Takes back a deployment that nobody has been told of yet; after the deadline for a reason."""
    require(actor, "deployments", "delete")
    with unit_of_work(db.session) as session:
        (deployment,) = locked(session, scope, [pk])
        refuse_published(deployment)
        why = reason_after_deadline(session, deployment.series_id, reason)
        note(session, actor, "deleted", deployment, before=terms(deployment), reason=why)
        session.delete(deployment)
        session.flush()
