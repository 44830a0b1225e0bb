"""How an account is named beside what it did."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func

from app.access.models import User


def account_name() -> ColumnElement[Any]:
    """First and last name of the account joined as User; NULL where no account was."""
    user: Any = User
    return func.nullif(func.trim(func.concat_ws(" ", user.first_name, user.last_name)), "")
