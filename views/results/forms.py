"""What the forms of results send: the file, what its columns hold, an amendment."""

from __future__ import annotations

from flask import request

from app.errors import RuleBroken
from app.results.services import Amended, Upload
from app.words import N_
from reports import readers

MOST_COLUMNS = 200


def upload_in_form() -> Upload:
    """The file that was sent. Raises RuleBroken where it is missing or no table."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise RuleBroken("file-missing", N_("Choose the file."), field="file")
    body = sent.stream.read(readers.RELEASE.most_bytes + 1)
    series = request.form.get("series_id", "")
    plain = series.isascii() and series.isdecimal() and len(series) < 10
    name = "".join(letter for letter in sent.filename if letter.isprintable())
    return Upload(
        series_id=int(series) if plain else None,
        file_name=name.replace("\\", "/").rpartition("/")[2] or "results",
        format=readers.kind_of(body, readers.RELEASE),
        body=body,
    )


def mapping_in_form(columns: int) -> list[str]:
    """What each column holds, in the file's order."""
    return [request.form.get(f"column-{at}", "")[:20] for at in range(min(columns, MOST_COLUMNS))]


def amended_in_form() -> Amended:
    """Names and grades as they are typed."""
    grades = {
        name.removeprefix("grade-"): typed
        for name, typed in request.form.items()
        if name.startswith("grade-")
    }
    return Amended(
        names=request.form.get("names", ""),
        mean_grade=request.form.get("mean_grade", ""),
        subjects=grades,
    )
