"""Headers of every answer: what a browser may load, show and keep.

A page that asks for the script nonce is one of the framework's or of Dash: it gets that nonce and
inline styles. Our own light pages ask for none and get neither.
"""

from __future__ import annotations

import secrets

from flask import Flask, Response, current_app, g, request

from views.request import STATIC

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()"
    ),
}
_POLICY = (
    "default-src 'self'; script-src {scripts}; style-src {styles}; img-src 'self' data: blob:;"
    " font-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self';"
    " frame-ancestors 'none'"
)
NO_STORE = "private, no-store"


def install(flask_app: Flask) -> None:
    """Adds the headers to every answer, and the nonce to the templates."""
    flask_app.jinja_env.globals["csp_nonce"] = csp_nonce
    flask_app.after_request(_add)


def csp_nonce() -> str:
    """This answer's script nonce; asking for it allows the page inline styles too."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def content_policy(nonce: str | None) -> str:
    """The Content-Security-Policy of a page, with inline styles only where a nonce is given."""
    scripts = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
    styles = "'self' 'unsafe-inline'" if nonce else "'self'"
    return _POLICY.format(scripts=scripts, styles=styles)


def _add(response: Response) -> Response:
    for name, value in _ALWAYS.items():
        response.headers[name] = value
    response.headers["Content-Security-Policy"] = content_policy(g.get("csp_nonce"))
    if current_app.config["IS_PRODUCTION"]:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    about_nobody = request.endpoint in STATIC or g.get("about_nobody", False)
    if not about_nobody and (g.get("actor") or "Cache-Control" not in response.headers):
        response.headers["Cache-Control"] = NO_STORE
    return response
