"""A school's own results: page, workbook, papers and edge say the same; nobody else opens the door."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import python_calamine
import zxingcpp
from flask.testing import FlaskClient
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from app.extensions import db
from app.letters.check import keys_from, read_slip
from app.letters.signing import pem_of
from app.results.edge import Edge
from app.results.enums import Grade
from app.results.grades import words_of
from app.results.machine import Change
from app.results.models import ResultRelease
from app.results.services import correct_result
from app.scoping.guard import scoped_as
from tests.factories import results as made
from tests.factories import school_results as school
from tests.factories.results import EVERYTHING, GRADES
from tests.factories.world import CENTRE
from views.letters.desk import plain_desk

ClientOf = Callable[[str], FlaskClient]
FILES = ("results.xlsx", "list.pdf", "slips.pdf")
ADDRESSES = ("", "analysis", "001", *FILES)
OTHERS = (
    "admin", "monitor", "results.officer", "results.approver", "tsc.kisumu-east",
    "scde.kisumu-east", "county.kisumu", "payments.clerk", "payments.approver", "254712000001",
    "254712000003",
)  # fmt: skip


@pytest.fixture
def release(session: Session, tmp_path: Path) -> ResultRelease:
    """This year's release, open, with one result corrected since."""
    opened = school.opened(tmp_path)
    amended = made.amended(school.rows()[0], mean_grade="A", subjects={"101": "A"})
    made.changed(opened.id, school.index(1), Change.AMEND, reason="Remarked.", amended=amended)
    with scoped_as(session, EVERYTHING):
        correct_result(made.publisher(tmp_path), opened.id, school.index(1))
    return opened


@pytest.fixture
def principal(client_of: ClientOf) -> FlaskClient:
    return client_of(school.LOGIN)


def at(name: str) -> str:
    return f"/school-results/{name}"


def on_edge(folder: Path, number: int) -> dict[str, Any]:
    """What the public edge answers to whoever names the candidate."""
    name = school.NAMES[number].split()[0]
    found = Edge(folder).look(school.index(number), name)
    assert found is not None
    return found.document


def sheet(client: FlaskClient) -> dict[str, dict[str, str]]:
    """The workbook's rows by index number, read by another library than the one that wrote them."""
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(client.get(at(FILES[0])).data))
    heads, *rows = book.get_sheet_by_index(0).to_python()
    return {
        str(row[0]): {str(h): str(cell) for h, cell in zip(heads, row, strict=True)} for row in rows
    }


def paper(client: FlaskClient, name: str) -> str:
    document = pypdfium2.PdfDocument(client.get(at(name)).data)
    return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def on_page(client: FlaskClient, number: int) -> dict[str, Any]:
    """Mean, version and subjects as the candidate's page says them."""
    body = client.get(at(f"{number:03d}")).text
    rows = re.findall(r'<th scope="row" class="grow">(\d{3}) [^<]*</th>\s*<td>([^<]*)</td>', body)
    sentence = re.search(r'<p class="sentence">Mean grade: ([^<]*)</p>', body)
    version = re.search(r"version (\d+)</span>", body)
    assert sentence
    assert version
    return {"mean": sentence[1], "version": version[1], "subjects": dict(rows)}


def test_page_workbook_papers_and_edge_say_the_same_of_everybody(
    release: ResultRelease, principal: FlaskClient, tmp_path: Path
) -> None:
    book, listed, slips = (
        sheet(principal),
        paper(principal, "list.pdf"),
        paper(principal, "slips.pdf"),
    )
    overview = principal.get(at("")).text
    assert sorted(book) == [school.index(number) for number in school.NAMES]
    for number, names in school.NAMES.items():
        edge = on_edge(tmp_path, number)
        grades = {one["code"]: one["grade"] for one in edge["subjects"]}
        row, page = book[school.index(number)], on_page(principal, number)
        mean = words_of(Grade(edge["mean_grade"]))
        assert (row["Names"], row["Mean grade"], row["In words"]) == (
            names, edge["mean_grade"], mean,
        )  # fmt: skip
        own = {head[:3]: cell for head, cell in row.items() if head[:3].isdigit() and cell}
        assert own == grades
        assert page["subjects"] == {code: words_of(Grade(g)) for code, g in grades.items()}
        assert (page["mean"], page["version"]) == (mean, str(edge["version"]))
        assert float(row["Version"]) == edge["version"]
        line = re.search(rf"<a href={number:03d}>[^<]*</a><td>[FM]<td>([^<]*)", overview)
        assert line
        assert line[1].strip() == mean
        assert school.index(number) in listed
        assert school.index(number) in slips
    assert on_edge(tmp_path, 1)["version"] == 2
    said = ", ".join(
        f"{code} {grade}" for code, grade in zip(made.CODES, ("A", *GRADES[1:]), strict=True)
    )
    assert " ".join(said.split()) in " ".join(listed.split())
    minute = on_edge(tmp_path, 1)["release"]["released_at"]
    assert minute == "2026-11-11T07:20+03:00"
    for words in (listed, book[school.index(1)]["Release"]):
        assert "KCSE 2026, release 1, Wed 11 Nov 2026, 07:20" in words
    for words in (
        "Release 1,",
        "Wed 11 Nov 2026",
        "07:20",
        "version 2",
        on_edge(tmp_path, 1)["check_code"],
    ):
        assert words in " ".join(slips.split())
    assert book[school.index(1)]["Check code"] == on_edge(tmp_path, 1)["check_code"]


def test_every_slip_carries_a_code_that_says_the_same(
    release: ResultRelease, principal: FlaskClient, tmp_path: Path
) -> None:
    keys = keys_from(pem_of(plain_desk().signer.public).encode())
    found = {}
    for page in pypdfium2.PdfDocument(principal.get(at("slips.pdf")).data):
        for code in zxingcpp.read_barcodes(page.render(scale=4).to_pil()):
            one = read_slip(code.text.rpartition("/")[2], keys)
            found[one.index_number] = one
    for number in school.NAMES:
        edge, one = on_edge(tmp_path, number), found[school.index(number)]
        assert (one.mean_grade, one.version, one.release) == (
            edge["mean_grade"], edge["version"], edge["release"]["number"],
        )  # fmt: skip
        assert list(one.subjects) == [(s["code"], s["grade"]) for s in edge["subjects"]]


def test_the_comparison_would_notice_one_grade(
    release: ResultRelease, principal: FlaskClient, tmp_path: Path, session: Session
) -> None:
    """Negative control: a correction that only the school has heard of differs from the edge."""
    made.changed(
        release.id,
        school.index(2),
        Change.AMEND,
        amended=made.amended(school.rows()[1], subjects={"102": "B-"}),
    )
    assert on_page(principal, 2)["subjects"]["102"] == "B- (MINUS)"
    edge = {one["code"]: one["grade"] for one in on_edge(tmp_path, 2)["subjects"]}
    assert edge["102"] == "B+"


@pytest.mark.parametrize("number", school.KEPT_BACK)
def test_what_is_kept_back_is_named_and_no_grade_of_it_leaves(
    release: ResultRelease, principal: FlaskClient, tmp_path: Path, number: int
) -> None:
    page = on_page(principal, number)
    letter = words_of(Grade(school.MEANS[number]))
    assert page == {"mean": letter, "version": "1", "subjects": {}}
    row = sheet(principal)[school.index(number)]
    assert {head: cell for head, cell in row.items() if head[:3].isdigit() and cell} == {}
    assert row["What it means"]
    listed = paper(principal, "list.pdf").splitlines()
    at_line = next(nth for nth, line in enumerate(listed) if school.index(number) in line)
    assert "101 A-" not in listed[at_line]
    assert on_edge(tmp_path, number)["subjects"] == []
    assert school.NAMES[number].split()[0] in principal.get(at("")).text


def test_withheld_after_the_release_takes_its_grades_away_everywhere(
    release: ResultRelease, principal: FlaskClient, session: Session
) -> None:
    before = principal.get(at("analysis")).text
    made.changed(release.id, school.index(3), Change.CANCEL, reason="Impersonation.")
    assert on_page(principal, 3) == {"mean": "Y (CANCELLED)", "version": "2", "subjects": {}}
    body = principal.get(at("003")).text
    assert "C- (MINUS)" not in body
    assert "Impersonation." not in body
    row = sheet(principal)[school.index(3)]
    assert {head: cell for head, cell in row.items() if head[:3].isdigit() and cell} == {}
    assert principal.get(at("analysis")).text != before


def test_state_sentence_counts_everybody(release: ResultRelease, principal: FlaskClient) -> None:
    body = principal.get(at("")).text
    assert (
        "KCSE 2026, release 1, Wed 11 Nov 2026, 07:20: 4 of 80 candidates have results; 1 withheld,"
        " 1 pended, 1 cancelled, 1 absent, 72 registered and not in the release."
    ) in body
    assert "009, 010, 011" in body


def test_analysis_is_of_loaded_grades(release: ResultRelease, principal: FlaskClient) -> None:
    """A 12, B+ 10, B 9, C- 5: 9 in the mean; the letters have no points."""
    body = " ".join(principal.get(at("analysis")).text.split())
    assert "<b>9.000</b> <span>mean points of the school</span>" in body
    assert "<b>4</b> <span>candidates with a mean grade</span>" in body
    english = re.search(r"101 English</th> (.*?)</tr>", body)
    assert english
    cells = re.findall(r'<td class="number">([^<]*)</td>', english[1])
    assert cells[:2] == ["5", "11.250"]
    assert cells[2:4] == ["1", "3"]
    assert "No release of an earlier year is on record" in body


def test_last_years_figures_stand_beside(
    release: ResultRelease, principal: FlaskClient, tmp_path: Path
) -> None:
    school.opened_last_year(tmp_path)
    body = " ".join(principal.get(at("analysis")).text.split())
    assert "<b>7.500</b> <span>mean points in KCSE 2025</span> <span>+1.500</span>" in body
    assert made.row(1)[1].split()[0] not in body, "no candidate of last year is named"


def test_files_carry_no_formula_and_signs_survive(
    release: ResultRelease, principal: FlaskClient
) -> None:
    row = sheet(principal)[school.index(2)]
    assert [row[head] for head in row if head[:3].isdigit()] == list(GRADES)
    text_of_list = paper(principal, "list.pdf")
    for grade in ("101 A-", "102 B+", "121 C-"):
        assert grade in text_of_list
    assert "B+ (PLUS)" in paper(principal, "slips.pdf")


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_is_there_before_the_minute(
    session: Session, principal: FlaskClient, tmp_path: Path, address: str
) -> None:
    made.released(school.loaded(), tmp_path, minutes=1)
    answer = principal.get(at(address))
    assert answer.status_code == (404 if address else 200)
    for names in school.NAMES.values():
        assert names.split()[0] not in answer.text
    if not address:
        assert "They come on Wed 11 Nov 2026, 07:21" in answer.text
    sent = {"words": "Why?", "subject": ""}
    assert principal.post(at("001"), data=sent).status_code == 404


def test_newest_release_is_shown_once_the_one_before_is_superseded(
    session: Session, principal: FlaskClient, tmp_path: Path
) -> None:
    school.opened(tmp_path)
    later = [made.row(1, centre=CENTRE, names=school.NAMES[1], mean_grade="D+")]
    made.released(made.loaded(*later, series=school.SERIES), tmp_path)
    assert on_page(principal, 1)["mean"] == "D+ (PLUS)"
    assert "release 2" in principal.get(at("")).text
    assert principal.get(at("002")).status_code == 404


@pytest.mark.parametrize("username", OTHERS)
def test_nobody_else_opens_the_schools_door(
    release: ResultRelease, client_of: ClientOf, username: str
) -> None:
    """The manager of the centre (the first on its roster) and an officer of it among them."""
    client = client_of(username)
    opened = [a for a in ADDRESSES if client.get(at(a)).status_code not in (403, 404)]
    assert opened == []
    assert client.post(at("001"), data={"words": "x"}).status_code in (403, 404)


def test_strangers_are_sent_to_sign_in(release: ResultRelease, client: FlaskClient) -> None:
    for address in ADDRESSES:
        answer = client.get(at(address))
        assert answer.status_code in (302, 401)
        assert "Achieng" not in answer.text


def test_school_next_door_sees_its_own_and_nobody_of_this_one(
    release: ResultRelease, client_of: ClientOf
) -> None:
    client = client_of(school.NEIGHBOUR)
    body = client.get(at("")).text
    assert body.count(school.STRANGER) == 3
    for address in ADDRESSES:
        answer = client.get(at(address))
        said = answer.text if answer.mimetype == "text/html" else ""
        said += paper(client, address) if address.endswith("pdf") else ""
        assert [n for n in school.NAMES.values() if n in said] == []
    assert set(sheet(client)) == {f"42239001{nth:03d}" for nth in (1, 2, 3)}
    assert client.get(at("004")).status_code == 404


def test_taking_the_files_is_noted(
    release: ResultRelease, principal: FlaskClient, session: Session
) -> None:
    for name in FILES:
        assert principal.get(at(name)).status_code == 200
    session.expire_all()
    with scoped_as(session, EVERYTHING):
        found = session.execute(
            text("SELECT after FROM event WHERE action = 'results.taken_by_school' ORDER BY id")
        ).scalars()
        assert [one["kind"] for one in found] == ["xlsx", "list", "slips"]


def test_search_and_order(release: ResultRelease, principal: FlaskClient) -> None:
    def shown(query: str) -> list[str]:
        return re.findall(r"<tr><td>(\d{3})<td>", principal.get(at(f"?{query}")).text)

    assert shown("order=mean") == ["001", "002", "004", "003", "005", "006", "007", "008"]
    assert shown("q=ng%27ang%27a") == ["002"]
    assert shown("q=NGANGA") == ["002"]
    assert shown("q=42238001003") == ["003"]
    assert shown("q=nobody") == []


def test_page_of_300_stays_small_and_asks_as_often_as_one_of_three(
    session: Session, principal: FlaskClient, tmp_path: Path, client_of: ClientOf
) -> None:
    own = [
        made.row(number, centre=CENTRE, names="Achieng Wanjiru Otieno Ng'ang'a")
        for number in range(1, 301)
    ]
    there = [made.row(number, centre="42239001") for number in (1, 2, 3)]
    made.released(made.loaded(*own, *there, series=school.SERIES), tmp_path)
    body, many = counted(principal, at(""))
    assert body.count("Raise a query") == 300
    assert len(body.encode()) < 60_000
    neighbour = client_of(school.NEIGHBOUR)
    _body, few = counted(neighbour, at(""))
    assert many == few
    for address in ("analysis", "001"):
        assert counted(principal, at(address))[1] == counted(neighbour, at(address))[1]


def counted(client: FlaskClient, address: str) -> tuple[str, int]:
    """The page, and how many statements it takes once what all pages remember is remembered."""
    tries = []
    for _again in range(3):
        seen: list[str] = []
        note = partial(_note, seen)
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            body = client.get(address).text
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        tries.append(len(seen))
    return body, min(tries)


def _note(seen: list[str], _conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
    seen.append(statement)


def test_home_of_the_centre_says_so_from_the_minute_on(
    session: Session, principal: FlaskClient, tmp_path: Path
) -> None:
    waiting = made.released(school.loaded(), tmp_path, minutes=1)
    assert "Open the results of your school" not in principal.get("/").text
    made.released(waiting, tmp_path)
    assert "Open the results of your school" in principal.get("/").text
    assert "Open the results of your school" in principal.get("/register/season/").text
    assert 'href="/school-results/"' in principal.get("/").text


def test_kiswahili_throughout(release: ResultRelease, principal: FlaskClient) -> None:
    principal.get("/lang/sw")
    pages = {address: principal.get(at(address)).text for address in ("", "analysis", "005")}
    assert "Matokeo" in pages[""]
    english = ("candidates have results", "Download all results", "Raise a query", "withheld")
    assert [(a, word) for a, page in pages.items() for word in english if word in page] == []
