"""Claims: what is earned, awaiting confirmation, held and expected, with each rate and its year."""

from __future__ import annotations

from flask_babel import gettext as _

from dashboards.claims.callbacks import register

__all__ = ["register", "sentence", "title"]


def title() -> str:
    """The page's name."""
    return _("Claims")


def sentence() -> str:
    """What the page shows, in a sentence."""
    return _(
        "What officers have earned on confirmed days, and what is still to be confirmed or worked."
    )
