"""English or Kiswahili: chosen by a link, kept in the cookie and on the account."""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, current_app, g, has_request_context, redirect, request
from flask import session as cookie
from flask_babel import refresh

from app.access.services import choose_language
from app.extensions import db
from views.request import HEALTH, STATIC, is_api, open_to_everybody, safe_next


def language_now() -> str:
    """The language of this request: chosen in the cookie, else the account's, else the browser's."""
    default: str = current_app.config["BABEL_DEFAULT_LOCALE"]
    if not has_request_context():
        return default
    if "language" not in g:
        g.language = _language(default)
    language: str = g.language
    return language


def _language(default: str) -> str:
    known = current_app.config["LANGUAGES"]
    chosen = [request.args.get("_l_")] if is_api() else [cookie.get("locale")]
    chosen.append(getattr(g.get("user"), "locale", None))
    chosen += [tongue.partition("-")[0].lower() for tongue in request.accept_languages.values()]
    return next((str(word) for word in chosen if word in known), default)


def install(flask_app: Flask) -> None:
    """Takes the place of the framework's locale page and of its choice of language."""
    flask_app.extensions["babel"].locale_selector = language_now
    flask_app.view_functions["LocaleView.index"] = choose
    flask_app.before_request(_forget_stale)


@open_to_everybody
def choose(locale: str) -> Any:
    """Changes the language, then returns to the page the link was on."""
    if locale not in current_app.config["LANGUAGES"]:
        abort(404)
    cookie["locale"] = locale
    if g.actor is not None:
        choose_language(db.session, g.actor.user_id, locale)
    refresh()
    return redirect(safe_next(request.args.get("next")) or safe_next(request.referrer) or "/")


def _forget_stale() -> None:
    """Drops a language that the portal no longer speaks, which the framework would trip over."""
    if request.endpoint in STATIC | HEALTH:
        return
    if cookie.get("locale") and cookie["locale"] not in current_app.config["LANGUAGES"]:
        cookie.pop("locale")
