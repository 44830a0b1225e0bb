"""An officer answers a duty of their own: the place is free at once, the letter ends, an SMS says so."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import create_engine, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.audit.models import Event
from app.db.vault import vault_of
from app.deployments import services
from app.deployments.enums import DeploymentAct as Act
from app.deployments.models import Deployment, Post
from app.deployments.queries import declined_and_empty
from app.deployments.services.steps import free_slot
from app.errors import IllegalMove, NotAllowed, NotFound, RuleBroken
from app.exams.models import Deadline
from app.messages.services.outbox import BODY
from app.people.models import Officer
from app.permissions import Role
from app.places.models import Centre
from app.procedures import duties
from app.scoping.guard import enter_scope, scoped_as
from app.scoping.scope import NATIONAL, Actor, Scope, ScopeKind, system_scope
from tests.factories import world
from tests.factories.texted import messages_to
from tests.integration.test_letters_services import _proposed, director, letter_of

ARRANGE = system_scope("arrange")


def duty_at(session: Session, code: str = world.CENTRE, *, marked: bool = False) -> Deployment:
    """A duty at the centre, with a marked day or without any."""
    has_mark = text("EXISTS (SELECT 1 FROM mark m WHERE m.deployment_id = deployment.id)")
    with scoped_as(session, ARRANGE):
        found: Deployment = session.scalars(
            select(Deployment)
            .join(Centre, Centre.id == Deployment.centre_id)
            .where(Centre.code == code, has_mark if marked else ~has_mark)
            .order_by(Deployment.id)
        ).first()
        if found is None and not marked:
            found = clean(session, code)
    return found


def clean(session: Session, code: str) -> Deployment:
    """A duty of a spare officer without any mark, published."""
    with scoped_as(session, NATIONAL):
        place = session.scalar(select(Centre.sub_county_id).where(Centre.code == code))
    made = _proposed(session, type("At", (), {"sub_county_ids": {place}})())
    made.status = "published"
    session.flush()
    return made


def holder(session: Session, duty: Deployment) -> tuple[Scope, Actor]:
    """The scope and actor of whoever has the duty; the session works under that scope."""
    scope = Scope(ScopeKind.OFFICER, officer_ids=frozenset({duty.officer_id}))
    enter_scope(session, scope)
    roles = frozenset({str(Role.OFFICER)})
    return scope, Actor(None, "officer", "Officer", roles, officer_id=duty.officer_id)


@pytest.fixture
def duty(session: Session) -> Deployment:
    """A published duty from today on, with its letter, that nobody marked."""
    scope, actor = director(session)
    made = _proposed(session, scope)
    duties.publish_deployments(scope, actor, [made.id])
    return made


def told(session: Session, officer_id: int) -> list[str]:
    """The texts to an officer, in the order they were posted."""
    with scoped_as(session, ARRANGE):
        mobile = session.scalar(select(Officer.mobile).where(Officer.id == officer_id))
        vault = vault_of(session)
        return [vault.unseal(one.body, context=BODY) for one in messages_to(session, mobile)]


def test_accepting_stores_when_and_keeps_the_letter(session: Session, duty: Deployment) -> None:
    scope, actor = holder(session, duty)
    duties.answer_duty(scope, actor, duty.id, Act.ACCEPT)
    session.refresh(duty)
    assert (duty.status, duty.answered_at is not None) == ("accepted", True)
    assert letter_of(session, duty.id).state == "valid"
    assert "you accepted duty as" in told(session, duty.officer_id)[-1]


def test_declining_frees_the_place_at_once_and_withdraws_the_letter(
    session: Session, duty: Deployment
) -> None:
    scope, actor = holder(session, duty)
    duties.answer_duty(scope, actor, duty.id, Act.DECLINE, "  My child is ill. ")
    session.refresh(duty)
    assert (duty.status, duty.reason) == ("declined", "My child is ill.")
    assert letter_of(session, duty.id).state == "withdrawn"
    assert "you declined duty as" in told(session, duty.officer_id)[-1]
    office, _director = director(session)
    post = session.get(Post, duty.post_id)
    found = free_slot(session, post, duty.starts_on, duty.ends_on)
    assert found == duty.slot
    assert declined_and_empty(session, office) == 1
    event = session.scalars(
        select(Event).where(Event.action == "deployment.declined").order_by(Event.id.desc())
    ).first()
    assert (event.before["status"], event.after["status"]) == ("published", "declined")


def test_accepted_duty_may_still_be_declined(session: Session, duty: Deployment) -> None:
    scope, actor = holder(session, duty)
    duties.answer_duty(scope, actor, duty.id, Act.ACCEPT)
    duties.answer_duty(scope, actor, duty.id, Act.DECLINE, "Ill")
    session.refresh(duty)
    assert duty.status == "declined"


def test_declined_place_that_is_filled_again_needs_nobody(
    session: Session, duty: Deployment
) -> None:
    scope, actor = holder(session, duty)
    duties.answer_duty(scope, actor, duty.id, Act.DECLINE, "Ill")
    office, _director = director(session)
    with scoped_as(session, ARRANGE):
        session.execute(
            text(
                "INSERT INTO deployment (series_id, centre_id, sub_county_id, post_id, role_id,"
                " officer_id, slot, starts_on, ends_on, status) SELECT series_id, centre_id,"
                " sub_county_id, post_id, role_id, officer_id, slot, starts_on, ends_on,"
                " 'published' FROM deployment WHERE id = :id"
            ),
            {"id": duty.id},
        )
    assert declined_and_empty(session, office) == 0


@pytest.mark.parametrize("reason", [None, "", "   "])
def test_declining_says_why(session: Session, duty: Deployment, reason: str | None) -> None:
    scope, actor = holder(session, duty)
    pk = duty.id
    with pytest.raises(RuleBroken) as refused:
        duties.answer_duty(scope, actor, pk, Act.DECLINE, reason)
    assert (refused.value.code, refused.value.field) == ("reason-needed", "reason")
    assert session.get(Deployment, pk).status == "published"


@pytest.mark.parametrize("again", [Act.ACCEPT, Act.DECLINE])
def test_declined_duty_is_not_answered_again(
    session: Session, duty: Deployment, again: Act
) -> None:
    scope, actor = holder(session, duty)
    pk = duty.id
    duties.answer_duty(scope, actor, pk, Act.DECLINE, "Ill")
    with pytest.raises(IllegalMove) as refused:
        duties.answer_duty(scope, actor, pk, again, "Ill")
    assert refused.value.code == "declined-already"


def test_accepting_twice_is_refused(session: Session, duty: Deployment) -> None:
    scope, actor = holder(session, duty)
    pk = duty.id
    duties.answer_duty(scope, actor, pk, Act.ACCEPT)
    with pytest.raises(IllegalMove) as refused:
        duties.answer_duty(scope, actor, pk, Act.ACCEPT)
    assert refused.value.code == "accepted-already"


def test_withdrawn_duty_is_not_answered(session: Session, duty: Deployment) -> None:
    scope, actor = director(session)
    pk = duty.id
    duties.withdraw_deployments(scope, actor, [pk], "Fewer candidates")
    own, officer = holder(session, duty)
    with pytest.raises(IllegalMove) as refused:
        duties.answer_duty(own, officer, pk, Act.ACCEPT)
    assert refused.value.code == "withdrawn-already"


@pytest.mark.parametrize("act", [Act.ACCEPT, Act.DECLINE])
def test_duty_that_is_over_is_not_answered(
    session: Session, duty: Deployment, act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope, actor = holder(session, duty)
    late = dt.datetime.combine(
        duty.ends_on + dt.timedelta(days=1), dt.time(8), tzinfo=clock.NAIROBI
    )
    monkeypatch.setattr(clock, "now", lambda: late)
    pk = duty.id
    with pytest.raises(IllegalMove) as refused:
        duties.answer_duty(scope, actor, pk, act, "Ill")
    assert refused.value.code == "duty-over"


def test_marked_day_is_not_declined_away(session: Session) -> None:
    duty = duty_at(session, marked=True)
    scope, actor = holder(session, duty)
    pk = duty.id
    with pytest.raises(RuleBroken) as refused:
        duties.answer_duty(scope, actor, pk, Act.DECLINE, "Ill")
    assert refused.value.code == "day-marked"


DECLINED = update(Deployment).values(status="declined")


def test_database_refuses_to_decline_a_marked_day(session: Session) -> None:
    pk = duty_at(session, marked=True).id
    enter_scope(session, ARRANGE)
    with pytest.raises(IntegrityError) as refused:
        session.execute(DECLINED.where(Deployment.id == pk))
    assert refused.value.orig.diag.constraint_name == "ck_deployment_keeps_marked_days"


def test_officers_own_rights_do_not_reach_the_row(session: Session, duty: Deployment) -> None:
    """Row-level security: an officer declares nothing but through the service."""
    pk = duty.id
    holder(session, duty)
    changed = session.execute(
        text("UPDATE deployment SET status = 'accepted' WHERE id = :id"), {"id": pk}
    )
    assert changed.rowcount == 0


def test_colleague_neither_sees_nor_answers_a_foreign_duty(
    session: Session, duty: Deployment
) -> None:
    pk = duty.id
    scope, actor = holder(session, duty_at(session, marked=True))
    assert actor.officer_id != duty.officer_id
    for act in (Act.ACCEPT, Act.DECLINE):
        with pytest.raises(NotFound):
            duties.answer_duty(scope, actor, pk, act, "Ill")


def test_centre_manager_does_not_answer_for_others_of_the_centre(
    session: Session, duty: Deployment
) -> None:
    """Their scope reads every duty of the centre; only their own is theirs to answer."""
    other = duty_at(session, marked=True)
    scope = Scope(
        ScopeKind.CENTRE,
        centre_ids=frozenset({duty.centre_id}),
        officer_ids=frozenset({other.officer_id}),
    )
    enter_scope(session, scope)
    roles = frozenset({str(Role.OFFICER), str(Role.CENTRE_MANAGER)})
    actor = Actor(None, "manager", "Manager", roles, officer_id=other.officer_id)
    pk = duty.id
    assert session.get(Deployment, pk) is not None
    with pytest.raises(NotFound):
        duties.answer_duty(scope, actor, pk, Act.ACCEPT)


def test_proposed_duty_is_nobodys_yet(session: Session) -> None:
    scope, _actor = director(session)
    made = _proposed(session, scope)
    own, officer = holder(session, made)
    with pytest.raises(NotFound):
        duties.answer_duty(own, officer, made.id, Act.ACCEPT)


def test_director_does_not_answer_for_an_officer(session: Session, duty: Deployment) -> None:
    scope, actor = director(session)
    with pytest.raises(NotAllowed):
        duties.answer_duty(scope, actor, duty.id, Act.ACCEPT)


def test_kiswahili_reader_is_told_the_days_in_kiswahili(session: Session, duty: Deployment) -> None:
    with scoped_as(session, ARRANGE):
        session.execute(
            text("UPDATE ab_user SET locale = 'sw' WHERE officer_id = :officer"),
            {"officer": duty.officer_id},
        )
    scope, actor = holder(session, duty)
    duties.answer_duty(scope, actor, duty.id, Act.ACCEPT)
    said = told(session, duty.officer_id)[-1]
    assert "umekubali kazi ya" in said
    assert "Jumatano 11 Nov hadi" in said


# After the deadline a change needs a reason.


def silent(session: Session) -> Any:
    """A proposed deployment that says no reason, and its director."""
    scope, actor = director(session)
    made = _proposed(session, scope)
    made.reason = None
    session.flush()
    return scope, actor, made.id


def test_publishing_after_the_deadline_needs_a_reason(session: Session) -> None:
    scope, actor, pk = silent(session)
    with pytest.raises(RuleBroken) as refused:
        duties.publish_deployments(scope, actor, [pk])
    assert (refused.value.code, refused.value.field) == ("deadline-passed", "reason")
    assert session.get(Deployment, pk).status == "proposed"
    assert letter_of(session, pk) is None


def test_publishing_with_a_reason_keeps_it(session: Session) -> None:
    scope, actor, pk = silent(session)
    duties.publish_deployments(scope, actor, [pk], "A colleague fell ill.")
    found = session.get(Deployment, pk)
    assert (found.status, found.reason) == ("published", "A colleague fell ill.")


def test_publishing_before_the_deadline_asks_nothing(session: Session) -> None:
    scope, actor, pk = silent(session)
    with scoped_as(session, ARRANGE):
        session.execute(
            update(Deadline)
            .where(Deadline.code == "deployment")
            .values(falls_at=func.now() + dt.timedelta(days=3650))
        )
    duties.publish_deployments(scope, actor, [pk])
    assert session.get(Deployment, pk).status == "published"


def test_changing_after_the_deadline_needs_a_reason(session: Session) -> None:
    scope, actor, pk = silent(session)
    with pytest.raises(RuleBroken) as refused:
        services.edit_deployment(
            scope, actor, pk=pk, values={"starts_on": world.TODAY + dt.timedelta(days=1)}
        )
    assert refused.value.code == "deadline-passed"


def test_withdrawing_always_needs_a_reason(session: Session, duty: Deployment) -> None:
    scope, actor = director(session)
    with pytest.raises(RuleBroken) as refused:
        duties.withdraw_deployments(scope, actor, [duty.id], " ")
    assert refused.value.code == "reason-needed"


def test_officers_answer_needs_no_reason_after_the_deadline(
    session: Session, duty: Deployment
) -> None:
    scope, actor = holder(session, duty)
    duties.answer_duty(scope, actor, duty.id, Act.ACCEPT)
    session.refresh(duty)
    assert duty.status == "accepted"


def test_without_the_trigger_a_marked_day_would_be_declined_away(clone_database: Any) -> None:
    """Negative control: it is the database that keeps marked days, not only the service."""
    statement = text(
        "UPDATE deployment SET status = 'declined' WHERE id = (SELECT deployment_id FROM mark"
        " ORDER BY deployment_id LIMIT 1)"
    )
    off = "ALTER TABLE deployment DISABLE TRIGGER deployment_deployment_keeps_marked_days"
    with clone_database("decline_off") as urls:
        engine = create_engine(urls.owner)
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(statement)
        with engine.begin() as connection:
            connection.execute(text(off))
            assert connection.execute(statement).rowcount == 1
        engine.dispose()
