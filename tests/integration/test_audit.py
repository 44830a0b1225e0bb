"""Events: in the change's own transaction, chained, and tampering shows."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from app import clock
from app.audit import services as audit
from app.audit.models import Event
from app.db.uow import unit_of_work
from app.scoping.guard import enter_scope
from app.scoping.scope import NATIONAL, system_actor
from tests.databases import Urls
from tests.factories import world

ACTOR = system_actor("test")


def _record(session: Session, number: int, *, centre: int | None = 9007) -> None:
    subject = audit.Subject("register", number, centre_id=centre, sub_county_id=1)
    audit.record(session, ACTOR, "register.confirmed", subject, after={"n": number}, reason="sound")


def test_event_says_who_what_when_and_why(session: Session) -> None:
    enter_scope(session, NATIONAL)
    _record(session, 1)
    event = session.scalars(select(Event).where(Event.chain == "centre:9007")).one()
    assert (event.actor_name, event.action, event.entity_id) == ("test", "register.confirmed", "1")
    assert (event.reason, event.after, event.at) == ("sound", {"n": 1}, clock.now())


def test_chain_of_sound_events_has_no_broken_link(session: Session) -> None:
    enter_scope(session, NATIONAL)
    for number in range(5):
        _record(session, number)
    assert audit.broken_links(session, "centre:9007") == []


def test_chains_are_apart(session: Session) -> None:
    enter_scope(session, NATIONAL)
    _record(session, 1, centre=9007)
    _record(session, 2, centre=9008)
    positions = session.execute(
        select(Event.chain, Event.position).where(Event.chain.in_(("centre:9007", "centre:9008")))
    ).all()
    assert sorted(positions) == [("centre:9007", 1), ("centre:9008", 1)]


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE event SET reason = 'other' WHERE chain = 'centre:9007' AND position = 2",
        "UPDATE event SET after = '{\"n\": 9}' WHERE chain = 'centre:9007' AND position = 2",
        "DELETE FROM event WHERE chain = 'centre:9007' AND position = 2",
    ],
)
def test_tampering_by_the_owner_shows(own_database: Urls, tampering: str) -> None:
    engine = create_engine(own_database.owner)
    with Session(engine) as owner:
        for number in range(3):
            _record(owner, number)
        owner.execute(text("ALTER TABLE event DISABLE TRIGGER USER"))
        before = audit.broken_links(owner, "centre:9007")
        owner.execute(text(tampering))
        after = audit.broken_links(owner, "centre:9007")
        owner.rollback()
    engine.dispose()
    assert before == []
    assert after != []


def test_event_of_a_change_that_fails_is_not_kept(session: Session) -> None:
    enter_scope(session, NATIONAL)

    def fails() -> None:
        with unit_of_work(session):
            _record(session, 1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert session.scalars(select(Event).where(Event.chain == "centre:9007")).all() == []


def test_world_holds_sound_chains(session: Session) -> None:
    enter_scope(session, NATIONAL)
    chains = session.scalars(select(Event.chain).distinct()).all()
    assert chains != []
    assert [audit.broken_links(session, chain) for chain in chains] == [[] for _ in chains]
    assert clock.now() == world.NOW
