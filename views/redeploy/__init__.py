"""Redeployment: one person, two who swap, supervisors who rotate, their hand-over."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(flask_app: Flask, builder: Any) -> None:
    """Adds the pages of this room, and what centres read of who comes and goes."""
    from views.redeploy import told
    from views.redeploy.hand_overs import HandOverPages, OwnHandOverPages
    from views.redeploy.pages import RedeployPages
    from views.redeploy.rotation import RotationPages

    for pages in (RotationPages, RedeployPages, HandOverPages, OwnHandOverPages):
        builder.add_view_no_menu(pages)
    told.install(flask_app)
