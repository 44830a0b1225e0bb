"""A proposal: as full as the rules allow, explained, never double, solved around what is locked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, event, func, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from app.audit.services import broken_links
from app.db.uow import unit_of_work
from app.deployments.models import Deployment, Post
from app.errors import IllegalMove, NotAllowed, NotFound, RuleBroken
from app.exams.models import Series, StaffRole
from app.people.models import Officer
from app.places.models import Centre, SubCounty
from app.proposals import queries, services
from app.proposals.asks import Asks, asks_from
from app.proposals.models import Proposal, ProposalGap, ProposalPick, ProposalRefusal
from app.scoping.guard import enter_scope, install_guard, scoped_as
from app.scoping.scope import system_scope
from app.server import plain
from app.vacancies.eligibility import PostFacts, bars
from app.vacancies.queries import facts
from app.vacancies.queries.rules import eligibility_rules
from tests.databases import Urls
from tests.factories import world
from tests.factories.registers import acting_as

JOB = system_scope("task:proposals.solve")
EXTRA = 4


@pytest.fixture(autouse=True)
def _office_time() -> None:
    world.freeze()


@pytest.fixture
def wanting(session: Session) -> Session:
    """The world with four more posts of invigilators at the first centre, and six more people."""
    with scoped_as(session, system_scope("test")):
        want_more(session)
    return session


def want_more(session: Session) -> None:
    centre = session.scalars(select(Centre).where(Centre.code == world.CENTRE)).one()
    role = session.scalars(select(StaffRole).where(StaffRole.code == "invigilator")).one()
    session.execute(
        update(Post)
        .where(Post.centre_id == centre.id, Post.role_id == role.id)
        .values(required=Post.required + EXTRA)
    )
    for number in range(6):
        session.add(
            Officer(
                full_name=f"Person Number {'ABCDEF'[number]}",
                mobile=f"2547990000{number:02d}",
                state="verified",
                gender=("female", "male")[number % 2],
                national_id_index=f"extra{number}".encode(),
                tsc_number=f"7700{number:02d}",
                employer_kind="tsc",
                teaches_at="primary" if number < 5 else "secondary",
                started_on=dt.date(2015 if number < 4 else 2026, 1, 1),
                qualification_level="diploma",
                sub_county_id=centre.sub_county_id,
                wanted_roles=["invigilator"],
            )
        )
    session.flush()


def terms(session: Session) -> dict[str, int]:
    return {
        "series_id": session.scalars(select(Series.id).where(Series.code == "KCSE-2026")).one(),
        "sub_county_id": session.scalars(
            select(SubCounty.id).where(SubCounty.slug == "kisumu-east")
        ).one(),
    }


def proposed(session: Session, asks: Asks | None = None) -> Proposal:
    who = acting_as("tsc.kisumu-east")
    proposal = services.propose(who.scope, who.actor, **terms(session), asks=asks or Asks())
    number = proposal.id
    with scoped_as(session, JOB):
        services.solve_proposal(session, number)
    return session.get_one(Proposal, number)


def rows(session: Session, table: Any, proposal: Proposal) -> list[Any]:
    with scoped_as(session, JOB):
        return list(session.scalars(select(table).where(table.proposal_id == proposal.id)))


def test_places_are_filled_with_whom_nothing_bars(wanting: Session) -> None:
    proposal = proposed(wanting)
    assert (proposal.state, proposal.places) == ("ready", EXTRA)
    picks = queries.picks_of(wanting, acting_as("tsc.kisumu-east").scope, proposal.id)
    assert proposal.filled == len(picks) >= 4
    with scoped_as(wanting, JOB):
        rules = eligibility_rules(wanting)
        for pick, deployment, officer in picks:
            assert deployment.status == "proposed"
            wanting.delete(pick)
            wanting.delete(deployment)
            wanting.flush()
            post = PostFacts("KCSE", 2026, "invigilator", deployment.starts_on, deployment.ends_on)
            assert bars(facts.people(wanting, [officer.id])[officer.id].facts, post, rules) == ()


def test_proposal_begins_today_and_ends_with_the_days_of_the_role(wanting: Session) -> None:
    proposal = proposed(wanting)
    picks = queries.picks_of(wanting, acting_as("tsc.kisumu-east").scope, proposal.id)
    spans = {(one.starts_on, one.ends_on) for _, one, _ in picks}
    assert spans == {(world.TODAY, dt.date(2026, 11, 19))}


def test_whoever_is_left_over_is_told_why(wanting: Session) -> None:
    proposal = proposed(wanting)
    refusals = {one.officer_id: one for one in rows(wanting, ProposalRefusal, proposal)}
    with scoped_as(wanting, JOB):
        named = {o.full_name: o.id for o in wanting.scalars(select(Officer))}
    assert refusals[named["Person Number F"]].bars == ["experience", "teaches_at"]
    assert refusals[named["Person Number E"]].bars == ["experience"]
    assert refusals[named["Person Number F"]].post_id is None


def test_what_nobody_can_fill_names_the_nearest_relaxation(wanting: Session) -> None:
    with scoped_as(wanting, JOB):
        wanting.execute(
            update(Officer)
            .where(Officer.teaches_at == "primary", Officer.started_on < dt.date(2020, 1, 1))
            .values(started_on=dt.date(2025, 1, 1))
        )
    proposal = proposed(wanting)
    (gap,) = rows(wanting, ProposalGap, proposal)
    assert (gap.places, proposal.filled) == (EXTRA, 0)
    assert gap.relaxations["experience"] >= 5


def test_locked_picks_stay_where_they_are(wanting: Session) -> None:
    proposal = proposed(wanting)
    who = acting_as("tsc.kisumu-east")
    kept = [one.deployment_id for one in rows(wanting, ProposalPick, proposal)][:2]
    services.lock_picks(who.scope, who.actor, kept, locked=True)
    again = proposed(wanting, Asks(women_share=50))
    assert again.id == proposal.id
    after = {one.deployment_id for one in rows(wanting, ProposalPick, again)}
    assert set(kept) < after
    assert (again.filled, len(after)) == (EXTRA - 2, EXTRA)


def test_picks_that_stay_are_weighed_by_the_weights_of_the_new_run(wanting: Session) -> None:
    proposal = proposed(wanting)
    who = acting_as("tsc.kisumu-east")
    first, *_ = rows(wanting, ProposalPick, proposal)
    before = first.deployment_id, first.distance
    services.lock_picks(who.scope, who.actor, [first.deployment_id], locked=True)
    again = proposed(wanting, Asks(workstation=200, home=100))
    line = queries.pick_line(wanting, who.scope, again.id, before[0])
    assert line.distance == 2 * before[1] > 0
    free = queries.substitutes_for(wanting, again, line)
    assert all(one.points >= line.distance + line.fairness for one in free)


def test_discarded_proposal_leaves_nothing_behind(wanting: Session) -> None:
    proposal = proposed(wanting)
    who = acting_as("tsc.kisumu-east")
    ids = [one.deployment_id for one in rows(wanting, ProposalPick, proposal)]
    services.lock_picks(who.scope, who.actor, ids[:1], locked=True)
    services.discard(who.scope, who.actor, proposal.id, "Centres were merged")
    with scoped_as(wanting, JOB):
        left = wanting.scalar(select(func.count()).where(Deployment.id.in_(ids)))
    assert (left, proposal.state) == (0, "discarded")
    with pytest.raises(IllegalMove):
        services.discard(who.scope, who.actor, proposal.id)


def test_solving_twice_changes_nothing(wanting: Session) -> None:
    proposal = proposed(wanting)
    before = [one.deployment_id for one in rows(wanting, ProposalPick, proposal)]
    with scoped_as(wanting, JOB):
        services.solve_proposal(wanting, proposal.id)
    assert [one.deployment_id for one in rows(wanting, ProposalPick, proposal)] == before


CROWD = """
    INSERT INTO officer (full_name, mobile, state, gender, national_id_index, tsc_number,
                         employer_kind, teaches_at, started_on, qualification_level,
                         sub_county_id, wanted_roles)
    SELECT 'Person Number ' || n, '2547980' || to_char(n, 'FM00000'), 'verified', 'female',
           int4send(n), (880000 + n)::text, 'tsc', 'primary', '2012-01-01', 'diploma', p.id,
           '{invigilator}'
    FROM sub_county p, generate_series(CAST(:first AS int), CAST(:last AS int)) n
    WHERE p.slug = 'kisumu-east'
"""
LARGER = """
    UPDATE post SET required = required + :more FROM centre c, staff_role r
    WHERE c.id = post.centre_id AND r.id = post.role_id AND c.code = :centre AND r.code = :role
"""


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    """Every statement sent inside the block."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(connection, "before_cursor_execute", note)


def solving_of(session: Session, *, places: int, people: range) -> tuple[int, Proposal]:
    """How many statements it takes to solve a proposal of this many more places and people, among
    them places of supervisors that nobody may fill."""
    who = acting_as("tsc.kisumu-east")
    with scoped_as(session, JOB):
        session.execute(text(CROWD), {"first": people.start, "last": people.stop - 1})
        for role, more in (("invigilator", places), ("supervisor", places // 10)):
            session.execute(text(LARGER), {"centre": world.CENTRE, "role": role, "more": more})
    number = services.propose(who.scope, who.actor, **terms(session), asks=Asks()).id
    with scoped_as(session, JOB), counted(session) as sent:
        services.solve_proposal(session, number)
    return len(sent), session.get_one(Proposal, number)


def test_many_places_are_stored_with_as_many_statements_as_few(session: Session) -> None:
    few, small = solving_of(session, places=10, people=range(20))
    assert (small.places, small.state) == (11, "ready")
    stored = len(rows(session, ProposalPick, small)), len(rows(session, ProposalRefusal, small))
    assert min(*stored, len(rows(session, ProposalGap, small))) > 0
    who = acting_as("tsc.kisumu-east")
    services.discard(who.scope, who.actor, small.id, "Centres were merged")
    many, large = solving_of(session, places=300, people=range(1000, 1400))
    assert (large.places, large.filled) == (341, 310)
    assert len(rows(session, ProposalRefusal, large)) > 90
    assert many == few


def test_country_is_asked_for_in_one_act(wanting: Session) -> None:
    admin, series_id = acting_as("admin"), terms(wanting)["series_id"]
    failed = proposed(wanting).id
    with scoped_as(wanting, JOB):
        wanting.get_one(Proposal, failed).state = "failed"
        places = set(queries.sub_counties_of(wanting, series_id))
        wanting.flush()
    with counted(wanting) as sent:
        assert services.propose_country(admin.actor, series_id, Asks()) == len(places) > 1
    assert services.propose_country(admin.actor, series_id, Asks()) == 0
    with scoped_as(wanting, JOB):
        waiting = wanting.scalars(select(Proposal).where(Proposal.state == "waiting")).all()
        jobs = wanting.scalars(
            text("SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo'")
        ).all()
        events = wanting.scalars(
            text(
                "SELECT entity_id FROM event WHERE action = 'proposal.asked' AND actor_name = :who"
            ),
            {"who": admin.actor.name},
        ).all()
        broken = broken_links(wanting, "national")
    assert {one.sub_county_id for one in waiting} == places
    assert failed in {one.id for one in waiting}
    assert sorted(jobs) == sorted(f"{services.TASK}:{one.id}" for one in waiting)
    assert sorted(events) == sorted(str(one.id) for one in waiting)
    assert broken == []
    assert sum(one.lstrip().startswith("INSERT INTO proposal ") for one in sent) == 1


def test_director_next_door_sees_and_touches_nothing(wanting: Session) -> None:
    proposal = proposed(wanting)
    picked, number = (
        [one.deployment_id for one in rows(wanting, ProposalPick, proposal)],
        proposal.id,
    )
    wanted = terms(wanting)
    who = acting_as("tsc.kisumu-west")
    with pytest.raises(NotFound):
        services.discard(who.scope, who.actor, number)
    with pytest.raises(NotFound):
        services.lock_picks(who.scope, who.actor, picked, locked=True)
    with pytest.raises(NotFound):
        services.propose(who.scope, who.actor, **wanted, asks=Asks())
    assert queries.picks_of(wanting, who.scope, number) == []


@pytest.mark.parametrize("username", ["scde.kisumu-east", "monitor", "county.kisumu"])
def test_only_the_tsc_director_proposes(wanting: Session, username: str) -> None:
    wanted = terms(wanting)
    who = acting_as(username)
    with pytest.raises(NotAllowed):
        services.propose(who.scope, who.actor, **wanted, asks=Asks())


def test_weights_out_of_range_are_said_all_at_once() -> None:
    with pytest.raises(RuleBroken) as refused:
        asks_from({"home": "far", "women_share": "120", "men_share": "-1"})
    assert [one.field for one in refused.value.problems] == ["home", "women_share", "men_share"]
    with pytest.raises(RuleBroken) as refused:
        asks_from({"women_share": "60", "men_share": "60"})
    assert refused.value.code == "shares-too-large"
    assert asks_from({"home": "0"}) == Asks(home=0)


APPLIED = """
WITH advert AS (
    INSERT INTO vacancy (series_id, sub_county_id, role_id, posts, opens_at, closes_at, state)
    SELECT s.id, p.id, r.id, 4, '2026-08-01', '2026-08-31', 'closed'
    FROM series s, sub_county p, staff_role r
    WHERE s.code = 'KCSE-2026' AND p.slug = 'kisumu-west' AND r.code = 'invigilator'
    RETURNING id, sub_county_id
)
INSERT INTO application (vacancy_id, sub_county_id, officer_id, applied_at, moved_at)
SELECT advert.id, advert.sub_county_id, o.id, '2026-08-02', '2026-08-02'
FROM advert, officer o WHERE o.full_name LIKE 'Person Number%'
"""
TWICE = """
SELECT count(*) FROM deployment a JOIN deployment b
ON a.officer_id = b.officer_id AND a.id < b.id AND a.period && b.period
"""
MORE_NEXT_DOOR = """
UPDATE post SET required = required + 4 FROM centre c, staff_role r
WHERE c.id = post.centre_id AND r.id = post.role_id
AND c.code = :centre AND r.code = 'invigilator'
"""


@pytest.fixture
def office(own_database: Urls) -> Iterator[Any]:
    engine = create_engine(own_database.app, pool_size=8)
    yield engine
    engine.dispose()


@contextmanager
def system_session(engine: Any) -> Iterator[Any]:
    """A session of its own, under the job's scope, behind both walls."""
    factory = sessionmaker(engine)
    install_guard(factory)
    with factory() as session:
        enter_scope(session, JOB)
        yield session


def two_waiting(engine: Any) -> list[int]:
    """Proposals of two sub-counties whose pools hold the same six people, and lack four each."""
    with system_session(engine) as session:
        want_more(session)
        session.execute(text(APPLIED))
        session.execute(text(MORE_NEXT_DOOR), {"centre": world.NEXT_DOOR})
        series = terms(session)["series_id"]
        places = session.scalars(
            select(SubCounty.id).where(SubCounty.slug.in_(["kisumu-east", "kisumu-west"]))
        )
        made = [
            Proposal(series_id=series, sub_county_id=one, asks=Asks().stored()) for one in places
        ]
        session.add_all(made)
        session.commit()
        return [one.id for one in made]


@contextmanager
def solved_but_not_committed(engine: Any, number: int) -> Iterator[None]:
    """Another worker that has stored its picks, commits at the end of the block, and not before."""
    with system_session(engine) as session, unit_of_work(session):
        services.solve_proposal(session, number)
        yield


def solve(engine: Any, number: int) -> None:
    world.freeze()
    with system_session(engine) as session:
        services.solve_proposal(session, number)


def test_two_sub_counties_never_propose_one_person(office: Any) -> None:
    """Who comes second waits for the first, and is solved again without the people it took."""
    first, second = two_waiting(office)
    with ThreadPoolExecutor(1) as other, solved_but_not_committed(office, first):
        late = other.submit(solve, office, second)
        with pytest.raises(TimeoutError):
            late.result(timeout=1.5)
    late.result()
    with system_session(office) as session:
        states = {session.get_one(Proposal, one).state for one in (first, second)}
        assert (states, session.scalar(text(TWICE))) == ({"ready"}, 0)
        assert session.scalar(select(func.count()).select_from(ProposalPick)) >= EXTRA


def test_without_the_constraint_one_person_is_proposed_twice(
    office: Any, own_database: Urls
) -> None:
    """Negative control: it is the database that keeps two directors apart."""
    with psycopg.connect(plain(own_database.owner)) as owner:
        owner.execute("ALTER TABLE deployment DROP CONSTRAINT ex_deployment_one_post_a_day")
    first, second = two_waiting(office)
    with solved_but_not_committed(office, first):
        solve(office, second)
    with system_session(office) as session:
        assert session.scalar(text(TWICE)) > 0
