"""Pages of messages: the outbox that an administrator reads, and the hooks of the gateway."""

from __future__ import annotations

from typing import Any

from flask import Flask, g, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.extensions import db
from app.messages.services import calls_from
from views.messages import hooks, measures
from views.messages.records import MessageView


def configure(flask_app: Flask, settings: Any) -> None:
    """The hooks' secret, and whether texts may be read: locally alone, where none goes out."""
    local = settings.sms_gateway == "outbox" and not settings.is_production
    flask_app.config.update(
        SMS_HOOK_SECRET=settings.key("SMS_HOOK_SECRET"),
        OUTBOX_READABLE=local,
    )


class OutboxView(BaseView):
    """/messages/outbox/: the messages as the administrator watches them."""

    route_base = "/messages"
    class_permission_name = "messages"
    default_view = "outbox"

    @expose("/outbox/", methods=["GET"])
    @has_access
    @permission_name("list")
    def outbox(self) -> Any:
        """The generated list of messages, newest first, under figures of how it stands."""
        screens = (view for view in self.appbuilder.baseviews if isinstance(view, MessageView))
        return next(screens).list()


def register(flask_app: Flask, builder: Any) -> None:
    """Adds the pages of this room; its generated screens stand with the others."""
    builder.add_view_no_menu(OutboxView)
    hooks.install(flask_app)
    flask_app.extensions.setdefault("measures", []).append(measures.measured)
    flask_app.before_request(note_caller)


def note_caller() -> None:
    """Whoever asks for messages without being of an office is counted by their address.

    What people text comes from the gateway's address, which says nothing about them.
    """
    if request.method != "POST":
        return
    actor = g.get("actor")
    office = actor is not None and actor.officer_id is None
    unsaid = office or request.endpoint in hooks.ENDPOINTS
    calls_from(db.session, None if unsaid else request.remote_addr)
