"""What was stolen is worth nothing after sign-out, reset, closing or a change of roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.access import services
from app.access.models import SignInSession, User
from app.extensions import appbuilder
from app.scoping.scope import NATIONAL, Actor
from tests.factories import world
from tests.factories.world import CENTRE

LOGIN = f"KCSE{CENTRE}"
MINE = "/account/devices/"
DOCUMENT = "/api/v1/_openapi"


@pytest.fixture(autouse=True)
def _office_time() -> None:
    world.freeze()


@pytest.fixture
def admin(session: Session) -> Actor:
    user: Any = session.scalars(select(User).where(User.username == "admin")).one()
    return Actor(user.id, "admin", "admin", frozenset({"KNEC Administrator"}))


def stolen(app: Flask, victim: FlaskClient) -> FlaskClient:
    """A thief's browser with the victim's cookie."""
    cookie = victim.get_cookie("sajili")
    assert cookie
    thief = app.test_client()
    thief.set_cookie("sajili", cookie.value)
    return thief


def id_of(session: Session, username: str) -> int:
    return session.scalars(select(User.id).where(User.username == username)).one()


def test_stolen_cookie_ends_with_sign_out(app: Flask, client_of: Any) -> None:
    victim = client_of(LOGIN)
    thief = stolen(app, victim)
    assert thief.get(MINE).status_code == 200
    assert victim.post("/logout/").location == "/login/?out=1"
    assert thief.get(MINE).status_code == 302
    assert victim.get(MINE).status_code == 302


def _reset(session: Session, admin: Actor, user_id: int) -> None:
    services.issue_password(session, NATIONAL, admin, user_id)


def _close(session: Session, admin: Actor, user_id: int) -> None:
    services.deactivate(session, NATIONAL, admin, user_id)


def _move(session: Session, admin: Actor, user_id: int) -> None:
    services.change_roles(session, NATIONAL, admin, user_id, ["KNEC Payments Clerk"])


def _end(session: Session, _admin: Actor, user_id: int) -> None:
    services.end_sessions(session, user_id)


@pytest.mark.parametrize("act", [_reset, _close, _move, _end])
def test_stolen_cookie_and_token_end_with_the_account_s_change(  # noqa: PLR0917
    app: Flask,
    session: Session,
    client: FlaskClient,
    client_of: Any,
    token_of: Any,
    admin: Actor,
    act: Callable[[Session, Actor, int], None],
) -> None:
    thief = stolen(app, client_of("monitor"))
    token = token_of("monitor")
    assert thief.get(MINE).status_code == 200
    assert client.get(DOCUMENT, headers=token).status_code == 200
    act(session, admin, id_of(session, "monitor"))
    assert thief.get(MINE).status_code == 302
    assert client.get(DOCUMENT, headers=token).status_code == 401


def test_stolen_token_ends_with_sign_out(client: FlaskClient, token_of: Any) -> None:
    token = token_of("monitor")
    assert client.get(DOCUMENT, headers=token).status_code == 200
    assert client.post("/api/v1/security/logout", headers=token).status_code == 200
    assert client.get(DOCUMENT, headers=token).status_code == 401


def test_row_without_its_epoch_is_worth_nothing(session: Session, client_of: Any) -> None:
    client = client_of("monitor")
    user: Any = session.scalars(select(User).where(User.username == "monitor")).one()
    user.session_epoch += 1
    session.commit()
    assert client.get(MINE).status_code == 302


def test_signed_cookie_without_a_row_is_worth_nothing(app: Flask, client: FlaskClient) -> None:
    """Even somebody who knows the secret key needs a session on the server."""
    with client.session_transaction() as cookie:
        cookie["sid"] = "made-up"
        cookie["_user_id"] = "1"
        cookie["user_id"] = 1
    assert client.get(MINE).status_code == 302


def test_cookie_is_ignored_at_the_rest_door(client_of: Any) -> None:
    client = client_of("admin")
    assert client.get(MINE).status_code == 200
    answer = client.get(DOCUMENT)
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")


def test_token_is_ignored_on_pages(client: FlaskClient, token_of: Any) -> None:
    assert client.get(MINE, headers=token_of("admin")).status_code == 302


def test_token_with_a_right_signature_and_no_row_is_refused(
    app: Flask, client: FlaskClient
) -> None:
    from flask_jwt_extended import create_access_token

    forged = create_access_token(identity="1", fresh=True)
    assert client.get(DOCUMENT, headers={"Authorization": f"Bearer {forged}"}).status_code == 401


def test_signing_out_needs_a_post(client_of: Any) -> None:
    client = client_of("monitor")
    assert client.get("/logout/").status_code == 405
    assert client.get(MINE).status_code == 200


def test_device_is_listed_and_signed_out(session: Session, client_of: Any) -> None:
    here, there = client_of(LOGIN), client_of(LOGIN, season_long=True)
    page = here.get(MINE).text
    assert page.count('name="session_id"') == 2
    other = session.scalars(select(SignInSession.id).where(SignInSession.season_long)).one()
    assert here.post("/account/devices/end/", data={"session_id": other}).status_code == 302
    assert here.get(MINE).status_code == 200
    assert there.get(MINE).status_code == 302


def test_device_of_somebody_else_is_not_found(session: Session, client_of: Any) -> None:
    victim, stranger = client_of(LOGIN), client_of("monitor")
    row = session.scalars(
        select(SignInSession.id).where(SignInSession.user_id == id_of(session, LOGIN))
    ).one()
    assert stranger.post("/account/devices/end/", data={"session_id": row}).status_code == 404
    assert victim.get(MINE).status_code == 200


def test_everything_else_is_signed_out(client_of: Any) -> None:
    here, there = client_of(LOGIN), client_of(LOGIN)
    here.post("/account/devices/end-others/")
    assert here.get(MINE).status_code == 200
    assert there.get(MINE).status_code == 302


def test_form_survives_signing_in_again_in_another_tab(
    session: Session, client: FlaskClient
) -> None:
    from tests.doors.test_access_sign_in import enter, form_token

    enter(client, LOGIN)
    old_page = client.get("/account/password/").text
    services.end_sessions(session, id_of(session, LOGIN))
    form = {"csrf_token": form_token(old_page), "old_password": "x", "new_password": "y"}
    assert client.post("/account/password/", data=form).status_code == 401
    enter(client, LOGIN)
    assert client.post("/account/password/", data=form).status_code == 422  # read, not forged


def test_form_of_the_one_before_does_not_count_for_the_next(client: FlaskClient) -> None:
    from tests.doors.test_access_sign_in import enter, form_token

    enter(client, LOGIN)
    token = form_token(client.get(MINE).text)
    client.post("/logout/", data={"csrf_token": token})
    enter(client, "monitor")
    answer = client.post("/account/password/", data={"csrf_token": token})
    assert answer.status_code == 400


def statements(session: Session, act: Callable[[], Any]) -> list[str]:
    """The questions asked of tables while `act` runs; transactions and settings aside."""
    seen: list[str] = []

    def note(_c: Any, _k: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "SELECT set_config")):
            seen.append(statement)

    connection = session.get_bind()
    event.listen(connection, "before_cursor_execute", note)
    act()
    event.remove(connection, "before_cursor_execute", note)
    return seen


def test_permission_checked_request_asks_at_most_two_questions(
    session: Session, client: FlaskClient, token_of: Any
) -> None:
    token = token_of("tsc.kisumu-east")
    appbuilder.sm.grants.forget()
    cold = statements(session, lambda: client.get(DOCUMENT, headers=token))
    warm = statements(session, lambda: client.get(DOCUMENT, headers=token))
    assert (len(cold), len(warm)) == (2, 1)


def test_last_use_is_stored_once_a_minute(session: Session, client_of: Any) -> None:
    import datetime as dt

    client = client_of("monitor")
    row: Any = session.scalars(select(SignInSession)).one()
    row.last_seen_at -= dt.timedelta(minutes=2)
    session.commit()
    before = row.last_seen_at
    updates = [
        one
        for _ in range(3)
        for one in statements(session, lambda: client.get(MINE))
        if one.startswith("UPDATE sign_in_session")
    ]
    session.expire_all()
    assert len(updates) == 1
    assert row.last_seen_at > before


def test_a_permission_taken_away_is_gone_when_the_cache_is(
    session: Session, client: FlaskClient, token_of: Any
) -> None:
    from sqlalchemy import text

    token = token_of("monitor")
    assert client.get(DOCUMENT, headers=token).status_code == 200
    session.execute(text("DELETE FROM ab_permission_view_role"))
    session.commit()
    appbuilder.sm.grants.forget()
    try:
        answer = client.get(DOCUMENT, headers=token)
    finally:
        appbuilder.sm.grants.forget()
    assert (answer.status_code, answer.content_type) == (403, "application/problem+json")


def test_framework_registers_none_of_its_user_and_role_views(app: Flask) -> None:
    modules = {type(view).__module__ for view in appbuilder.baseviews}
    assert [name for name in modules if name.startswith("flask_appbuilder.security")] == []
