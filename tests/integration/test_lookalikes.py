"""Look-alikes are found through the index, by profile and over everybody, and reviewed once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.db.vault import vault_from
from app.extensions import db
from app.messages.models import Message
from app.people.models import IdentityClaim, Lookalike, Officer
from app.people.services import lookalikes
from app.people.services.identity import LOOK_INTO, give_numbers
from app.places.models import SubCounty
from app.scoping.guard import enter_scope
from app.scoping.scope import system_actor, system_scope

ACTOR = system_actor("test")
EVERYBODY = system_scope("test")


@pytest.fixture
def house(session: Session) -> Session:
    enter_scope(session, EVERYBODY)
    return session


def sub_county(session: Session, slug: str) -> int:
    return session.scalars(select(SubCounty.id).where(SubCounty.slug == slug)).one()


def officer(session: Session, name: str, n: int, **facts: Any) -> Officer:
    facts = {
        "sub_county_id": sub_county(session, "kisumu-east"),
        "year_of_birth": 1988,
        "gender": "female",
        "workstation": "Kasagam Secondary",
        "state": "submitted",
    } | facts
    one = Officer(full_name=name, mobile=f"2547990{n:05d}", **facts)
    session.add(one)
    session.flush()
    return one


def reviews(session: Session, *officers: Officer) -> list[tuple[set[int], str, tuple[str, ...]]]:
    ids = [one.id for one in officers]
    session.expire_all()
    found = session.scalars(
        select(Lookalike)
        .where(Lookalike.officer_id.in_(ids) | Lookalike.other_id.in_(ids))
        .order_by(Lookalike.id)
    )
    return [({one.officer_id, one.other_id}, one.state, tuple(one.reasons)) for one in found]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Dorcas Atieno Ng'ang'a", "Nganga Atieno Dorcas"),
        ("Dorcas Atieno Ng'ang'a", "DORCAS ATIENO NG’ANG’A"),
        ("Dorcas Atieno Wambui-Kamau", "Dorcas Atieno Wambuikamau"),
        ("Dorcas Atieno Wanjiru", "Dorcas Atieno Wanjiiru"),
        ("Dorcas Atieno Wanjiru", "Dorkas Atieno Wanjiru"),
        ("Dorcas Atieno Wanjiru", "Dorcas A. Wanjiru"),
        ("Dorcas Atieno Wanjiru", "D. Atieno Wanjiru"),
        ("Dorcas Atieno Wanjiru", "Dorcas Wanjiru"),
        ("Zoë Atieno Wanjiru", "Zoe Atieno Wanjiru"),
    ],
)
def test_a_second_record_is_found_from_either_side(house: Session, one: str, other: str) -> None:
    first, second = officer(house, one, 1), officer(house, other, 2)
    assert lookalikes.look_for(house, first.id) == 0
    assert lookalikes.look_for(house, second.id) == 1
    assert [found[:2] for found in reviews(house, first)] == [({first.id, second.id}, "open")]
    assert lookalikes.look_for(house, first.id) == 0


def test_another_spelling_of_everything_is_found_by_kin_and_workplace(house: Session) -> None:
    first = officer(house, "Dorcas Atieno Wanjiru", 1, kin_telephone="254711000111")
    second = officer(
        house, "Dorcas Atieno Njeri", 2, kin_telephone="254711000111", year_of_birth=1989
    )
    lookalikes.look_for(house, first.id)
    lookalikes.look_for(house, second.id)
    ((_pair, state, reasons),) = reviews(house, first)
    assert (state, set(reasons)) == (
        "open",
        {"similar_name", "next_year", "same_workplace", "same_kin", "same_sub_county"},
    )


@pytest.mark.parametrize(
    "facts",
    [
        {"year_of_birth": 1971, "workstation": "Maseno School"},
        {"full_name": "Dorcas Akinyi Chebet", "workstation": "Maseno School"},
        {"merged_into_id": 1},
    ],
)
def test_somebody_else_is_left_alone(house: Session, facts: dict[str, Any]) -> None:
    first = officer(house, "Dorcas Atieno Wanjiru", 1)
    facts = dict(facts)
    second = officer(house, facts.pop("full_name", "Dorcas Atieno Wanjiru"), 2, **facts)
    lookalikes.look_for(house, first.id)
    lookalikes.look_for(house, second.id)
    assert reviews(house, first) == []


def test_different_people_are_not_proposed_again(house: Session) -> None:
    first, second = (
        officer(house, "Dorcas Atieno Wanjiru", 1),
        officer(house, "Dorcas A. Wanjiru", 2),
    )
    lookalikes.look_for(house, first.id)
    lookalikes.look_for(house, second.id)
    house.execute(text("UPDATE lookalike SET state = 'dismissed'"))
    second.full_name = "Dorcas Atieno Wanjiru"
    lookalikes.look_for(house, second.id)
    lookalikes.look_among_everybody(house)
    assert [state for _pair, state, _reasons in reviews(house, first)] == ["dismissed"]


def test_a_number_given_twice_opens_a_dismissed_review_again(house: Session) -> None:
    first, second = (
        officer(house, "Dorcas Atieno Wanjiru", 1),
        officer(house, "Dorcas A. Wanjiru", 2),
    )
    lookalikes.look_for(house, first.id)
    house.execute(text("UPDATE lookalike SET state = 'dismissed'"))
    claimed(house, first, second)
    ((_pair, state, reasons),) = reviews(house, first)
    assert (state, "national_id" in reasons) == ("open", True)


def claimed(session: Session, first: Officer, second: Officer) -> None:
    """The second gives the first one's identity number, and the job has looked into it."""
    vault = db.session().info["vault"]
    for one in (first, second):
        give_numbers(session, ACTOR, one, vault, {"national_id": "28123456"})
    lookalikes.look_into_numbers(session, second.id)


def test_a_number_given_twice_is_reviewed_and_its_holder_told(house: Session) -> None:
    first = officer(house, "Dorcas Atieno Wanjiru", 1)
    second = officer(
        house, "Ibrahim Abdi Hassan", 2, sub_county_id=sub_county(house, "kisumu-west")
    )
    claimed(house, first, second)
    assert reviews(house, first) == [({first.id, second.id}, "open", ("national_id",))]
    told = house.scalars(select(Message).where(Message.kind == "identity")).all()
    assert [one.number for one in told] == [first.mobile]
    body = house.info["vault"].unseal(told[0].body, context="message.body")
    assert "ending in 456 was given in another registration" in body
    assert not {"Ibrahim", "Abdi", "Hassan", second.mobile, "28123456"} & set(body.split())
    lookalikes.look_into_numbers(house, second.id)
    assert len(house.scalars(select(Message).where(Message.kind == "identity")).all()) == 1


def test_a_claim_becomes_the_claimants_when_the_number_is_let_go(house: Session) -> None:
    first, second = officer(house, "Dorcas Atieno Wanjiru", 1), officer(house, "Abdi Hassan", 2)
    claimed(house, first, second)
    assert lookalikes.settle_free_claims(house) == 0
    give_numbers(house, ACTOR, first, house.info["vault"], {"national_id": "39000001"})
    settled = lookalikes.settle_free_claims(house)
    assert (settled, second.national_id_last) == (1, "456")
    open_claims = select(IdentityClaim).where(
        IdentityClaim.officer_id == second.id, IdentityClaim.settled_at.is_(None)
    )
    assert house.scalars(open_claims).all() == []


def test_of_two_claimants_a_person_decides(house: Session) -> None:
    first, second, third = (officer(house, name, n) for n, name in enumerate(("A B", "C D", "E F")))
    claimed(house, first, second)
    give_numbers(house, ACTOR, third, house.info["vault"], {"national_id": "28123456"})
    give_numbers(house, ACTOR, first, house.info["vault"], {"national_id": "39000001"})
    assert lookalikes.settle_free_claims(house) == 0
    assert (second.national_id_last, third.national_id_last) == (None, None)


def test_everybody_is_looked_through_also_across_sub_counties(house: Session) -> None:
    first = officer(house, "Dorcas Atieno Wanjiru", 1)
    second = officer(
        house, "Wanjiru Dorcas Atieno", 2, sub_county_id=sub_county(house, "kisumu-west")
    )
    steps: list[tuple[int, int]] = []
    found = lookalikes.look_among_everybody(house, lambda done, of: steps.append((done, of)))
    assert ({first.id, second.id}, "open", ("name", "same_workplace", "same_year")) in reviews(
        house, first
    )
    assert found >= 1
    assert steps[-1][0] == steps[-1][1]
    assert lookalikes.look_among_everybody(house) == 0


def test_a_move_takes_the_review_along(house: Session) -> None:
    first = officer(house, "Dorcas Atieno Wanjiru", 1)
    second = officer(house, "Wanjiru Dorcas Atieno", 2)
    claimed(house, first, second)
    west = sub_county(house, "kisumu-west")
    second.sub_county_id = west
    house.flush()
    house.expire_all()
    case = house.scalars(select(Lookalike).where(Lookalike.other_id == second.id)).one()
    claim = house.scalars(select(IdentityClaim).where(IdentityClaim.officer_id == second.id)).one()
    assert (case.other_sub_county_id, claim.sub_county_id) == (west, west)


def test_without_the_index_entries_nobody_is_found(house: Session) -> None:
    """Negative control: it is the index that finds, not a look through the table."""
    first, second = (
        officer(house, "Dorcas Atieno Wanjiru", 1),
        officer(house, "Dorcas A. Wanjiru", 2),
    )
    lookalikes.look_for(house, first.id)
    house.execute(text("DELETE FROM name_key"))
    assert lookalikes.look_for(house, second.id) == 0


def test_a_profile_waits_for_nothing(house: Session) -> None:
    """Looking is a job: the page that submits a profile only puts it on the queue."""
    one = officer(house, "Dorcas Atieno Wanjiru", 1)
    lookalikes.check_lookalikes(house, one)
    lookalikes.check_lookalikes(house, one)
    give_numbers(house, ACTOR, one, vault_from("a", "b"), {"national_id": "28123456"})
    jobs = text("SELECT task_name FROM procrastinate_jobs WHERE args ->> 'officer_id' = :id")
    found = sorted(house.scalars(jobs, {"id": str(one.id)}))
    assert found == sorted([lookalikes.LOOK, LOOK_INTO])
