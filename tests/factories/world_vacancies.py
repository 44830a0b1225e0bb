"""Vacancies and applications of the fixed world, in each sub-county, and the rules that bar.

In each sub-county: a closed vacancy at its first KCSE centre, an open one for anywhere in it, two
spare officers whose profiles are complete, and their applications to the closed one.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select

from app.exams.models import EligibilityRule, Examination, RankingWeight, Series
from app.people.models import Officer
from app.places.models import Centre, School, SubCounty
from app.vacancies.models import Application, ApplicationMove, ServiceRecord, Vacancy
from tests.factories import world

SINCE = dt.date(2025, 1, 1)
LAST_DAY_OF_2024 = dt.date(2024, 12, 31)
CIRCULAR = "KNEC circular on contracted professionals"
RULES: tuple[tuple[str | None, str, dict[str, Any]], ...] = (
    (None, "profile_verified", {}),
    (None, "one_post_a_day", {}),
    (None, "no_declared_interest", {}),
    ("invigilator", "not_own_workstation", {}),
    ("invigilator", "tsc_employed", {}),
    ("invigilator", "number_given", {"any_of": ["tsc_number"]}),
    ("invigilator", "not_served_here", {"years": 3}),
    ("invigilator", "teaches_at", {"levels": ["primary"]}),
    ("invigilator", "experience", {"years": 3}),
    ("invigilator", "reads_braille", {}),
    ("supervisor", "teaches_at", {"levels": ["secondary"]}),
    ("supervisor", "qualification", {"at_least": "diploma"}),
    ("supervisor", "weekly_rotation", {"weeks": 1}),
    ("security", "number_given", {"any_of": ["staff_number", "national_id"]}),
)
WEIGHTS = (("distance", 40, 100), ("experience", 30, 5), ("left_out", 20, 1), ("verified", 10, 1))
PLACES = {"238": (34.78, -0.1), "239": (34.6, -0.05), "275": (36.07, -0.3)}
NEXT_SERIES = "KPSEA-2027"
"""A planned series without centres, whose calendar leaves every officer free."""


def build(b: Any) -> None:
    """Adds the rows; `b` is the builder of `world`."""
    _rules(b)
    series = _next_series(b)
    for place in b.session.scalars(select(SubCounty).order_by(SubCounty.id)).all():
        officers = _spare(b, place)
        _vacancies(b, place, series, officers)


def _rules(b: Any) -> None:
    for examination in b.session.scalars(select(Examination)).all():
        for role, kind, parameters in RULES:
            b.add(
                EligibilityRule(
                    examination_id=examination.id,
                    role_id=b.roles[role].id if role else None,
                    kind=kind,
                    parameters=parameters,
                    effective_from=SINCE,
                    year=2025,
                    source=CIRCULAR,
                )
            )
        for criterion, weight, full_at in WEIGHTS:
            b.add(
                RankingWeight(
                    examination_id=examination.id,
                    criterion=criterion,
                    weight=weight,
                    full_at=full_at,
                )
            )


def _next_series(b: Any) -> Series:
    kpsea = b.session.scalars(select(Examination).where(Examination.code == "KPSEA")).one()
    series: Series = b.add(
        Series(
            examination_id=kpsea.id,
            code=NEXT_SERIES,
            year=2027,
            name="KPSEA 2027",
            starts_on=dt.date(2027, 10, 25),
            ends_on=dt.date(2027, 10, 27),
            status="planned",
        )
    )
    return series


def _spare(b: Any, place: SubCounty) -> list[Officer]:
    """The officers whom nobody has deployed, made primary teachers with every fact given."""
    school = b.session.scalars(select(School).where(School.sub_county_id == place.id)).first()
    school.lon, school.lat = PLACES[place.code]
    found: list[Officer] = b.session.scalars(
        select(Officer)
        .where(Officer.sub_county_id == place.id, Officer.workstation == f"{place.name} Boys")
        .order_by(Officer.id)
    ).all()
    for officer in found:
        officer.employer_kind, officer.teaches_at = "tsc", "primary"
        officer.started_on = dt.date(2015, 1, 5)
        officer.qualification_level = "diploma"
        officer.workstation_school_id = school.id
    b.session.flush()
    b.add(
        ServiceRecord(
            officer_id=found[0].id,
            sub_county_id=place.id,
            examination_id=b.session.scalars(
                select(Examination.id).where(Examination.code == "KCSE")
            ).one(),
            year=2019,
            school_id=school.id,
            role_id=b.roles["invigilator"].id,
        )
    )
    return found


def _vacancies(b: Any, place: SubCounty, series: Series, officers: list[Officer]) -> None:
    centre = b.session.scalars(
        select(Centre)
        .where(Centre.sub_county_id == place.id, Centre.kind == "school")
        .order_by(Centre.code)
    ).first()
    at = {"opens_at": world.NOW - dt.timedelta(days=9), "sub_county_id": place.id}
    closed = b.add(
        Vacancy(
            **at,
            series_id=centre.series_id,
            centre_id=centre.id,
            role_id=b.roles["invigilator"].id,
            posts=1,
            closes_at=world.NOW - dt.timedelta(days=1),
            state="closed",
            closed_at=world.NOW - dt.timedelta(days=1),
        )
    )
    anywhere = b.add(
        Vacancy(
            **at,
            series_id=series.id,
            role_id=b.roles["invigilator"].id,
            posts=2,
            closes_at=world.NOW + dt.timedelta(days=9),
        )
    )
    anywhere.lon, anywhere.lat = PLACES[place.code]
    b.session.flush()
    for officer in officers:
        _application(b, closed, officer)


def _application(b: Any, vacancy: Vacancy, officer: Officer) -> None:
    at = world.NOW - dt.timedelta(days=2)
    application = b.add(
        Application(
            vacancy_id=vacancy.id,
            sub_county_id=vacancy.sub_county_id,
            officer_id=officer.id,
            state="applied",
            applied_at=at,
            moved_at=at,
        )
    )
    b.add(
        ApplicationMove(
            application_id=application.id,
            sub_county_id=vacancy.sub_county_id,
            officer_id=officer.id,
            act="apply",
            to_state="applied",
            moved_at=at,
            actor_name=officer.full_name,
        )
    )
