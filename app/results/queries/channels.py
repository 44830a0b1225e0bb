"""Results by telephone: which release is asked for, whether that is switched on, how often somebody
asked."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import joinedload

from app.exams.models import Series
from app.results.documents import Release
from app.results.enums import Channel, ReleaseState
from app.results.models import ResultQuestion, ResultRelease, ResultSwitch
from app.results.publishing import store_name
from app.scoping.scope import Scope

__all__ = ["any_on", "asked_by", "is_on", "questions_of", "release_in_store", "switches_of"]

_LIVE = (ReleaseState.APPROVED, ReleaseState.RELEASED)
_PREPARED = (ReleaseState.APPROVED, ReleaseState.RELEASED, ReleaseState.SUPERSEDED)


def release_in_store(session: Any, store: str) -> ResultRelease | None:
    """The release whose store has this name: the one that the page answers from."""
    number = store.rpartition("-")[2]
    if not (number.isascii() and number.isdecimal()):
        return None
    found = session.scalars(
        select(ResultRelease)
        .join(Series, Series.id == ResultRelease.series_id)
        .where(
            ResultRelease.number == int(number),
            ResultRelease.state.in_([str(one) for one in _PREPARED]),
        )
        .options(joinedload(ResultRelease.series))
        .order_by(ResultRelease.id.desc())
        .execution_options(populate_existing=True)
    )
    for one in found:
        if store_name(Release(one.number, one.series.name, one.series.year, "")) == store:
            release: ResultRelease = one
            return release
    return None


def is_on(session: Any, release_id: int, channel: Channel) -> bool:
    """Whether the release is answered by the channel now: what the last switch said, and off where
    nobody switched it."""
    found = session.scalar(
        select(ResultSwitch.is_on)
        .where(ResultSwitch.release_id == release_id, ResultSwitch.channel == str(channel))
        .order_by(ResultSwitch.id.desc())
        .limit(1)
    )
    return bool(found)


def any_on(session: Any) -> bool:
    """Whether any release that is approved or open is answered by a channel now."""
    last = (
        select(ResultSwitch.release_id, ResultSwitch.is_on)
        .join(ResultRelease, ResultRelease.id == ResultSwitch.release_id)
        .where(ResultRelease.state.in_([str(one) for one in _LIVE]))
        .distinct(ResultSwitch.release_id, ResultSwitch.channel)
        .order_by(ResultSwitch.release_id, ResultSwitch.channel, ResultSwitch.id.desc())
        .subquery()
    )
    return bool(session.scalar(select(exists().where(last.c.is_on))))


def switches_of(session: Any, scope: Scope, release_id: int) -> list[ResultSwitch]:
    """Every time a channel of the release was switched, the newest first."""
    if not scope.is_everything:
        return []
    statement = select(ResultSwitch).where(ResultSwitch.release_id == release_id)
    return list(session.scalars(statement.order_by(ResultSwitch.id.desc())))


def questions_of(session: Any, scope: Scope, release_id: int) -> dict[str, tuple[int, int]]:
    """How many questions came by each channel, and how many of them showed a result."""
    if not scope.is_everything:
        return {}
    rows = session.execute(
        select(ResultQuestion.channel, func.count(), func.count().filter(ResultQuestion.shown))
        .where(ResultQuestion.release_id == release_id)
        .group_by(ResultQuestion.channel)
    )
    return {channel: (asked, shown) for channel, asked, shown in rows}


def asked_by(session: Any, asker: bytes, since: dt.datetime) -> int:
    """How many questions a telephone asked since a moment, by either channel."""
    statement = select(func.count()).where(
        ResultQuestion.asker == asker, ResultQuestion.asked_at > since
    )
    return int(session.scalar(statement))
