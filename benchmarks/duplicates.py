"""Looking for one person's look-alikes among 250,000, against a look at one row by its key.

`python -m benchmarks.duplicates [people]` makes a database of its own on the bundled server of
DATA_DIR, copies generated officers into it, looks through everybody, then for single officers;
it drops the database afterwards, prints a table and writes `var/bench/duplicates.json`.
"""

from __future__ import annotations

import io
import logging
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import psycopg
from sqlalchemy import select

from app.db import roles
from app.db.embedded import Cluster
from app.demo.people import full_name, names_by_kind
from app.extensions import db
from app.factory import build_app
from app.people.models import Lookalike, Officer
from app.people.services.lookalikes import look_among_everybody, look_for
from app.scoping.guard import enter_scope
from app.scoping.scope import system_scope
from app.server import plain
from benchmarks import keep
from benchmarks.register_submit import NAME, own_database
from config import Settings, load_settings

PEOPLE = 250_000
CHECKS = 500
TWICE = 0.01
"""The share of people who registered a second time, spelled a little otherwise."""
AT_A_SCHOOL = 8
FIRST_ID = 1_000_000
COLUMNS = (
    "id, full_name, mobile, year_of_birth, gender, state, workstation, sub_county_id, kin_telephone"
)


def officers(how_many: int, places: list[tuple[int, str]]) -> Iterator[tuple[Any, ...]]:
    """Rows of people of the whole country; every hundredth is the one before it once more."""
    rng, names = Random(2026), names_by_kind()
    row: tuple[Any, ...] = ()
    for number in range(how_many):
        if row and rng.random() < TWICE:
            *_before, year, gender, state, work, place, kin = row
            name = " ".join(rng.sample(row[1].split(), len(row[1].split())))
            row = (
                FIRST_ID + number,
                name,
                f"2541{90_000_000 + number}",
                year,
                gender,
                state,
                work,
                place,
                kin,
            )
        else:
            place, county = rng.choice(places)
            gender = rng.choice(("female", "male"))
            row = (
                FIRST_ID + number,
                full_name(county, gender, names, rng),
                f"2541{90_000_000 + number}",
                rng.randrange(1962, 2002),
                gender,
                "submitted",
                f"School {rng.randrange(1 + how_many // AT_A_SCHOOL)}",
                place,
                f"2547{rng.randrange(10**8):08d}",
            )
        yield row


def load(owner_url: str, how_many: int) -> float:
    """Copies the people in; returns the seconds that took."""
    with psycopg.connect(plain(owner_url)) as owner:
        places = owner.execute(
            "SELECT s.id, c.code FROM sub_county s JOIN county c ON c.id = s.county_id ORDER BY 1"
        ).fetchall()
        owner.execute("DELETE FROM lookalike")
        text = io.StringIO()
        for row in officers(how_many, places):
            text.write("\t".join(map(str, row)) + "\n")
        began = time.perf_counter()
        with owner.cursor().copy(f"COPY officer ({COLUMNS}) FROM STDIN") as copy:
            copy.write(text.getvalue())
        seconds = time.perf_counter() - began
    with psycopg.connect(plain(owner_url), autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE officer")
    return seconds


def times(act: Callable[[int], Any], ids: list[int]) -> list[float]:
    """Milliseconds of the act for each id, after some that warm the caches."""
    for one in ids[:20]:
        act(one)
    found = []
    for one in ids:
        began = time.perf_counter()
        act(one)
        found.append((time.perf_counter() - began) * 1000)
    return sorted(found)


def by_key(officer_id: int) -> None:
    """The row of one officer, as a check reads it, in a transaction of its own."""
    db.session.execute(select(Officer.id, Officer.full_name).where(Officer.id == officer_id)).one()
    db.session.rollback()


def measure(settings: Settings, owner_url: str, how_many: int) -> dict[str, Any]:
    """Times of loading, of looking through everybody, and of single looks."""
    copied = load(owner_url, how_many)
    with build_app(settings, statement_seconds=900).app_context():
        enter_scope(db.session, system_scope("bench"))
        began = time.perf_counter()
        found = look_among_everybody(db.session)
        batch = time.perf_counter() - began
        with psycopg.connect(plain(owner_url), autocommit=True) as owner:
            owner.execute("VACUUM ANALYZE name_key")
        reviews = db.session.query(Lookalike).count()
        ids = Random(1).sample(range(FIRST_ID, FIRST_ID + how_many), CHECKS)
        checks, keys = times(lambda one: look_for(db.session, one), ids), times(by_key, ids)
        db.session.remove()
        db.engine.dispose()
    return {
        "people": how_many,
        "copy_seconds": copied,
        "batch_seconds": batch,
        "batch_people_per_second": how_many / batch,
        "found": found,
        "reviews": reviews,
        "check_ms_median": statistics.median(checks),
        "check_ms_p95": checks[int(len(checks) * 0.95)],
        "key_ms_median": statistics.median(keys),
        "check_to_key": statistics.median(checks) / statistics.median(keys),
    }


def told(found: dict[str, Any]) -> str:
    """The result as lines for a person."""
    return (
        f"Look-alikes among {found['people']:,} people (copied in {found['copy_seconds']:.1f} s)\n"
        f"  one check {found['check_ms_median']:6.2f} ms median,"
        f" {found['check_ms_p95']:6.2f} ms p95"
        f"   one row by key {found['key_ms_median']:6.2f} ms   ratio {found['check_to_key']:.1f}\n"
        f"  everybody {found['batch_seconds']:6.0f} s,"
        f" {found['batch_people_per_second']:,.0f} people a second,"
        f" {found['reviews']:,} pairs for review"
    )


def main() -> None:
    """Measures, prints and keeps the result."""
    logging.disable(logging.INFO)
    how_many = int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE
    with own_database(load_settings()) as settings:
        found = measure(settings, owner_of(settings), how_many)
    print(told(found))
    keep("duplicates", found)


def owner_of(settings: Settings) -> str:
    """The owner's address of the scratch database."""
    return Cluster(settings.data_dir).url(roles.OWNER, NAME)


if __name__ == "__main__":
    main()
