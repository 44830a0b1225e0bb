"""The sign-in page, and signing out."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, redirect, request
from flask import session as cookie
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _

from app import logs
from app.access import limits, services
from app.access.accounts import stored_username
from app.errors import NotSignedIn, PortalError, TooMany
from app.extensions import db
from views.health import count_sign_in
from views.request import (
    KNOWN,
    SECRET,
    device_of_request,
    open_to_everybody,
    safe_next,
)


class SignInView(BaseView):
    """/login/ and /logout/."""

    route_base = ""
    default_view = "login"

    @expose("/login/", methods=["GET", "POST"])
    @open_to_everybody
    def login(self) -> Any:
        """The form; a right password leads on to where the visitor wanted to go."""
        if request.method == "POST":
            return self._enter()
        if g.actor is not None:
            return redirect(safe_next(request.args.get("next")) or "/")
        return sign_in_page(notice=_notice())

    @expose("/logout/", methods=["POST"])
    @open_to_everybody
    def logout(self) -> Any:
        """Ends the session on the server, then shows the sign-in page."""
        if g.actor is not None:
            services.sign_out(db.session, g.actor.session_id)
            logs.note("signed-out")
        known, locale = cookie.get(KNOWN), cookie.get("locale")
        cookie.clear()
        cookie.update({k: v for k, v in ((KNOWN, known), ("locale", locale)) if v})
        return redirect("/login/?out=1")

    def _enter(self) -> Any:
        username = stored_username(request.form.get("username", ""))
        try:
            entered = services.sign_in(
                db.session,
                username,
                request.form.get("password", ""),
                device=device_of_request(username),
                keep=request.form.get("keep_device") == "yes",
            )
        except (NotSignedIn, TooMany) as refusal:
            return _refused(refusal)
        count_sign_in("page", "entered")
        logs.note("signed-in", user_id=entered.user_id)
        remember(username, entered.secret, season_long=entered.season_long)
        if entered.locale and "locale" not in cookie:
            cookie["locale"] = entered.locale
        onward = safe_next(request.form.get("next")) or "/"
        return redirect("/account/password/" if entered.must_change_password else onward)


def remember(username: str, secret: str, *, season_long: bool = False) -> None:
    """Puts a fresh session into the cookie; nothing of what it held before counts any more.

    Somebody who signs in again after their session ended keeps the form token of the pages they
    still have open, so that what they typed there can be sent.
    """
    key = limits.account_key(username)
    kept = {"locale": cookie.get("locale")}
    if cookie.get(KNOWN) == key:
        kept["csrf_token"] = cookie.get("csrf_token")
    cookie.clear()
    cookie.update({name: value for name, value in kept.items() if value})
    cookie[SECRET], cookie[KNOWN] = secret, key
    cookie.permanent = season_long


def sign_in_page(*, notice: str | None = None, error: str | None = None) -> Any:
    """The form with what was typed, except the password."""
    view = current_app.extensions["appbuilder"].sm.auth_view
    return view.render_template(
        "sign_in.html",
        username=request.form.get("username", "")[:128],
        next_url=safe_next(request.values.get("next")),
        ask_keep=True,
        forgot_url="/account/forgot/",
        create_url="/account/create/",
        notice=notice,
        error=error,
        sign_in_url="/login/",
    )


def _refused(refusal: PortalError) -> Any:
    count_sign_in("page", refusal.code)
    logs.note("sign-in-refused", code=refusal.code)
    headers = {}
    if isinstance(refusal, TooMany):
        headers["Retry-After"] = str(refusal.facts["retry_after"])
    return sign_in_page(error=refusal.spoken(_)), refusal.status, headers


def _notice() -> str | None:
    if request.args.get("out"):
        return _("You are signed out.")
    if request.args.get("ended"):
        return _("You were signed out because nothing happened for a while. Sign in to go on.")
    if safe_next(request.args.get("next")) not in {None, "", "/"}:
        return _("Sign in to open that page.")
    return None
