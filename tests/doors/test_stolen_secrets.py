"""A thief's cookie and a thief's token end on every path that changes who may get in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import services
from app.access.models import NumberChange, User
from app.people.models import Officer
from app.procedures import number_changes as changes
from app.procedures import officer_accounts as accounts
from app.scoping.guard import scoped_as
from app.scoping.scope import NATIONAL, Actor
from tests.factories import world
from tests.factories.texted import NUMBER, code_in, texted
from tests.factories.world import PASSWORD

VICTIM = "254712000001"
MINE, DOCUMENT = "/account/devices/", "/api/v1/_openapi"
DEVICE = services.Device("Test", "192.0.2.1")
OWN = "mango ndizi embe"


@pytest.fixture(autouse=True)
def _office_time() -> None:
    world.freeze()


def user(session: Session, name: str = VICTIM) -> Any:
    return session.scalars(select(User).where(User.username == name)).one()


def actor(session: Session, name: str) -> Actor:
    found = user(session, name)
    roles = frozenset(role.name for role in found.roles)
    return Actor(found.id, name, name, roles, officer_id=found.officer_id)


def own_password(session: Session) -> None:
    given = {"old": PASSWORD, "new": OWN, "again": OWN}
    services.change_own_password(session, actor(session, VICTIM), device=DEVICE, **given)


def forgotten(session: Session) -> None:
    ticket = accounts.ask_code(session, VICTIM, device=DEVICE)
    given = accounts.NewPassword(ticket, code_in(texted(session, VICTIM)[-1]), OWN, OWN)
    accounts.reset_with_code(session, VICTIM, given, device=DEVICE)


def texted_password(session: Session) -> None:
    accounts.answer_password(session, VICTIM)


def office_reset(session: Session) -> None:
    services.issue_password(session, NATIONAL, actor(session, "admin"), user(session).id)


def office_set(session: Session) -> None:
    services.set_password(session, NATIONAL, actor(session, "admin"), user(session).id, OWN)


def closed(session: Session) -> None:
    services.deactivate(session, NATIONAL, actor(session, "admin"), user(session).id)


def other_role(session: Session) -> None:
    admin = actor(session, "admin")
    services.change_roles(session, NATIONAL, admin, user(session).id, ["KNEC Monitor"])


def moved(session: Session) -> None:
    who, numbers = actor(session, VICTIM), changes.Numbers(VICTIM, NUMBER)
    tickets = changes.ask_with_both(session, who, numbers, device=DEVICE)
    new, old = texted(session, NUMBER)[-1], texted(session, VICTIM)[-1]
    given = changes.Codes(code_in(new), code_in(old))
    changes.prove_both(session, who, numbers, tickets, given, device=DEVICE)


def moved_in_person(session: Session) -> None:
    numbers = changes.Numbers(VICTIM, NUMBER)
    tickets = changes.ask_with_new(session, numbers, device=DEVICE)
    given = changes.Codes(code_in(texted(session, NUMBER)[-1]))
    changes.prove_new(session, numbers, tickets, given, device=DEVICE)
    admin = actor(session, "admin")
    with scoped_as(session, NATIONAL):
        key = session.scalars(
            select(NumberChange.id).where(NumberChange.new_mobile == NUMBER)
        ).one()
        changes.approve(NATIONAL, admin, [key], "Saw the card.")


def signed_out_everywhere(session: Session) -> None:
    services.end_sessions(session, user(session).id)


PATHS = (
    own_password, forgotten, texted_password, office_reset, office_set, closed, other_role, moved,
    moved_in_person, signed_out_everywhere,
)  # fmt: skip


@pytest.fixture
def thief(app: Flask, client_of: Any, token_of: Any) -> Callable[[], tuple[int, int]]:
    """What the thief's cookie and token of the victim open now."""
    browser = app.test_client()
    cookie = client_of(VICTIM).get_cookie("sajili")
    assert cookie
    browser.set_cookie("sajili", cookie.value)
    token, program = token_of(VICTIM), app.test_client()

    def tries() -> tuple[int, int]:
        page = browser.get(MINE).status_code
        return page, program.get(DOCUMENT, headers=token).status_code

    return tries


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_stolen_cookie_and_token_end(
    session: Session, thief: Callable[[], tuple[int, int]], path: Callable[[Session], None]
) -> None:
    assert thief() == (200, 200)
    path(session)
    assert thief() == (302, 401)


def test_asking_alone_ends_nothing(session: Session, thief: Callable[[], tuple[int, int]]) -> None:
    """Strangers may ask for a code, register the number or put a change before the director."""
    accounts.ask_code(session, VICTIM, device=DEVICE)
    accounts.register_number(session, VICTIM, device=DEVICE)
    numbers = changes.Numbers(VICTIM, NUMBER)
    tickets = changes.ask_with_new(session, numbers, device=DEVICE)
    given = changes.Codes(code_in(texted(session, NUMBER)[-1]))
    changes.prove_new(session, numbers, tickets, given, device=DEVICE)
    assert thief() == (200, 200)


@pytest.mark.parametrize("path", [own_password, forgotten, texted_password, office_reset, moved])
def test_change_of_credentials_is_dated(session: Session, path: Callable[[Session], None]) -> None:
    found = user(session)
    assert found.credentials_changed_at is None
    officer_id = found.officer_id
    path(session)
    session.expire_all()
    dated = select(User.credentials_changed_at).where(User.officer_id == officer_id)
    assert session.scalars(dated).one() is not None
    with scoped_as(session, NATIONAL):
        assert session.get(Officer, officer_id)
