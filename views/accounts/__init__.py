"""Accounts of officers: created and recovered by telephone, the number changed."""

from __future__ import annotations

from typing import Any

from flask import Flask

from app.access import reach
from app.extensions import db
from app.procedures import officer_accounts


def configure(_flask_app: Flask, settings: Any) -> None:
    """Tells messages where the portal is and what its short code is."""
    if settings.is_production and settings.trusted_hosts:
        address = f"https://{settings.trusted_hosts[0]}"
    else:
        address = f"http://{settings.host}:{settings.port}"
    reach.configure(reach.Reach(address, settings.sms_short_code))


def register(_flask_app: Flask, builder: Any) -> None:
    """Adds the pages of this room."""
    from views.accounts.number import NumberView
    from views.accounts.opening import OpeningView

    builder.add_view_no_menu(OpeningView)
    builder.add_view_no_menu(NumberView)


def register_tasks(queue: Any) -> None:
    """Adds the messages to officers of an imported list."""

    def tell_added(officer_ids: list[int]) -> None:
        officer_accounts.tell_added(db.session, officer_ids)

    queue.task(officer_accounts.TELL, retries=3)(tell_added)
