"""Tables of letters: their templates, serials, the letters themselves with their history, the keys
that signed them, and files of many. A letter that was issued is never changed: only its state is."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from app.db.base import Instant, Model, key, optional_key, stamped, user_key
from app.deployments.models import Deployment
from app.exams.models import Examination, Series, StaffRole
from app.letters.rules import spaced
from app.people.models import Officer
from app.places.models import Centre, SubCounty
from app.scoping.restrict import ScopeKeys


class LetterTemplate(Model):
    """The words of letters in one language from a date: of a role, of an examination, or of all.

    Texts hold plain placeholders. A template that a letter used is ended, never changed.
    """

    __tablename__ = "letter_template"
    __table_args__: Any = (
        CheckConstraint("language IN ('en', 'sw')", name="language"),
        CheckConstraint("effective_to >= effective_from", name="dates_in_order"),
        ExcludeConstraint(
            (text("int8range(hashtext(language), hashtext(language), '[]')"), "&&"),
            (text("int4range(coalesce(role_id, 0), coalesce(role_id, 0), '[]')"), "&&"),
            (
                text("int4range(coalesce(examination_id, 0), coalesce(examination_id, 0), '[]')"),
                "&&",
            ),
            (text("daterange(effective_from, effective_to, '[]')"), "&&"),
            name="ex_letter_template_one_at_a_time",
            using="gist",
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    language: Mapped[str] = mapped_column(String(2), nullable=False)
    role_id: Mapped[int | None] = optional_key("staff_role.id")
    examination_id: Mapped[int | None] = optional_key("examination.id")
    subject: Mapped[str] = mapped_column(String(160), nullable=False)
    body: Mapped[str] = mapped_column(Text, nullable=False)
    duties: Mapped[str] = mapped_column(Text, nullable=False)
    effective_from: Mapped[dt.date] = mapped_column(Date, nullable=False)
    effective_to: Mapped[dt.date | None] = mapped_column(Date)
    role: Mapped[StaffRole | None] = relationship(StaffRole)
    examination: Mapped[Examination | None] = relationship(Examination)

    @property
    def texts(self) -> tuple[str, str, str]:
        """Subject, body and duties as they were written."""
        return self.subject, self.body, self.duties

    def __repr__(self) -> str:
        return self.subject


class LetterSerial(Model):
    """The last serial given to a letter of a role in a series; the row is the queue for the next."""

    __tablename__ = "letter_serial"
    __table_args__: Any = (CheckConstraint("last BETWEEN 1 AND 9999999", name="seven_digits"),)

    series_id: Mapped[int] = mapped_column(
        Integer, ForeignKey("series.id"), primary_key=True, autoincrement=False
    )
    role_id: Mapped[int] = mapped_column(
        Integer, ForeignKey("staff_role.id"), primary_key=True, autoincrement=False
    )
    last: Mapped[int] = mapped_column(Integer, nullable=False)


class Letter(Model):
    """One version of the letter of a deployment: what it says, frozen, and whether it still holds.

    `content` holds plain values without any identity number; `identity` changes when a number of
    the officer changes; `digest` is the hash of all of it, empty once the officer was made
    anonymous and the name is gone. `code` is how strangers name it.
    """

    __tablename__ = "letter"
    __scope__ = ScopeKeys(sub_county="sub_county_id", officer="officer_id")
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["deployment_id", "centre_id", "role_id"],
            ["deployment.id", "deployment.centre_id", "deployment.role_id"],
            name="fk_letter_deployment",
        ),
        ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            onupdate="CASCADE",
            name="fk_letter_centre_in_sub_county",
        ),
        UniqueConstraint("series_id", "role_id", "serial", "version"),
        UniqueConstraint("code"),
        CheckConstraint("state IN ('valid', 'replaced', 'withdrawn')", name="state"),
        CheckConstraint("serial BETWEEN 1 AND 9999999", name="seven_digits"),
        CheckConstraint("version BETWEEN 1 AND 9999", name="version"),
        CheckConstraint("code ~ '^[2-9A-HJ-NP-Z]{12}$'", name="code"),
        Index(
            "uq_letter_one_valid",
            "deployment_id",
            unique=True,
            postgresql_where=text("state = 'valid'"),
        ),
        Index("ix_letter_deployment_id_version", "deployment_id", "version"),
        Index("ix_letter_series_id_sub_county_id", "series_id", "sub_county_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    deployment_id: Mapped[int] = mapped_column(Integer, nullable=False)
    officer_id: Mapped[int] = key("officer.id")
    centre_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    series_id: Mapped[int] = key("series.id", index=False)
    role_id: Mapped[int] = key("staff_role.id", index=False)
    serial: Mapped[int] = mapped_column(Integer, nullable=False)
    version: Mapped[int] = mapped_column(Integer, nullable=False)
    code: Mapped[str] = mapped_column(String(12), nullable=False)
    reference: Mapped[str] = mapped_column(String(120), nullable=False, index=True)
    state: Mapped[str] = mapped_column(String(10), nullable=False, server_default="valid")
    template_id: Mapped[int] = key("letter_template.id")
    template_sw_id: Mapped[int] = key("letter_template.id")
    content: Mapped[dict[str, Any]] = mapped_column(JSONB, nullable=False)
    identity: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    digest: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    issued_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)
    issued_by: Mapped[int | None] = user_key()
    deployment: Mapped[Deployment] = relationship(
        Deployment,
        viewonly=True,
        primaryjoin="foreign(Letter.deployment_id) == Deployment.id",
    )
    officer: Mapped[Officer] = relationship(Officer)
    centre: Mapped[Centre] = relationship(
        Centre,
        viewonly=True,
        primaryjoin="Letter.centre_id == foreign(Centre.id)",
        uselist=False,
    )
    series: Mapped[Series] = relationship(Series)
    role: Mapped[StaffRole] = relationship(StaffRole)
    template: Mapped[LetterTemplate] = relationship(
        LetterTemplate, foreign_keys="Letter.template_id"
    )
    template_sw: Mapped[LetterTemplate] = relationship(
        LetterTemplate, foreign_keys="Letter.template_sw_id"
    )

    @property
    def code_words(self) -> str:
        """The code as people type it."""
        return spaced(self.code)

    def __repr__(self) -> str:
        return self.reference


class LetterMove(Model):
    """One line of a letter's history: issued, replaced or withdrawn, by whom, when and why."""

    __tablename__ = "letter_move"
    __scope__ = ScopeKeys(sub_county="sub_county_id", officer="officer_id")
    __table_args__: Any = (
        CheckConstraint("act IN ('issued', 'replaced', 'withdrawn')", name="act"),
        CheckConstraint("act = 'issued' OR reason IS NOT NULL", name="reason_given"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    letter_id: Mapped[int] = key("letter.id")
    sub_county_id: Mapped[int] = key("sub_county.id")
    officer_id: Mapped[int] = key("officer.id")
    act: Mapped[str] = mapped_column(String(10), nullable=False)
    reason: Mapped[str | None] = mapped_column(String(300))
    moved_at: Mapped[dt.datetime] = stamped()
    moved_by: Mapped[int | None] = user_key()
    actor_name: Mapped[str] = mapped_column(String(128), nullable=False)


class LetterKey(Model):
    """A public key that signs letters or has signed some; a revoked one proves nothing any more."""

    __tablename__ = "letter_key"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary, nullable=False, unique=True)
    since: Mapped[dt.datetime] = stamped()
    revoked_at: Mapped[dt.datetime | None] = mapped_column(Instant)


class LetterFile(Model):
    """A file with the letters of a sub-county in a series: how far it is, and its sealed bytes."""

    __tablename__ = "letter_file"
    __scope__ = ScopeKeys(sub_county="sub_county_id")
    __table_args__: Any = (
        CheckConstraint("state IN ('waiting', 'drawing', 'ready', 'wiped')", name="state"),
        CheckConstraint("language IN ('en', 'sw')", name="language"),
        CheckConstraint("(state = 'ready') = (content IS NOT NULL)", name="content_when_ready"),
        Index(
            "uq_letter_file_one_at_work",
            "series_id",
            "sub_county_id",
            "language",
            unique=True,
            postgresql_where=text("state = 'waiting' OR state = 'drawing'"),
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    series_id: Mapped[int] = key("series.id")
    sub_county_id: Mapped[int] = key("sub_county.id")
    language: Mapped[str] = mapped_column(String(2), nullable=False)
    state: Mapped[str] = mapped_column(String(10), nullable=False, server_default="waiting")
    letters: Mapped[int] = mapped_column(Integer, nullable=False, server_default="0")
    drawn: Mapped[int] = mapped_column(Integer, nullable=False, server_default="0")
    size: Mapped[int | None] = mapped_column(Integer)
    content: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    asked_at: Mapped[dt.datetime] = stamped()
    asked_by: Mapped[int | None] = user_key()
    ready_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    series: Mapped[Series] = relationship(Series)
    sub_county: Mapped[SubCounty] = relationship(SubCounty)
