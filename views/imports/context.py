"""What the templates of imports are given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select

from app.errors import PortalError, Problem
from app.exams.models import Series
from app.extensions import db
from app.imports import queries
from app.imports.columns import COLUMNS
from app.imports.enums import Act, Kind, State
from app.imports.machine import BUSY, acts_in
from app.imports.mapping import choices_of, needed
from app.imports.models import ListImport
from app.permissions import may
from app.procedures.imports import needs_headquarters
from app.scoping.scope import Actor, Scope
from reports.readers.limits import MB, MOST_BYTES
from views.imports import words
from views.imports.forms import LEVELS

SAMPLES = 3


def errors_of(refusal: PortalError | None) -> dict[str, str]:
    """The refusal's sentences by the field they belong to."""
    if refusal is None:
        return {}
    return {problem.field or "": problem.spoken(_) for problem in refusal.problems}


def list_context(scope: Scope, actor: Actor, page: int) -> dict[str, Any]:
    """The imports of a scope, the newest first."""
    found, total = queries.imports_in(db.session, scope, page=page)
    return {
        "imports": [_line(one) for one in found],
        "total": total,
        "page": page,
        "last_page": max(0, (total - 1) // queries.IMPORTS_A_PAGE),
        "may_add": may(actor, "imports", "add"),
    }


def _line(one: ListImport) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": words.kind_of(one),
        "file_name": one.file_name,
        "series": one.series.name if one.series else "",
        "whose": one.sub_county.name if one.sub_county else _("Headquarters"),
        "added_at": one.added_at,
        "pill": words.state_pill(one),
        "sentence": words.sentence_of(one),
    }


def add_context(actor: Actor, typed: Mapping[str, str], refusal: Any = None) -> dict[str, Any]:
    """The kinds that the actor may bring, and the series that take lists."""
    kinds = [kind for kind in Kind if kind is not Kind.SCHOOLS or may(actor, "schools", "add")]
    series = db.session.scalars(
        select(Series).where(Series.status != "finished").order_by(Series.starts_on.desc())
    ).all()
    return {
        "kinds": [{"value": str(kind), "label": _(words.KINDS[kind])} for kind in kinds],
        "series": [{"value": one.id, "label": one.name} for one in series],
        "typed": typed,
        "errors": errors_of(refusal),
        "most_megabytes": MOST_BYTES // MB,
    }


def import_context(
    scope: Scope, actor: Actor, one: ListImport, asked: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything that the page of one import shows in its state."""
    acts = acts_in(one.state)
    context: dict[str, Any] = {
        "one": _line(one),
        "problem": words.problem_of(one),
        "busy": one.state in BUSY,
        "phase": _(words.PHASES.get(one.phase or "", words.WAITING)),
        "rows_checked": one.rows_checked,
        "may_stop": Act.BREAK_OFF in acts and may(actor, "imports", "check"),
        "may_discard": Act.DISCARD in acts and may(actor, "imports", "discard"),
        "may_map": Act.CHECK in acts and may(actor, "imports", "map"),
        "kept": one.wiped_at is None,
    }
    if one.state == State.TO_MAP or asked.get("map"):
        context["mapping"] = mapping_context(one)
    elif one.state in (State.CHECKED, State.STORED):
        context |= found_context(scope, actor, one, asked)
    return context


def mapping_context(
    one: ListImport, typed: Mapping[str, int] | None = None, refusal: Any = None, given: Any = None
) -> dict[str, Any]:
    """The columns to choose, each with the headings and what stands below them."""
    kind, mapping = Kind(one.kind), one.mapping if typed is None else typed
    choices = given or choices_of(one.choices)
    errors = errors_of(refusal)
    required = needed(kind, choices, own=one.sub_county_id is not None)
    rows = queries.first_rows(one, current_app.extensions["vault"])
    secret = {(mapping or {}).get(column.name) for column in COLUMNS[kind] if column.secret}
    headings = [
        {
            "at": at,
            "heading": heading,
            "samples": [_sample(cells, at, at in secret) for _, cells in rows[:SAMPLES]],
        }
        for at, heading in enumerate(one.headings or ())
    ]
    return {
        "columns": [
            {
                "name": column.name,
                "label": _(column.label),
                "required": column.name in required,
                "at": (mapping or {}).get(column.name),
                "error": errors.get(column.name),
            }
            for column in COLUMNS[kind]
        ],
        "headings": [one for one in headings if any(one["samples"]) or one["heading"][0] != "("],
        "errors": [{"field": f"column-{f}", "sentence": said} for f, said in errors.items()],
        "choices": choices,
        "offers_codes": kind is Kind.CENTRES and one.sub_county_id is None,
        "levels": LEVELS,
        "rows": [(number, cells) for number, cells in rows[:SAMPLES]],
    }


def _sample(cells: list[str], at: int, is_secret: bool) -> str:  # noqa: FBT001 (a fact of the cell)
    text = cells[at] if at < len(cells) else ""
    return queries.hidden(text) if is_secret else text[:60]


def found_context(
    scope: Scope, actor: Actor, one: ListImport, asked: Mapping[str, Any]
) -> dict[str, Any]:
    """What the check found: counts, faults by kind, and a page of the rows that have them."""
    rejected, page = asked["show"] != "warnings", asked["page"]
    vault = current_app.extensions["vault"]
    rows = queries.faulty_rows(db.session, scope, one, vault=vault, rejected=rejected, page=page)
    counts = one.counts or {}
    shown = counts.get("rejected" if rejected else "warned", 0)
    named = words.labels(one.kind)
    faults = queries.faults_by_kind(db.session, scope, one)
    good = words.good_rows(one)
    at_headquarters = needs_headquarters(actor, one.kind, counts)
    return {
        "counts": counts,
        "good": good,
        "columns_changing": [
            (named.get(name.removesuffix("_id"), _("Hosting centre")), number)
            for name, number in (counts.get("columns") or {}).items()
        ],
        "faults": [
            {
                "field": named.get(f.field, ""),
                "words": _kind_of_fault(f),
                "number": f.number,
                "row": f.row,
                "warning": f.warning,
            }
            for f in faults
        ],
        "headings": one.headings or [],
        "mapped": _columns_shown(one, rows),
        "rows": [_row(one, row) for row in rows],
        "show": "errors" if rejected else "warnings",
        "page": page,
        "last_page": max(0, (shown - 1) // queries.ROWS_A_PAGE),
        "run": one.run,
        "may_store": Act.STORE in acts_in(one.state) and may(actor, "imports", "apply"),
        "at_headquarters": at_headquarters,
        "tells": one.kind == Kind.OFFICERS,
    }


def _columns_shown(one: ListImport, rows: list[queries.FaultyRow]) -> list[int]:
    """The columns that were chosen; those with something to say on this page come first."""
    wrong = {at for row in rows for at in row.by_cell if at is not None}
    return sorted(set((one.mapping or {}).values()), key=lambda at: (at not in wrong, at))


def _kind_of_fault(found: Any) -> str:
    """The sentence of a kind of fault; facts that differ from row to row are left open."""
    facts = json.loads(found.facts) if found.facts else {}
    if found.variety > 1:
        facts = dict.fromkeys(facts, "…")
    return Problem(found.code, found.message, None, facts).spoken(_)


def _row(one: ListImport, row: queries.FaultyRow) -> dict[str, Any]:
    cells = queries.masked(one, row)
    said = {
        at: [
            {
                "words": words.fault_words(fault),
                "warning": fault.warning,
                "officer_id": (fault.facts or {}).get("officer_id"),
            }
            for fault in faults
        ]
        for at, faults in row.by_cell.items()
    }
    return {"number": row.number, "cells": cells, "said": said}
