"""Letters are issued with a publication, numbered without a gap, and never changed silently."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.deployments.models import Deployment
from app.errors import IllegalMove, NotFound, RuleBroken
from app.letters import services
from app.letters.content import content_from, identity_digest
from app.letters.enums import LetterAct
from app.letters.models import Letter, LetterMove, LetterSerial, LetterTemplate
from app.letters.queries import content_of
from app.people.models import Officer
from app.permissions import Role
from app.places.models import Centre, SubCounty
from app.procedures import duties as procedures
from app.procedures import letters as rewriting
from app.scoping.guard import enter_scope, scoped_as
from app.scoping.scope import NATIONAL, Actor, sub_county_scope, system_actor, system_scope
from tests.databases import Urls
from tests.factories import world


def director(session: Session, slug: str = "kisumu-east") -> tuple[Any, Actor]:
    """The scope and actor of a TSC director; the session works under that scope."""
    with scoped_as(session, NATIONAL):
        place = session.scalar(select(SubCounty.id).where(SubCounty.slug == slug))
    scope = sub_county_scope([place])
    enter_scope(session, scope)
    roles = frozenset({str(Role.TSC_DIRECTOR)})
    return scope, Actor(None, f"tsc.{slug}", "Director", roles)


def on_duty(session: Session, role: str = "invigilator", code: str = world.CENTRE) -> Deployment:
    """A published deployment of a role at a centre."""
    found: Deployment = session.scalars(
        select(Deployment)
        .join(Centre, Centre.id == Deployment.centre_id)
        .where(Centre.code == code, Deployment.role.has(code=role))
        .order_by(Deployment.id)
    ).first()
    return found


def letter_of(session: Session, deployment_id: int) -> Letter:
    """The newest letter of a deployment."""
    found: Letter = session.scalars(
        select(Letter)
        .where(Letter.deployment_id == deployment_id)
        .order_by(Letter.version.desc())
        .execution_options(populate_existing=True)
    ).first()
    return found


def test_every_published_deployment_of_the_world_has_one_valid_letter(session: Session) -> None:
    enter_scope(session, NATIONAL)
    without = session.scalars(
        select(Deployment.id).where(
            Deployment.status.in_(("published", "accepted")),
            ~select(Letter.id)
            .where(Letter.deployment_id == Deployment.id, Letter.state == "valid")
            .exists(),
        )
    ).all()
    assert without == []


def test_letter_says_what_the_deployment_is_and_no_identity_number(session: Session) -> None:
    director(session)
    deployment = on_duty(session)
    letter = letter_of(session, deployment.id)
    content = content_of(letter)
    assert (content.name, content.centre_code, content.role) == (
        deployment.officer.full_name,
        world.CENTRE,
        "Invigilator",
    )
    assert (content.first_day, content.last_day, content.days, content.rate) == (
        deployment.starts_on,
        deployment.ends_on,
        23,
        550,
    )
    assert letter.reference == f"KNEC/GEN/EA/FA/SI/APP/KCSE/INVIGILATOR/2026/{letter.serial:07d}"
    stored = str(letter.content)
    assert deployment.officer.tsc_number not in stored
    assert set(letter.content) == set(content_from(letter.content).plain())
    assert "national" not in stored


def test_serials_of_a_role_in_a_series_have_no_gap(session: Session) -> None:
    enter_scope(session, NATIONAL)
    rows = session.execute(
        select(Letter.series_id, Letter.role_id, Letter.serial).order_by(
            Letter.series_id, Letter.role_id, Letter.serial
        )
    ).all()
    by_queue: dict[tuple[int, int], list[int]] = {}
    for series_id, role_id, serial in rows:
        by_queue.setdefault((series_id, role_id), []).append(serial)
    assert {key: list(range(1, len(found) + 1)) for key, found in by_queue.items()} == by_queue
    last = {(one.series_id, one.role_id): one.last for one in session.scalars(select(LetterSerial))}
    assert last == {key: len(found) for key, found in by_queue.items()}


def test_template_of_the_role_speaks_before_the_general_one(session: Session) -> None:
    enter_scope(session, NATIONAL)
    invigilator = letter_of(session, on_duty(session).id)
    supervisor = letter_of(session, on_duty(session, "supervisor").id)
    assert invigilator.template.subject.startswith("DUTY OF")
    assert supervisor.template.subject.startswith("APPOINTMENT AS")
    assert invigilator.template_sw.role_id is None


def test_publishing_makes_the_letter_in_the_same_act(session: Session) -> None:
    scope, actor = director(session)
    deployment = _proposed(session, scope)
    procedures.publish_deployments(scope, actor, [deployment.id])
    letter = letter_of(session, deployment.id)
    assert (letter.version, letter.state) == (1, "valid")
    moves = session.scalars(select(LetterMove).where(LetterMove.letter_id == letter.id)).all()
    assert [(one.act, one.actor_name) for one in moves] == [("issued", "Director")]


def test_publication_that_cannot_make_its_letter_publishes_nothing(session: Session) -> None:
    scope, actor = director(session)
    deployment = _proposed(session, scope)
    session.execute(text("UPDATE letter_template SET effective_to = '2026-01-02'"))
    session.commit()
    pk = deployment.id
    with pytest.raises(RuleBroken) as refused:
        procedures.publish_deployments(scope, actor, [pk])
    assert refused.value.code == "no-letter-template"
    assert session.get(Deployment, pk).status == "proposed"
    assert letter_of(session, pk) is None


def test_withdrawing_a_deployment_withdraws_its_letter(session: Session) -> None:
    scope, actor = director(session)
    deployment = on_duty(session)
    procedures.withdraw_deployments(scope, actor, [deployment.id], "Ill")
    letter = letter_of(session, deployment.id)
    assert letter.state == "withdrawn"
    last = session.scalars(
        select(LetterMove).where(LetterMove.letter_id == letter.id).order_by(LetterMove.id.desc())
    ).first()
    assert (last.act, last.reason) == ("withdrawn", "Ill")


def test_letter_written_anew_keeps_its_serial_and_replaces_the_one_before(session: Session) -> None:
    scope, actor = director(session)
    deployment = on_duty(session)
    old = letter_of(session, deployment.id)
    old_id, serial, words = old.id, old.serial, dict(old.content)
    deployment.officer.full_name = "Achieng Otieno Barasa"
    session.flush()
    rewriting.reissue_letters(scope, actor, [old_id], "Name corrected")
    new = letter_of(session, deployment.id)
    assert (new.serial, new.version, new.state) == (serial, 2, "valid")
    assert new.content["name"] == "Achieng Otieno Barasa"
    session.expire_all()
    before = session.get(Letter, old_id)
    assert (before.state, before.content) == ("replaced", words)
    assert new.code != before.code


def test_ended_letter_is_not_written_anew(session: Session) -> None:
    scope, actor = director(session)
    deployment = on_duty(session)
    letter_id = letter_of(session, deployment.id).id
    procedures.withdraw_deployments(scope, actor, [deployment.id], "Ill")
    with pytest.raises(IllegalMove):
        rewriting.reissue_letters(scope, actor, [letter_id], "again")


def test_director_next_door_cannot_write_a_letter_anew(session: Session) -> None:
    director(session)
    letter_id = letter_of(session, on_duty(session).id).id
    scope, actor = director(session, "kisumu-west")
    with pytest.raises(NotFound):
        rewriting.reissue_letters(scope, actor, [letter_id], "mine")


CHANGES = (
    "UPDATE letter SET content = '{}' WHERE id = :id",
    "UPDATE letter SET state = 'withdrawn' WHERE id = :id",
    "UPDATE letter SET version = 7 WHERE id = :id",
    "DELETE FROM letter WHERE id = :id",
    "UPDATE letter_move SET reason = 'x' WHERE letter_id = :id",
    "DELETE FROM letter_move WHERE letter_id = :id",
)


@pytest.mark.parametrize("statement", CHANGES)
def test_application_changes_no_letter(session: Session, statement: str) -> None:
    director(session)
    letter = letter_of(session, on_duty(session).id)
    with pytest.raises(Exception, match="permission denied"):
        session.execute(text(statement), {"id": letter.id})


@pytest.mark.parametrize(
    "change", ["content = '{}'", "version = 7", "code = 'AAAAAAAAAAAA'", "digest = ''"]
)
def test_owner_changes_no_letter_either_while_the_trigger_stands(
    own_database: Urls, change: str
) -> None:
    """And the negative control: without the trigger the change goes through."""
    with psycopg.connect(_plain(own_database.owner)) as owner:
        statement = f"UPDATE letter SET {change} WHERE id = (SELECT min(id) FROM letter)"
        with pytest.raises(psycopg.errors.CheckViolation) as refused, owner.transaction():
            owner.execute(statement)
        assert refused.value.diag.constraint_name == "ck_letter_stands"
        owner.execute("ALTER TABLE letter DISABLE TRIGGER letter_letter_stands")
        assert owner.execute(statement).rowcount == 1
        owner.rollback()


def test_letter_ends_once(session: Session) -> None:
    _scope, actor = director(session)
    deployment = on_duty(session)
    letter = letter_of(session, deployment.id)
    services.end_letters(session, actor, [deployment], LetterAct.WITHDRAWN, "Ill")
    move = LetterMove(
        letter_id=letter.id,
        officer_id=letter.officer_id,
        sub_county_id=letter.sub_county_id,
        act="replaced",
        reason="again",
        actor_name="x",
    )
    session.add(move)
    with pytest.raises(IntegrityError, match="no such letter is valid"):
        session.flush()


def test_history_of_a_foreign_letter_cannot_be_written(session: Session) -> None:
    """A line that claims one's own sub-county does not end a letter of another."""
    director(session)
    foreign = letter_of(session, on_duty(session).id)
    values = {"letter": foreign.id, "officer": foreign.officer_id}
    scope, _actor = director(session, "kisumu-west")
    (own,) = scope.sub_county_ids
    with pytest.raises(IntegrityError, match="no such letter is valid"):
        session.execute(
            text(
                "INSERT INTO letter_move (letter_id, officer_id, sub_county_id, act, reason,"
                " actor_name) VALUES (:letter, :officer, :own, 'withdrawn', 'x', 'x')"
            ),
            values | {"own": own},
        )


def test_damaged_letter_is_noticed(session: Session) -> None:
    director(session)
    letter = letter_of(session, on_duty(session).id)
    assert content_of(letter)
    session.expunge(letter)
    letter.content = letter.content | {"centre": "Somewhere else"}
    with pytest.raises(Exception, match="not what was issued"):
        content_of(letter)


def test_used_template_is_ended_and_not_changed(session: Session) -> None:
    enter_scope(session, NATIONAL)
    template = letter_of(session, on_duty(session).id).template
    template.effective_to = world.TODAY
    session.flush()
    template.body = "Something else"
    with pytest.raises(IntegrityError, match="ended, never changed"):
        session.flush()


def test_unused_template_may_change(session: Session) -> None:
    """Negative control of the rule above."""
    enter_scope(session, NATIONAL)
    fresh = LetterTemplate(
        language="en",
        role_id=session.scalar(text("SELECT id FROM staff_role WHERE code = 'driver'")),
        subject="x",
        body="y",
        duties="z",
        effective_from=world.TODAY,
    )
    session.add(fresh)
    session.flush()
    fresh.body = "Something else"
    session.flush()


def test_identity_digest_changes_with_either_number() -> None:
    digests = {
        identity_digest(index, tsc) for index in (None, b"1") for tsc in (None, "512345", "512346")
    }
    assert len(digests) == 6


def test_two_directors_at_once_get_different_serials_without_a_gap(
    own_database: Urls, settings: Any, tmp_path: Any
) -> None:
    """The row that gives out serials makes the second wait for the first one's commit."""
    first, second = _race(own_database)
    assert sorted([*first, *second]) == list(range(101, 111))


def test_race_would_be_noticed_without_the_row(own_database: Urls) -> None:
    """Negative control: counting what is there gives both the same numbers."""
    with (
        psycopg.connect(_plain(own_database.owner)) as one,
        psycopg.connect(_plain(own_database.owner)) as other,
    ):
        count = "SELECT coalesce(max(last), 0) + 1 FROM letter_serial"
        assert one.execute(count).fetchone() == other.execute(count).fetchone()


def _race(urls: Urls) -> tuple[list[int], list[int]]:
    """Two connections that take five serials of one role each, ten times interleaved."""
    taken: tuple[list[int], list[int]] = ([], [])
    statement = str(services._NEXT_SERIALS).replace(":series_id", "%(s)s")
    statement = statement.replace(":role_id", "%(r)s").replace(":count", "%(c)s")
    with psycopg.connect(_plain(urls.owner)) as owner:
        series_id, role_id = owner.execute(
            "SELECT series_id, role_id FROM letter_serial LIMIT 1"
        ).fetchone() or (0, 0)
        owner.execute(
            "UPDATE letter_serial SET last = 100 WHERE series_id = %s AND role_id = %s",
            [series_id, role_id],
        )
    gate = threading.Barrier(2)

    def take(mine: list[int]) -> None:
        with psycopg.connect(_plain(urls.owner)) as connection:
            for _ in range(5):
                gate.wait(timeout=30)
                row = connection.execute(
                    statement.encode(), {"s": series_id, "r": role_id, "c": 1}
                ).fetchone()
                mine.append(row[0] if row else 0)
                connection.commit()

    threads = [threading.Thread(target=take, args=(mine,)) for mine in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


def _proposed(session: Session, scope: Any) -> Deployment:
    """A deployment that nobody was told of: a spare officer in a supervisor's second place."""
    with scoped_as(session, system_scope("arrange")):
        like = on_duty(session, "clerk")
        session.execute(text("UPDATE post SET required = 2 WHERE id = :id"), {"id": like.post_id})
        (place,) = scope.sub_county_ids
        spare = session.scalars(
            select(Officer)
            .where(
                Officer.sub_county_id == place,
                ~select(Deployment.id).where(Deployment.officer_id == Officer.id).exists(),
            )
            .order_by(Officer.id)
        ).first()
        made = Deployment(
            series_id=like.series_id,
            centre_id=like.centre_id,
            sub_county_id=like.sub_county_id,
            post_id=like.post_id,
            role_id=like.role_id,
            officer_id=spare.id,
            slot=2,
            starts_on=world.TODAY,
            reason="Somebody fell ill.",
            ends_on=like.ends_on,
            status="proposed",
        )
        session.add(made)
        session.commit()
    return made


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def test_world_letters_are_the_systems(session: Session) -> None:
    enter_scope(session, NATIONAL)
    names = session.scalars(select(LetterMove.actor_name).distinct()).all()
    assert names == [system_actor("world").name]


def test_letters_forget_an_officer_who_is_made_anonymous(session: Session) -> None:
    enter_scope(session, NATIONAL)
    letter = letter_of(session, on_duty(session).id)
    before = dict(letter.content)
    session.execute(
        text("UPDATE officer SET anonymised_at = now() WHERE id = :id"), {"id": letter.officer_id}
    )
    session.expire_all()
    assert letter.content == before | {"name": "", "mobile": ""}
    assert content_of(letter).name == ""
    assert letter.state == "valid"
