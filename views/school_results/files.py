"""A school's results as files: a workbook, a list on A4, slips four to a page; who took them is noted.

All three are made of the very results that the page shows.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from flask import send_file
from flask_babel import gettext as _

from app import clock
from app.results.documents import Result
from app.results.grades import words_of
from app.school_results.computation import absent_numbers
from app.school_results.queries import School
from app.school_results.services import take_files
from app.scoping.scope import Actor
from app.words import NO_BREAK
from reports.pdf.result_list import ResultList, ResultRow, result_list_pdf
from reports.pdf.result_slips import result_slips_pdf
from reports.tables import Column, Kind, Table
from reports.xlsx_writer import write_xlsx
from views.base_export import MIME
from views.letters.desk import desk
from views.results.slips import on_paper
from views.school_results import words

PDF = "application/pdf"


def workbook(actor: Actor, school: School) -> Any:
    """The results as a workbook: grades are text, so that no sign is lost."""
    stream = io.BytesIO()
    write_xlsx(table_of(school), stream)
    take_files(actor, school, "xlsx")
    return _sent(stream.getvalue(), MIME["xlsx"], f"{_name(school)}.xlsx")


def table_of(school: School) -> Table:
    """A row for each candidate, a column for each subject that anybody of the school sat."""
    taught = sorted({(each.code, each.name) for one in school.results for each in one.subjects})
    return Table(
        title=f"{school.code} {school.release.series}",
        columns=(
            Column("index_number", _("Index number")),
            Column("names", _("Names")),
            Column("sex", _("Sex"), width=6),
            Column("mean_grade", _("Mean grade"), width=8),
            Column("words", _("In words")),
            *(Column(code, f"{code} {name}", width=9) for code, name in taught),
            Column("version", _("Version"), Kind.INT, width=8),
            Column("release", _("Release"), width=36),
            Column("check_code", _("Check code"), width=20),
            Column("meaning", _("What it means"), width=60),
        ),
        rows=_cells(school, [code for code, _name in taught]),
        made_at=clock.now(),
        filters=words.state_sentence(school, _missing(school)),
    )


def _cells(school: School, taught: list[str]) -> Iterator[tuple[Any, ...]]:
    release = words.title_of(school.release)
    for one in school.results:
        grades = {each.code: str(each.grade) for each in one.subjects}
        yield (
            *(one.index_number, one.names, one.sex, str(one.mean_grade), words_of(one.mean_grade)),
            *(grades.get(code, "") for code in taught),
            *(one.version, release, one.check_code, words.meaning_of(one.mean_grade)),
        )


def paper(actor: Actor, school: School) -> Any:
    """The results as a list on A4."""
    listed = ResultList(
        examination=school.release.series,
        centre_name=school.name,
        centre_code=school.code,
        release=words.title_of(school.release),
        sentence=words.state_sentence(school, _missing(school)),
        rows=tuple(_row(one) for one in school.results),
        printed_at=clock.now(),
    )
    body = result_list_pdf(listed)
    take_files(actor, school, "list")
    return _sent(body, PDF, f"{_name(school)}.pdf")


def _row(one: Result) -> ResultRow:
    return ResultRow(
        index_number=one.index_number,
        names=one.names,
        sex=one.sex,
        mean=words_of(one.mean_grade),
        subjects=", ".join(f"{each.code}{NO_BREAK}{each.grade}" for each in one.subjects),
        version=one.version,
    )


def slips(actor: Actor, school: School) -> Any:
    """A slip for every candidate, each with its signed code; what is kept back says so."""
    own = desk()
    drawn = [on_paper(one, school.release, own) for one in school.results]
    body = result_slips_pdf(drawn, title=school.release.series)
    take_files(actor, school, "slips")
    return _sent(body, PDF, f"{_name(school)}-slips.pdf")


def _missing(school: School) -> int:
    return len(absent_numbers(school.results, school.registered))


def _name(school: School) -> str:
    return f"results-{school.code}-{school.release.number}"


def _sent(body: bytes, kind: str, name: str) -> Any:
    return send_file(
        io.BytesIO(body), mimetype=kind, as_attachment=True, download_name=name, max_age=0
    )
