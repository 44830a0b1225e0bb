"""Lists of officers: dry run, every fault at its cell, one officer once, nothing foreign told."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit.models import Event
from app.errors import IllegalMove, NotFound, RuleBroken
from app.extensions import db
from app.imports import services
from app.imports.enums import Kind, State
from app.imports.models import ImportLine, ImportPiece
from app.people.models import Officer
from app.scoping.guard import scoped_as
from tests.factories import lists, world
from tests.factories.lists import OFFICER_HEADINGS, as_csv, as_xlsx, officer
from tests.factories.registers import EVERYTHING, Someone, acting_as

EAST, WEST, HQ = "tsc.kisumu-east", "tsc.kisumu-west", "admin"


@pytest.fixture
def director(session: Session) -> Someone:
    return acting_as(EAST)


def officers() -> int:
    with scoped_as(db.session, EVERYTHING):
        return db.session.scalar(select(func.count()).select_from(Officer)) or 0


def officer_of(mobile: str) -> Officer:
    with scoped_as(db.session, EVERYTHING):
        return db.session.scalars(select(Officer).where(Officer.mobile == mobile)).one()


def brought(who: Someone, *rows: list[Any]) -> int:
    return lists.brought(who, as_csv(OFFICER_HEADINGS, rows))


def test_check_stores_nothing_but_what_was_found(director: Someone) -> None:
    before = officers()
    one = lists.checked(director, brought(director, officer(1), officer(2), officer(3)))
    assert (one.state, one.counts["new"], one.counts["rejected"]) == (State.CHECKED, 3, 0)
    assert officers() == before


def test_good_rows_are_stored_and_bad_ones_are_not(director: Someone) -> None:
    before = officers()
    import_id = brought(director, officer(1), officer(2, mobile="12"), officer(3))
    one = lists.checked(director, import_id)
    assert (one.counts["new"], one.counts["rejected"]) == (2, 1)
    assert lists.faults(import_id) == [(3, "mobile", "mobile-number")]
    one = lists.stored(director, import_id)
    assert (one.state, officers() - before) == (State.STORED, 2)
    new = officer_of("254722000001")
    assert (new.full_name, new.state, new.gender) == ("Amina B Were", "verified", "male")
    assert (new.national_id_last, new.tsc_number) == ("001", "800001")
    assert new.workstation_school is not None
    vault = lists.tools().vault
    assert vault.unseal(new.national_id_cipher or b"", context="officer.national_id") == "31000001"


def test_officers_of_headquarters_wait_for_their_director(session: Session) -> None:
    hq = acting_as(HQ)
    import_id = brought(hq, officer(1), officer(2, sub_county="Nowhere"))
    one = lists.checked(hq, import_id)
    assert lists.faults(import_id) == [(3, "sub_county", "place-unknown")]
    assert lists.stored(hq, import_id).state == State.STORED
    assert officer_of("254722000001").state == "submitted"
    assert one.sub_county_id is None


def test_every_fault_of_a_row_is_said_at_its_cell(director: Someone) -> None:
    wrong = officer(
        1, full_name="Amina", mobile="", national_id="12", kra_pin="X", gender="?",
        year_of_birth="85",
    )  # fmt: skip
    import_id = brought(director, wrong)
    lists.checked(director, import_id)
    assert lists.faults(import_id) == [
        (2, "full_name", "one-name"),
        (2, "gender", "gender"),
        (2, "kra_pin", "kra-pin"),
        (2, "mobile", "missing"),
        (2, "national_id", "national-id"),
        (2, "year_of_birth", "year-of-birth"),
    ]


def test_rows_of_another_sub_county_are_faults_for_a_director(director: Someone) -> None:
    import_id = brought(director, officer(1, sub_county="Kisumu West"), officer(2, sub_county=""))
    one = lists.checked(director, import_id)
    assert lists.faults(import_id) == [(2, "sub_county", "not-yours")]
    assert one.counts["new"] == 1


def test_numbers_twice_in_the_file_are_said_on_both_rows(director: Someone) -> None:
    import_id = brought(
        director,
        officer(1),
        officer(2, national_id="31000001"),
        officer(3),
        officer(4, mobile="+254 722 000 003"),
    )
    one = lists.checked(director, import_id)
    assert lists.faults(import_id) == [
        (2, "national_id", "twice-in-file"),
        (3, "national_id", "twice-in-file"),
        (4, "mobile", "twice-in-file"),
        (5, "mobile", "twice-in-file"),
    ]
    assert one.counts["new"] == 0


def test_row_repeated_exactly_is_stored_once(director: Someone) -> None:
    import_id = brought(director, officer(1), officer(1))
    one = lists.checked(director, import_id)
    assert one.counts["new"] == 1
    assert {row for row, _, _ in lists.faults(import_id)} == {3}


def test_list_brought_again_is_already_so(director: Someone) -> None:
    lists_rows = [officer(n) for n in range(1, 6)]
    first = brought(director, *lists_rows)
    lists.checked(director, first)
    lists.stored(director, first)
    before = officers()
    again = brought(director, *lists_rows)
    assert again != first
    one = lists.checked(director, again)
    assert (one.counts["new"], one.counts["changed"], one.counts["same"]) == (0, 0, 5)
    assert lists.stored(director, again).state == State.STORED
    assert officers() == before


def test_file_that_waits_already_is_recognised(director: Someone) -> None:
    first = brought(director, officer(1))
    assert brought(director, officer(1)) == first


def test_known_officer_gets_a_new_workstation_and_keeps_the_name(director: Someone) -> None:
    known = officer_of("254712000001")
    row = officer(
        1, full_name="Somebody Else", mobile=known.mobile, national_id="", kra_pin="A123456789Z",
        tsc_number=known.tsc_number, gender="", year_of_birth="", workstation="Kisumu Boys",
    )  # fmt: skip
    import_id = brought(director, row)
    one = lists.checked(director, import_id)
    assert (one.counts["changed"], one.counts["rejected"]) == (1, 0)
    assert lists.faults(import_id, warning=True) == [(2, "full_name", "kept")]
    name = known.full_name
    lists.stored(director, import_id)
    db.session.expire_all()
    after = officer_of("254712000001")
    assert (after.full_name, after.workstation) == (name, "Kisumu Boys")
    assert after.kra_pin_index is not None
    with scoped_as(db.session, EVERYTHING):
        events = db.session.scalars(select(Event.action).where(Event.officer_id == after.id)).all()
    assert "officer.changed" in events


def test_list_never_changes_a_stored_number(director: Someone) -> None:
    known = officer_of("254712000001")
    import_id = brought(director, officer(1, national_id="", tsc_number=known.tsc_number))
    lists.checked(director, import_id)
    assert lists.faults(import_id) == [(2, "mobile", "stored-otherwise")]


def test_numbers_of_two_officers_in_one_row(director: Someone) -> None:
    one, other = officer_of("254712000001"), officer_of("254712000002")
    import_id = brought(
        director, officer(1, national_id="", mobile=one.mobile, tsc_number=other.tsc_number)
    )
    lists.checked(director, import_id)
    assert lists.faults(import_id) == [(2, "mobile", "anothers")]


def test_director_learns_no_detail_of_a_foreign_officer(session: Session) -> None:
    west = acting_as(WEST)
    known = officer_of("254712000001")
    row = officer(1, mobile=known.mobile, sub_county="Kisumu West")
    import_id = brought(west, row)
    lists.checked(west, import_id)
    assert lists.faults(import_id) == [(2, "mobile", "registered")]
    from app.imports.models import ImportFault

    with scoped_as(db.session, EVERYTHING):
        facts = db.session.scalars(
            select(ImportFault.facts).where(ImportFault.import_id == import_id)
        ).all()
    assert facts == [None]


def test_workbook_gives_the_same_officers(director: Someone) -> None:
    rows = [officer(n, mobile=722_000_000 + n, national_id=31_000_000 + n) for n in (1, 2)]
    import_id = lists.brought(director, as_xlsx(OFFICER_HEADINGS, rows))
    one = lists.checked(director, import_id)
    assert (one.format, one.counts["new"]) == ("xlsx", 2)
    lists.stored(director, import_id)
    assert officer_of("254722000002").national_id_last == "002"


def test_mapping_is_remembered_for_the_same_headings(director: Someone) -> None:
    headings = ("Column A", "Column B", "Column C")
    body = as_csv(headings, [("Amina Otieno Were", "0722000001", "800001")])
    import_id = lists.brought(director, body)
    assert lists.imported(import_id).mapping == {}
    mapping = {"full_name": 0, "mobile": 1, "tsc_number": 2}
    assert lists.checked(director, import_id, mapping=mapping).counts["new"] == 1
    other = as_csv(headings, [("Brian Otieno Were", "0722000002", "800002")])
    assert lists.imported(lists.brought(director, other)).mapping == mapping


def test_mapping_without_a_needed_column_is_refused(director: Someone) -> None:
    import_id = brought(director, officer(1))
    with pytest.raises(RuleBroken) as refusal:
        lists.checked(director, import_id, mapping={"mobile": 1, "gender": 1})
    assert [p.field for p in refusal.value.problems] == ["mobile", "gender", "full_name"]


def test_discarded_import_keeps_no_row_of_the_file(director: Someone) -> None:
    import_id = brought(director, officer(1), officer(2, mobile="1"))
    lists.checked(director, import_id)
    services.discard(director.scope, director.actor, import_id)
    with scoped_as(db.session, EVERYTHING):
        for table in (ImportPiece, ImportLine):
            kept = db.session.scalars(select(table).where(table.import_id == import_id)).all()
            assert kept == []
    assert lists.imported(import_id).state == State.DISCARDED


def test_neither_file_nor_rows_lie_in_clear(director: Someone) -> None:
    import_id = brought(director, officer(1, mobile="12"))
    lists.checked(director, import_id)
    with scoped_as(db.session, EVERYTHING):
        piece = db.session.scalars(
            select(ImportPiece.body).where(ImportPiece.import_id == import_id)
        ).one()
        line = db.session.scalars(
            select(ImportLine.cells).where(ImportLine.import_id == import_id)
        ).one()
    assert b"31000001" not in piece + line
    assert "31000001" in services.cells_of(lists.tools().vault, line)


def test_job_of_an_earlier_run_does_nothing(director: Someone) -> None:
    import_id = brought(director, officer(1))
    lists.checked(director, import_id)
    run = lists.imported(import_id).run
    services.ask_to_store(director.scope, director.actor, import_id, run=run)
    services.break_off(director.scope, director.actor, import_id)
    before = officers()
    from app.procedures import imports as procedure

    with scoped_as(db.session, EVERYTHING):
        procedure.store(lists.tools(), services.Job(import_id, run + 1))
    assert (officers(), lists.imported(import_id).state) == (before, State.CHECKED)


def test_check_that_was_not_read_is_not_stored(director: Someone) -> None:
    import_id = brought(director, officer(1))
    lists.checked(director, import_id)
    run = lists.imported(import_id).run
    lists.checked(director, import_id)
    with pytest.raises(IllegalMove):
        services.ask_to_store(director.scope, director.actor, import_id, run=run)


def test_neighbour_does_not_find_the_import(director: Someone) -> None:
    import_id = brought(director, officer(1))
    west = acting_as(WEST)
    for act in (services.discard, services.break_off):
        with pytest.raises(NotFound):
            act(west.scope, west.actor, import_id)
    with pytest.raises(NotFound):
        services.ask_to_store(west.scope, west.actor, import_id, run=0)


def test_director_who_lost_the_account_stores_nothing(director: Someone) -> None:
    from app.access.models import User

    import_id = brought(director, officer(1))
    lists.checked(director, import_id)
    run = lists.imported(import_id).run
    services.ask_to_store(director.scope, director.actor, import_id, run=run)
    with scoped_as(db.session, EVERYTHING):
        db.session.get(User, director.actor.user_id).active = False
        db.session.flush()
        from app.procedures import imports as procedure

        procedure.store(lists.tools(), services.Job(import_id, run + 1))
    one = lists.imported(import_id)
    assert (one.state, one.problem["code"]) == (State.CHECKED, "asker-gone")


def test_old_imports_are_wiped(director: Someone) -> None:
    import datetime as dt

    import_id = brought(director, officer(1, mobile="1"))
    lists.checked(director, import_id)
    with scoped_as(db.session, EVERYTHING):
        assert services.wipe_old() == 0
        lists.imported(import_id).added_at -= dt.timedelta(days=services.KEPT_DAYS + 1)
        db.session.flush()
        assert services.wipe_old() == 1
    one = lists.imported(import_id)
    assert (one.state, one.first_rows, one.wiped_at is not None) == (State.DISCARDED, None, True)


def test_kinds_are_those_of_the_office(director: Someone) -> None:
    from app.errors import NotAllowed

    with pytest.raises(NotAllowed):
        lists.brought(director, b"Name,Code\nA B,1\n", Kind.SCHOOLS)
    assert world.CENTRE
