"""A release's store: sealed until its key comes, corrected in place by a signed list."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import lmdb
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.results.documents import (
    ROOM,
    SEPARATOR,
    STEP,
    Release,
    Result,
    SubjectGrade,
    Version,
    names_end,
    opened,
    record_of,
    with_room,
)
from app.results.enums import Grade
from app.results.folding import MARK, is_registered
from app.results.grades import words_of
from app.results.ledger import BrokenLedgerError, Correction, append, follow, ledger_of
from app.results.sealing import Seal, TamperedError, new_key
from app.results.store import DECOY, Reader, Writer, correct

RELEASE = Release(1, "KCSE 2026", 2026, "2027-01-11T11:00+03:00")
FIRST, SECOND = "42238006001", "42238006002"


def result(index_number: str, mean: Grade = Grade.B_MINUS, version: int = 1) -> Result:
    return Result(
        index_number, "ACHIENG OTIENO", "F", index_number[:8], "KISUMU DAY", mean,
        [SubjectGrade("101", "English", Grade.A_MINUS)], version=version,
    )  # fmt: skip


def sealed(seal: Seal, one: Result) -> bytes:
    return seal.seal(one.index_number.encode(), one.version, record_of(one, RELEASE))


def mean_in(store: Path, seal: Seal, index_number: str) -> str:
    reader = Reader(store)
    try:
        found = reader.sealed(index_number.encode())
        assert found is not None
        mean: str = opened(seal.open(index_number.encode(), found)).document["mean_grade"]
    finally:
        reader.close()
    return mean


@pytest.fixture
def seal() -> Seal:
    return Seal(new_key())


@pytest.fixture
def store(tmp_path: Path, seal: Seal) -> Path:
    with Writer(tmp_path / "one", seal) as writer:
        for index_number in (FIRST, SECOND):
            writer.add(index_number.encode(), 1, record_of(result(index_number), RELEASE))
        writer.say({}, {"number": 1})
    return tmp_path / "one"


def test_every_record_reads_back_with_its_signs(store: Path, seal: Seal) -> None:
    reader = Reader(store)
    assert [one.decode() for one in reader.index_numbers()] == [FIRST, SECOND]
    document = opened(seal.open(FIRST.encode(), reader.sealed(FIRST.encode()) or b"")).document
    assert document["mean_grade_words"] == "B- (MINUS)"
    assert document["subjects"][0]["grade_words"] == "A- (MINUS)"
    assert reader.sealed(b"42238006003") is None
    reader.close()


def test_nothing_is_readable_in_the_file_without_the_key(store: Path) -> None:
    written = (store / "data.mdb").read_bytes()
    assert FIRST.encode() in written
    for told in (b"ACHIENG", b"achieng", b"MINUS", b"KISUMU"):
        assert told not in written
    reader = Reader(store)
    with pytest.raises(TamperedError):
        Seal(new_key()).open(FIRST.encode(), reader.sealed(FIRST.encode()) or b"")
    reader.close()


def test_the_length_of_a_record_tells_nothing(tmp_path: Path, seal: Seal) -> None:
    """Without the key nobody sees who is withheld, and opening them takes everybody's time."""
    taught = [SubjectGrade(str(code), "Mathematics Alternative A", Grade.B_MINUS)
              for code in range(101, 110)]  # fmt: skip
    whole = replace(
        result("42238006000"), names="ACHIENG NG'ANG'A WANJIKU-MU\u00d1OZ", subjects=taught
    )
    with Writer(tmp_path / "lengths", seal) as writer:
        for number, mean in enumerate(Grade):
            one = replace(whole, index_number=f"42238006{number:03}", mean_grade=mean)
            writer.add(one.index_number.encode(), 1, record_of(one, RELEASE))
    reader = Reader(tmp_path / "lengths")
    indexes = [*reader.index_numbers(), DECOY]
    assert len(indexes) == len(Grade) + 1
    assert {len(reader.sealed(index) or b"") for index in indexes} == {ROOM + 18}
    reader.close()


def test_names_are_searched_for_as_far_with_every_grade() -> None:
    """A withheld record has more room behind the names; a search through it would take longer."""
    records = [record_of(replace(result(FIRST), mean_grade=mean), RELEASE) for mean in Grade]
    assert len({record[: names_end(record)] for record in records}) == 1
    assert len({record.index(SEPARATOR) for record in records}) > 1
    full = MARK + b"achieng" + MARK + SEPARATOR + b"result" + MARK * 2
    assert full[: names_end(full)] == MARK + b"achieng" + MARK


def test_a_long_story_takes_more_room_by_steps(seal: Seal) -> None:
    story = [Version(number, Grade.A_MINUS, "2027-01-12T09:00:00+03:00", "Checked again " * 9)
             for number in range(1, 9)]  # fmt: skip
    record = record_of(replace(result(FIRST), earlier=story), RELEASE)
    assert len(record) > ROOM
    assert (len(record) - ROOM) % STEP == 0


@pytest.mark.parametrize("grade", [Grade("W"), Grade("X"), Grade("U")])
def test_words_of_an_earlier_letter_stay_whole(grade: Grade) -> None:
    story = [Version(1, grade, "2027-01-12T09:00:00+03:00", "Cleared.")]
    record = record_of(replace(result(FIRST), earlier=story), RELEASE)
    assert f"1: {words_of(grade)} → 2027-01-12 09:00".encode() in record


@pytest.mark.parametrize("typed", ["||", "|", "achieng||", "achie"])
def test_room_behind_the_names_is_nobodys_name(typed: str) -> None:
    names = opened(record_of(result(FIRST), RELEASE)).names
    assert names.startswith(b"|achieng|otieno||||")
    assert is_registered("achieng", names)
    assert is_registered(typed, names) == (typed == "achieng||")
    assert with_room([b"|a|", b"x"]) == b"|a|" + b"|" * (ROOM - 5) + b"\0x"


def test_records_cannot_be_exchanged_between_candidates(store: Path, seal: Seal) -> None:
    reader = Reader(store)
    with pytest.raises(TamperedError):
        seal.open(SECOND.encode(), reader.sealed(FIRST.encode()) or b"")
    reader.close()


def test_an_index_number_comes_once_and_in_order(tmp_path: Path, seal: Seal) -> None:
    record = record_of(result(FIRST), RELEASE)

    def written_twice() -> None:
        with Writer(tmp_path / "twice", seal) as writer:
            writer.add(FIRST.encode(), 1, record)
            writer.add(FIRST.encode(), 1, record)

    with pytest.raises(lmdb.KeyExistsError):
        written_twice()


def test_nobody_is_found_behind_the_decoy(store: Path, seal: Seal) -> None:
    reader = Reader(store)
    names = opened(seal.open(DECOY, reader.sealed(DECOY) or b"")).names
    assert names.strip(b"|") == b""
    assert not is_registered("|", names)
    reader.close()


@pytest.mark.parametrize("held", [Grade.WITHHELD, Grade.PENDED])
def test_a_held_result_holds_no_grade_of_a_subject(held: Grade) -> None:
    document = opened(record_of(result(FIRST, held), RELEASE)).document
    assert (document["mean_grade"], document["subjects"]) == (held.value, [])
    assert b"A-" not in record_of(result(FIRST, held), RELEASE)


def test_a_correction_stands_and_an_older_one_does_not(store: Path, seal: Seal) -> None:
    newer, older = result(FIRST, Grade.B, 3), result(FIRST, Grade.E, 2)
    assert correct(store, [(FIRST.encode(), sealed(seal, newer))]) == 1
    assert correct(store, [(FIRST.encode(), sealed(seal, older))]) == 0
    assert mean_in(store, seal, FIRST) == "B"


def test_a_reader_sees_corrections_of_a_store_of_full_size(tmp_path: Path, seal: Seal) -> None:
    """A correction makes the file longer than it was when the edge opened it."""
    with Writer(tmp_path / "large", seal) as writer:
        for number in range(6_000):
            one = result(f"{42238006000 + number}")
            writer.add(one.index_number.encode(), 1, record_of(one, RELEASE))
    reader = Reader(tmp_path / "large")
    before = (tmp_path / "large" / "data.mdb").stat().st_size
    changes = [result(f"{42238006000 + number}", Grade.A_MINUS, 2) for number in range(40)]
    newer = [(one.index_number.encode(), sealed(seal, one)) for one in changes]
    with ProcessPoolExecutor(1, get_context("spawn")) as another:
        assert another.submit(correct, tmp_path / "large", newer).result() == 40
    assert (tmp_path / "large" / "data.mdb").stat().st_size > before > 10 * 2**20
    reader.refresh()
    found = reader.sealed(b"42238006007") or b""
    assert opened(seal.open(b"42238006007", found)).document["mean_grade"] == "A-"
    reader.close()


def test_a_node_follows_the_ledger_once(store: Path, seal: Seal) -> None:
    key, ledger = Ed25519PrivateKey.generate(), ledger_of(store)
    assert follow(store, ledger, key.public_key()) == 0
    one = Correction(FIRST, sealed(seal, result(FIRST, Grade.A, 2)), "2027-01-11T12:00+03:00")
    two = Correction(
        SECOND, sealed(seal, result(SECOND, Grade.WITHHELD, 2)), "2027-01-11T12:01+03:00"
    )
    assert append(ledger, [one], key) == 1
    assert follow(store, ledger, key.public_key()) == 1
    append(ledger, [two], key)
    assert [follow(store, ledger, key.public_key()) for _ in range(2)] == [1, 0]
    assert (mean_in(store, seal, FIRST), mean_in(store, seal, SECOND)) == ("A", "W")


def test_a_line_half_written_waits(store: Path, seal: Seal) -> None:
    key, ledger = Ed25519PrivateKey.generate(), ledger_of(store)
    append(ledger, [Correction(FIRST, sealed(seal, result(FIRST, Grade.A, 2)), "x")], key)
    whole = ledger.read_bytes()
    ledger.write_bytes(whole[:-5])
    assert follow(store, ledger, key.public_key()) == 0
    ledger.write_bytes(whole)
    assert follow(store, ledger, key.public_key()) == 1


@pytest.mark.parametrize("fault", ["stranger", "changed", "left out", "exchanged"])
def test_a_ledger_that_was_touched_stops_the_node(store: Path, seal: Seal, fault: str) -> None:
    key, ledger = Ed25519PrivateKey.generate(), ledger_of(store)
    made = [sealed(seal, result(FIRST, grade, n)) for n, grade in enumerate((Grade.A, Grade.B), 2)]
    append(ledger, [Correction(FIRST, one, "x") for one in made], key)
    first, second = ledger.read_bytes().splitlines()
    lines = {
        "stranger": [first, second],
        "changed": [first, b"A" + second[1:]],
        "left out": [second],
        "exchanged": [second, first],
    }[fault]
    ledger.write_bytes(b"\n".join(lines) + b"\n")
    trusted = Ed25519PrivateKey.generate() if fault == "stranger" else key
    with pytest.raises(BrokenLedgerError):
        follow(store, ledger, trusted.public_key())
    assert mean_in(store, seal, FIRST) == "B-"


def test_half_a_line_of_a_writer_that_was_cut_off_gives_way(store: Path, seal: Seal) -> None:
    key, ledger = Ed25519PrivateKey.generate(), ledger_of(store)
    made = [sealed(seal, result(FIRST, grade, n)) for n, grade in enumerate((Grade.A, Grade.B), 2)]
    append(ledger, [Correction(FIRST, made[0], "x")], key)
    whole = ledger.read_bytes()
    ledger.write_bytes(whole + whole[:-7])
    append(ledger, [Correction(FIRST, made[1], "x")], key)
    assert follow(store, ledger, key.public_key()) == 2
    assert mean_in(store, seal, FIRST) == "B"
