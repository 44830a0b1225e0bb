"""A sub-county proposed and published against PostgreSQL: read, judged, solved, stored, told.

`python -m benchmarks.proposals_stored` makes a database of its own on the bundled server of
DATA_DIR with the small demonstration and a synthetic season of 97 centres in it, and of 40 in the
sub-county beside it, drops it afterwards, prints a table and writes `var/bench/proposals_stored.json`. The ratio is to the same
rows written bare: the deployments of the plan, inserted by one statement.

Then the country: a synthetic national season of 290 sub-counties, proposed through the queue by
two workers as `python run.py worker` starts them, from the administrator's asking until the last
sub-county is ready. `BENCH_SUB_COUNTIES=29` makes it smaller.
"""

from __future__ import annotations

import logging
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from app import clock
from app.access.models import User
from app.db import roles
from app.exams.models import Series
from app.extensions import db
from app.factory import build_app
from app.places.models import SubCounty
from app.procedures.publication import Said, preview, publish_proposal
from app.proposals import services
from app.proposals.asks import Asks
from app.proposals.models import Proposal
from app.proposals.queries import proposal_in
from app.scoping.guard import enter_scope, scoped_as
from app.scoping.resolve import actor_for, resolve
from app.scoping.scope import Actor, system_scope
from benchmarks import _nation, keep
from benchmarks.register_submit import own_database
from config import CHECKOUT, Settings, load_settings

CENTRES, PEOPLE = 97, 1010
AVERAGE_CENTRES, AVERAGE_PEOPLE = 40, 416
"""320 places: what 91,847 posts in 290 sub-counties come to."""
RUNS = 5
PROCESSES = 2
SUB_COUNTIES = int(os.environ.get("BENCH_SUB_COUNTIES", _nation.SUB_COUNTIES))
LOOK_SECONDS, MOST_SECONDS = 0.2, 900

SERIES = (
    """
    INSERT INTO series (examination_id, code, year, name, starts_on, ends_on, status)
    SELECT examination_id, 'KCSE-2031', 2031, 'KCSE 2031', '2031-11-03', '2031-11-21', 'planned'
    FROM series WHERE code LIKE 'KCSE-%' ORDER BY year DESC LIMIT 1
    """,
    """
    INSERT INTO exam_day (series_id, day, kind, payable, second_session, late_days)
    SELECT s.id, d::date, 'written', true, '14:00', 1
    FROM series s, generate_series('2031-11-03'::date, '2031-11-21'::date, '1 day') d
    WHERE s.code = 'KCSE-2031' AND extract(isodow FROM d) < 6
    """,
)
SEASON = (
    """
    INSERT INTO centre (series_id, sub_county_id, code, name, kind, candidates, rooms, lon, lat)
    SELECT s.id, p.id, (91000000 + :offset + n)::text, 'Centre number ' || n, 'school', 100, 5,
           34.7 + (n * 37 % 100) / 400.0, -0.2 + (n * 61 % 100) / 400.0
    FROM series s, sub_county p, generate_series(1, :centres) n
    WHERE s.code = 'KCSE-2031' AND p.slug = :slug
    """,
    """
    INSERT INTO post (series_id, centre_id, sub_county_id, role_id, required)
    SELECT c.series_id, c.id, c.sub_county_id, r.id,
           CASE r.code WHEN 'invigilator' THEN 5 ELSE 1 END
    FROM centre c JOIN series s ON s.id = c.series_id, staff_role r
    WHERE s.code = 'KCSE-2031' AND c.sub_county_id = (SELECT id FROM sub_county WHERE slug = :slug)
      AND r.code IN ('centre_manager', 'supervisor', 'invigilator', 'security')
    """,
    """
    INSERT INTO officer (full_name, mobile, state, gender, national_id_index, tsc_number,
                         employer_kind, teaches_at, started_on, qualification_level,
                         sub_county_id, wanted_roles, workstation_school_id)
    SELECT 'Person Number ' || n, '2541' || to_char(99000000 + :offset + n, 'FM00000000'), 'verified',
           CASE n % 2 WHEN 0 THEN 'female' ELSE 'male' END, convert_to('bench' || (:offset + n), 'UTF8'),
           (6000000 + :offset + n)::text, 'tsc',
           CASE WHEN n % 10 < 7 THEN 'primary' ELSE 'secondary' END, '2012-01-01', 'degree', p.id,
           '{}', (SELECT id FROM school ORDER BY (id * 7919 + n * 104729) % 1000003, id LIMIT 1)
    FROM sub_county p, generate_series(1, :people) n WHERE p.slug = :slug
    """,
    "ANALYZE",
)
ASIDE = (
    "CREATE TEMP TABLE plan ON COMMIT DROP AS SELECT series_id, centre_id, sub_county_id, post_id,"
    " role_id, officer_id, slot, starts_on, ends_on, status FROM deployment"
    " WHERE series_id = :series AND sub_county_id = :place AND status = 'proposed'",
    "DELETE FROM deployment USING plan WHERE deployment.post_id = plan.post_id"
    " AND deployment.officer_id = plan.officer_id AND deployment.status = 'proposed'",
)
WAITING_WORKERS = "SELECT count(*) FROM procrastinate_workers"
WAITING_PROPOSALS = "SELECT count(*) FROM proposal WHERE state = 'waiting'"
FOUND = """
    SELECT count(*) FILTER (WHERE state = 'ready') AS ready, sum(places) AS places,
           sum(filled) AS filled, sum(candidates) AS candidates
    FROM proposal WHERE series_id = :series
"""
AVERAGE = """
    SELECT sub_county_id FROM proposal WHERE series_id = :series
    ORDER BY abs(filled - avg(filled) OVER ()), id LIMIT :most
"""
BARE = (
    "INSERT INTO deployment (series_id, centre_id, sub_county_id, post_id, role_id, officer_id,"
    " slot, starts_on, ends_on, status) SELECT * FROM plan"
)


def season(session: Session) -> None:
    """Adds a season: 97 centres with 776 places and 1,010 people to Kisumu East, and a sub-county of
    the average size to Kisumu West."""
    for statement in SERIES:
        session.execute(text(statement))
    for slug, centres, people, offset in (
        ("kisumu-east", CENTRES, PEOPLE, 0),
        ("kisumu-west", AVERAGE_CENTRES, AVERAGE_PEOPLE, 10_000),
    ):
        given = {"slug": slug, "centres": centres, "people": people, "offset": offset}
        for statement in SEASON:
            session.execute(text(statement), given if ":" in statement else {})


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds of the clock on the wall, and what the act answered."""
    began = time.perf_counter()
    answer = act()
    return (time.perf_counter() - began) * 1000, answer


class Director:
    """The TSC director of a sub-county, proposing and publishing."""

    def __init__(self, slug: str = "kisumu-east") -> None:
        enter_scope(db.session, system_scope("bench"))
        user = db.session.scalars(select(User).where(User.username == f"tsc.{slug}")).one()
        self.scope, held = resolve(db.session, user, today=clock.today())
        self.actor = actor_for(user, held, session_id="bench", request_id=str(uuid.uuid4()))
        self.series = db.session.scalars(select(Series.id).where(Series.code == "KCSE-2031")).one()
        self.place = db.session.scalars(select(SubCounty.id).where(SubCounty.slug == slug)).one()
        enter_scope(db.session, self.scope)

    def asked(self) -> int:
        proposal = services.propose(
            self.scope, self.actor, series_id=self.series, sub_county_id=self.place, asks=Asks()
        )
        return proposal.id

    def solved(self) -> tuple[float, Proposal]:
        """Milliseconds to read, judge, solve and store the live proposal, and the proposal."""
        number = self.asked()
        with scoped_as(db.session, system_scope("task:bench")):
            spent, _none = timed(lambda: services.solve_proposal(db.session, number))
        return spent, proposal_in(db.session, self.scope, number)


def bare(series_id: int, sub_county_id: int) -> float:
    """Milliseconds to insert the plan's deployments by one statement, taken back at once."""
    given = {"series": series_id, "place": sub_county_id}
    with scoped_as(db.session, system_scope("bench")):
        db.session.execute(text(ASIDE[0]), given)
        db.session.execute(text(ASIDE[1]))
        spent, _none = timed(lambda: db.session.execute(text(BARE)))
        db.session.rollback()
    return spent


def measured() -> dict[str, Any]:
    """The numbers of one sub-county, large and of the average size."""
    director = Director()
    director.solved()
    times = [director.solved() for _ in range(RUNS)]
    proposal = times[-1][1]
    sizes = {"places": proposal.places, "filled": proposal.filled}
    stored = statistics.median(spent for spent, _ in times)
    least = statistics.median(bare(director.series, director.place) for _ in range(RUNS))
    who = (db.session, director.scope, director.actor, proposal.id)
    shown_ms, shown = timed(lambda: preview(*who))
    said = Said(shown.digest, reason="Measured")
    published_ms, _done = timed(lambda: publish_proposal(*who, said))
    average = Director("kisumu-west")
    runs = [average.solved() for _ in range(RUNS)]
    return {
        **sizes,
        "solved_ms": stored,
        "bare_insert_ms": least,
        "times_bare_insert": stored / least,
        "preview_ms": shown_ms,
        "published_ms": published_ms,
        "published": shown.people,
        "average_places": runs[-1][1].places,
        "average_solved_ms": statistics.median(spent for spent, _ in runs),
    }


def nation() -> int:
    """Adds the national season as the owner of the tables, who may also tell the planner of their
    size; its series."""
    owner = create_engine(db.engine.url.set(username=roles.OWNER))
    with Session(owner) as session, session.begin():
        _nation.national_season(session, SUB_COUNTIES)
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    owner.dispose()
    wanted = select(Series.id).where(Series.code == _nation.CODE)
    found: int = db.session.scalars(wanted).one()
    db.session.rollback()
    return found


@contextmanager
def workers(settings: Settings) -> Iterator[list[int]]:
    """Workers of the queue, each a process of its own; their numbers, once all of them wait."""
    environment = {**os.environ, "DATA_DIR": str(settings.data_dir)}
    environment["DATABASE_URL"] = settings.database_url or ""
    command = [sys.executable, "run.py", "worker"]
    started = [
        subprocess.Popen(command, cwd=CHECKOUT, env=environment, stderr=subprocess.DEVNULL)
        for _ in range(PROCESSES)
    ]
    try:
        until(WAITING_WORKERS, PROCESSES)
        yield [one.pid for one in started]
    finally:
        for one in started:
            one.terminate()
        for one in started:
            one.wait()


def until(question: str, answer: int) -> None:
    """Waits until the database says so."""
    for _ in range(int(MOST_SECONDS / LOOK_SECONDS)):
        if db.session.scalar(text(question)) == answer:
            db.session.rollback()
            return
        db.session.rollback()
        time.sleep(LOOK_SECONDS)
    raise SystemExit(f"not within {MOST_SECONDS} seconds: {question}")


def cpu_seconds(pids: list[int]) -> float:
    """Processor seconds of processes and of all below them, ended ones included."""
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    below = [
        one.cpu_times() for pid in pids for one in psutil.Process(pid).children(recursive=True)
    ]
    ended = sum(one.children_user + one.children_system for one in times)
    return ended + sum(one.user + one.system for one in [*times, *below])


def administrator() -> Actor:
    enter_scope(db.session, system_scope("bench"))
    user = db.session.scalars(select(User).where(User.username == "admin")).one()
    _scope, held = resolve(db.session, user, today=clock.today())
    return actor_for(user, held, session_id="bench", request_id=str(uuid.uuid4()))


def country(settings: Settings) -> dict[str, Any]:
    """Every sub-county of the synthetic season proposed by the workers, in seconds of the clock on
    the wall and of the processors."""
    db.session.rollback()
    made_ms, series = timed(nation)
    actor = administrator()
    server = [psutil.Process(db.session.scalar(text("SELECT pg_backend_pid()"))).ppid()]
    db.session.rollback()
    with workers(settings) as pids:
        before = cpu_seconds(pids), cpu_seconds(server)
        asked_ms, _asked = timed(lambda: services.propose_country(actor, series, Asks()))
        solved_ms, _done = timed(lambda: until(WAITING_PROPOSALS, 0))
        python, database = cpu_seconds(pids) - before[0], cpu_seconds(server) - before[1]
    enter_scope(db.session, system_scope("bench"))
    row = db.session.execute(text(FOUND), {"series": series}).one()
    if row.ready != SUB_COUNTIES:
        raise SystemExit(f"{SUB_COUNTIES - row.ready} sub-counties were not proposed")
    places = db.session.scalars(text(AVERAGE), {"series": series, "most": RUNS}).all()
    each = statistics.median(bare(series, one) for one in places)
    return {
        **row._mapping,
        "set_up_seconds": made_ms / 1000,
        "asked_seconds": asked_ms / 1000,
        "seconds": (asked_ms + solved_ms) / 1000,
        "workers_cpu_seconds": python,
        "database_cpu_seconds": database,
        "bare_average_ms": each,
        "times_bare_insert": (asked_ms + solved_ms) / each / SUB_COUNTIES,
    }


def told(found: dict[str, Any], land: dict[str, Any]) -> Iterator[str]:
    """The table, line by line."""
    yield (
        f"{found['filled']} of {found['places']} places read, judged, solved and stored:"
        f" {found['solved_ms']:.0f} ms, {found['times_bare_insert']:.1f} times their bare insert"
    )
    yield (
        f"{found['average_places']} places, the country's average, proposed again:"
        f" {found['average_solved_ms']:.0f} ms"
    )
    yield (
        f"{found['published']} published with letters and SMS: {found['published_ms']:.0f} ms;"
        f" the preview before it: {found['preview_ms']:.0f} ms"
    )
    yield (
        f"the country: {land['filled']:,} of {land['places']:,} places in {land['ready']} sub-counties"
        f" among {land['candidates']:,} people, {PROCESSES} workers: {land['seconds']:.1f} s on the wall"
    )
    yield (
        f"  of the processors {land['workers_cpu_seconds']:.1f} s in the workers and"
        f" {land['database_cpu_seconds']:.1f} s in PostgreSQL; asked for within"
        f" {land['asked_seconds']:.1f} s"
    )
    yield (
        f"  {land['times_bare_insert']:.1f} times the bare insert of its deployments, one process"
        f" beside two"
    )


def main() -> None:
    """Prints the table and keeps it."""
    logging.disable(logging.INFO)
    with own_database(load_settings()) as settings:
        app = build_app(settings, doors=[])
        with app.app_context():
            enter_scope(db.session, system_scope("bench"))
            season(db.session)
            db.session.commit()
            found = measured()
            land = country(settings)
            db.session.remove()
            db.engine.dispose()
    for line in told(found, land):
        print(line)
    keep("proposals_stored", found | {"country": land})


if __name__ == "__main__":
    main()
