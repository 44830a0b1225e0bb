"""A notice by SMS: whom it reaches and what that costs, confirmed, then put in the outbox in batches.

Officers, centres and offices are different features; here they meet in one unit of work.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, String, cast, func, literal, null, or_, select

from app import clock
from app.access.models import User
from app.audit.services import Subject, record
from app.db.queue import defer
from app.db.uow import unit_of_work
from app.deployments.models import Deployment
from app.errors import IllegalMove, RuleBroken
from app.exams.models import Series
from app.messages.enums import MessageKind
from app.messages.queries import messages_left, price_per_segment_cents
from app.messages.rules import is_kenyan_mobile, segments_of
from app.messages.services import post
from app.messages.texts import SmsText
from app.notices.enums import Audience
from app.notices.models import Notice, NoticeCentre
from app.notices.queries import LIVE
from app.notices.services import own_notice
from app.people.models import Officer
from app.permissions import require
from app.places.models import Centre, OfficeContact
from app.scoping.scope import Actor, Scope, system_actor
from app.words import N_

BATCH = 200
DAY_MINUTES = 24 * 60
WAIT = dt.timedelta(minutes=10)
TASK = "notices.send"
KIND = MessageKind.NOTICE
KENYAN_MOBILE = "^254[17][0-9]{8}$"


@dataclass(frozen=True, slots=True)
class SmsPlan:
    """What sending a notice means: how many numbers, about how many shillings, how many of them
    today's budget still allows (None where no budget limits it), and the words that arrive."""

    people: int
    kes: int
    allowed: int | None
    words: str
    words_sw: str

    @property
    def fits(self) -> bool:
        return self.allowed is None or self.people <= self.allowed


def sms_plan(session: Any, scope: Scope, actor: Actor, notice_id: int) -> SmsPlan:
    """Whom the SMS of a notice would reach now; refuses what cannot be sent."""
    require(actor, "notices", "send")
    with unit_of_work(session):
        notice = own_notice(session, scope, actor, notice_id)
        _refuse_unsendable(notice)
        return _plan(session, notice)


def confirm_sms(
    session: Any, scope: Scope, actor: Actor, notice_id: int, *, people: int
) -> SmsPlan:
    """Puts the sending on the queue. `people` is what the author was shown: where it is another
    number by now they are asked again."""
    require(actor, "notices", "send")
    with unit_of_work(session):
        notice = own_notice(session, scope, actor, notice_id)
        _refuse_unsendable(notice)
        plan = _plan(session, notice)
        if not plan.people:
            raise RuleBroken("nobody", N_("Nobody of these has a mobile number."))
        if not plan.fits:
            raise RuleBroken(
                "beyond-budget", N_("That is more than today's budget allows: nothing was sent.")
            )
        if plan.people != people:
            raise RuleBroken(
                "number-changed", N_("The number of people has changed. Look again, then confirm.")
            )
        notice.sms_wanted = plan.people
        notice.sms_confirmed_at, notice.sms_confirmed_by = clock.now(), actor.name[:128]
        session.flush()
        subject = Subject("notice", notice.id, notice.sub_county_id)
        record(session, actor, "notice.sms_confirmed", subject, after={"people": plan.people})
        _defer(session, notice)
    return plan


def send_batch(session: Any, notice_id: int, *, batch: int = BATCH) -> int:
    """Puts the next messages of a confirmed notice in the outbox, and the rest on the queue; returns
    how many. One transaction: a batch that died leaves nothing, and a number is written to once.
    What an hour's budget does not hold waits for the next; a notice that is over is not sent on."""
    with unit_of_work(session):
        notice = session.scalars(
            select(Notice).where(Notice.id == notice_id).with_for_update()
        ).one_or_none()
        if notice is None or notice.sms_confirmed_at is None or notice.sms_done_at is not None:
            return 0
        over = notice.withdrawn_at is not None or notice.shown_until < clock.today()
        left = messages_left(session, KIND, _cents_each(session, notice), shortest_minutes=0)
        wanted = batch if left is None else min(batch, left)
        found = [] if over or not wanted else _next(session, notice, wanted)
        for _key, number, locale in found:
            _post(session, notice, number, locale)
        if found:
            notice.sms_cursor = found[-1][0]
            notice.sms_posted += len(found)
        if not over and len(found) == wanted:
            _defer(session, notice, at=None if wanted else clock.real_now() + WAIT)
        else:
            _finish(session, notice)
        session.flush()
    return len(found)


def _finish(session: Any, notice: Notice) -> None:
    notice.sms_done_at = clock.now()
    session.flush()
    subject = Subject("notice", notice.id, notice.sub_county_id)
    after = {"messages": notice.sms_posted}
    record(session, system_actor(TASK), "notice.sms_posted", subject, after=after)


def recipients(notice: Notice, today: dt.date) -> Select[Any]:
    """(key, number, language) of everybody whom the notice reaches by SMS, each number once."""
    audience = Audience(notice.audience)
    if audience is Audience.OFFICERS:
        return _officers(notice, today)
    if audience in {Audience.CENTRES, Audience.NAMED_CENTRES}:
        return _centres(notice, today)
    return _offices(notice, audience)


def _officers(notice: Notice, today: dt.date) -> Select[Any]:
    """Officers who work in the area and whose profile is past a draft, or who have days there."""
    statement = (
        select(Officer.id.label("key"), Officer.mobile.label("number"), User.locale.label("locale"))
        .outerjoin(User, User.officer_id == Officer.id)
        .where(Officer.mobile.op("~")(KENYAN_MOBILE))
    )
    if notice.sub_county_id is None:
        return statement.where(Officer.state != "draft")
    here = notice.sub_county_id
    on_duty = select(Deployment.officer_id).where(
        Deployment.sub_county_id == here, Deployment.status.in_(LIVE), Deployment.ends_on >= today
    )
    at_home = (Officer.sub_county_id == here) & (Officer.state != "draft")
    return statement.where(or_(at_home, Officer.id.in_(on_duty)))


def _centres(notice: Notice, today: dt.date) -> Select[Any]:
    """The telephones of centres whose season is not over, each number once."""
    statement = select(
        func.min(Centre.id).label("key"),
        Centre.telephone.label("number"),
        cast(null(), String).label("locale"),
    ).where(Centre.telephone.op("~")(KENYAN_MOBILE))
    if notice.audience == Audience.NAMED_CENTRES:
        named = select(NoticeCentre.centre_id).where(NoticeCentre.notice_id == notice.id)
        statement = statement.where(Centre.id.in_(named))
    else:
        statement = statement.join(Series, Series.id == Centre.series_id)
        statement = statement.where(Series.ends_on >= today)
        if notice.sub_county_id is not None:
            statement = statement.where(Centre.sub_county_id == notice.sub_county_id)
    return statement.group_by(Centre.telephone)


def _offices(notice: Notice, audience: Audience) -> Select[Any]:
    """The offices' own mobile telephones; county directors have none on record."""
    wanted = {Audience.TSC: ["tsc"], Audience.SCDE: ["scde"], Audience.DIRECTORS: ["tsc", "scde"]}
    number = func.regexp_replace(OfficeContact.telephone, r"^\+?(254|0)|\s", "", "g")
    mobile = literal("254").concat(number)
    statement = select(
        func.min(OfficeContact.id).label("key"),
        mobile.label("number"),
        cast(null(), String).label("locale"),
    ).where(OfficeContact.office.in_(wanted.get(audience, [])), mobile.op("~")(KENYAN_MOBILE))
    if notice.sub_county_id is not None:
        statement = statement.where(OfficeContact.sub_county_id == notice.sub_county_id)
    return statement.group_by(mobile)


def _next(session: Any, notice: Notice, batch: int) -> list[Any]:
    all_of_them = recipients(notice, clock.today()).subquery()
    statement = (
        select(all_of_them)
        .where(all_of_them.c.key > notice.sms_cursor)
        .order_by(all_of_them.c.key)
        .limit(batch)
    )
    return list(session.execute(statement))


def _post(session: Any, notice: Notice, number: str, locale: str | None) -> None:
    if not is_kenyan_mobile(number):
        return
    english = notice.sms_en or ""
    text = SmsText(en=_plain(english), sw=_plain(notice.sms_sw or english))
    intent = f"notice:{notice.id}:{number}"
    post(session, to=number, text=text, kind=MessageKind.NOTICE, locale=locale, intent=intent)


def _plain(words: str) -> str:
    """The words as a template without gaps."""
    return words.replace("%", "%%")


def _plan(session: Any, notice: Notice) -> SmsPlan:
    found = recipients(notice, clock.today()).subquery()
    people = int(session.scalar(select(func.count()).select_from(found)) or 0)
    cents = _cents_each(session, notice)
    kes = -(-people * cents // 100)
    allowed = messages_left(session, KIND, cents, shortest_minutes=DAY_MINUTES)
    words = notice.sms_en or ""
    return SmsPlan(people, kes, allowed, words, notice.sms_sw or words)


def _cents_each(session: Any, notice: Notice) -> int:
    """What one message costs at most, in Kenya cents."""
    texts = [words for words in (notice.sms_en, notice.sms_sw) if words]
    return max(segments_of(words) for words in texts) * price_per_segment_cents(session)


def _refuse_unsendable(notice: Notice) -> None:
    if notice.withdrawn_at is not None:
        raise IllegalMove("withdrawn", N_("This notice is withdrawn already."))
    if not notice.sms_en:
        raise RuleBroken("no-sms", N_("Write the words of the SMS first: edit the notice."))
    if notice.sms_confirmed_at is not None:
        raise IllegalMove("sent", N_("This notice goes out by SMS already."))
    if notice.shown_until < clock.today():
        raise IllegalMove("over", N_("This notice is over: its last day has passed."))


def _defer(session: Any, notice: Notice, at: dt.datetime | None = None) -> None:
    defer(session, TASK, at=at, lock=f"notice:{notice.id}", notice_id=notice.id)
