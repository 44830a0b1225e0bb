"""The no-show board of the hour before a paper, and the offers to stand-ins."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(_flask_app: Flask, builder: Any) -> None:
    """Adds the board, and the officer's own offers."""
    from views.board.offers import OwnOffersView
    from views.board.pages import BoardView

    builder.add_view_no_menu(BoardView)
    builder.add_view_no_menu(OwnOffersView)


def register_tasks(queue: Any) -> None:
    """Closes every minute the calls that have run out, and those that need nobody any more."""
    from app.extensions import db
    from app.procedures.stand_in_calls import close_filled_calls, expire_calls

    def close_calls() -> None:
        expire_calls(db.session)
        close_filled_calls(db.session)

    queue.task("stand_ins.expire", cron="* * * * *")(close_calls)
