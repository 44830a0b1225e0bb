"""The sign-ins of centres: opened with the account behind them, and handed out as slips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.access import services as access
from app.audit.services import record
from app.db.uow import unit_of_work
from app.errors import RuleBroken
from app.exams.models import Examination, Series
from app.extensions import db
from app.people.models import CentreLogin
from app.permissions import Role, require
from app.places.models import Centre
from app.reference.services import Records, Values, subject_of, within
from app.scoping.scope import Actor, Scope
from app.words import N_

LOGINS = Records(CentreLogin, "centre-logins")


@dataclass(frozen=True, slots=True)
class Slip:
    """A password handed out once: whose, and the words to type."""

    centre: str
    code: str
    username: str
    password: str


def open_centre_login(scope: Scope, actor: Actor, *, values: Values) -> CentreLogin:
    """Opens the sign-in of a centre, named after its examination and code; no password yet."""
    require(actor, "centre-logins", "add")
    with unit_of_work(db.session) as session:
        centre = within(session, Centre, scope, values["centre_id"])
        series = session.get(Series, centre.series_id)
        examination = session.get(Examination, series.examination_id)
        username = f"{examination.code}{centre.code}"
        account, _password = access.create_account(
            session,
            scope,
            actor,
            username=username,
            name=centre.name,
            roles=[Role.CENTRE],
            centre_id=centre.id,
        )
        login = CentreLogin(
            centre_id=centre.id,
            sub_county_id=centre.sub_county_id,
            user_id=account,
            username=username,
        )
        session.add(login)
        session.flush()
    return login


def change_centre_login(scope: Scope, actor: Actor, *, pk: int, values: Values) -> CentreLogin:
    """Opens or closes a centre's sign-in."""
    require(actor, "centre-logins", "edit")
    with unit_of_work(db.session) as session:
        login: CentreLogin = within(session, CentreLogin, scope, pk)
        if values["active"] and not login.active:
            access.activate(session, scope, actor, login.user_id)
        elif login.active and not values["active"]:
            access.deactivate(session, scope, actor, login.user_id)
        session.refresh(login)
    return login


def delete_centre_login(scope: Scope, actor: Actor, *, pk: int) -> None:
    """Removes the record of a sign-in that was closed; its account stays closed, for the history."""
    require(actor, "centre-logins", "delete")
    with unit_of_work(db.session) as session:
        login = within(session, CentreLogin, scope, pk)
        if login.active:
            raise RuleBroken("still-open", N_("Deactivate this sign-in before you delete it."))
        subject = subject_of(LOGINS, login)
        session.delete(login)
        session.flush()
        record(session, actor, "centre_login.deleted", subject)


def issue_centre_passwords(scope: Scope, actor: Actor, ids: Sequence[int]) -> list[Slip]:
    """A one-time password for each sign-in, all or none; their sessions end. Shown this once."""
    require(actor, "centre-logins", "issue_password")
    with unit_of_work(db.session) as session:
        logins: list[Any] = [within(session, CentreLogin, scope, pk) for pk in ids]
        if closed := [login for login in logins if not login.active]:
            raise RuleBroken(
                "closed-sign-in",
                N_("%(username)s is deactivated, so that it gets no password."),
                facts={"username": closed[0].username},
            )
        return [
            Slip(
                login.centre.name,
                login.centre.code,
                login.username,
                access.issue_password(session, scope, actor, login.user_id),
            )
            for login in logins
        ]


def deactivate_centre_logins(scope: Scope, actor: Actor, ids: Sequence[int], reason: str) -> None:
    """Closes sign-ins for a reason; whoever is signed in with them is out at once."""
    require(actor, "centre-logins", "deactivate")
    with unit_of_work(db.session) as session:
        for pk in ids:
            login = within(session, CentreLogin, scope, pk)
            access.deactivate(session, scope, actor, login.user_id, reason=reason)
