"""What the queue does with a release file: look at it, check every row, load all of it or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import func, insert, select, text, update

from app import clock
from app.db.queue import defer
from app.db.uow import unit_of_work
from app.db.vault import Vault
from app.errors import PortalError, RuleBroken
from app.extensions import db
from app.places.models import Centre
from app.results.columns import guess, plan_of
from app.results.machine import FileAct, FileState, file_after
from app.results.models import (
    SEALED_KEY,
    SEALED_ROWS,
    ResultFault,
    ResultFile,
    ResultLine,
    ResultRelease,
    ResultSubject,
)
from app.results.rules import Fault, Found, RowReader, Staged
from app.results.sealing import new_key
from app.results.services.files import (
    body_of,
    note_file,
    refuse_unfit,
    sealed_cells,
    subject_names,
    wipe,
)
from app.results.services.jobs import BrokenOff, Head, Job, Tools, asker, claim, claimed_file
from app.results.shifts import column_faults, share_faults
from app.scoping.scope import system_actor
from app.words import N_

PROVE = "results.prove"
READING, STORING = "reading", "storing"
OFF_BY = 0.1
"""A centre is worth a look when its results differ from its registration by more than this part."""
_BLOCK = 1 << 18
_INCOMING = text(
    "CREATE TEMP TABLE incoming (line integer, index_number text, names text, sex text,"
    " centre_id integer, sub_county_id integer, mean_grade text, subjects jsonb, row_hash bytea)"
    " ON COMMIT DROP"
)
_COPY = (
    "COPY incoming (line, index_number, names, sex, centre_id, sub_county_id, mean_grade, subjects,"
    " row_hash) FROM STDIN"
)
_CENTRES = text(
    "INSERT INTO result_centre (release_id, centre_id, sub_county_id, code, name, county_code,"
    " county, registered) SELECT :release, c.id, c.sub_county_id, c.code, c.name, y.code, y.name,"
    " c.candidates FROM centre c JOIN sub_county s ON s.id = c.sub_county_id"
    " JOIN county y ON y.id = s.county_id WHERE c.series_id = :series AND c.kind = 'school'"
)
_CANDIDATES = text(
    "INSERT INTO result_candidate (release_id, index_number, line, centre_id, sub_county_id, sex,"
    " mean_grade, names, subjects, row_hash) SELECT :release, index_number, line, centre_id,"
    " sub_county_id, sex, mean_grade, names, subjects, row_hash FROM incoming ORDER BY index_number"
)


def look(vault: Vault, job: Job, head_of: Callable[[bytes, str], Head]) -> None:
    """Finds the headings and guesses what each column holds."""
    with unit_of_work(db.session) as session:
        one = claimed_file(session, job, FileState.RECEIVED)
        if one is None:
            return
        try:
            head = head_of(body_of(session, one, vault), one.format)
        except RuleBroken as refusal:
            one.state, one.problem = file_after(one.state, FileAct.REFUSE), _problem(refusal)
            wipe(session, one)
            note_file(session, system_actor("results"), one, "results.file_refused", {})
            return
        one.headings, one.heading_row = list(head.headings), head.row
        rows = json.dumps([[number, cells] for number, cells in head.first], ensure_ascii=False)
        one.first_rows = vault.seal(rows, context=SEALED_ROWS)
        one.mapping = guess(one.headings, subject_names(session, one.series_id))
        one.state = file_after(one.state, FileAct.LOOK)
        note_file(session, system_actor("results"), one, "results.file_looked", {})


def check_file(tools: Tools, job: Job) -> None:
    """Checks every row and keeps what was found; nothing else is stored."""
    try:
        with unit_of_work(db.session) as session:
            one = claimed_file(session, job, FileState.CHECKING)
            if one is None:
                return
            actor = asker(session, one.asked_by, "check")
            run = _Run(session, one, tools)
            report = run.examined(_drain)
            run.keep_faults()
            note_file(session, actor, one, "results.file_checked", _plain(report))
            _finish(session, one, FileAct.REPORT, {"report": report})
    except BrokenOff:
        return
    except PortalError as refusal:
        _give_back(job, FileState.CHECKING, refusal)


def store_file(tools: Tools, job: Job) -> None:
    """Loads the whole file as the next release of its series, in one transaction."""
    try:
        with unit_of_work(db.session) as session:
            one = claimed_file(session, job, FileState.STORING)
            if one is not None:
                _store(session, one, tools)
    except BrokenOff:
        return
    except PortalError as refusal:
        _give_back(job, FileState.STORING, refusal)


def _store(session: Any, one: ResultFile, tools: Tools) -> None:
    actor = asker(session, one.asked_by, "load")
    run = _Run(session, one, tools)
    session.execute(text("DROP TABLE IF EXISTS pg_temp.incoming"))
    session.execute(_INCOMING)
    report = run.examined(lambda rows: _copy(session, rows))
    refuse_unfit(report)
    tools.tell(STORING, report["rows"])
    release = _new_release(session, one, tools.vault, report["rows"])
    which = {"release": release.id, "series": one.series_id}
    session.execute(_CENTRES, which)
    stored = session.execute(_CANDIDATES, which).rowcount
    if stored != report["rows"]:
        raise RuleBroken("not-all-stored", N_("Not every row was stored: nothing is loaded."))
    note_file(session, actor, one, "results.loaded", {"release": release.number, "rows": stored})
    defer(session, PROVE, release_id=release.id)
    _finish(session, one, FileAct.FINISH, {"report": report, "release_id": release.id})


def _new_release(session: Any, one: ResultFile, vault: Vault, rows: int) -> ResultRelease:
    """The next release of the series; two at one moment wait for each other."""
    claim(session, "results of a series", one.series_id)
    last = session.scalar(
        select(func.max(ResultRelease.number)).where(ResultRelease.series_id == one.series_id)
    )
    release = ResultRelease(
        series_id=one.series_id,
        number=(last or 0) + 1,
        file_name=one.file_name,
        file_bytes=one.file_bytes,
        file_hash=one.file_hash,
        format=one.format,
        candidates=rows,
        prepared_by=one.asked_by,
        loaded_at=clock.now(),
        store_key=vault.seal_bytes(new_key(), context=SEALED_KEY),
    )
    session.add(release)
    session.flush()
    return release


class _Run:
    """One pass over the file within one transaction."""

    def __init__(self, session: Any, one: ResultFile, tools: Tools) -> None:
        self.session, self.one, self.tools = session, one, tools
        self.names = subject_names(session, one.series_id)
        self.plan = plan_of(one.mapping, self.names)
        self.body = body_of(session, one, tools.vault)
        self.registered = self._registered()
        self.found = Found()

    def examined(self, take: Callable[[Iterable[Staged]], None]) -> dict[str, Any]:
        """Reads and checks every row; `take` is given the right ones. Returns the report."""
        centres = {code: (id_, place) for code, id_, place, _number in self.registered}
        reader = RowReader(self.plan, self.one.headings, centres)
        self.found = reader.found
        take(reader.staged(self._blocks(), lambda rows: self.tools.tell(READING, rows)))
        if not self.found.rows:
            raise RuleBroken("no-rows", N_("The file has headings, and no row below them."))
        row = self.one.heading_row or 1
        unfit = column_faults(self.plan, self.one.headings, self.found, row)
        whole = [*unfit, *self._shares(row)]
        self.found.faults += whole
        for fault in whole:
            self.found.number_of[fault.at, fault.code] += 1
        return self._report(len(unfit))

    def keep_faults(self) -> None:
        """Keeps the faults, and the rows that have them, in place of those of an earlier check."""
        session, one = self.session, self.one
        for table in ("result_fault", "result_line"):
            session.execute(text(f"DELETE FROM {table} WHERE file_id = :id"), {"id": one.id})  # noqa: S608
        kept = [_row_of(one.id, fault) for fault in self.found.faults]
        if kept:
            session.execute(insert(ResultFault), kept)
        wanted = {fault.row for fault in self.found.faults}
        for block in self._blocks() if wanted else ():
            lines = [
                {
                    "file_id": one.id,
                    "row_number": number,
                    "rejected": number in self.found.rejected,
                    "cells": sealed_cells(self.tools.vault, cells),
                }
                for number, cells in block
                if number in wanted
            ]
            if lines:
                session.execute(insert(ResultLine), lines)

    def _blocks(self) -> Any:
        return self.tools.read(self.body, self.one.format, self.one.heading_row or 1)

    def _registered(self) -> list[Any]:
        """Code, id, sub-county and registered candidates of every centre of the series."""
        return list(
            self.session.execute(
                select(Centre.code, Centre.id, Centre.sub_county_id, Centre.candidates).where(
                    Centre.series_id == self.one.series_id, Centre.kind == "school"
                )
            )
        )

    def _shares(self, row: int) -> list[Fault]:
        expected = self.session.execute(
            select(ResultSubject.code, ResultSubject.share).where(
                ResultSubject.series_id == self.one.series_id, ResultSubject.share.is_not(None)
            )
        )
        shares = {code: float(share) for code, share in expected}
        return share_faults(
            self.plan,
            self.found.filled,
            self.found.rows,
            names=self.names,
            expected=shares,
            row=row,
        )

    def _report(self, wrong_columns: int) -> dict[str, Any]:
        found = self.found
        kinds = {(f.at, f.code): f for f in reversed(found.faults)}
        said = [
            {
                "at": at,
                "code": code,
                "message": kinds[at, code].message,
                "facts": {k: str(v) for k, v in kinds[at, code].facts.items()},
                "warning": kinds[at, code].warning,
                "row": kinds[at, code].row,
                "number": number,
            }
            for (at, code), number in found.number_of.most_common()
        ]
        here = [(n, found.per_centre[id_]) for _code, id_, _place, n in self.registered]
        return {
            "rows": found.rows,
            "rejected": len(found.rejected),
            "wrong_columns": wrong_columns,
            "warned": sum(one["number"] for one in said if one["warning"]),
            "faults": sorted(said, key=lambda one: one["warning"]),
            "registered": sum(n for n, _ in here),
            "centres": sum(1 for _, found_ in here if found_),
            "centres_without": sum(1 for n, found_ in here if n and not found_),
            "centres_off": sum(1 for n, found_ in here if found_ and abs(found_ - n) > OFF_BY * n),
            "means": {
                mean: {sex: found.means[mean, sex] for sex in "FM"}
                for mean in {one for one, _ in found.means}
            },
        }


def _row_of(file_id: int, fault: Fault) -> dict[str, Any]:
    return {
        "file_id": file_id,
        "row_number": fault.row,
        "at": fault.at,
        "code": fault.code,
        "message": fault.message,
        "facts": {name: str(value) for name, value in fault.facts.items()} or None,
        "warning": fault.warning,
    }


def _drain(rows: Iterable[Staged]) -> None:
    for _row in rows:
        pass


def _copy(session: Any, rows: Iterable[Staged]) -> None:
    """Copies the rows into `incoming`, some thousands at once."""
    driver = session.connection().connection.dbapi_connection
    with driver.cursor() as cursor, cursor.copy(_COPY) as copying:
        lines: list[str] = []
        size = 0
        for r in rows:
            line = (
                f"{r.line}\t{r.index_number}\t{r.names}\t{r.sex}\t{r.centre_id}\t{r.sub_county_id}"
                f"\t{r.mean_grade}\t{r.subjects}\t\\\\x{r.row_hash.hex()}\n"
            )
            lines.append(line)
            size += len(line)
            if size > _BLOCK:
                copying.write("".join(lines))
                lines, size = [], 0
        copying.write("".join(lines))


def _finish(session: Any, one: ResultFile, act: FileAct, values: dict[str, Any]) -> None:
    """The last step: the state moves, unless somebody gave the file up meanwhile."""
    session.flush()
    done = session.execute(
        update(ResultFile)
        .where(ResultFile.id == one.id, ResultFile.run == one.run, ResultFile.state == one.state)
        .values(
            state=file_after(one.state, act),
            problem=None,
            phase=None,
            rows_done=values["report"]["rows"],
            finished_at=clock.real_now(),
            **values,
        )
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:
        raise BrokenOff
    session.expire_all()


def _give_back(job: Job, state: FileState, refusal: PortalError) -> None:
    """Puts the file back where its officer can act, with the sentence."""
    with unit_of_work(db.session) as session:
        one = claimed_file(session, job, state)
        if one is None:
            return
        one.state, one.phase = file_after(one.state, FileAct.REFUSE), None
        one.problem = _problem(refusal)
        after = {"code": refusal.code}
        note_file(session, system_actor("results"), one, "results.file_refused", after)


def _problem(refusal: PortalError) -> dict[str, Any]:
    facts = {name: str(value) for name, value in refusal.facts.items()}
    return {"code": refusal.code, "message": refusal.message, "facts": facts}


def _plain(report: dict[str, Any]) -> dict[str, Any]:
    return {name: number for name, number in report.items() if isinstance(number, int)}
