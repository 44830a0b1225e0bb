"""The room of profiles: an officer's own steps, the director's queue, the rules about both."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(_flask_app: Flask, builder: Any) -> None:
    """Adds the officer's profile, the queue of those who verify, and the screens of the rules."""
    from views.crud import add_screen
    from views.profiles.own import OwnProfileView
    from views.profiles.queue import ProfileQueueView
    from views.profiles.rules import ProfileRequirementView, UnmaskLimitView

    builder.add_view_no_menu(OwnProfileView)
    builder.add_view_no_menu(ProfileQueueView)
    for screen in (ProfileRequirementView, UnmaskLimitView):
        add_screen(builder, screen)
