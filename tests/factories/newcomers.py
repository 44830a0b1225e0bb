"""Somebody new beside a person of a roster, of whom no day is marked yet."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.scoping.guard import scoped_as
from tests.factories.registers import EVERYTHING

ROOM = text(
    "UPDATE post SET required = required + 1"
    " WHERE id = (SELECT post_id FROM deployment WHERE id = :beside)"
)
COMES = text(
    """
    INSERT INTO deployment (series_id, centre_id, sub_county_id, post_id, role_id, officer_id, slot,
                            starts_on, ends_on, status)
    SELECT d.series_id, d.centre_id, d.sub_county_id, d.post_id, d.role_id,
           (SELECT o.id FROM officer o WHERE o.sub_county_id = d.sub_county_id AND NOT EXISTS
             (SELECT FROM deployment x WHERE x.officer_id = o.id) ORDER BY o.id LIMIT 1),
           p.required, d.starts_on, d.ends_on, :status
    FROM deployment d JOIN post p ON p.id = d.post_id WHERE d.id = :beside RETURNING id
    """
)


def newcomer(session: Session, *, beside: int, status: str) -> int:
    """The deployment of somebody without any, in a new place of the same post."""
    with scoped_as(session, EVERYTHING):
        session.execute(ROOM, {"beside": beside})
        found: int = session.execute(COMES, {"beside": beside, "status": status}).scalar_one()
    session.expire_all()
    return found
