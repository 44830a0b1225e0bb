"""Synthetic results, loaded, proven, approved by another person and released: the whole way at once.

Every step is the very service, or task of the queue, that the pages and the worker use.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app import clock, worker
from app.access.models import User
from app.db.uow import unit_of_work
from app.demo import results as made
from app.exams.models import Series
from app.extensions import db
from app.places.models import Centre
from app.results import services
from app.results.columns import LEFT_OUT
from app.results.grades import POINTS
from app.results.machine import Change
from app.results.models import ResultCandidate, ResultFile, ResultRelease
from app.scoping.guard import scoped_as
from app.scoping.resolve import actor_for, resolve
from app.scoping.scope import Actor, Scope, system_scope

if TYPE_CHECKING:
    from config import Settings

SERIES = "KCSE-2024"
OFFICER, APPROVER = "results.officer", "results.approver"
FILE = "results-demo.csv"
OF_SCHOOLS, EXAM, SCHOOLS_FILE = "KCSE-2026", "KCSE", "results-demo-schools.csv"
"""The season whose centres sign in: their own results, beside those of `SERIES`, two years before."""
KINDS = ("csv", "xlsx")
MOST = 60_000
"""Candidates of that season who are given results: a country of them would take twice as long."""
SOON = dt.timedelta(seconds=5)


def run(settings: Settings, doors: Sequence[Any], candidates: str = "", kind: str = "csv") -> None:
    """Makes the file at `DATA_DIR/results-demo.csv`, loads it and releases it at once.

    With `xlsx` as kind the nation's file is loaded as a workbook of the same cells, which the first
    of `doors` that knows the format writes beside it.
    """
    if kind not in KINDS:
        raise SystemExit(f"A release is loaded as one of {', '.join(KINDS)}, not as {kind}.")
    if settings.is_production:
        raise SystemExit("Synthetic results are for local and test portals only.")
    flask_app = worker.configured(settings, doors)
    tasks = worker.known(doors).by_name
    with flask_app.app_context(), scoped_as(db.session, system_scope("results-demo")):
        work = {name: task.work for name, task in tasks.items()}
        _show_schools(_Trial(settings, work, OF_SCHOOLS, SCHOOLS_FILE))
        trial = _Trial(settings, work, SERIES, FILE)
        trial.write(int(candidates or made.CANDIDATES))
        if kind == "xlsx":
            trial.as_workbook(doors)
        trial.release(trial.load())


def _show_schools(trial: _Trial) -> None:
    """Releases results of the season whose centres sign in, once, so that schools have their own.

    One in a hundred registered candidates has none. At the first centre one result is withheld and
    one corrected since. The series of `SERIES` is released after it, and stays with the edge.
    """
    if trial.was_released():
        return
    shown: list[tuple[str, int]] = []
    for code, registered in trial.centres():
        if sum(each for _code, each in shown) + registered <= MOST:
            shown.append((code, registered))
    if not shown:
        return
    trial.write(sum(each for _code, each in shown) * 99 // 100, shown)
    release_id = trial.release(trial.load())
    first = shown[0][0]
    scope, officer = _acting(OFFICER)
    said = (
        (Change.WITHHOLD, "002", "The scripts of this candidate are looked into."),
        (Change.AMEND, "001", "A mark of one paper had been left out."),
    )
    for change, number, reason in said:
        which = services.Which(release_id, f"{first}{number}", 1)
        services.change_result(
            scope, officer, which, change, reason=reason, amended=_better(which, change)
        )
        trial.correct(which)
    _tell(f"Sign in as {EXAM}{first} and open Results; {len(shown):,} centres have theirs.")


def _better(which: services.Which, change: Change) -> services.Amended | None:
    """The result with one subject a grade better, where it is amended."""
    if change is not Change.AMEND:
        return None
    one = db.session.get_one(ResultCandidate, (which.release_id, which.index_number))
    steps = [str(grade) for grade in POINTS]
    code, grade = next(iter(sorted(one.subjects.items())))
    at = steps.index(grade) if grade in steps else len(steps)
    subjects = {**one.subjects, code: steps[max(at - 1, 0)] if at else steps[1]}
    return services.Amended(one.names, one.mean_grade, subjects)


class _Trial:
    """One trial: who acts, the tasks of the queue by name, and the clock of its steps."""

    def __init__(
        self, settings: Settings, tasks: dict[str, Callable[..., None]], series: str, file: str
    ) -> None:
        self.path, self._tasks = settings.data_dir / file, tasks
        self.brought = self.path
        self._vault = db.session.info.get("vault") or _vault()
        found = db.session.scalars(select(Series).where(Series.code == series)).first()
        if found is None:
            raise SystemExit(f"There is no series {series}: load the demo season first.")
        self.series_id = int(found.id)

    def was_released(self) -> bool:
        """Whether results of the series are released already."""
        return (
            db.session.scalars(
                select(ResultRelease.id).where(
                    ResultRelease.series_id == self.series_id, ResultRelease.state == "released"
                )
            ).first()
            is not None
        )

    def centres(self) -> list[tuple[str, int]]:
        """The centres of the series in the order of their codes, with who is registered there."""
        rows = db.session.execute(
            select(Centre.code, Centre.candidates)
            .where(Centre.series_id == self.series_id, Centre.kind == "school")
            .order_by(Centre.code)
        )
        return [(code, number) for code, number in rows]

    def correct(self, which: services.Which) -> None:
        """Sends a changed result to the edge, as the queue does."""
        self._tasks["results.correct"](release_id=which.release_id, index_number=which.index_number)

    def write(self, candidates: int, centres: Sequence[tuple[str, int]] = ()) -> None:
        """Writes the file for the centres of the series, the nation's if need be, or for some."""
        with _step("writing the file"):
            if not centres:
                with unit_of_work(db.session) as session:
                    made.add_centres(session, self.series_id, candidates)
            listed = centres or self.centres()
            db.session.rollback()
            with self.path.open("w", encoding="utf-8") as stream:
                for _done in made.write_results(stream, listed, candidates):
                    pass

    def as_workbook(self, doors: Sequence[Any]) -> None:
        """Writes the file as a workbook as well; from then on that one is what is loaded."""
        write = next(door.workbook_of for door in doors if hasattr(door, "workbook_of"))
        target = self.path.with_suffix(".xlsx")
        with _step("writing it as a workbook"):
            write(self.path, target, "Release")
        self.brought = target

    def load(self) -> int:
        """Brings, maps, checks and loads the file as the results officer; the release's id."""
        scope, officer = _acting(OFFICER)
        path = self.brought
        upload = services.Upload(self.series_id, path.name, path.suffix[1:], path.read_bytes())
        file, _new = services.add_file(scope, officer, vault=self._vault, upload=upload)
        file_id = int(file.id)
        self._run("opening the file", "results.look", file_id)
        file = _file(file_id)
        mapping = [said or LEFT_OUT for said in file.mapping]
        services.map_columns(scope, officer, file_id, mapping=mapping)
        self._run("checking every row", "results.check", file_id)
        file = _file(file_id)
        _tell(f"rows {file.report['rows']:,}, errors {file.report['rejected']:,}")
        services.ask_to_store(scope, officer, file_id, run=file.run, looked=True)
        self._run("loading", "results.store", file_id)
        file = _file(file_id)
        if file.release_id is None:
            raise SystemExit(f"Nothing was loaded: {file.problem}")
        with _step("comparing every cell, counting"):
            self._tasks["results.prove"](release_id=file.release_id)
        return int(file.release_id)

    def release(self, release_id: int) -> int:
        """Approves as another person, sets this very minute, builds the store and opens it; the id."""
        proof = _release(release_id).proof or {}
        _tell(f"cells compared {proof['cells']:,}, differences {proof['differences']:,}")
        scope, approver = _acting(APPROVER)
        services.approve(scope, approver, release_id)
        at = clock.now() + SOON
        services.set_minute(scope, approver, release_id, at=at)
        with _step("building the store"):
            self._tasks["results.build"](release_id=release_id)
        with _step("opening at the minute"):
            time.sleep(max(0.0, (at - clock.now()).total_seconds()))
            self._tasks["results.open"](release_id=release_id)
        one = _release(release_id)
        _tell(f"{one.series.name}, release {one.number}: {one.state}. The file: {self.path}")
        return release_id

    def _run(self, words: str, task: str, file_id: int) -> None:
        with _step(words):
            self._tasks[task](file_id=file_id, run=_file(file_id).run)


def _acting(username: str) -> tuple[Scope, Actor]:
    user = db.session.scalars(select(User).where(User.username == username)).one()
    scope, roles = resolve(db.session, user, today=clock.today())
    return scope, actor_for(user, roles, session_id=None, request_id="results-demo")


def _file(file_id: int) -> ResultFile:
    db.session.rollback()
    db.session.expire_all()
    found: ResultFile = db.session.get_one(ResultFile, file_id)
    return found


def _release(release_id: int) -> ResultRelease:
    db.session.rollback()
    db.session.expire_all()
    found: ResultRelease = db.session.get_one(ResultRelease, release_id)
    return found


def _vault() -> Any:
    from flask import current_app

    return current_app.extensions["vault"]


@contextmanager
def _step(words: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    _tell(f"{words:<34} {time.monotonic() - started:8.1f} s")


def _tell(line: str) -> None:
    sys.stdout.write(f"  {line}\n")
    sys.stdout.flush()
