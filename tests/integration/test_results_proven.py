"""The whole way: a file is loaded, proven, released by another, and every candidate asked for at the edge."""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy.orm import Session

from app.results import services
from app.results.machine import Change
from app.results_proof.asking import Place
from app.results_proof.program import Proof, prove, told
from app.results_proof.walking import Walk
from app.scoping.guard import scoped_as
from tests.factories import results as made
from tests.factories.lists import as_csv
from tests.factories.results import EVERYTHING, HEADINGS, row, rows
from tests.factories.world_results import HERE, index_number
from tests.results.nodes import Node, running
from tests.results.worlds import SEEN_SECONDS

GIVEN = [
    *rows(9),
    *(row(10 + place, mean_grade=letter) for place, letter in enumerate("XYUPW")),
    row(20, mean_grade="A-", **dict.fromkeys((f"g{code}" for code in made.CODES), "E")),
]
"""With every letter, and a mean that no rule would compute: grades are loaded."""


def proven(file: Path, node: Node) -> Proof:
    return prove(Walk(file, Place("127.0.0.1", node.port), connections=4), sample=0)


def test_the_edge_answers_what_was_loaded_and_a_correction_within_a_second(
    session: Session, tmp_path: Path
) -> None:
    folder, file = tmp_path / "results", tmp_path / "release.csv"
    file.write_bytes(as_csv(HEADINGS, GIVEN))
    release = made.released(made.loaded(*GIVEN), folder)
    with running("python", folder, workers=1) as node:
        first = proven(file, node)
        assert first.holds(), told(first)
        assert told(first)[-1] == f"{len(GIVEN)} asked, 0 differences"
        made.changed(release.id, index_number(HERE, 1), Change.AMEND,
                     amended=made.amended(GIVEN[0], mean_grade="B+"))  # fmt: skip
        made.changed(release.id, index_number(HERE, 2), Change.WITHHOLD)
        with scoped_as(session, EVERYTHING):
            for number in (1, 2):
                services.correct_result(
                    made.publisher(folder), release.id, index_number(HERE, number)
                )
        time.sleep(SEEN_SECONDS)
        later = proven(file, node)
    assert (later.account.differences.total(), len(later.account.corrected)) == (0, 2), told(later)
    assert (later.holds(), later.holds(corrected=2)) == (False, True)
