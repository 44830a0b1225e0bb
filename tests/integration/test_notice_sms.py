"""A notice by SMS: whom it reaches, what it may cost, and that nobody gets it twice."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.errors import IllegalMove, NotAllowed, NotFound, RuleBroken
from app.messages.models import Message, MessageBudget
from app.notices.models import Notice
from app.notices.services import post_notice, withdraw_notices
from app.people.models import Officer
from app.places.models import Centre
from app.procedures.notices import confirm_sms, send_batch, sms_plan
from app.scoping.guard import enter_scope, scoped_as
from app.scoping.scope import NATIONAL, system_scope
from tests.factories import world
from tests.factories.registers import Someone, acting_as

JOB = system_scope("task:notices.send")
TSC, WEST = "tsc.kisumu-east", "tsc.kisumu-west"


def values(**changes: Any) -> dict[str, Any]:
    return {
        "audience": "officers",
        "text_en": "Rehearsal is on Friday.",
        "text_sw": None,
        "shown_from": world.TODAY,
        "shown_until": world.TODAY + dt.timedelta(days=2),
        "sms_en": "Rehearsal is on Friday, 100% of you.",
        "sms_sw": "Mazoezi ni Ijumaa.",
    } | changes


def posted(who: Someone, **changes: Any) -> int:
    return post_notice(who.scope, who.actor, values=values(**changes)).id


def confirmed(session: Session, who: Someone, notice: int) -> int:
    plan = sms_plan(session, who.scope, who.actor, notice)
    confirm_sms(session, who.scope, who.actor, notice, people=plan.people)
    return plan.people


def sent(session: Session, notice: int) -> list[str]:
    """The numbers in the outbox for this notice."""
    return sorted(
        session.scalars(select(Message.number).where(Message.intent.like(f"notice:{notice}:%")))
    )


def in_job(session: Session, notice: int, **given: Any) -> int:
    with scoped_as(session, JOB):
        return send_batch(session, notice, **given)


def officers_of(session: Session, slug: str) -> list[str]:
    statement = (
        "SELECT mobile FROM officer WHERE mobile ~ '^254' AND ((state <> 'draft' AND sub_county_id ="
        " (SELECT id FROM sub_county WHERE slug = :slug)) OR id IN (SELECT officer_id FROM"
        " deployment d JOIN sub_county s ON s.id = d.sub_county_id WHERE s.slug = :slug AND d.status"
        " IN ('published', 'accepted') AND d.ends_on >= :today)) ORDER BY 1"
    )
    with scoped_as(session, NATIONAL):
        found = session.scalars(text(statement), {"slug": slug, "today": world.TODAY})
        return [str(mobile) for mobile in found]


def test_the_plan_counts_the_officers_of_the_area_and_their_cost(session: Session) -> None:
    who = acting_as(TSC)
    plan = sms_plan(session, who.scope, who.actor, posted(who))
    expected = len(officers_of(session, "kisumu-east"))
    assert plan.people == expected > 20
    assert 0 < plan.kes <= 2 * expected
    assert plan.fits


def test_each_number_gets_it_once_and_nobody_next_door(session: Session) -> None:
    who = acting_as(TSC)
    notice = posted(who)
    people = confirmed(session, who, notice)
    batches = [in_job(session, notice, batch=7) for _ in range(10)]
    assert sum(batches) == people
    assert sent(session, notice) == officers_of(session, "kisumu-east")
    assert not set(sent(session, notice)) & set(officers_of(session, "kisumu-west"))
    with scoped_as(session, NATIONAL):
        row = session.get(Notice, notice)
    assert row is not None
    assert (row.sms_wanted, row.sms_posted) == (people, people)
    assert row.sms_done_at is not None


def test_a_batch_that_dies_leaves_nothing_and_is_done_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.procedures import notices

    who = acting_as(TSC)
    notice = posted(who)
    confirmed(session, who, notice)
    real, calls = notices.post, []

    def dies(*args: Any, **given: Any) -> Any:
        calls.append(1)
        if len(calls) == 4:
            raise OSError("the power went")
        return real(*args, **given)

    with monkeypatch.context() as broken:
        broken.setattr(notices, "post", dies)
        with pytest.raises(OSError, match="power"):
            in_job(session, notice, batch=7)
    assert sent(session, notice) == []
    while in_job(session, notice, batch=7):
        pass
    assert sent(session, notice) == officers_of(session, "kisumu-east")


def test_a_job_that_runs_twice_sends_nothing_twice(session: Session) -> None:
    """Also where the cursor was lost: the intent names the number."""
    who = acting_as(TSC)
    notice = posted(who)
    confirmed(session, who, notice)
    in_job(session, notice, batch=7)
    with scoped_as(session, NATIONAL):
        session.execute(text("UPDATE notice SET sms_cursor = 0 WHERE id = :id"), {"id": notice})
        session.expire_all()
    in_job(session, notice, batch=7)
    assert len(sent(session, notice)) == len(set(sent(session, notice))) == 7


def test_words_with_a_percent_sign_arrive_as_written(session: Session) -> None:
    from app.db.vault import vault_of

    who = acting_as(TSC)
    notice = posted(who)
    confirmed(session, who, notice)
    in_job(session, notice, batch=3)
    bodies = session.scalars(select(Message.body).where(Message.intent.like(f"notice:{notice}:%")))
    words = {
        vault_of(session).unseal(bytes(body or b""), context="message.body") for body in bodies
    }
    assert words == {"Rehearsal is on Friday, 100% of you."}


def test_who_reads_kiswahili_gets_it_in_kiswahili(session: Session) -> None:
    from app.db.vault import vault_of

    who = acting_as(TSC)
    with scoped_as(session, NATIONAL):
        session.execute(text("UPDATE ab_user SET locale = 'sw' WHERE officer_id IS NOT NULL"))
    notice = posted(who)
    confirmed(session, who, notice)
    in_job(session, notice, batch=3)
    body = session.scalars(
        select(Message.body).where(Message.intent.like(f"notice:{notice}:%"))
    ).first()
    assert (
        vault_of(session).unseal(bytes(body or b""), context="message.body") == "Mazoezi ni Ijumaa."
    )


def test_withdrawing_stops_what_is_not_in_the_outbox(session: Session) -> None:
    who = acting_as(TSC)
    notice = posted(who)
    confirmed(session, who, notice)
    in_job(session, notice, batch=5)
    who = acting_as(TSC)
    withdraw_notices(who.scope, who.actor, [notice], "Wrong day.")
    assert in_job(session, notice, batch=5) == 0
    assert len(sent(session, notice)) == 5


def test_nothing_is_sent_before_it_is_confirmed(session: Session) -> None:
    who = acting_as(TSC)
    notice = posted(who)
    assert in_job(session, notice) == 0
    assert sent(session, notice) == []


def test_confirming_another_number_than_was_shown_is_refused(session: Session) -> None:
    who = acting_as(TSC)
    notice = posted(who)
    plan = sms_plan(session, who.scope, who.actor, notice)
    with pytest.raises(RuleBroken) as refused:
        confirm_sms(session, who.scope, who.actor, notice, people=plan.people + 1)
    assert refused.value.code == "number-changed"


def test_confirming_twice_is_refused(session: Session) -> None:
    who = acting_as(TSC)
    notice = posted(who)
    confirmed(session, who, notice)
    with pytest.raises(IllegalMove):
        sms_plan(session, who.scope, who.actor, notice)


def _only_budget(session: Session, **limits: int) -> None:
    with scoped_as(session, NATIONAL):
        session.execute(text("DELETE FROM message_budget"))
        session.add(
            MessageBudget(measure="everything", effective_from=dt.date(2020, 1, 1), **limits)
        )
        session.flush()


def test_what_the_day_does_not_allow_is_not_sent_at_all(session: Session) -> None:
    who = acting_as(TSC)
    notice = posted(who)
    _only_budget(session, window_minutes=1440, most_messages=5)
    plan = sms_plan(session, who.scope, who.actor, notice)
    assert (plan.allowed, plan.fits) == (5, False)
    with pytest.raises(RuleBroken) as refused:
        confirm_sms(session, who.scope, who.actor, notice, people=plan.people)
    assert refused.value.code == "beyond-budget"


def test_what_an_hour_does_not_allow_waits_and_is_not_withheld(session: Session) -> None:
    who = acting_as(TSC)
    notice = posted(who)
    _only_budget(session, window_minutes=60, most_messages=9)
    people = confirmed(session, who, notice)
    assert people > 9
    assert [in_job(session, notice, batch=7) for _ in range(3)] == [7, 2, 0]
    own = Message.intent.like(f"notice:{notice}:%")
    states = session.scalars(select(Message.state).where(own).distinct()).all()
    assert states == ["waiting"]
    waiting = session.scalar(
        text(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'notices.send'"
            " AND scheduled_at > now() + interval '5 minutes'"
        )
    )
    assert waiting == 1
    with scoped_as(session, NATIONAL):
        row = session.get(Notice, notice)
        assert row is not None
        assert row.sms_done_at is None


def test_centres_get_it_on_their_telephones(session: Session) -> None:
    who = acting_as(TSC)
    with scoped_as(session, NATIONAL):
        numbers = dict.fromkeys((world.CENTRE, world.NEXT_DOOR))
        for number, code in enumerate(numbers):
            session.execute(
                text("UPDATE centre SET telephone = :t WHERE code = :c"),
                {"t": f"25471100000{number}", "c": code},
            )
    notice = posted(who, audience="named_centres", centre_codes=world.CENTRE)
    assert confirmed(session, who, notice) == 1
    in_job(session, notice)
    assert sent(session, notice) == ["254711000000"]


def test_telephones_that_several_centres_share_are_rung_once(session: Session) -> None:
    who = acting_as(TSC)
    notice = posted(who, audience="centres")
    with scoped_as(session, NATIONAL):
        shared = session.scalar(select(func.count(Centre.telephone.distinct())))
    assert shared == 1
    assert confirmed(session, who, notice) == 1


def test_offices_with_a_landline_get_no_sms(session: Session) -> None:
    who = acting_as("admin")
    notice = posted(who, audience="directors")
    assert sms_plan(session, who.scope, who.actor, notice).people == 0
    with scoped_as(session, NATIONAL):
        session.execute(
            text("UPDATE office_contact SET telephone = '+254 722 000 111' WHERE office = 'tsc'")
        )
    assert confirmed(session, who, notice) == 1
    in_job(session, notice)
    assert sent(session, notice) == ["254722000111"]


def test_another_area_and_another_office_may_not_send(session: Session) -> None:
    notice = posted(acting_as(TSC))
    west = acting_as(WEST)
    with pytest.raises(NotFound):
        sms_plan(session, west.scope, west.actor, notice)
    scde = acting_as("scde.kisumu-east")
    with pytest.raises(NotAllowed):
        sms_plan(session, scde.scope, scde.actor, notice)


def test_somebody_made_anonymous_or_merged_is_not_written_to(session: Session) -> None:
    who = acting_as(TSC)
    notice = posted(who)
    before = sms_plan(session, who.scope, who.actor, notice).people
    with scoped_as(session, NATIONAL):
        officer = session.scalars(
            select(Officer).where(Officer.sub_county_id == min(who.scope.sub_county_ids))
        ).first()
        assert officer is not None
        officer.anonymised_at = dt.datetime.now(dt.UTC)
        officer.mobile = f"{officer.id:012d}"
        session.flush()
    enter_scope(session, who.scope)
    assert sms_plan(session, who.scope, who.actor, notice).people == before - 1
