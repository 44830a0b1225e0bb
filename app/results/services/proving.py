"""The proof of a release: every stored value beside the very cell of the file, and what is in it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, text, update

from app import clock
from app.audit.services import Subject, record
from app.db.queue import defer
from app.db.uow import unit_of_work
from app.errors import PortalError
from app.extensions import db
from app.results.columns import FIELDS, LEFT_OUT
from app.results.enums import ReleaseState
from app.results.grades import read_grade
from app.results.machine import Act, release_after
from app.results.models import ResultCandidate, ResultFile, ResultRelease
from app.results.queries.counting import counts_of
from app.results.rules import SEXES, row_hash, subjects_json
from app.results.services.files import body_of, subject_names
from app.results.services.jobs import Tools, claim
from app.scoping.scope import Actor, system_actor

COMPARING, COUNTING = "comparing", "counting"
COUNT = "results.count"
SHOWN = 100
"""Differences that are named one by one; all are counted."""
_AT_ONCE = 2_000

Stored = tuple[int, str, str, str, str, Mapping[str, str], bytes]


@dataclass
class Comparison:
    """What came out: cells compared, those that differ, and one hash of all rows on either side."""

    rows: int = 0
    cells: int = 0
    differences: int = 0
    named: list[dict[str, Any]] = field(default_factory=list)
    of_file: Any = field(default_factory=hashlib.sha256)
    of_stored: Any = field(default_factory=hashlib.sha256)

    def differs(self, row: int, heading: str) -> None:
        """Notes a cell; never its value."""
        self.differences += 1
        if len(self.named) < SHOWN:
            self.named.append({"row": row, "heading": heading[:60]})


def compared(
    rows: Iterator[tuple[int, list[str]]],
    stored: Iterator[Stored],
    *,
    mapping: Sequence[str],
    headings: Sequence[str],
) -> Comparison:
    """The file's rows beside the stored ones, cell by cell, read without what loaded them.

    A row that only one side has differs as a whole. Stored rows come in the order of their lines.
    """
    found = Comparison()
    columns = [(at, said) for at, said in enumerate(mapping) if said != LEFT_OUT]
    kept = next(stored, None)
    for line, cells in rows:
        found.rows += 1
        while kept is not None and kept[0] < line:
            found.differs(kept[0], "")
            kept = next(stored, None)
        if kept is None or kept[0] != line:
            found.differs(line, "")
            continue
        _compare(found, columns, cells, stored=kept, headings=headings)
        kept = next(stored, None)
    while kept is not None:
        found.differs(kept[0], "")
        kept = next(stored, None)
    return found


def _compare(
    found: Comparison,
    columns: Sequence[tuple[int, str]],
    cells: Sequence[str],
    *,
    stored: Stored,
    headings: Sequence[str],
) -> None:
    line, index, names, sex, mean, subjects, loaded_hash = stored
    own = {"index_number": index, "names": names, "sex": sex, "mean_grade": mean}
    width, before = len(cells), found.differences
    filled = 0
    for at, said in columns:
        typed = cells[at] if at < width else ""
        if said in own:
            kept = own[said]
            same = typed == kept or _meant(said, typed) == kept
        else:
            kept = subjects.get(said, "")
            filled += bool(kept)
            same = typed == kept or _GRADES.meant(typed) == kept
        if not same:
            found.differs(line, headings[at])
    found.cells += len(columns)
    if filled != len(subjects):
        found.differs(line, "")
    digest = row_hash(index, names, sex, mean, subjects_json(subjects))
    found.of_stored.update(digest)
    found.of_file.update(loaded_hash)
    if digest != loaded_hash and found.differences == before:
        found.differs(line, "")


def _meant(said: str, typed: str) -> str:
    if said == "sex":
        return SEXES.get(typed.upper(), typed)
    return _GRADES.meant(typed) if said == "mean_grade" else typed


class _Grades:
    """Grades as they are meant, remembered: typeset minus signs and small letters are forgiven."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {"": ""}

    def meant(self, typed: str) -> str:
        known = self._known.get(typed)
        if known is None:
            try:
                known = str(read_grade(typed))
            except ValueError:
                return typed
            self._known[typed] = known
        return known


_GRADES = _Grades()


def prove_release(tools: Tools, release_id: int) -> None:
    """Compares the release with its file and counts it; without a difference it is checked.

    A release that differs stays loaded, with what differs, and nobody can approve it.
    """
    with unit_of_work(db.session) as session:
        claim(session, "result_release", release_id)
        release = _loaded(session, release_id)
        if release is None:
            return
        actor = system_actor("results")
        try:
            proof = _proof(session, release, tools)
        except PortalError as refusal:
            _keep(session, release, {"problem": {"code": refusal.code, "message": refusal.message}})
            _note(session, actor, release, "results.not_proven", {"code": refusal.code})
            return
        tools.tell(COUNTING, proof["rows"])
        values: dict[str, Any] = {"proof": proof, "counts": counts_of(session, release_id)}
        right = not proof["differences"] and proof["rows"] == release.candidates
        if right:
            values |= {"state": release_after(release.state, Act.PROVE), "checked_at": clock.now()}
        _keep(session, release, {**values, "problem": None})
        said = {name: proof[name] for name in ("rows", "cells", "differences")}
        _note(session, actor, release, "results.proven" if right else "results.not_proven", said)


def count_release(release_id: int) -> None:
    """Counts a release anew, after results in it changed."""
    with unit_of_work(db.session) as session:
        claim(session, "result_count", release_id)
        release = session.get(ResultRelease, release_id)
        if release is not None and release.counts is not None:
            counts = counts_of(session, release_id)
            session.execute(
                update(ResultRelease)
                .where(ResultRelease.id == release_id)
                .values(counts=counts)
                .execution_options(synchronize_session=False)
            )


def ask_to_count(session: Any, release_id: int) -> None:
    """Lets the queue count a release anew, once for however many changes."""
    defer(session, COUNT, once=f"{COUNT}:{release_id}", release_id=release_id)


def _loaded(session: Any, release_id: int) -> ResultRelease | None:
    found: ResultRelease | None = session.scalars(
        select(ResultRelease)
        .where(ResultRelease.id == release_id, ResultRelease.state == str(ReleaseState.LOADED))
        .execution_options(populate_existing=True)
    ).one_or_none()
    return found


def _proof(session: Any, release: ResultRelease, tools: Tools) -> dict[str, Any]:
    started = time.monotonic()
    file = session.scalars(select(ResultFile).where(ResultFile.release_id == release.id)).one()
    body = body_of(session, file, tools.vault)
    blocks = tools.read(body, file.format, file.heading_row or 1)
    found = compared(
        _rows(blocks, tools),
        stored_rows(session, release.id),
        mapping=file.mapping,
        headings=file.headings,
    )
    names = {**FIELDS, **subject_names(session, release.series_id)}
    return {
        "rows": found.rows,
        "cells": found.cells,
        "differences": found.differences,
        "named": found.named,
        "columns": [
            {"heading": heading, "holds": said, "name": names.get(said, "")}
            for heading, said in zip(file.headings, file.mapping, strict=True)
        ],
        "file_sha256": hashlib.sha256(body).hexdigest(),
        "loaded_sha256": found.of_file.hexdigest(),
        "stored_sha256": found.of_stored.hexdigest(),
        "compared_at": clock.now().isoformat(),
        "seconds": round(time.monotonic() - started, 1),
        "warnings": [one for one in file.report["faults"] if one["warning"]],
    }


def _rows(blocks: Any, tools: Tools) -> Iterator[tuple[int, list[str]]]:
    done = 0
    for block in blocks:
        yield from block
        done += len(block)
        tools.tell(COMPARING, done)


def stored_rows(session: Any, release_id: int) -> Iterator[Stored]:
    """What is stored, in the order of the file's lines, some thousands at a time."""
    table = ResultCandidate.__table__
    columns = ("line", "index_number", "names", "sex", "mean_grade", "subjects", "row_hash")
    statement = (
        select(*(table.c[name] for name in columns))
        .where(table.c.release_id == release_id)
        .order_by(table.c.line)
        .execution_options(yield_per=_AT_ONCE)
    )
    for row in session.execute(statement):
        yield (*row[:6], bytes(row[6]))


def _keep(session: Any, release: ResultRelease, values: dict[str, Any]) -> None:
    session.execute(text("SET LOCAL lock_timeout = 0"))
    session.execute(
        update(ResultRelease)
        .where(ResultRelease.id == release.id)
        .values(phase=None, **values)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()


def _note(session: Any, actor: Actor, release: ResultRelease, action: str, after: Any) -> None:
    subject = Subject("result_release", release.id)
    record(session, actor, action, subject, after={"number": release.number, **after})
