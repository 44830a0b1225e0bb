"""Tables of the season: examinations, series, days, deadlines, staff roles, dated rules and rates."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    Integer,
    String,
    Text,
    Time,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Instant, Model, key, optional_key
from app.exams.enums import EligibilityKind, RankCriterion
from app.places.models import County


def _one_of(column: str, words: type[EligibilityKind | RankCriterion]) -> str:
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"


class Examination(Model):
    """An examination such as KCSE; no code branches on its name."""

    __tablename__ = "examination"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String(10), nullable=False, unique=True)
    name: Mapped[str] = mapped_column(String(120), nullable=False)
    historic: Mapped[bool] = mapped_column(Boolean, nullable=False, server_default=false())

    def __repr__(self) -> str:
        return self.code


class Series(Model):
    """One sitting of an examination: KCSE 2026."""

    __tablename__ = "series"
    __table_args__: Any = (
        UniqueConstraint("examination_id", "year"),
        CheckConstraint("ends_on >= starts_on", name="dates_in_order"),
        CheckConstraint("status IN ('planned', 'running', 'finished')", name="status"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    examination_id: Mapped[int] = key("examination.id")
    code: Mapped[str] = mapped_column(String(20), nullable=False, unique=True)
    name: Mapped[str] = mapped_column(String(120), nullable=False)
    year: Mapped[int] = mapped_column(Integer, nullable=False)
    starts_on: Mapped[dt.date] = mapped_column(Date, nullable=False)
    ends_on: Mapped[dt.date] = mapped_column(Date, nullable=False)
    status: Mapped[str] = mapped_column(String(10), nullable=False, server_default="planned")
    examination: Mapped[Examination] = relationship(Examination)

    def __repr__(self) -> str:
        return self.name


class ExamDay(Model):
    """One day of a series' calendar with its marking window, in Africa/Nairobi times.

    A register may be opened from `opens_at`, is due by `submit_by` and may be marked until
    `closes_at` of the day `late_days` after; `second_session` is empty on one-session days.
    """

    __tablename__ = "exam_day"
    __table_args__: Any = (
        UniqueConstraint("series_id", "day"),
        CheckConstraint("kind IN ('rehearsal', 'oral', 'practical', 'written')", name="kind"),
        CheckConstraint("opens_at <= submit_by AND submit_by <= closes_at", name="window_in_order"),
        CheckConstraint("late_days BETWEEN 0 AND 30", name="late_days"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    series_id: Mapped[int] = key("series.id")
    day: Mapped[dt.date] = mapped_column(Date, nullable=False, index=True)
    kind: Mapped[str] = mapped_column(String(12), nullable=False)
    payable: Mapped[bool] = mapped_column(Boolean, nullable=False, server_default=true())
    first_session: Mapped[dt.time] = mapped_column(Time, nullable=False, server_default="08:00")
    second_session: Mapped[dt.time | None] = mapped_column(Time)
    opens_at: Mapped[dt.time] = mapped_column(Time, nullable=False, server_default="06:00")
    submit_by: Mapped[dt.time] = mapped_column(Time, nullable=False, server_default="09:00")
    closes_at: Mapped[dt.time] = mapped_column(Time, nullable=False, server_default="18:00")
    late_days: Mapped[int] = mapped_column(Integer, nullable=False, server_default="0")
    series: Mapped[Series] = relationship(Series)

    def __repr__(self) -> str:
        return f"{self.day:%a} {self.day.day} {self.day:%b}"


class Deadline(Model):
    """A dated deadline of a series; after it a change needs a reason."""

    __tablename__ = "deadline"
    __table_args__: Any = (UniqueConstraint("series_id", "code"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    series_id: Mapped[int] = key("series.id")
    code: Mapped[str] = mapped_column(String(40), nullable=False)
    name: Mapped[str] = mapped_column(String(120), nullable=False)
    falls_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)
    series: Mapped[Series] = relationship(Series)

    def __repr__(self) -> str:
        return self.name


class StaffRole(Model):
    """A role an officer is deployed in: centre manager, supervisor, invigilator, security, …"""

    __tablename__ = "staff_role"
    __table_args__: Any = (CheckConstraint("works_at IN ('school', 'store')", name="works_at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String(30), nullable=False, unique=True)
    name: Mapped[str] = mapped_column(String(60), nullable=False)
    name_sw: Mapped[str] = mapped_column(String(60), nullable=False)
    position: Mapped[int] = mapped_column(Integer, nullable=False)
    works_at: Mapped[str] = mapped_column(String(10), nullable=False, server_default="school")
    manages_centre: Mapped[bool] = mapped_column(Boolean, nullable=False, server_default=false())
    needs_tsc_number: Mapped[bool] = mapped_column(Boolean, nullable=False, server_default=true())

    def __repr__(self) -> str:
        return self.name


class RatioRule(Model):
    """How many posts of a role there are: fixed + ceil(candidates / candidates_per) + extra.

    `extra` is added when candidates exceed `extra_over`. A county rule (drivers) is a dated count
    for one county. The rule holds from `effective_from` until `effective_to` (both inclusive); a
    rule that has been used is ended, never deleted. `assumed` marks an assumption of ours.
    """

    __tablename__ = "ratio_rule"
    __table_args__: Any = (
        CheckConstraint("basis IN ('centre', 'county')", name="basis"),
        CheckConstraint("(basis = 'county') = (county_id IS NOT NULL)", name="county_basis"),
        CheckConstraint("candidates_per IS NULL OR candidates_per > 0", name="candidates_per"),
        CheckConstraint("(extra = 0) = (extra_over IS NULL)", name="extra_with_threshold"),
        CheckConstraint("fixed >= 0 AND extra >= 0", name="not_negative"),
        CheckConstraint("effective_to >= effective_from", name="dates_in_order"),
        ExcludeConstraint(
            (text("int4range(examination_id, examination_id, '[]')"), "&&"),
            (text("int4range(role_id, role_id, '[]')"), "&&"),
            (
                text("int4range(coalesce(county_id, 0), coalesce(county_id, 0), '[]')"),
                "&&",
            ),
            (text("daterange(effective_from, effective_to, '[]')"), "&&"),
            name="ex_ratio_rule_one_at_a_time",
            using="gist",
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    examination_id: Mapped[int] = key("examination.id")
    role_id: Mapped[int] = key("staff_role.id")
    basis: Mapped[str] = mapped_column(String(10), nullable=False, server_default="centre")
    county_id: Mapped[int | None] = optional_key("county.id")
    fixed: Mapped[int] = mapped_column(Integer, nullable=False, server_default="0")
    candidates_per: Mapped[int | None] = mapped_column(Integer)
    extra: Mapped[int] = mapped_column(Integer, nullable=False, server_default="0")
    extra_over: Mapped[int | None] = mapped_column(Integer)
    day_kinds: Mapped[list[str]] = mapped_column(
        ARRAY(Text),
        nullable=False,
        server_default=text("'{rehearsal,oral,practical,written}'"),
    )
    assumed: Mapped[bool] = mapped_column(Boolean, nullable=False, server_default=false())
    effective_from: Mapped[dt.date] = mapped_column(Date, nullable=False)
    effective_to: Mapped[dt.date | None] = mapped_column(Date)
    source: Mapped[str] = mapped_column(String(200), nullable=False)
    examination: Mapped[Examination] = relationship(Examination)
    role: Mapped[StaffRole] = relationship(StaffRole)
    county: Mapped[County | None] = relationship(County)

    def __repr__(self) -> str:
        return f"rule {self.id}"


class DayRate(Model):
    """Whole shillings paid for a day in a role, from a date; a county's rate beats the nation's."""

    __tablename__ = "day_rate"
    __table_args__: Any = (
        CheckConstraint("kes_per_day > 0", name="positive"),
        CheckConstraint("effective_to >= effective_from", name="dates_in_order"),
        ExcludeConstraint(
            (text("int4range(examination_id, examination_id, '[]')"), "&&"),
            (text("int4range(role_id, role_id, '[]')"), "&&"),
            (
                text("int4range(coalesce(county_id, 0), coalesce(county_id, 0), '[]')"),
                "&&",
            ),
            (text("daterange(effective_from, effective_to, '[]')"), "&&"),
            name="ex_day_rate_one_at_a_time",
            using="gist",
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    examination_id: Mapped[int] = key("examination.id")
    role_id: Mapped[int] = key("staff_role.id")
    county_id: Mapped[int | None] = optional_key("county.id")
    kes_per_day: Mapped[int] = mapped_column(Integer, nullable=False)
    effective_from: Mapped[dt.date] = mapped_column(Date, nullable=False)
    effective_to: Mapped[dt.date | None] = mapped_column(Date)
    year: Mapped[int] = mapped_column(Integer, nullable=False)
    source: Mapped[str] = mapped_column(String(200), nullable=False)
    examination: Mapped[Examination] = relationship(Examination)
    role: Mapped[StaffRole] = relationship(StaffRole)
    county: Mapped[County | None] = relationship(County)

    def __repr__(self) -> str:
        return f"KSh {self.kes_per_day} a day"


class EligibilityRule(Model):
    """One bar that keeps people from posts of an examination, from a day until another.

    Without a role it holds for all. Rules only ever add bars: none of them lifts another's.
    """

    __tablename__ = "eligibility_rule"
    __table_args__: Any = (
        CheckConstraint(_one_of("kind", EligibilityKind), name="kind"),
        CheckConstraint("jsonb_typeof(parameters) = 'object'", name="parameters_object"),
        CheckConstraint("effective_to >= effective_from", name="dates_in_order"),
        ExcludeConstraint(
            (text("int4range(examination_id, examination_id, '[]')"), "&&"),
            (text("int4range(coalesce(role_id, 0), coalesce(role_id, 0), '[]')"), "&&"),
            (text("int4range(hashtext(kind), hashtext(kind), '[]')"), "&&"),
            (text("daterange(effective_from, effective_to, '[]')"), "&&"),
            name="ex_eligibility_rule_one_at_a_time",
            using="gist",
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    examination_id: Mapped[int] = key("examination.id")
    role_id: Mapped[int | None] = optional_key("staff_role.id")
    kind: Mapped[str] = mapped_column(String(24), nullable=False)
    parameters: Mapped[dict[str, Any]] = mapped_column(
        JSONB, nullable=False, server_default=text("'{}'")
    )
    effective_from: Mapped[dt.date] = mapped_column(Date, nullable=False)
    effective_to: Mapped[dt.date | None] = mapped_column(Date)
    year: Mapped[int] = mapped_column(Integer, nullable=False)
    source: Mapped[str] = mapped_column(String(200), nullable=False)
    examination: Mapped[Examination] = relationship(Examination)
    role: Mapped[StaffRole | None] = relationship(StaffRole)

    @property
    def terms(self) -> str:
        """The parameters in one line, for lists and files."""
        return json.dumps(self.parameters, ensure_ascii=False) if self.parameters else ""

    def __repr__(self) -> str:
        return f"rule {self.id}"


class RankingWeight(Model):
    """How much a criterion counts when the applicants of an examination's vacancies are ordered.

    `full_at` is where the criterion is used up: kilometres for the distance, years for experience.
    """

    __tablename__ = "ranking_weight"
    __table_args__: Any = (
        UniqueConstraint("examination_id", "criterion"),
        CheckConstraint(_one_of("criterion", RankCriterion), name="criterion"),
        CheckConstraint("weight BETWEEN 0 AND 100", name="weight"),
        CheckConstraint("full_at > 0", name="full_at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    examination_id: Mapped[int] = key("examination.id")
    criterion: Mapped[str] = mapped_column(String(12), nullable=False)
    weight: Mapped[int] = mapped_column(Integer, nullable=False)
    full_at: Mapped[int] = mapped_column(Integer, nullable=False, server_default="1")
    examination: Mapped[Examination] = relationship(Examination)

    def __repr__(self) -> str:
        return f"{self.criterion} {self.weight}"


__all__ = [
    "DayRate",
    "Deadline",
    "EligibilityRule",
    "ExamDay",
    "Examination",
    "RankingWeight",
    "RatioRule",
    "Series",
    "StaffRole",
]
