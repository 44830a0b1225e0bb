"""What headquarters says on the public edge beside the results: notices, and whom to call.

A notice is put up and taken away by a row of its own, never changed. The queue writes what holds at
the moment into the control, which every node follows; it does so when something is written, when a
notice begins and ends, and once a minute in case that a job was lost.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import exists, select

from app import clock
from app.access import reach
from app.audit.services import Subject, record
from app.db.queue import URGENT, defer
from app.db.uow import unit_of_work
from app.errors import IllegalMove, NotFound, Problems
from app.extensions import db
from app.permissions import require
from app.places.models import OfficeContact
from app.results import publishing
from app.results.models import EdgeNotice, ResultRelease, ResultTally
from app.results.pages import LANGUAGES, Contacts, dated
from app.results.queries.channels import any_on
from app.results.queries.edge_notices import notice_at, posted_notice
from app.results.services.proving import ask_to_count
from app.scoping.scope import Actor, Scope
from app.words import N_

__all__ = [
    "SAY",
    "NoticeText",
    "ask_to_say",
    "checked_notice",
    "contacts_of",
    "counts_token_from",
    "put_notice_up",
    "say",
    "say_in",
    "take_notice_away",
]

SAY = "results.say"
LONGEST = 300


@dataclass(frozen=True, slots=True)
class NoticeText:
    """A notice as it is written: both languages, from when until when (office time), and why."""

    text_en: str
    text_sw: str
    shown_from: dt.datetime | None
    shown_until: dt.datetime | None
    reason: str


def counts_token_from(secret: str) -> str:
    """What headquarters shows a node to be told its counts, derived from the portal's own key."""
    return hashlib.sha256(b"results counts:" + secret.encode()).hexdigest()


def checked_notice(text: NoticeText) -> NoticeText:
    """The notice with its spaces tidied; without a beginning it begins now. Raises RuleBroken with
    every fault."""
    faults = Problems()
    words = {
        name: " ".join(getattr(text, name).split()) for name in ("text_en", "text_sw", "reason")
    }
    for name, said in words.items():
        if not said:
            faults.add("words-missing", N_("Write this."), field=name)
        elif len(said) > LONGEST:
            facts = {"most": LONGEST}
            faults.add(
                "too-long", N_("Write at most %(most)s characters."), field=name, facts=facts
            )
    now = clock.now()
    begins, ends = text.shown_from or now, text.shown_until
    if ends is None:
        faults.add("end-missing", N_("Write the day and minute of its end."), field="shown_until")
    elif ends <= max(begins, now):
        faults.add(
            "ends-too-soon", N_("It ends before it begins, or has ended."), field="shown_until"
        )
    faults.refuse_if_any()
    return NoticeText(words["text_en"], words["text_sw"], begins, ends, words["reason"])


def put_notice_up(scope: Scope, actor: Actor, text: NoticeText) -> int:
    """Puts a notice on the edge for its time; its id. Raises RuleBroken with every fault."""
    require(actor, "edge-notices", "add")
    if not scope.is_everything:
        raise NotFound("not-found", N_("That record was not found."))
    said = checked_notice(text)
    with unit_of_work(db.session) as session:
        one = _row(
            session,
            actor,
            said.reason,
            text_en=said.text_en,
            text_sw=said.text_sw,
            shown_from=said.shown_from,
            shown_until=said.shown_until,
        )
        for moment in (said.shown_from, said.shown_until):
            _ask_at(session, moment)
        after = {"text_en": said.text_en, "text_sw": said.text_sw, **_times(one)}
        _note(session, actor, "edge_notice.put_up", one.id, reason=said.reason, after=after)
        return int(one.id)


def take_notice_away(scope: Scope, actor: Actor, notice_id: int, *, reason: str) -> None:
    """Takes a notice from the edge, or before it begins. Raises IllegalMove for one that is over."""
    require(actor, "edge-notices", "take_away")
    with unit_of_work(db.session) as session:
        posted = posted_notice(session, scope, notice_id)
        if posted.is_over(clock.now()):
            raise IllegalMove("notice-over", N_("This notice is not shown any more."))
        why = _reason(reason)
        _row(session, actor, why, takes_away_id=notice_id)
        ask_to_say(session)
        _note(session, actor, "edge_notice.taken_away", notice_id, reason=why)


def ask_to_say(session: Any) -> None:
    """Lets the queue put on the edge what holds now, once the caller's work is stored."""
    defer(session, SAY, priority=URGENT)


def say(folder: Path, *, counts_token: str) -> bool:
    """Puts on the edge what holds now; whether it said something else before. Releases that were
    counted before figures were kept are counted anew."""
    with unit_of_work(db.session) as session:
        for release_id in session.scalars(_without_figures()).all():
            ask_to_count(session, release_id)
        return say_in(session, folder, counts_token=counts_token)


def say_in(session: Any, folder: Path, *, counts_token: str) -> bool:
    """`say` in the caller's transaction."""
    one = notice_at(session, clock.now())
    notice = {}
    if one is not None and one.shown_from is not None:
        said, at = {"en": one.text_en or "", "sw": one.text_sw or ""}, clock.nairobi(one.shown_from)
        notice = {language: dated(said[language], at, language) for language in LANGUAGES}
    words = publishing.Words(notice, contacts_of(session), counts_token, any_on(session))
    return publishing.put_words(folder, words)


def contacts_of(session: Any) -> Contacts:
    """Where people turn to: the council's own numbers, as the office contacts have them (several stand
    in one row with commas between them), and where this portal checks codes."""
    rows = session.scalars(
        select(OfficeContact.telephone)
        .where(OfficeContact.office == "knec")
        .order_by(OfficeContact.id)
    )
    found = [number.strip() for row in rows for number in re.split("[,;/]", row)]
    host = str(reach.facts()["address"]).partition("//")[2]
    return Contacts(tuple(number for number in found if number), f"{host}/verify/")


def _ask_at(session: Any, moment: dt.datetime | None) -> None:
    if moment is not None:
        at = clock.real_now() + max(moment - clock.now(), dt.timedelta(0))
        defer(session, SAY, at=at, priority=URGENT)


def _without_figures() -> Any:
    has_figures = exists().where(ResultTally.release_id == ResultRelease.id)
    return select(ResultRelease.id).where(ResultRelease.counts.is_not(None), ~has_figures)


def _row(session: Any, actor: Actor, reason: str, **said: Any) -> EdgeNotice:
    one = EdgeNotice(
        reason=reason,
        actor_id=actor.user_id,
        actor_name=actor.name[:128],
        acted_at=clock.now(),
        **said,
    )
    session.add(one)
    session.flush()
    return one


def _reason(text: str) -> str:
    faults, plain = Problems(), " ".join(text.split())
    if not plain:
        faults.add("reason-missing", N_("Write the reason."), field="reason")
    elif len(plain) > LONGEST:
        facts = {"most": LONGEST}
        faults.add(
            "too-long", N_("Write at most %(most)s characters."), field="reason", facts=facts
        )
    faults.refuse_if_any()
    return plain


def _times(one: EdgeNotice) -> dict[str, str]:
    return {name: getattr(one, name).isoformat() for name in ("shown_from", "shown_until")}


def _note(
    session: Any, actor: Actor, action: str, notice_id: int, *, reason: str, after: Any = None
) -> None:
    record(session, actor, action, Subject("edge_notice", notice_id), after=after, reason=reason)
