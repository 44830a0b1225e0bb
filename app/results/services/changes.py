"""Withholding, cancelling, pending, restoring and amending one candidate's result: a new version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app import clock
from app.audit.services import Subject, record
from app.db.queue import URGENT, defer
from app.db.uow import unit_of_work
from app.errors import Conflict, Problems, RuleBroken
from app.extensions import db
from app.permissions import require
from app.results.enums import ReleaseState
from app.results.grades import read_grade
from app.results.machine import LETTER, Change, refuse_change
from app.results.models import ResultCandidate, ResultRelease, ResultVersion
from app.results.queries.candidates import candidate_in
from app.results.queries.releases import release_of
from app.results.rules import names_fit
from app.results.services.files import subject_names
from app.results.services.proving import ask_to_count
from app.scoping.scope import Actor, Scope
from app.words import N_

CORRECT = "results.correct"
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Amended:
    """What an amendment says; grades as they are typed. A subject without a grade is taken away."""

    names: str
    mean_grade: str
    subjects: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Which:
    """One result, and the version of it that was read."""

    release_id: int
    index_number: str
    version: int


def change_result(
    scope: Scope,
    actor: Actor,
    which: Which,
    change: Change,
    *,
    reason: str,
    amended: Amended | None = None,
) -> int:
    """Makes the next version of a result and returns its number; live in seconds once released.

    Raises RuleBroken without a reason, or where nothing would change; IllegalMove while the release
    takes no such change; Conflict when somebody changed the result first.
    """
    require(actor, "results", str(change))
    with unit_of_work(db.session) as session:
        release = release_of(session, scope, which.release_id, lock=True)
        one = candidate_in(session, scope, which.release_id, which.index_number, lock=True)
        refuse_change(release.state, change)
        if one.version != which.version:
            raise Conflict(
                "result-changed",
                N_("Somebody changed this result first. Look at it again."),
                facts={"yours": which.version, "stored": one.version},
            )
        before = said_of(one)
        after = _after(session, release, before, change, amended)
        text = _reason(reason)
        if after == before:
            raise RuleBroken("nothing-changes", N_("This changes nothing."))
        _write(session, actor, one, change, said=(before, after, text), release=release)
        ask_to_count(session, release.id)
        if release.built_for is not None or release.state == ReleaseState.RELEASED:
            defer(
                session,
                CORRECT,
                priority=URGENT,
                release_id=release.id,
                index_number=one.index_number,
            )
        return int(one.version)


def said_of(one: ResultCandidate) -> dict[str, Any]:
    """What a version says of the candidate."""
    return {
        "names": one.names,
        "mean_grade": one.mean_grade,
        "held": one.held,
        "subjects": dict(sorted(one.subjects.items())),
    }


def _after(
    session: Any,
    release: ResultRelease,
    before: dict[str, Any],
    change: Change,
    amended: Amended | None,
) -> dict[str, Any]:
    if change in LETTER:
        return {**before, "held": LETTER[change]}
    if change is Change.RESTORE:
        return {**before, "held": None}
    if amended is None:
        raise RuleBroken("nothing-changes", N_("This changes nothing."))
    return {**before, **_amendment(amended, subject_names(session, release.series_id))}


def _amendment(amended: Amended, names: Mapping[str, str]) -> dict[str, Any]:
    """The amended values, read as strictly as a file's. Raises RuleBroken with every fault."""
    faults = Problems()
    person = " ".join(amended.names.split())
    if not names_fit(person):
        faults.add("names", N_("Write the candidate's registered names in letters."), field="names")
    mean = _grade(faults, amended.mean_grade, "mean_grade")
    subjects = {}
    for code, typed in sorted(amended.subjects.items()):
        if code not in names:
            faults.add("subject-unknown", N_("The series has no such subject."), field=code)
        elif typed.strip():
            subjects[code] = _grade(faults, typed, f"grade-{code}")
    faults.refuse_if_any()
    return {"names": person, "mean_grade": mean, "subjects": subjects}


def _grade(faults: Problems, typed: str, field: str) -> str:
    try:
        return str(read_grade(typed))
    except ValueError:
        faults.add(
            "grade",
            N_("Write a grade from A to E with its sign, or X, Y, U, P or W."),
            field=field,
        )
        return ""


def _reason(text: str) -> str:
    plain = " ".join(text.split())
    if not plain:
        raise RuleBroken("reason-missing", N_("Write the reason."), field="reason")
    if len(plain) > LONGEST_REASON:
        raise RuleBroken(
            "reason-long",
            N_("Write at most %(most)s characters."),
            field="reason",
            facts={"most": LONGEST_REASON},
        )
    return plain


def _write(
    session: Any,
    actor: Actor,
    one: ResultCandidate,
    change: Change,
    *,
    said: tuple[dict[str, Any], dict[str, Any], str],
    release: ResultRelease,
) -> None:
    """The version first, then the candidate: the database takes them in no other order."""
    before, after, reason = said
    version = ResultVersion(
        release_id=one.release_id,
        index_number=one.index_number,
        version=one.version + 1,
        sub_county_id=one.sub_county_id,
        act=str(change),
        before=before,
        after=after,
        reason=reason,
        public=release.state == ReleaseState.RELEASED,
        changed_by=actor.user_id,
        actor_name=actor.name[:128],
        changed_at=clock.now(),
    )
    session.add(version)
    session.flush()
    one.version += 1
    one.names, one.mean_grade = after["names"], after["mean_grade"]
    one.held, one.subjects = after["held"], after["subjects"]
    session.flush()
    subject = Subject("result_release", release.id)
    told = {"number": release.number, "version": one.version, "act": str(change)}
    record(session, actor, "results.changed", subject, after=told)
