"""Shorthand for tests of results: bring a release file and let the queue's work be done at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import select

from app import clock
from app.exams.models import Series
from app.extensions import db
from app.places.models import Centre
from app.results import services
from app.results.models import ResultFault, ResultFile, ResultRelease
from app.results.services import Job, Publisher, Tools
from app.scoping.guard import scoped_as
from app.scoping.scope import system_scope
from reports import readers
from tests.factories.lists import as_csv
from tests.factories.registers import Someone, acting_as
from tests.factories.world_results import FAR, HERE, SERIES, THERE, index_number
from views.results.work import head_of, rows_of

EVERYTHING = system_scope("test")
CODES = ("101", "102", "121", "231", "233", "311", "565")
HEADINGS = ("index_number", "names", "sex", "mean_grade", *CODES)
GRADES = ("A-", "B+", "C-", "A", "B", "D+", "E")
"""Signs of both kinds, and none."""


def row(number: int = 1, *, centre: str = HERE, **changes: str) -> list[str]:
    """A row of a release file under `HEADINGS`; `g101="B"` changes a subject's grade."""
    own = {
        "index_number": index_number(centre, number),
        "names": f"Amina {_word(number)} Ng'ang'a",
        "sex": "FM"[number % 2],
        "mean_grade": "B-",
    } | {name: text for name, text in changes.items() if not name.startswith("g")}
    grades = [changes.get(f"g{code}", grade) for code, grade in zip(CODES, GRADES, strict=True)]
    return [*own.values(), *grades]


def _word(number: int) -> str:
    return "".join("abcdefghij"[int(digit)] for digit in str(number)).capitalize() + "o"


def rows(count: int) -> list[list[str]]:
    """This many candidates over the three centres of last year."""
    return [row(1 + nth // 3, centre=(HERE, THERE, FAR)[nth % 3]) for nth in range(count)]


def tools() -> Tools:
    """What the queue's jobs are given, without anybody who hears of progress."""
    return Tools(current_app.extensions["vault"], rows_of)


def officer() -> Someone:
    return acting_as("results.officer")


def approver() -> Someone:
    return acting_as("results.approver")


def brought(body: bytes, name: str = "results.csv", *, series: str = SERIES) -> int:
    """Brings the file as the results officer and lets the queue look at it; its id."""
    who = officer()
    with scoped_as(db.session, EVERYTHING):
        series_id = db.session.scalars(select(Series.id).where(Series.code == series)).one()
    kind = readers.kind_of(body, readers.RELEASE)
    upload = services.Upload(series_id, name, kind, body)
    vault = tools().vault
    with scoped_as(db.session, who.scope):
        one, _new = services.add_file(who.scope, who.actor, vault=vault, upload=upload)
    job = Job(one.id, one.run)
    with scoped_as(db.session, EVERYTHING):
        services.look(vault, job, head_of)
    return job.file_id


def checked(file_id: int, mapping: Sequence[str] | None = None) -> ResultFile:
    """Chooses the columns as guessed, or as given, and does the check."""
    who = officer()
    chosen = mapping if mapping is not None else the_file(file_id).mapping
    with scoped_as(db.session, who.scope):
        services.map_columns(who.scope, who.actor, file_id, mapping=chosen)
    with scoped_as(db.session, EVERYTHING):
        services.check_file(tools(), Job(file_id, the_file(file_id).run))
    return the_file(file_id)


def stored(file_id: int) -> ResultFile:
    """Loads the file, without the proof."""
    who, run = officer(), the_file(file_id).run
    with scoped_as(db.session, who.scope):
        services.ask_to_store(who.scope, who.actor, file_id, run=run, looked=True)
    with scoped_as(db.session, EVERYTHING):
        services.store_file(tools(), Job(file_id, run + 1))
    return the_file(file_id)


def proven(release_id: int) -> ResultRelease:
    """Compares the release with its file."""
    with scoped_as(db.session, EVERYTHING):
        services.prove_release(tools(), release_id)
    return the_release(release_id)


def loaded(
    *given: list[str], headings: Sequence[str] = HEADINGS, series: str = SERIES
) -> ResultRelease:
    """A release of these rows, proven."""
    file = stored(checked(brought(as_csv(headings, given), series=series)).id)
    assert file.release_id is not None, file.problem
    return proven(file.release_id)


def publisher(folder: Path) -> Publisher:
    """A publisher with a folder and a key of its own."""
    return Publisher(folder, tools().vault, services.signer_from("test"))


def released(release: ResultRelease, folder: Path, *, minutes: int = 0) -> ResultRelease:
    """Approves it as the approver, sets the minute and lets the queue build and open it."""
    who = approver()
    with scoped_as(db.session, who.scope):
        if release.state == "checked":
            services.approve(who.scope, who.actor, release.id)
        at = clock.now() + dt.timedelta(minutes=minutes)
        services.set_minute(who.scope, who.actor, release.id, at=at)
    with scoped_as(db.session, EVERYTHING):
        services.open_release(publisher(folder), release.id)
    return the_release(release.id)


def the_file(file_id: int) -> ResultFile:
    """The file as it stands."""
    with scoped_as(db.session, EVERYTHING):
        db.session.expire_all()
        return db.session.scalars(select(ResultFile).where(ResultFile.id == file_id)).one()


def the_release(release_id: int) -> ResultRelease:
    """The release as it stands."""
    with scoped_as(db.session, EVERYTHING):
        db.session.expire_all()
        return db.session.scalars(select(ResultRelease).where(ResultRelease.id == release_id)).one()


def faults(file_id: int, *, warning: bool = False) -> list[tuple[int, int | None, str]]:
    """Row, column and code of every fault, or of every warning."""
    statement = (
        select(ResultFault.row_number, ResultFault.at, ResultFault.code)
        .where(ResultFault.file_id == file_id, ResultFault.warning.is_(warning))
        .order_by(ResultFault.row_number, ResultFault.id)
    )
    with scoped_as(db.session, EVERYTHING):
        return [tuple(found) for found in db.session.execute(statement)]


def changed(
    release_id: int, index: str, change: Any, *, reason: str = "Checked again.", **more: Any
) -> int:
    """Changes a result as the results officer; the new version."""
    from app.results.models import ResultCandidate

    who = officer()
    with scoped_as(db.session, EVERYTHING):
        db.session.expire_all()
        version = db.session.get_one(ResultCandidate, (release_id, index)).version
    which = services.Which(release_id, index, more.pop("version", version))
    with scoped_as(db.session, who.scope):
        return services.change_result(who.scope, who.actor, which, change, reason=reason, **more)


def amended(given: Iterable[str], **changes: Any) -> services.Amended:
    """The row's own values with some changed; `subjects` are merged."""
    _index, names, _sex, mean, *grades = given
    own = services.Amended(names, mean, dict(zip(CODES, grades, strict=True)))
    subjects: Mapping[str, str] = {**own.subjects, **changes.pop("subjects", {})}
    return replace(own, subjects=subjects, **changes)


def registered(code: str) -> int:
    """How many candidates a centre of last year registered."""
    with scoped_as(db.session, EVERYTHING):
        found = (
            select(Centre.candidates).join(Series).where(Centre.code == code, Series.code == SERIES)
        )
        return db.session.scalars(found).one()
