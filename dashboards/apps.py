"""The Dash applications on the portal's server, and the one gate before all of them."""

from __future__ import annotations

from functools import partial
from types import ModuleType
from typing import Any

import dash
from dash.fingerprint import check_fingerprint
from flask import Flask, Response, current_app, g, redirect, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.exceptions import NotFound as NoSuchPage
from werkzeug.exceptions import RequestEntityTooLarge

from app.errors import NotSignedIn
from app.permissions import acts_of, may, require
from app.words import N_
from dashboards import attendance, claims, coverage, outlines, results, views
from dashboards.bodies import LARGEST_BODY, check_body
from dashboards.furniture import skeleton

PREFIX = "/dashboards/"
PAGES: dict[str, ModuleType] = {
    "coverage": coverage,
    "attendance": attendance,
    "claims": claims,
    "results": results,
}
ASKED = {"results": results.of_words}
"""How the words of a page's address are read, where it shows no part of a season."""
SHARED = f"{PREFIX}coverage/_dash-component-suites/"
TOKEN = "dash_csrf"  # noqa: S105 (the cookie's name)
NEVER_KEPT = "private, no-store"
A_YEAR = "private, max-age=31536000, immutable"


class Page(dash.Dash):
    """A dashboard inside the portal's frame, at its own address."""

    def __init__(self, name: str, flask_app: Flask, builder: Any) -> None:
        super().__init__(
            f"dashboards.{name}",
            server=flask_app,  # type: ignore[arg-type]
            url_base_pathname=f"{PREFIX}{name}/",
            csrf_token_name=TOKEN,
            external_scripts=[],
            include_assets_files=False,
            suppress_callback_exceptions=True,
            update_title="",
            title=name.capitalize(),
            add_log_handler=False,
            enable_mcp=False,
        )
        self.page, self.builder = name, builder

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]
        """The portal's frame with Dash's parts in it; all pages share one set of scripts."""
        own = f"{self.config.requests_pathname_prefix}_dash-component-suites/"
        parts["scripts"] = parts["scripts"].replace(own, SHARED)
        script = url_for("static", filename="js/dashboards.js")
        parts["scripts"] = f'<script src="{script}"></script>{parts["scripts"]}'
        module = PAGES[self.page]
        return render_template(
            "dash_page.html",
            title=module.title(),
            state_sentence=module.sentence(),
            dash=parts,
            base_template=self.builder.base_template,
            appbuilder=self.builder,
        )


def install(flask_app: Flask, builder: Any) -> None:
    """Adds every page with its callbacks, and the gate before them."""
    pages = {name: Page(name, flask_app, builder) for name in PAGES}
    flask_app.extensions["dashboards"] = pages
    for name, page in pages.items():
        page.layout = partial(skeleton, name)
        PAGES[name].register(page)
    flask_app.add_url_rule(PREFIX, "dashboards", _first)
    flask_app.add_url_rule(f"{PREFIX}outlines/<level>/<county>.json", "outlines", _outlines)
    flask_app.before_request(gate)
    flask_app.after_request(_finish)


def _first() -> Any:
    first = next(name for name in PAGES if may(g.actor, "dashboards", name))
    return redirect(f"{PREFIX}{first}/")


def _outlines(level: str, county: str) -> Response:
    try:
        return Response(outlines.outlines(level, county), mimetype="application/geo+json")
    except outlines.UnknownOutlineError:
        raise NoSuchPage from None


def gate() -> Any:
    """Before anything under the prefix: signed in, allowed to see the page, and a body that reads."""
    if not request.path.startswith(PREFIX) and request.path != PREFIX.rstrip("/"):
        return None
    if g.get("actor") is None:
        raise NotSignedIn("not-signed-in", N_("Sign in first."))
    name = request.path.removeprefix(PREFIX).split("/")[0]
    if name in PAGES and not request.path.startswith(SHARED):
        require(g.actor, "dashboards", name)
    elif not acts_of(g.actor.roles, "dashboards"):
        require(g.actor, "dashboards", "coverage")
    if name in PAGES:
        _check(name, request.path.removeprefix(f"{PREFIX}{name}/"))
    return None


def _check(name: str, rest: str) -> None:
    """An index for a part in scope, a callback as declared, a file of Dash's; nothing else."""
    page = _pages()[name]
    if rest == "":
        ASKED.get(name, partial(views.of_words, name))(request.args)
    elif rest == "_dash-update-component":
        if (request.content_length or 0) > LARGEST_BODY:
            raise RequestEntityTooLarge
        check_body(request.get_json(silent=True), page.callback_map)
    elif request.endpoint == f"{PREFIX}{name}/<path:path>" or _is_unknown_script(page):
        raise NoSuchPage


def _is_unknown_script(page: Page) -> bool:
    """Whether a script is asked for that Dash does not have; Dash itself would fail."""
    asked = request.view_args or {}
    if "fingerprinted_path" not in asked:
        return False
    path, _fingerprint = check_fingerprint(asked["fingerprinted_path"])
    return path not in page.registered_paths.get(asked["package_name"], ())


def _pages() -> dict[str, Page]:
    """The pages of the application that answers."""
    found: dict[str, Page] = current_app.extensions["dashboards"]
    return found


def _finish(response: Response) -> Response:
    """Data is never kept; scripts and outlines, which say nothing of anybody, are."""
    if not request.path.startswith(PREFIX) or response.status_code >= 400:
        return response
    rest = request.path.removeprefix(PREFIX)
    if request.endpoint == "outlines" or "_dash-component-suites/" in rest:
        g.about_nobody = True
        if request.args.get("v"):
            response.headers["Cache-Control"] = A_YEAR
    else:
        response.headers["Cache-Control"] = NEVER_KEPT
    if rest.rstrip("/") in PAGES:
        response.set_cookie(
            TOKEN, generate_csrf(), path=PREFIX, samesite="Lax", secure=request.is_secure
        )
    return response
