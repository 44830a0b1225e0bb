"""Exports: exactly the filtered list, no live formulas, a purpose where people are named."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import Event
from app.people.models import Officer
from app.places.models import Centre
from tests.doors.crud_cast import row, rows
from tests.doors.test_crud_attacks import spare
from tests.factories import world

EAST = "tsc.kisumu-east"


def lines(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.get_data().decode())))


def test_file_holds_exactly_the_filtered_list_in_its_order(client_of: Any) -> None:
    query = "_flt_0_quick=kisumu&_oc_CentreView=name&_od_CentreView=desc"
    admin = client_of("admin")
    page = admin.get(f"/centres/list/?{query}").get_data(as_text=True)
    head, *found = lines(admin.get(f"/centres/export.csv?{query}"))
    assert head[:2] == ["Name", "Code"]
    assert [line[0] for line in found] == [
        "Kisumu West store",
        "Kisumu West Old Boys",
        "Kisumu East store",
        "Kisumu East Old Boys",
        "Kisumu Day Secondary",
    ]
    assert all(line[1] in page for line in found)
    assert "Export 5 rows" in page
    assert f"export.csv?{query.replace('&', '&amp;')}" in page


def test_file_is_as_narrow_as_the_scope(session: Session, client_of: Any) -> None:
    codes = {line[1] for line in lines(client_of(EAST).get("/centres/export.csv"))[1:]}
    stored = rows(session, select(Centre.code).where(Centre.code.like("42238%")))
    assert codes == set(stored)


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_cell_of_a_file_is_a_formula(session: Session, client_of: Any, start: str) -> None:
    formula = f"{start}HYPERLINK(1)"
    contact = row(session, select(Centre).where(Centre.code == world.CENTRE))
    sent = {"contact_name": "x", "telephone": "", "email": "", "hosting_centre": ""}
    client_of(EAST).post(f"/centres/edit/{contact.id}", data=sent)
    admin = client_of("admin")
    assert admin.post("/counties/add", data={"code": "01", "name": formula}).status_code == 303
    cells = [line[1] for line in lines(admin.get("/counties/export.csv"))]
    assert f"'{formula}" in cells
    book = zipfile.ZipFile(io.BytesIO(admin.get("/counties/export.xlsx").get_data()))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet


def test_file_of_people_asks_what_it_is_for_and_is_noted(session: Session, client_of: Any) -> None:
    director = client_of(EAST)
    asked = director.get("/officers/export.csv?_flt_0_quick=achieng")
    assert "What is this file for?" in asked.get_data(as_text=True)
    empty = director.post("/officers/export.csv", data={"reason": " "})
    assert "What is this file for?" in empty.get_data(as_text=True)
    sent = {"reason": "Calling the reserve list", "confirmed": "yes"}
    answer = director.post("/officers/export.csv?_flt_0_quick=achieng", data=sent)
    assert answer.mimetype == "text/csv"
    assert all("Achieng" in line[0] for line in lines(answer)[1:])
    (event,) = rows(session, select(Event).where(Event.action == "export.made"))
    assert (event.actor_name, event.reason) == (EAST, "Calling the reserve list")


def test_watchers_file_of_people_has_neither_numbers_nor_telephones(
    session: Session, client_of: Any
) -> None:
    officer = spare(session, "kisumu-east")
    answer = client_of("monitor").post("/officers/export.csv", data={"reason": "Audit"})
    assert lines(answer)[0] == ["Name", "Workstation", "Sub-county", "State"]
    text = answer.get_data(as_text=True)
    assert officer.full_name in text
    assert [word for word in (officer.mobile, officer.tsc_number) if word in text] == []


def test_identity_numbers_are_in_no_file_and_no_list(session: Session, client_of: Any) -> None:
    digits = rows(
        session, select(Officer.national_id_last).where(Officer.national_id_last == "063")
    )
    assert digits == ["063"]
    for who in (EAST, "admin"):
        text = (
            client_of(who).post("/officers/export.csv", data={"reason": "x"}).get_data(as_text=True)
        )
        assert "•" not in text


def test_too_long_a_file_is_refused_with_a_sentence(
    client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("views.base_export.MOST_ROWS", 2)
    answer = client_of("admin").get("/centres/export.csv")
    assert answer.status_code == 422
    assert "A file holds at most 2 rows." in answer.get_data(as_text=True)
