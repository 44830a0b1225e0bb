"""Builds the application: settings in, a Flask app with its extensions and doors out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

import app.models  # noqa: F401  (every table is mapped before the first query)
from app import clock
from app.db.installation import office_offset
from app.db.vault import vault_from
from app.extensions import appbuilder, db, migrate
from app.messages.gateways import AfricasTalking, Gateway, Outbox
from app.scoping.guard import install_guard

if TYPE_CHECKING:
    from config import Settings


WEB_SECONDS = 5
_LONGEST_LOCK_SECONDS = 10


class Door(Protocol):
    """A way in: it configures the app before the extensions start, then registers its pages."""

    def configure(self, flask_app: Flask, settings: Settings) -> None: ...

    def register(self, flask_app: Flask, builder: Any) -> None: ...


def build_app(
    settings: Settings, doors: Sequence[Door] = (), *, statement_seconds: int = WEB_SECONDS
) -> Flask:
    """The application for these settings, with the doors given; it imports no door itself.

    A statement of the database ends with an error after `statement_seconds`. Reads the database once, for the office-time offset of a demonstration.
    """
    flask_app = Flask("app", static_folder=None)
    flask_app.config.update(_configuration(settings, statement_seconds))
    flask_app.extensions["settings"] = settings
    flask_app.extensions["vault"] = vault_from(settings.key("FIELD_KEY"), settings.key("INDEX_KEY"))
    flask_app.extensions["sms_gateway"] = gateway_for(settings)
    db.init_app(flask_app)
    migrate.init_app(flask_app, db, directory="app/migrations")
    install_guard(db.session)
    for door in doors:
        door.configure(flask_app, settings)
    with flask_app.app_context():
        set_office_time(settings)
        db.session.rollback()
        if doors:
            appbuilder.init_app(flask_app, db.session)
        db.session.rollback()
        for door in doors:
            door.register(flask_app, appbuilder)
            db.session.rollback()
        db.session.remove()
    return flask_app


def gateway_for(settings: Settings) -> Gateway:
    """The gateway that the settings name; the local one also prints, where somebody watches."""
    if settings.sms_gateway == "outbox":
        return Outbox(say=_say if settings.app_env == "local" else None)
    key = settings.africastalking_api_key
    return AfricasTalking(
        username=settings.africastalking_username or "",
        api_key=key.get_secret_value() if key else "",
        url=settings.africastalking_url,
        sender=settings.sms_sender,
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def set_office_time(settings: Settings) -> None:
    """Freezes office time at NOW where that is set, else shifts it as the demonstration says."""
    if settings.now is not None:
        clock.configure(frozen=settings.now)
        return
    try:
        offset = office_offset(db.session)
    except SQLAlchemyError:
        db.session.rollback()
        return
    clock.configure(offset=offset)


def _configuration(settings: Settings, statement_seconds: int) -> dict[str, Any]:
    lock, idle = 2 * statement_seconds // WEB_SECONDS, 2 * statement_seconds
    limits = {
        "statement_timeout": statement_seconds * 1000,
        "lock_timeout": min(lock, _LONGEST_LOCK_SECONDS) * 1000,
        "idle_in_transaction_session_timeout": idle * 1000,
        "timezone": "UTC",
    }
    return {
        "SECRET_KEY": settings.key("SECRET_KEY"),
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_pre_ping": True,
            "pool_size": 2,
            "max_overflow": 2,
            "pool_recycle": 1800,
            "connect_args": {"options": " ".join(f"-c {k}={v}" for k, v in limits.items())},
        },
        "TESTING": settings.app_env == "test",
        "DEBUG": settings.debug,
        "SMS_SHORT_CODE": settings.sms_short_code,
        "FAB_CREATE_DB": False,
        "FAB_UPDATE_PERMS": False,
        "FAB_ADD_SECURITY_API": False,
        "FAB_API_SWAGGER_UI": True,
        "JSON_SORT_KEYS": False,
    }
