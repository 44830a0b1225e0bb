"""The room of profiles: an officer's own steps, and the director's queue."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(_flask_app: Flask, builder: Any) -> None:
    """Adds the officer's profile and the queue of those who verify; the rules are generated CRUD."""
    from views.profiles.own import OwnProfileView
    from views.profiles.queue import ProfileQueueView

    builder.add_view_no_menu(OwnProfileView)
    builder.add_view_no_menu(ProfileQueueView)
