"""A new number for the same account: proved on both telephones, or before the director."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.access import services, sessions
from app.access.models import NumberChange, User
from app.audit.models import Event
from app.errors import NotAllowed, NotFound, NotSignedIn, RuleBroken
from app.messages.services import calls_from
from app.people.models import Officer
from app.places.models import SubCounty
from app.procedures import number_changes as changes
from app.procedures import officer_accounts as accounts
from app.scoping.guard import enter_scope, scoped_as
from app.scoping.scope import NATIONAL, Actor, Scope, sub_county_scope
from tests.factories import world
from tests.factories.texted import NUMBER, code_in, messages_to, one_time_password, texted
from tests.factories.world import PASSWORD

DEVICE = services.Device("Test", "192.0.2.1")
OLD, OTHER = "254712000001", "254712000002"
MOVE = changes.Numbers(OLD, NUMBER)


@pytest.fixture(autouse=True)
def _office_time() -> None:
    world.freeze()


def user(session: Session, name: str) -> Any:
    session.expire_all()
    return session.scalars(select(User).where(User.username == name)).one_or_none()


def actor(session: Session, name: str) -> Actor:
    found = user(session, name)
    roles = frozenset(role.name for role in found.roles)
    return Actor(found.id, found.username, found.first_name, roles, officer_id=found.officer_id)


def scope_of(session: Session, slug: str) -> Scope:
    place = session.scalars(select(SubCounty.id).where(SubCounty.slug == slug)).one()
    return sub_county_scope([place])


def changed(session: Session, mobile: str) -> list[NumberChange]:
    with scoped_as(session, NATIONAL):
        rows = select(NumberChange).where(NumberChange.old_mobile == mobile)
        return list(session.scalars(rows.execution_options(populate_existing=True)))


def ask(session: Session, numbers: changes.Numbers = MOVE) -> changes.Tickets:
    return changes.ask_with_both(session, actor(session, numbers.old), numbers, device=DEVICE)


def typed(session: Session, numbers: changes.Numbers = MOVE) -> changes.Codes:
    new, old = texted(session, numbers.new)[-1], texted(session, numbers.old)[-1]
    return changes.Codes(code_in(new), code_in(old))


def prove(session: Session, tickets: changes.Tickets, given: changes.Codes) -> str:
    return changes.prove_both(session, actor(session, OLD), MOVE, tickets, given, device=DEVICE)


def test_codes_on_both_numbers_move_the_account(session: Session) -> None:
    page = services.sign_in(session, OLD, PASSWORD, device=DEVICE).secret
    before = user(session, OLD)
    user_id, officer_id = before.id, before.officer_id
    tickets = ask(session)
    secret = prove(session, tickets, typed(session))
    account = user(session, NUMBER)
    assert (account.id, account.officer_id) == (user_id, officer_id)
    assert user(session, OLD) is None
    with scoped_as(session, NATIONAL):
        assert session.get(Officer, officer_id).mobile == NUMBER  # type: ignore[union-attr]
        events = session.scalars(select(Event.action).where(Event.officer_id == officer_id))
        assert {"number.asked", "number.changed"} <= set(events)
    assert sessions.find(session, page, sessions.PAGE) is None
    assert sessions.find(session, secret, sessions.PAGE) is not None
    assert (clock.real_now() - account.credentials_changed_at).total_seconds() < 60
    assert services.sign_in(session, "0712 345 678", PASSWORD, device=DEVICE)
    with pytest.raises(NotSignedIn):
        services.sign_in(session, OLD, PASSWORD, device=DEVICE)
    (row,) = changed(session, OLD)
    assert (row.state, row.in_person) == ("made", False)


def test_both_numbers_are_told(session: Session) -> None:
    tickets = ask(session)
    prove(session, tickets, typed(session))
    assert "has moved from this number to 2547*****678" in texted(session, OLD)[-1]
    assert "your account now has this number" in texted(session, NUMBER)[-1]


@pytest.mark.parametrize("lost", ["new", "old"])
def test_one_code_alone_moves_nothing(session: Session, lost: str) -> None:
    tickets = ask(session)
    right = typed(session)
    wrong = "0000 0000"
    given = changes.Codes(
        wrong if lost == "new" else right.new, wrong if lost == "old" else right.old
    )
    with pytest.raises(RuleBroken) as refusal:
        prove(session, tickets, given)
    assert refusal.value.code == "code-wrong"
    assert user(session, OLD)
    assert changed(session, OLD) == []


def test_codes_of_one_move_serve_no_other(session: Session) -> None:
    tickets = ask(session)
    given = typed(session)
    elsewhere = changes.Numbers(OLD, "254712345679")
    with pytest.raises(RuleBroken):
        changes.prove_both(session, actor(session, OLD), elsewhere, tickets, given, device=DEVICE)
    assert user(session, OLD)


def test_codes_of_one_officer_serve_no_other(session: Session) -> None:
    tickets = ask(session)
    with pytest.raises(RuleBroken):
        changes.prove_both(
            session, actor(session, OTHER), MOVE, tickets, typed(session), device=DEVICE
        )
    assert user(session, OLD)
    assert user(session, OTHER)


def test_number_of_somebody_else_gets_a_warning_and_no_code(session: Session) -> None:
    taken = changes.Numbers(OLD, OTHER)
    tickets = ask(session, taken)
    free = ask(session)
    assert {len(tickets.new), len(tickets.old)} == {len(free.new), len(free.old)}
    (words,) = texted(session, OTHER)
    assert "which has one already" in words
    old = code_in(texted(session, OLD)[0])
    with pytest.raises(RuleBroken) as refusal:
        changes.prove_both(
            session,
            actor(session, OLD),
            taken,
            tickets,
            changes.Codes("12345678", old),
            device=DEVICE,
        )
    assert refusal.value.code == "code-wrong"


def test_number_taken_meanwhile_is_refused_in_the_same_words(session: Session) -> None:
    tickets = ask(session)
    given = typed(session)
    accounts.register_number(session, NUMBER, device=DEVICE)
    with pytest.raises(RuleBroken) as refusal:
        prove(session, tickets, given)
    assert refusal.value.code == "code-wrong"
    assert user(session, OLD)
    assert changed(session, OLD) == []


def test_own_number_is_no_new_number(session: Session) -> None:
    with pytest.raises(RuleBroken) as refusal:
        ask(session, changes.Numbers(OLD, OLD))
    assert refusal.value.code == "same-number"


def wait(session: Session, numbers: changes.Numbers = MOVE) -> None:
    tickets = changes.ask_with_new(session, numbers, device=DEVICE)
    code = code_in(texted(session, numbers.new)[-1])
    changes.prove_new(session, numbers, tickets, changes.Codes(code), device=DEVICE)


def test_lost_telephone_waits_for_the_director_and_the_old_number_is_told(
    session: Session,
) -> None:
    wait(session)
    (row,) = changed(session, OLD)
    assert (row.state, row.in_person, row.new_mobile) == ("waiting", True, NUMBER)
    assert "asked your TSC office" in texted(session, OLD)[-1]
    assert user(session, OLD)


def test_asking_again_replaces_what_waits(session: Session) -> None:
    wait(session)
    wait(session, changes.Numbers(OLD, "254712345679"))
    found = {row.new_mobile: row.state for row in changed(session, OLD)}
    assert found == {NUMBER: "refused", "254712345679": "waiting"}
    wait(session, changes.Numbers(OLD, "254712345679"))
    assert len(changed(session, OLD)) == 2


def test_director_never_approves_another_number_than_the_one_looked_at(session: Session) -> None:
    """Somebody who knows the old number asks again while its holder stands at the counter."""
    wait(session)
    (seen,) = changed(session, OLD)
    session.expunge(seen)
    wait(session, changes.Numbers(OLD, "254712345679"))
    with pytest.raises(RuleBroken) as refusal:
        approve(session, "kisumu-east", seen)
    assert refusal.value.code == "not-waiting"
    assert user(session, OLD)
    assert user(session, "254712345679") is None


def test_what_the_old_number_is_told_counts_for_the_address_that_asked(session: Session) -> None:
    tickets = changes.ask_with_new(session, MOVE, device=DEVICE)
    code = code_in(texted(session, NUMBER)[-1])
    calls_from(session, None)
    changes.prove_new(session, MOVE, tickets, changes.Codes(code), device=DEVICE)
    assert messages_to(session, OLD)[-1].caller is not None


def test_unknown_old_number_is_answered_alike_and_puts_nothing_before_anybody(
    session: Session,
) -> None:
    wait(session, changes.Numbers("254799100100", NUMBER))
    assert changed(session, "254799100100") == []


def approve(session: Session, slug: str, row: NumberChange, who: str = "tsc") -> None:
    key, scope = row.id, scope_of(session, slug)
    enter_scope(session, scope)
    changes.approve(scope, actor(session, f"{who}.{slug}"), [key], "Saw the card, ends in 678.")


def test_director_moves_the_account_after_seeing_the_person(session: Session) -> None:
    page = services.sign_in(session, OLD, PASSWORD, device=DEVICE).secret
    wait(session)
    director = user(session, "tsc.kisumu-east").id
    (row,) = changed(session, OLD)
    approve(session, "kisumu-east", row)
    assert user(session, NUMBER)
    assert sessions.find(session, page, sessions.PAGE) is None
    (row,) = changed(session, OLD)
    assert (row.state, row.decided_by, row.reason) == (
        "made",
        director,
        "Saw the card, ends in 678.",
    )
    assert "your account now has this number" in texted(session, NUMBER)[-1]
    accounts.answer_password(session, NUMBER)
    entered = one_time_password(texted(session, NUMBER)[-1])
    assert services.sign_in(session, NUMBER, entered, device=DEVICE)


@pytest.mark.parametrize(
    ("slug", "who", "refusal"),
    [("kisumu-west", "tsc", NotFound), ("kisumu-east", "scde", NotAllowed)],
)
def test_nobody_else_approves(
    session: Session, slug: str, who: str, refusal: type[Exception]
) -> None:
    wait(session)
    (row,) = changed(session, OLD)
    with pytest.raises(refusal):
        approve(session, slug, row, who)
    assert user(session, OLD)


def test_director_is_not_told_whose_number_it_is(session: Session) -> None:
    wait(session)
    accounts.register_number(session, NUMBER, device=DEVICE)
    (row,) = changed(session, OLD)
    with pytest.raises(RuleBroken) as refusal:
        approve(session, "kisumu-east", row)
    assert refusal.value.code == "number-change-impossible"
    (row,) = changed(session, OLD)
    assert row.state == "waiting"


def test_refused_change_is_told_to_the_new_number(session: Session) -> None:
    wait(session)
    (row,) = changed(session, OLD)
    key, scope = row.id, scope_of(session, "kisumu-east")
    enter_scope(session, scope)
    director = actor(session, "tsc.kisumu-east")
    changes.refuse(scope, director, [key], "The card was another person's.")
    assert "was not moved" in texted(session, NUMBER)[-1]
    with pytest.raises(RuleBroken):
        changes.approve(scope, director, [key], "Changed my mind.")
    assert user(session, OLD)


def test_secret_on_its_way_to_the_old_number_dies_with_the_move(session: Session) -> None:
    wait(session)
    accounts.answer_password(session, OLD)
    password = one_time_password(texted(session, OLD)[-1])
    (row,) = changed(session, OLD)
    approve(session, "kisumu-east", row)
    with pytest.raises(NotSignedIn):
        services.sign_in(session, NUMBER, password, device=DEVICE)
