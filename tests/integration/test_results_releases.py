"""Releases and changes: two persons, the minute, versions that are only ever added, corrections."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import clock
from app.errors import Conflict, IllegalMove, NotAllowed, NotFound, RuleBroken
from app.extensions import db
from app.results import queries, services
from app.results.control import read_control
from app.results.documents import opened
from app.results.follow import Follower
from app.results.ledger import KEY_FILE, read_key
from app.results.machine import Change
from app.results.models import SEALED_KEY, ResultCandidate, ResultRelease, ResultVersion
from app.results.sealing import Seal, TamperedError
from app.results.store import Reader
from app.scoping.guard import scoped_as
from app.scoping.scope import NATIONAL
from tests.databases import Urls
from tests.factories import results as made
from tests.factories import school_results as school
from tests.factories import world
from tests.factories.registers import acting_as
from tests.factories.results import EVERYTHING, row, rows
from tests.factories.world_results import HERE, index_number

FIRST = index_number(HERE, 1)


@pytest.fixture
def release(session: Session) -> ResultRelease:
    return made.loaded(*rows(4))


@pytest.fixture
def minutes() -> Any:
    """Moves the office clock on; the end of the test puts it back."""

    def forward(number: int) -> None:
        clock.configure(frozen=world.NOW + dt.timedelta(minutes=number))

    yield forward
    clock.configure(frozen=world.NOW)


def as_approver(session: Session, act: Any, release_id: int, **more: Any) -> None:
    who = made.approver()
    with scoped_as(session, who.scope):
        act(who.scope, who.actor, release_id, **more)


def candidate(release_id: int, index: str = FIRST) -> ResultCandidate:
    with scoped_as(db.session, EVERYTHING):
        db.session.expire_all()
        return db.session.get_one(ResultCandidate, (release_id, index))


def answer(folder: Path, index: str = FIRST) -> dict[str, Any]:
    """What the open store answers, by the key that was put out."""
    control = read_control(folder)
    assert control is not None
    assert control.key is not None
    reader = Reader(folder / control.store)
    sealed = reader.sealed(index.encode())
    reader.close()
    assert sealed is not None
    return opened(Seal(bytes.fromhex(control.key)).open(index.encode(), sealed)).document


def test_whoever_loaded_does_not_approve(session: Session, release: ResultRelease) -> None:
    """Even where one account holds both roles."""
    from dataclasses import replace

    who, other = made.officer(), made.approver()
    both = replace(who.actor, roles=who.actor.roles | other.actor.roles)
    with scoped_as(session, who.scope), pytest.raises(RuleBroken) as refusal:
        services.approve(who.scope, both, release.id)
    assert refusal.value.code == "two-persons"


def test_database_refuses_the_same_person_too(session: Session, release: ResultRelease) -> None:
    """Without the service: the constraint alone holds."""
    with pytest.raises(DBAPIError, match="two_persons"), scoped_as(session, EVERYTHING):
        session.execute(
            text(
                "UPDATE result_release SET state = 'approved', approved_by = prepared_by"
                " WHERE id = :id"
            ),
            {"id": release.id},
        )


@pytest.mark.parametrize("username", ["results.officer", "admin", "monitor"])
def test_only_the_approver_approves(
    session: Session, release: ResultRelease, username: str
) -> None:
    who = acting_as(username)
    for act in (services.approve, services.take_back):
        with pytest.raises(NotAllowed):
            act(who.scope, who.actor, release.id)
    with pytest.raises(NotAllowed):
        services.set_minute(who.scope, who.actor, release.id, at=clock.now())


def test_release_that_is_not_proven_is_not_approved(session: Session) -> None:
    body = made.as_csv(made.HEADINGS, rows(3))
    release_id = made.stored(made.checked(made.brought(body)).id).release_id
    assert release_id is not None
    with pytest.raises(IllegalMove):
        as_approver(session, services.approve, release_id)


def test_minute_of_the_past_is_refused(session: Session, release: ResultRelease) -> None:
    as_approver(session, services.approve, release.id)
    at = clock.now() - dt.timedelta(minutes=1)
    with pytest.raises(RuleBroken) as refusal:
        as_approver(session, services.set_minute, release.id, at=at)
    assert refusal.value.code == "minute-passed"


def test_nothing_opens_before_the_minute(
    session: Session, release: ResultRelease, tmp_path: Path, minutes: Any
) -> None:
    one = made.released(release, tmp_path, minutes=10)
    control = read_control(tmp_path)
    assert (one.state, one.released_at) == ("approved", None)
    assert control is not None
    assert control.key is None
    minutes(9)
    with scoped_as(session, EVERYTHING):
        services.open_release(made.publisher(tmp_path), release.id)
    assert made.the_release(release.id).state == "approved"
    assert read_control(tmp_path) == control
    minutes(10)
    with scoped_as(session, EVERYTHING):
        services.open_release(made.publisher(tmp_path), release.id)
    assert made.the_release(release.id).state == "released"
    assert answer(tmp_path)["mean_grade"] == "B-"


def test_open_results_of_another_series_stay_until_the_minute(
    session: Session, release: ResultRelease, tmp_path: Path, minutes: Any
) -> None:
    """One edge shows one release: preparing the next takes nothing away before its minute."""
    school.opened(tmp_path)
    control = read_control(tmp_path)
    assert control is not None
    assert control.key is not None
    made.released(release, tmp_path, minutes=10)
    assert read_control(tmp_path) == control
    minutes(10)
    with scoped_as(session, EVERYTHING):
        services.open_release(made.publisher(tmp_path), release.id)
    assert answer(tmp_path)["mean_grade"] == "B-"


def test_database_opens_nothing_before_its_minute(
    session: Session, release: ResultRelease, tmp_path: Path
) -> None:
    made.released(release, tmp_path, minutes=10)
    with pytest.raises(DBAPIError, match="never_before"), scoped_as(session, EVERYTHING):
        session.execute(
            text(
                "UPDATE result_release SET state = 'released', released_at = release_at"
                " - interval '1 second' WHERE id = :id"
            ),
            {"id": release.id},
        )


def test_minute_that_was_taken_back_opens_nothing(
    session: Session, release: ResultRelease, tmp_path: Path, minutes: Any
) -> None:
    made.released(release, tmp_path, minutes=10)
    as_approver(session, services.take_back, release.id)
    minutes(11)
    with scoped_as(session, EVERYTHING):
        services.open_release(made.publisher(tmp_path), release.id)
    control = read_control(tmp_path)
    assert made.the_release(release.id).state == "checked"
    assert control is not None
    assert control.key is None


def test_store_that_is_built_again_is_sealed_under_another_key(
    session: Session, release: ResultRelease, tmp_path: Path, minutes: Any
) -> None:
    """A nonce is an index number and a version: they come again when the minute is moved."""

    def key_and_record() -> tuple[bytes, bytes]:
        control = read_control(tmp_path)
        assert control is not None
        reader = Reader(tmp_path / control.store)
        sealed = reader.sealed(FIRST.encode())
        reader.close()
        assert sealed is not None
        stored = session.scalar(
            select(ResultRelease.store_key).where(ResultRelease.id == release.id)
        )
        assert stored is not None
        return made.tools().vault.unseal_bytes(bytes(stored), context=SEALED_KEY), sealed

    one = made.released(release, tmp_path, minutes=10)
    first, _before = key_and_record()
    made.released(one, tmp_path, minutes=20)
    second, sealed = key_and_record()
    assert opened(Seal(second).open(FIRST.encode(), sealed)).document["mean_grade"] == "B-"
    with pytest.raises(TamperedError):
        Seal(first).open(FIRST.encode(), sealed)
    minutes(21)
    with scoped_as(session, EVERYTHING):
        services.open_release(made.publisher(tmp_path), release.id)
    assert answer(tmp_path)["mean_grade"] == "B-"


def test_later_release_supersedes_and_an_answer_is_of_one_release(
    session: Session, release: ResultRelease, tmp_path: Path
) -> None:
    first = made.released(release, tmp_path)
    second = made.released(made.loaded(*rows(3), row(9, mean_grade="C+")), tmp_path)
    assert made.the_release(first.id).state == "superseded"
    assert (second.state, second.supersedes_id) == ("released", first.id)
    assert answer(tmp_path)["release"]["number"] == second.number
    with scoped_as(session, EVERYTHING):
        services.open_release(made.publisher(tmp_path), first.id)
    assert answer(tmp_path)["release"]["number"] == second.number


def test_signs_survive_to_the_published_answer(
    session: Session, release: ResultRelease, tmp_path: Path
) -> None:
    made.released(release, tmp_path)
    said = answer(tmp_path)
    assert [one["grade"] for one in said["subjects"]] == list(made.GRADES)
    assert said["subjects"][0]["grade_words"] == "A- (MINUS)"
    assert said["subjects"][1]["grade_words"] == "B+ (PLUS)"
    assert said["subjects"][2]["grade_words"] == "C- (MINUS)"


LETTERS = [(Change.WITHHOLD, "W"), (Change.CANCEL, "Y"), (Change.PEND, "P")]


@pytest.mark.parametrize(("change", "letter"), LETTERS)
def test_kept_back_result_shows_its_letter_and_no_subject(
    session: Session, release: ResultRelease, change: Change, letter: str
) -> None:
    assert made.changed(release.id, FIRST, change) == 2
    with scoped_as(session, EVERYTHING):
        [said] = queries.records_of(session, release.id, [FIRST])
    assert (said.mean_grade, said.subjects, said.version) == (letter, (), 2)
    one = candidate(release.id)
    assert (one.mean_grade, one.held) == ("B-", letter)
    assert made.changed(release.id, FIRST, Change.RESTORE) == 3
    with scoped_as(session, EVERYTHING):
        [said] = queries.records_of(session, release.id, [FIRST])
    assert (said.mean_grade, len(said.subjects), said.version) == ("B-", 7, 3)


def test_amendment_is_a_version_with_what_was_before(
    session: Session, release: ResultRelease
) -> None:
    given = made.amended(row(1), mean_grade="B", subjects={"101": "a−", "102": ""})
    made.changed(release.id, FIRST, Change.AMEND, reason="Remarked.", amended=given)
    one = candidate(release.id)
    assert (one.mean_grade, one.subjects["101"], "102" in one.subjects) == ("B", "A-", False)
    with scoped_as(session, EVERYTHING):
        version = session.get_one(ResultVersion, (release.id, FIRST, 2))
    assert (version.before["mean_grade"], version.after["mean_grade"]) == ("B-", "B")
    assert (version.before["subjects"]["102"], version.reason) == ("B+", "Remarked.")
    assert (version.public, version.actor_name) == (False, "results.officer")


def test_every_fault_of_an_amendment_is_said_at_once(
    session: Session, release: ResultRelease
) -> None:
    given = made.amended(row(1), names="B+", mean_grade="Q", subjects={"101": "12"})
    with pytest.raises(RuleBroken) as refusal:
        made.changed(release.id, FIRST, Change.AMEND, amended=given)
    fields = [problem.field for problem in refusal.value.problems]
    assert fields == ["names", "mean_grade", "grade-101"]
    assert candidate(release.id).version == 1


def test_change_needs_a_reason(session: Session, release: ResultRelease) -> None:
    with pytest.raises(RuleBroken) as refusal:
        made.changed(release.id, FIRST, Change.WITHHOLD, reason="  ")
    assert refusal.value.field == "reason"


def test_change_of_an_older_version_is_a_conflict(session: Session, release: ResultRelease) -> None:
    made.changed(release.id, FIRST, Change.WITHHOLD)
    with pytest.raises(Conflict):
        made.changed(release.id, FIRST, Change.RESTORE, version=1)


def test_between_approval_and_minute_results_may_only_be_kept_back(
    session: Session, release: ResultRelease
) -> None:
    as_approver(session, services.approve, release.id)
    with pytest.raises(IllegalMove):
        made.changed(release.id, FIRST, Change.AMEND, amended=made.amended(row(1), mean_grade="A"))
    assert made.changed(release.id, FIRST, Change.WITHHOLD) == 2
    with pytest.raises(IllegalMove):
        made.changed(release.id, FIRST, Change.RESTORE)


def test_correction_of_a_released_result_is_live_and_shows_that_there_was_another(
    session: Session, release: ResultRelease, tmp_path: Path
) -> None:
    made.released(release, tmp_path)
    given = made.amended(row(1), mean_grade="B+")
    made.changed(release.id, FIRST, Change.AMEND, reason="Remarked.", amended=given)
    with scoped_as(session, EVERYTHING):
        services.correct_result(made.publisher(tmp_path), release.id, FIRST)
    said = answer(tmp_path)
    assert (said["mean_grade"], said["version"]) == ("B+", 2)
    [earlier] = said["earlier_versions"]
    assert (earlier["version"], earlier["mean_grade"]) == (1, "B-")
    assert earlier["reason"] == "Remarked."


def test_withheld_after_release_says_nothing_of_what_it_was(
    session: Session, release: ResultRelease, tmp_path: Path
) -> None:
    made.released(release, tmp_path)
    made.changed(release.id, FIRST, Change.WITHHOLD)
    with scoped_as(session, EVERYTHING):
        services.correct_result(made.publisher(tmp_path), release.id, FIRST)
    said = answer(tmp_path)
    assert (said["mean_grade"], said["subjects"], said["earlier_versions"]) == ("W", [], [])


def test_another_machine_with_the_store_and_the_public_key_follows_what_the_portal_corrects(
    session: Session, release: ResultRelease, tmp_path: Path
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    made.released(release, here)
    key = here / KEY_FILE
    assert b"PUBLIC KEY" in key.read_bytes()
    assert b"PRIVATE" not in key.read_bytes()
    shutil.copytree(here, there)
    made.changed(release.id, FIRST, Change.WITHHOLD)
    with scoped_as(session, EVERYTHING):
        services.correct_result(made.publisher(here), release.id, FIRST)
    [ledger] = here.glob("*.ledger")
    shutil.copy(ledger, there)
    assert answer(there)["mean_grade"] == "B-"
    assert Follower(there, read_key(key)).look()
    assert answer(there)["mean_grade"] == "W" == answer(here)["mean_grade"]


def test_what_was_withheld_while_the_store_was_built_is_withheld_in_it(
    session: Session, release: ResultRelease, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.results import publishing

    build = publishing.build

    def building(*arguments: Any, **named: Any) -> Path:
        store = build(*arguments, **named)
        made.changed(release.id, FIRST, Change.WITHHOLD)
        return store

    monkeypatch.setattr(publishing, "build", building)
    made.released(release, tmp_path)
    assert answer(tmp_path)["mean_grade"] == "W"


def test_counts_follow_changes(session: Session, release: ResultRelease) -> None:
    made.changed(release.id, FIRST, Change.WITHHOLD)
    with scoped_as(session, EVERYTHING):
        services.count_release(release.id)
    assert made.the_release(release.id).counts["letters"]["W"] == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE result_version SET reason = 'x'",
        "DELETE FROM result_version",
        "DELETE FROM result_candidate",
        "UPDATE result_candidate SET mean_grade = 'A'",
        "UPDATE result_candidate SET mean_grade = 'A', version = version + 1",
        "UPDATE result_candidate SET index_number = '00000000000', version = version + 1",
        "DELETE FROM result_release",
        "UPDATE result_release SET file_hash = 'x'",
        "UPDATE result_release SET state = 'released', released_at = now(), release_at = now(),"
        " approved_by = (SELECT max(id) FROM ab_user)",
    ],
)
def test_database_keeps_history_and_moves(
    session: Session, database_urls: Urls, statement: str
) -> None:
    """As the owner of the tables even: the triggers, not the grants, refuse here."""
    engine = create_engine(database_urls.owner)
    with Session(engine) as owner, pytest.raises(DBAPIError):
        owner.execute(text(statement))
    engine.dispose()


def test_candidate_may_not_join_a_checked_release(session: Session, release: ResultRelease) -> None:
    one = candidate(release.id)
    with pytest.raises(DBAPIError, match="joins"), scoped_as(session, EVERYTHING):
        session.execute(
            text(
                "INSERT INTO result_candidate SELECT (c).* FROM (SELECT jsonb_populate_record("
                'c, \'{"index_number": "42238101777"}\') AS c FROM result_candidate c'
                " WHERE release_id = :release AND index_number = :index) x"
            ),
            {"release": one.release_id, "index": one.index_number},
        )


@pytest.mark.parametrize(
    "username", ["admin", "monitor", "tsc.kisumu-east", "county.kisumu", "KCSE42238001"]
)
def test_nobody_else_reads_a_candidate(
    session: Session, release: ResultRelease, username: str
) -> None:
    who = acting_as(username)
    with pytest.raises(NotFound):
        queries.candidate_in(session, who.scope, release.id, FIRST)
    assert session.scalars(select(ResultCandidate)).all() == []
    assert session.execute(text("SELECT count(*) FROM result_candidate")).scalar() == 0


@pytest.mark.parametrize("username", ["results.officer", "results.approver"])
def test_results_roles_read_candidates(
    session: Session, release: ResultRelease, username: str
) -> None:
    who = acting_as(username)
    assert queries.candidate_in(session, who.scope, release.id, FIRST).mean_grade == "B-"


def test_director_sees_no_release(session: Session, release: ResultRelease) -> None:
    who = acting_as("tsc.kisumu-east")
    assert queries.releases(session, who.scope) == []
    with pytest.raises(NotFound):
        queries.release_of(session, who.scope, release.id)
    assert queries.release_of(session, NATIONAL, release.id).id == release.id


def test_key_of_the_store_is_sealed(session: Session, release: ResultRelease) -> None:
    with scoped_as(session, EVERYTHING):
        stored = session.scalar(
            select(ResultRelease.store_key).where(ResultRelease.id == release.id)
        )
    assert stored is not None
    assert len(stored) > 32
