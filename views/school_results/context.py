"""What the templates of a school's results are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup

from app.errors import PortalError
from app.extensions import db
from app.permissions import may
from app.results.documents import Result
from app.results.enums import LETTERS, Grade
from app.results.folding import folded
from app.results.grades import POINTS, words_of
from app.school_results import queries
from app.school_results.computation import Analysis, Spread, absent_numbers, analysed
from app.school_results.models import ResultQuery
from app.school_results.queries import LastYear, School
from app.school_results.services import LONGEST, refuse_late
from app.scoping.scope import Actor, Scope
from views.school_results import words

ROWS_A_PAGE = 300
ORDERS = ("index", "mean")


def errors_of(refusal: PortalError | None) -> list[dict[str, str]]:
    """The refusal's sentences, each with the field it belongs to."""
    if refusal is None:
        return []
    return [{"field": one.field or "", "sentence": one.spoken(_)} for one in refusal.problems]


def waiting_context(scope: Scope) -> dict[str, Any]:
    """Before the minute: when results come, if it is set."""
    centre = queries.own_centre(db.session, scope)
    at = queries.expected_at(db.session, centre)
    return {
        "centre": centre,
        "series": centre.series.name,
        "at": words.moment(at) if at else None,
    }


def list_context(scope: Scope, school: School, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The whole school, its rows in the asked order, and who has no result."""
    missing = absent_numbers(school.results, school.registered)
    found = _found(_ordered(school.results, asked["order"]), asked["q"])
    first = asked["page"] * ROWS_A_PAGE
    return {
        "school": school,
        "sentence": words.state_sentence(school, len(missing)),
        "missing": missing,
        "kept": [
            {
                "number": one.index_number[8:],
                "names": one.names,
                "letter": words_of(one.mean_grade),
                "meaning": words.meaning_of(one.mean_grade),
            }
            for one in school.results
            if one.mean_grade in LETTERS
        ],
        "rows": _rows(found[first : first + ROWS_A_PAGE], _latest(scope, school)),
        "found": len(found),
        "page": asked["page"],
        "more": len(found) > first + ROWS_A_PAGE,
        "q": asked["q"],
        "order": asked["order"],
        "mean": analysed(school.results).all.mean,
        "queries_until": school.until,
    }


def _ordered(results: Sequence[Result], order: str) -> list[Result]:
    if order != "mean":
        return list(results)
    return sorted(results, key=lambda one: (-POINTS.get(one.mean_grade, 0), one.index_number))


def _found(results: list[Result], typed: str) -> list[Result]:
    """Those whose names or index number hold what was typed."""
    digits, name = "".join(typed.split()), folded(typed)
    if digits.isdecimal():
        return [one for one in results if digits in one.index_number]
    return [one for one in results if name in folded(one.names)] if name else results


def _latest(scope: Scope, school: School) -> dict[str, str]:
    """The state of the latest query about each candidate, by index number: one question for all."""
    asked = queries.asked_by(db.session, scope, school.centre_id)
    return {one.index_number: one.state for one in reversed(asked)}


def _rows(results: Sequence[Result], latest: Mapping[str, str]) -> Markup:
    """The rows of the list, written without a space too many: a school of 300 stays a small page."""
    ask, version = _("Raise a query"), _("version")
    said = {state: words.query_pill(state)[2] for state in set(latest.values())}
    plain = Markup(
        "<tr><td>{0}<td><a href={0}>{1}</a><td>{2}<td>{3}{4}<td><a href={0}#ask>{5}</a>\n"
    )
    corrected = Markup(" <b>{} {}</b>")
    return Markup("").join(
        plain.format(
            one.index_number[8:],
            one.names,
            one.sex,
            words_of(one.mean_grade),
            corrected.format(version, one.version) if one.version > 1 else "",
            said[latest[one.index_number]] if one.index_number in latest else ask,
        )
        for one in results
    )


def candidate_context(
    scope: Scope,
    actor: Actor,
    school: School,
    one: Result,
    *,
    typed: Mapping[str, str],
    refusal: PortalError | None = None,
) -> dict[str, Any]:
    """One result with its history, what was asked about it, and the form for another query."""
    asked = queries.asked_about(db.session, scope, school.centre_id, one.index_number)
    return {
        "school": school,
        "release": words.title_of(school.release),
        "one": one,
        "mean": words_of(one.mean_grade),
        "meaning": words.meaning_of(one.mean_grade),
        "subjects": [
            {"code": each.code, "name": each.name, "grade": words_of(each.grade)}
            for each in one.subjects
        ],
        "earlier": [
            {
                "number": each.number,
                "mean": words_of(each.mean_grade),
                "at": each.replaced_at[:16].replace("T", " "),
                "reason": each.reason,
            }
            for each in one.earlier
        ],
        "queries": [query_line(each, one) for each in asked],
        "closed": _closed(school),
        "may_ask": may(actor, "result-queries", "add"),
        "subject_choices": [
            {"value": "", "label": _("The whole result")},
            *({"value": each.code, "label": f"{each.code} {each.name}"} for each in one.subjects),
        ],
        "typed": typed,
        "errors": errors_of(refusal),
        "longest": LONGEST,
    }


def _closed(school: School) -> str:
    """Why no query can be raised any more; nothing while one can."""
    try:
        refuse_late(school)
    except PortalError as refusal:
        return refusal.spoken(_)
    return ""


def query_line(one: ResultQuery, result: Result | None = None) -> dict[str, Any]:
    """A query as it stands: what was asked, of which version, and the answer."""
    names = {each.code: each.name for each in result.subjects} if result else {}
    subject = f"{one.subject} {names.get(one.subject, '')}".strip() if one.subject else ""
    return {
        "id": one.id,
        "subject": subject or _("The whole result"),
        "words": one.words,
        "version": one.version,
        "raised_at": words.moment(one.raised_at),
        "pill": words.query_pill(one.state),
        "answer": one.answer,
        "answered_at": words.moment(one.answered_at) if one.answered_at else None,
    }


def analysis_context(school: School) -> dict[str, Any]:
    """Means, the spread, by sex and by subject, with last year's beside where there is one."""
    own, before = analysed(school.results), queries.last_year(db.session, school)
    return {
        "school": school,
        "sentence": words.title_of(school.release),
        "mean": own.all.mean,
        "graded": own.all.graded,
        "before": before,
        "spread": _spread_lines(own, before),
        "most": max(own.all.most, 1),
        "by_sex": [
            {"label": _(words.SEXES[sex]), "spread": spread, "before": _by_sex(before, sex)}
            for sex, spread in own.by_sex.items()
            if spread.entries
        ],
        "subjects": _subject_lines(own, before),
        "grades": [str(grade) for grade in POINTS],
    }


def _by_sex(before: LastYear | None, sex: str) -> Spread | None:
    return before.analysis.by_sex[sex] if before else None


def _spread_lines(own: Analysis, before: LastYear | None) -> list[dict[str, Any]]:
    """A line for each grade, and for each letter that anybody has."""
    then = before.analysis.all.counts if before else {}
    return [
        {
            "grade": words_of(grade),
            "number": own.all.counts.get(grade, 0),
            "before": then.get(grade, 0),
        }
        for grade in Grade
        if grade in POINTS or own.all.counts.get(grade) or then.get(grade)
    ]


def _subject_lines(own: Analysis, before: LastYear | None) -> list[dict[str, Any]]:
    then = {one.code: one.spread for one in before.analysis.subjects} if before else {}
    return [
        {
            "code": one.code,
            "name": one.name,
            "entries": one.spread.entries,
            "mean": one.spread.mean,
            "before": then[one.code].mean if one.code in then else None,
            "numbers": [one.spread.counts.get(grade, 0) or "" for grade in POINTS],
        }
        for one in own.subjects
    ]


def queries_context(scope: Scope, *, settled: bool) -> dict[str, Any]:
    """The queries that wait, or those that were settled."""
    rows = queries.queries_in(db.session, scope, settled=settled)
    return {
        "settled": settled,
        "waiting": queries.waiting(db.session, scope),
        "rows": [
            {
                **query_line(row.ResultQuery),
                "index_number": row.ResultQuery.index_number,
                "names": row.names,
                "centre": f"{row.code} {row.name}",
                "release": f"{row.series}, {row.number}",
            }
            for row in rows
        ],
    }


def query_context(
    scope: Scope,
    actor: Actor,
    query_id: int,
    *,
    typed: Mapping[str, str],
    refusal: PortalError | None = None,
) -> dict[str, Any]:
    """One query for the officer who answers it, with its history and the way to the result."""
    one = queries.query_in(db.session, scope, query_id)
    result = queries.result_asked_about(db.session, scope, one)
    return {
        "one": query_line(one, result),
        "open": one.state == "raised",
        "result": result,
        "mean": words_of(result.mean_grade),
        "release": words.title_of(queries.release_asked_about(db.session, one)),
        "href": f"/results-of/{one.release_id}/{one.index_number}",
        "moves": [
            {
                "act": _(words.QUERY_ACTS[each.act]),
                "words": each.words,
                "who": each.actor_name,
                "at": words.moment(each.moved_at),
            }
            for each in queries.moves_of(db.session, scope, one.id)
        ],
        "may_answer": may(actor, "result-queries", "answer"),
        "typed": typed,
        "errors": errors_of(refusal),
        "longest": LONGEST,
    }
