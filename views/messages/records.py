"""Screens of messages: the outbox, budgets, quiet hours and the price of a segment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from flask import current_app, request
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from sqlalchemy import false

from app.db.vault import vault_of
from app.errors import RuleBroken
from app.extensions import db
from app.messages.models import Message, MessageBudget, MessagePrice, QuietHours
from app.messages.queries import standing
from app.messages.services.outbox import BODY
from app.people import formats
from app.procedures.messages import resend_messages
from app.words import NN_
from views.access.language import language_now
from views.base import RecordView
from views.base_acts import Act
from views.base_data import Quick, RecordInterface
from views.base_words import NO_BREAK
from views.words import day_with_year, kes, mobile

STATES = (
    ("waiting", _("Waiting")),
    ("sending", _("Being sent")),
    ("sent", _("Sent")),
    ("delivered", _("Delivered")),
    ("failed", _("Failed")),
    ("in_doubt", _("In doubt")),
    ("withheld", _("Withheld")),
    ("expired", _("Expired")),
)
KINDS = (
    ("credentials", _("Sign-in details")),
    ("number_change", _("Change of number")),
    ("profile", _("Profile")),
    ("identity", _("Identity")),
    ("application", _("Application")),
    ("notice", _("Notice")),
    ("deployment", _("Deployment")),
    ("offer", _("Offer")),
    ("help", _("Help")),
    ("result", _("Result")),
)
MEASURES = (
    ("number", _("One number")),
    ("address", _("One address of callers")),
    ("prefix", _("Ten thousand neighbouring numbers")),
    ("everything", _("Everything")),
)
LANGUAGES = (("en", _("English")), ("sw", _("Kiswahili")))
REASONS = {
    "not-a-kenyan-mobile": _("No Kenyan mobile number"),
    "worker-died": _("The worker stopped while sending"),
    "answer-unreadable": _("The gateway's answer could not be read"),
    "budget:number": _("Beyond the budget of one number"),
    "budget:address": _("Beyond the budget of one address"),
    "budget:prefix": _("Beyond the budget of neighbouring numbers"),
    "budget:everything": _("Beyond the budget of everything"),
    "connection": _("The gateway could not be reached"),
    "no-answer": _("The gateway did not answer"),
    "http": _("The gateway answered with an error"),
    "gateway": _("The gateway refused it"),
    "network": _("The network did not deliver it"),
}


def is_readable() -> bool:
    """Whether the administrator may read texts and whole numbers: on the local outbox alone."""
    return bool(current_app.config.get("OUTBOX_READABLE"))


def number_words(value: str | None) -> str:
    """The number, its middle hidden unless this is the local outbox."""
    if is_readable() or not value:
        return mobile(value, language_now()).replace(" ", NO_BREAK)
    return f"{value[:5]}•••••{value[-2:]}"


def body_words(sealed: bytes | None) -> str:
    """The text where it may be read and is still kept."""
    if not is_readable():
        return gettext("Not shown")
    if sealed is None:
        return gettext("Wiped")
    try:
        return vault_of(db.session).unseal(sealed, context=BODY)
    except (InvalidTag, ValueError):
        return gettext("Cannot be opened with the present key")


def reason_words(code: str | None) -> str:
    """The sentence for a stored reason, with the gateway's own word behind it."""
    if not code:
        return ""
    start, _sep, rest = code.partition(":")
    for name in (code, ":".join(code.split(":")[:2]), start):
        if name in REASONS:
            detail = rest if name == start and rest else ""
            return f"{REASONS[name]} ({detail})" if detail else str(REASONS[name])
    return code


def cents_words(cents: int | None) -> str:
    """Kenya cents as shillings with two places."""
    return "" if cents is None else f"KSh {cents // 100:,}.{cents % 100:02d}"


class WholeNumber(Quick):
    """The search box of messages: one whole number, however it is spelled, and no part of one."""

    def apply(self, query: Any, value: object) -> Any:
        try:
            number = formats.mobile(str(value))
        except RuleBroken:
            return query.where(false())
        return query.where(Message.number == number)


class MessageView(RecordView):
    datamodel = RecordInterface(Message)
    resource = "messages"
    noun = _("Message")
    list_title, show_title = _("Messages"), _("Message")
    list_noun, list_noun_one = _("messages"), _("message")
    list_template = "messages/outbox.html"
    empty_text = _("A message appears here with whatever caused it, before it is sent.")
    list_columns = ["created_at", "number", "body", "state", "kind", "reason"]
    show_columns = [
        "number", "kind", "locale", "body", "state", "reason", "possible_duplicate", "attempts",
        "next_try_at", "segments", "estimated_cents", "cost_cents", "gateway", "gateway_id",
        "created_at", "first_try_at", "sent_at", "delivered_at", "expires_at",
    ]  # fmt: skip
    add_columns: Sequence[str] = ()
    edit_columns: Sequence[str] = ()
    search_columns = ["state", "kind", "possible_duplicate", "created_at"]
    order_columns = ["created_at"]
    base_order = ("created_at", "desc")
    quick_columns = ("number",)
    pill_columns = {"state": "message"}
    choices = {"state": STATES, "kind": KINDS, "locale": LANGUAGES}
    label_columns = {
        "number": _("To"),
        "body": _("Text"),
        "locale": _("Language"),
        "possible_duplicate": _("Possible duplicate"),
        "attempts": _("Tries"),
        "next_try_at": _("Next try"),
        "segments": _("Segments"),
        "estimated_cents": _("Estimated cost"),
        "cost_cents": _("Cost"),
        "gateway": _("Gateway"),
        "gateway_id": _("The gateway's number"),
        "created_at": _("Posted"),
        "first_try_at": _("First try"),
        "sent_at": _("Sent"),
        "delivered_at": _("Delivered"),
        "expires_at": _("Worth sending until"),
    }
    formatters_columns = {
        "number": number_words,
        "body": body_words,
        "reason": reason_words,
        "estimated_cents": cents_words,
        "cost_cents": cents_words,
    }
    numeric_columns = ("segments",)
    rest = False
    acts = (
        Act(
            name="resend",
            label=_("Send again"),
            run=resend_messages,
            asks=_("Why is it sent again?"),
            says=_("It goes to the same number with the same words, and is paid for again."),
            done=NN_("It waits to be sent again.", "%(num)s wait to be sent again."),
            offered=lambda message: message.state == "failed" and message.body is not None,
        ),
    )

    def _init_properties(self) -> None:
        super()._init_properties()
        self._filters._search_filters["quick"] = [WholeNumber("quick", self.datamodel)]

    def visible(self, columns: Sequence[str]) -> list[str]:
        """Where texts may not be read there is no column for them either."""
        kept = super().visible(columns)
        return kept if is_readable() else [column for column in kept if column != "body"]

    def title_of(self, record: Message) -> str:
        return f"{self.words_for('kind', record.kind)}: {number_words(record.number)}"

    def about(self, record: Message) -> dict[str, Any]:
        return {"item_pill": ("message", record.state)}

    def state_sentence(self) -> str:
        """Where messages go, and how long the oldest has waited."""
        stand = standing(db.session)
        if current_app.extensions["settings"].sms_gateway == "outbox":
            sentence = gettext("Nothing leaves this portal: messages are read here.")
        else:
            sentence = gettext("Messages go out through Africa's Talking.")
        if stand.oldest_waiting_seconds and stand.oldest_waiting_seconds > 60:
            minutes = stand.oldest_waiting_seconds // 60
            late = ngettext(
                "The oldest has waited for a minute.",
                "The oldest has waited for %(num)s minutes.",
                minutes,
            )
            sentence = f"{sentence} {late}"
        return sentence

    def strip(self) -> list[dict[str, Any]]:
        """The outbox in figures, each opening its messages."""
        stand = standing(db.session)
        return [
            self._figure(gettext("waiting"), stand.waiting, "waiting"),
            self._figure(gettext("in doubt"), stand.in_doubt, "in_doubt"),
            self._figure(gettext("failed since yesterday"), stand.failed_today, "failed"),
            self._figure(gettext("withheld since yesterday"), stand.withheld_today, "withheld"),
            _money(gettext("spent this hour"), stand.spent_hour_cents, stand.most_hour_kes),
            _money(gettext("spent in a day"), stand.spent_day_cents, stand.most_day_kes),
        ]

    def chips(self) -> list[dict[str, Any]]:
        """The states as one tap each."""
        asked = request.args.get("_flt_0_state", "")
        every = {"label": gettext("All"), "href": request.path, "current": not asked}
        return [
            every,
            *(
                {
                    "label": str(words),
                    "href": f"{request.path}?_flt_0_state={state}",
                    "current": asked == state,
                }
                for state, words in STATES
            ),
        ]

    @staticmethod
    def _figure(label: str, value: int, state: str) -> dict[str, Any]:
        return {"label": label, "value": f"{value:,}", "href": f"?_flt_0_state={state}"}


def _money(label: str, cents: int, most_kes: int | None) -> dict[str, Any]:
    language = language_now()
    note = "" if most_kes is None else gettext("of %(most)s", most=kes(most_kes, language))
    return {
        "label": label,
        "value": cents_words(cents),
        "note": note,
        "href": "/message-budgets/list/",
    }


def kind_words(kind: str | None) -> str:
    """The kind that a budget counts."""
    return str(dict(KINDS)[kind]) if kind else gettext("Every kind")


class MessageBudgetView(RecordView):
    datamodel = RecordInterface(MessageBudget)
    resource = "message-budgets"
    noun = _("Budget")
    list_title, show_title = _("Budgets of messages"), _("Budget of messages")
    add_title, edit_title = _("Add a budget"), _("Change the budget")
    list_noun, list_noun_one = _("budgets"), _("budget")
    empty_text = _("Without a budget anybody may make the portal send without end.")
    list_columns = [
        "measure", "kind", "window_minutes", "most_messages", "most_kes", "wait_minutes",
        "effective_from", "effective_to",
    ]  # fmt: skip
    show_columns = add_columns = edit_columns = list_columns
    search_columns = ["measure", "kind"]
    order_columns = ["measure", "window_minutes"]
    base_order = ("measure", "asc")
    choices = {"measure": MEASURES, "kind": KINDS}
    numeric_columns = ("window_minutes", "most_messages", "most_kes", "wait_minutes")
    label_columns = {
        "measure": _("Counted together"),
        "kind": _("Kind"),
        "window_minutes": _("Within … minutes"),
        "most_messages": _("Most messages"),
        "most_kes": _("Most KSh"),
        "wait_minutes": _("Then wait … minutes"),
    }
    description_columns = {
        "kind": _("Leave it empty to count every kind of message."),
        "most_messages": _("A message beyond it is withheld: stored, never sent."),
        "most_kes": _("What messages have cost, or are estimated to cost, in whole shillings."),
        "wait_minutes": _(
            "For one number only: a message beyond it waits so long instead, the next one twice"
            " as long, and so on."
        ),
    }
    formatters_columns = {"kind": kind_words}
    rest = False

    def title_of(self, record: MessageBudget) -> str:
        measure = self.words_for("measure", record.measure)
        return gettext(
            "%(measure)s, %(minutes)s minutes", measure=measure, minutes=record.window_minutes
        )


class QuietHoursView(RecordView):
    datamodel = RecordInterface(QuietHours)
    resource = "quiet-hours"
    noun = _("Quiet hours")
    list_title, show_title = _("Quiet hours"), _("Quiet hours")
    add_title, edit_title = _("Add quiet hours"), _("Change the quiet hours")
    list_noun, list_noun_one = _("rows of quiet hours"), _("row of quiet hours")
    empty_text = _("Without quiet hours notices may arrive at night.")
    list_columns = ["starts_at", "ends_at", "effective_from", "effective_to"]
    show_columns = add_columns = edit_columns = list_columns
    search_columns = ["effective_from"]
    order_columns = ["effective_from"]
    base_order = ("effective_from", "desc")
    label_columns = {"starts_at": _("Quiet from"), "ends_at": _("Until")}
    rest = False

    def title_of(self, record: QuietHours) -> str:
        return f"{record.starts_at:%H:%M}-{record.ends_at:%H:%M}"


class MessagePriceView(RecordView):
    datamodel = RecordInterface(MessagePrice)
    resource = "message-prices"
    noun = _("Price")
    list_title, show_title = _("Price of a message"), _("Price of a message")
    add_title, edit_title = _("Add a price"), _("Change the price")
    list_noun, list_noun_one = _("prices"), _("price")
    list_columns = ["effective_from", "cents_per_segment"]
    show_columns = add_columns = edit_columns = list_columns
    search_columns = ["effective_from"]
    order_columns = ["effective_from"]
    base_order = ("effective_from", "desc")
    numeric_columns = ("cents_per_segment",)
    label_columns = {"cents_per_segment": _("Cents for one segment")}
    rest = False

    def title_of(self, record: MessagePrice) -> str:
        return f"{cents_words(record.cents_per_segment)}, {day_with_year(record.effective_from, language_now())}"
