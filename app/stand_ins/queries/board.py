"""The board of one moment: centres in the order of urgency, their open places, who was asked.

Cheap to ask again every few seconds; only the stand-ins cost something, so they are added for what
is shown once the rest has changed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app import clock
from app.attendance.queries.rosters import managers_on
from app.deployments.models import Deployment
from app.deployments.queries.concerns import ConcernLine, open_concerns
from app.places.models import Centre, County, SubCounty
from app.scoping.restrict import restrict
from app.scoping.scope import Scope
from app.stand_ins.enums import Span, Urgency
from app.stand_ins.queries.centres import centres_of, morning
from app.stand_ins.queries.offers import Asked, asked_for
from app.stand_ins.queries.people import Wanted, stand_ins_for
from app.stand_ins.queries.places import Place, places_ahead, places_on
from app.stand_ins.ranking import Standing
from app.stand_ins.rules import Judged, by_urgency, judged, natural_span

__all__ = ["Board", "SubCountyCounts", "board", "stand_ins_on"]

MOST_CENTRES = 20
"""Centres shown with their places at one time."""
PAGE_AHEAD = 20
MOST_CONCERNS = 5
Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SubCountyCounts:
    """How the centres of a sub-county stand; `missing` counts people."""

    name: str
    slug: str
    county: str
    centres: int
    missing: int
    by_urgency: Mapping[Urgency, int]


@dataclass(frozen=True, slots=True)
class Board:
    """What the board shows of a place at a moment; `wide` counts by sub-county, without stand-ins.

    `centres` are the most urgent, `urgent` is how many there are; `managers` name and mobile by
    centre, `telephones` the centres' own. `ahead` is one page of the places to fill in the days to
    come, and `more_ahead` says whether another follows.
    """

    as_of: dt.datetime
    day: dt.date
    wide: bool
    starts_at: dt.datetime | None
    total: int
    counts: Mapping[Urgency, int]
    urgent: int
    centres: tuple[Judged, ...]
    places: tuple[Place, ...]
    ahead: tuple[Place, ...]
    more_ahead: bool
    asked: Mapping[Key, Asked]
    managers: Mapping[int, tuple[str, str]]
    telephones: Mapping[int, str | None]
    concerns: tuple[ConcernLine, ...]
    open_concerns: int
    sub_counties: tuple[SubCountyCounts, ...]
    deployments: tuple[int, int]

    def stamp(self, *also: object) -> str:
        """The same text while nothing that is shown has changed; minutes count, seconds do not."""
        seen = repr((*also, self.day, self.wide, self.total, self.counts, self.centres))
        seen += repr(
            (self.places, self.ahead, self.more_ahead, self.asked, self.managers, self.concerns)
        )
        seen += repr((self.open_concerns, self.sub_counties, self.deployments))
        return hashlib.sha256(seen.encode()).hexdigest()[:32]


def board(
    session: Any, scope: Scope, *, sub_county_id: int | None = None, ahead_page: int = 1
) -> Board:
    """The board of the scope, or of one of its sub-counties, in a number of queries that does not
    grow with what is shown."""
    now, day = clock.now(), clock.today()
    of = morning(session, day)
    facts = centres_of(session, scope, of, sub_county_id=sub_county_id)
    all_judged = [judged(one, now) for one in facts]
    urgent = by_urgency(one for one in all_judged if one.urgency is not Urgency.READY)
    wide = sub_county_id is None and (scope.is_everything or len(scope.sub_county_ids) > 1)
    shown = tuple(urgent[:MOST_CENTRES])
    ids = [one.facts.centre_id for one in shown]
    places = () if wide else places_on(session, scope, of, ids)
    ahead: tuple[Place, ...] = ()
    until = ahead_page * PAGE_AHEAD
    if not wide:
        ahead = places_ahead(session, scope, day, sub_county_id=sub_county_id, limit=until + 1)
    more_ahead, ahead = len(ahead) > until, ahead[until - PAGE_AHEAD : until]
    posts = {one.open.post_id for one in (*places, *ahead)}
    concerns = _concerns(session, scope, sub_county_id)
    return Board(
        as_of=now,
        day=day,
        wide=wide,
        starts_at=min(of.starts.values(), default=None),
        total=len(facts),
        counts=dict(sorted(Counter(one.urgency for one in all_judged).items())),
        urgent=len(urgent),
        centres=shown,
        places=places,
        ahead=ahead,
        more_ahead=more_ahead,
        asked=asked_for(session, scope, posts, day),
        managers=_managers(session, scope, day, ids),
        telephones=_telephones(session, scope, ids),
        concerns=tuple(concerns[:MOST_CONCERNS]),
        open_concerns=len(concerns),
        sub_counties=_by_sub_county(session, all_judged) if wide else (),
        deployments=_newest(session, scope),
    )


def stand_ins_on(session: Any, shown: Board) -> Mapping[Key, tuple[Standing, ...]]:
    """The best stand-ins of every place on the board, those of today first."""
    wanted: dict[Key, Wanted] = {}
    for place in (*shown.places, *shown.ahead):
        one_day = natural_span(place.open.cause) is Span.TODAY
        last = place.open.day if one_day else place.ends_on
        wanted.setdefault(place.key, Wanted(place, place.open.day, last))
    return stand_ins_for(session, list(wanted.values()))


def _concerns(session: Any, scope: Scope, sub_county_id: int | None) -> list[ConcernLine]:
    found = open_concerns(session, scope)
    if sub_county_id is None or not found:
        return list(found)
    here = set(
        session.scalars(
            select(Centre.id).where(
                Centre.sub_county_id == sub_county_id,
                Centre.id.in_({one.centre_id for one in found}),
            )
        )
    )
    return [one for one in found if one.centre_id in here]


def _managers(
    session: Any, scope: Scope, day: dt.date, ids: Sequence[int]
) -> dict[int, tuple[str, str]]:
    wanted = restrict(managers_on(day), Deployment, scope).where(Deployment.centre_id.in_(ids))
    return {centre: (name, mobile) for centre, name, mobile in session.execute(wanted)}


def _telephones(session: Any, scope: Scope, ids: Sequence[int]) -> dict[int, str | None]:
    wanted = restrict(select(Centre.id, Centre.telephone), Centre, scope)
    return dict(session.execute(wanted.where(Centre.id.in_(ids)).order_by(Centre.id)).all())


def _newest(session: Any, scope: Scope) -> tuple[int, int]:
    """Changes whenever somebody in scope is deployed or answers: who could come may have changed."""
    if scope.is_everything:
        return (0, 0)
    statement = select(
        func.coalesce(func.max(Deployment.id), 0), func.count(Deployment.answered_at)
    )
    newest, answered = session.execute(restrict(statement, Deployment, scope)).one()
    return (newest, answered)


def _by_sub_county(session: Any, found: Sequence[Judged]) -> tuple[SubCountyCounts, ...]:
    """Sub-counties with something to do, the most critical first."""
    grouped: dict[int, list[Judged]] = defaultdict(list)
    for one in found:
        grouped[one.facts.sub_county_id].append(one)
    rows = session.execute(
        select(SubCounty.id, SubCounty.name, SubCounty.slug, County.name.label("county"))
        .join(County, County.id == SubCounty.county_id)
        .where(SubCounty.id.in_(sorted(grouped)))
        .order_by(County.name, SubCounty.name)
    )
    counted = [
        SubCountyCounts(
            row.name,
            row.slug,
            row.county,
            len(grouped[row.id]),
            sum(one.facts.missing for one in grouped[row.id]),
            dict(sorted(Counter(one.urgency for one in grouped[row.id]).items())),
        )
        for row in rows
    ]
    return tuple(
        sorted(
            (one for one in counted if one.by_urgency.get(Urgency.READY, 0) < one.centres),
            key=lambda one: (
                -one.by_urgency.get(Urgency.CRITICAL, 0),
                -one.by_urgency.get(Urgency.NOT_OPENED, 0),
                -one.missing,
                one.county,
                one.name,
            ),
        )
    )
