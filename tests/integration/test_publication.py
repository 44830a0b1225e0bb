"""Publishing a proposal: one act for all, nobody barred, double or beyond a post, one director only."""

from __future__ import annotations

import datetime as dt
import random
import threading
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app.audit.services import broken_links
from app.db.queue import defer_all
from app.deployments.models import Deployment, Post
from app.deployments.queries import bars_of_deployments
from app.deployments.services import moves
from app.errors import IllegalMove, RuleBroken
from app.extensions import db
from app.letters.models import Letter
from app.messages.enums import MessageKind
from app.messages.models import Message, MessageBudget
from app.messages.services import Addressed, post, post_all
from app.messages.texts import SmsText
from app.people.models import Officer
from app.places.models import Centre
from app.procedures import duties, publication
from app.procedures.publication import Said, preview, publish_proposal
from app.proposals import services
from app.proposals.asks import Asks
from app.proposals.models import Proposal, ProposalPick
from app.scoping.guard import enter_scope, scoped_as
from app.server import plain
from tests.databases import Urls
from tests.factories import world
from tests.factories.proposals import EXTRA, JOB, TSC, proposed, rows, terms, want_more
from tests.factories.races import at_once
from tests.factories.registers import acting_as, statements

LATE = "Two centres were hosted late"
GREETING = SmsText(en="Hello %(name)s", sw="Habari %(name)s")
DOUBLE = """
SELECT count(*) FROM deployment a JOIN deployment b
ON a.officer_id = b.officer_id AND a.id < b.id AND a.period && b.period
"""
OVERFULL = """
SELECT count(*) FROM deployment d JOIN post p ON p.id = d.post_id
WHERE d.slot > p.required AND d.status <> 'declined' AND NOT isempty(d.period)
"""
SLOT_TWICE = """
SELECT count(*) FROM deployment a JOIN deployment b
ON a.post_id = b.post_id AND a.slot = b.slot AND a.id < b.id AND a.period && b.period
"""


@pytest.fixture(autouse=True)
def _office_time() -> None:
    world.freeze()


@pytest.fixture
def wanting(session: Session) -> Session:
    with scoped_as(session, JOB):
        want_more(session)
    return session


def published(session: Session, number: int) -> publication.Published:
    who = acting_as(TSC)
    shown = preview(session, who.scope, who.actor, number)
    return publish_proposal(session, who.scope, who.actor, number, Said(shown.digest, LATE))


def test_chains_of_events_stay_sound(wanting: Session) -> None:
    number = proposed(wanting).id
    done = published(wanting, number)
    with scoped_as(wanting, JOB):
        chains = wanting.scalars(text("SELECT DISTINCT chain FROM event ORDER BY chain")).all()
        assert [one for chain in chains for one in broken_links(wanting, chain)] == []
        told = wanting.scalar(
            text(
                "SELECT count(*) FROM event WHERE action = 'deployment.published' AND reason = :r"
            ),
            {"r": LATE},
        )
    assert told == done.people == EXTRA


def test_number_of_statements_does_not_grow_with_the_people(session: Session) -> None:
    counts = []
    for posts, start in ((2, 0), (40, 10)):
        with scoped_as(session, JOB):
            want_more(session, posts=posts, people=posts + 4, start=start)
        number = proposed(session).id
        who = acting_as(TSC)
        shown = preview(session, who.scope, who.actor, number)
        assert shown.people == posts
        with statements() as asked:
            publish_proposal(session, who.scope, who.actor, number, Said(shown.digest, LATE))
        counts.append(len(asked))
    assert counts[1] <= counts[0] + 1


def test_one_failure_leaves_nothing(wanting: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last step fails: no deployment, no letter, no SMS, no state."""
    number = proposed(wanting).id
    ids = [one.deployment_id for one in rows(wanting, ProposalPick, number)]

    def fails(*_args: Any, **_said: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(publication, "_note", fails)
    with pytest.raises(ConnectionError):
        published(wanting, number)
    with scoped_as(wanting, JOB):
        wanting.expire_all()
        states = set(wanting.scalars(select(Deployment.status).where(Deployment.id.in_(ids))).all())
        letters = wanting.scalar(select(func.count()).where(Letter.deployment_id.in_(ids)))
        intents = [f"deployment:published:{one}" for one in ids]
        posted = wanting.scalar(select(func.count()).where(Message.intent.in_(intents)))
        assert (states, letters, posted) == ({"proposed"}, 0, 0)
        assert wanting.get_one(Proposal, number).state == "ready"


def test_a_pick_published_by_itself_after_the_deadline_says_why(wanting: Session) -> None:
    who = acting_as(TSC)
    (pick, *_) = rows(wanting, ProposalPick, proposed(wanting).id)
    with pytest.raises(RuleBroken, match="Write why this comes late"):
        duties.publish_deployments(who.scope, who.actor, [pick.deployment_id])
    duties.publish_deployments(who.scope, who.actor, [pick.deployment_id], "Candidates added")
    with scoped_as(wanting, JOB):
        assert wanting.get_one(Deployment, pick.deployment_id).reason == "Candidates added"


def test_waiting_proposal_is_not_published(wanting: Session) -> None:
    number = proposed(wanting).id
    who = acting_as(TSC)
    shown = preview(wanting, who.scope, who.actor, number)
    services.propose(who.scope, who.actor, **terms(wanting), asks=Asks())
    enter_scope(wanting, who.scope)
    with pytest.raises(IllegalMove):
        publish_proposal(wanting, who.scope, who.actor, number, Said(shown.digest, LATE))


def shuffled(session: Session, seed: int) -> None:
    """A random world: more or fewer posts, people of every kind, some of them busy elsewhere."""
    rng = random.Random(seed)
    want_more(session, posts=rng.randrange(1, 6), people=rng.randrange(4, 9))
    for post_id, required in session.execute(select(Post.id, Post.required)).all():
        if rng.random() < 0.3:
            session.execute(
                update(Post).where(Post.id == post_id).values(required=required + rng.randrange(3))
            )
    school = session.scalar(text("SELECT id FROM school ORDER BY id LIMIT 1"))
    for centre in session.scalars(select(Centre).order_by(Centre.id)).all():
        if rng.random() < 0.5:
            centre.school_id = school
        centre.blind_candidates = rng.choice((0, 0, 3))
    spare = select(Officer.id).where(Officer.id.not_in(select(Deployment.officer_id)))
    for officer_id in session.scalars(spare.order_by(Officer.id)).all():
        session.execute(
            update(Officer)
            .where(Officer.id == officer_id)
            .values(
                teaches_at=rng.choice(("primary", "secondary")),
                employer_kind=rng.choice(("tsc", "tsc", "police")),
                reads_braille=rng.random() < 0.3,
                wanted_roles=rng.choice(([], ["invigilator"], ["supervisor", "security"])),
                workstation_school_id=rng.choice((None, school)),
                started_on=dt.date(rng.choice((2012, 2025)), 1, 1),
            )
        )
    session.flush()


@pytest.mark.parametrize("seed", range(8))
def test_random_worlds_never_publish_a_barred_double_or_overfilled_post(
    session: Session, seed: int
) -> None:
    rng = random.Random(seed)
    with scoped_as(session, JOB):
        shuffled(session, seed)
    number = proposed(session, Asks(women_share=rng.choice((0, 50)), home=rng.choice((0, 50)))).id
    ids = [one.deployment_id for one in rows(session, ProposalPick, number)]
    with scoped_as(session, JOB):
        for one in session.scalars(select(Deployment).where(Deployment.id.in_(ids))).all():
            if rng.random() < 0.3:  # the world moves on between the proposal and its publication
                session.execute(
                    update(Officer).where(Officer.id == one.officer_id).values(state="submitted")
                )
        session.flush()
    who = acting_as(TSC)
    shown = preview(session, who.scope, who.actor, number)
    left = {one.pick.deployment_id for one in shown.barred}
    if shown.people:
        publish_proposal(session, who.scope, who.actor, number, Said(shown.digest, LATE))
        with scoped_as(session, JOB):
            session.expire_all()
            out = session.scalars(
                select(Deployment).where(Deployment.id.in_(ids), Deployment.status == "published")
            ).all()
            assert {one.id for one in out} == set(ids) - left
            assert bars_of_deployments(session, out) == {}
    with scoped_as(session, JOB):
        assert [session.scalar(text(one)) for one in (DOUBLE, OVERFULL, SLOT_TWICE)] == [0, 0, 0]


def test_without_the_look_at_the_rules_the_barred_go_out(
    wanting: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: it is the question at publication that leaves them out."""
    number = proposed(wanting).id
    ids = [one.deployment_id for one in rows(wanting, ProposalPick, number)]
    with scoped_as(wanting, JOB):
        wanting.execute(update(Officer).values(teaches_at="secondary"))
    monkeypatch.setattr(publication, "bars_of_deployments", lambda *_: {})
    published(wanting, number)
    with scoped_as(wanting, JOB):
        wanting.expire_all()
        out = wanting.scalars(select(Deployment).where(Deployment.id.in_(ids))).all()
        assert len(bars_of_deployments(wanting, out)) == EXTRA


def test_many_messages_follow_the_rules_of_one(session: Session) -> None:
    """Posted together as posted one by one: intents, budgets of a number, what is no mobile."""
    numbers = ["254712000001"] * 24 + ["254712000002", "255712000003"]
    with scoped_as(session, JOB):
        given = [
            Addressed(number, {"name": "A"}, "sw", f"many:{place}")
            for place, number in enumerate(numbers)
        ]
        assert post_all(session, given, text=GREETING, kind=MessageKind.DEPLOYMENT) == len(given)
        assert post_all(session, given, text=GREETING, kind=MessageKind.DEPLOYMENT) == 0
        together = _states(session, "many:%")
        session.execute(text("DELETE FROM message WHERE intent LIKE 'many:%'"))
        for place, number in enumerate(numbers):
            post(
                session, to=number, text=GREETING, kind=MessageKind.DEPLOYMENT,
                facts={"name": "A"}, locale="sw", intent=f"single:{place}",
            )  # fmt: skip
        assert _states(session, "single:%") == together
    assert [state for state, _reason in together].count("withheld") == 5


def test_without_the_budget_a_number_gets_them_all(session: Session) -> None:
    """Negative control: the row of the budget is what withholds."""
    with scoped_as(session, JOB):
        session.execute(text("DELETE FROM message_budget"))
        assert session.scalar(select(func.count()).select_from(MessageBudget)) == 0
        given = [Addressed("254712000001", {"name": "A"}, None, f"m:{n}") for n in range(30)]
        post_all(session, given, text=GREETING, kind=MessageKind.DEPLOYMENT)
        assert {state for state, _ in _states(session, "m:%")} == {"waiting"}
    defer_all(session, "nothing", [])


def _states(session: Session, pattern: str) -> list[tuple[str, str | None]]:
    found = session.execute(
        select(Message.state, Message.reason)
        .where(Message.intent.like(pattern))
        .order_by(Message.id)
    )
    return [(state, reason) for state, reason in found]


def ready_in(office: Flask) -> int:
    """A ready proposal in a database of its own."""
    with office.app_context():
        with scoped_as(db.session, JOB):
            want_more(db.session)
            db.session.commit()
        number = int(proposed(db.session).id)
        db.session.commit()
        db.session.remove()
    return number


def counted(office: Flask, statement: str) -> int:
    with office.app_context(), scoped_as(db.session, JOB):
        found = int(db.session.scalar(text(statement)) or 0)
        db.session.remove()
    return found


LETTERS = "SELECT count(*) FROM letter l JOIN proposal_pick p ON p.deployment_id = l.deployment_id"
OF_THIS_RUN = f"{LETTERS} WHERE p.proposal_id = (SELECT max(id) FROM proposal)"
TEXTED = "SELECT count(*) FROM message WHERE intent LIKE 'deployment:published:%'"
EVENTS = "SELECT count(*) FROM event WHERE action = 'proposal.published'"
LIVE = "SELECT count(*) FROM proposal WHERE state = 'waiting'"


def publishing(number: int) -> Any:
    def work() -> Any:
        return published(db.session, number)

    return work


def test_two_directors_publish_at_once_and_one_is_told_so(office: Flask) -> None:
    number = ready_in(office)
    results = at_once(office, publishing(number), publishing(number))
    kinds = sorted(type(one).__name__ for one in results)
    assert kinds == ["IllegalMove", "Published"]
    assert [counted(office, one) for one in (OF_THIS_RUN, TEXTED, EVENTS)] == [EXTRA, EXTRA, 1]


def test_without_the_locks_both_are_told_that_they_published(
    office: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: with both locks off the same race publishes twice."""
    number = ready_in(office)
    both_have_looked = threading.Barrier(2)

    def unlocked(session: Any, _scope: Any, proposal_id: int) -> Proposal:
        return session.get_one(Proposal, proposal_id)

    def looked(shown: Any, said: Said) -> None:
        both_have_looked.wait(timeout=20)

    def read(session: Any, _scope: Any, ids: Any) -> list[Deployment]:
        return list(session.scalars(select(Deployment).where(Deployment.id.in_(ids))))

    monkeypatch.setattr(publication, "ready", unlocked)
    monkeypatch.setattr(publication, "_refuse_stale", looked)
    monkeypatch.setattr(moves, "locked", read)
    monkeypatch.setattr(moves, "_after", lambda *_: "published")
    results = at_once(office, publishing(number), publishing(number))
    assert sorted(type(one).__name__ for one in results) == ["Published", "Published"]
    assert counted(office, EVENTS) == 2


def proposing() -> Any:
    who = acting_as(TSC)
    wanted = terms(db.session)
    enter_scope(db.session, who.scope)
    return services.propose(who.scope, who.actor, **wanted, asks=Asks()).id


def test_two_directors_propose_at_once_and_share_one_proposal(office: Flask) -> None:
    results = at_once(office, proposing, proposing)
    made = {one for one in results if isinstance(one, int)}
    assert len(made) == 1
    assert counted(office, LIVE) == 1


def test_without_the_index_there_would_be_two_proposals(office: Flask, own_database: Urls) -> None:
    """Negative control: the index of live proposals is what keeps them apart."""
    with psycopg.connect(plain(own_database.owner)) as owner:
        owner.execute("DROP INDEX uq_proposal_one_live")
    results = at_once(office, proposing, proposing)
    assert len({one for one in results if isinstance(one, int)}) == 2
