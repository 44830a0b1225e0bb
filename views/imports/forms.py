"""What the forms of imports send: the file with its kind, and the chosen columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request

from app.errors import RuleBroken
from app.imports.columns import COLUMNS
from app.imports.enums import Kind
from app.imports.mapping import Choices
from app.imports.services import Upload
from app.words import N_
from reports import readers

LEVELS = ("Primary", "Junior", "Secondary")


def upload_in_form() -> Upload:
    """The file that was sent. Raises RuleBroken where it is missing or no table."""
    kind = request.form.get("kind", "")
    if kind not in set(Kind):
        raise RuleBroken("kind-missing", N_("Choose what the list is of."), field="kind")
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise RuleBroken("file-missing", N_("Choose the file."), field="file")
    body = sent.stream.read(readers.MOST_BYTES + 1)
    series = request.form.get("series_id", "")
    name = "".join(letter for letter in sent.filename if letter.isprintable())
    return Upload(
        kind=Kind(kind),
        series_id=int(series)
        if series.isascii() and series.isdecimal() and len(series) < 10
        else None,
        file_name=name.replace("\\", "/").rpartition("/")[2] or "list",
        format=readers.kind_of(body),
        body=body,
    )


def mapping_in_form(kind: Kind, form: Mapping[str, str]) -> dict[str, int]:
    """Column name -> place in the file, for the columns that were chosen."""
    chosen: dict[str, int] = {}
    for column in COLUMNS[kind]:
        at = form.get(f"column-{column.name}", "")
        if at.isascii() and at.isdecimal() and len(at) < 6:
            chosen[column.name] = int(at)
    return chosen


def choices_in_form(form: Mapping[str, Any]) -> Choices:
    """What was chosen beside the columns."""
    level = str(form.get("only_level", ""))
    return Choices(
        make_codes=form.get("make_codes") == "yes", only_level=level if level in LEVELS else ""
    )
