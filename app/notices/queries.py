"""Reads of notices: what stands on a home today, and the centres that codes name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, false, or_, select

from app.exams.models import Series
from app.extensions import Model
from app.notices.enums import Audience
from app.notices.models import Notice, NoticeSeen
from app.notices.rules import audiences_of
from app.places.models import Centre
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope

MOST_SHOWN = 10
LIVE = ("published", "accepted")


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """A notice as a home tells it."""

    id: int
    office: str
    text_en: str
    text_sw: str | None
    author: str
    posted_at: dt.datetime
    shown_until: dt.date

    def text(self, language: str) -> str:
        """The words in the language, English where there are no others."""
        return (self.text_sw if language == "sw" else None) or self.text_en


def notices_shown(
    session: Any, scope: Scope, actor: Actor, today: dt.date
) -> tuple[ShownNotice, ...]:
    """What is addressed to the actor today and not put away, newest first; one statement.

    Nothing is asked for roles that nobody writes to.
    """
    audiences = audiences_of(actor.roles)
    if not audiences:
        return ()
    statement = (
        select(
            Notice.id,
            Notice.office,
            Notice.text_en,
            Notice.text_sw,
            Notice.author_name,
            Notice.posted_at,
            Notice.shown_until,
        )
        .where(
            Notice.shown_until >= today,
            Notice.shown_from <= today,
            Notice.withdrawn_at.is_(None),
            Notice.audience.in_(audiences),
            _reaches_officer(scope, today),
            ~_put_away(actor),
        )
        .order_by(Notice.posted_at.desc(), Notice.id.desc())
        .limit(MOST_SHOWN)
    )
    return tuple(ShownNotice(*row) for row in session.execute(restrict(statement, Notice, scope)))


def _put_away(actor: Actor) -> ColumnElement[bool]:
    return exists().where(
        NoticeSeen.notice_id == Notice.id, NoticeSeen.user_id == (actor.user_id or 0)
    )


def _reaches_officer(scope: Scope, today: dt.date) -> ColumnElement[bool]:
    """For officers: their workstation's area, or one where they still have days to work."""
    officers = sorted(scope.officer_ids)
    person, duty = Model.metadata.tables["officer"], Model.metadata.tables["deployment"]
    return or_(
        Notice.audience != Audience.OFFICERS,
        Notice.sub_county_id.is_(None),
        Notice.sub_county_id.in_(select(person.c.sub_county_id).where(person.c.id.in_(officers)))
        if officers
        else false(),
        Notice.sub_county_id.in_(
            select(duty.c.sub_county_id).where(
                duty.c.officer_id.in_(officers), duty.c.status.in_(LIVE), duty.c.ends_on >= today
            )
        )
        if officers
        else false(),
    )


def centres_coded(session: Any, scope: Scope, codes: Sequence[str]) -> dict[str, Centre]:
    """The centre in scope of each code, in its newest season; a code that is not there is missing."""
    statement = (
        select(Centre)
        .join(Series, Series.id == Centre.series_id)
        .where(Centre.code.in_(codes))
        .order_by(Series.starts_on, Centre.id)
    )
    return {one.code: one for one in session.scalars(restrict(statement, Centre, scope))}
