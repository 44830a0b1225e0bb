"""The paper of a letter: seen, taken or printed by its officer and by the directors of its area."""

from __future__ import annotations

from flask import Response, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.extensions import db
from app.letters.enums import LANGUAGES
from app.letters.queries import letter_in
from reports.pdf.letter import letter_pdf
from views.access.language import language_now
from views.letters.desk import desk
from views.request import current_scope


class LetterPaperView(BaseView):
    """Letters as PDF, drawn when they are asked for and kept nowhere."""

    route_base = "/letters"
    class_permission_name = "letters"

    @expose("/<int:letter_id>.pdf", methods=["GET"])
    @has_access
    @permission_name("read")
    def paper(self, letter_id: int) -> Response:
        """The letter; `language`, `download` and `print` say how."""
        table, language = desk(), language_asked()
        letter = letter_in(db.session, current_scope(), letter_id)
        printing = "print" in request.args
        etag = table.etag(letter, language, printing)
        if etag in request.if_none_match:
            answer = Response(status=304)
        else:
            content = letter_pdf(table.sheet(letter, language), printing=printing)
            answer = Response(content, mimetype="application/pdf")
            how = "attachment" if "download" in request.args else "inline"
            name = letter.reference.removeprefix("KNEC/GEN/EA/FA/SI/APP/").replace("/", "-").lower()
            answer.headers["Content-Disposition"] = f'{how}; filename="letter-{name}.pdf"'
        answer.set_etag(etag)
        return answer


def language_asked() -> str:
    """The language that the address asks for, else that of the page."""
    asked = request.args.get("language", "")
    return next((one for one in (asked, language_now()) if one in LANGUAGES), LANGUAGES[0])
