"""The officer's answer to a duty, what is wrong with it, and the director's answer."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(_flask_app: Flask, builder: Any) -> None:
    """Adds the officer's answers, the corrections and the concerns."""
    from views.duties.concerns import ConcernView
    from views.duties.corrections import CorrectionView
    from views.duties.own import OwnDutyView

    for page in (OwnDutyView, CorrectionView, ConcernView):
        builder.add_view_no_menu(page)
