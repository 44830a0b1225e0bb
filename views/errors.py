"""Refusals and failures as a page, or as application/problem+json for programs and scripts.

Nobody sees database text: what PostgreSQL refuses is said by `constraint_words`.
"""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, g, json, make_response, redirect, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed

from app import logs
from app.errors import NotFound, PortalError, TooMany
from app.extensions import db
from app.words import N_
from views.constraint_words import refusal_of
from views.request import is_api, safe_next, wants_json

log = logging.getLogger("sajili.errors")

PROBLEM = "application/problem+json"
_PAGES = frozenset({400, 401, 403, 404, 409, 413, 422, 429, 500, 503})
_WORDS = {
    400: ("bad-request", N_("The request could not be read.")),
    401: ("not-signed-in", N_("Sign in first.")),
    403: ("not-allowed", N_("Your role does not allow this.")),
    404: ("not-found", N_("That record was not found.")),
    405: ("method-not-allowed", N_("This address does not answer to that kind of request.")),
    406: ("not-acceptable", N_("This address cannot answer in that form.")),
    408: ("too-slow", N_("The request took too long to arrive. Try again.")),
    413: ("too-large", N_("What was sent is too large.")),
    414: ("address-too-long", N_("The address is too long.")),
    415: ("wrong-type", N_("Send JSON, with the content type that says so.")),
    422: ("rule-broken", N_("Something has to be put right first.")),
    429: ("too-many-tries", N_("Too many attempts. Wait a few minutes.")),
    500: ("failed", N_("Something broke on our side. Nothing was half saved.")),
    503: ("busy", N_("The portal is busy. Try again in a minute.")),
}
_CSRF = N_(
    "This form was open too long, or you signed out in another tab. Go back: what you typed is"
    " still there. Reload the page if you may lose it, then send it again."
)


def install(flask_app: Flask) -> None:
    """Answers for every refusal and failure of the application."""
    flask_app.register_error_handler(PortalError, refused)
    flask_app.register_error_handler(CSRFError, _forged)
    flask_app.register_error_handler(HTTPException, _http)
    flask_app.register_error_handler(SQLAlchemyError, _database)
    flask_app.register_error_handler(Exception, _failed)
    flask_app.after_request(_as_problem)


def refused(refusal: PortalError) -> Response:
    """The answer to a refusal of the house, in the reader's language."""
    db.session.rollback()
    headers = {}
    if isinstance(refusal, TooMany) and "retry_after" in refusal.facts:
        headers["Retry-After"] = str(refusal.facts["retry_after"])
    if refusal.status in (403, 404):
        logs.note("refused", code=refusal.code, status=refusal.status)
    return answer(refusal.status, refusal.as_problem(_), headers=headers)


def answer(status: int, problem: dict[str, Any], *, headers: dict[str, str]) -> Response:
    """A problem as JSON for programs and as a page for people, with the request's number."""
    problem = {"status": status, **problem, "request_id": g.get("request_id")}
    if wants_json():
        if status == 401:
            headers = {**headers, "WWW-Authenticate": 'Bearer realm="sajili"'}
        body = json.dumps(problem, ensure_ascii=False)
        return Response(body, status, headers, content_type=PROBLEM)
    return _page(status, problem, headers)


def _page(status: int, problem: dict[str, Any], headers: dict[str, str]) -> Response:
    shown = status if status in _PAGES else (400 if status < 500 else 500)
    page = render_template(
        "errors/page.html",
        code=shown,
        sentence=problem["title"],
        request_id=problem["request_id"],
        back_url=safe_next(request.referrer),
        sign_in_url="/login/",
    )
    response = make_response(page, status)
    response.headers.update(headers)
    return response


def _http(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error
    if error.response is not None:
        return error.response
    code, words = _WORDS.get(error.code, _WORDS[400 if error.code < 500 else 500])
    headers = {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer(error.code, {"code": code, "title": _(words)}, headers=headers)


def _forged(_error: CSRFError) -> Any:
    """A form without its token: kept where it can be, and refused."""
    logs.note("form-token-refused")
    if request.endpoint == "SignInView.login" and not wants_json():
        from views.access.sign_in import sign_in_page

        return sign_in_page(notice=_("This page was open too long. Please sign in again.")), 400
    if request.endpoint == "SignInView.logout" and g.actor is None:
        return redirect("/login/?out=1")
    return answer(400, {"code": "csrf", "title": _(_CSRF)}, headers={})


def _database(error: SQLAlchemyError) -> Response:
    """What PostgreSQL refused, as a refusal of ours where it is one, else as a failure."""
    db.session.rollback()
    refusal = refusal_of(error) if isinstance(error, DBAPIError) else None
    if refusal is None:
        return _failed(error)
    logs.note("database-refused", code=refusal.code)
    if refusal.status >= 500:
        log.warning("database-away", exc_info=error)
        title = refusal.spoken(_)
        return answer(503, {"code": refusal.code, "title": title}, headers={"Retry-After": "10"})
    return refused(refusal)


def _failed(error: Exception) -> Response:
    """A defect of ours: noted with its place in the code, told without it."""
    log.error("failed", exc_info=error)
    db.session.rollback()
    code, words = _WORDS[500]
    status = InternalServerError.code or 500
    return answer(status, {"code": code, "title": _(words)}, headers={})


def _as_problem(response: Response) -> Response:
    """The framework's own JSON refusals at the REST door, in the form of all the others."""
    if not is_api() or response.status_code < 400 or response.mimetype != "application/json":
        return response
    status = response.status_code
    code, words = _WORDS.get(status, _WORDS[400 if status < 500 else 500])
    problem: dict[str, Any] = {"code": code, "title": _(words)}
    said = response.get_json(silent=True)
    message = said.get("message") if isinstance(said, dict) else None
    if status in (400, 422) and isinstance(message, dict):
        problem["facts"] = {"fields": message}
    return answer(status, problem, headers={})


def not_found() -> NotFound:
    """The refusal of whatever is not in the asker's scope."""
    return NotFound("not-found", N_("That record was not found."))
