"""Fixtures: browsers and programs that are signed in already, without hashing a password."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_jwt_extended import create_access_token
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import sessions
from app.access.limits import account_key
from app.access.models import User
from tests.databases import SeparateClient
from views.access import context
from views.request import KNOWN, SECRET

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


class SignedClient(SeparateClient):
    """A browser that sends the form token along; `csrf=False` leaves it out for one request."""

    token: str | None = None

    def open(self, *args: Any, csrf: bool = True, **kwargs: Any) -> Any:
        if csrf and self.token and kwargs.get("method", "GET") in UNSAFE:
            kwargs["headers"] = {"X-CSRFToken": self.token} | dict(kwargs.get("headers") or {})
        return super().open(*args, **kwargs)


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """What one test rolled back, the next one must not find in a cache."""
    context.forget_kept()


@pytest.fixture
def client_of(app: Flask, session: Session) -> Callable[..., FlaskClient]:
    """`client_of("scde.kisumu-east")`: a browser signed in as this account."""

    def signed_in(username: str, **opened: Any) -> FlaskClient:
        client = SignedClient(app, app.response_class, use_cookies=True)
        secret = sessions.open_session(session, _user(session, username), device="Test", **opened)
        session.commit()
        plain = secrets.token_hex(20)
        with client.session_transaction() as cookie:
            cookie[SECRET], cookie[KNOWN] = secret, account_key(username)
            cookie["csrf_token"] = plain
        client.token = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(plain)
        return client

    return signed_in


@pytest.fixture
def token_of(app: Flask, session: Session) -> Callable[[str], dict[str, str]]:
    """`token_of("monitor")`: the headers with a bearer token of this account."""

    def headers(username: str) -> dict[str, str]:
        user = _user(session, username)
        token = create_access_token(identity=str(user.id), fresh=True)
        sessions.open_session(session, user, device="Test", kind=sessions.TOKEN, secret=token)
        session.commit()
        return {"Authorization": f"Bearer {token}"}

    return headers


def _user(session: Session, username: str) -> Any:
    return session.scalars(select(User).where(User.username == username)).one()
