"""The gateway's hooks: a text that came in, what became of one that went out, a step of USSD.

The last part of the address is the secret; whoever lacks it finds nothing here. Nothing that a
caller sends ends in a 5xx, and a second delivery of the same thing changes nothing.
"""

from __future__ import annotations

import hmac
import re
from typing import Any

from flask import Response, abort, current_app, request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from app.extensions import db
from app.messages.services import Incoming, Report, answer_inbound, note_delivery, receive
from app.procedures import results_by_phone
from app.procedures.results_by_phone import Step
from app.scoping.guard import scoped_as
from app.scoping.scope import system_scope
from views.request import open_to_everybody

ENDPOINTS = frozenset({"sms_inbound", "sms_delivery", "ussd"})
LARGEST_FORM, MOST_FIELDS = 16 * 1024, 40
LONGEST_TEXT = 2000
_IDENTIFIER = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
_NUMBER = re.compile(r"\+?[0-9]{3,15}")
_WORD = re.compile(r"[A-Za-z]{1,30}")


def install(flask_app: Any) -> None:
    """Adds the hooks. A gateway holds no cookie, so there is no form of ours to protect."""
    for address, view in (("sms/inbound", inbound), ("sms/delivery", delivery), ("ussd", ussd)):
        name = address.replace("/", "_")
        flask_app.add_url_rule(f"/hooks/{address}/<secret>", name, view, methods=["POST"])
        flask_app.extensions["csrf"].exempt(view)


@open_to_everybody
def inbound(secret: str) -> Response:
    """Stores what somebody texted and answers it; a repeated one is stored already."""
    _demand(secret)
    form = _form()
    incoming = Incoming(
        gateway_id=_field(form, "id", _IDENTIFIER),
        number=_field(form, "from", _NUMBER),
        short_code=_field(form, "to", _NUMBER),
        text=_text(form),
        link_id=_optional(form, "linkId", _IDENTIFIER),
    )
    with scoped_as(db.session, system_scope("sms-hook")):
        inbound_id = receive(db.session, incoming)
        if inbound_id is not None:
            answer_inbound(db.session, inbound_id)
    return _taken()


@open_to_everybody
def delivery(secret: str) -> Response:
    """Stores a delivery report and moves its message."""
    _demand(secret)
    form = _form()
    report = Report(
        gateway_id=_field(form, "id", _IDENTIFIER),
        status=_field(form, "status", _WORD),
        number=(_optional(form, "phoneNumber", _NUMBER) or "").removeprefix("+"),
        reason=_plain(form.get("failureReason", "")),
        network_code=_plain(form.get("networkCode", ""))[:10],
    )
    with scoped_as(db.session, system_scope("sms-hook")):
        note_delivery(db.session, report)
    return _taken()


@open_to_everybody
def ussd(secret: str) -> Response:
    """Answers one step of a USSD session in the gateway's words: CON goes on, END is the last."""
    _demand(secret)
    form = _form()
    step = Step(
        session_id=_field(form, "sessionId", _IDENTIFIER),
        number=_field(form, "phoneNumber", _NUMBER).removeprefix("+"),
        typed=_text(form),
    )
    with scoped_as(db.session, system_scope("ussd-hook")):
        said = results_by_phone.ussd(db.session, step)
    return Response(said, mimetype="text/plain")


def _demand(secret: str) -> None:
    """A 404 without the secret, however near it came."""
    ours: str = current_app.config["SMS_HOOK_SECRET"]
    if not hmac.compare_digest(secret.encode(), ours.encode()):
        abort(404)


def _form() -> Any:
    """The form, small enough; a 413 or 400 for anything else."""
    request.max_content_length = LARGEST_FORM
    request.max_form_memory_size = LARGEST_FORM
    if (request.content_length or 0) > LARGEST_FORM:
        raise RequestEntityTooLarge
    if request.mimetype != "application/x-www-form-urlencoded" or len(request.form) > MOST_FIELDS:
        raise BadRequest
    return request.form


def _field(form: Any, name: str, shape: re.Pattern[str]) -> str:
    value = str(form.get(name, "")).strip()
    if not shape.fullmatch(value):
        raise BadRequest
    return value


def _optional(form: Any, name: str, shape: re.Pattern[str]) -> str | None:
    value = str(form.get(name, "")).strip()
    return value if shape.fullmatch(value) else None


def _text(form: Any) -> str:
    """What was typed, as it came; a text that no telephone sends is refused."""
    value = form.get("text")
    if value is None or len(value) > LONGEST_TEXT or "\0" in value:
        raise BadRequest
    return str(value)


def _plain(value: str) -> str:
    return re.sub(r"[^A-Za-z0-9_. -]", "", value)[:60]


def _taken() -> Response:
    return Response("ok\n", mimetype="text/plain")
