"""The authors' screen of notices: posted, changed, withdrawn with a reason, sent by SMS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import g
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from sqlalchemy import Select, and_, not_, select
from wtforms import TextAreaField, validators

from app.audit.models import Event
from app.extensions import db
from app.notices import services
from app.notices.enums import Audience, Office
from app.notices.models import Notice
from app.notices.rules import AUDIENCES, LONGEST_SMS, LONGEST_TEXT, office_of
from app.permissions import Role, may
from app.scoping.restrict import restrict
from app.words import N_, NN_
from views.base import RecordView
from views.base_acts import Act
from views.base_data import RecordInterface
from views.base_forms import RecordConverter, plain_text, tidy
from views.crud.choices import OFFICES
from views.words import count

AUDIENCE_WORDS = (
    ("officers", _("Officers")),
    ("centres", _("All centres")),
    ("named_centres", _("The centres named below")),
    ("tsc", _("TSC Sub-County Directors")),
    ("scde", _("Sub-County Directors of Education")),
    ("directors", _("Both directors of a sub-county")),
    ("county", _("County Directors")),
)
STATES = (("posted", _("Posted")), ("withdrawn", _("Withdrawn")))
MOVES = {
    "notice.posted": N_("Posted"),
    "notice.changed": N_("Changed"),
    "notice.withdrawn": N_("Withdrawn"),
    "notice.sms_confirmed": N_("Sending by SMS confirmed"),
    "notice.sms_posted": N_("All messages are in the outbox"),
}
COUNTED = {"text_en": LONGEST_TEXT, "text_sw": LONGEST_TEXT, "sms_en": LONGEST_SMS} | {
    "sms_sw": LONGEST_SMS
}
_OTHERS = {Role.TSC_DIRECTOR: Audience.SCDE, Role.SCDE: Audience.TSC}


def addressed(statement: Select[Any]) -> Select[Any]:
    """Without what headquarters wrote to the other office alone."""
    actor = g.get("actor")
    others = [_OTHERS[role] for role in (actor.roles if actor else ()) if role in _OTHERS]
    for audience in others:
        foreign = and_(Notice.audience == audience, Notice.office == Office.KNEC)
        statement = statement.where(not_(foreign))
    return statement


class NoticeView(RecordView):
    datamodel = RecordInterface(Notice, narrow=addressed)
    resource = "notices"
    noun = _("Notice")
    list_title, show_title = _("Notices"), _("Notice")
    add_title, edit_title = _("Post a notice"), _("Change the notice")
    list_noun, list_noun_one = _("notices"), _("notice")
    empty_text = _("A notice stands on the homes of those to whom it is written.")
    list_columns = [
        "text_en", "audience", "sub_county", "shown_from", "shown_until", "author_name",
        "posted_at", "state",
    ]  # fmt: skip
    show_columns = [
        "text_en", "text_sw", "audience", "sub_county", "centres", "shown_from", "shown_until",
        "office", "author_name", "posted_at", "sms_en", "sms_sw", "withdrawn_at", "withdrawn_by",
        "withdrawn_reason",
    ]  # fmt: skip
    add_columns = [
        "audience", "sub_county", "text_en", "text_sw", "shown_from", "shown_until", "sms_en",
        "sms_sw",
    ]  # fmt: skip
    edit_columns = ["text_en", "text_sw", "shown_from", "shown_until", "sms_en", "sms_sw"]
    search_columns = ["audience", "office", "shown_until"]
    order_columns = ["posted_at", "shown_from", "shown_until"]
    base_order = ("posted_at", "desc")
    quick_columns = ("text_en",)
    choices = {"audience": AUDIENCE_WORDS, "state": STATES, "office": OFFICES}
    rest = False
    add_template = edit_template = "notices/form.html"
    show_template = "notices/show.html"
    label_columns = {
        "text_en": _("Words"),
        "text_sw": _("Words in Kiswahili"),
        "audience": _("To"),
        "sub_county": _("Area"),
        "centres": _("Centres"),
        "centre_codes": _("Codes of the centres"),
        "shown_from": _("Shown from"),
        "shown_until": _("Shown until"),
        "author_name": _("Written by"),
        "posted_at": _("Posted"),
        "sms_en": _("Words of the SMS"),
        "sms_sw": _("Words of the SMS in Kiswahili"),
        "withdrawn_at": _("Withdrawn"),
        "withdrawn_by": _("Withdrawn by"),
        "withdrawn_reason": _("Why it was withdrawn"),
    }
    description_columns = {
        "sub_county": _("Without one the notice is for the whole country."),
        "text_en": _("At most 300 letters, shown on the page as they are."),
        "text_sw": _("Who reads Kiswahili sees this; without it, the words above."),
        "sms_en": _("Only if it also goes out by SMS: at most 160 letters, one message each."),
    }
    writes = {"add": services.post_notice, "edit": services.edit_notice}
    acts = (
        Act(
            name="withdraw",
            label=_("Withdraw"),
            run=services.withdraw_notices,
            asks=_("Why is it withdrawn?"),
            says=_("It leaves every home at once and stays on record with the reason."),
            done=NN_("The notice is withdrawn.", "%(num)s notices are withdrawn."),
            danger=True,
            offered=lambda notice: is_own(notice) and notice.withdrawn_at is None,
        ),
    )

    def _init_forms(self) -> None:
        """The add form also asks for centres by their codes; the forms count letters."""
        codes = TextAreaField(
            self.label_columns["centre_codes"],
            description=_("One code on each line, for a notice to named centres."),
            validators=[validators.Optional(), validators.Length(max=4000), plain_text],
            filters=[tidy],
        )
        converter = RecordConverter(self.datamodel, self.choices)
        columns = [*self.add_columns, "centre_codes"]
        add = converter.form(self, columns, {"centre_codes": codes})
        edit = converter.form(self, self.edit_columns, {})
        self.add_form = lambda: offered(counting(add()))
        self.edit_form = lambda **given: counting(edit(**given))
        super()._init_forms()

    @property
    def add_form_columns(self) -> Sequence[str]:
        """Directors write for their own area only, so that nobody asks them for it."""
        if own_office() is Office.KNEC:
            return ["audience", "sub_county", "centre_codes", *self.add_columns[2:]]
        return ["audience", "centre_codes", *self.add_columns[2:]]

    def may_change(self, record: Notice) -> bool:
        return is_own(record) and record.withdrawn_at is None

    def title_of(self, record: Notice) -> str:
        return str(record)

    def about(self, record: Notice) -> dict[str, Any]:
        may_send = may(g.actor, "notices", "send") and self.may_change(record)
        sendable = may_send and record.sms_en and record.sms_confirmed_at is None
        action = {"label": gettext("Send by SMS"), "href": f"/notices/{record.id}/sms"}
        return {
            "state_sentence": sms_sentence(record),
            "primary_action": action if sendable else None,
            "history": history_of(record),
        }


def is_own(notice: Notice) -> bool:
    """Whether the office of who asks posted it."""
    return notice.office == own_office()


def own_office() -> Office | None:
    """The office for which the person asking writes."""
    actor = g.get("actor")
    return office_of(actor.roles) if actor else None


def sms_sentence(notice: Notice) -> str:
    """How its sending by SMS stands."""
    if notice.withdrawn_at is not None:
        return gettext("Withdrawn: it stands on no home.")
    if notice.sms_confirmed_at is None:
        return gettext("Not sent by SMS.")
    return ngettext(
        "%(done)s of %(wanted)s message is in the outbox.",
        "%(done)s of %(wanted)s messages are in the outbox.",
        notice.sms_wanted or 0,
        done=count(notice.sms_posted),
        wanted=count(notice.sms_wanted or 0),
    )


def history_of(notice: Notice) -> list[dict[str, Any]]:
    """What was done with it, by whom and when, newest first, in the scope of who asks."""
    statement = (
        select(Event)
        .where(Event.entity == "notice", Event.entity_id == str(notice.id))
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(30)
    )
    return [
        {
            "at": one.at,
            "act": gettext(MOVES.get(one.action, one.action)),
            "who": one.actor_name,
            "reason": one.reason,
            "before": (one.before or {}).get("text_en"),
        }
        for one in db.session.scalars(restrict(statement, Event, g.scope))
    ]


def counting(form: Any) -> Any:
    """The form with a counter of letters at its texts."""
    for name, most in COUNTED.items():
        form[name].render_kw = {"data-count": most, "maxlength": most}
    return form


def offered(form: Any) -> Any:
    """The form with the audiences to whom the office of who asks may write."""
    allowed = {str(one) for one in AUDIENCES.get(own_office() or Office.TSC, ())}
    form["audience"].choices = [
        choice for choice in form["audience"].choices if choice[0] in {"", *allowed}
    ]
    return form
