"""A random season in the test world: registers, marks, disputes, and the summaries they leave."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from typing import Any

from sqlalchemy import select, text

from app.attendance.models import CentreDay, Dispute, Mark, Register
from app.attendance.queries import centre_on_day, people_on
from app.deployments.models import Deployment
from app.exams.models import ExamDay
from app.places.models import Centre
from tests.factories import world
from tests.factories.registers import EVERYTHING

STATES = ("open", "submitted", "confirmed", "returned", "locked")
DAY_BEFORE_WORLD = dt.date(2026, 11, 6)


def fill(session: Any, seed: int, *, series: str = "KCSE-2026") -> None:
    """Keeps random registers for days that the world leaves unmarked, today's among them."""
    chance = random.Random(seed)
    centres = session.scalars(
        select(Centre)
        .join(Centre.series)
        .where(text("series.code = :series"))
        .order_by(Centre.code),
        {"series": series},
    ).all()
    days = session.scalars(
        select(ExamDay.day)
        .where(ExamDay.series_id == centres[0].series_id, ExamDay.day <= world.TODAY)
        .order_by(ExamDay.day)
    ).all()
    kept = set(session.execute(select(Register.centre_id, Register.day)).tuples())
    for centre in centres:
        for day in days:
            if (centre.id, day) not in kept and chance.random() < 0.7:
                _keep(session, chance, centre, day)


def _keep(session: Any, chance: random.Random, centre: Centre, day: dt.date) -> None:
    state = chance.choice(STATES)
    roster, _others = people_on(EVERYTHING, centre_on_day(EVERYTHING, day, centre_id=centre.id))
    at = dt.datetime.combine(day, dt.time(4, chance.randrange(60)), dt.UTC)
    own = {"centre_id": centre.id, "sub_county_id": centre.sub_county_id, "day": day}
    register = Register(
        series_id=centre.series_id,
        state="open",
        opened_at=at,
        submitted_at=None if state == "open" else at,
        confirmed_at=at if state in ("confirmed", "locked") else None,
        **own,
    )
    session.add(register)
    session.flush()
    counts: dict[int, Counter[str]] = {}
    for line in roster:
        marked = chance.choice(("present", "present", "late", "absent"))
        if state == "open" and chance.random() < 0.5:
            marked = "unmarked"
        held = marked != "unmarked" and chance.random() < 0.2
        counts.setdefault(line.role_id, Counter()).update(
            {marked: 1, "expected": 1, "held": int(held and marked in ("present", "late"))}
        )
        if marked != "unmarked":
            _mark(session, register, line, (marked, at), held=held)
    _summarise(session, register, counts, (state, at))
    register.state = state
    session.flush()


def _mark(
    session: Any, register: Register, line: Any, said: tuple[str, dt.datetime], *, held: bool
) -> None:
    marked, at = said
    place = session.get(Deployment, line.deployment_id)
    own = {
        "deployment_id": place.id,
        "officer_id": place.officer_id,
        "centre_id": register.centre_id,
        "sub_county_id": register.sub_county_id,
        "day": register.day,
    }
    session.add(
        Mark(
            register_id=register.id,
            role_id=place.role_id,
            status=marked,
            minutes_late=10 if marked == "late" else None,
            marked_at=at,
            **own,
        )
    )
    if held:
        session.add(Dispute(claim="It was otherwise.", **own))


def _summarise(
    session: Any,
    register: Register,
    counts: dict[int, Counter[str]],
    stands: tuple[str, dt.datetime],
) -> None:
    state, at = stands
    for role_id, found in counts.items():
        names = ("expected", "present", "late", "absent", "unmarked", "held")
        session.add(
            CentreDay(
                centre_id=register.centre_id,
                day=register.day,
                role_id=role_id,
                series_id=register.series_id,
                sub_county_id=register.sub_county_id,
                state=state,
                updated_at=at,
                **{name: found[name] for name in names},
            )
        )
    session.flush()
