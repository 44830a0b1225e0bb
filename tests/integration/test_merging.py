"""Two records become one by two people: history moves, nothing is lost, nothing is undone."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.access.models import SignInSession, User
from app.access.services import create_account
from app.attendance.models import CentreDay, Dispute, Mark, MarkHistory
from app.audit.models import Event
from app.deployments.models import Deployment
from app.errors import IllegalMove, NotAllowed, NotFound, PortalError, RuleBroken
from app.extensions import db
from app.letters.models import Letter
from app.people.models import DeclaredInterest, Lookalike, Officer, OfficerMerge
from app.people.queries.lookalikes import days_in_the_way, pair, waiting
from app.people.services import lookalikes, merging
from app.people.services.identity import give_numbers
from app.permissions import Role
from app.places.models import School, SubCounty
from app.procedures import merges
from app.scoping.guard import enter_scope, scoped_as
from app.scoping.resolve import resolve
from app.scoping.scope import officer_scope
from tests.factories import world
from tests.factories.registers import EVERYTHING, Someone, acting_as

DIRECTOR, ADMIN, OTHER_ADMIN = "tsc.kisumu-east", "admin", "admin.second"
WHY = "Same face, same papers: seen at the office."


def everywhere(work: Callable[[], Any]) -> Any:
    with scoped_as(db.session, EVERYTHING):
        return work()


@pytest.fixture
def worked(session: Session) -> Officer:
    """Somebody of Kisumu East with duty, marks, an account, a dispute and an interest."""
    enter_scope(session, EVERYTHING)
    found = session.scalars(
        select(Officer)
        .join(Dispute, Dispute.officer_id == Officer.id)
        .join(SubCounty, SubCounty.id == Officer.sub_county_id)
        .where(SubCounty.slug == "kisumu-east")
        .order_by(Officer.id)
    ).first()
    assert found is not None
    school = session.scalars(select(School.id).order_by(School.id)).first()
    session.add(
        DeclaredInterest(
            officer_id=found.id, sub_county_id=found.sub_county_id, school_id=school, why="relative"
        )
    )
    session.flush()
    return found


@pytest.fixture
def spare(session: Session, worked: Officer) -> Officer:
    """A second record of the same person, who has no duty yet."""
    enter_scope(session, EVERYTHING)
    one = Officer(
        full_name=worked.full_name,
        mobile="254799000777",
        sub_county_id=worked.sub_county_id,
        state="submitted",
        kin_name="Akinyi",
        kin_telephone="254711222333",
    )
    session.add(one)
    session.flush()
    create_account(
        session,
        EVERYTHING,
        acting_as(ADMIN).actor,
        username=one.mobile,
        name=one.full_name,
        roles=[Role.OFFICER],
        officer_id=one.id,
    )
    enter_scope(session, EVERYTHING)
    return one


@pytest.fixture
def case_id(session: Session, worked: Officer, spare: Officer) -> int:
    enter_scope(session, EVERYTHING)
    found = lookalikes.open_review(session, worked.id, spare.id, score=90, reasons=("name",))
    assert found is not None
    session.commit()
    return found


def second_admin(session: Session) -> Someone:
    who = acting_as(ADMIN)
    create_account(
        session,
        EVERYTHING,
        who.actor,
        username=OTHER_ADMIN,
        name="Second Admin",
        roles=[Role.ADMINISTRATOR],
    )
    return acting_as(OTHER_ADMIN)


def propose(case_id: int, survivor: int, who: str = DIRECTOR, **kept: str) -> None:
    someone = acting_as(who)
    merging.propose_merge(
        someone.scope, someone.actor, case_id, survivor_id=survivor, kept=kept, reason=WHY
    )


def approve(case_id: int, who: str = ADMIN) -> int:
    someone = acting_as(who)
    return merges.approve_merge(someone.scope, someone.actor, case_id)


def fresh(session: Session, entity: Any, key: int) -> Any:
    enter_scope(session, EVERYTHING)
    session.expire_all()
    return session.get_one(entity, key)


def count(session: Session, entity: Any, officer_id: int) -> int:
    return session.scalar(select(func.count()).where(entity.officer_id == officer_id)) or 0


def summaries(session: Session) -> list[Any]:
    enter_scope(session, EVERYTHING)
    columns = [c for c in CentreDay.__table__.columns if c.name != "updated_at"]
    return [tuple(row) for row in session.execute(select(*columns).order_by(*columns[:3]))]


def test_history_moves_to_the_record_that_stands(
    session: Session, worked: Officer, spare: Officer, case_id: int
) -> None:
    enter_scope(session, EVERYTHING)
    moving = (Deployment, Mark, Dispute, DeclaredInterest)
    before = {one: count(session, one, worked.id) for one in moving}
    history = count(session, MarkHistory, worked.id)
    sums = summaries(session)
    assert all(before.values())
    propose(case_id, spare.id)
    approve(case_id)
    enter_scope(session, EVERYTHING)
    assert {one: count(session, one, spare.id) for one in moving} == before
    assert {one: count(session, one, worked.id) for one in moving} == dict.fromkeys(moving, 0)
    assert count(session, MarkHistory, worked.id) == history
    assert summaries(session) == sums
    gone = fresh(session, Officer, worked.id)
    assert (gone.merged_into_id, gone.mobile, gone.tsc_number, gone.national_id_index) == (
        spare.id,
        None,
        None,
        None,
    )


def test_the_holder_still_reads_the_history_of_the_merged_record(
    session: Session, worked: Officer, spare: Officer, case_id: int
) -> None:
    written = count(session, MarkHistory, worked.id)
    propose(case_id, spare.id)
    approve(case_id)
    enter_scope(session, EVERYTHING)
    user = session.scalars(select(User).where(User.officer_id == spare.id)).one()
    scope, _roles = resolve(session, user, today=world.TODAY)
    assert scope.officer_ids == {spare.id, worked.id}
    enter_scope(session, officer_scope(spare.id))
    assert session.scalars(select(MarkHistory)).all() == []
    enter_scope(session, scope)
    assert len(session.scalars(select(MarkHistory)).all()) == written


def test_values_that_only_the_other_has_come_along_and_the_chosen_ones(
    session: Session, worked: Officer, spare: Officer, case_id: int
) -> None:
    tsc, mobile, year = worked.tsc_number, worked.mobile, worked.year_of_birth
    propose(case_id, spare.id, mobile="merged")
    approve(case_id)
    stands = fresh(session, Officer, spare.id)
    assert (stands.tsc_number, stands.mobile, stands.year_of_birth) == (tsc, mobile, year)
    assert (stands.kin_name, stands.full_name) == ("Akinyi", worked.full_name)
    names = dict(
        session.execute(
            select(User.username, User.active).where(User.officer_id.in_([worked.id, spare.id]))
        ).all()
    )
    assert names == {mobile: True, f"merged-{worked.id}": False}


def test_the_account_of_the_merged_record_is_closed_and_signed_out(
    session: Session, worked: Officer, spare: Officer, case_id: int
) -> None:
    from app.access import sessions

    enter_scope(session, EVERYTHING)
    theirs = session.scalars(select(User).where(User.officer_id == worked.id)).one()
    secret = sessions.open_session(session, theirs, device="Chrome on Android")
    assert sessions.find(session, secret, "page") is not None
    propose(case_id, spare.id)
    approve(case_id)
    enter_scope(session, EVERYTHING)
    assert sessions.find(session, secret, "page") is None
    ended = session.scalars(select(SignInSession).where(SignInSession.user_id == theirs.id)).all()
    assert all(one.ended_at for one in ended)


def test_what_no_longer_stands_is_sealed_in_the_record_of_the_merge(
    session: Session, worked: Officer, spare: Officer, case_id: int
) -> None:
    tsc, old, mobile = worked.tsc_number, spare.mobile, worked.mobile
    propose(case_id, spare.id)
    merge_id = approve(case_id)
    stands = fresh(session, OfficerMerge, merge_id)
    plain = json.loads(session.info["vault"].unseal(stands.sealed, context=merging.SEALED))
    assert (plain["mobile"], plain["tsc_number"]) == (mobile, None)
    assert (stands.before["officer_id"], stands.after["officer_id"]) == (worked.id, spare.id)
    assert stands.before["moved"]["deployment.officer_id"]
    words = json.dumps([stands.before, stands.after]) + stands.sealed.hex()
    assert not [one for one in (tsc, old, mobile) if one in words]


def test_a_number_that_was_only_claimed_becomes_the_survivors(
    session: Session, worked: Officer, spare: Officer, case_id: int
) -> None:
    enter_scope(session, EVERYTHING)
    vault, actor = session.info["vault"], acting_as(ADMIN).actor
    enter_scope(session, EVERYTHING)
    for one in (worked, spare):
        give_numbers(session, actor, one, vault, {"national_id": "28123456"})
    assert (worked.national_id_last, spare.national_id_last) == ("456", None)
    propose(case_id, spare.id, national_id="survivor")
    approve(case_id)
    assert fresh(session, Officer, spare.id).national_id_last == "456"


def test_one_record_of_the_act_and_the_events(
    session: Session, worked: Officer, spare: Officer, case_id: int
) -> None:
    propose(case_id, spare.id)
    merge_id = approve(case_id)
    enter_scope(session, EVERYTHING)
    stands = session.get_one(OfficerMerge, merge_id)
    names = dict(session.execute(select(User.id, User.username)).all())
    assert (names[stands.proposed_by], names[stands.approved_by]) == (DIRECTOR, ADMIN)
    assert (stands.reason, stands.merged_id, stands.survivor_id) == (WHY, worked.id, spare.id)
    acts = session.scalars(
        select(Event.action)
        .where(Event.entity == "lookalike", Event.entity_id == str(case_id))
        .order_by(Event.id)
    ).all()
    assert acts == ["lookalike.found", "merge.proposed", "merge.approved"]


def test_nobody_approves_their_own_proposal(session: Session, spare: Officer, case_id: int) -> None:
    propose(case_id, spare.id, who=ADMIN)
    second_admin(session)
    session.commit()
    with pytest.raises(RuleBroken) as caught:
        approve(case_id)
    assert caught.value.code == "own-proposal"
    assert approve(case_id, who=OTHER_ADMIN)


def test_the_database_refuses_one_person_for_both(
    session: Session, spare: Officer, case_id: int
) -> None:
    """The service's check off: the constraint still stands."""
    propose(case_id, spare.id, who=ADMIN)
    enter_scope(session, EVERYTHING)
    case = session.get_one(Lookalike, case_id)
    with pytest.raises(DBAPIError, match="maker_not_checker"), session.begin_nested():
        session.execute(
            update(Lookalike)
            .where(Lookalike.id == case_id)
            .values(state="merged", decided_by=case.proposed_by)
        )


def test_a_director_neither_approves_nor_refuses(
    session: Session, spare: Officer, case_id: int
) -> None:
    propose(case_id, spare.id)
    who = acting_as(DIRECTOR)
    with pytest.raises(NotAllowed):
        merging.approve_merge(who.scope, who.actor, case_id)
    with pytest.raises(NotAllowed):
        merging.refuse_merge(who.scope, who.actor, case_id, reason=WHY)


def test_a_director_next_door_finds_nothing(session: Session, spare: Officer, case_id: int) -> None:
    spare_id, who = spare.id, acting_as("tsc.kisumu-west")
    with pytest.raises(NotFound):
        merging.dismiss(who.scope, who.actor, case_id, reason=WHY)
    with pytest.raises(NotFound):
        merging.propose_merge(
            who.scope, who.actor, case_id, survivor_id=spare_id, kept={}, reason=WHY
        )
    with pytest.raises(NotFound):
        pair(who.scope, case_id)


def test_a_refused_proposal_is_open_again(session: Session, spare: Officer, case_id: int) -> None:
    propose(case_id, spare.id)
    who = acting_as(ADMIN)
    merging.refuse_merge(who.scope, who.actor, case_id, reason="The faces differ.")
    case = fresh(session, Lookalike, case_id)
    assert (case.state, case.decision_reason) == ("open", "The faces differ.")
    who = acting_as(DIRECTOR)
    merging.dismiss(who.scope, who.actor, case_id, reason="Sisters.")
    with pytest.raises(IllegalMove):
        propose(case_id, spare.id)


def test_a_reason_is_asked(session: Session, spare: Officer, case_id: int) -> None:
    who = acting_as(DIRECTOR)
    for act in (
        lambda: merging.dismiss(who.scope, who.actor, case_id, reason=" "),
        lambda: merging.propose_merge(
            who.scope, who.actor, case_id, survivor_id=spare.id, kept={}, reason=""
        ),
    ):
        with pytest.raises(RuleBroken) as caught:
            act()
        assert (caught.value.code, caught.value.field) == ("reason-missing", "reason")


def test_days_on_which_both_worked_are_named_first(session: Session, worked: Officer) -> None:
    enter_scope(session, EVERYTHING)
    other = session.scalars(
        select(Deployment.officer_id)
        .where(Deployment.officer_id != worked.id, Deployment.centre_id == Mark.centre_id)
        .join(Mark, Mark.deployment_id == Deployment.id)
        .order_by(Deployment.officer_id)
    ).first()
    assert other is not None
    found = lookalikes.open_review(session, worked.id, other, score=90, reasons=("name",))
    assert found is not None
    with pytest.raises(RuleBroken) as caught:
        propose(found, worked.id)
    assert caught.value.code == "days-in-the-way"
    days: Any = caught.value.facts["days"]
    assert [day for day, _last, marked in days if marked] == [world.MONDAY, world.YESTERDAY]
    assert [marked for _first, _last, marked in days].count(False) == 1
    enter_scope(session, EVERYTHING)
    assert len(days_in_the_way(worked.id, other)) == 3


def test_a_cross_pair_is_seen_from_both_sides_masked(
    session: Session, worked: Officer, spare: Officer, case_id: int
) -> None:
    enter_scope(session, EVERYTHING)
    west = session.scalars(select(SubCounty.id).where(SubCounty.slug == "kisumu-west")).one()
    spare.sub_county_id = west
    spare.workstation = "Maseno School"
    session.flush()
    mine = pair(acting_as(DIRECTOR).scope, case_id)
    theirs = pair(acting_as("tsc.kisumu-west").scope, case_id)
    hq = pair(acting_as(ADMIN).scope, case_id)
    assert (mine.one.is_masked, mine.other.is_masked) == (False, True)
    assert (theirs.one.is_masked, theirs.other.is_masked) == (True, False)
    assert (hq.one.is_masked, hq.other.is_masked) == (False, False)
    other = mine.other
    assert other.name == " ".join(f"{part[0]}." for part in worked.full_name.split())
    assert (other.workplace, other.sub_county) == ("Maseno School", "Kisumu West")
    assert (other.mobile, other.national_id, other.kin, other.gender) == ("", "", "", None)
    assert other.office_telephone == "057 223900"
    lines, total = waiting(acting_as("tsc.kisumu-west").scope)
    assert [line.names for line in lines if line.id == case_id] == [
        (theirs.one.name, spare.full_name)
    ]
    assert total == len(lines)


def test_a_director_leaves_the_values_of_a_cross_pair_to_the_record_that_stands(
    session: Session, worked: Officer, spare: Officer, case_id: int
) -> None:
    enter_scope(session, EVERYTHING)
    west = session.scalars(select(SubCounty.id).where(SubCounty.slug == "kisumu-west")).one()
    spare.sub_county_id = west
    session.flush()
    propose(case_id, worked.id, mobile="merged")
    assert fresh(session, Lookalike, case_id).kept == {}


def test_the_record_of_a_merge_only_grows(session: Session, spare: Officer, case_id: int) -> None:
    propose(case_id, spare.id)
    merge_id = approve(case_id)
    enter_scope(session, EVERYTHING)
    for change in ("UPDATE officer_merge SET reason = 'x'", "DELETE FROM officer_merge"):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(change))
    assert session.get_one(OfficerMerge, merge_id).reason == WHY


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("UPDATE officer SET merged_into_id = :other WHERE id = :one", "two people make"),
        ("UPDATE deployment SET officer_id = :other WHERE officer_id = :one", "days worked stay"),
        ("UPDATE mark SET officer_id = :other WHERE officer_id = :one", "stays with its person"),
    ],
)
def test_without_a_record_of_a_merge_nothing_changes_hands(
    session: Session, worked: Officer, spare: Officer, change: str, constraint: str
) -> None:
    enter_scope(session, EVERYTHING)
    with pytest.raises(DBAPIError, match=constraint), session.begin_nested():
        session.execute(text(change), {"one": worked.id, "other": spare.id})


def test_a_merged_record_is_not_deployed_again(
    session: Session, worked: Officer, spare: Officer, case_id: int
) -> None:
    propose(case_id, spare.id)
    approve(case_id)
    enter_scope(session, EVERYTHING)
    with pytest.raises(DBAPIError, match="has another record"), session.begin_nested():
        session.execute(
            text("UPDATE deployment SET officer_id = :gone WHERE officer_id = :stands"),
            {"gone": worked.id, "stands": spare.id},
        )


def test_a_second_merge_follows_the_first(
    session: Session, worked: Officer, spare: Officer, case_id: int
) -> None:
    propose(case_id, spare.id)
    approve(case_id)
    enter_scope(session, EVERYTHING)
    third = Officer(full_name=spare.full_name, mobile="254799000888", state="draft")
    third.sub_county_id = spare.sub_county_id
    session.add(third)
    session.flush()
    again = lookalikes.open_review(session, spare.id, third.id, score=90, reasons=("name",))
    assert again is not None
    propose(again, third.id)
    approve(again)
    stands = {fresh(session, Officer, one.id).merged_into_id for one in (worked, spare)}
    assert stands == {third.id}


def test_every_column_that_points_to_officers_is_moved_or_stays_for_a_reason(
    session: Session,
) -> None:
    """A table of another room with officers in it moves by itself, unless its history only grows."""
    enter_scope(session, EVERYTHING)
    stored = session.execute(
        text(
            "SELECT c.conrelid::regclass::text || '.' || a.attname FROM pg_constraint c"
            " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)"
            " WHERE c.contype = 'f' AND c.confrelid = 'officer'::regclass"
        )
    ).scalars()
    known = merging.moved_columns()
    assert set(stored) - set(known) == set()
    assert set(merging.STAYS) - set(known) == set()
    moved = {name.partition(".")[0] for name in known if name not in merging.STAYS}
    append_only = set(
        session.scalars(
            text(
                "SELECT tgrelid::regclass::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
                " WHERE p.proname = 'refuse_change'"
            )
        )
    )
    assert moved & append_only == set()
    assert {"deployment", "dispute", "declared_interest"} <= moved
    fixed = text("SELECT has_column_privilege(:table, :column, 'UPDATE')")
    for name in sorted(set(known) - set(merging.STAYS)):
        table, _dot, column = name.partition(".")
        assert session.scalar(fixed, {"table": table, "column": column}), name


def test_letters_that_hold_are_written_anew_for_the_record_that_stands(
    session: Session, worked: Officer, spare: Officer, case_id: int
) -> None:
    enter_scope(session, EVERYTHING)
    of_duties = select(Letter.state, Letter.officer_id, Letter.version).join(
        Deployment, Deployment.id == Letter.deployment_id
    )
    of_duties = of_duties.order_by(Letter.version)
    duty = session.scalars(select(Deployment.id).where(Deployment.officer_id == worked.id)).one()
    before = session.execute(of_duties.where(Deployment.id == duty)).all()
    assert [tuple(one) for one in before] == [("valid", worked.id, 1)]
    propose(case_id, spare.id)
    approve(case_id)
    enter_scope(session, EVERYTHING)
    after = session.execute(of_duties.where(Deployment.id == duty)).all()
    assert [tuple(one) for one in after] == [("replaced", worked.id, 1), ("valid", spare.id, 2)]


def test_two_approvals_at_once_are_one_merge(own_database: Any, tmp_path: Any) -> None:
    from app import factory
    from tests.databases import test_settings

    office = factory.build_app(test_settings(own_database, tmp_path))
    world.freeze()
    with office.app_context():
        enter_scope(db.session, EVERYTHING)
        east = db.session.scalars(select(SubCounty.id).where(SubCounty.slug == "kisumu-east")).one()
        rows = [
            Officer(full_name="Abdi Hassan Ali", mobile=f"25479900{n:04d}", sub_county_id=east)
            for n in (1, 2)
        ]
        db.session.add_all(rows)
        db.session.commit()
        first, second = (one.id for one in rows)
        case_id = lookalikes.open_review(db.session, first, second, score=90, reasons=("name",))
        db.session.commit()
        assert case_id is not None
        propose(case_id, first)
        db.session.remove()
    begin, results = threading.Barrier(2), []

    def run() -> None:
        with office.app_context():
            begin.wait(timeout=10)
            try:
                results.append(approve(case_id))
            except PortalError as error:
                results.append(error.code)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(type(one).__name__ for one in results) == ["int", "str"]
    assert "review-decided" in results
    with office.app_context():
        db.engine.dispose()
