"""Pages of imports: brought, mapped, checked, corrected and stored; foreign ones are not found."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.extensions import db
from app.imports.models import ListImport
from app.people.models import Officer
from app.scoping.guard import scoped_as
from reports import readers
from tests.factories import lists
from tests.factories.lists import OFFICER_HEADINGS, as_csv, officer
from tests.factories.registers import EVERYTHING
from views.imports import register_tasks

EAST, WEST, HQ = "tsc.kisumu-east", "tsc.kisumu-west", "admin"
ClientOf = Callable[[str], FlaskClient]


@pytest.fixture
def director(client_of: ClientOf) -> FlaskClient:
    return client_of(EAST)


def bring(client: Any, body: bytes, name: str = "officers.csv", **more: Any) -> Any:
    """Sends the form with the file, as a browser does."""
    fields = {"kind": "officers"} | more
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in fields.items()
    ]
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    whole = b"".join([*parts, head.encode(), body, b"\r\n--x--\r\n"])
    return client.post("/imports/add", data=whole, content_type="multipart/form-data; boundary=x")


def address_of(answer: Any) -> str:
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def queue_works(address: str) -> None:
    """Does what waits on the queue for the import, as the worker would."""
    from app import tasks

    known = tasks.Tasks()
    register_tasks(known)
    import_id = int(address.rpartition("/")[2])
    one = lists.imported(import_id)
    job = lists.services.Job(import_id, one.run)
    with scoped_as(db.session, EVERYTHING):
        if one.state == "received":
            lists.services.look(lists.tools().vault, job, readers.head_of)
        elif one.state == "checking":
            lists.services.check_list(lists.tools(), job)
        else:
            lists.procedure.store(lists.tools(), job)
    assert set(known.by_name) == {
        "imports.look", "imports.check", "imports.store", "imports.wipe",
    }  # fmt: skip


def mapped(client: Any, address: str) -> None:
    """Sends the columns as the page proposes them."""
    page = client.get(address).text
    form = {}
    for name, options in re.findall(r'name="(column-\w+)"(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="(\d+)"\s+selected', options)
        form[name] = chosen[1] if chosen else ""
    answer = client.post(f"{address}/map", data=form)
    assert answer.status_code == 303, answer.text


def checked(client: Any, *rows: list[Any]) -> str:
    address = address_of(bring(client, as_csv(OFFICER_HEADINGS, rows)))
    queue_works(address)
    mapped(client, address)
    queue_works(address)
    return address


def test_director_brings_maps_checks_and_stores(director: FlaskClient) -> None:
    address = address_of(bring(director, as_csv(OFFICER_HEADINGS, [officer(1), officer(2)])))
    assert 'http-equiv="refresh"' in director.get(address).text
    queue_works(address)
    page = director.get(address).text
    assert re.findall(r'value="1"\s+selected>([^<]+)<', page) == ["Mobile number"]
    assert "31000001" not in page
    mapped(director, address)
    assert "Being checked" in director.get(address).text
    queue_works(address)
    page = director.get(address).text
    assert "Store the 2 good rows" in page
    run = re.search(r'name="run" value="(\d+)"', page)
    assert run
    director.post(f"{address}/store", data={"run": run[1]})
    queue_works(address)
    assert "2 rows were stored." in director.get(address).text
    with scoped_as(db.session, EVERYTHING):
        names = db.session.scalars(
            select(Officer.full_name).where(Officer.mobile == "254722000001")
        ).all()
    assert names == ["Amina B Were"]


def test_error_stands_beside_the_very_cell_with_its_row(director: FlaskClient) -> None:
    address = checked(director, officer(1), officer(2, mobile="12345"), officer(3))
    page = director.get(address).text
    row = re.search(r'<tr id="row-3">(.*?)</tr>', page, re.DOTALL)
    assert row
    cells = re.findall(r'<td data-label="([^"]+)"\s*(class="marked")?', row[1])
    assert [label for label, marked in cells if marked] == ["Mobile number"]
    assert "Write a Kenyan mobile number" in row[1]
    assert "12345" in row[1]
    assert "31000002" not in row[1]
    assert page.count('<tr id="row-') == 1


def test_corrected_file_has_the_layout_and_says_what_is_wrong(director: FlaskClient) -> None:
    address = checked(director, officer(1), officer(2, mobile="=1+1"))
    answer = director.get(f"{address}/corrected.csv")
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == [*OFFICER_HEADINGS, "What is wrong"]
    assert rows[1][:3] == ["Amina C Were", "'=1+1", "31000002"]
    assert rows[1][-1].startswith("Row 3. Mobile number: Write a Kenyan mobile number")
    assert len(rows) == 2
    book = openpyxl.load_workbook(io.BytesIO(director.get(f"{address}/corrected.xlsx").data))
    sheet = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    assert sheet[1][1] == "=1+1"
    assert book.worksheets[0]["B2"].data_type == "s"


def test_corrected_file_comes_back_with_its_mapping(director: FlaskClient) -> None:
    address = checked(director, officer(1), officer(2, mobile="1"))
    corrected = director.get(f"{address}/corrected.csv").text.replace('"1"', '"0722000002"')
    again = address_of(bring(director, corrected.encode(), "to-correct.csv"))
    queue_works(again)
    mapped(director, again)
    queue_works(again)
    one = lists.imported(int(again.rpartition("/")[2]))
    assert (one.counts["new"], one.counts["rejected"]) == (1, 0)


@pytest.mark.parametrize(
    ("body", "name", "sentence"),
    [
        (b"", "a.csv", "The file is empty."),
        (b"%PDF-1.7 x", "officers.csv", "This is a PDF."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xlsx", "This is an old Excel or Word file."),
        (b"PK\x03\x04nothing", "a.xlsx", "The workbook is damaged."),
    ],
)
def test_file_that_is_no_list_is_refused_where_it_was_chosen(
    director: FlaskClient, body: bytes, name: str, sentence: str
) -> None:
    answer = bring(director, body, name)
    assert answer.status_code == 422
    error = re.search(r'id="file-error">.*?<span>(.*?)</span>', answer.text, re.DOTALL)
    assert error
    assert sentence in error[1]
    assert re.search(r'value="officers"\s+selected', answer.text)


def test_file_without_rows_is_refused_on_its_page(director: FlaskClient) -> None:
    address = address_of(bring(director, b"Name,Mobile\n"))
    queue_works(address)
    page = director.get(address).text
    assert "The file has headings, and no row below them." in page
    assert "Cannot be read" in page


def test_missing_column_is_said_at_its_choice_and_the_others_are_kept(
    director: FlaskClient,
) -> None:
    address = address_of(bring(director, b"A,B\nAmina Were,0722000001\n"))
    queue_works(address)
    answer = director.post(f"{address}/map", data={"column-full_name": "0"})
    assert answer.status_code == 422
    assert 'href="#column-mobile"' in answer.text
    chosen = re.search(r'name="column-full_name"(.*?)</select>', answer.text, re.DOTALL)
    assert chosen
    assert re.search(r'value="0"\s+selected', chosen[1])


def test_list_larger_than_other_bodies_comes_in_and_no_larger(
    director: FlaskClient, client: Any
) -> None:
    filler = b"x" * 1000 + b"\n"
    six = b"Name,Mobile\n" + filler * 6_300
    assert bring(director, six).status_code == 303
    assert bring(client, six).status_code in (302, 401, 413)
    too_large = b"Name,Mobile\n" + filler * 68_000
    assert bring(director, too_large).status_code in (413, 422)


def test_larger_body_is_for_this_page_alone(director: FlaskClient) -> None:
    body = b"act=" + b"x" * (6 * 1024 * 1024)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert director.post("/imports/1/discard", data=body, headers=headers).status_code == 413


def test_neighbour_is_told_of_no_import(client_of: ClientOf) -> None:
    address = checked(client_of(EAST), officer(1), officer(2, mobile="1"))
    west = client_of(WEST)
    for path in ("", "/corrected.csv", "/corrected.xlsx"):
        assert west.get(address + path).status_code == 404
    for path in ("/map", "/store", "/stop", "/discard"):
        assert west.post(address + path, data={"run": "1"}).status_code == 404
    assert f'href="{address}"' not in west.get("/imports/").text
    assert client_of(HQ).get(address).status_code == 200


@pytest.mark.parametrize("who", ["monitor", "scde.kisumu-east", "KCSE42238001", "254712000001"])
def test_others_bring_no_lists(client_of: ClientOf, who: str) -> None:
    client = client_of(who)
    for path in ("/imports/", "/imports/add", "/imports/1"):
        assert client.get(path).status_code in (302, 403, 404)
    assert bring(client, b"A,B\n1,2\n").status_code in (302, 403, 404)


def test_discard_and_stop_end_an_import(director: FlaskClient, session: Session) -> None:
    address = address_of(bring(director, as_csv(OFFICER_HEADINGS, [officer(1)])))
    queue_works(address)
    mapped(director, address)
    director.post(f"{address}/stop")
    assert "Columns to choose" in director.get(address).text
    director.post(f"{address}/discard")
    assert "The file and its rows are wiped." in director.get(address).text
    again = director.post(f"{address}/discard", follow_redirects=True)
    assert "The import has moved on meanwhile." in again.text


def test_same_file_again_leads_to_the_import_that_waits(director: FlaskClient) -> None:
    body = as_csv(OFFICER_HEADINGS, [officer(1)])
    first = address_of(bring(director, body))
    assert address_of(bring(director, body)) == first
    assert "This very file is here already" in director.get(first).text


def test_rows_worth_a_look_are_listed_apart(director: FlaskClient) -> None:
    with scoped_as(db.session, EVERYTHING):
        known = db.session.scalars(select(Officer).where(Officer.mobile == "254712000001")).one()
        row = officer(1, mobile=known.mobile, national_id="", tsc_number=known.tsc_number)
    address = checked(director, row)
    page = director.get(f"{address}?show=warnings").text
    assert "Stored otherwise, and stays so" in page
    assert '<tr id="row-2">' in page


def test_list_of_imports_shows_own_ones_only(client_of: ClientOf) -> None:
    page = client_of(EAST).get("/imports/").text
    assert "officers-kisumu-east.csv" in page
    assert "officers-kisumu-west.csv" not in page
    with scoped_as(db.session, EVERYTHING):
        everyone = db.session.scalars(select(ListImport.file_name)).all()
    assert len(everyone) == 3


def test_rows_sealed_under_keys_that_were_replaced_are_shown_empty(director: FlaskClient) -> None:
    """The world's rows were sealed under no key of this portal."""
    with scoped_as(db.session, EVERYTHING):
        known = db.session.scalars(
            select(ListImport.id).where(ListImport.file_name == "officers-kisumu-east.csv")
        ).one()
    page = director.get(f"/imports/{known}")
    assert page.status_code == 200
    assert '<tr id="row-2">' in page.text
    rows = list(csv.reader(io.StringIO(director.get(f"/imports/{known}/corrected.csv").text)))
    assert rows[1][:2] == ["", ""]
