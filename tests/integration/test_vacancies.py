"""Vacancies from the need to the answer: advertised, applied for, chosen, accepted, and every no."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import clock
from app.audit.models import Event
from app.db.vault import vault_of
from app.errors import IllegalMove, NotAllowed, NotFound, RuleBroken
from app.exams.models import Deadline, ExamDay, Series, StaffRole
from app.extensions import db
from app.messages.models import Message
from app.people.models import DeclaredInterest, Officer
from app.people.services.identity import give_numbers
from app.places.models import Centre, SubCounty
from app.scoping.guard import scoped_as
from app.scoping.scope import system_actor
from app.vacancies import services
from app.vacancies.models import Application, ApplicationMove, Vacancy
from app.vacancies.queries.applicants import board_of
from app.vacancies.queries.listing import Wanted, near_you, one_advert, own_applications, search
from app.vacancies.queries.missing import still_needed
from tests.factories import world
from tests.factories.registers import EVERYTHING, Someone, acting_as
from tests.factories.world_vacancies import NEXT_SERIES

DIRECTOR, NEIGHBOUR = "tsc.kisumu-east", "tsc.kisumu-west"


def everywhere(statement: Any) -> Any:
    """The rows of the whole country, as they are stored now and kept so."""
    with scoped_as(db.session, EVERYTHING):
        found = db.session.scalars(statement.execution_options(populate_existing=True)).all()
    for row in found:
        if hasattr(row, "__mapper__"):
            db.session.expunge(row)
    return found


def one(statement: Any) -> Any:
    (found,) = everywhere(statement)
    return found


def sub_county(slug: str = "kisumu-east") -> int:
    return int(one(select(SubCounty.id).where(SubCounty.slug == slug)))


def open_vacancy(slug: str = "kisumu-east") -> int:
    return int(
        one(
            select(Vacancy.id).where(
                Vacancy.sub_county_id == sub_county(slug), Vacancy.state == "open"
            )
        )
    )


def closed_vacancy(slug: str = "kisumu-east") -> int:
    wanted = (Vacancy.sub_county_id == sub_county(slug), Vacancy.state == "closed")
    return int(one(select(Vacancy.id).where(*wanted)))


def spare(slug: str = "kisumu-east", nth: int = 0) -> Officer:
    found: Officer = everywhere(
        select(Officer)
        .join(SubCounty, SubCounty.id == Officer.sub_county_id)
        .where(SubCounty.slug == slug, Officer.workstation == SubCounty.name + " Boys")
        .order_by(Officer.id)
    )[nth]
    return found


def applying(officer: Officer, vacancy_id: int) -> Application:
    me = acting_as(officer.mobile)
    return services.apply_for(me.scope, me.actor, vacancy_id)


def state_of(vacancy_id: int, officer: Officer) -> str:
    return str(
        one(
            select(Application.state).where(
                Application.vacancy_id == vacancy_id, Application.officer_id == officer.id
            )
        )
    )


def application_of(vacancy_id: int, officer: Officer) -> int:
    return int(
        one(
            select(Application.id).where(
                Application.vacancy_id == vacancy_id, Application.officer_id == officer.id
            )
        )
    )


@contextmanager
def counted(session: Any) -> Iterator[list[str]]:
    """The statements that a block sends."""
    heard: list[str] = []

    def hear(_c: Any, _u: Any, statement: str, *_rest: Any) -> None:
        heard.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", hear)


# Applying


def test_an_officer_applies_and_history_event_and_sms_say_so(session: Session) -> None:
    me, vacancy = spare(), open_vacancy()
    applied = applying(me, vacancy)
    moves = everywhere(select(ApplicationMove).where(ApplicationMove.application_id == applied.id))
    assert [(move.act, move.from_state, move.to_state) for move in moves] == [
        ("apply", None, "applied")
    ]
    assert moves[0].actor_name == me.full_name
    (told,) = everywhere(select(Message).where(Message.number == me.mobile))
    assert (told.kind, told.intent) == ("application", f"application-move:{moves[0].id}")
    (said,) = everywhere(select(Event).where(Event.action == "application.apply"))
    assert (said.entity_id, said.officer_id) == (str(applied.id), me.id)


def test_a_second_application_is_refused_with_words(session: Session) -> None:
    me, vacancy = spare(), open_vacancy()
    applying(me, vacancy)
    with pytest.raises(IllegalMove) as refused:
        applying(me, vacancy)
    assert refused.value.code == "application-applied"
    assert len(everywhere(select(Application).where(Application.vacancy_id == vacancy))) == 1


def test_the_database_holds_one_application_of_an_officer(session: Session) -> None:
    me, vacancy = spare(), open_vacancy()
    applying(me, vacancy)
    again = "INSERT INTO application (vacancy_id, sub_county_id, officer_id, applied_at, moved_at)"
    with pytest.raises(DBAPIError, match="uq_application_vacancy_id_officer_id"):
        session.execute(
            text(f"{again} VALUES (:v, :s, :o, now(), now())"),
            {"v": vacancy, "s": sub_county(), "o": me.id},
        )


def test_withdrawn_can_be_renewed_before_the_close_and_not_after(session: Session) -> None:
    me, vacancy = spare(), open_vacancy()
    applying(me, vacancy)
    who = acting_as(me.mobile)
    services.withdraw_application(who.scope, who.actor, vacancy)
    assert state_of(vacancy, me) == "withdrawn"
    applying(me, vacancy)
    assert state_of(vacancy, me) == "applied"
    who = acting_as(me.mobile)
    services.withdraw_application(who.scope, who.actor, vacancy)
    close(vacancy)
    with pytest.raises(IllegalMove) as refused:
        applying(me, vacancy)
    assert refused.value.code == "vacancy-closed"


def close(vacancy_id: int) -> None:
    office = acting_as(DIRECTOR)
    services.close_vacancies(office.scope, office.actor, [vacancy_id])


def test_applying_after_the_close_is_refused_with_the_time(session: Session) -> None:
    vacancy = open_vacancy()
    closes = one(select(Vacancy.closes_at).where(Vacancy.id == vacancy))
    clock.configure(frozen=closes)
    try:
        with pytest.raises(IllegalMove) as refused:
            applying(spare(), vacancy)
    finally:
        world.freeze()
    said = "This vacancy is closed: applications closed at 07:20 on Fri 20 Nov."
    assert refused.value.spoken() == said


def test_the_deadline_of_applications_closes_earlier_unless_a_reason_stands(
    session: Session,
) -> None:
    vacancy = open_vacancy()
    series = one(select(Vacancy.series_id).where(Vacancy.id == vacancy))
    with scoped_as(session, EVERYTHING):
        session.add(
            Deadline(
                series_id=series,
                code="applications",
                name="Applications close",
                falls_at=world.NOW - dt.timedelta(hours=1),
            )
        )
        session.flush()
    with pytest.raises(IllegalMove) as refused:
        applying(spare(), vacancy)
    assert refused.value.code == "vacancy-closed"
    with scoped_as(session, EVERYTHING):
        session.execute(
            update(Vacancy).where(Vacancy.id == vacancy).values(late_reason="Two fell ill.")
        )
    assert applying(spare(), vacancy).state == "applied"


def test_every_bar_is_said_at_once_and_nothing_is_stored(session: Session) -> None:
    me, vacancy = spare(), open_vacancy()
    with scoped_as(session, EVERYTHING):
        session.execute(
            update(Officer)
            .where(Officer.id == me.id)
            .values(state="submitted", teaches_at="secondary", started_on=dt.date(2026, 1, 5))
        )
    with pytest.raises(RuleBroken) as refused:
        applying(me, vacancy)
    assert [problem.code for problem in refused.value.problems] == [
        "barred-profile-verified",
        "barred-teaches-at",
        "barred-experience",
    ]
    assert everywhere(select(Application).where(Application.vacancy_id == vacancy)) == []


def test_a_number_that_somebody_else_gave_before_bars_no_more_than_a_free_one(
    session: Session,
) -> None:
    """The bar would tell a stranger that the number is known to the portal."""
    me, other, vacancy = spare(), spare(nth=1), open_vacancy()
    with scoped_as(session, EVERYTHING):
        nothing = {"tsc_number": None, "staff_number": None}
        session.execute(update(Officer).where(Officer.id == me.id).values(nothing))
        session.execute(update(Officer).where(Officer.id == other.id).values(tsc_number="765432"))
        session.commit()
    with pytest.raises(RuleBroken) as refused:
        applying(me, vacancy)
    assert [one.code for one in refused.value.problems] == ["barred-number-given"]
    with scoped_as(session, EVERYTHING):
        mine = session.get_one(Officer, me.id)
        given = {"tsc_number": "765432"}
        give_numbers(session, system_actor("test"), mine, vault_of(session), given)
        assert mine.tsc_number is None
    assert applying(me, vacancy).state == "applied"


def test_whoever_serves_elsewhere_on_these_days_is_barred(session: Session) -> None:
    """A deployment in another sub-county counts, though nobody is told where it is."""
    vacancy = open_vacancy()
    busy = one(
        select(Officer).where(
            Officer.id
            == select(func.min(Officer.id))
            .where(Officer.workstation == "Kisumu West Girls")
            .scalar_subquery()
        )
    )
    with scoped_as(session, EVERYTHING):
        kcse = one(select(Series.id).where(Series.code == "KCSE-2026"))
        session.execute(
            update(Vacancy)
            .where(Vacancy.id == vacancy)
            .values(series_id=kcse, closes_at=world.NOW + dt.timedelta(days=5))
        )
    with pytest.raises(RuleBroken) as refused:
        applying(busy, vacancy)
    codes = [problem.code for problem in refused.value.problems]
    assert "barred-one-post-a-day" in codes


def test_declared_interest_and_own_workstation_bar_at_their_school(session: Session) -> None:
    me, vacancy = spare(), closed_vacancy()
    school = me.workstation_school_id
    with scoped_as(session, EVERYTHING):
        centre = one(select(Vacancy.centre_id).where(Vacancy.id == vacancy))
        session.execute(update(Centre).where(Centre.id == centre).values(school_id=school))
        session.add(
            DeclaredInterest(
                officer_id=me.id, sub_county_id=me.sub_county_id, school_id=school, why="relative"
            )
        )
        session.flush()
    who = acting_as(me.mobile)
    advert = one_advert(session, who.scope, me.id, vacancy)
    assert advert is not None
    kinds = {str(bar.kind) for bar in advert.bars}
    assert {"no_declared_interest", "not_own_workstation"} <= kinds
    assert advert.row.school_id == school


def test_an_officer_cannot_apply_for_somebody_else_or_choose(session: Session) -> None:
    me, vacancy = spare(), open_vacancy()
    applied = applying(me, vacancy)
    who = acting_as(me.mobile)
    for act in (services.shortlist_applications, services.select_applications):
        with pytest.raises(NotAllowed):
            act(who.scope, who.actor, [applied.id])
    with pytest.raises(DBAPIError, match="only the office chooses"):
        session.execute(
            text("UPDATE application SET state = 'selected' WHERE id = :id"), {"id": applied.id}
        )


# Who sees what


def test_officers_see_open_vacancies_of_the_whole_country_and_closed_ones_never(
    session: Session,
) -> None:
    who = acting_as(spare("kisumu-west").mobile)
    seen = set(session.scalars(select(Vacancy.id)))
    open_ones = {open_vacancy(slug) for slug in ("kisumu-east", "kisumu-west", "nakuru-town-east")}
    own = {closed_vacancy("kisumu-west")}
    assert seen == open_ones | own
    bare = set(session.scalars(text("SELECT id FROM vacancy")))
    assert bare == seen
    assert who.actor.officer_id is not None


def test_a_director_sees_vacancies_of_the_own_sub_county_only(session: Session) -> None:
    acting_as(NEIGHBOUR)
    west = {open_vacancy("kisumu-west"), closed_vacancy("kisumu-west")}
    assert set(session.scalars(select(Vacancy.id))) == west
    assert set(session.scalars(text("SELECT id FROM vacancy"))) == west


def test_a_centre_sees_no_open_vacancy_of_others(session: Session) -> None:
    acting_as(f"KCSE{world.CENTRE}")
    assert set(session.scalars(text("SELECT id FROM vacancy"))) == {closed_vacancy()}
    assert session.scalars(select(Application.id)).all() == []


def test_a_director_sees_who_applies_from_next_door_until_they_withdraw(session: Session) -> None:
    stranger, vacancy = spare("kisumu-west"), open_vacancy()

    def seen() -> tuple[bool, bool]:
        acting_as(DIRECTOR)
        by_guard = session.scalars(select(Officer.id).where(Officer.id == stranger.id)).all()
        by_rls = session.scalars(
            text("SELECT id FROM officer WHERE id = :id"), {"id": stranger.id}
        ).all()
        return bool(by_guard), bool(by_rls)

    assert seen() == (False, False)
    applying(stranger, vacancy)
    assert seen() == (True, True)
    other = spare("kisumu-west", 1)
    assert session.scalars(select(Officer.id).where(Officer.id == other.id)).all() == []
    who = acting_as(stranger.mobile)
    services.withdraw_application(who.scope, who.actor, vacancy)
    assert seen() == (False, False)


def test_a_director_may_not_change_an_applicant_from_next_door(session: Session) -> None:
    stranger = spare("kisumu-west")
    applying(stranger, open_vacancy())
    acting_as(DIRECTOR)
    officer = session.scalars(select(Officer).where(Officer.id == stranger.id)).one()
    officer.remark = "Changed"
    with pytest.raises(NotFound):
        session.flush()
    session.rollback()
    changed = session.execute(
        text("UPDATE officer SET remark = 'Changed' WHERE id = :id RETURNING id"),
        {"id": stranger.id},
    )
    assert changed.all() == []


def test_the_neighbouring_director_sees_no_application_there(session: Session) -> None:
    stranger, vacancy = spare("kisumu-west"), open_vacancy()
    applying(stranger, vacancy)
    applied = application_of(vacancy, stranger)
    office = acting_as(NEIGHBOUR)
    assert session.scalars(select(Application.id).where(Application.id == applied)).all() == []
    with pytest.raises(NotFound):
        services.shortlist_applications(office.scope, office.actor, [applied])


# Choosing


def shortlisted(vacancy: int, *officers: Officer) -> list[int]:
    ids = []
    for officer in officers:
        applying(officer, vacancy)
        ids.append(application_of(vacancy, officer))
    office = acting_as(DIRECTOR)
    services.shortlist_applications(office.scope, office.actor, ids)
    return ids


def test_offer_and_acceptance_with_an_sms_at_each_turn(session: Session) -> None:
    me, vacancy = spare(), open_vacancy()
    ids = shortlisted(vacancy, me)
    office = acting_as(DIRECTOR)
    services.select_applications(office.scope, office.actor, ids)
    who = acting_as(me.mobile)
    services.accept_offer(who.scope, who.actor, vacancy)
    assert state_of(vacancy, me) == "accepted"
    told = everywhere(select(Message.kind).where(Message.number == me.mobile).order_by(Message.id))
    assert told == ["application", "application", "offer", "application"]


def test_an_offer_is_declined_with_a_reason_and_frees_its_post(session: Session) -> None:
    first, second, third = spare(), spare(nth=1), spare("kisumu-west")
    vacancy = open_vacancy()
    ids = shortlisted(vacancy, first, second, third)
    office = acting_as(DIRECTOR)
    services.select_applications(office.scope, office.actor, ids[:2])
    with pytest.raises(DBAPIError, match="every post is offered already"):
        services.select_applications(office.scope, office.actor, ids[2:])
    who = acting_as(first.mobile)
    services.decline_offer(who.scope, who.actor, vacancy, reason="I am on leave.")
    assert state_of(vacancy, first) == "declined"
    office = acting_as(DIRECTOR)
    services.select_applications(office.scope, office.actor, ids[2:])
    assert state_of(vacancy, third) == "selected"


def test_posts_cannot_fall_below_the_offers(session: Session) -> None:
    vacancy = open_vacancy()
    ids = shortlisted(vacancy, spare(), spare(nth=1))
    office = acting_as(DIRECTOR)
    services.select_applications(office.scope, office.actor, ids)
    with pytest.raises(DBAPIError, match="fewer posts than offers"):
        services.edit_vacancy(office.scope, office.actor, pk=vacancy, values={"posts": 1})


def test_declining_needs_a_reason_that_the_officer_reads(session: Session) -> None:
    me, vacancy = spare(), open_vacancy()
    applied = applying(me, vacancy)
    office = acting_as(DIRECTOR)
    with pytest.raises(RuleBroken) as refused:
        services.decline_applications(office.scope, office.actor, [applied.id], "  ")
    assert refused.value.field == "reason"
    office = acting_as(DIRECTOR)
    services.decline_applications(office.scope, office.actor, [applied.id], "Others live nearer.")
    who = acting_as(me.mobile)
    mine = [row for row in own_applications(session, who.scope, me.id) if row.vacancy_id == vacancy]
    assert [(row.state, row.reason) for row in mine] == [("not_selected", "Others live nearer.")]


def test_the_order_shows_each_number_and_the_first_are_shortlisted_in_one_act(
    session: Session,
) -> None:
    near, far, vacancy = spare(), spare("nakuru-town-east"), open_vacancy()
    applying(far, vacancy)
    applying(near, vacancy)
    office = acting_as(DIRECTOR)
    board = board_of(session, office.scope, vacancy)
    assert board is not None
    assert [one.officer_id for one in board.applicants] == [near.id, far.id]
    first = board.applicants[0].ranked
    assert (first.standing.years_served, first.standing.chosen_last_year) == (1, False)
    assert first.total == sum(first.points.values())
    assert first.points["experience"] == 6.0
    assert services.shortlist_best(office.scope, office.actor, vacancy, number=1) == 1
    assert (state_of(vacancy, near), state_of(vacancy, far)) == ("shortlisted", "applied")


def test_who_is_barred_by_now_is_not_shortlisted_in_bulk(session: Session) -> None:
    me, vacancy = spare(), open_vacancy()
    applying(me, vacancy)
    with scoped_as(session, EVERYTHING):
        session.execute(update(Officer).where(Officer.id == me.id).values(state="submitted"))
    office = acting_as(DIRECTOR)
    with pytest.raises(RuleBroken) as refused:
        services.shortlist_best(office.scope, office.actor, vacancy, number=5)
    assert refused.value.code == "nobody-to-shortlist"


def test_declining_the_others_leaves_those_who_hold_an_offer(session: Session) -> None:
    first, second, vacancy = spare(), spare(nth=1), open_vacancy()
    ids = shortlisted(vacancy, first, second)
    office = acting_as(DIRECTOR)
    services.select_applications(office.scope, office.actor, ids[:1])
    services.decline_remaining(office.scope, office.actor, [vacancy], "The posts are filled.")
    assert (state_of(vacancy, first), state_of(vacancy, second)) == ("selected", "not_selected")


def test_moves_only_grow(session: Session) -> None:
    applying(spare(), open_vacancy())
    with pytest.raises(DBAPIError), scoped_as(session, EVERYTHING):
        session.execute(text("UPDATE application_move SET reason = 'x'"))


# Advertising


def need(session: Session, posts: int, *, blind: int = 0) -> int:
    """Raises the invigilators that the first centre needs, and returns the series."""
    with scoped_as(session, EVERYTHING):
        centre = one(select(Centre).where(Centre.code == world.CENTRE))
        role = one(select(StaffRole.id).where(StaffRole.code == "invigilator"))
        session.execute(
            text("UPDATE post SET required = required + :n WHERE centre_id = :c AND role_id = :r"),
            {"n": posts, "c": centre.id, "r": role},
        )
        session.execute(update(Centre).where(Centre.id == centre.id).values(blind_candidates=blind))
        return int(centre.series_id)


def advertise(series: int, **changes: Any) -> int:
    office = acting_as(DIRECTOR)
    return services.advertise_missing(
        office.scope, office.actor, series_id=series, sub_county_id=sub_county(), **changes
    )


def test_what_is_missing_is_previewed_then_advertised_in_one_act_and_not_twice(
    session: Session,
) -> None:
    series = need(session, 3, blind=2)
    office = acting_as(DIRECTOR)
    rows = still_needed(session, office.scope, series, sub_county())
    assert [(row.centre, row.role, row.posts, row.needs_braille) for row in rows] == [
        ("Kisumu Day Secondary", "Invigilator", 2, False),
        ("Kisumu Day Secondary", "Invigilator", 1, True),
    ]
    assert advertise(series) == 3
    assert advertise(series) == 0
    made = everywhere(
        select(Vacancy).where(Vacancy.duty_code == world.CENTRE, Vacancy.state == "open")
    )
    assert sorted((row.posts, row.needs_braille) for row in made) == [(1, True), (2, False)]
    assert {row.duty_station for row in made} == {"Kisumu Day Secondary"}
    assert {tuple(row.day_kinds) for row in made} == {("rehearsal", "written")}


def test_needs_are_computed_when_asked_and_never_stale(session: Session) -> None:
    series = need(session, 2)
    office = acting_as(DIRECTOR)
    assert [row.posts for row in still_needed(session, office.scope, series, sub_county())] == [2]
    need(session, 1)
    office = acting_as(DIRECTOR)
    assert [row.posts for row in still_needed(session, office.scope, series, sub_county())] == [3]
    need(session, -3)
    office = acting_as(DIRECTOR)
    assert still_needed(session, office.scope, series, sub_county()) == ()


def test_an_expired_advert_makes_room_for_a_new_one(session: Session) -> None:
    series = need(session, 1)
    assert advertise(series, closes_at=world.NOW + dt.timedelta(hours=1)) == 1
    clock.configure(frozen=world.NOW + dt.timedelta(hours=2))
    try:
        assert advertise(series) == 1
    finally:
        world.freeze()


def test_after_the_deadline_an_advert_needs_a_reason(session: Session) -> None:
    series = need(session, 1)
    with scoped_as(session, EVERYTHING):
        session.add(
            Deadline(
                series_id=series,
                code="applications",
                name="Applications close",
                falls_at=world.NOW - dt.timedelta(days=60),
            )
        )
        session.commit()
    with pytest.raises(RuleBroken) as refused:
        advertise(series)
    assert (refused.value.code, refused.value.field) == ("deadline-passed", "late_reason")
    assert advertise(series, late_reason="One fell ill.") == 1


def test_nobody_advertises_next_door(session: Session) -> None:
    series = need(session, 1)
    office = acting_as(NEIGHBOUR)
    values = {
        "series_id": series,
        "sub_county_id": sub_county(),
        "role_id": one(select(StaffRole.id).where(StaffRole.code == "invigilator")),
        "posts": 1,
        "closes_at": world.NOW + dt.timedelta(days=1),
    }
    with pytest.raises(NotFound):
        services.advertise_missing(
            office.scope, office.actor, series_id=series, sub_county_id=sub_county()
        )
    with pytest.raises(NotFound):
        services.add_vacancy(office.scope, office.actor, values=values)


def test_a_vacancy_prints_what_its_centre_says_today(session: Session) -> None:
    vacancy = closed_vacancy()
    with scoped_as(session, EVERYTHING):
        session.execute(
            update(Centre)
            .where(Centre.code == world.CENTRE)
            .values(name="Kisumu Day High", lon=34.9, lat=-0.2)
        )
    row = one(select(Vacancy).where(Vacancy.id == vacancy))
    assert (row.duty_station, row.lon, row.lat) == ("Kisumu Day High", 34.9, -0.2)


# Searching


def test_the_search_finds_near_first_and_narrows_by_every_field(session: Session) -> None:
    me = spare("kisumu-west")
    who = acting_as(me.mobile)
    found = search(session, who.scope, me.id, Wanted())
    stations = [advert.row.duty_station for advert in found.adverts]
    assert stations == ["Kisumu West", "Kisumu East", "Nakuru Town East"]
    assert found.count == 3
    distances = [advert.km for advert in found.adverts]
    assert distances == sorted(distances, key=lambda km: (km is None, km))
    east = sub_county()
    invigilator, series = (
        one(select(StaffRole.id).where(StaffRole.code == "invigilator")),
        one(select(Series.id).where(Series.code == NEXT_SERIES)),
    )
    for wanted, count in (
        (Wanted(sub_county_id=east), 1),
        (Wanted(role_id=invigilator), 3),
        (Wanted(role_id=invigilator + 1), 0),
        (Wanted(series_id=series), 3),
        (Wanted(series_id=series + 1), 0),
        (Wanted(kind="written"), 3),
        (Wanted(kind="oral"), 0),
        (Wanted(station="nakuru"), 1),
        (Wanted(station="%"), 0),
        (Wanted(county_id=one(select(SubCounty.county_id).where(SubCounty.id == east))), 2),
    ):
        assert search(session, who.scope, me.id, wanted).count == count, wanted


def test_dates_pay_and_days_stand_on_the_advert(session: Session) -> None:
    me, vacancy = spare(), open_vacancy()
    series = one(select(Series).where(Series.code == NEXT_SERIES))
    with scoped_as(session, EVERYTHING):
        for number, kind in enumerate(("rehearsal", "written", "written")):
            session.add(
                ExamDay(
                    series_id=series.id,
                    day=series.starts_on + dt.timedelta(number),
                    kind=kind,
                    payable=kind == "written",
                )
            )
        session.flush()
    who = acting_as(me.mobile)
    advert = one_advert(session, who.scope, me.id, vacancy)
    assert advert is not None
    assert (advert.days[0], advert.days[-1]) == (series.starts_on, series.ends_on)
    assert (advert.payable_days, advert.kes_per_day) == (2, 550)


def test_near_you_brings_what_nothing_bars_and_not_what_one_applied_for(session: Session) -> None:
    me = spare("kisumu-west")
    who = acting_as(me.mobile)
    found = near_you(session, who.scope, me.id)
    assert [one.row.duty_station for one in found] == [
        "Kisumu West",
        "Kisumu East",
        "Nakuru Town East",
    ]
    applying(me, open_vacancy("kisumu-west"))
    who = acting_as(me.mobile)
    assert len(near_you(session, who.scope, me.id)) == 2
    with scoped_as(session, EVERYTHING):
        wanting = update(Officer).where(Officer.id == me.id)
        session.execute(wanting.values(wanted_roles=["security"]))
    who = acting_as(me.mobile)
    assert near_you(session, who.scope, me.id) == ()
    with scoped_as(session, EVERYTHING):
        session.execute(wanting.values(wanted_roles=["invigilator"]))
    who = acting_as(me.mobile)
    assert len(near_you(session, who.scope, me.id)) == 2
    with scoped_as(session, EVERYTHING):
        session.execute(update(Officer).where(Officer.id == me.id).values(teaches_at="secondary"))
    who = acting_as(me.mobile)
    assert near_you(session, who.scope, me.id) == ()


def many(session: Session, number: int) -> None:
    """More open vacancies at the first centre, in several roles."""
    with scoped_as(session, EVERYTHING):
        session.execute(
            text(
                "INSERT INTO vacancy (series_id, sub_county_id, role_id, posts, opens_at, closes_at,"
                " needs_braille, centre_id)"
                " SELECT c.series_id, c.sub_county_id, r.id, 1, :now, :then, b, c.id"
                " FROM centre c CROSS JOIN staff_role r CROSS JOIN (VALUES (true), (false)) v(b)"
                " WHERE c.kind = 'school' ORDER BY c.id, r.id, b LIMIT :n"
            ),
            {"n": number, "now": world.NOW - dt.timedelta(1), "then": world.NOW + dt.timedelta(1)},
        )


def test_queries_of_search_and_home_do_not_grow_with_what_there_is(session: Session) -> None:
    me = spare()

    def asked() -> tuple[int, int]:
        who = acting_as(me.mobile)
        session.commit()
        with counted(session) as searching:
            search(session, who.scope, me.id, Wanted())
        with counted(session) as homing:
            near_you(session, who.scope, me.id)
        return len(searching), len(homing)

    few = asked()
    many(session, 30)
    assert asked() == few
    assert max(few) <= 20


def test_queries_of_the_board_do_not_grow_with_the_applicants(session: Session) -> None:
    vacancy = closed_vacancy()

    def asked() -> int:
        office = acting_as(DIRECTOR)
        session.commit()
        with counted(session) as heard:
            board = board_of(session, office.scope, vacancy)
        assert board is not None
        return len(heard)

    few = asked()
    with scoped_as(session, EVERYTHING):
        session.execute(
            text(
                "INSERT INTO application (vacancy_id, sub_county_id, officer_id, applied_at,"
                " moved_at) SELECT :v, :s, o.id, :now, :now FROM officer o WHERE NOT EXISTS"
                " (SELECT 1 FROM application a WHERE a.officer_id = o.id AND a.vacancy_id = :v)"
                " LIMIT 30"
            ),
            {"v": vacancy, "s": sub_county(), "now": world.NOW},
        )
    assert asked() <= few + 1  # once more where some workstation has no place of its own


def test_the_cast_of_these_tests_is_apart(app: Flask, session: Session) -> None:
    """The officers that apply here fit: otherwise the refusals above would prove nothing."""
    for slug in ("kisumu-east", "kisumu-west", "nakuru-town-east"):
        me = spare(slug)
        who: Someone = acting_as(me.mobile)
        advert = one_advert(session, who.scope, me.id, open_vacancy(slug))
        assert advert is not None
        assert advert.bars == ()
