"""Reads of attendance: who is on a roster, whose rows are seen, and how many statements it takes."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.attendance import queries, services
from app.attendance.enums import MarkStatus, RegisterState
from app.errors import NotFound
from app.exams.enums import DayKind
from app.scoping.guard import scoped_as
from app.scoping.scope import NOBODY
from tests.factories import world
from tests.factories.newcomers import newcomer
from tests.factories.registers import (
    ABSENT,
    EVERYTHING,
    acting_as,
    bring_to,
    centre_id,
    everybody,
    marking,
    statements,
    stored,
)

PRACTICAL, REHEARSAL = dt.date(2026, 10, 29), dt.date(2026, 10, 30)
SCDE = "scde.kisumu-east"


def roles(day: dt.date, code: str = world.CENTRE) -> list[str]:
    return [line.role_code for line in stored(code, day).lines]


def change(session: Session, statement: str, **values: object) -> None:
    with scoped_as(session, EVERYTHING):
        session.execute(text(statement), values)


def test_the_roster_of_a_written_day_is_everybody_in_order(session: Session) -> None:
    assert roles(world.TODAY) == [
        "centre_manager",
        "supervisor",
        *["invigilator"] * 4,
        "security",
        "security",
        "clerk",
    ]


def test_practicals_ask_for_supervisors_only(session: Session) -> None:
    assert roles(PRACTICAL) == ["supervisor"]


def test_the_manager_may_have_marked_a_day_that_does_not_ask_for_managers(
    session: Session,
) -> None:
    page = stored(world.CENTRE, PRACTICAL)
    assert "centre_manager" in [line.role_code for line in page.markers]


def test_a_role_without_a_rule_is_asked_for_every_day(session: Session) -> None:
    change(session, "DELETE FROM ratio_rule WHERE false")
    assert roles(PRACTICAL, "42238900") == ["driver", "store_keeper"]


def test_a_county_rule_beats_the_nations(session: Session) -> None:
    change(
        session,
        "INSERT INTO ratio_rule (examination_id, role_id, county_id, basis, fixed, day_kinds,"
        " effective_from, source) SELECT e.id, r.id, c.id, 'county', 1, '{written}', '2025-01-01',"
        " 'test' FROM examination e, staff_role r, county c WHERE e.code = 'KCSE'"
        " AND r.code = 'supervisor' AND c.name = 'Kisumu'",
    )
    assert roles(PRACTICAL) == []
    assert roles(PRACTICAL, world.FAR_AWAY) == ["supervisor"]


@pytest.mark.parametrize(("status", "listed"), [("proposed", False), ("published", True)])
def test_proposed_people_are_not_on_the_roster(session: Session, status: str, listed: bool) -> None:
    clerk = stored(world.CENTRE).lines[-1].deployment_id
    one = newcomer(session, beside=clerk, status=status)
    assert (one in stored(world.CENTRE).names) is listed


def test_somebody_replaced_stays_on_the_days_they_served(session: Session) -> None:
    clerk = stored(world.CENTRE).lines[-1].deployment_id
    change(
        session,
        "UPDATE deployment SET status = 'replaced', ends_on = :day WHERE id = :one",
        day=world.YESTERDAY,
        one=clerk,
    )
    assert ("clerk" in roles(world.YESTERDAY), "clerk" in roles(world.TODAY)) == (True, False)


def test_somebody_marked_stays_though_the_rules_change(session: Session) -> None:
    bring_to("submitted")
    change(session, "UPDATE ratio_rule SET day_kinds = '{rehearsal}'")
    assert len(roles(world.TODAY)) == 9
    assert roles(world.TODAY, world.SECOND_CENTRE) == []


@pytest.mark.parametrize("day", [dt.date(2026, 11, 7), dt.date(2026, 11, 8)])
def test_a_day_off_the_calendar_has_nobody(session: Session, day: dt.date) -> None:
    assert roles(day) == []


def test_a_code_shared_by_series_means_the_one_of_the_day(session: Session) -> None:
    change(
        session,
        "INSERT INTO centre (series_id, sub_county_id, kind, code, name, candidates)"
        " SELECT s.id, c.sub_county_id, 'school', c.code, 'Of last year', 10 FROM series s,"
        " centre c WHERE s.code = 'KCSE-2025' AND c.code = :code",
        code=world.CENTRE,
    )
    who = acting_as(SCDE)
    now = queries.centre_on_day(who.scope, world.TODAY, code=world.CENTRE)
    then = queries.centre_on_day(who.scope, dt.date(2025, 11, 5), code=world.CENTRE)
    assert (now.series, then.series) == ("KCSE 2026", "KCSE 2025")


def test_a_day_of_no_series_is_not_found(session: Session) -> None:
    who = acting_as(SCDE)
    with pytest.raises(NotFound):
        queries.centre_on_day(who.scope, dt.date(2027, 1, 1), code=world.CENTRE)


@pytest.mark.parametrize("account", ["scde.kisumu-west", f"KCSE{world.NEXT_DOOR}", "254712000002"])
def test_a_foreign_centre_is_not_found(session: Session, account: str) -> None:
    who = acting_as(account)
    with pytest.raises(NotFound):
        queries.centre_on_day(who.scope, world.TODAY, code=world.CENTRE)


def test_nobody_sees_nothing(session: Session) -> None:
    bring_to("submitted")
    with scoped_as(session, NOBODY):
        assert queries.registers_on(NOBODY, world.TODAY) == ()
        assert queries.sub_counties_on(NOBODY, world.TODAY) == ()
        assert queries.season_of(NOBODY, centre_id(world.CENTRE)) == ()
        assert queries.people_of_season(NOBODY, centre_id(world.CENTRE)) == ()
        assert queries.history_of(NOBODY, 1, world.YESTERDAY) == ()
        assert queries.disputes_in(NOBODY, state=None) == ()
        assert queries.count_of_disputes(NOBODY, state=None) == 0
        assert queries.returned_in(NOBODY) == ()
        assert queries.waiting(NOBODY) == queries.Waiting(0, 0, 0, 0)


def test_the_guard_alone_would_also_hide_next_door(session: Session) -> None:
    """Asked over everything from inside a director's session, the second wall answers."""
    acting_as("scde.kisumu-west")
    lines = queries.registers_on(EVERYTHING, world.TODAY)
    assert {line.sub_county for line in lines} == {"Kisumu West"}


def test_the_day_of_a_sub_county_lists_every_centre_with_a_roster(session: Session) -> None:
    who = acting_as(SCDE)
    lines = queries.registers_on(who.scope, world.YESTERDAY)
    assert [(line.code, line.state and str(line.state)) for line in lines] == [
        (world.CENTRE, "submitted"),
        (world.SECOND_CENTRE, "returned"),
        (world.PRIMARY, "submitted"),
        ("42238900", None),
    ]


def test_a_centre_with_nobody_on_its_roster_owes_no_register(session: Session) -> None:
    change(
        session,
        "UPDATE deployment SET status = 'proposed' WHERE centre_id = :one",
        one=centre_id("42238900"),
    )
    who = acting_as(SCDE)
    codes = [line.code for line in queries.registers_on(who.scope, world.TODAY)]
    assert codes == [world.CENTRE, world.SECOND_CENTRE, world.PRIMARY]


def test_sub_counties_count_what_the_list_lists(session: Session) -> None:
    bring_to("submitted")
    who = acting_as("monitor")
    by_name = {one.name: one for one in queries.sub_counties_on(who.scope, world.TODAY)}
    east = by_name["Kisumu East"]
    lines = queries.registers_on(who.scope, world.TODAY, sub_county_id=east.sub_county_id)
    assert (east.centres, east.not_opened) == (4, 3)
    assert east.centres == len(lines)
    assert east.by_state[RegisterState.SUBMITTED] == 1
    assert sorted(by_name) == ["Kisumu East", "Kisumu West", "Nakuru Town East"]


def test_the_season_has_every_day_of_the_calendar_with_its_counts(session: Session) -> None:
    who = acting_as(f"KCSE{world.CENTRE}")
    days = {one.day: one for one in queries.season_of(who.scope, centre_id(world.CENTRE))}
    assert len(days) == 17
    monday = days[world.MONDAY]
    assert (monday.state, monday.present, monday.late, monday.absent, monday.expected) == (
        RegisterState.CONFIRMED,
        7,
        1,
        1,
        9,
    )
    rehearsal = days[REHEARSAL]
    assert (rehearsal.kind, rehearsal.payable, rehearsal.state) == (DayKind.REHEARSAL, False, None)


def test_the_people_of_a_season_carry_their_marks(session: Session) -> None:
    who = acting_as(f"KCSE{world.CENTRE}")
    people = queries.people_of_season(who.scope, centre_id(world.CENTRE))
    assert len(people) == 9
    assert people[2].marks == {
        world.MONDAY: MarkStatus.LATE,
        world.YESTERDAY: MarkStatus.LATE,
    }


def test_the_history_of_a_mark_says_who_when_and_why(session: Session) -> None:
    page = bring_to("returned")
    centre = acting_as(f"KCSE{world.CENTRE}")
    key = (centre_id(world.CENTRE), world.TODAY)
    services.mark_register(
        centre.scope, centre.actor, *key, marking(page, marks=everybody(page, clerk=ABSENT))
    )
    clerk, manager = page.lines[-1], page.lines[0]
    for account in (clerk.telephone, SCDE, f"KCSE{world.CENTRE}"):
        who = acting_as(account)
        entries = queries.history_of(who.scope, clerk.deployment_id, world.TODAY)
        assert [(e.status, e.marked_by, e.version, e.correction_reason) for e in entries] == [
            (MarkStatus.PRESENT, manager.name, 1, None),
            (MarkStatus.ABSENT, manager.name, 3, "Two names are missing."),
        ]


def test_the_history_of_anothers_mark_is_empty(session: Session) -> None:
    page = bring_to("submitted")
    clerk, guard = page.lines[-1], page.lines[-2]
    who = acting_as(guard.telephone)
    assert queries.history_of(who.scope, clerk.deployment_id, world.TODAY) == ()
    with pytest.raises(NotFound):
        queries.marked_day(who.scope, clerk.deployment_id, world.TODAY)


def test_an_officers_days_tell_mark_marker_and_register(session: Session) -> None:
    line = stored(world.CENTRE).lines[2]
    manager = stored(world.CENTRE).lines[0]
    who = acting_as(line.telephone)
    days = {one.day: one for one in queries.days_of_officer(who.scope, line.officer_id)}
    monday, today = days[world.MONDAY], days[world.TODAY]
    assert (monday.mark, monday.minutes_late, monday.marked_by, monday.register) == (
        MarkStatus.LATE,
        15,
        manager.name,
        RegisterState.CONFIRMED,
    )
    assert (today.mark, today.register, today.payable) == (None, None, True)
    assert PRACTICAL not in days


def test_an_officer_sees_no_other_officers_days(session: Session) -> None:
    mine, theirs = stored(world.CENTRE).lines[2:4]
    who = acting_as(mine.telephone)
    assert queries.days_of_officer(who.scope, theirs.officer_id) == ()


def test_a_posting_names_the_manager_to_report_to(session: Session) -> None:
    line, manager = stored(world.CENTRE).lines[2], stored(world.CENTRE).lines[0]
    who = acting_as(line.telephone)
    postings = queries.postings_of(who.scope, line.officer_id, world.TODAY)
    assert [(one.centre_code, one.manager, one.manager_telephone) for one in postings] == [
        (world.CENTRE, manager.name, manager.telephone)
    ]


MORE_PEOPLE = """
    WITH wider AS (UPDATE post SET required = 60 WHERE centre_id = :one),
    people AS (
      INSERT INTO officer (full_name, mobile, sub_county_id)
      SELECT 'Extra ' || n, '2547990000' || lpad(n::text, 2, '0'), c.sub_county_id
      FROM generate_series(1, 30) n, centre c WHERE c.id = :one RETURNING id
    )
    SELECT count(*) FROM people
"""
DEPLOYED = """
    INSERT INTO deployment (series_id, centre_id, sub_county_id, post_id, role_id, officer_id, slot,
      starts_on, ends_on, status)
    SELECT p.series_id, p.centre_id, p.sub_county_id, p.id, p.role_id, o.id,
      2 + row_number() OVER (ORDER BY o.id), '2026-10-28', '2026-11-19', 'published'
    FROM post p JOIN staff_role r ON r.id = p.role_id AND r.code = 'security', officer o
    WHERE p.centre_id = :one AND o.full_name LIKE 'Extra %'
"""


def grow(session: Session, people: int) -> None:
    """Leaves one person on the centre's roster, or adds thirty."""
    one = centre_id(world.CENTRE)
    if people == 1:
        hide = "UPDATE deployment SET ends_on = GREATEST('2026-11-10', starts_on - 1)"
        others = "WHERE centre_id = :one AND id NOT IN"
        least = "(SELECT min(id) FROM deployment WHERE centre_id = :one)"
        change(session, f"{hide} {others} {least}", one=one)
    else:
        change(session, MORE_PEOPLE, one=one)
        change(session, DEPLOYED, one=one)


def test_a_register_takes_as_many_statements_for_1_row_as_for_39(session: Session) -> None:
    counts = []
    for people in (39, 1):
        grow(session, people)
        who = acting_as(f"KCSE{world.CENTRE}")
        with statements() as seen:
            place = queries.centre_on_day(who.scope, world.TODAY, code=world.CENTRE)
            page = queries.register_page(who.scope, place)
        counts.append((len(page.lines), len(seen)))
    assert counts == [(39, 3), (1, 3)]


def test_a_stored_register_takes_five_statements(session: Session) -> None:
    bring_to("submitted")
    who = acting_as(SCDE)
    with statements() as seen:
        place = queries.centre_on_day(who.scope, world.TODAY, code=world.CENTRE)
        queries.register_page(who.scope, place)
    assert len(seen) == 5


def test_lists_take_one_statement_however_many_centres(session: Session) -> None:
    counts = []
    for account in (SCDE, "monitor"):
        who = acting_as(account)
        with statements() as seen:
            lines = queries.registers_on(who.scope, world.TODAY)
            queries.sub_counties_on(who.scope, world.TODAY)
        counts.append((len(lines), len(seen)))
    assert counts == [(4, 2), (8, 2)]
