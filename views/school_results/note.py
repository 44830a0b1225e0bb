"""The note on a centre's home from the minute on: its results are there."""

from __future__ import annotations

from flask import Flask, g

from app.extensions import db
from app.permissions import may
from app.school_results.queries import has_open_release


def install(flask_app: Flask) -> None:
    """Gives templates `results_are_open()`, which the homes of centres ask."""
    flask_app.context_processor(lambda: {"results_are_open": results_are_open})


def results_are_open() -> bool:
    """Whether a release of the signed-in centre's series is open; False for everybody else."""
    actor = g.get("actor")
    if actor is None or not may(actor, "school-results", "list"):
        return False
    return has_open_release(db.session, g.scope)
