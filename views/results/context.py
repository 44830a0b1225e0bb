"""What the templates of results are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select

from app.access.models import User
from app.errors import PortalError
from app.exams.models import Series
from app.extensions import db
from app.permissions import may
from app.results import queries
from app.results.columns import FIELDS
from app.results.enums import LETTERS, Channel, Grade, ReleaseState
from app.results.grades import words_of
from app.results.machine import BUSY, Act, Change, FileAct, file_acts, refuse_change, release_acts
from app.results.models import ResultCandidate, ResultFile, ResultRelease
from app.results.queries import channels
from app.results.queries.candidates import ROWS_A_PAGE, centre_named, first_rows
from app.results.services import subject_names
from app.scoping.scope import Actor, Scope
from reports.readers import RELEASE
from reports.readers.limits import MB
from views.results import words

SAMPLES = 3
GRADES = [str(grade) for grade in Grade]


def errors_of(refusal: PortalError | None) -> list[dict[str, str]]:
    """The refusal's sentences, each with the field it belongs to."""
    if refusal is None:
        return []
    return [{"field": one.field or "", "sentence": one.spoken(_)} for one in refusal.problems]


def list_context(scope: Scope, actor: Actor) -> dict[str, Any]:
    """The releases, and the files on their way in for whoever reads results."""
    reads = may(actor, "results", "list")
    return {
        "releases": [release_line(one) for one in queries.releases(db.session, scope)],
        "files": [file_line(one) for one in queries.files_in(db.session, scope)] if reads else [],
        "may_add": may(actor, "results", "add"),
    }


def release_line(one: ResultRelease) -> dict[str, Any]:
    """A release in a list, and at the head of its page."""
    return {
        "id": one.id,
        "title": _("%(series)s, release %(number)s", series=one.series.name, number=one.number),
        "candidates": one.candidates,
        "release_at": one.release_at,
        "released_at": one.released_at,
        "pill": words.pill_of(words.RELEASE_STATES, one.state),
        "sentence": words.release_sentence(one),
    }


def file_line(one: ResultFile) -> dict[str, Any]:
    """A file in a list, and at the head of its page."""
    return {
        "id": one.id,
        "file_name": one.file_name,
        "series": one.series.name,
        "added_at": one.added_at,
        "pill": words.pill_of(words.FILE_STATES, one.state),
        "sentence": words.file_sentence(one),
    }


def add_context(typed: Mapping[str, str], refusal: PortalError | None = None) -> dict[str, Any]:
    """The series that a file may be of."""
    series = db.session.scalars(select(Series).order_by(Series.starts_on.desc())).all()
    return {
        "series": [{"value": one.id, "label": one.name} for one in series],
        "typed": typed,
        "errors": errors_of(refusal),
        "most_megabytes": RELEASE.most_bytes // MB,
    }


def file_context(
    scope: Scope, actor: Actor, one: ResultFile, asked: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything that the page of one file shows in its state."""
    acts = file_acts(one.state)
    context: dict[str, Any] = {
        "one": file_line(one),
        "problem": words.problem_of(one.problem),
        "busy": one.state in BUSY,
        "phase": _(words.PHASES.get(one.phase or "", words.WAITING)),
        "rows_done": one.rows_done,
        "may_discard": FileAct.DISCARD in acts and may(actor, "results", "discard"),
        "may_map": FileAct.CHECK in acts and may(actor, "results", "map"),
        "release_id": one.release_id,
    }
    if FileAct.CHECK in acts and (one.state == "to_map" or asked["map"]):
        context["mapping"] = mapping_context(one)
    elif one.state == "checked":
        context |= found_context(scope, actor, one, asked)
    return context


def mapping_context(
    one: ResultFile, typed: Sequence[str] | None = None, refusal: PortalError | None = None
) -> dict[str, Any]:
    """Each column of the file, with what stands below it and what it is taken for."""
    rows = first_rows(one, current_app.extensions["vault"])[:SAMPLES]
    chosen = list(typed if typed is not None else one.mapping or [])
    errors = errors_of(refusal)
    by_field = {error["field"]: error["sentence"] for error in errors}
    return {
        "columns": [
            {
                "at": at,
                "heading": heading,
                "samples": [cells[at][:40] for _number, cells in rows if at < len(cells)],
                "holds": chosen[at] if at < len(chosen) else "",
                "error": by_field.get(f"column-{at}"),
            }
            for at, heading in enumerate(one.headings)
        ],
        "choices": words.column_choices(subject_names(db.session, one.series_id)),
        "errors": [_named(error) for error in errors],
    }


def _named(error: dict[str, str]) -> dict[str, str]:
    """A missing field has no column to point at: its own name stands in the sentence."""
    if error["field"] in FIELDS:
        known = FIELDS[error["field"]]
        label = _(known)
        return {"field": "", "sentence": f"{label}: {error['sentence']}"}
    return error


def found_context(
    scope: Scope, actor: Actor, one: ResultFile, asked: Mapping[str, Any]
) -> dict[str, Any]:
    """What the check found: counts, faults by kind, and a page of the rows that have them."""
    report, rejected = one.report, asked["show"] != "warnings"
    vault = current_app.extensions["vault"]
    rows = queries.lines_of(
        db.session, scope, one, vault=vault, rejected=rejected, page=asked["page"]
    )
    fit = report["rows"] and not report["rejected"] and not report["wrong_columns"]
    return {
        "report": report,
        "faults": [
            {**fault, "words": words.fault_words(fault), "heading": _heading(one, fault["at"])}
            for fault in report["faults"]
        ],
        "headings": one.headings,
        "rows": [
            {
                "number": row.number,
                "cells": row.cells,
                "said": {
                    at: [{"words": words.fault_words(f), "warning": f.warning} for f in said]
                    for at, said in row.by_cell.items()
                },
            }
            for row in rows
        ],
        "shown": _shown(rows),
        "show": "errors" if rejected else "warnings",
        "page": asked["page"],
        "more": len(rows) == ROWS_A_PAGE,
        "run": one.run,
        "errors": asked["errors"],
        "may_load": bool(fit) and may(actor, "results", "load"),
    }


def _heading(one: ResultFile, at: int | None) -> str:
    return "" if at is None else str(one.headings[at])


def _shown(rows: Sequence[Any]) -> list[int]:
    """The columns that a page of rows shows: who it is, then those with something to say."""
    wrong = {at for row in rows for at in row.by_cell if at is not None}
    return sorted({0, 1, 2, 3} | wrong)


def release_context(scope: Scope, actor: Actor, one: ResultRelease) -> dict[str, Any]:
    """The page of a release: what is in it, how it was proven, and what may be done."""
    acts, reads = release_acts(one.state), may(actor, "results", "show")
    is_open = queries.are_open(scope, one.state)
    counts = (one.counts or {}) if is_open else {}
    people = _people(one)
    return {
        "one": release_line(one),
        "release": one,
        "proof": one.proof,
        "counts": counts,
        "warnings": [words.fault_words(fault) for fault in (one.proof or {}).get("warnings", ())],
        "grades": _by_grade(counts),
        "letters": [str(one) for one in Grade if one in LETTERS],
        "people": people,
        "centres": queries.centres_off(db.session, scope, one.id) if reads else [],
        "busy": _is_busy(one),
        "phase": _(words.PHASES.get(one.phase or "", words.WAITING)),
        "rows_done": one.rows_done,
        "may_approve": Act.APPROVE in acts and may(actor, "result-releases", "approve"),
        "may_take_back": Act.TAKE_BACK in acts and may(actor, "result-releases", "take_back"),
        "may_schedule": one.state == ReleaseState.APPROVED
        and may(actor, "result-releases", "schedule"),
        "may_look_up": reads,
        "channels": channel_lines(scope, one),
        "may_switch": may(actor, "result-releases", "switch"),
        "figures_closed": not is_open,
        "may_see_figures": bool(counts) and may(actor, "dashboards", "results"),
    }


def channel_lines(scope: Scope, one: ResultRelease) -> list[dict[str, Any]]:
    """SMS and USSD: whether the release is answered by them, who switched them, what was asked."""
    if one.state not in (ReleaseState.APPROVED, ReleaseState.RELEASED, ReleaseState.SUPERSEDED):
        return []
    switches = channels.switches_of(db.session, scope, one.id)
    asked = channels.questions_of(db.session, scope, one.id)
    found = []
    for channel in Channel:
        own = [switch for switch in switches if switch.channel == channel]
        is_on = bool(own) and own[0].is_on
        found.append(
            {
                "code": str(channel),
                "name": channel.upper(),
                "is_on": is_on,
                "may_change": is_on or one.state != ReleaseState.SUPERSEDED,
                "switches": own,
                "asked": asked.get(str(channel), (0, 0)),
            }
        )
    return found


def _is_busy(one: ResultRelease) -> bool:
    proving = one.state == ReleaseState.LOADED and not one.proof and not one.problem
    building = one.state == ReleaseState.APPROVED and one.release_at != one.built_for
    return proving or building


def _by_grade(counts: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = counts.get("grades", {})
    lines = [
        {"grade": words_of(Grade(grade)), **found[grade], "all": sum(found[grade].values())}
        for grade in GRADES
        if grade in found
    ]
    return [line for line in lines if line["all"]]


def _people(one: ResultRelease) -> dict[int, str]:
    ids = [one.prepared_by, *([one.approved_by] if one.approved_by else [])]
    rows = db.session.execute(
        select(User.id, User.first_name, User.last_name).where(User.id.in_(ids))
    )
    return {row[0]: f"{row[1]} {row[2]}".strip() for row in rows}


def candidate_context(
    scope: Scope,
    actor: Actor,
    one: ResultCandidate,
    typed: Mapping[str, str] | None = None,
    refusal: PortalError | None = None,
) -> dict[str, Any]:
    """One result with its history, and what may be done with it now."""
    release = queries.release_of(db.session, scope, one.release_id)
    names = subject_names(db.session, release.series_id)
    shown = Grade(one.held or one.mean_grade)
    return {
        "release": release_line(release),
        "has_slip": release.state == ReleaseState.RELEASED and may(actor, "results", "export"),
        "one": one,
        "centre": centre_named(db.session, scope, one),
        "shown": words_of(shown),
        "loaded": words_of(Grade(one.mean_grade)),
        "subjects": [
            {"code": code, "name": name, "grade": one.subjects.get(code, "")}
            for code, name in names.items()
        ],
        "words": {code: words_of(Grade(grade)) for code, grade in one.subjects.items()},
        "versions": [
            {
                "row": version,
                "act": _(words.CHANGED[version.act]),
                "changed": _changed(version.before, version.after),
            }
            for version in queries.versions_of(db.session, scope, one)
        ],
        "changes": [
            {"act": str(change), "label": _(words.CHANGES[change])}
            for change in Change
            if _offers(actor, release, one, change)
        ],
        "typed": typed or {},
        "errors": errors_of(refusal),
    }


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What a version changed, each as old and new: names, the letters shown, the mean under a letter
    that stays, subjects."""
    said = [f"{before['names']} → {after['names']}"] if before["names"] != after["names"] else []
    was, now = (words_of(Grade(one["held"] or one["mean_grade"])) for one in (before, after))
    if was != now:
        said.append(f"{was} → {now}")
    elif before["mean_grade"] != after["mean_grade"]:
        old_mean, new_mean = (words_of(Grade(one["mean_grade"])) for one in (before, after))
        said.append(_("%(old)s → %(new)s, %(shown)s stands", old=old_mean, new=new_mean, shown=now))
    old, new = before["subjects"], after["subjects"]
    return said + [
        f"{code}: {old.get(code, '–')} → {new.get(code, '–')}"
        for code in sorted({*old, *new})
        if old.get(code) != new.get(code)
    ]


def _offers(actor: Actor, release: ResultRelease, one: ResultCandidate, change: Change) -> bool:
    if not may(actor, "results", str(change)):
        return False
    try:
        refuse_change(release.state, change)
    except PortalError:
        return False
    return change is not Change.RESTORE or one.held is not None
