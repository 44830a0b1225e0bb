"""Results by SMS and USSD: asked by the very rules of the page, answered from the same document.

Off unless the approver switched the channel on for the release that the page answers from. Nothing
is ever sent to somebody who did not ask: a message answers one that came in, and once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from app import clock
from app.access import reach
from app.db.uow import unit_of_work
from app.db.vault import vault_of
from app.letters.rules import initials_of
from app.messages.enums import MessageKind, MessageState
from app.messages.inbound import InboundText, keyword
from app.messages.services import post
from app.messages.texts import SmsText
from app.results import by_phone, texts
from app.results.enums import Channel, ReleaseState
from app.results.forms import digits_of
from app.results.models import ResultQuestion, ResultRelease
from app.results.pages import moment_words
from app.results.queries.channels import is_on, release_in_store
from app.results.services.channels import Question, count_question, is_beyond
from app.results.store import INDEX_DIGITS

__all__ = ["Step", "ussd"]

ASKER = "result_question.asker"
LANGUAGES = {"1": "en", "2": "sw"}
KEYWORDS = {"KCSE": "en", "RESULT": "en", "RESULTS": "en", "MATOKEO": "sw"}
END, ON = "END ", "CON "


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a USSD session: everything typed so far, with a star between."""

    session_id: str
    number: str
    typed: str


class _Refusal(Exception):  # noqa: N818 (an answer, not an error)
    """What somebody is told in the place of a result."""

    def __init__(self, text: SmsText, **more: str) -> None:
        super().__init__()
        self._text, self._more = text, more

    def spoken(self, language: str) -> str:
        return self._text.spoken({**reach.facts(), **self._more}, language)


def _answer_text(session: Any, inbound: InboundText, language: str) -> None:
    """Answers a keyword with one message; beyond the budgets of a number it is told so instead,
    once an hour."""
    body = _said_by_sms(session, inbound, language)
    if body is not None:
        stored = post(
            session,
            to=inbound.number,
            text=texts.WHOLE,
            kind=MessageKind.RESULT,
            facts={"lines": body},
            locale=language,
            intent=f"results:{Channel.SMS}:{inbound.id}",
        )
        if stored.state != MessageState.WITHHELD:
            return
    post(
        session,
        to=inbound.number,
        text=texts.LIMITED,
        kind=MessageKind.HELP,
        facts=reach.facts(),
        locale=language,
        intent=f"results-limited:{inbound.number}:{clock.real_now():%Y-%m-%dT%H}",
    )


def _said_by_sms(session: Any, inbound: InboundText, language: str) -> str | None:
    """The words of the answer; None for a telephone that asked too often."""
    once = f"{Channel.SMS}:{inbound.id}"
    try:
        release = _release(session, Channel.SMS, language)
        asked = _asked_in(inbound.text)
        question = _question(session, release, Channel.SMS, once, inbound.number)
        if is_beyond(session, question.asker):
            return None
        document = _looked_up(session, question, asked, release)
    except _Refusal as refusal:
        return refusal.spoken(language)
    lines = by_phone.lines_of(document, initials_of(document["names"]), language)
    return by_phone.sms_of(lines)


def _asked_in(text: str) -> tuple[str, str]:
    """Index number and name in a message, our keywords left out."""
    words = [one for one in re.split(r"([A-Za-z]+)", text) if one.upper() not in KEYWORDS]
    asked = by_phone.question_in("".join(words))
    if asked is None:
        raise _Refusal(texts.HOW)
    return asked


def _answers(language: str) -> Any:
    return lambda session, inbound: _answer_text(session, inbound, language)


for _word, _language in KEYWORDS.items():
    keyword(_word)(_answers(_language))


def ussd(session: Any, step: Step) -> str:
    """What the telephone shows next: a question that goes on, or the last words."""
    typed = step.typed.split("*") if step.typed else []
    if not typed:
        return ON + texts.MENU
    language = LANGUAGES.get(typed[0].strip())
    if language is None:
        return ON + texts.MENU if len(typed) == 1 else END + texts.MALFORMED.spoken({}, "en")
    try:
        with unit_of_work(session):
            return _next(session, step, typed[1:], language)
    except _Refusal as refusal:
        return END + refusal.spoken(language)


def _next(session: Any, step: Step, typed: list[str], language: str) -> str:
    release = _release(session, Channel.USSD, language)
    if not typed:
        return ON + texts.ASK_INDEX.spoken({}, language)
    index = digits_of(typed[0])
    if len(index) != INDEX_DIGITS or not (index.isascii() and index.isdecimal()):
        raise _Refusal(texts.MALFORMED)
    if len(typed) == 1:
        return ON + texts.ASK_NAME.spoken({}, language)
    once = f"{Channel.USSD}:{step.session_id}"
    question = _question(session, release, Channel.USSD, once, step.number)
    read = _read_before(session, once)
    if read is None and is_beyond(session, question.asker):
        raise _Refusal(texts.LIMITED)
    try:
        document = _looked_up(session, question, (index, typed[1]), release)
    except _Refusal as refusal:
        return END + refusal.spoken(language)
    if read is not None and read.version not in (None, document["version"]):
        raise _Refusal(texts.CHANGED)
    whose = initials_of(document["names"])
    lines = by_phone.lines_of(document, whose, language, grade="grade_words")
    screens = by_phone.screens_of(lines, texts.MORE.spoken({}, language))
    at = min(len(typed) - 2, len(screens) - 1)
    return (END if at == len(screens) - 1 else ON) + screens[at]


def _release(session: Any, channel: Channel, language: str) -> ResultRelease:
    """The release that the page answers from, where it may be asked by the channel now."""
    store = by_phone.store()
    name = store.name if store else None
    release = release_in_store(session, name) if name else None
    if store is None:
        raise _Refusal(texts.BUSY)
    minute = release.release_at if release else None
    if release is None or minute is None or not is_on(session, release.id, channel):
        raise _Refusal(texts.OFF)
    if release.state == ReleaseState.APPROVED or clock.now() < minute:
        at = moment_words(clock.nairobi(minute).isoformat(), language)
        raise _Refusal(texts.EARLY, at=at)
    return release


def _question(
    session: Any, release: ResultRelease, channel: Channel, once: str, number: str
) -> Question:
    asker = vault_of(session).index(number.removeprefix("+"), context=ASKER)
    return Question(release.id, channel, once, asker)


def _looked_up(
    session: Any, question: Question, asked: tuple[str, str], release: ResultRelease
) -> Mapping[str, Any]:
    """The candidate's document, found by the page's own rules; the question is counted."""
    store = by_phone.store()
    found = store.look(*asked) if store else None
    document = found.document if found else None
    count_question(session, question, version=document["version"] if document else None)
    if document is None:
        raise _Refusal(texts.NOTHING)
    said = document["release"]
    if (said["number"], said["series"]) != (release.number, release.series.name):
        raise _Refusal(texts.BUSY)
    return document


def _read_before(session: Any, once: str) -> Row[Any] | None:
    """The version that this very session was shown; its next screens are no further question. None
    where it has not asked yet."""
    found: Row[Any] | None = session.execute(
        select(ResultQuestion.version).where(ResultQuestion.once == once)
    ).first()
    return found
