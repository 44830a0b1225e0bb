"""Yes from three telephones at once, yes while the office takes back, two yeses of one person."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.errors import PortalError
from app.extensions import db
from app.people.models import Officer
from app.procedures import stand_ins
from app.procedures.stand_ins import Ask
from app.scoping.guard import scoped_as
from app.stand_ins import services
from app.stand_ins.enums import OfferAct, OfferState, Span
from app.stand_ins.models import StandInCall, StandInOffer
from tests.databases import Urls
from tests.factories import world
from tests.factories.registers import EVERYTHING, acting_as, centre_id, marking, stored
from tests.integration.test_stand_ins import DIRECTOR, mark_absent
from tests.integration.test_vacancy_races import at_once, value

MADE = "SELECT count(*) FROM deployment WHERE reason LIKE 'Stand-in%'"


def as_owner(urls: Urls, *statements: str) -> None:
    owner = create_engine(urls.owner)
    try:
        with owner.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        owner.dispose()


def three_free(urls: Urls) -> None:
    """A third officer whom nothing bars, beside the world's two."""
    as_owner(
        urls,
        "UPDATE officer o SET workstation = b.workstation, employer_kind = b.employer_kind,"
        " teaches_at = b.teaches_at, started_on = b.started_on,"
        " qualification_level = b.qualification_level,"
        " workstation_school_id = b.workstation_school_id"
        " FROM officer b WHERE b.id = (SELECT min(id) FROM officer"
        "  WHERE workstation = 'Kisumu East Boys') AND o.id = (SELECT d.officer_id FROM deployment d"
        "  JOIN centre c ON c.id = d.centre_id JOIN staff_role r ON r.id = d.role_id"
        f"  WHERE c.code = '{world.PRIMARY}' AND r.code = 'clerk')",
        "UPDATE deployment SET status = 'withdrawn', ends_on = starts_on + 1 WHERE centre_id ="
        f" (SELECT id FROM centre WHERE code = '{world.PRIMARY}') AND role_id ="
        " (SELECT id FROM staff_role WHERE code = 'clerk')",
    )


def asked(office: Flask, urls: Urls) -> tuple[int, list[int]]:
    """Somebody is absent and three are asked; the call and their offers."""
    three_free(urls)
    with office.app_context():
        absent = mark_absent()
        with scoped_as(db.session, EVERYTHING):
            post, slot = db.session.execute(
                text("SELECT post_id, slot FROM deployment WHERE id = :i"), {"i": absent}
            ).one()
            people = tuple(
                db.session.scalars(
                    select(Officer.id)
                    .where(Officer.workstation == "Kisumu East Boys")
                    .order_by(Officer.id)
                )
            )
        who = acting_as(DIRECTOR)
        call = stand_ins.offer_place(
            who.scope, who.actor, Ask(post, slot, world.TODAY, Span.TODAY, people)
        )
        with scoped_as(db.session, EVERYTHING):
            offers = list(
                db.session.scalars(
                    select(StandInOffer.id)
                    .where(StandInOffer.call_id == call.id)
                    .order_by(StandInOffer.id)
                )
            )
        found = call.id
        db.session.remove()
    return found, offers


def yes(offer_id: int) -> Callable[[], Any]:
    def work() -> Any:
        with scoped_as(db.session, EVERYTHING):
            mobile = db.session.scalar(
                select(Officer.mobile)
                .join(StandInOffer, StandInOffer.officer_id == Officer.id)
                .where(StandInOffer.id == offer_id)
            )
        me = acting_as(mobile)
        return stand_ins.answer_offer(me.scope, me.actor, offer_id, OfferAct.ACCEPT)

    return work


def test_of_three_yeses_at_once_one_gets_the_place(office: Flask, own_database: Urls) -> None:
    _, offers = asked(office, own_database)
    assert len(offers) == 3
    results = at_once(office, *(yes(one) for one in offers))
    assert sorted(results) == [OfferState.ACCEPTED, OfferState.TAKEN, OfferState.TAKEN]
    assert value(office, MADE) == 1
    told = "SELECT count(*) FROM message WHERE intent LIKE 'stand-in:%s:%%'"
    assert value(office, told % "won") == 1
    assert value(office, told % "taken") == 2


def test_without_lock_and_constraint_two_would_go(
    office: Flask, own_database: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the call read without its lock, the index and a full post out of the way."""
    call_id, offers = asked(office, own_database)
    as_owner(
        own_database,
        "DROP INDEX uq_stand_in_offer_one_accepted",
        "ALTER TABLE stand_in_offer DISABLE TRIGGER stand_in_offer_stands",
        "UPDATE post SET required = required + 3 WHERE id ="
        f" (SELECT post_id FROM stand_in_call WHERE id = {call_id})",
    )
    both_have_read = threading.Barrier(3)

    def unlocked(session: Any, _scope: Any, pk: int) -> StandInCall:
        found: StandInCall = session.get(StandInCall, pk)
        both_have_read.wait(timeout=10)
        return found

    def still_open(session: Any, scope: Any, **asked_for: Any) -> Any:
        found = real(session, scope, **asked_for)
        both_have_read.wait(timeout=10)
        return found

    real = stand_ins.place_of
    monkeypatch.setattr(services, "locked_call", unlocked)
    monkeypatch.setattr(stand_ins, "place_of", still_open)
    monkeypatch.setattr(stand_ins, "_held_before", lambda *_: None)
    at_once(office, *(yes(one) for one in offers))
    assert value(office, MADE) > 1


def test_yes_while_the_office_takes_back_ends_in_one_of_both(
    office: Flask, own_database: Urls
) -> None:
    call_id, offers = asked(office, own_database)

    def taking_back() -> Any:
        who = acting_as(DIRECTOR)
        return stand_ins.withdraw_call(who.scope, who.actor, call_id)

    said, taken_back = at_once(office, yes(offers[0]), taking_back)
    if said is OfferState.ACCEPTED:
        assert isinstance(taken_back, PortalError)
        assert value(office, MADE) == 1
    else:
        assert (said, taken_back) == (OfferState.WITHDRAWN, None)
        assert value(office, MADE) == 0


def test_one_person_who_says_yes_twice_has_one_duty(office: Flask, own_database: Urls) -> None:
    _, offers = asked(office, own_database)
    other = second_call(office, offers[0])
    results = at_once(office, yes(offers[0]), yes(other))
    assert sum(one is OfferState.ACCEPTED for one in results) == 1
    (refused,) = [one for one in results if one is not OfferState.ACCEPTED]
    assert isinstance(refused, PortalError)
    assert refused.code == "barred-one-post-a-day"
    assert value(office, MADE) == 1


def second_call(office: Flask, offer_id: int) -> int:
    """The same person is asked for a place at the second centre too."""
    with office.app_context():
        absent = mark_absent(code=world.SECOND_CENTRE)
        with scoped_as(db.session, EVERYTHING):
            post, slot = db.session.execute(
                text("SELECT post_id, slot FROM deployment WHERE id = :i"), {"i": absent}
            ).one()
            person = db.session.get(StandInOffer, offer_id).officer_id
        who = acting_as(DIRECTOR)
        call = stand_ins.offer_place(
            who.scope, who.actor, Ask(post, slot, world.TODAY, Span.TODAY, (person,))
        )
        with scoped_as(db.session, EVERYTHING):
            found = db.session.scalar(
                select(StandInOffer.id).where(StandInOffer.call_id == call.id)
            )
        db.session.remove()
    return int(found)


INTO_THE_SLOT = """
INSERT INTO deployment (series_id, centre_id, sub_county_id, post_id, role_id, officer_id, slot,
  starts_on, ends_on, status)
SELECT d.series_id, d.centre_id, d.sub_county_id, d.post_id, d.role_id, o.id, d.slot,
  DATE '2026-11-11', DATE '2026-11-11', 'accepted'
FROM deployment d, officer o
WHERE d.id = {absent} AND o.id = (SELECT min(id) FROM officer WHERE workstation = 'Kisumu East Boys')
"""
YIELD = (
    "UPDATE deployment SET yielded = '{{[2026-11-11,2026-11-11]}}'::datemultirange"
    " WHERE id = {absent}"
)


def absent_in(office: Flask) -> int:
    with office.app_context():
        absent = mark_absent()
        db.session.remove()
    return absent


def refused(urls: Urls, *statements: str) -> str | None:
    """The constraint that refuses the statements, None where they stand."""
    try:
        as_owner(urls, *statements)
    except (IntegrityError, DBAPIError) as error:
        return str(error.orig.diag.constraint_name)
    return None


def test_the_database_lets_a_day_go_only_where_the_register_says_absent(
    office: Flask, own_database: Urls
) -> None:
    absent = absent_in(office)
    present = value(office, "SELECT min(deployment_id) FROM mark WHERE status = 'present'"
                            " AND day = '2026-11-11'")  # fmt: skip
    assert refused(own_database, INTO_THE_SLOT.format(absent=absent)) == (
        "ex_deployment_slot_filled_once"
    )
    assert refused(own_database, YIELD.format(absent=present)) == "ck_deployment_yields_absent_days"
    both = (YIELD.format(absent=absent), INTO_THE_SLOT.format(absent=absent))
    assert refused(own_database, *both) is None


def test_without_the_trigger_the_place_of_somebody_present_is_given_away(
    office: Flask, own_database: Urls
) -> None:
    """Negative control."""
    absent_in(office)
    present = value(office, "SELECT min(m.deployment_id) FROM mark m JOIN staff_role r ON r.id ="
                            " m.role_id WHERE m.status = 'present' AND m.day = '2026-11-11'"
                            " AND r.code = 'invigilator'")  # fmt: skip
    as_owner(own_database, "ALTER TABLE deployment DISABLE TRIGGER deployment_yields_absent_days")
    both = (YIELD.format(absent=present), INTO_THE_SLOT.format(absent=present))
    assert refused(own_database, *both) is None
    worked = (
        "SELECT count(*) FROM deployment d JOIN post p ON p.id = d.post_id WHERE p.id = (SELECT"
        f" post_id FROM deployment WHERE id = {present}) AND d.holds @> DATE '2026-11-11'"
    )
    assert value(office, worked) == 4


LATE = "UPDATE mark SET status = 'present' WHERE deployment_id = {absent} AND day = '2026-11-11'"


def test_whoever_yielded_the_day_is_not_marked_present_on_it(
    office: Flask, own_database: Urls
) -> None:
    absent = absent_in(office)
    as_owner(own_database, YIELD.format(absent=absent), INTO_THE_SLOT.format(absent=absent))
    assert refused(own_database, LATE.format(absent=absent)) == "ck_mark_day_not_yielded"
    off = "ALTER TABLE mark DISABLE TRIGGER mark_stays_off_yielded_days"
    assert refused(own_database, off, LATE.format(absent=absent)) is None, "the negative control"


def test_a_stand_in_who_is_withdrawn_gives_the_day_back(office: Flask, own_database: Urls) -> None:
    absent = absent_in(office)
    as_owner(own_database, YIELD.format(absent=absent), INTO_THE_SLOT.format(absent=absent))
    as_owner(
        own_database,
        f"UPDATE deployment SET follows_id = {absent} WHERE id = (SELECT max(id) FROM deployment)",
        "UPDATE deployment SET status = 'withdrawn', ends_on = starts_on - 1"
        f" WHERE follows_id = {absent}",
    )
    given = f"SELECT count(*) FROM deployment WHERE id = {absent} AND yielded = '{{}}'"
    assert value(office, given) == 1


def test_coming_late_and_saying_yes_at_once_never_makes_five(
    office: Flask, own_database: Urls
) -> None:
    """The absent one arrives and is marked in the very moment in which the stand-in says yes."""
    _, offers = asked(office, own_database)

    def coming() -> Any:
        from app.attendance.services import mark_register

        who = acting_as(f"KCSE{world.CENTRE}")
        page = stored(world.CENTRE)
        return mark_register(
            who.scope, who.actor, centre_id(world.CENTRE), world.TODAY, marking(page)
        )

    said, marked = at_once(office, yes(offers[0]), coming)
    if said is OfferState.ACCEPTED:
        assert isinstance(marked, PortalError)
    else:
        assert said is OfferState.WITHDRAWN
        assert isinstance(marked, dict)
    at_work = (
        "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM mark m JOIN centre c ON c.id ="
        f" m.centre_id JOIN staff_role r ON r.id = m.role_id WHERE c.code = '{world.CENTRE}' AND"
        " r.code = 'invigilator' AND m.day = '2026-11-11' AND m.status <> 'absent') counted"
    )
    assert value(office, at_work) <= 4
