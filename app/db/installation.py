"""Facts about this installation, such as the mark that its data is a demonstration."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import String, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model


class InstallationFact(Model):
    """One named fact: `demo` (scale and seed), `office_offset_seconds`."""

    __tablename__ = "installation_fact"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB, nullable=False)


def fact(session: Any, name: str) -> Any:
    """The value of a fact, or None."""
    return session.execute(
        select(InstallationFact.value).where(InstallationFact.name == name)
    ).scalar_one_or_none()


def office_offset(session: Any) -> dt.timedelta:
    """How far this installation's office time is from real time; zero unless it is a demo."""
    return dt.timedelta(seconds=fact(session, "office_offset_seconds") or 0)
