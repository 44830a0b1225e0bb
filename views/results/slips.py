"""Result slips as a PDF: from what a release says now to the papers that are cut apart."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from flask import send_file
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from app import clock
from app.audit.services import Subject, record
from app.db.uow import unit_of_work
from app.errors import RuleBroken
from app.extensions import db
from app.letters.slips import slip_of
from app.results import queries
from app.results.documents import Release, Result, shown_subjects
from app.results.enums import Kind, ReleaseState
from app.results.grades import kind_of, words_of
from app.results.models import ResultCandidate, ResultRelease
from app.results.pages import kind_words, moment_words
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.words import N_
from reports.pdf.result_slips import result_slips_pdf
from reports.pdf.values import ResultSlip
from views.letters.desk import Desk, desk

__all__ = ["on_paper", "slips_file"]


def on_paper(result: Result, release: Release, own: Desk) -> ResultSlip:
    """A result as its slip says it, with the signed token that the check reads."""
    kind = kind_of(result.mean_grade)
    moment = moment_words(release.released_at, "en")
    return ResultSlip(
        index_number=result.index_number,
        names=result.names,
        school=f"{result.school_code} {result.school}",
        mean=words_of(result.mean_grade),
        subjects=tuple((one.code, one.name, words_of(one.grade)) for one in shown_subjects(result)),
        said="" if kind is Kind.RESULT else kind_words(kind, "en"),
        version=f"Release {release.number}, {moment}, version {result.version},"
        f" check code {result.check_code}",
        address=f"{own.address}/VERIFY/{own.signer.slip_token(slip_of(result, release))}".upper(),
    )


def slips_file(scope: Scope, actor: Actor, release_id: int, number: str) -> Any:
    """The slip of a candidate, or those of a school, as they stand; who took them is noted.

    Raises RuleBroken for a release that is not open: a slip before the minute would tell, and one
    of a release that was superseded would be refused by whoever checks it.
    """
    if not (number.isascii() and number.isdecimal() and len(number) in (8, 11)):
        raise NotFound
    release = queries.release_of(db.session, scope, release_id)
    _demand_open(release)
    numbers = _numbers(scope, release_id, number)
    if not numbers:
        raise NotFound
    said = queries.release_document(db.session, release_id)
    results = queries.records_of(db.session, release_id, numbers)
    own = desk()
    body = result_slips_pdf([on_paper(one, said, own) for one in results], title=said.series)
    with unit_of_work(db.session) as session:
        told = {"number": release.number, "slips": len(results), "of": number[:8]}
        record(
            session, actor, "results.slips_taken", Subject("result_release", release_id), after=told
        )
    return send_file(
        io.BytesIO(body),
        mimetype="application/pdf",
        as_attachment=True,
        download_name=f"slips-{number}-{release.number}.pdf",
        max_age=0,
    )


def _demand_open(release: ResultRelease) -> None:
    minute = release.release_at
    if release.state != ReleaseState.RELEASED or minute is None or clock.now() < minute:
        raise RuleBroken("not-open", N_("Slips are drawn of the release that is open."))


def _numbers(scope: Scope, release_id: int, number: str) -> Sequence[str]:
    """The index number itself, or every one of the school."""
    statement = select(ResultCandidate.index_number).where(
        ResultCandidate.release_id == release_id,
        ResultCandidate.index_number.between(number.ljust(11, "0"), number.ljust(11, "9")),
    )
    ordered = restrict(statement, ResultCandidate, scope).order_by(ResultCandidate.index_number)
    found: Sequence[str] = db.session.scalars(ordered).all()
    return found
