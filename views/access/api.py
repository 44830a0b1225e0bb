"""The token resource of the REST door, and its OpenAPI document."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_appbuilder.api import BaseApi, expose
from flask_appbuilder.api.manager import OpenApi
from flask_jwt_extended import create_access_token
from werkzeug.exceptions import BadRequest

from app import logs
from app.access import services, sessions
from app.access.accounts import stored_username
from app.errors import PortalError, RuleBroken
from app.extensions import db
from app.words import N_
from views.health import count_sign_in
from views.request import (
    allowed_with_one_time_password,
    current_actor,
    device_of_request,
    open_to_everybody,
)


class SignInApi(BaseApi):
    """POST /api/v1/security/login and /logout."""

    resource_name = "security"
    openapi_spec_tag = "Security"

    @expose("/login", methods=["POST"])
    @open_to_everybody
    def login(self) -> Any:
        """Gives a bearer token of 12 hours for a user name and password
        ---
        post:
          description: >-
            Sign in. The token is sent as `Authorization: Bearer …`; it ends after 12 hours, at
            sign-out, at a password reset and when the account is closed.
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  type: object
                  required: [username, password]
                  properties:
                    username: {type: string}
                    password: {type: string}
                    provider: {type: string, enum: [db]}
          responses:
            200:
              description: Signed in
              content:
                application/json:
                  schema:
                    type: object
                    properties:
                      access_token: {type: string}
            400: {description: The body is not the JSON object described}
            401: {description: The user name or the password is not right}
            403: {description: A password of one's own must be chosen on the portal first}
            429: {description: Too many attempts; Retry-After says how long to wait}
        """
        username, password = _credentials(request.get_json(silent=True))
        username = stored_username(username)
        try:
            token = services.issue_token(
                db.session, username, password, device=device_of_request(), make=_token
            )
        except PortalError as refusal:
            count_sign_in("api", refusal.code)
            logs.note("sign-in-refused", code=refusal.code)
            raise
        count_sign_in("api", "entered")
        return self.response(
            200, access_token=token, expires_in=int(sessions.LONGEST.total_seconds())
        )

    @expose("/logout", methods=["POST"])
    @allowed_with_one_time_password
    def logout(self) -> Any:
        """Ends the bearer token
        ---
        post:
          description: Ends the token that the request carries.
          security:
          - jwt: []
          responses:
            200: {description: The token is worth nothing any more}
            401: {description: No valid bearer token}
        """
        services.sign_out(db.session, current_actor().session_id or "")
        logs.note("signed-out")
        return self.response(200)


class PortalOpenApi(OpenApi):
    """The OpenAPI document, for every role."""

    class_permission_name = "openapi"
    allow_browser_login = False


def _token(user_id: int) -> str:
    """A token in the form that the framework's `protect` reads; its session row decides."""
    return str(create_access_token(identity=str(user_id), fresh=True))


def _credentials(body: Any) -> tuple[str, str]:
    if not isinstance(body, dict):
        raise BadRequest
    username, password = body.get("username"), body.get("password")
    if not isinstance(username, str) or not isinstance(password, str):
        raise RuleBroken(
            "sign-in-incomplete",
            N_("Send a user name and a password, both as text."),
            field="password" if isinstance(username, str) else "username",
        )
    if body.get("provider", "db") != "db":
        raise RuleBroken(
            "provider-unknown",
            N_("The only provider is db; it may be left out."),
            field="provider",
        )
    return username, password
