"""Results: a release by grade, county and subject beside the year before, and the public edge now."""

from __future__ import annotations

from flask_babel import gettext as _

from dashboards.results.asked import of_words
from dashboards.results.callbacks import register

__all__ = ["of_words", "register", "sentence", "title"]


def title() -> str:
    """The page's name."""
    return _("Results")


def sentence() -> str:
    """What the page shows, in a sentence."""
    return _("A release by grade, county and subject, beside the year before, and the public edge.")
