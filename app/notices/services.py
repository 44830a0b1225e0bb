"""Writes of notices: posted, changed and withdrawn by an office within its own area."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.audit.services import Subject, record
from app.db.uow import unit_of_work
from app.errors import IllegalMove, NotAllowed, NotFound, Problems
from app.extensions import db
from app.notices.enums import Audience, Office
from app.notices.models import Notice, NoticeCentre, NoticeSeen
from app.notices.queries import centres_coded
from app.notices.rules import AUDIENCES, fault_of_days, office_of
from app.permissions import require
from app.reference.services import Values
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.words import N_

MOST_CENTRES = 200
TEXTS = ("text_en", "text_sw", "sms_en", "sms_sw")
_SMS_TEXTS = ("sms_en", "sms_sw")


def post_notice(scope: Scope, actor: Actor, *, values: Values) -> Notice:
    """A new notice of the actor's office. A director's is for their own sub-county, whatever is
    asked; `centre_codes` names the centres of a notice to named centres, all of them in scope."""
    require(actor, "notices", "add")
    office = _office(actor)
    given = dict(values)
    codes = _codes(given.pop("centre_codes", None))
    if office is not Office.KNEC:
        (given["sub_county_id"],) = scope.sub_county_ids
    with unit_of_work(db.session) as session:
        found = centres_coded(session, scope, codes) if codes else {}
        _refuse_faults(office, given, codes, found)
        notice = Notice(
            **given,
            office=str(office),
            author_id=actor.user_id,
            author_name=actor.name[:128],
            posted_at=clock.now(),
        )
        session.add(notice)
        session.flush()
        for centre in found.values():
            session.add(
                NoticeCentre(
                    notice_id=notice.id, centre_id=centre.id, sub_county_id=centre.sub_county_id
                )
            )
        session.flush()
        after = {**_said(notice), "centres": sorted(found)}
        record(session, actor, "notice.posted", _subject(notice), after=after)
    return notice


def edit_notice(scope: Scope, actor: Actor, *, pk: int, values: Values) -> Notice:
    """Changes words and days of a notice of the actor's own office; what stood before stays in the
    history. The words of an SMS that is on its way stay as they are."""
    require(actor, "notices", "edit")
    with unit_of_work(db.session) as session:
        notice = own_notice(session, scope, actor, pk)
        _refuse_withdrawn(notice)
        before = _said(notice)
        changed = {name: value for name, value in values.items() if getattr(notice, name) != value}
        faults = Problems()
        if notice.sms_confirmed_at and set(changed) & set(_SMS_TEXTS):
            faults.add(
                "sms-on-its-way",
                N_("The SMS is on its way: its words cannot be changed any more."),
                field="sms_en",
            )
        for name, value in changed.items():
            setattr(notice, name, value)
        fault_of_days(faults, notice.shown_from, notice.shown_until)
        faults.refuse_if_any()
        if changed:
            session.flush()
            after = _said(notice)
            record(session, actor, "notice.changed", _subject(notice), before=before, after=after)
    return notice


def withdraw_notices(scope: Scope, actor: Actor, ids: Sequence[int], reason: str) -> None:
    """Takes notices of the actor's own office from every home, for a reason; they stay on record,
    and messages that are not in the outbox yet are not sent."""
    require(actor, "notices", "withdraw")
    with unit_of_work(db.session) as session:
        for pk in ids:
            notice = own_notice(session, scope, actor, pk)
            _refuse_withdrawn(notice)
            notice.withdrawn_at, notice.withdrawn_by = clock.now(), actor.name[:128]
            notice.withdrawn_reason = reason
            session.flush()
            record(session, actor, "notice.withdrawn", _subject(notice), reason=reason)


def put_away(session: Any, scope: Scope, actor: Actor, notice_id: int) -> None:
    """The actor has seen the notice: it leaves their home and nobody else's. NotFound for a notice
    that is not theirs to read."""
    with unit_of_work(session):
        statement = select(Notice.id).where(Notice.id == notice_id)
        if session.scalar(restrict(statement, Notice, scope)) is None:
            raise _not_found()
        session.execute(
            insert(NoticeSeen)
            .values(notice_id=notice_id, user_id=actor.user_id)
            .on_conflict_do_nothing()
        )


def own_notice(session: Any, scope: Scope, actor: Actor, pk: int) -> Notice:
    """The notice, locked, where the actor's office posted it; NotFound out of scope, NotAllowed for
    another office's."""
    statement = select(Notice).where(Notice.id == pk).with_for_update()
    notice: Notice | None = session.scalars(restrict(statement, Notice, scope)).one_or_none()
    if notice is None:
        raise _not_found()
    if notice.office != _office(actor):
        raise NotAllowed(
            "other-office", N_("Another office posted this notice: only that office changes it.")
        )
    return notice


def _office(actor: Actor) -> Office:
    office = office_of(actor.roles)
    if office is None:
        raise NotAllowed("not-allowed", N_("Your role does not allow this."))
    return office


def _codes(typed: object) -> list[str]:
    """The centre codes of a text: one a line, or with commas or spaces between them."""
    return list(dict.fromkeys(re.split(r"[\s,;]+", str(typed or "").strip())))[: MOST_CENTRES + 1]


def _refuse_faults(
    office: Office, given: dict[str, Any], codes: list[str], found: dict[str, Any]
) -> None:
    faults = Problems()
    audience = Audience(given["audience"])
    if audience not in AUDIENCES[office]:
        faults.add("audience", N_("Your office does not write to these."), field="audience")
    names = [code for code in codes if code]
    if audience is Audience.NAMED_CENTRES:
        missing = [code for code in names if code not in found]
        if not names:
            faults.add("no-centres", N_("Write the codes of the centres."), field="centre_codes")
        elif len(names) > MOST_CENTRES:
            faults.add(
                "many-centres", N_("Name at most 200 centres at a time."), field="centre_codes"
            )
        elif missing:
            faults.add(
                "unknown-centre",
                N_("No centre of your area has the code %(code)s."),
                field="centre_codes",
                facts={"code": missing[0][:20]},
            )
    elif names:
        faults.add(
            "centres-not-wanted",
            N_("Codes of centres are only for a notice to named centres."),
            field="centre_codes",
        )
    fault_of_days(faults, given["shown_from"], given["shown_until"])
    faults.refuse_if_any()


def _refuse_withdrawn(notice: Notice) -> None:
    if notice.withdrawn_at is not None:
        raise IllegalMove("withdrawn", N_("This notice is withdrawn already."))


def _said(notice: Notice) -> dict[str, Any]:
    """What the history keeps of a notice."""
    days = {"shown_from": f"{notice.shown_from}", "shown_until": f"{notice.shown_until}"}
    return {name: getattr(notice, name) for name in (*TEXTS, "audience")} | days


def _subject(notice: Notice) -> Subject:
    return Subject("notice", notice.id, notice.sub_county_id)


def _not_found() -> NotFound:
    return NotFound("not-found", N_("That record was not found."))
