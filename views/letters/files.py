"""Files with the letters of a sub-county, and of the whole nation one by one: asked for, followed,
taken within a day."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from app import clock
from app.errors import NotFound
from app.exams.models import Series
from app.exams.queries import series_on
from app.extensions import db
from app.letters import files
from app.letters.enums import LANGUAGES, FileState
from app.letters.queries import files_in
from app.words import N_
from views.request import current_actor, current_scope

LANGUAGE_WORDS = {"en": "English", "sw": "Kiswahili"}
AT_WORK = (FileState.WAITING, FileState.DRAWING)


class LetterFileView(BaseView):
    """Letters by the hundred, drawn by the queue."""

    route_base = "/letters/files"
    class_permission_name = "letters"
    default_view = "files"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("file")
    def files(self) -> Any:
        """How far each file is; a post asks for one, or for those of every sub-county."""
        series = _series()
        if request.method == "POST":
            return self._ask(series)
        return self.render_template("letters/files.html", **files_context(series))

    def _ask(self, series: Series) -> Any:
        language = request.form.get("language", "")
        place = request.form.get("sub_county", "")
        asked = files.ask_files(
            current_scope(),
            current_actor(),
            series_id=series.id,
            language=language if language in LANGUAGES else LANGUAGES[0],
            sub_county_id=int(place) if place.isdecimal() and len(place) < 10 else None,
        )
        said = ngettext("%(num)s file is being made.", "%(num)s files are being made.", asked)
        flash(said if asked else _("They are being made already."), "success")
        return redirect(f"/letters/files/?series={series.id}", 303)

    @expose("/<int:file_id>.pdf", methods=["GET"])
    @has_access
    @permission_name("file")
    def take(self, file_id: int) -> Response:
        """One file, as long as it is kept."""
        vault = current_app.extensions["vault"]
        file, content = files.take_file(current_scope(), current_actor(), file_id, vault)
        answer = Response(content, mimetype="application/pdf")
        name = f"letters-{file.series.code}-{file.sub_county.slug}-{file.language}.pdf".lower()
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer


def _series() -> Series:
    """The series asked for, else the one that runs."""
    asked = request.values.get("series", "")
    key = int(asked) if asked.isdecimal() and len(asked) < 10 else None
    key = key or series_on(db.session, clock.today())
    found = db.session.get(Series, key) if key else None
    if found is None:
        found = db.session.scalars(select(Series).order_by(Series.starts_on.desc())).first()
    if found is None:
        raise NotFound("not-found", N_("No letters were found there."))
    return found


def files_context(series: Series) -> dict[str, Any]:
    """What letters/files.html asks for."""
    session, scope = db.session, current_scope()
    made: dict[tuple[int, str], Any] = {
        (one.sub_county_id, one.language): one for one in files_in(session, scope, series.id)
    }
    rows: list[dict[str, Any]] = [
        {
            "place": name,
            "sub_county_id": key,
            "letters": letters,
            "files": [_file(made.get((key, one)), one) for one in LANGUAGES],
        }
        for key, name, letters in files.places_with_letters(session, scope, series.id)
    ]
    every = [one for row in rows for one in row["files"] if one["state"]]
    return {
        "series": {"id": series.id, "name": series.name},
        "all_series": session.scalars(select(Series).order_by(Series.starts_on.desc())).all(),
        "rows": rows,
        "languages": [{"code": code, "name": LANGUAGE_WORDS[code]} for code in LANGUAGES],
        "at_work": any(one["state"] in AT_WORK for one in every),
        "drawn": sum(one["drawn"] for one in every if one["state"] != FileState.WIPED),
        "wanted": sum(one["letters"] for one in every if one["state"] != FileState.WIPED),
        "letters": sum(row["letters"] for row in rows),
    }


def _file(file: Any, language: str) -> dict[str, Any]:
    """A file as the page shows it; without one, only its language."""
    if file is None:
        return {"language": language, "state": None}
    ready = file.state == FileState.READY
    return {
        "language": language,
        "state": file.state,
        "drawn": file.drawn,
        "letters": file.letters,
        "kilobytes": round((file.size or 0) / 1024),
        "href": f"/letters/files/{file.id}.pdf" if ready else None,
        "until": file.ready_at + files.KEPT if ready else None,
    }
