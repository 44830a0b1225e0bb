"""Shorthand for tests of imports: bring a list, let the queue's work be done at once, read it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import xlsxwriter
from sqlalchemy import select

from app.exams.models import Series
from app.extensions import db
from app.imports import services
from app.imports.enums import Kind
from app.imports.mapping import Choices
from app.imports.models import ImportFault, ListImport
from app.procedures import imports as procedure
from app.scoping.guard import scoped_as
from reports import readers
from tests.factories.registers import EVERYTHING, Someone

OFFICER_HEADINGS = (
    "Full name",
    "Mobile number",
    "National ID",
    "KRA PIN",
    "TSC number",
    "Gender",
    "Year of birth",
    "Workstation",
    "Sub-county",
)


def as_csv(headings: Sequence[str], rows: Iterable[Sequence[Any]], delimiter: str = ",") -> bytes:
    """The list as a CSV file."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(headings)
    writer.writerows(rows)
    return text.getvalue().encode()


def as_xlsx(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """The list as a workbook."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet("List")
    for number, row in enumerate([headings, *rows]):
        sheet.write_row(number, 0, row)
    book.close()
    return stream.getvalue()


def officer(number: int, **changes: Any) -> list[Any]:
    """A row of a list of officers under `OFFICER_HEADINGS`, nobody of the world's."""
    row = {
        "full_name": f"Amina {_name(number)} Were",
        "mobile": f"0722{number:06d}",
        "national_id": f"{31_000_000 + number}",
        "kra_pin": f"A{200_000_000 + number}B",
        "tsc_number": f"{800_000 + number}",
        "gender": "FM"[number % 2],
        "year_of_birth": 1985,
        "workstation": "Kisumu East Girls",
        "sub_county": "Kisumu East",
    } | changes
    return list(row.values())


def _name(number: int) -> str:
    return "".join("abcdefghij"[int(digit)] for digit in str(number)).capitalize()


def tools() -> services.Tools:
    """What the queue's jobs are given, without anybody who hears of progress."""
    from flask import current_app

    vault = current_app.extensions["vault"]
    return services.Tools(vault, lambda body, kind, row: readers.blocks_of(body, kind, after=row))


def brought(
    who: Someone, body: bytes, kind: Kind = Kind.OFFICERS, *, series: str | None = None
) -> int:
    """Brings the file and lets the queue look at it; the id of the import."""
    vault = tools().vault
    with scoped_as(db.session, EVERYTHING):
        series_id = db.session.scalar(select(Series.id).where(Series.code == series))
    upload = services.Upload(kind, series_id, "list.csv", readers.kind_of(body), body)
    with scoped_as(db.session, who.scope):
        one, _is_new = services.add_list(who.scope, who.actor, vault=vault, upload=upload)
    job = services.Job(one.id, one.run)
    with scoped_as(db.session, EVERYTHING):
        services.look(vault, job, readers.head_of)
    return job.import_id


def checked(
    who: Someone,
    import_id: int,
    *,
    mapping: Mapping[str, int] | None = None,
    choices: Choices | None = None,
) -> ListImport:
    """Maps the columns as guessed, or as given, and does the check."""
    guessed = imported(import_id).mapping
    with scoped_as(db.session, who.scope):
        services.map_columns(
            who.scope,
            who.actor,
            import_id,
            mapping=guessed if mapping is None else mapping,
            choices=choices or Choices(),
        )
    with scoped_as(db.session, EVERYTHING):
        services.check_list(tools(), services.Job(import_id, imported(import_id).run))
    return imported(import_id)


def stored(who: Someone, import_id: int) -> ListImport:
    """Stores the good rows of the check."""
    run = imported(import_id).run
    with scoped_as(db.session, who.scope):
        services.ask_to_store(who.scope, who.actor, import_id, run=run)
    with scoped_as(db.session, EVERYTHING):
        procedure.store(tools(), services.Job(import_id, run + 1))
    return imported(import_id)


def imported(import_id: int) -> ListImport:
    """The import as it stands."""
    with scoped_as(db.session, EVERYTHING):
        db.session.expire_all()
        return db.session.scalars(select(ListImport).where(ListImport.id == import_id)).one()


def faults(import_id: int, *, warning: bool = False) -> list[tuple[int, str | None, str]]:
    """Row, field and code of every fault, or of every warning."""
    statement = (
        select(ImportFault.row_number, ImportFault.field, ImportFault.code)
        .where(ImportFault.import_id == import_id, ImportFault.warning.is_(warning))
        .order_by(ImportFault.row_number, ImportFault.id)
    )
    with scoped_as(db.session, EVERYTHING):
        return [tuple(row) for row in db.session.execute(statement)]
