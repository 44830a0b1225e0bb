"""Something is wrong with a duty: asked once by its officer, answered once by the director, told."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from app.audit.models import Event
from app.deployments.enums import CorrectionState as State
from app.deployments.enums import DeploymentAct as Act
from app.deployments.models import Deployment, DeploymentCorrection
from app.deployments.queries import corrections_in, open_corrections
from app.deployments.services.corrections import open_correction, settle
from app.errors import Conflict, IllegalMove, NotAllowed, NotFound, RuleBroken
from app.letters.queries import content_of
from app.people.models import Officer
from app.privacy.services.anonymous import anonymise
from app.procedures import corrections, duties
from app.scoping.guard import enter_scope, scoped_as
from app.scoping.scope import system_actor, system_scope
from tests.factories import world
from tests.integration.test_duties import ARRANGE, duty_at, holder, told
from tests.integration.test_letters_services import _proposed, director, letter_of

WORDS = "The dates are from the twelfth."
LATER = world.TODAY + dt.timedelta(days=2)


@pytest.fixture
def duty(session: Session) -> Deployment:
    """A published duty from today on, with its letter, that nobody marked."""
    scope, actor = director(session)
    made = _proposed(session, scope)
    duties.publish_deployments(scope, actor, [made.id])
    return made


def asked(session: Session, duty: Deployment, kind: str = "dates") -> int:
    """A correction that the officer of the duty asked for."""
    scope, actor = holder(session, duty)
    return open_correction(scope, actor, duty.id, kind=kind, words=WORDS)


def kept(session: Session, correction_id: int) -> DeploymentCorrection:
    """The correction as it is stored."""
    with scoped_as(session, ARRANGE):
        found = session.get(DeploymentCorrection, correction_id, populate_existing=True)
    assert found is not None
    return found


def test_officer_says_what_is_wrong_and_the_director_sees_it(
    session: Session, duty: Deployment
) -> None:
    office, _actor = director(session)
    before = open_corrections(session, office)
    pk = asked(session, duty)
    office, _actor = director(session)
    assert open_corrections(session, office) == before + 1
    line = {one.id: one for one in corrections_in(session, office, only_open=True)}[pk]
    assert (line.kind, line.words, line.state) == ("dates", WORDS, "open")
    assert (line.deployment_id, line.stands) == (duty.id, True)
    event = session.scalars(select(Event).where(Event.action == "correction.opened")).one()
    assert (event.officer_id, event.reason) == (duty.officer_id, WORDS)


def test_one_open_correction_of_a_kind_at_a_time(session: Session, duty: Deployment) -> None:
    asked(session, duty)
    asked(session, duty, "name")
    with pytest.raises(Conflict) as refused:
        asked(session, duty)
    assert refused.value.code == "correction-open"


def test_answered_one_may_be_asked_again(session: Session, duty: Deployment) -> None:
    pk = asked(session, duty)
    scope, actor = director(session)
    corrections.refuse(scope, actor, pk, answer="The dates are right.")
    assert asked(session, duty) != pk


@pytest.mark.parametrize(
    ("kind", "words", "code"),
    [("pay", "x", "kind-missing"), ("", "x", "kind-missing"), ("role", "  ", "words-missing"),
     ("role", "x" * 501, "too-long")],
)  # fmt: skip
def test_what_is_wrong_is_chosen_and_written(
    session: Session, duty: Deployment, kind: str, words: str, code: str
) -> None:
    scope, actor = holder(session, duty)
    with pytest.raises(RuleBroken) as refused:
        open_correction(scope, actor, duty.id, kind=kind, words=words)
    assert refused.value.code == code


def test_nobody_asks_for_another_persons_duty(session: Session, duty: Deployment) -> None:
    pk = duty.id
    scope, actor = holder(session, duty_at(session, marked=True))
    with pytest.raises(NotFound):
        open_correction(scope, actor, pk, kind="role", words=WORDS)


def test_ended_duty_is_not_corrected(session: Session, duty: Deployment) -> None:
    scope, actor = holder(session, duty)
    pk = duty.id
    duties.answer_duty(scope, actor, pk, Act.DECLINE, "Ill")
    with pytest.raises(IllegalMove) as refused:
        open_correction(scope, actor, pk, kind="role", words=WORDS)
    assert refused.value.code == "duty-ended"


def test_dates_are_amended_with_a_new_letter_and_an_sms(session: Session, duty: Deployment) -> None:
    pk = asked(session, duty)
    scope, actor = director(session)
    first = letter_of(session, duty.id)
    corrections.amend_dates(
        scope, actor, pk, first=LATER, last=duty.ends_on, answer="You are right."
    )
    session.refresh(duty)
    assert (duty.starts_on, duty.status, duty.reason) == (LATER, "published", "You are right.")
    letter = letter_of(session, duty.id)
    assert (letter.version, letter.serial, letter.state) == (2, first.serial, "valid")
    assert content_of(letter).first_day == LATER
    found = kept(session, pk)
    assert (found.state, found.answer) == ("amended", "You are right.")
    assert found.answered_at is not None
    said = told(session, duty.officer_id)[-1]
    assert "(dates) is put right" in said
    assert "/me/deployments/" in said


def test_marked_days_are_not_amended_away(session: Session) -> None:
    duty = duty_at(session, marked=True)
    pk, key = asked(session, duty), duty.id
    scope, actor = director(session)
    with pytest.raises(IntegrityError) as refused:
        corrections.amend_dates(
            scope, actor, pk, first=world.TODAY, last=duty.ends_on, answer="From today"
        )
    assert refused.value.orig.diag.constraint_name == "ck_deployment_keeps_marked_days"
    assert kept(session, pk).state == "open"
    with scoped_as(session, ARRANGE):
        assert session.get(Deployment, key).starts_on < world.TODAY


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (0, 0, "dates-same"),
        (-3, 0, "past-day-added"),
        (0, 30, "outside-series"),
        (5, -30, "ends-before-start"),
    ],
)
def test_days_that_cannot_be_are_refused(
    session: Session, duty: Deployment, first: int, last: int, code: str
) -> None:
    pk = asked(session, duty)
    scope, actor = director(session)
    days = (dt.timedelta(days=one) for one in (first, last))
    starts, ends = duty.starts_on + next(days), duty.ends_on + next(days)
    with pytest.raises(RuleBroken) as refused:
        corrections.amend_dates(scope, actor, pk, first=starts, last=ends, answer="So")
    assert code in {one.code for one in refused.value.problems}
    assert kept(session, pk).state == "open"


def test_name_is_amended_only_after_the_profile(session: Session, duty: Deployment) -> None:
    pk = asked(session, duty, "name")
    scope, actor = director(session)
    key = duty.id
    with pytest.raises(RuleBroken) as refused:
        corrections.amend_name(scope, actor, pk, answer="Written anew.")
    assert refused.value.code == "name-same"
    with scoped_as(session, ARRANGE):
        officer = session.get(Officer, session.get(Deployment, key).officer_id)
        officer.full_name = "Akinyi Wanjiru Otieno"
        session.flush()
    corrections.amend_name(scope, actor, pk, answer="Written anew.")
    letter = letter_of(session, key)
    assert (letter.version, content_of(letter).name) == (2, "Akinyi Wanjiru Otieno")
    assert kept(session, pk).state == "amended"


def test_refusing_says_why_and_changes_nothing(session: Session, duty: Deployment) -> None:
    pk, key = asked(session, duty), duty.id
    scope, actor = director(session)
    with pytest.raises(RuleBroken) as refused:
        corrections.refuse(scope, actor, pk, answer=" ")
    assert (refused.value.code, refused.value.field) == ("answer-missing", "answer")
    corrections.refuse(scope, actor, pk, answer="The dates are right.")
    found = kept(session, pk)
    assert (found.state, found.answer) == ("refused", "The dates are right.")
    assert letter_of(session, key).version == 1
    assert "changes nothing" in told(session, found.officer_id)[-1]


def test_redeployment_settles_it(session: Session, duty: Deployment) -> None:
    pk = asked(session, duty, "station")
    _scope, actor = director(session)
    settle(session, actor, pk, State.REDEPLOYED, "You serve at Kisumu Girls.")
    assert kept(session, pk).state == "redeployed"
    assert "deployed anew" in told(session, duty.officer_id)[-1]


def test_answered_once(session: Session, duty: Deployment) -> None:
    pk = asked(session, duty)
    scope, actor = director(session)
    corrections.refuse(scope, actor, pk, answer="No")
    with pytest.raises(IllegalMove) as refused:
        corrections.refuse(scope, actor, pk, answer="No again")
    assert refused.value.code == "correction-answered"


def test_director_next_door_does_not_reach_it(session: Session, duty: Deployment) -> None:
    pk = asked(session, duty)
    scope, actor = director(session, "kisumu-west")
    assert pk not in {one.id for one in corrections_in(session, scope, only_open=False)}
    for act in (
        lambda: corrections.refuse(scope, actor, pk, answer="No"),
        lambda: corrections.amend_name(scope, actor, pk, answer="No"),
        lambda: settle(session, actor, pk, State.REDEPLOYED, "No"),
    ):
        with pytest.raises(NotFound):
            act()


def test_officer_answers_no_correction(session: Session, duty: Deployment) -> None:
    pk = asked(session, duty)
    scope, actor = holder(session, duty)
    with pytest.raises(NotAllowed):
        corrections.refuse(scope, actor, pk, answer="No")


# What the database says by itself.


def by_hand(session: Session, statement: str, **facts: Any) -> Any:
    with scoped_as(session, ARRANGE):
        return session.execute(text(statement), facts)


def test_answer_is_never_changed(session: Session, duty: Deployment) -> None:
    pk = asked(session, duty)
    scope, actor = director(session)
    corrections.refuse(scope, actor, pk, answer="No")
    with pytest.raises(IntegrityError) as refused:
        by_hand(session, "UPDATE deployment_correction SET answer = 'Yes' WHERE id = :id", id=pk)
    assert refused.value.orig.diag.constraint_name == "ck_deployment_correction_stands"


@pytest.mark.parametrize("what", ["words = 'x'", "kind = 'role'", "opened_at = now()"])
def test_what_was_asked_is_never_changed(session: Session, duty: Deployment, what: str) -> None:
    pk = asked(session, duty)
    with pytest.raises(IntegrityError) as refused:
        by_hand(session, f"UPDATE deployment_correction SET {what} WHERE id = :id", id=pk)
    assert refused.value.orig.diag.constraint_name == "ck_deployment_correction_stands"


def test_application_deletes_no_correction(session: Session, duty: Deployment) -> None:
    pk = asked(session, duty)
    with pytest.raises(ProgrammingError) as refused:
        by_hand(session, "DELETE FROM deployment_correction WHERE id = :id", id=pk)
    assert refused.value.orig.sqlstate == "42501"


def test_correction_is_of_the_officer_who_has_the_duty(session: Session, duty: Deployment) -> None:
    with scoped_as(session, ARRANGE):
        other = session.scalar(select(Officer.id).where(Officer.id != duty.officer_id).limit(1))
    statement = (
        "INSERT INTO deployment_correction (deployment_id, officer_id, centre_id, sub_county_id,"
        " kind, words) SELECT id, :other, centre_id, sub_county_id, 'role', 'x' FROM deployment"
        " WHERE id = :id"
    )
    with pytest.raises(IntegrityError) as refused:
        by_hand(session, statement, id=duty.id, other=other)
    assert refused.value.orig.diag.constraint_name == "ck_deployment_correction_own_duty"


def test_officer_does_not_answer_by_own_rights(session: Session, duty: Deployment) -> None:
    """Row-level security: an officer inserts and reads their own, and updates nothing."""
    pk = asked(session, duty)
    holder(session, duty)
    said = "UPDATE deployment_correction SET state = 'amended', answer = 'Yes' WHERE id = :id"
    assert session.execute(text(said), {"id": pk}).rowcount == 0


def test_words_go_with_an_officer_who_is_made_anonymous(session: Session, duty: Deployment) -> None:
    pk = asked(session, duty)
    scope, actor = director(session)
    corrections.refuse(scope, actor, pk, answer="Akinyi, the dates are right.")
    enter_scope(session, system_scope("task:privacy.retention"))
    anonymise(session, system_actor("retention"), duty.officer_id, reason="Asked")
    found = kept(session, pk)
    assert (found.words, found.answer, found.state) == ("", "", "refused")


def test_two_telephones_ask_at_once_and_one_is_stored(clone_database: Any) -> None:
    """The partial index decides; without it both are stored (the negative control)."""
    assert _race(clone_database, "corrections_race") == 1
    gone = "DROP INDEX uq_deployment_correction_open_once"
    assert _race(clone_database, "corrections_off", gone) == 2


def _race(clone_database: Any, name: str, before: str | None = None) -> int:
    insert = text(
        "INSERT INTO deployment_correction (deployment_id, officer_id, centre_id, sub_county_id,"
        " kind, words) SELECT id, officer_id, centre_id, sub_county_id, 'role', 'x'"
        " FROM deployment WHERE status = 'accepted' ORDER BY id LIMIT 1"
        " ON CONFLICT DO NOTHING"
    )
    with clone_database(name) as urls:
        engine = create_engine(urls.owner)
        if before:
            with engine.begin() as connection:
                connection.execute(text(before))
        gate = threading.Barrier(2)

        def ask() -> None:
            with engine.connect() as connection:
                gate.wait(10)
                connection.execute(insert)
                connection.commit()

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for one in threads:
            one.start()
        for one in threads:
            one.join(20)
        with engine.connect() as connection:
            counted = connection.execute(
                text("SELECT count(*) FROM deployment_correction WHERE words = 'x'")
            ).scalar_one()
        engine.dispose()
    return int(counted)
