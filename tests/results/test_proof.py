"""The proof from outside finds what it must find: a changed cell, a changed record, a lost sign."""

from __future__ import annotations

import contextlib
import http.server
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import lmdb
import pytest

from app.demo import results as made
from app.results.control import Control, write_control
from app.results.documents import Release, Result, SubjectGrade, Version, record_of
from app.results.enums import Grade
from app.results.pages import Contacts
from app.results.publishing import build
from app.results.sealing import Seal
from app.results.store import correct
from app.results_proof.asking import Asker, Place
from app.results_proof.expected import WORDS, expected_rows, subject_names
from app.results_proof.program import Proof, main, prove, told
from app.results_proof.strangers import Pair, tells_apart
from app.results_proof.walking import Walk
from tests.results.nodes import Node, has_nginx, running
from tests.results.worlds import SEEN_SECONDS

RELEASE = Release(1, "KCSE 2026", 2026, "2027-01-11T11:00+03:00")
KEY = bytes(range(32))
CENTRES = [("42238006", 300), ("01101001", 200)]
CANDIDATES = 400
SUBJECTS = subject_names()
ALTERED = 7
"""The row of the file (counted from 0) that a control changes: nobody's letter."""


def write_file(path: Path) -> None:
    """A release file with every letter in it, and names as people have them."""
    with path.open("w", encoding="utf-8") as stream:
        for _done in made.write_results(stream, CENTRES, CANDIDATES):
            pass
    headings, *lines = path.read_text().splitlines()
    rows = [line.split(",") for line in lines]
    for place, letter in enumerate("XYUPWPW", 20):
        rows[place][3] = letter
    rows[ALTERED][1:4] = ["Achieng' Ng'ang'a Wanjiku-Mu\u00f1oz", "F", "B-"]
    rows[ALTERED][4] = "A-"
    path.write_text("\n".join([headings, *map(",".join, rows)]) + "\n")


def results_of(path: Path) -> list[Result]:
    """The documents of the file's rows, in the order of their index numbers."""
    found = [
        Result(
            row.index_number, row.names, "F", row.index_number[:8], "A SCHOOL & SONS",
            Grade(row.mean_grade),
            [SubjectGrade(code, SUBJECTS[code], Grade(grade)) for code, grade in row.subjects.items()],
        )
        for row in expected_rows(path)
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.index_number)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the file and, in `results`, its open release."""
    folder = tmp_path_factory.mktemp("proof")
    write_file(folder / "release.csv")
    results = results_of(folder / "release.csv")
    store = build(folder / "results", RELEASE, results, key=KEY, contacts=Contacts())
    write_control(folder / "results", Control(store.name, time.time() - 60, KEY.hex()))
    return folder


@pytest.fixture(scope="module", params=["python", "nginx"])
def edge(request: pytest.FixtureRequest, world: Path) -> Iterator[Node]:
    if request.param == "nginx" and not has_nginx():
        pytest.skip("NO NGINX WITH LUA FOUND: the second edge is not proven")
    with running(request.param, world / "results") as node:
        yield node


@pytest.fixture
def python_edge(tmp_path: Path, world: Path) -> Iterator[Node]:
    """An edge over a copy that a test may spoil."""
    shutil.copytree(world / "results", tmp_path / "results")
    with running("python", tmp_path / "results", workers=1) as node:
        yield node


def proven(file: Path, node: Node, *, sample: int = 0) -> Proof:
    return prove(Walk(file, Place("127.0.0.1", node.port), parts=2, seed=1), sample=sample)


def planted(folder: Path, change: Callable[[Result], Result], record: bytes | None = None) -> None:
    """Puts another record of the same version in the place of the altered row's own, behind the back
    of everything that would refuse it."""
    one = results_of(folder.parent / "release.csv")[_place(folder)]
    sealed = Seal(KEY).seal(one.index_number.encode(), 1, record or record_of(change(one), RELEASE))
    env = lmdb.open(str(folder / "KCSE-2026-0001"), map_size=2**30)
    with env.begin(write=True) as transaction:
        transaction.put(one.index_number.encode(), sealed)
    env.close()
    time.sleep(SEEN_SECONDS)


def _place(folder: Path) -> int:
    index = next(
        row.index_number
        for row in expected_rows(folder.parent / "release.csv")
        if row.line == ALTERED + 2
    )
    found = [one.index_number for one in results_of(folder.parent / "release.csv")]
    return found.index(index)


def regraded(one: Result, code: str, grade: str) -> Result:
    taught = [
        replace(each, grade=Grade(grade)) if each.code == code else each for each in one.subjects
    ]
    return replace(one, subjects=taught)


def test_every_candidate_of_the_file_is_answered_as_the_file_says(world: Path, edge: Node) -> None:
    proof = proven(world / "release.csv", edge, sample=8)
    assert proof.holds(), told(proof)
    assert (proof.candidates, proof.account.asked) == (CANDIDATES, CANDIDATES)
    assert proof.account.answers == 2 * CANDIDATES
    assert dict(proof.account.releases) == {(1, "KCSE 2026"): 2 * CANDIDATES}
    assert proof.pairs == 8
    assert told(proof)[-1] == "400 asked, 0 differences"


@pytest.mark.parametrize(
    ("altered", "what"),
    [
        ("101=A", {"101": 2}),
        ("101=A+", {"101": 2}),
        ("101=", {"101 that is not in the file": 2}),
        ("mean_grade=B", {"mean_grade": 2}),
        ("names=Achieng' Ng'ang'a Wanjiku-Munoz", {"names": 2}),
    ],
)
def test_one_altered_cell_of_the_file_is_found(
    world: Path, edge: Node, tmp_path: Path, altered: str, what: dict[str, int]
) -> None:
    headings, *lines = (world / "release.csv").read_text().splitlines()
    cells = lines[ALTERED].split(",")
    column, _, cell = altered.partition("=")
    cells[headings.split(",").index(column)] = cell
    lines[ALTERED] = ",".join(cells)
    (tmp_path / "altered.csv").write_text("\n".join([headings, *lines]) + "\n")
    proof = proven(tmp_path / "altered.csv", edge)
    assert not proof.holds()
    assert dict(proof.account.differences) == what
    assert {line for line, _ in proof.account.named} == {ALTERED + 2}


def test_a_row_that_the_store_lacks_is_not_answered(
    world: Path, edge: Node, tmp_path: Path
) -> None:
    text = (world / "release.csv").read_text()
    cells = text.splitlines()[1].split(",")
    (tmp_path / "more.csv").write_text(text + ",".join(["42238006999", *cells[1:]]) + "\n")
    proof = proven(tmp_path / "more.csv", edge)
    assert dict(proof.account.unanswered) == {"status 404": 2}
    assert (proof.holds(), proof.account.differences.total()) == (False, 0)


CHANGES: dict[str, tuple[Callable[[Result], Result], str]] = {
    "a lost minus of a subject": (lambda one: regraded(one, "101", "A"), "101"),
    "a lost minus of the mean": (lambda one: replace(one, mean_grade=Grade.B), "mean_grade"),
    "a subject under another's name": (
        lambda one: replace(one, subjects=[replace(each, name="Kenya Sign Language")
                            if each.code == "102" else each for each in one.subjects]),
        "name of 102",
    ),
    "a missing subject": (lambda one: replace(one, subjects=one.subjects[1:]), "101 is missing"),
    "another's names": (lambda one: replace(one, names=f"{one.names} Otieno"), "names"),
    "another school": (lambda one: replace(one, school_code="42238007"), "school"),
}  # fmt: skip


@pytest.mark.parametrize("change", list(CHANGES))
def test_one_altered_record_of_the_store_is_found(
    world: Path, python_edge: Node, tmp_path: Path, change: str
) -> None:
    shutil.copy(world / "release.csv", tmp_path)
    make, what = CHANGES[change]
    planted(tmp_path / "results", make)
    proof = proven(tmp_path / "release.csv", python_edge)
    assert dict(proof.account.differences) == {what: 2}
    assert not proof.holds()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ((b'"A- (MINUS)"', b'"A (PLAIN)"'), {"words of 101": 1}),
        ((b'"B- (MINUS)"', b'"B (PLAIN)"'), {"words of mean_grade": 1}),
        ((b"<b>A-</b> (MINUS)", b"<b>A</b> (PLAIN)"), {"101": 1}),
        ((b"<b>A-</b> (MINUS)", b"<b>A-</b> (PLAIN)"), {"words of 101": 1}),
    ],
)
def test_a_sign_lost_on_one_door_alone_is_found(
    world: Path,
    python_edge: Node,
    tmp_path: Path,
    change: tuple[bytes, bytes],
    what: dict[str, int],
) -> None:
    """The page and the JSON of one record that disagree."""
    shutil.copy(world / "release.csv", tmp_path)
    one = results_of(tmp_path / "release.csv")[_place(tmp_path / "results")]
    record = record_of(one, RELEASE)
    right, wrong = change
    assert right in record
    planted(tmp_path / "results", lambda same: same, record.replace(right, wrong, 1))
    proof = proven(tmp_path / "release.csv", python_edge)
    assert dict(proof.account.differences) == what


def test_a_withheld_result_that_shows_a_grade_is_found(
    world: Path, python_edge: Node, tmp_path: Path
) -> None:
    altered = tmp_path / "release.csv"
    headings, *lines = (world / "release.csv").read_text().splitlines()
    cells = lines[ALTERED].split(",")
    lines[ALTERED] = ",".join([*cells[:3], "W", *cells[4:]])
    altered.write_text("\n".join([headings, *lines]) + "\n")
    proof = proven(altered, python_edge)
    assert proof.account.differences["mean_grade"] == 2
    assert proof.account.differences["101 that is not in the file"] == 2


def test_a_corrected_result_is_told_and_only_holds_when_it_is_known(
    world: Path, python_edge: Node, tmp_path: Path
) -> None:
    shutil.copy(world / "release.csv", tmp_path)
    one = results_of(tmp_path / "release.csv")[_place(tmp_path / "results")]
    for before, holds in ((Grade.B_MINUS, True), (Grade.C, False)):
        number = 2 if holds else 3
        earlier = [Version(1, before, "2027-01-12T09:00:00+03:00", "Checked again.")]
        newer = replace(one, mean_grade=Grade.B_PLUS, version=number, earlier=earlier)
        index = one.index_number.encode()
        sealed = Seal(KEY).seal(index, number, record_of(newer, RELEASE))
        assert correct(tmp_path / "results" / "KCSE-2026-0001", [(index, sealed)]) == 1
        time.sleep(SEEN_SECONDS)
        proof = proven(tmp_path / "release.csv", python_edge)
        assert proof.account.corrected == [ALTERED + 2]
        assert (proof.holds(), proof.holds(corrected=1)) == (False, holds)


def test_whoever_asks_to_wait_is_waited_for(world: Path, tmp_path: Path) -> None:
    """An edge that finds itself too busy at first: nothing is given up, and the waiting is told."""
    asked: list[float] = []

    def busy(request: Any) -> None:
        asked.append(time.monotonic())
        request.send_response(503)
        request.send_header("Retry-After", "1")
        request.send_header("Content-Length", "0")
        request.end_headers()

    rows = (world / "release.csv").read_text().splitlines()
    (tmp_path / "one.csv").write_text("\n".join(rows[:2]) + "\n")
    with serving(busy) as port:
        walk = Walk(tmp_path / "one.csv", Place("127.0.0.1", port), pages=0)
        proof = prove(walk, sample=0)
    assert dict(proof.account.put_off) == {"503": 4}
    assert dict(proof.account.unanswered) == {"status 503": 1}
    assert all(later - before >= 1 for before, later in pairwise(asked))
    assert not proof.holds()


@contextlib.contextmanager
def serving(answer: Callable[[Any], None]) -> Iterator[int]:
    """A server of a test's own, on the port that it gives."""
    kind = http.server.BaseHTTPRequestHandler
    said = {"protocol_version": "HTTP/1.1", "do_GET": answer, "do_POST": answer}
    handler = type("Handler", (kind,), {**said, "log_message": lambda *_: None})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("is_telling", [True, False])
def test_an_edge_that_tells_strangers_apart_is_found(is_telling: bool) -> None:
    def answer(request: Any) -> None:
        length = int(request.headers.get("Content-Length") or 0)
        asked = request.path + request.rfile.read(length).decode()
        is_known = "42238006001" in asked
        body = b"no such name" if is_known and is_telling else b"no such result"
        request.send_response(404)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    pair = Pair(2, "42238006001", "42238006777", "Zebulonzeb")
    with serving(answer) as port, Asker(Place("127.0.0.1", port), 2) as asker:
        said = tells_apart(asker, pair)
    assert (said is not None) == is_telling


def test_the_command_says_how_it_came_out(
    world: Path, edge: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [f"--url=http://127.0.0.1:{edge.port}", "--processes=1", "--sample=4", "--pages=0.5"]
    options.append("--seed=5")
    assert main([*options, f"--file={world / 'release.csv'}"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "  400 asked, 0 differences"


def test_without_an_edge_one_is_started_over_the_folder(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--url=http://127.0.0.1:9", "--processes=1", "--sample=0", "--pages=0"]
    file = f"--file={world / 'release.csv'}"
    assert main([*options, file, f"--folder={world / 'results'}"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "  400 asked, 0 differences"
    with pytest.raises(SystemExit, match="Nobody answers"):
        main([*options, file, f"--folder={world}"])


def test_words_are_written_out_for_every_grade() -> None:
    assert set(WORDS) == {str(one) for one in Grade}
    assert len(set(WORDS.values())) == len(WORDS)
