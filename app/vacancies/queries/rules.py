"""The eligibility rules, weights and rates of examinations, as the values that the pure rules take."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.exams import policy
from app.exams.enums import DayKind, EligibilityKind, RankCriterion
from app.exams.models import (
    DayRate,
    Deadline,
    EligibilityRule,
    ExamDay,
    Examination,
    RankingWeight,
    StaffRole,
)
from app.places.models import County
from app.vacancies.eligibility import EligibilityRules, Rule
from app.vacancies.ranking import Weight

APPLICATIONS = "applications"
"""The code of the deadline after which nobody applies."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of a series and its deadline of applications, where it has one."""

    days: tuple[tuple[dt.date, DayKind, bool], ...] = ()
    closes_at: dt.datetime | None = None

    def days_of(self, kinds: Iterable[str]) -> tuple[dt.date, ...]:
        """The days of these kinds, in order."""
        wanted = set(kinds)
        return tuple(day for day, kind, _payable in self.days if kind in wanted)

    def payable_of(self, kinds: Iterable[str]) -> int:
        """How many days of these kinds are paid."""
        wanted = set(kinds)
        return sum(payable for _day, kind, payable in self.days if kind in wanted)


def eligibility_rules(session: Any) -> EligibilityRules:
    """Every eligibility rule of every examination, in the order in which people were told of them."""
    return EligibilityRules(tuple(rules_by_id(session).values()))


def rules_by_id(session: Any) -> Mapping[int, Rule]:
    """The same rules by the key of their row, in the same order."""
    rows = session.execute(
        select(
            EligibilityRule.id,
            EligibilityRule.kind,
            EligibilityRule.effective_from,
            EligibilityRule.effective_to,
            EligibilityRule.source,
            EligibilityRule.year,
            EligibilityRule.parameters,
            Examination.code.label("examination"),
            StaffRole.code.label("role"),
        )
        .join(Examination, Examination.id == EligibilityRule.examination_id)
        .outerjoin(StaffRole, StaffRole.id == EligibilityRule.role_id)
        .order_by(EligibilityRule.effective_from, EligibilityRule.id)
    )
    return {
        row.id: Rule(
            kind=EligibilityKind(row.kind),
            examination_code=row.examination,
            effective_from=row.effective_from,
            source=row.source,
            year=row.year,
            role_code=row.role,
            parameters=row.parameters,
            effective_to=row.effective_to,
        )
        for row in rows
    }


def weights_of(session: Any, examination_id: int) -> tuple[Weight, ...]:
    """The weights by which an examination's applicants are ordered, the heaviest first."""
    rows = session.execute(
        select(RankingWeight.criterion, RankingWeight.weight, RankingWeight.full_at)
        .where(RankingWeight.examination_id == examination_id)
        .order_by(RankingWeight.weight.desc(), RankingWeight.criterion)
    )
    return tuple(Weight(RankCriterion(name), weight, full_at) for name, weight, full_at in rows)


def calendars(session: Any, series_ids: Iterable[int]) -> Mapping[int, Calendar]:
    """The calendar of each of these series."""
    wanted = sorted(set(series_ids))
    days: dict[int, list[tuple[dt.date, DayKind, bool]]] = defaultdict(list)
    rows = session.execute(
        select(ExamDay.series_id, ExamDay.day, ExamDay.kind, ExamDay.payable)
        .where(ExamDay.series_id.in_(wanted))
        .order_by(ExamDay.day)
    )
    for series_id, day, kind, payable in rows:
        days[series_id].append((day, DayKind(kind), payable))
    ends = dict(
        session.execute(
            select(Deadline.series_id, Deadline.falls_at).where(
                Deadline.series_id.in_(wanted), Deadline.code == APPLICATIONS
            )
        ).all()
    )
    return {one: Calendar(tuple(days[one]), ends.get(one)) for one in wanted}


def day_rates(session: Any, examination_ids: Iterable[int]) -> tuple[policy.DayRate, ...]:
    """Every dated rate of these examinations."""
    rows = session.execute(
        select(DayRate, Examination.code, StaffRole.code, County.code)
        .join(Examination, Examination.id == DayRate.examination_id)
        .join(StaffRole, StaffRole.id == DayRate.role_id)
        .outerjoin(County, County.id == DayRate.county_id)
        .where(DayRate.examination_id.in_(sorted(set(examination_ids))))
        .order_by(DayRate.effective_from, DayRate.id)
    )
    return tuple(
        policy.DayRate(
            examination_code=examination,
            role_code=role,
            kes_per_day=row.kes_per_day,
            effective_from=row.effective_from,
            year=row.year,
            source=row.source,
            county_code=county,
            effective_to=row.effective_to,
        )
        for row, examination, role, county in rows
    )
