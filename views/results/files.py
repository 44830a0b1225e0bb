"""Files that leave: what is wrong with a release file, and the results of one school."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from flask import send_file
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from app import clock
from app.audit.services import Subject, record
from app.db.uow import unit_of_work
from app.extensions import db
from app.results import queries
from app.results.enums import Grade
from app.results.grades import words_of
from app.results.models import ResultCandidate, ResultFile
from app.results.services import subject_names
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from reports.csv_writer import csv_pieces
from reports.tables import Column, Kind, Table
from reports.xlsx_writer import write_xlsx
from views.base_export import MIME
from views.results.words import fault_words


def faults_file(scope: Scope, one: ResultFile, kind: str) -> Any:
    """Every fault that is kept, with its row and column."""
    if kind not in MIME or one.wiped_at:
        raise NotFound
    table = Table(
        title=_("Errors in %(file)s", file=one.file_name),
        columns=(
            Column("row", _("Row"), Kind.INT),
            Column("column", _("Column")),
            Column("wrong", _("What is wrong"), width=80),
        ),
        rows=(
            (
                fault.row_number,
                "" if fault.at is None else one.headings[fault.at],
                fault_words(fault),
            )
            for fault in queries.faults_of(db.session, scope, one)
        ),
        made_at=clock.now(),
        filters=one.file_name,
    )
    return _sent(table, kind, f"errors-{one.id}")


def school_file(scope: Scope, actor: Actor, release_id: int, asked: tuple[str, str]) -> Any:
    """The results of a school as they stand in the release; who took it is noted."""
    code, kind = asked
    if kind not in MIME or not (code.isascii() and code.isdecimal() and len(code) == 8):
        raise NotFound
    release = queries.release_of(db.session, scope, release_id)
    statement = select(ResultCandidate).where(
        ResultCandidate.release_id == release_id,
        ResultCandidate.index_number.between(f"{code}000", f"{code}999"),
    )
    ordered = restrict(statement, ResultCandidate, scope).order_by(ResultCandidate.index_number)
    found = db.session.scalars(ordered).all()
    if not found:
        raise NotFound
    names = subject_names(db.session, release.series_id)
    taught = [subject for subject in names if any(subject in one.subjects for one in found)]
    table = Table(
        title=f"{code} {release.series.name}",
        columns=(
            Column("index_number", _("Index number")),
            Column("names", _("Names")),
            Column("sex", _("Sex")),
            Column("mean_grade", _("Mean grade")),
            Column("words", _("In words")),
            *(Column(subject, f"{subject} {names[subject]}", width=9) for subject in taught),
            Column("version", _("Version"), Kind.INT),
        ),
        rows=_results(found, taught),
        made_at=clock.now(),
        filters=_(
            "%(series)s, release %(number)s", series=release.series.name, number=release.number
        ),
    )
    with unit_of_work(db.session) as session:
        said = {"number": release.number, "school": code, "rows": len(found)}
        record(session, actor, "results.taken", Subject("result_release", release_id), after=said)
    return _sent(table, kind, f"results-{code}-{release.number}")


def _results(found: Any, taught: list[str]) -> Iterator[tuple[Any, ...]]:
    for one in found:
        shown = one.held or one.mean_grade
        yield (
            *(one.index_number, one.names, one.sex, shown, words_of(Grade(shown))),
            *(one.subjects.get(subject, "") for subject in taught),
            one.version,
        )


def _sent(table: Table, kind: str, name: str) -> Any:
    stream = io.BytesIO()
    if kind == "xlsx":
        write_xlsx(table, stream)
    else:
        stream.writelines(csv_pieces(table))
    stream.seek(0)
    return send_file(
        stream,
        mimetype=MIME[kind],
        as_attachment=True,
        download_name=f"{name}.{kind}",
        max_age=0,
    )
