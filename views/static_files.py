"""Static files and templates: addresses carry the file's version, so that browsers keep them long."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import flask_appbuilder
from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

VIEWS = Path(__file__).parent
FOLDERS = {
    "static": VIEWS / "static",
    "appbuilder.static": Path(flask_appbuilder.__file__).parent / "static" / "appbuilder",
}
KEEP = "public, max-age=2592000, immutable"
ASK_AGAIN = "public, max-age=300"


def install(flask_app: Flask) -> None:
    """Serves views/static under /static/ and looks for templates in views/templates first."""
    flask_app.session_interface = PageCookies()
    flask_app.template_folder = str(VIEWS / "templates")
    flask_app.static_folder = str(FOLDERS["static"])
    flask_app.static_url_path = "/static"
    flask_app.add_url_rule(
        "/static/<path:filename>", endpoint="static", view_func=flask_app.send_static_file
    )
    flask_app.url_defaults(_with_version)
    flask_app.after_request(_keep_long)


def install_reader(flask_app: Flask) -> None:
    """Must follow the installation of compression: answers pass these in reverse order."""
    flask_app.after_request(_read_whole)


class PageCookies(SecureCookieSessionInterface):
    """The framework's cookie, left out of static files: those are the same for everybody."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Stores the cookie with pages only."""
        if request.endpoint not in FOLDERS:
            super().save_session(app, session, response)


@cache
def version_of(endpoint: str, filename: str) -> str | None:
    """Ten characters that change when the file does; None where there is no such file."""
    folder = FOLDERS[endpoint].resolve()
    path = (folder / filename).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        return None
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def _with_version(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint in FOLDERS and "v" not in values and "filename" in values:
        values["v"] = version_of(endpoint, values["filename"])


def _keep_long(response: Response) -> Response:
    if request.endpoint in FOLDERS and response.status_code in (200, 304):
        response.headers["Cache-Control"] = KEEP if request.args.get("v") else ASK_AGAIN
    return response


def _read_whole(response: Response) -> Response:
    """Reads the file into the answer, so that it is compressed like a page; ours are small."""
    if request.endpoint in FOLDERS and response.status_code == 200:
        opened = response.response
        response.direct_passthrough = False
        response.set_data(b"".join(response.iter_encoded()))
        if hasattr(opened, "close"):
            opened.close()
    return response
