"""Accounts and their sessions: who may hand out what, and what ends everything."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock
from app.access import limits, passwords, services, sessions
from app.access.models import SignInCounter, SignInSession, User
from app.audit.models import Event
from app.errors import Conflict, NotAllowed, NotFound, NotSignedIn, RuleBroken, TooMany
from app.people.models import CentreLogin
from app.places.models import SubCounty
from app.scoping.guard import enter_scope, scoped_as
from app.scoping.scope import NATIONAL, Actor, Scope, sub_county_scope
from tests.factories import world
from tests.factories.world import CENTRE, NEXT_DOOR, PASSWORD

HERE, THERE = f"KCSE{CENTRE}", f"KCSE{NEXT_DOOR}"
DEVICE = services.Device("Test", "192.0.2.1")


def user(session: Session, username: str) -> Any:
    return session.scalars(select(User).where(User.username == username)).one()


def actor(session: Session, username: str) -> Actor:
    found = user(session, username)
    roles = frozenset(role.name for role in found.roles)
    return Actor(found.id, found.username, found.first_name, roles)


@pytest.fixture
def east(session: Session) -> Scope:
    place = session.scalars(select(SubCounty.id).where(SubCounty.slug == "kisumu-east")).one()
    return sub_county_scope([place])


def sign_in(session: Session, username: str, password: str = PASSWORD, **how: Any) -> Any:
    return services.sign_in(session, username, password, device=how.pop("device", DEVICE), **how)


def counts(session: Session, secret: str, kind: str = sessions.PAGE) -> bool:
    return sessions.find(session, secret, kind) is not None


def test_right_password_opens_a_session_and_renews_an_old_hash(session: Session) -> None:
    old = user(session, HERE).password
    entered = sign_in(session, HERE.lower())
    assert counts(session, entered.secret)
    assert user(session, HERE).password != old
    assert not passwords.is_outdated(user(session, HERE).password)
    with scoped_as(session, NATIONAL):
        login = session.scalars(select(CentreLogin).where(CentreLogin.username == HERE)).one()
        assert login.last_sign_in_at is not None


def test_cookie_secret_is_not_stored(session: Session) -> None:
    secret = sign_in(session, HERE).secret
    stored = session.execute(text("SELECT s::text FROM sign_in_session s")).scalars().all()
    assert stored
    assert not [row for row in stored if secret in row]


@pytest.mark.parametrize("name", ["nobody.here", HERE, "a\0b", ""])
def test_every_failure_is_the_same(session: Session, name: str) -> None:
    before = passwords.tally["checked"]
    with pytest.raises(NotSignedIn) as refusal:
        sign_in(session, name, "wrong")
    assert refusal.value.code == "sign-in-failed"
    assert passwords.tally["checked"] == before + 1


def test_closed_account_fails_like_a_wrong_password(session: Session) -> None:
    user(session, HERE).active = False
    session.commit()
    with pytest.raises(NotSignedIn) as refusal:
        sign_in(session, HERE)
    assert refusal.value.code == "sign-in-failed"


def test_eleventh_failure_is_refused_before_any_hashing(session: Session) -> None:
    for _ in range(limits.LIMITS["account"]):
        with pytest.raises(NotSignedIn):
            sign_in(session, HERE, "wrong")
    before = passwords.tally["checked"]
    with pytest.raises(TooMany) as refusal:
        sign_in(session, HERE)
    assert passwords.tally["checked"] == before
    assert 1 <= refusal.value.facts["retry_after"] <= 600  # type: ignore[operator]
    key = f"account:{limits.account_key(HERE)}"
    assert session.scalars(select(SignInCounter.tries).where(SignInCounter.key == key)).all()


def test_known_device_is_not_shut_out_by_a_stranger(session: Session) -> None:
    for _ in range(limits.LIMITS["account"] + 1):
        with pytest.raises((NotSignedIn, TooMany)):
            sign_in(session, HERE, "wrong", device=services.Device("T", "198.51.100.9"))
    assert sign_in(session, HERE, device=services.Device("T", "192.0.2.1", known=True))
    with pytest.raises(TooMany):
        sign_in(session, HERE)


def test_success_gives_its_try_back(session: Session) -> None:
    for _ in range(limits.LIMITS["account"] + 2):
        sign_in(session, HERE)
    key = f"account:{limits.account_key(HERE)}"
    tries = session.scalars(select(SignInCounter.tries).where(SignInCounter.key == key)).all()
    assert set(tries) == {0}


def test_address_is_limited_over_all_accounts(session: Session, monkeypatch: Any) -> None:
    monkeypatch.setitem(limits.LIMITS, "address", 3)
    for number in range(3):
        with pytest.raises(NotSignedIn):
            sign_in(session, f"guess{number}", "wrong")
    with pytest.raises(TooMany):
        sign_in(session, HERE)
    assert sign_in(session, HERE, device=services.Device("Test", "192.0.2.99"))


def test_everybody_together_is_limited(session: Session, monkeypatch: Any) -> None:
    monkeypatch.setitem(limits.LIMITS, "everybody", 2)
    for number in range(2):
        with pytest.raises(NotSignedIn):
            sign_in(
                session, f"guess{number}", "wrong", device=services.Device("T", f"192.0.2.{number}")
            )
    with pytest.raises(TooMany):
        sign_in(session, HERE, device=services.Device("T", "192.0.2.77"))


def test_typed_names_and_addresses_are_not_kept(session: Session) -> None:
    with pytest.raises(NotSignedIn):
        sign_in(session, "my secret typed here", "wrong")
    kept = " ".join(session.scalars(select(SignInCounter.key)))
    assert "secret" not in kept
    assert "192.0.2.1" not in kept


def age(session: Session, secret: str, **values: dt.datetime) -> None:
    row = session.get(SignInSession, sessions.id_of(secret))
    for name, value in values.items():
        setattr(row, name, value)
    session.commit()


def test_idle_session_ends_after_30_minutes(session: Session) -> None:
    secret = sign_in(session, "scde.kisumu-east").secret
    now = clock.real_now()
    age(session, secret, last_seen_at=now - dt.timedelta(minutes=29))
    assert counts(session, secret)
    age(session, secret, last_seen_at=now - dt.timedelta(minutes=31))
    assert not counts(session, secret)


def test_session_ends_after_12_hours_whatever_happens(session: Session) -> None:
    secret = sign_in(session, "scde.kisumu-east", keep=True).secret
    row = session.get(SignInSession, sessions.id_of(secret))
    assert row is not None
    assert row.expires_at - row.created_at == sessions.LONGEST
    age(session, secret, expires_at=clock.real_now())
    assert not counts(session, secret)


def test_centre_device_is_kept_for_the_season_only_when_ticked(session: Session) -> None:
    world.freeze()
    assert not sign_in(session, HERE).season_long
    kept = sign_in(session, HERE, keep=True)
    assert kept.season_long
    row = session.get(SignInSession, sessions.id_of(kept.secret))
    assert row is not None
    season = dt.timedelta(days=(dt.date(2026, 11, 19) - world.TODAY).days) + sessions.AFTER_SEASON
    assert abs(row.expires_at - clock.real_now() - season) < dt.timedelta(minutes=1)
    age(session, kept.secret, last_seen_at=clock.real_now() - dt.timedelta(days=2))
    assert counts(session, kept.secret)


def test_issued_password_works_once_and_ends_everything(session: Session, east: Scope) -> None:
    page = sign_in(session, HERE).secret
    token = services.issue_token(session, HERE, PASSWORD, device=DEVICE)
    director = actor(session, "tsc.kisumu-east")
    new = services.issue_password(session, east, director, user(session, HERE).id)
    assert not counts(session, page)
    assert not counts(session, token, sessions.TOKEN)
    with pytest.raises(NotSignedIn):
        sign_in(session, HERE)
    assert sign_in(session, HERE, new).must_change_password
    with pytest.raises(NotAllowed) as refusal:
        services.issue_token(session, HERE, new, device=DEVICE)
    assert refusal.value.code == "must-change-password"
    enter_scope(session, east)
    event = session.scalars(select(Event).where(Event.action == "password.issued")).one()
    assert (event.entity_id, event.actor_id) == (str(user(session, HERE).id), director.user_id)
    login = session.scalars(select(CentreLogin).where(CentreLogin.username == HERE)).one()
    assert login.issued_by == director.user_id


@pytest.mark.parametrize(
    ("who", "whose", "refusal"),
    [
        ("tsc.kisumu-east", THERE, NotFound),
        ("tsc.kisumu-east", "admin", NotFound),
        ("tsc.kisumu-east", "scde.kisumu-east", NotFound),
        ("scde.kisumu-east", HERE, NotAllowed),
    ],
)
def test_nobody_issues_passwords_beyond_their_own(
    session: Session, east: Scope, who: str, whose: str, refusal: type[Exception]
) -> None:
    stored = user(session, whose).password
    with pytest.raises(refusal):
        services.issue_password(session, east, actor(session, who), user(session, whose).id)
    assert user(session, whose).password == stored


def test_monitor_of_the_nation_issues_no_password(session: Session) -> None:
    with pytest.raises(NotAllowed):
        services.issue_password(
            session, NATIONAL, actor(session, "monitor"), user(session, HERE).id
        )


def test_closing_an_account_ends_everything_at_once(session: Session, east: Scope) -> None:
    page = sign_in(session, HERE).secret
    director = actor(session, "tsc.kisumu-east")
    services.deactivate(session, east, director, user(session, HERE).id, reason="closed")
    assert not counts(session, page)
    with pytest.raises(NotSignedIn):
        sign_in(session, HERE)
    services.activate(session, east, director, user(session, HERE).id)
    assert not counts(session, page)
    assert sign_in(session, HERE)


def test_nobody_closes_their_own_account(session: Session) -> None:
    admin = actor(session, "admin")
    with pytest.raises(RuleBroken):
        services.deactivate(session, NATIONAL, admin, admin.user_id or 0)


def test_changed_roles_end_sessions_and_are_written_down(session: Session) -> None:
    page = sign_in(session, "monitor").secret
    monitor = user(session, "monitor").id
    services.change_roles(
        session, NATIONAL, actor(session, "admin"), monitor, ["KNEC Payments Clerk"]
    )
    assert not counts(session, page)
    enter_scope(session, NATIONAL)
    event = session.scalars(select(Event).where(Event.action == "user.roles")).one()
    assert (event.before, event.after) == (["KNEC Monitor"], ["KNEC Payments Clerk"])


@pytest.mark.parametrize("role", ["Centre Manager", "Admin", "Public", "Nonsense"])
def test_roles_that_are_not_given_to_accounts_are_refused(session: Session, role: str) -> None:
    monitor = user(session, "monitor").id
    with pytest.raises(RuleBroken):
        services.change_roles(session, NATIONAL, actor(session, "admin"), monitor, [role])


def test_created_account_signs_in_with_its_one_time_password(session: Session) -> None:
    admin = actor(session, "admin")
    made = {"username": "new.monitor", "name": "Wanjiru Kamau", "roles": ["KNEC Monitor"]}
    _, new = services.create_account(session, NATIONAL, admin, **made)
    assert sign_in(session, "New.Monitor", new).must_change_password
    with pytest.raises(Conflict) as refusal:
        services.create_account(session, NATIONAL, admin, **(made | {"username": "NEW.monitor"}))
    assert refusal.value.field == "username"
    with pytest.raises(NotAllowed):
        services.create_account(
            session, NATIONAL, actor(session, "monitor"), **(made | {"username": "other"})
        )


def change(session: Session, who: Actor, **form: str) -> str:
    form = {"old": PASSWORD, "new": "mango ndizi embe", "again": "mango ndizi embe"} | form
    return services.change_own_password(session, who, device=DEVICE, **form)


def test_own_password_needs_the_old_one(session: Session) -> None:
    who = actor(session, "monitor")
    with pytest.raises(RuleBroken) as refusal:
        change(session, who, old="wrong")
    assert refusal.value.field == "old_password"
    with pytest.raises(RuleBroken) as refusal:
        change(session, who, new="kcse2026", again="other")
    assert [one.field for one in refusal.value.problems] == ["new_password", "again"]


def test_own_new_password_ends_other_sessions_and_opens_one(session: Session) -> None:
    elsewhere = sign_in(session, "monitor").secret
    here = change(session, actor(session, "monitor"))
    assert not counts(session, elsewhere)
    assert counts(session, here)
    assert sign_in(session, "monitor", "mango ndizi embe")


def test_guessing_the_old_password_is_limited_too(session: Session) -> None:
    who = actor(session, "monitor")
    for _ in range(limits.LIMITS["account"]):
        with pytest.raises(RuleBroken):
            change(session, who, old="wrong")
    with pytest.raises(TooMany):
        change(session, who)


def test_one_may_not_end_the_session_of_another(session: Session) -> None:
    secret = sign_in(session, HERE).secret
    with pytest.raises(NotFound):
        services.end_own_session(session, actor(session, "monitor"), sessions.id_of(secret))
    assert counts(session, secret)


def test_signing_out_elsewhere_keeps_this_device(session: Session) -> None:
    here, there = sign_in(session, HERE).secret, sign_in(session, HERE).secret
    me = actor(session, HERE)
    me = Actor(me.user_id, me.username, me.name, me.roles, session_id=sessions.id_of(here))
    services.end_other_sessions(session, me)
    assert counts(session, here)
    assert not counts(session, there)


def test_sign_in_finds_the_account_by_index(app: Flask, session: Session) -> None:
    session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = session.execute(
        text("EXPLAIN SELECT id FROM ab_user WHERE lower(username) = 'monitor'")
    ).scalars()
    assert "uq_ab_user_username_lower" in " ".join(plan)
