"""Who could stand in for whom: free that day, barred by no rule, near, the best three of each place.

Judged only for the places that are asked about, in a number of queries that does not grow.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, exists, select

from app import clock
from app.deployments.models import Deployment
from app.deployments.queries import Seating, bars_of
from app.people.enums import ProfileState
from app.people.models import Officer
from app.places.models import School
from app.proposals.queries import homes_of
from app.stand_ins.enums import OfferState
from app.stand_ins.models import StandInCall, StandInOffer
from app.stand_ins.queries.places import Place
from app.stand_ins.ranking import BEST, Standing, ranked, travel_km
from app.vacancies.queries import facts
from app.vacancies.ranking import distance_km

__all__ = ["Wanted", "stand_ins_for"]

POOL = 600
"""At most so many free people of a sub-county are looked at."""
ROUNDS = ((0, 24), (24, 144), (144, POOL))
"""The nearest are judged by the rules first; more of them only for places that still lack people."""

Span = tuple[dt.date, dt.date]
Homes = Mapping[int, tuple[float, float]]
"""Sub-county -> the middle of it, for those who said that they live there."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A place and the days for which somebody is wanted."""

    place: Place
    first: dt.date
    last: dt.date

    @property
    def key(self) -> tuple[int, int]:
        return self.place.key


def stand_ins_for(
    session: Any, wanted: Sequence[Wanted], *, best: int = BEST
) -> Mapping[tuple[int, int], tuple[Standing, ...]]:
    """The best stand-ins of each place by (post, slot), in order; fewer where there are no more.

    People come from the sub-county of the centre. Whoever is asked already for one of these days
    is left out, also of the other places; so is whoever declined a duty of these days.
    """
    if not wanted:
        return {}
    pools, unwilling = _pools(session, wanted), _declined(session, wanted)
    homes = homes_of(session, [person for pool in pools.values() for person in pool])
    judged: dict[tuple[int, int], list[Standing]] = defaultdict(list)
    waiting = list(wanted)
    for start, stop in ROUNDS:
        asked = [
            (one, person)
            for one in waiting
            for person in _nearest(
                one, pools.get(one.place.sub_county_id, ()), unwilling, homes=homes
            )[start:stop]
        ]
        for one, standing in _fit(session, asked, homes):
            judged[one.key].append(standing)
        waiting = [one for one in waiting if len(judged[one.key]) < best]
        if not waiting:
            break
    return {one.key: ranked(judged[one.key])[:best] for one in wanted}


def _pools(session: Any, wanted: Sequence[Wanted]) -> Mapping[int, list[Row[Any]]]:
    """Sub-county -> its verified officers who may be free, and where they work."""
    days = [one.first for one in wanted]
    busy = exists().where(
        Deployment.officer_id == Officer.id,
        Deployment.starts_on <= min(days),
        Deployment.ends_on >= max(days),
        Deployment.status != "declined",
    )
    asked = (
        exists()
        .where(StandInOffer.officer_id == Officer.id, StandInOffer.state == OfferState.OFFERED)
        .where(StandInCall.id == StandInOffer.call_id, StandInCall.expires_at > clock.now())
    )
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for sub_county_id in sorted({one.place.sub_county_id for one in wanted}):
        statement = (
            select(
                Officer.id,
                Officer.full_name,
                Officer.mobile,
                Officer.wanted_roles,
                Officer.home_sub_county_id,
                School.lon,
                School.lat,
            )
            .outerjoin(School, School.id == Officer.workstation_school_id)
            .where(
                Officer.sub_county_id == sub_county_id,
                Officer.state == ProfileState.VERIFIED,
                Officer.mobile.is_not(None),
                ~busy,
                ~asked,
            )
            .order_by(Officer.id)
            .limit(POOL)
        )
        found[sub_county_id] = list(session.execute(statement))
    return found


def _declined(session: Any, wanted: Sequence[Wanted]) -> Mapping[int, list[Span]]:
    """Officer -> the days of the duties they declined, about the days that are wanted."""
    statement = select(Deployment.officer_id, Deployment.starts_on, Deployment.ends_on).where(
        Deployment.sub_county_id.in_({one.place.sub_county_id for one in wanted}),
        Deployment.status == "declined",
        Deployment.starts_on <= max(one.last for one in wanted),
        Deployment.ends_on >= min(one.first for one in wanted),
    )
    found: dict[int, list[Span]] = defaultdict(list)
    for officer_id, first, last in session.execute(statement):
        found[officer_id].append((first, last))
    return found


def _nearest(
    one: Wanted,
    people: Collection[Row[Any]],
    unwilling: Mapping[int, list[Span]],
    *,
    homes: Homes,
) -> list[Row[Any]]:
    """Those who want the role and declined nothing on its days, the nearest first by workstation and
    home, unknown ones last."""
    here = (one.place.lon, one.place.lat)

    def far(person: Row[Any]) -> tuple[float, int]:
        km = travel_km(distance_km((person.lon, person.lat), here), _home_km(one, person, homes))
        return (float("inf") if km is None else km, person.id)

    fitting = [
        person
        for person in people
        if not person.wanted_roles or one.place.role_code in person.wanted_roles
        if not any(
            first <= one.last and one.first <= last for first, last in unwilling.get(person.id, ())
        )
    ]
    return sorted(fitting, key=far)


def _home_km(one: Wanted, person: Row[Any], homes: Homes) -> float | None:
    home = homes.get(person.home_sub_county_id)
    return distance_km(home, (one.place.lon, one.place.lat)) if home else None


def _fit(
    session: Any, asked: Sequence[tuple[Wanted, Row[Any]]], homes: Homes
) -> list[tuple[Wanted, Standing]]:
    """Those whom no rule bars, with what their place in the order depends on."""
    if not asked:
        return []
    known = facts.people(session, {person.id for _, person in asked})
    seatings = [
        Seating(person.id, one.place.open.post_id, one.first, one.last) for one, person in asked
    ]
    reasons = bars_of(session, seatings)
    return [
        (one, _standing(one, person, known[person.id], _home_km(one, person, homes)))
        for (one, person), bars in zip(asked, reasons, strict=True)
        if not bars
    ]


def _standing(one: Wanted, person: Row[Any], known: facts.Known, home_km: float | None) -> Standing:
    last_year = one.first.year - 1
    return Standing(
        officer_id=person.id,
        name=person.full_name,
        mobile=person.mobile,
        distance_km=distance_km(known.place, (one.place.lon, one.place.lat)),
        seasons=known.years_served,
        chosen_last_year=any(year == last_year for _, year in known.chosen),
        home_km=home_km,
    )
