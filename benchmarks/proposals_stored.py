"""A sub-county proposed and published against PostgreSQL: read, judged, solved, stored, told.

`python -m benchmarks.proposals_stored` makes a database of its own on the bundled server of
DATA_DIR with the small demonstration and a synthetic season of 97 centres in it, and of 40 in the
sub-county beside it, drops it afterwards, prints a table and writes `var/bench/proposals_stored.json`. The ratio is to the same
rows written bare: the deployments of the plan, inserted by one statement.
"""

from __future__ import annotations

import logging
import statistics
import time
import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock
from app.access.models import User
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
from app.scoping.scope import system_scope
from benchmarks import keep
from benchmarks.register_submit import own_database
from config import load_settings

CENTRES, PEOPLE = 97, 1010
AVERAGE_CENTRES, AVERAGE_PEOPLE = 40, 416
"""320 places: what 91,847 posts in 290 sub-counties come to."""
RUNS = 5
SUB_COUNTIES, POSTS_OF_THE_COUNTRY = 290, 91_847
PROCESSES = 2

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
    " WHERE series_id = :series AND status = 'proposed'",
    "DELETE FROM deployment WHERE series_id = :series AND status = 'proposed'",
)
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


def bare(series_id: int) -> float:
    """Milliseconds to insert the plan's deployments by one statement, taken back at once."""
    with scoped_as(db.session, system_scope("bench")):
        for statement in ASIDE:
            db.session.execute(text(statement), {"series": series_id})
        spent, _none = timed(lambda: db.session.execute(text(BARE)))
        db.session.rollback()
    return spent


def measured() -> dict[str, Any]:
    """Every number of the table."""
    director = Director()
    director.solved()
    times = [director.solved() for _ in range(RUNS)]
    proposal = times[-1][1]
    sizes = {"places": proposal.places, "filled": proposal.filled}
    stored = statistics.median(spent for spent, _ in times)
    least = statistics.median(bare(director.series) for _ in range(RUNS))
    who = (db.session, director.scope, director.actor, proposal.id)
    shown_ms, shown = timed(lambda: preview(*who))
    said = Said(shown.digest, reason="Measured")
    published_ms, _done = timed(lambda: publish_proposal(*who, said))
    average = Director("kisumu-west")
    runs = [average.solved() for _ in range(RUNS)]
    places = runs[-1][1].places or 1
    each = statistics.median(spent for spent, _ in runs)
    country = each / 1000 * POSTS_OF_THE_COUNTRY / places / PROCESSES
    return {
        **sizes,
        "solved_ms": stored,
        "bare_insert_ms": least,
        "times_bare_insert": stored / least,
        "preview_ms": shown_ms,
        "published_ms": published_ms,
        "published": shown.people,
        "average_places": places,
        "average_solved_ms": each,
        "country_seconds_estimated": country,
    }


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
            db.session.remove()
            db.engine.dispose()
    print(
        f"{found['filled']} of {found['places']} places read, judged, solved and stored:"
        f" {found['solved_ms']:.0f} ms, {found['times_bare_insert']:.1f} times their bare insert"
    )
    print(
        f"{found['average_places']} places, the country's average: {found['average_solved_ms']:.0f} ms;"
        f" the country by that, on {PROCESSES} processes: {found['country_seconds_estimated']:.0f} s"
    )
    print(
        f"{found['published']} published with letters and SMS: {found['published_ms']:.0f} ms;"
        f" the preview before it: {found['preview_ms']:.0f} ms"
    )
    keep("proposals_stored", found)


if __name__ == "__main__":
    main()
