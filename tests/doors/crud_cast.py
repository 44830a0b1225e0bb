"""The cast of the generated screens' tests: one account for each role, and whose records they are."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.deployments.models import Deployment
from app.people.models import Officer
from app.permissions import Role, acts_of
from app.places.models import Centre
from app.scoping.guard import scoped_as
from app.scoping.scope import NATIONAL
from tests.factories import world

MANAGER, PLAIN = 0, 2
ROLES_OF: dict[str, tuple[str, ...]] = {
    "tsc.kisumu-east": (Role.TSC_DIRECTOR,),
    "scde.kisumu-east": (Role.SCDE,),
    f"KCSE{world.CENTRE}": (Role.CENTRE,),
    "the centre manager": (Role.OFFICER, Role.CENTRE_MANAGER),
    "an invigilator": (Role.OFFICER,),
    "county.kisumu": (Role.COUNTY_DIRECTOR,),
    "monitor": (Role.MONITOR,),
    "admin": (Role.ADMINISTRATOR,),
    "payments.clerk": (Role.PAYMENTS_CLERK,),
    "results.officer": (Role.RESULTS_OFFICER,),
}
LOCAL = ("tsc.kisumu-east", "scde.kisumu-east", f"KCSE{world.CENTRE}", "the centre manager")
"""Who sees one sub-county or one centre only."""


def account(session: Session, who: str) -> str:
    """The user name behind a member of the cast."""
    if who == "the centre manager":
        return nth_officer(session, world.CENTRE, MANAGER).mobile
    if who == "an invigilator":
        return nth_officer(session, world.CENTRE, PLAIN).mobile
    return who


def may(who: str, resource: str, act: str) -> bool:
    """Whether the matrix lets this member of the cast do the act."""
    return act in acts_of(ROLES_OF[who], resource)


def nth_officer(session: Session, centre_code: str, nth: int) -> Any:
    """The nth person of a centre's roster."""
    return rows(
        session,
        select(Officer)
        .join(Deployment, Deployment.officer_id == Officer.id)
        .join(Centre, Centre.id == Deployment.centre_id)
        .where(Centre.code == centre_code)
        .order_by(Deployment.id),
    )[nth]


def row(session: Session, statement: Any) -> Any:
    """One row of the whole country, for arranging and for looking afterwards."""
    (found,) = rows(session, statement)
    return found


def rows(session: Session, statement: Any) -> list[Any]:
    """Every row of the whole country that the statement names, as stored now and kept so."""
    session.expire_all()
    with scoped_as(session, NATIONAL):
        found = list(session.execute(statement).scalars())
    for one in found:
        if hasattr(one, "__mapper__"):
            session.expunge(one)
    return found
