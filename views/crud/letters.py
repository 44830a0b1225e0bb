"""Screens of letters: those of an area with their state, and KNEC's templates with a preview."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, g
from flask_babel import format_date, gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from app import clock
from app.extensions import db
from app.letters import keeping
from app.letters.content import (
    Content,
    day_on_paper,
    reference,
    values_of,
    worded,
)
from app.letters.models import Letter, LetterTemplate
from app.letters.queries import moves_of
from app.letters.templates import PLACEHOLDERS
from app.permissions import may
from app.procedures import letters
from app.reference.services import within
from app.scoping.scope import Actor, Scope
from app.words import NN_
from reports.pdf.letter import LetterSheet, letter_pdf
from reports.pdf.letter_words import WORDS
from views.base import RecordView
from views.base_acts import Act
from views.base_data import RecordInterface
from views.crud.season import ending

LETTER_STATES = (
    ("valid", _("Valid")),
    ("replaced", _("Replaced")),
    ("withdrawn", _("Withdrawn")),
)
LANGUAGES = (("en", _("English")), ("sw", _("Kiswahili")))
MOVES = {
    "issued": _("Issued"),
    "replaced": _("Replaced"),
    "withdrawn": _("Withdrawn"),
}


def breakable(reference: str) -> Markup:
    """A reference that may go on in the next line after each of its parts."""
    return Markup("/<wbr>").join(reference.split("/"))


class LetterView(RecordView):
    datamodel = RecordInterface(Letter)
    resource = "letters"
    noun = _("Letter")
    list_title, show_title = _("Letters"), _("Letter")
    list_noun, list_noun_one = _("letters"), _("letter")
    empty_text = _("A letter is made when a deployment is published.")
    formatters_columns = {"reference": breakable}
    label_columns = {
        "reference": _("Reference"),
        "version": _("Version"),
        "issued_at": _("Issued"),
        "code_words": _("Code"),
        "officer.full_name": _("Officer"),
    }
    list_columns = [
        "officer.full_name", "role", "centre", "reference", "version", "state", "issued_at",
    ]  # fmt: skip
    show_columns = [
        "reference", "officer.full_name", "role", "centre", "series", "version", "state",
        "issued_at", "code_words",
    ]  # fmt: skip
    add_columns: list[str] = []
    edit_columns: list[str] = []
    search_columns = ["state", "role", "series"]
    drill_columns = ("centre", "officer")
    order_columns = ["issued_at", "reference", "officer.full_name"]
    base_order = ("issued_at", "desc")
    quick_columns = ("officer.full_name", "reference", "code")
    pill_columns = {"state": "letter"}
    choices = {"state": LETTER_STATES}
    export_columns = (
        "reference", "officer.full_name", "role", "centre.code", "centre.name", "version", "state",
    )  # fmt: skip
    acts = (
        Act(
            name="reissue",
            label=_("Write anew"),
            run=letters.reissue_letters,
            asks=_("Why is it written anew?"),
            says=_("The next version says what is true now. The one before is replaced."),
            done=NN_("Written anew.", "%(num)s letters written anew."),
            offered=lambda row: row.state == "valid",
        ),
    )

    def export_links(self) -> list[dict[str, str]]:
        """Beside the lists, the letters themselves in files."""
        papers = [{"format": "PDF", "href": "/letters/files/"}]
        return super().export_links() + (papers if may(g.actor, self.resource, "file") else [])

    def title_of(self, record: Letter) -> str:
        return f"{record.reference}, {gettext('version %(number)s', number=record.version)}"

    def about(self, record: Letter) -> dict[str, Any]:
        said = " ".join(self._move(one) for one in moves_of(db.session, g.scope, record.id))
        action = {"label": gettext("The letter (PDF)"), "href": f"/letters/{record.id}.pdf"}
        return {
            "item_pill": ("letter", record.state),
            "state_sentence": said,
            "primary_action": action if may(g.actor, self.resource, "read") else None,
        }

    @staticmethod
    def _move(one: Any) -> str:
        day = format_date(clock.nairobi(one.moved_at).date(), "d MMM")
        why = f": {one.reason.rstrip('.')}" if one.reason else ""
        return f"{MOVES[one.act]} {day}, {one.actor_name}{why}."


def preview(scope: Scope, _actor: Actor, ids: Sequence[int]) -> Response:
    """The first template's letter for an officer who does not exist."""
    template: LetterTemplate = within(db.session, LetterTemplate, scope, ids[0])
    content = letter_pdf(sample_sheet(template))
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = 'inline; filename="preview.pdf"'
    return answer


def sample_sheet(template: LetterTemplate) -> LetterSheet:
    """What the template says of a made-up officer."""
    language, today = template.language, clock.today()
    role = template.role.name if template.role else "Invigilator"
    content = Content(
        name="Achieng Wanjiru Ng'ang'a",
        mobile="254712000000",
        examination=template.examination.code if template.examination else "KCSE",
        series=f"{template.examination.code if template.examination else 'KCSE'} {today.year}",
        year=today.year,
        role_code=template.role.code if template.role else "invigilator",
        role=role,
        role_sw=template.role.name_sw if template.role else "Msimamizi",
        centre_code="00000000",
        centre="Sample Secondary School",
        sub_county="Sample Sub-County",
        county="Sample County",
        first_day=today,
        last_day=today,
        rate=550,
        texts={},
    )
    wording = worded(content, template.texts, language=language, serial=1)
    values = values_of(content, language=language, serial=1)
    return LetterSheet(
        language=language,
        reference=reference(content, 1),
        version=1,
        issued=day_on_paper(today, language),
        name=content.name,
        national_id="00000000",
        tsc_number="000000",
        mobile="0712 000 000",
        sub_county=content.sub_county,
        county=content.county,
        examination=content.series,
        role=values["role"],
        centre=content.centre,
        centre_code=content.centre_code,
        from_to=f"{values['first_day']} – {values['last_day']}",
        days=values["days"],
        rate=values["rate"],
        subject=wording.subject.upper(),
        paragraphs=wording.paragraphs,
        duties=wording.duties,
        qr="SAMPLE",
        address=WORDS[language].sample,
        code="",
        stamp=WORDS[language].sample,
    )


class LetterTemplateView(RecordView):
    datamodel = RecordInterface(LetterTemplate)
    resource = "letter-templates"
    noun = _("Template")
    list_title, show_title = _("Letter templates"), _("Letter template")
    add_title, edit_title = _("Add a template"), _("Change the template")
    list_noun, list_noun_one = _("templates"), _("template")
    label_columns = {
        "language": _("Language"),
        "subject": _("Subject"),
        "body": _("Paragraphs"),
        "duties": _("Duties"),
    }
    description_columns = {
        "role": _("Leave it empty for every role."),
        "examination": _("Leave it empty for every examination."),
        "body": _("An empty line parts paragraphs."),
        "duties": _("One duty a line; they are numbered on the letter."),
        "subject": " ".join(f"{{{{ {name} }}}}" for name in PLACEHOLDERS),
    }
    list_columns = ["subject", "language", "role", "examination", "effective_from", "effective_to"]
    show_columns = [*list_columns, "body", "duties"]
    add_columns = edit_columns = [
        "language", "role", "examination", "subject", "body", "duties", "effective_from",
        "effective_to",
    ]  # fmt: skip
    search_columns = ["language", "role", "examination"]
    order_columns = ["effective_from", "subject"]
    base_order = ("effective_from", "desc")
    quick_columns = ("subject",)
    choices = {"language": LANGUAGES}
    writes = {
        "add": keeping.add_template,
        "edit": keeping.edit_template,
        "delete": keeping.delete_template,
    }
    acts = (
        Act(name="preview", label=_("Preview"), run=preview, many=False),
        ending(keeping.end_templates),
    )
