"""The contract of every request: who asks, under which scope, and what nobody may send.

Before any view runs, `g.actor` (None for a stranger) and `g.scope` are set, `g.user` and
Flask-Login's `current_user` are the account, and the session works under the scope. Whatever is
not marked `open_to_everybody` needs a signed-in account.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask import session as cookie
from flask_login import AnonymousUserMixin
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.sansio.utils import host_is_trusted

from app import clock
from app.access import sessions
from app.access.limits import account_key
from app.access.services import Device, must_choose_password
from app.errors import NotSignedIn
from app.extensions import db
from app.permissions import may
from app.scoping.guard import enter_scope
from app.scoping.resolve import actor_for, resolve
from app.scoping.scope import NOBODY, Actor, Scope, system_scope
from app.words import N_

STATIC = frozenset({"static", "appbuilder.static"})
HEALTH = frozenset({"health_live", "health_ready"})
SECRET, KNOWN = "sid", "known"
LARGEST_ID = 2**31 - 1
LONGEST_QUERY = 8000
LONGEST_NEXT = 500

View = TypeVar("View", bound=Callable[..., Any])


def open_to_everybody(view: View) -> View:
    """Marks a view that strangers may use; put it on the method itself."""
    view._open_to_everybody = True  # type: ignore[attr-defined]
    return view


def allowed_with_one_time_password(view: View) -> View:
    """Marks a view for accounts that have not chosen their own password yet."""
    view._with_one_time_password = True  # type: ignore[attr-defined]
    return view


def takes_large_body(most: int, resource: str, act: str) -> Callable[[View], View]:
    """Lets a view take a larger body than all others, from accounts that may do the act."""

    def marked(view: View) -> View:
        view._large_body = (most, resource, act)  # type: ignore[attr-defined]
        return view

    return marked


def current_scope() -> Scope:
    """Which rows this request may reach."""
    scope: Scope = g.get("scope", NOBODY)
    return scope


def current_actor() -> Actor:
    """Who asks; raises NotSignedIn for a stranger."""
    actor: Actor | None = g.get("actor")
    if actor is None:
        raise not_signed_in()
    return actor


def not_signed_in() -> NotSignedIn:
    """The refusal of a stranger, in words that keep what they typed."""
    return NotSignedIn(
        "not-signed-in",
        N_("You are not signed in any more. What you typed is kept: sign in, then send it again."),
    )


def install(flask_app: Flask) -> None:
    """Puts the contract before and after every request of the application."""
    flask_app.before_request(_begin)
    flask_app.after_request(_finish)


def is_api() -> bool:
    """Whether the request came to the REST door, where cookies count for nothing."""
    return request.path.startswith("/api/")


def wants_json() -> bool:
    """Whether the answer goes to a program or a script rather than onto a screen."""
    if is_api() or request.headers.get("X-Requested-With") == "XMLHttpRequest":
        return True
    accepts = request.accept_mimetypes
    return accepts["application/json"] > accepts["text/html"] or request.is_json


def safe_next(target: str | None) -> str | None:
    """The address to go on to if it lies on this very site, as a relative one; else None."""
    if not target or len(target) > LONGEST_NEXT or any(ord(c) < 33 or c == "\\" for c in target):
        return None
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    if parts.netloc and (parts.scheme not in ("http", "https") or parts.netloc != request.host):
        return None
    if parts.scheme and not parts.netloc:
        return None
    path = parts.path or "/"
    if target.startswith("//") or not path.startswith("/") or path.startswith("//"):
        return None
    return f"{path}?{parts.query}" if parts.query else path


def device_of_request(username: str = "") -> Device:
    """The device that asks; known where this account signed in on it before."""
    known = bool(username) and cookie.get(KNOWN) == account_key(username)
    agent = request.headers.get("User-Agent", "")
    return Device(sessions.device_words(agent), request.remote_addr, known)


def _begin() -> Any:
    g.request_id, g.started = str(uuid.uuid4()), time.perf_counter()
    _become_stranger()
    trusted = host_is_trusted(request.host, current_app.config["PORTAL_HOSTS"])
    if not trusted and request.endpoint not in HEALTH:
        sentence = "The portal does not answer to this host name.\n"
        return Response(sentence, 400, mimetype="text/plain")
    if request.endpoint in STATIC | HEALTH:
        return None
    large = getattr(current_app.view_functions.get(request.endpoint or ""), "_large_body", None)
    if large is None:
        _refuse_unreadable()
    _recognise()
    if large is not None:
        _allow_large_body(*large)
        _refuse_unreadable()
    return _gate()


def _allow_large_body(most: int, resource: str, act: str) -> None:
    """Nobody else's body is read beyond the limit of all requests."""
    if g.actor is not None and may(g.actor, resource, act):
        request.max_content_length = most


def _become_stranger() -> None:
    g.actor, g.scope, g.session_ended = None, NOBODY, False
    g.session_id, g.session_due = None, False
    g.user = g._login_user = AnonymousUserMixin()


def _recognise() -> None:
    """Finds the account of the cookie, or at the REST door of the bearer token."""
    secret = _bearer() if is_api() else cookie.get(SECRET)
    if not isinstance(secret, str) or not secret:
        return
    scope = NOBODY
    enter_scope(db.session, system_scope("sign-in"))
    try:
        found = sessions.find(db.session, secret, sessions.TOKEN if is_api() else sessions.PAGE)
        if found is None:
            g.session_ended = True
            return
        scope, roles = resolve(db.session, found.user, today=clock.today())
        g.actor = actor_for(found.user, roles, session_id=found.session_id, request_id=g.request_id)
        g.session_id, g.session_due = found.session_id, found.is_due
        g.user = g._login_user = found.user
    except SQLAlchemyError:
        db.session.rollback()
        raise
    finally:
        g.scope = scope
        enter_scope(db.session, scope)


def _bearer() -> str | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _gate() -> Any:
    """Turns strangers away from what is not open, and one-time passwords to the change page."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or getattr(view, "_open_to_everybody", False):
        return None
    if g.actor is None:
        if _is_page_visit():
            ended = 1 if g.session_ended else None
            return redirect(url_for("SignInView.login", next=_here(), ended=ended))
        raise not_signed_in()
    if g.user.must_change_password and not getattr(view, "_with_one_time_password", False):
        if _is_page_visit():
            return redirect(url_for("AccountView.password", next=_here()))
        raise must_choose_password()
    return None


def _is_page_visit() -> bool:
    visited = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    return visited and request.method in ("GET", "HEAD") and not wants_json()


def _here() -> str | None:
    here = request.full_path.rstrip("?")
    return safe_next(here) if here != "/" else None


def _refuse_unreadable() -> None:
    """Refuses what no honest client sends, before it reaches SQL."""
    if len(request.query_string) > LONGEST_QUERY:
        raise BadRequest
    for name, value in (request.view_args or {}).items():
        _refuse_impossible_id(name, value)
    texts = [request.path, *request.args.keys()]
    texts += [value for values in request.args.listvalues() for value in values]
    if request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data"):
        texts += [*request.form.keys()]
        texts += [value for values in request.form.listvalues() for value in values]
    if any("\0" in text for text in texts):
        raise BadRequest


def _refuse_impossible_id(name: str, value: Any) -> None:
    """An identifier no table can hold is not found; nothing else is guessed at."""
    if isinstance(value, str) and (name in ("pk", "id") or name.endswith("_id")):
        if value.isdecimal() and len(value) < 40:
            value = int(value)
        elif len(value) > 64:
            raise NotFound
    if isinstance(value, int) and abs(value) > LARGEST_ID:
        raise NotFound


def _finish(response: Response) -> Response:
    """Drops what no service committed, and notes once a minute that the session is in use."""
    if g.get("session_due") and response.status_code < 500:
        db.session.rollback()
        sessions.note_seen(db.session, g.session_id)
        db.session.commit()
    if request.endpoint not in STATIC | HEALTH:
        _shorten_history()
    if "request_id" in g:
        response.headers["X-Request-ID"] = g.request_id
    return response


def _shorten_history() -> None:
    """Keeps the framework's list of visited pages from filling the cookie, which a browser would
    then refuse, signing the person out."""
    visited = cookie.get("page_history")
    if visited and any(len(address) > LONGEST_NEXT for address in visited):
        cookie["page_history"] = [address for address in visited if len(address) <= LONGEST_NEXT]
