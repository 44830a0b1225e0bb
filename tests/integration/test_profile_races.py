"""Several connections at one profile: real commits, real locks, nothing lost and nothing seen twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from app.errors import Conflict, TooMany
from app.extensions import db
from app.people.enums import ProfileGroup
from app.people.services import profiles, unmasking, verification
from app.scoping.guard import scoped_as
from tests.factories import world
from tests.factories import world_profiles as cast
from tests.factories.races import at_once
from tests.factories.registers import EVERYTHING, acting_as

DIRECTOR = "tsc.kisumu-east"


def one(office: Flask, column: str, mobile: str) -> Any:
    with office.app_context(), scoped_as(db.session, EVERYTHING):
        statement = f"SELECT {column} FROM officer WHERE mobile = :mobile"
        return world.one(db.session, statement, mobile=mobile)


def saving(office: Flask, group: ProfileGroup, version: int = 0, **typed: str) -> Callable[[], Any]:
    def work() -> Any:
        who = acting_as(cast.VERIFIED)
        return profiles.save_step(
            who.scope,
            who.actor,
            group,
            {name: [value] for name, value in typed.items()},
            version=version,
            vault=office.extensions["vault"],
        )

    return work


def test_two_phones_at_once_and_one_is_told_of_the_other(office: Flask) -> None:
    names = ("Atieno Akinyi", "Awuor Akinyi")
    results = at_once(office, *(saving(office, ProfileGroup.KIN, kin_name=n) for n in names))
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Saved"]
    won = names[[isinstance(result, Conflict) for result in results].index(False)]
    assert one(office, "kin_name", cast.VERIFIED) == won
    assert one(office, "profile_version", cast.VERIFIED) == 1


def test_without_the_version_the_later_phone_wins_unseen(office: Flask) -> None:
    """The negative control: a version from the future is how it would be without the check."""
    names = ("Atieno Akinyi", "Awuor Akinyi")
    works = [saving(office, ProfileGroup.KIN, version=9, kin_name=n) for n in names]
    results = at_once(office, *works)
    assert [type(result).__name__ for result in results] == ["Saved", "Saved"]


def test_two_steps_at_once_are_both_kept(office: Flask) -> None:
    results = at_once(
        office,
        saving(office, ProfileGroup.KIN, kin_name="Atieno Akinyi"),
        saving(office, ProfileGroup.BANK, bank_branch="Nakuru"),
    )
    assert [type(result).__name__ for result in results] == ["Saved", "Saved"]
    assert one(office, "kin_name", cast.VERIFIED) == "Atieno Akinyi"
    assert one(office, "bank_branch", cast.VERIFIED) == "Nakuru"
    groups = set(one(office, "verified_groups", cast.VERIFIED))
    assert {str(group) for group in ProfileGroup} - groups == {"kin", "bank"}


def test_the_same_step_sent_twice_at_once_is_stored_once(office: Flask) -> None:
    work = saving(office, ProfileGroup.KIN, kin_name="Atieno Akinyi")
    results = at_once(office, work, work, work)
    assert {type(result).__name__ for result in results} == {"Saved"}
    assert one(office, "profile_version", cast.VERIFIED) == 1


def submitted_edit(office: Flask) -> Any:
    who = acting_as(cast.SUBMITTED)
    typed = {"bank_branch": ["Nakuru"]}
    vault = office.extensions["vault"]
    return profiles.save_step(
        who.scope, who.actor, ProfileGroup.BANK, typed, version=0, vault=vault
    )


def verifying(office: Flask, *, version: int = 0) -> Any:
    officer_id = one(office, "id", cast.SUBMITTED)
    who = acting_as(DIRECTOR)
    return verification.verify_profiles(who.scope, who.actor, {officer_id: version})


def test_an_edit_during_verification_is_never_verified_unseen(office: Flask) -> None:
    at_once(office, lambda: submitted_edit(office), lambda: verifying(office))
    groups = set(one(office, "verified_groups", cast.SUBMITTED))
    assert one(office, "bank_branch", cast.SUBMITTED) == "Nakuru"
    assert one(office, "state", cast.SUBMITTED) == "submitted"
    assert "bank" not in groups


def test_without_what_was_seen_an_edit_would_be_verified(office: Flask) -> None:
    """The negative control: verified with the version as it is now, the edit passes unseen."""
    with office.app_context():
        submitted_edit(office)
        verifying(office, version=one(office, "profile_version", cast.SUBMITTED))
    assert one(office, "state", cast.SUBMITTED) == "verified"


def test_two_readings_at_once_keep_to_the_limit(office: Flask) -> None:
    with office.app_context():
        who = acting_as(cast.SUBMITTED)
        typed = {"account": ["1234567890"]}
        vault = office.extensions["vault"]
        profiles.save_step(who.scope, who.actor, ProfileGroup.BANK, typed, version=0, vault=vault)
        with scoped_as(db.session, EVERYTHING):
            db.session.execute(db.text("UPDATE unmask_limit SET per_day = 1"))
            db.session.commit()
    officer_id = one(office, "id", cast.SUBMITTED)

    def reading() -> Any:
        director = acting_as(DIRECTOR)
        return unmasking.unmask(
            director.scope,
            director.actor,
            officer_id,
            name="account",
            reason="Compared with the statement.",
            vault=vault,
        )

    results = at_once(office, reading, reading, reading)
    assert sorted(str(result) for result in results if isinstance(result, str)) == ["1234567890"]
    assert sum(isinstance(result, TooMany) for result in results) == 2
