"""Twenty at once with one number: real commits, one officer, one account, one use of a secret."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select

from app import factory
from app.access import services
from app.access.models import User
from app.errors import NotSignedIn, RuleBroken
from app.extensions import db
from app.people import formats
from app.people.models import Officer
from app.procedures import number_changes as changes
from app.procedures import officer_accounts as accounts
from app.scoping.guard import scoped_as
from app.scoping.scope import NATIONAL, Actor
from tests.databases import Urls, test_settings
from tests.factories import world
from tests.factories.races import patient
from tests.factories.texted import NUMBER, SPELLINGS, code_in, one_time_password, texted

DEVICE = services.Device("Test", "192.0.2.1")
KNOWN, OTHER = "254712000001", "254712000002"


@pytest.fixture
def office(own_database: Urls, tmp_path: Path, monkeypatch: Any) -> Iterator[Flask]:
    """The house without doors on a database of its own, with a connection for each of twenty
    threads; asking is not limited here."""
    monkeypatch.setitem(services.limits.LIMITS, "asks of a number", 1000)
    configuration = factory._configuration

    def roomy(*given: Any) -> dict[str, Any]:
        settings = configuration(*given)
        settings["SQLALCHEMY_ENGINE_OPTIONS"] |= {"pool_size": 24}
        return settings

    monkeypatch.setattr(factory, "_configuration", roomy)
    flask_app = patient(factory.build_app(test_settings(own_database, tmp_path)))
    world.freeze()
    yield flask_app
    with flask_app.app_context():
        db.engine.dispose()


def at_once(office: Flask, works: list[Callable[[], Any]]) -> list[Any]:
    """What each work came to, all begun at the same moment on a connection of their own."""
    begin = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(number: int, work: Callable[[], Any]) -> None:
        with office.app_context():
            begin.wait(timeout=20)
            try:
                results[number] = work()
            except Exception as error:  # noqa: BLE001 (every outcome is looked at)
                results[number] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def count(urls: Urls, statement: str) -> int:
    with psycopg.connect(urls.owner.replace("+psycopg", "")) as owner:
        row = owner.execute(statement).fetchone()
    assert row
    return int(row[0])


def registering(spelling: str) -> Callable[[], Any]:
    def work() -> None:
        accounts.register_number(db.session, formats.mobile(spelling), device=DEVICE)

    return work


def test_twenty_spellings_from_twenty_threads_make_one(office: Flask, own_database: Urls) -> None:
    results = at_once(office, [registering(one) for one in SPELLINGS])
    assert results == [None] * len(SPELLINGS)
    assert count(own_database, f"SELECT count(*) FROM officer WHERE mobile = '{NUMBER}'") == 1
    assert count(own_database, f"SELECT count(*) FROM ab_user WHERE username = '{NUMBER}'") == 1
    roles = "SELECT count(*) FROM ab_user_role r JOIN ab_user u ON u.id = r.user_id"
    assert count(own_database, f"{roles} WHERE u.username = '{NUMBER}'") == 1
    with office.app_context():
        said = texted(db.session, NUMBER)
        assert len(said) == 1
        password = one_time_password(said[0])
        assert services.sign_in(db.session, NUMBER, password, device=DEVICE)


def test_without_the_unique_constraint_there_would_be_several(
    office: Flask, own_database: Urls
) -> None:
    """Negative control: a service that looks first and stores afterwards makes doubles."""
    with psycopg.connect(own_database.owner.replace("+psycopg", "")) as owner:
        owner.execute("ALTER TABLE officer DROP CONSTRAINT uq_officer_mobile")
    looked = threading.Barrier(5)

    def careless() -> None:
        with scoped_as(db.session, NATIONAL):
            found = db.session.scalars(select(Officer).where(Officer.mobile == NUMBER)).first()
            looked.wait(timeout=20)
            if found is None:
                db.session.add(Officer(mobile=NUMBER, full_name=""))
                db.session.commit()

    at_once(office, [careless] * 5)
    assert count(own_database, f"SELECT count(*) FROM officer WHERE mobile = '{NUMBER}'") == 5


def test_one_time_password_opens_one_session_of_many(office: Flask) -> None:
    with office.app_context():
        accounts.register_number(db.session, NUMBER, device=DEVICE)
        password = one_time_password(texted(db.session, NUMBER)[0])

    def enter() -> Any:
        return services.sign_in(db.session, NUMBER, password, device=DEVICE)

    results = at_once(office, [enter] * 4)
    assert sorted(type(one).__name__ for one in results) == [
        *["NotSignedIn"] * 3,
        "SignedIn",
    ], [one for one in results if not isinstance(one, NotSignedIn)]


def test_code_resets_once_of_many(office: Flask) -> None:
    with office.app_context():
        ticket = accounts.ask_code(db.session, KNOWN, device=DEVICE)
        code = code_in(texted(db.session, KNOWN)[-1])

    def reset(number: int) -> Callable[[], Any]:
        chosen = f"mango ndizi embe {number}"
        given = accounts.NewPassword(ticket, code, chosen, chosen)
        return lambda: accounts.reset_with_code(db.session, KNOWN, given, device=DEVICE)

    results = at_once(office, [reset(n) for n in range(4)])
    assert [one.code for one in results if isinstance(one, RuleBroken)] == ["code-wrong"] * 3
    assert len([one for one in results if isinstance(one, services.SignedIn)]) == 1


def test_wrong_tries_at_once_are_all_counted(office: Flask, own_database: Urls) -> None:
    with office.app_context():
        ticket = accounts.ask_code(db.session, KNOWN, device=DEVICE)
        code = code_in(texted(db.session, KNOWN)[-1])
    wrong = accounts.NewPassword(ticket, "00000000", "mango ndizi embe", "mango ndizi embe")
    right = accounts.NewPassword(ticket, code, "mango ndizi embe", "mango ndizi embe")

    def guess(given: accounts.NewPassword) -> Callable[[], Any]:
        return lambda: accounts.reset_with_code(db.session, KNOWN, given, device=DEVICE)

    at_once(office, [guess(wrong)] * 8)
    assert count(own_database, "SELECT max(tries) FROM one_time_code") == 5
    (last,) = at_once(office, [guess(right)])
    assert isinstance(last, RuleBroken)


def test_two_officers_after_one_number_and_one_gets_it(office: Flask, own_database: Urls) -> None:
    def prepared(old: str) -> Callable[[], Any]:
        user: Any = db.session.scalars(select(User).where(User.username == old)).one()
        who = Actor(user.id, old, old, frozenset({"Officer"}), officer_id=user.officer_id)
        numbers = changes.Numbers(old, NUMBER)
        tickets = changes.ask_with_both(db.session, who, numbers, device=DEVICE)
        new, own = texted(db.session, NUMBER)[-1], texted(db.session, old)[-1]
        given = changes.Codes(code_in(new), code_in(own))
        return lambda: changes.prove_both(db.session, who, numbers, tickets, given, device=DEVICE)

    with office.app_context():
        works = [prepared(KNOWN), prepared(OTHER)]
    results = at_once(office, works)
    refused = [one for one in results if isinstance(one, RuleBroken)]
    assert [one.code for one in refused] == ["code-wrong"], results
    assert count(own_database, f"SELECT count(*) FROM officer WHERE mobile = '{NUMBER}'") == 1
    assert count(own_database, f"SELECT count(*) FROM ab_user WHERE username = '{NUMBER}'") == 1
    left = f"SELECT count(*) FROM ab_user WHERE username IN ('{KNOWN}', '{OTHER}')"
    assert count(own_database, left) == 1


def test_registering_and_moving_to_one_number_at_once_makes_one(
    office: Flask, own_database: Urls
) -> None:
    with office.app_context():
        user: Any = db.session.scalars(select(User).where(User.username == KNOWN)).one()
        who = Actor(user.id, KNOWN, KNOWN, frozenset({"Officer"}), officer_id=user.officer_id)
        numbers = changes.Numbers(KNOWN, NUMBER)
        tickets = changes.ask_with_both(db.session, who, numbers, device=DEVICE)
        new, own = texted(db.session, NUMBER)[-1], texted(db.session, KNOWN)[-1]
        given = changes.Codes(code_in(new), code_in(own))

    def move() -> Any:
        return changes.prove_both(db.session, who, numbers, tickets, given, device=DEVICE)

    results = at_once(office, [move, registering(NUMBER)])
    assert results[1] is None, results
    assert count(own_database, f"SELECT count(*) FROM ab_user WHERE username = '{NUMBER}'") == 1
    assert count(own_database, f"SELECT count(*) FROM officer WHERE mobile = '{NUMBER}'") == 1
    moved = not isinstance(results[0], RuleBroken)
    old = count(own_database, f"SELECT count(*) FROM ab_user WHERE username = '{KNOWN}'")
    assert old == (0 if moved else 1)


def test_database_keeps_one_account_of_a_number(own_database: Urls) -> None:
    with psycopg.connect(own_database.owner.replace("+psycopg", "")) as owner:
        for statement in (
            f"INSERT INTO officer (mobile) VALUES ('{KNOWN}')",
            f"INSERT INTO ab_user (first_name, last_name, username) VALUES ('', '', '{KNOWN}')",
        ):
            with pytest.raises(psycopg.errors.UniqueViolation), owner.transaction():
                owner.execute(statement)
