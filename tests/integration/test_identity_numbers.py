"""A number is one person's: whoever gives it second sees no difference, and the office is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import create_engine, event, func, select, text
from sqlalchemy.exc import DBAPIError

from app.db.vault import vault_from
from app.errors import PortalError
from app.extensions import db
from app.people.formats import kra_pin, national_id
from app.people.models import IdentityClaim, Officer
from app.people.queries.identity import shown_numbers
from app.people.services.identity import give_numbers
from app.scoping.guard import enter_scope, scoped_as
from app.scoping.scope import NATIONAL, officer_scope, system_actor
from tests.databases import Urls

VAULT = vault_from("field", "index")
ACTOR = system_actor("test")
ID = "28123456"
SPELLINGS = (
    *("28123456", " 28123456", "28 123 456", "28-123-456", "28.123.456", "(28) 123456"),
    *("28123456 ", "2 8 1 2 3 4 5 6", "28\u2013123\u2013456", "28\u00a0123\u00a0456"),
    *("\u200b28123456", "28123456\u200e", "\ufeff28123456", "２８１２３４５６", "28 123456"),
    *("281 23456", "2812 3456", "28123 456", "281-234-56", "28 12 34 56"),
)


def people(office: Flask, most: int) -> list[int]:
    with office.app_context(), scoped_as(db.session, NATIONAL):
        found = db.session.scalars(
            select(Officer.id)
            .where(Officer.merged_into_id.is_(None))
            .order_by(Officer.id)
            .limit(most)
        )
        return list(found)


def giving(officer_id: int, **numbers: str) -> Callable[[], Any]:
    def work() -> Any:
        enter_scope(db.session, officer_scope(officer_id))
        officer = db.session.get(Officer, officer_id)
        give_numbers(db.session, ACTOR, officer, VAULT, numbers)
        return dict(shown_numbers(db.session, officer))

    return work


def at_once(office: Flask, *works: Callable[[], Any]) -> list[Any]:
    """What each work came to, all begun at the same moment on a connection of their own."""
    begin = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(number: int, work: Callable[[], Any]) -> None:
        with office.app_context():
            begin.wait(timeout=20)
            try:
                results[number] = work()
            except (PortalError, DBAPIError) as error:
                results[number] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def holders_and_claims(office: Flask, number: str = ID) -> tuple[int, int]:
    index = VAULT.index(number, context="officer.national_id")
    with office.app_context(), scoped_as(db.session, NATIONAL):
        held = select(func.count()).where(Officer.national_id_index == index)
        claimed = select(func.count()).where(IdentityClaim.number_index == index)
        return db.session.scalar(held), db.session.scalar(claimed)


def twenty_give_one_number(office: Flask) -> list[Any]:
    works = [
        giving(officer_id, national_id=national_id(spelling))
        for officer_id, spelling in zip(people(office, 20), SPELLINGS, strict=True)
    ]
    return at_once(office, *works)


def test_twenty_spellings_at_once_are_one_holder_and_nineteen_claims(office: Flask) -> None:
    answers = twenty_give_one_number(office)
    assert [one.get("national_id") for one in answers] == ["•••••456"] * 20
    assert holders_and_claims(office) == (1, 19)


def test_without_the_unique_index_everybody_would_hold_it(
    office: Flask, own_database: Urls
) -> None:
    """Negative control: the index, and nothing else, decides."""
    engine = create_engine(own_database.owner)
    with engine.begin() as owner:
        owner.execute(text("ALTER TABLE officer DROP CONSTRAINT uq_officer_national_id_index"))
    engine.dispose()
    twenty_give_one_number(office)
    assert holders_and_claims(office) == (20, 0)


def statements_of(work: Callable[[], Any]) -> tuple[Any, list[str]]:
    """What the work came to, and every statement that it sent."""
    heard: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        ends = statement.startswith(("RELEASE", "ROLLBACK TO"))
        heard.append("the savepoint ends" if ends else statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        return work(), heard
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_a_held_number_and_a_free_one_take_the_same_statements(office: Flask) -> None:
    first, second, third = people(office, 3)
    numbers = {"national_id": ID, "kra_pin": kra_pin("A012345678Z"), "tsc_number": "7654321"}
    free = dict(numbers, national_id="39000456", kra_pin="A098765678Z", tsc_number="1234321")
    with office.app_context():
        giving(first, **numbers)()
        db.session.remove()
        held_answer, held = statements_of(giving(second, **numbers))
        db.session.remove()
        free_answer, sent = statements_of(giving(third, **free))
    assert held_answer == free_answer
    assert held == sent
    with office.app_context(), scoped_as(db.session, NATIONAL):
        kinds = select(IdentityClaim.kind).where(IdentityClaim.officer_id == second)
        assert set(db.session.scalars(kinds)) == {"national_id", "kra_pin", "tsc_number"}


def test_a_number_mended_lets_the_old_one_go(office: Flask) -> None:
    first, second = people(office, 2)
    with office.app_context():
        giving(first, national_id="11111111")()
        giving(first, national_id="22222222")()
        giving(second, national_id="11111111")()
    assert holders_and_claims(office, "11111111") == (1, 0)
    assert holders_and_claims(office, "22222222") == (1, 0)


def test_a_claim_given_up_is_gone(office: Flask) -> None:
    first, second = people(office, 2)
    with office.app_context():
        giving(first, national_id=ID)()
        giving(second, national_id=ID)()
        assert giving(second, national_id="33333789")()["national_id"] == "•••••789"
    assert holders_and_claims(office) == (1, 0)


def test_giving_the_own_number_again_changes_nothing(office: Flask) -> None:
    (first,) = people(office, 1)
    with office.app_context():
        giving(first, national_id=ID)()
        giving(first, national_id=ID)()
    assert holders_and_claims(office) == (1, 0)


def test_a_mobile_number_is_one_officers(office: Flask) -> None:
    """The fourth unique number; its change is a flow of its own."""
    with office.app_context(), scoped_as(db.session, NATIONAL):
        unique = text(
            "SELECT array_agg(conname::text ORDER BY conname) FROM pg_constraint"
            " WHERE conrelid = 'officer'::regclass AND contype = 'u'"
        )
        assert db.session.scalar(unique) == [
            "uq_officer_kra_pin_index",
            "uq_officer_mobile",
            "uq_officer_national_id_index",
            "uq_officer_tsc_number",
        ]
