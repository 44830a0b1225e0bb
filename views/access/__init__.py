"""The room of access: settings of the web door, security manager, sign-in, devices, help, health."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask_compress import Compress
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from app import logs
from app.access.sessions import LONGEST, LONGEST_SEASON
from views import errors, health, json_bodies, request, security_headers, static_files, words
from views.access import context, language

LARGEST_BODY = 5 * 1024 * 1024 + 64 * 1024
LANGUAGES = {"en": {"flag": "gb", "name": "English"}, "sw": {"flag": "ke", "name": "Kiswahili"}}
LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")
TRANSLATIONS = Path(__file__).parent.parent / "translations"


def configure(flask_app: Flask, settings: Any) -> None:
    """Everything about the web that the framework reads when it starts."""
    flask_app.config.update(_configuration(settings))
    flask_app.url_map.strict_slashes = False
    if settings.proxy_hops:
        hops = settings.proxy_hops
        flask_app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            flask_app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    if not flask_app.testing:
        health.share_meters(settings.data_dir / "metrics")
    logs.configure(flask_app, to_stderr=not flask_app.testing)
    static_files.install(flask_app)
    json_bodies.install(flask_app)
    request.install(flask_app)
    CSRFProtect().init_app(flask_app)
    Compress().init_app(flask_app)
    static_files.install_reader(flask_app)
    security_headers.install(flask_app)
    errors.install(flask_app)
    context.install(flask_app)
    flask_app.jinja_env.filters.update(words.filters(language.language_now))


def register(flask_app: Flask, builder: Any) -> None:
    """The pages of access that the security manager has not registered already."""
    from views.access.account import AccountView
    from views.access.help import HelpView

    language.install(flask_app)
    builder.add_view_no_menu(AccountView)
    builder.add_view_no_menu(HelpView)
    health.install(flask_app)


def _configuration(settings: Any) -> dict[str, Any]:
    production = settings.is_production
    hosts = list(settings.trusted_hosts) or [*LOCAL_HOSTS, settings.host]
    return {
        "APP_NAME": "Sajili",
        "FAB_SECURITY_MANAGER_CLASS": "views.access.security.PortalSecurityManager",
        "FAB_BASE_TEMPLATE": "frame.html",
        "FAB_ADD_OPENAPI_VIEWS": False,
        "FAB_ADD_MENU_API": False,
        "FAB_SECURITY_SIGNALS_ENABLED": False,
        "PORTAL_HOSTS": hosts,
        "RATELIMIT_ENABLED": False,
        "RATELIMIT_STORAGE_URI": "memory://",
        "JWT_SECRET_KEY": settings.key("TOKEN_KEY"),
        "JWT_ACCESS_TOKEN_EXPIRES": LONGEST,
        "JWT_COOKIE_CSRF_PROTECT": False,
        "SESSION_COOKIE_NAME": "__Host-sajili" if production else "sajili",
        "SESSION_COOKIE_SECURE": production,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "SESSION_REFRESH_EACH_REQUEST": False,
        "PERMANENT_SESSION_LIFETIME": LONGEST_SEASON + timedelta(days=30),
        "WTF_CSRF_TIME_LIMIT": None,
        "MAX_CONTENT_LENGTH": LARGEST_BODY,
        "MAX_FORM_MEMORY_SIZE": 1024 * 1024,
        "MAX_FORM_PARTS": 1000,
        "LANGUAGES": LANGUAGES,
        "BABEL_DEFAULT_LOCALE": "en",
        "BABEL_DEFAULT_TIMEZONE": "Africa/Nairobi",
        "BABEL_TRANSLATION_DIRECTORIES": str(TRANSLATIONS),
        "COMPRESS_MIN_SIZE": 500,
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        "METRICS_TOKEN": settings.metrics_token and settings.metrics_token.get_secret_value(),
        "IS_PRODUCTION": production,
    }
