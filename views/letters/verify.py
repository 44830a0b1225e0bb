"""The public check of papers: does this letter hold, does this result stand, and whose are they."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, render_template, request
from flask_appbuilder import BaseView, expose

from app import clock
from app.access.limits import count_check, demand_checks_left
from app.errors import TooMany
from app.extensions import db
from app.letters.check import CODE_LENGTH, Claims, ForgedError, read
from app.letters.models import Letter
from app.letters.queries import content_of, ended_codes, letter_by_code, trusted_keys
from app.letters.rules import code_typed, initials_of
from app.letters.signing import pem_of
from app.letters.slips import CheckedSlip, checked_slip
from app.results.check_codes import codes_from
from app.scoping.guard import scoped_as
from app.scoping.scope import system_scope
from views.letters.desk import plain_desk
from views.request import open_to_everybody

LONGEST_CODE = 400
KEPT_SECONDS = 300


class VerifyView(BaseView):
    """Open to everybody: a page without a script, one word of truth, nothing else of anybody."""

    route_base = "/verify"
    default_view = "ask"

    @expose("/", methods=["GET"])
    @open_to_everybody
    def ask(self) -> Any:
        """Where a code is typed."""
        typed = request.args.get("code", "").strip()
        if typed and len(typed) <= LONGEST_CODE:
            return redirect(f"/verify/{code_typed(typed) or 'unreadable'}", 303)
        return self.render_template("letters/verify.html", asked=False, result=None)

    @expose("/<string:code>", methods=["GET"])
    @open_to_everybody
    def check(self, code: str) -> Any:
        """What the letter, or the result, of this code or signed token is worth now."""
        return checked(code, self.render_template)

    @expose("/key.pem", methods=["GET"])
    @open_to_everybody
    def keys(self) -> Response:
        """The public keys that sign letters and slips, this portal's own first."""
        known = trusted_keys(db.session, plain_desk().signer.public)
        return _public_text("".join(map(pem_of, known.values())), "application/x-pem-file")

    @expose("/ended.txt", methods=["GET"])
    @open_to_everybody
    def ended(self) -> Response:
        """The letters of this season that hold no more, as marks that name nobody, signed."""
        with scoped_as(db.session, system_scope("verify")):
            states = ended_codes(db.session)
        moment = f"{clock.nairobi(clock.now()):%Y-%m-%dT%H:%M%z}"
        return _public_text(plain_desk().signer.ended_list(states, moment), "text/plain")


@open_to_everybody
def in_capitals(code: str) -> Any:
    """The address of QR codes, whose small alphabet has capitals only."""
    return checked(code, render_template)


def checked(code: str, render: Any) -> tuple[str, int, dict[str, str]]:
    """The page about a code; 429 with no word of it for an address that guessed too often."""
    try:
        demand_checks_left(db.session, request.remote_addr)
        page, status = _told(code, render)
    except TooMany as error:
        page = render("letters/verify.html", asked=True, result=None, limited=error)
        return page, 429, {"Retry-After": str(error.facts["retry_after"])}
    return page, status, {}


def _told(code: str, render: Any) -> tuple[str, int]:
    """What the code is worth; 404 with the same page where there is no such paper."""
    found = _letter(code)
    if found is None or not found.digest:
        slip = _slip(code)
        if slip is not None:
            return render("letters/verify.html", asked=True, result=None, slip=slip), 200
        count_check(db.session, request.remote_addr)
        return render("letters/verify.html", asked=True, result=None), 404
    content = content_of(found)
    result = {
        "state": found.state,
        "initials": initials_of(content.name),
        "centre_code": content.centre_code,
        "centre": content.centre,
        "role": content.role,
        "role_sw": content.role_sw,
        "first_day": content.first_day,
        "last_day": content.last_day,
    }
    return render("letters/verify.html", asked=True, result=result), 200


def _letter(code: str) -> Letter | None:
    """The letter of a typed code, or of a token that one of our keys signed."""
    with scoped_as(db.session, system_scope("verify")):
        if len(code) > 2 * CODE_LENGTH:
            claims = _claims(code)
            found = claims and letter_by_code(db.session, claims.code)
            return found if found and claims and found.version == claims.version else None
        typed = code_typed(code)
        return letter_by_code(db.session, typed) if typed else None


def _slip(code: str) -> CheckedSlip | None:
    """The result of a typed check code, or of a slip's token that one of our keys signed."""
    desk = plain_desk()
    with scoped_as(db.session, system_scope("verify")):
        keys = trusted_keys(db.session, desk.signer.public)
        return checked_slip(db.session, code, keys=keys, codes=codes_from(desk.vault))


def _claims(token: str) -> Claims | None:
    try:
        return read(token, trusted_keys(db.session, plain_desk().signer.public))
    except ForgedError:
        return None


def _public_text(text: str, kind: str) -> Response:
    answer = Response(text, mimetype=kind)
    answer.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    return answer
