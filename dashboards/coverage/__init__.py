"""Coverage: posts required, people deployed, people present, and the gaps, ranked and on a map."""

from __future__ import annotations

from flask_babel import gettext as _

from dashboards.coverage.callbacks import register

__all__ = ["register", "sentence", "title"]


def title() -> str:
    """The page's name."""
    return _("Coverage")


def sentence() -> str:
    """What the page shows, in a sentence."""
    return _("Posts required, people deployed and people present, by place, role and day.")
