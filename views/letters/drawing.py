"""The queue's work on letters: a sub-county drawn into one file, page by page, with its progress."""

from __future__ import annotations

from collections.abc import Iterator

from app.db.uow import unit_of_work
from app.extensions import db
from app.letters import files
from app.letters.queries import letters_to_print
from app.scoping.guard import current_scope
from reports.pdf.letter import LetterSheet, letters_pdf
from views.letters.desk import desk

STEP = 100


def draw_file(file_id: int) -> None:
    """Draws the letters that a file was asked for and keeps it; drawn again when it was cut short."""
    with unit_of_work(db.session) as session:
        file = files.begin(session, file_id)
        if file is None:
            return
        asked = (file.series_id, file.sub_county_id, file.language)
    counted = [0]

    def drawn(count: int) -> None:
        counted[0] = count
        if count % STEP == 0:
            with unit_of_work(db.session) as session:
                files.note_drawn(session, file_id, count)

    title = f"Letters {asked[0]}-{asked[1]}"
    content = letters_pdf(_sheets(*asked), title=title, drawn=drawn)
    with unit_of_work(db.session) as session:
        files.finish(session, file_id, content, counted[0], desk().vault)


def _sheets(series_id: int, sub_county_id: int, language: str) -> Iterator[LetterSheet]:
    """The sheets in the order of printing, a page of letters at a time as plain values."""
    table = desk()
    scope = current_scope(db.session)
    found = letters_to_print(db.session, scope, series_id=series_id, sub_county_id=sub_county_id)
    for page in found:
        yield from [table.sheet(letter, language) for letter in page]


def wipe_files() -> None:
    """Wipes files of letters that are a day old."""
    with unit_of_work(db.session) as session:
        files.wipe_old(session)
