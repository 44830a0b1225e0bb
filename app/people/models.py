"""Tables of people: the sign-ins of centres, and officers.

Identity numbers are stored encrypted with a keyed blind index for equality, never in clear.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.access.models import User
from app.db.base import Instant, Model, key, optional_key, stamped, user_key
from app.exams.models import Examination, Series, StaffRole
from app.places.models import Centre, School, SubCounty
from app.scoping.restrict import ScopeKeys

__all__ = [
    "CentreLogin",
    "DeclaredInterest",
    "IdentityClaim",
    "Lookalike",
    "NameKey",
    "Officer",
    "OfficerMerge",
    "ProfileMove",
    "ProfileRequirement",
    "SeriesConfirmation",
    "UnmaskLimit",
    "Unmasking",
]


class CentreLogin(Model):
    """The sign-in of a centre: who issued its password and when; the account itself is `user`."""

    __tablename__ = "centre_login"
    __scope__ = ScopeKeys(sub_county="sub_county_id", centre="centre_id")
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            onupdate="CASCADE",
            name="fk_centre_login_centre_in_sub_county",
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    centre_id: Mapped[int] = mapped_column(Integer, nullable=False, unique=True)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), nullable=False, unique=True)
    username: Mapped[str] = mapped_column(String(128), nullable=False, unique=True)
    active: Mapped[bool] = mapped_column(Boolean, nullable=False, server_default=true())
    issued_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    issued_by: Mapped[int | None] = user_key()
    last_sign_in_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    centre: Mapped[Centre] = relationship(
        Centre,
        foreign_keys=[centre_id],
        viewonly=True,
        primaryjoin="CentreLogin.centre_id == Centre.id",
    )
    user: Mapped[Any] = relationship(User, foreign_keys=[user_id])

    def __repr__(self) -> str:
        return self.username


class DeclaredInterest(Model):
    """A school at which an officer has declared an interest; it bars them from that centre."""

    __tablename__ = "declared_interest"
    __scope__ = ScopeKeys(sub_county="sub_county_id", officer="officer_id")
    __table_args__: Any = (UniqueConstraint("officer_id", "school_id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    officer_id: Mapped[int] = key("officer.id", index=False)
    sub_county_id: Mapped[int | None] = optional_key("sub_county.id")
    school_id: Mapped[int] = key("school.id")
    why: Mapped[str] = mapped_column(String(20), nullable=False)
    declared_at: Mapped[dt.datetime] = stamped()
    school: Mapped[School] = relationship(School)


class Officer(Model):
    """A contracted professional. `sub_county_id` is the workstation's, whose director sees them.

    `mobile` is stored as 254 and nine digits. `full_name` is the name as on M-Pesa. A draft may
    lack name and workstation: then nobody but its holder and headquarters sees it. A record that
    was merged keeps no number of its own and points to the one that stands.
    """

    __tablename__ = "officer"
    __scope__ = ScopeKeys(sub_county="sub_county_id", officer="id", through_deployment=True)
    __table_args__: Any = (
        CheckConstraint(
            "mobile ~ '^254[17][0-9]{8}$'"
            " OR (anonymised_at IS NOT NULL AND mobile ~ '^0[0-9]{11}$')",
            name="mobile_254",
        ),
        CheckConstraint("mobile IS NOT NULL OR merged_into_id IS NOT NULL", name="reachable"),
        CheckConstraint("merged_into_id <> id", name="merged_elsewhere"),
        CheckConstraint("year_of_birth BETWEEN 1930 AND 2015", name="year_of_birth"),
        CheckConstraint("gender IN ('female', 'male')", name="gender"),
        CheckConstraint("tsc_number ~ '^[0-9]{5,8}$'", name="tsc_number_digits"),
        CheckConstraint("state IN ('draft', 'submitted', 'verified', 'flagged')", name="state"),
        CheckConstraint(
            "state = 'draft' OR (full_name <> '' AND sub_county_id IS NOT NULL)", name="known"
        ),
        CheckConstraint(
            "qualification_level IN ('certificate', 'diploma', 'degree', 'masters', 'doctorate')",
            name="qualification_level",
        ),
        CheckConstraint(
            "employer_kind IN ('tsc', 'police', 'ministry', 'knec', 'other')", name="employer_kind"
        ),
        CheckConstraint("teaches_at IN ('primary', 'junior', 'secondary')", name="teaches_at"),
        CheckConstraint(
            "state <> 'flagged' OR (flagged_field IS NOT NULL AND flag_reason IS NOT NULL)",
            name="flag_says_why",
        ),
        Index(
            "ix_officer_waiting",
            "sub_county_id",
            "submitted_at",
            "id",
            postgresql_where=text("state = 'submitted' OR state = 'flagged'"),
        ),
        UniqueConstraint("national_id_index"),
        UniqueConstraint("kra_pin_index"),
        Index("ix_officer_sub_county_id_full_name", "sub_county_id", "full_name"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    full_name: Mapped[str] = mapped_column(String(120), nullable=False, server_default="")
    mobile: Mapped[str] = mapped_column(String(12), nullable=True, unique=True)
    email: Mapped[str | None] = mapped_column(String(120))
    year_of_birth: Mapped[int | None] = mapped_column(Integer)
    gender: Mapped[str | None] = mapped_column(String(6))
    state: Mapped[str] = mapped_column(String(10), nullable=False, server_default="draft")
    national_id_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    national_id_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    national_id_last: Mapped[str | None] = mapped_column(String(3))
    kra_pin_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    kra_pin_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    kra_pin_last: Mapped[str | None] = mapped_column(String(3))
    tsc_number: Mapped[str | None] = mapped_column(String(8), unique=True)
    staff_number: Mapped[str | None] = mapped_column(String(20))
    employer: Mapped[str | None] = mapped_column(String(80))
    designation: Mapped[str | None] = mapped_column(String(80))
    workstation: Mapped[str | None] = mapped_column(String(160))
    workstation_school_id: Mapped[int | None] = optional_key("school.id")
    sub_county_id: Mapped[int | None] = optional_key("sub_county.id")
    nssf_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    sha_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    mpesa_name: Mapped[str | None] = mapped_column(String(120))
    bank_name: Mapped[str | None] = mapped_column(String(80))
    bank_branch: Mapped[str | None] = mapped_column(String(80))
    account_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    account_last: Mapped[str | None] = mapped_column(String(3))
    qualification_level: Mapped[str | None] = mapped_column(String(12))
    qualification_institution: Mapped[str | None] = mapped_column(String(120))
    qualification_course: Mapped[str | None] = mapped_column(String(120))
    qualification_from: Mapped[int | None] = mapped_column(Integer)
    qualification_to: Mapped[int | None] = mapped_column(Integer)
    employer_kind: Mapped[str | None] = mapped_column(String(10))
    teaches_at: Mapped[str | None] = mapped_column(String(10))
    started_on: Mapped[dt.date | None] = mapped_column(Date)
    reads_braille: Mapped[bool] = mapped_column(Boolean, nullable=False, server_default=false())
    home_sub_county_id: Mapped[int | None] = optional_key("sub_county.id")
    kin_name: Mapped[str | None] = mapped_column(String(120))
    kin_telephone: Mapped[str | None] = mapped_column(String(15))
    kin_relationship: Mapped[str | None] = mapped_column(String(20))
    remark: Mapped[str | None] = mapped_column(String(300))
    profile_version: Mapped[int] = mapped_column(Integer, nullable=False, server_default="0")
    group_versions: Mapped[dict[str, int]] = mapped_column(
        JSONB, nullable=False, server_default=text("'{}'")
    )
    wanted_roles: Mapped[list[str]] = mapped_column(
        ARRAY(Text), nullable=False, server_default=text("'{}'")
    )
    verified_groups: Mapped[list[str]] = mapped_column(
        ARRAY(Text), nullable=False, server_default=text("'{}'")
    )
    submitted_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    flagged_field: Mapped[str | None] = mapped_column(String(30))
    flag_reason: Mapped[str | None] = mapped_column(String(300))
    merged_into_id: Mapped[int | None] = optional_key("officer.id")
    privacy_version: Mapped[int | None] = mapped_column(Integer)
    privacy_accepted_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    anonymised_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    created_at: Mapped[dt.datetime] = stamped()
    created_by: Mapped[int | None] = user_key()
    sub_county: Mapped[SubCounty | None] = relationship(
        SubCounty, foreign_keys="Officer.sub_county_id"
    )
    workstation_school: Mapped[School | None] = relationship(School)

    @property
    def national_id_masked(self) -> str:
        """The identity number with all but its last three digits hidden."""
        return f"•••••{self.national_id_last}" if self.national_id_last else ""

    @property
    def account_masked(self) -> str:
        """The bank account with all but its last three digits hidden."""
        return f"•••••{self.account_last}" if self.account_last else ""

    def __repr__(self) -> str:
        return self.full_name or self.mobile


class ProfileMove(Model):
    """One line of a profile's history: who saved, submitted, verified or flagged, when and why.

    `fields` names what was touched, never its values. Lines are only ever added.
    """

    __tablename__ = "profile_move"
    __scope__ = ScopeKeys(sub_county="sub_county_id", officer="officer_id")

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    officer_id: Mapped[int] = key("officer.id")
    sub_county_id: Mapped[int | None] = optional_key("sub_county.id")
    act: Mapped[str] = mapped_column(String(10), nullable=False)
    from_state: Mapped[str] = mapped_column(String(10), nullable=False)
    to_state: Mapped[str] = mapped_column(String(10), nullable=False)
    fields: Mapped[list[str]] = mapped_column(
        ARRAY(Text), nullable=False, server_default=text("'{}'")
    )
    reason: Mapped[str | None] = mapped_column(String(300))
    version: Mapped[int] = mapped_column(Integer, nullable=False)
    moved_at: Mapped[dt.datetime] = stamped()
    moved_by: Mapped[int | None] = user_key()
    actor_name: Mapped[str] = mapped_column(String(128), nullable=False)


class ProfileRequirement(Model):
    """A field that a profile needs, from a date: of everybody, of a role, or for an examination."""

    __tablename__ = "profile_requirement"
    __table_args__: Any = (
        CheckConstraint("needed_for IN ('submit', 'pay')", name="needed_for"),
        CheckConstraint("effective_to >= effective_from", name="dates_in_order"),
        ExcludeConstraint(
            (text("int8range(hashtext(field), hashtext(field), '[]')"), "&&"),
            (text("int4range(coalesce(role_id, 0), coalesce(role_id, 0), '[]')"), "&&"),
            (
                text("int4range(coalesce(examination_id, 0), coalesce(examination_id, 0), '[]')"),
                "&&",
            ),
            (text("daterange(effective_from, effective_to, '[]')"), "&&"),
            name="ex_profile_requirement_one_at_a_time",
            using="gist",
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    field: Mapped[str] = mapped_column(String(30), nullable=False)
    role_id: Mapped[int | None] = optional_key("staff_role.id")
    examination_id: Mapped[int | None] = optional_key("examination.id")
    needed_for: Mapped[str] = mapped_column(String(6), nullable=False, server_default="submit")
    effective_from: Mapped[dt.date] = mapped_column(Date, nullable=False)
    effective_to: Mapped[dt.date | None] = mapped_column(Date)
    source: Mapped[str] = mapped_column(String(200), nullable=False)
    role: Mapped[StaffRole | None] = relationship(StaffRole)
    examination: Mapped[Examination | None] = relationship(Examination)

    def __repr__(self) -> str:
        return self.field


class SeriesConfirmation(Model):
    """An officer's word, once for each series, that work and qualification are as they were."""

    __tablename__ = "series_confirmation"
    __scope__ = ScopeKeys(sub_county="sub_county_id", officer="officer_id")
    __table_args__: Any = (
        UniqueConstraint("officer_id", "series_id"),
        CheckConstraint("answer IN ('same', 'changed')", name="answer"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    officer_id: Mapped[int] = key("officer.id", index=False)
    sub_county_id: Mapped[int | None] = optional_key("sub_county.id")
    series_id: Mapped[int] = key("series.id")
    answer: Mapped[str] = mapped_column(String(10), nullable=False)
    answered_at: Mapped[dt.datetime] = stamped()
    series: Mapped[Series] = relationship(Series)


class Unmasking(Model):
    """Somebody read a number in full: whose, which, who and why. Lines are only ever added."""

    __tablename__ = "unmasking"
    __scope__ = ScopeKeys(sub_county="sub_county_id", officer="officer_id")
    __table_args__: Any = (Index("ix_unmasking_user_id_unmasked_at", "user_id", "unmasked_at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    officer_id: Mapped[int] = key("officer.id")
    sub_county_id: Mapped[int | None] = optional_key("sub_county.id")
    user_id: Mapped[int] = key("ab_user.id", index=False)
    actor_name: Mapped[str] = mapped_column(String(128), nullable=False)
    field: Mapped[str] = mapped_column(String(30), nullable=False)
    reason: Mapped[str] = mapped_column(String(300), nullable=False)
    unmasked_at: Mapped[dt.datetime] = stamped()


class UnmaskLimit(Model):
    """How many numbers one person may read in full on a day, from a date."""

    __tablename__ = "unmask_limit"
    __table_args__: Any = (
        CheckConstraint("per_day >= 0", name="not_negative"),
        CheckConstraint("effective_to >= effective_from", name="dates_in_order"),
        ExcludeConstraint(
            (text("daterange(effective_from, effective_to, '[]')"), "&&"),
            name="ex_unmask_limit_one_at_a_time",
            using="gist",
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    per_day: Mapped[int] = mapped_column(Integer, nullable=False)
    effective_from: Mapped[dt.date] = mapped_column(Date, nullable=False)
    effective_to: Mapped[dt.date | None] = mapped_column(Date)
    source: Mapped[str] = mapped_column(String(200), nullable=False)

    def __repr__(self) -> str:
        return str(self.per_day)


class IdentityClaim(Model):
    """A number that an officer gave and somebody else holds: sealed, until it can become theirs.

    Its holder on the page and whoever gave it cannot be told apart; only the review knows.
    """

    __tablename__ = "identity_claim"
    __scope__ = ScopeKeys(sub_county="sub_county_id", officer="officer_id")
    __table_args__: Any = (
        CheckConstraint("kind IN ('national_id', 'kra_pin', 'tsc_number')", name="kind"),
        Index(
            "uq_identity_claim_unsettled",
            "officer_id",
            "kind",
            unique=True,
            postgresql_where=text("settled_at IS NULL"),
        ),
        Index("ix_identity_claim_kind_number_index", "kind", "number_index"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    officer_id: Mapped[int] = key("officer.id", index=False)
    sub_county_id: Mapped[int | None] = optional_key("sub_county.id")
    kind: Mapped[str] = mapped_column(String(12), nullable=False)
    cipher: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    number_index: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    last: Mapped[str] = mapped_column(String(3), nullable=False)
    created_at: Mapped[dt.datetime] = stamped()
    settled_at: Mapped[dt.datetime | None] = mapped_column(Instant)


class Lookalike(Model):
    """Two officers who may be one person, why it is thought so, and what was decided about them.

    The lower id comes first, so that two people are one row. Both sub-counties see it. `kept` says
    of each value that differs whose stays: `survivor` or `merged`.
    """

    __tablename__ = "lookalike"
    __scope__ = ScopeKeys(sub_county="sub_county_id", other_sub_county="other_sub_county_id")
    __table_args__: Any = (
        CheckConstraint("officer_id < other_id", name="lower_first"),
        CheckConstraint("score BETWEEN 0 AND 100", name="score"),
        CheckConstraint("state IN ('open', 'dismissed', 'proposed', 'merged')", name="state"),
        CheckConstraint(
            "state NOT IN ('proposed', 'merged') OR (survivor_id IN (officer_id, other_id)"
            " AND proposal_reason IS NOT NULL AND proposed_by IS NOT NULL)",
            name="proposed",
        ),
        CheckConstraint("state <> 'merged' OR proposed_by <> decided_by", name="maker_not_checker"),
        UniqueConstraint("officer_id", "other_id"),
        Index("ix_lookalike_state_score", "state", "score"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    officer_id: Mapped[int] = key("officer.id", index=False)
    other_id: Mapped[int] = key("officer.id")
    sub_county_id: Mapped[int | None] = optional_key("sub_county.id")
    other_sub_county_id: Mapped[int | None] = optional_key("sub_county.id")
    score: Mapped[int] = mapped_column(Integer, nullable=False)
    reasons: Mapped[Any] = mapped_column(JSONB, nullable=False)
    state: Mapped[str] = mapped_column(String(10), nullable=False, server_default="open")
    found_at: Mapped[dt.datetime] = stamped()
    survivor_id: Mapped[int | None] = optional_key("officer.id")
    kept: Mapped[Any] = mapped_column(JSONB, nullable=True)
    proposal_reason: Mapped[str | None] = mapped_column(String(500))
    proposed_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    proposed_by: Mapped[int | None] = user_key()
    decision_reason: Mapped[str | None] = mapped_column(String(500))
    decided_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    decided_by: Mapped[int | None] = user_key()

    def __repr__(self) -> str:
        return f"look-alike {self.id}"


class OfficerMerge(Model):
    """Two records of one person made one: append-only, by two people, with what was moved.

    `before` and `after` hold ids and words of the trade; the values that no longer stand are in
    `sealed`, encrypted.
    """

    __tablename__ = "officer_merge"
    __scope__ = ScopeKeys(sub_county="sub_county_id", other_sub_county="other_sub_county_id")
    __table_args__: Any = (
        CheckConstraint("proposed_by <> approved_by", name="maker_not_checker"),
        CheckConstraint("survivor_id <> merged_id", name="two_people"),
        UniqueConstraint("merged_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    lookalike_id: Mapped[int] = key("lookalike.id")
    survivor_id: Mapped[int] = key("officer.id")
    merged_id: Mapped[int] = key("officer.id", index=False)
    sub_county_id: Mapped[int | None] = optional_key("sub_county.id")
    other_sub_county_id: Mapped[int | None] = optional_key("sub_county.id")
    reason: Mapped[str] = mapped_column(String(500), nullable=False)
    proposed_by: Mapped[int] = key("ab_user.id")
    proposed_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)
    approved_by: Mapped[int] = key("ab_user.id")
    approved_at: Mapped[dt.datetime] = stamped()
    before: Mapped[Any] = mapped_column(JSONB, nullable=False)
    after: Mapped[Any] = mapped_column(JSONB, nullable=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)


class NameKey(Model):
    """An index entry: a hash of two of an officer's folded names, with the year of birth.

    It says nothing that could be read; look-alikes are found through it among everybody.
    """

    __tablename__ = "name_key"
    __table_args__: Any = (
        Index("ix_name_key_key_year", "key", "year", postgresql_include=["officer_id"]),
    )

    officer_id: Mapped[int] = mapped_column(
        Integer, ForeignKey("officer.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    year: Mapped[int | None] = mapped_column(SmallInteger)
