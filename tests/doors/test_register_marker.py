"""Who marked is proposed, so that an ordinary day takes two taps."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.attendance.models import Register
from app.deployments.models import Deployment
from app.places.models import Centre
from app.scoping.guard import enter_scope
from app.scoping.scope import NATIONAL
from tests.factories import world


def chosen(client: Any) -> str | None:
    """The value of the option that the page proposes under "Marked by"."""
    page = client.get("/register/?open=1").get_data(as_text=True)
    select_box = re.search(r'<select[^>]*name="marked_by".*?</select>', page, re.S)
    assert select_box is not None
    found = re.search(r'<option value="(\d+)"\s+selected', select_box.group())
    return found.group(1) if found else None


def roster(session: Session) -> list[int]:
    enter_scope(session, NATIONAL)
    return list(
        session.scalars(
            select(Deployment.id)
            .join(Centre, Centre.id == Deployment.centre_id)
            .where(Centre.code == world.CENTRE)
            .order_by(Deployment.id)
        )
    )


def opened(client: Any) -> Any:
    client.post("/register/2026-11-11", data={"act": "open", "version": "0"})
    return client


def test_register_proposes_whoever_marked_last(session: Session, client_of: Any) -> None:
    people = roster(session)
    yesterday = update(Register).where(Register.day == world.YESTERDAY)
    session.execute(
        yesterday.values(marked_by_id=people[1]).where(
            Register.centre_id.in_(select(Centre.id).where(Centre.code == world.CENTRE))
        )
    )
    session.commit()
    assert chosen(opened(client_of(f"KCSE{world.CENTRE}"))) == str(people[1])


def test_register_proposes_the_manager_when_the_last_marker_is_gone(
    session: Session, client_of: Any
) -> None:
    people = roster(session)
    session.execute(update(Register).values(marked_by_id=None))
    session.commit()
    assert chosen(opened(client_of(f"KCSE{world.CENTRE}"))) == str(people[0])
