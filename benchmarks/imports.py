"""A list of 250,000 officers from file to stored, against bare COPY of the same rows.

`python -m benchmarks.imports` makes a database of its own on the bundled server of DATA_DIR with
the small demonstration, drops it afterwards, prints a table and writes `var/bench/imports.json`.
`ROWS=20000` in the environment makes it shorter.
"""

from __future__ import annotations

import csv
import gc
import io
import logging
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xlsxwriter
from flask import current_app
from sqlalchemy import select, text

from app.access.models import User
from app.db.uow import unit_of_work
from app.extensions import db
from app.factory import build_app
from app.imports import services
from app.imports.enums import Kind
from app.imports.mapping import Choices
from app.imports.models import ListImport
from app.places.models import SubCounty
from app.procedures import imports as procedure
from app.scoping.guard import enter_scope
from app.scoping.resolve import actor_for, resolve
from app.scoping.scope import NATIONAL, system_scope
from app.worker import STATEMENT_SECONDS
from benchmarks import keep
from benchmarks.register_submit import own_database
from config import load_settings
from reports import readers

ROWS = int(os.environ.get("ROWS", "250000"))
HEADINGS = (
    "Full name", "Mobile number", "National ID", "KRA PIN", "TSC number", "PF number", "Gender",
    "Year of birth", "E-mail", "Employer", "Designation", "Workstation", "County", "Sub-county",
)  # fmt: skip
GIVEN = ("Achieng", "Brian", "Collins", "Dorcas", "Everlyne", "Felix", "Grace", "Hillary")
FAMILY = ("Otieno", "Wanjiru", "Ng'ang'a", "Chebet", "Odhiambo", "Mutua", "Akinyi", "Barasa")


def officers(first: int, places: list[tuple[str, str]]) -> Iterator[list[str]]:
    """Rows of officers who do not exist, numbered from `first`; nobody of the demonstration's."""
    for n in range(first, first + ROWS):
        county, sub_county = places[n % len(places)]
        name = f"{GIVEN[n % 8]} {FAMILY[n // 8 % 8]} {GIVEN[n // 64 % 8]}"
        yield [
            name, f"072{n:07d}", str(100_000_000 + n), f"P{n:09d}Z", str(1_000_000 + n),
            f"PF/{n}", "FM"[n % 2], str(1965 + n % 35), f"officer{n}@example.org",
            "Teachers Service Commission", "Senior teacher", f"School {n % 9_000}", county,
            sub_county,
        ]  # fmt: skip


def write_csv(path: Path, first: int, places: list[tuple[str, str]]) -> None:
    """The list as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(officers(first, places))


def write_xlsx(path: Path, first: int, places: list[tuple[str, str]]) -> None:
    """The list as a workbook."""
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet("Officers")
    sheet.write_row(0, 0, HEADINGS)
    for number, row in enumerate(officers(first, places), start=1):
        sheet.write_row(number, 0, row)
    book.close()


def made(write: Callable[..., None], path: Path, *what: Any) -> bytes:
    """The file, written by a process of its own so that this one's memory stays its own."""
    process = multiprocessing.get_context("spawn").Process(target=write, args=(path, *what))
    process.start()
    process.join()
    return path.read_bytes()


def timed(act: Callable[[], Any]) -> float:
    """The seconds that an act takes."""
    gc.collect()
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


@contextmanager
def as_system() -> Iterator[None]:
    """A fresh session under the scope of a job."""
    db.session.remove()
    enter_scope(db.session, system_scope("bench"))
    yield
    db.session.remove()


def bare_copy(body: bytes) -> Callable[[], None]:
    """COPY of the file's rows as text into a bare table, nothing checked."""
    columns = ", ".join(f"c{n} text" for n in range(len(HEADINGS)))

    def copy() -> None:
        with as_system():
            driver = db.session.connection().connection.dbapi_connection
            driver.execute(f"CREATE TEMP TABLE bare ({columns}) ON COMMIT DROP")
            statement = "COPY bare FROM STDIN (FORMAT csv, HEADER)"
            with driver.cursor() as cursor, cursor.copy(statement) as copying:
                stream = io.BytesIO(body)
                while piece := stream.read(1 << 18):
                    copying.write(piece)
            db.session.commit()

    return copy


def bare_read(body: bytes, kind: str) -> Callable[[], None]:
    """Reading alone: the parsing process and its rows handed over."""
    return lambda: [None for _ in readers.blocks_of(body, kind, after=1)] and None


class Bringing:
    """One list on its way through the services, as headquarters brings it."""

    def __init__(self, body: bytes, kind: str) -> None:
        vault = current_app.extensions["vault"]
        self.tools = services.Tools(
            vault, lambda body, kind, row: readers.blocks_of(body, kind, after=row)
        )
        with as_system():
            user = db.session.scalars(select(User).where(User.username == "admin")).one()
            self.scope, roles = resolve(db.session, user, today=current_day())
            self.actor = actor_for(user, roles, session_id="bench", request_id="bench")
            enter_scope(db.session, NATIONAL)
            upload = services.Upload(Kind.OFFICERS, None, f"officers.{kind}", kind, body)
            one, _ = services.add_list(self.scope, self.actor, vault=vault, upload=upload)
            self.id = one.id
        with as_system():
            services.look(vault, services.Job(self.id, 0), readers.head_of)

    def stands(self) -> ListImport:
        return db.session.scalars(select(ListImport).where(ListImport.id == self.id)).one()

    def check(self) -> None:
        with as_system():
            mapping = self.stands().mapping
            services.map_columns(
                self.scope, self.actor, self.id, mapping=mapping, choices=Choices()
            )
            services.check_list(self.tools, services.Job(self.id, self.stands().run))
            counts = self.stands().counts
            assert (counts["new"], counts["rejected"]) == (ROWS, 0), counts

    def store(self) -> None:
        with as_system():
            run = self.stands().run
            services.ask_to_store(self.scope, self.actor, self.id, run=run)
            procedure.store(self.tools, services.Job(self.id, run + 1))
            assert self.stands().state == "stored", self.stands().problem


def current_day() -> Any:
    """Today at the office."""
    from app import clock

    return clock.today()


def places_of_demo() -> list[tuple[str, str]]:
    """The counties and sub-counties that the demonstration has."""
    with as_system():
        found = db.session.scalars(select(SubCounty).order_by(SubCounty.code)).all()
        return [(one.county.name, one.name) for one in found]


def measured(body: bytes, kind: str) -> dict[str, float]:
    """Seconds and ratios of one file from look to stored."""
    bringing = Bringing(body, kind)
    found = {
        "megabytes": len(body) / 1e6,
        "read_s": timed(bare_read(body, kind)),
        "check_s": timed(bringing.check),
        "store_s": timed(bringing.store),
    }
    found["rows_per_second_checked"] = ROWS / found["check_s"]
    found["rows_per_second_stored"] = ROWS / (found["check_s"] + found["store_s"])
    return found


def measure(folder: Path) -> dict[str, Any]:
    """Both files, with COPY of the same rows in the same run, and the memory of the processes."""
    places = places_of_demo()
    as_csv = made(write_csv, folder / "officers.csv", 20_000, places)
    copied = timed(bare_copy(as_csv))
    by_csv = measured(as_csv, "csv")
    del as_csv
    workbook = made(write_xlsx, folder / "officers.xlsx", 1_020_000, places)
    by_xlsx = measured(workbook, "xlsx")
    for found in (by_csv, by_xlsx):
        peer = copied + found["read_s"]
        found["check_to_copy_and_read"] = found["check_s"] / peer
        found["whole_to_copy_and_read"] = (found["check_s"] + found["store_s"]) / peer
    with as_system(), unit_of_work(db.session) as session:
        stored = session.scalar(text("SELECT count(*) FROM officer WHERE mobile LIKE '25472%'"))
    return {
        "rows": ROWS,
        "columns": len(HEADINGS),
        "copy_s": copied,
        "csv": by_csv,
        "xlsx": by_xlsx,
        "officers_stored": stored,
        "worker_peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "reader_peak_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }


def told(found: dict[str, Any]) -> str:
    """The result as lines for a person."""
    lines = [
        f"Import of {found['rows']:,} officers x {found['columns']} columns"
        f"  (bare COPY of the rows {found['copy_s']:.1f} s; peak memory worker"
        f" {found['worker_peak_mb']:.0f} MB, parsing process {found['reader_peak_mb']:.0f} MB)"
    ]
    for kind in ("csv", "xlsx"):
        one = found[kind]
        lines.append(
            f"  {kind:<4} {one['megabytes']:5.1f} MB  read {one['read_s']:5.1f} s"
            f"   check {one['check_s']:5.1f} s   store {one['store_s']:5.1f} s"
            f"   {one['rows_per_second_checked']:7,.0f} rows/s checked"
            f"   ratio to COPY + read: check {one['check_to_copy_and_read']:.1f},"
            f" check and store {one['whole_to_copy_and_read']:.1f}"
        )
    return "\n".join(lines)


def main() -> None:
    """Measures, prints and keeps the result; the log stays silent."""
    logging.disable(logging.INFO)
    with own_database(load_settings()) as settings, tempfile.TemporaryDirectory() as folder:
        flask_app = build_app(settings, statement_seconds=STATEMENT_SECONDS)
        with flask_app.app_context():
            found = measure(Path(folder))
            db.engine.dispose()
    print(told(found))
    keep("imports", found)


if __name__ == "__main__":
    sys.exit(main())
