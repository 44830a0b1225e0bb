"""Attendance: rates by place, day and role, and how this morning's registers stand."""

from __future__ import annotations

from flask_babel import gettext as _

from dashboards.attendance.callbacks import register

__all__ = ["register", "sentence", "title"]


def title() -> str:
    """The page's name."""
    return _("Attendance")


def sentence() -> str:
    """What the page shows, in a sentence."""
    return _("Who came, of those on submitted registers, and how the registers stand.")
