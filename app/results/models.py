"""Tables of results: releases, their candidates and centres, every later version, files that wait.

A release is read by whoever oversees; a candidate's result by the two results roles and by jobs,
and by the login of its own centre once it is released. What was loaded changes by a new version only, and versions are never changed.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Instant, Model, key, optional_key, stamped, user_key
from app.exams.models import Series
from app.results.enums import Channel, Grade, ReleaseState
from app.scoping.restrict import RELEASED_TO_SCHOOL, RESULTS_ONLY, VERSION_TO_SCHOOL

__all__ = [
    "SEALED_FILE",
    "SEALED_KEY",
    "SEALED_LINE",
    "SEALED_ROWS",
    "EdgeNode",
    "EdgeNotice",
    "ResultCandidate",
    "ResultCentre",
    "ResultFault",
    "ResultFile",
    "ResultLine",
    "ResultOutlier",
    "ResultPiece",
    "ResultQuestion",
    "ResultRelease",
    "ResultSubject",
    "ResultSwitch",
    "ResultTally",
    "ResultVersion",
]

SEALED_FILE, SEALED_ROWS, SEALED_LINE = "result.file", "result.first_rows", "result.line"
SEALED_KEY = "result_release.store_key"
"""What a sealed value is, so that one cannot stand in another's place."""

HELD = "'W', 'Y', 'P'"
_FILE_STATES = (
    "'received', 'to_map', 'checking', 'checked', 'storing', 'stored', 'refused', 'discarded'"
)
_APPROVED = "'approved', 'released', 'superseded'"


def _listed(words: Any) -> str:
    return ", ".join(repr(str(word)) for word in words)


class ResultRelease(Model):
    """One release of a series' results: loaded, checked, approved by somebody else, released.

    `release_at` is the minute that the approver sets, `released_at` when the door was opened;
    `store_key` opens the store of the release, sealed. `counts` and `proof` say what was loaded and how
    it compares with its file; `phase` and `rows_done` what a job is doing.
    """

    __tablename__ = "result_release"
    __table_args__: Any = (
        UniqueConstraint("series_id", "number"),
        CheckConstraint(f"state IN ({_listed(ReleaseState)})", name="state"),
        CheckConstraint("format IN ('csv', 'xlsx')", name="format"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("approved_by <> prepared_by", name="two_persons"),
        CheckConstraint(
            f"(state IN ({_APPROVED})) = (approved_by IS NOT NULL)", name="approved_by_somebody"
        ),
        CheckConstraint(
            "released_at IS NULL OR released_at >= release_at", name="never_before_its_minute"
        ),
        CheckConstraint(
            "(state IN ('released', 'superseded')) = (released_at IS NOT NULL)", name="released_at"
        ),
        Index(
            "uq_result_release_one_open",
            "series_id",
            unique=True,
            postgresql_where=text("state = 'released'"),
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    series_id: Mapped[int] = key("series.id")
    number: Mapped[int] = mapped_column(Integer, nullable=False)
    state: Mapped[str] = mapped_column(String(10), nullable=False, server_default="loaded")
    file_name: Mapped[str] = mapped_column(String(160), nullable=False)
    file_bytes: Mapped[int] = mapped_column(BigInteger, nullable=False)
    file_hash: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    format: Mapped[str] = mapped_column(String(4), nullable=False)
    candidates: Mapped[int] = mapped_column(Integer, nullable=False, server_default="0")
    counts: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    proof: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    problem: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    phase: Mapped[str | None] = mapped_column(String(20))
    rows_done: Mapped[int] = mapped_column(Integer, nullable=False, server_default="0")
    prepared_by: Mapped[int] = key("ab_user.id")
    loaded_at: Mapped[dt.datetime] = stamped()
    checked_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    approved_by: Mapped[int | None] = user_key()
    approved_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    release_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    released_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    built_for: Mapped[dt.datetime | None] = mapped_column(Instant)
    supersedes_id: Mapped[int | None] = optional_key("result_release.id")
    store_key: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    series: Mapped[Series] = relationship(Series)

    def __repr__(self) -> str:
        return f"{self.series.name}, release {self.number}"


class ResultSubject(Model):
    """A subject of a series; `share` is the part of the candidates expected to sit it, 0 to 1.

    A share is last year's, or an assumption of ours (`assumed`): a column that is far from it was
    perhaps shifted.
    """

    __tablename__ = "result_subject"
    __table_args__: Any = (
        UniqueConstraint("series_id", "code"),
        CheckConstraint("code ~ '^[0-9]{3}$'", name="code_3_digits"),
        CheckConstraint("share BETWEEN 0 AND 1", name="share"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    series_id: Mapped[int] = key("series.id")
    code: Mapped[str] = mapped_column(String(3), nullable=False)
    name: Mapped[str] = mapped_column(String(80), nullable=False)
    subject_group: Mapped[str] = mapped_column(String(4), nullable=False)
    share: Mapped[Decimal | None] = mapped_column(Numeric(6, 5))
    assumed: Mapped[bool] = mapped_column(Boolean, nullable=False, server_default=false())

    def __repr__(self) -> str:
        return f"{self.code} {self.name}"


def _release_key(**options: Any) -> Mapped[int]:
    return mapped_column(Integer, ForeignKey("result_release.id"), nullable=False, **options)


class ResultCentre(Model):
    """A centre as it stood when the release was loaded: its name, and how many were registered."""

    __tablename__ = "result_centre"
    __scope__ = RELEASED_TO_SCHOOL
    __table_args__: Any = (UniqueConstraint("release_id", "code"),)

    release_id: Mapped[int] = _release_key(primary_key=True)
    centre_id: Mapped[int] = mapped_column(
        Integer, ForeignKey("centre.id"), primary_key=True, index=True
    )
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False)
    code: Mapped[str] = mapped_column(String(8), nullable=False)
    name: Mapped[str] = mapped_column(String(160), nullable=False)
    county_code: Mapped[str] = mapped_column(String(2), nullable=False)
    county: Mapped[str] = mapped_column(String(60), nullable=False)
    registered: Mapped[int] = mapped_column(Integer, nullable=False)
    candidates: Mapped[int] = mapped_column(Integer, nullable=False, server_default="0")


class ResultCandidate(Model):
    """A candidate's result as it stands. `line` is its row in the file, `subjects` code -> grade.

    `held` is the letter that an officer put in the place of the mean: W, Y or P. `row_hash` is of
    what was loaded, 16 bytes. Version 1 is what was loaded.
    """

    __tablename__ = "result_candidate"
    __scope__ = RELEASED_TO_SCHOOL
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["release_id", "centre_id"], ["result_centre.release_id", "result_centre.centre_id"]
        ),
        Index("ix_result_candidate_release_id_centre_id", "release_id", "centre_id"),
        CheckConstraint("index_number ~ '^[0-9]{11}$'", name="index_11_digits"),
        CheckConstraint("sex IN ('F', 'M')", name="sex"),
        CheckConstraint(f"mean_grade IN ({_listed(Grade)})", name="mean_grade"),
        CheckConstraint(f"held IN ({HELD})", name="held"),
        CheckConstraint("jsonb_typeof(subjects) = 'object'", name="subjects"),
        CheckConstraint("version > 0", name="version"),
    )

    release_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    index_number: Mapped[str] = mapped_column(String(11), primary_key=True)
    line: Mapped[int] = mapped_column(Integer, nullable=False)
    centre_id: Mapped[int] = mapped_column(Integer, nullable=False)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False)
    version: Mapped[int] = mapped_column(SmallInteger, nullable=False, server_default="1")
    sex: Mapped[str] = mapped_column(String(1), nullable=False)
    mean_grade: Mapped[str] = mapped_column(String(2), nullable=False)
    held: Mapped[str | None] = mapped_column(String(1))
    names: Mapped[str] = mapped_column(String(160), nullable=False)
    subjects: Mapped[dict[str, str]] = mapped_column(JSONB, nullable=False)
    row_hash: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)


class ResultVersion(Model):
    """What became of a candidate's result, one row for each version after the first; append-only.

    `public` says that the version before had been released: whoever asks is shown that there was
    one.
    """

    __tablename__ = "result_version"
    __scope__ = VERSION_TO_SCHOOL
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["release_id", "index_number"],
            ["result_candidate.release_id", "result_candidate.index_number"],
        ),
        CheckConstraint("act IN ('withhold', 'cancel', 'pend', 'restore', 'amend')", name="act"),
        CheckConstraint("version > 1", name="version"),
        CheckConstraint("length(reason) > 0", name="reason"),
    )

    release_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    index_number: Mapped[str] = mapped_column(String(11), primary_key=True)
    version: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False)
    act: Mapped[str] = mapped_column(String(10), nullable=False)
    before: Mapped[dict[str, Any]] = mapped_column(JSONB, nullable=False)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB, nullable=False)
    reason: Mapped[str] = mapped_column(String(300), nullable=False)
    public: Mapped[bool] = mapped_column(Boolean, nullable=False)
    changed_by: Mapped[int | None] = user_key()
    actor_name: Mapped[str] = mapped_column(String(128), nullable=False)
    changed_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)


class ResultTally(Model):
    """How many of a release have a grade, by county, subject and sex; `subject` is empty for the
    mean grade, where the letter of a result that is held back stands in the mean's place.

    Read by the results roles, and by the rest of headquarters once the release is out.
    """

    __tablename__ = "result_tally"
    __table_args__: Any = (
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("sex IN ('F', 'M')", name="sex"),
    )

    release_id: Mapped[int] = _release_key(primary_key=True)
    county_code: Mapped[str] = mapped_column(String(2), primary_key=True)
    subject: Mapped[str] = mapped_column(String(3), primary_key=True)
    sex: Mapped[str] = mapped_column(String(1), primary_key=True)
    grade: Mapped[str] = mapped_column(String(2), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, nullable=False)


class ResultOutlier(Model):
    """A centre that stands out: all its graded candidates have one grade, or many have a letter.

    `number` of its `candidates` have `grade`.
    """

    __tablename__ = "result_outlier"
    __scope__ = RESULTS_ONLY
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["release_id", "centre_id"], ["result_centre.release_id", "result_centre.centre_id"]
        ),
        CheckConstraint("kind IN ('all_equal', 'many')", name="kind"),
        CheckConstraint("number BETWEEN 1 AND candidates", name="number"),
    )

    release_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    centre_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    grade: Mapped[str] = mapped_column(String(2), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, nullable=False)
    candidates: Mapped[int] = mapped_column(Integer, nullable=False)


class ResultFile(Model):
    """A release file on its way in: opened, mapped, checked; stored only when that is asked for.

    `mapping` names what each column holds, in the file's order. `run` counts what was asked of the
    queue: a job for an earlier run does nothing.
    """

    __tablename__ = "result_file"
    __scope__ = RESULTS_ONLY
    __table_args__: Any = (
        CheckConstraint(f"state IN ({_FILE_STATES})", name="state"),
        CheckConstraint("format IN ('csv', 'xlsx')", name="format"),
        CheckConstraint("(state = 'stored') = (release_id IS NOT NULL)", name="stored_as_release"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    series_id: Mapped[int] = key("series.id")
    release_id: Mapped[int | None] = optional_key("result_release.id")
    state: Mapped[str] = mapped_column(String(10), nullable=False, server_default="received")
    run: Mapped[int] = mapped_column(Integer, nullable=False, server_default="0")
    file_name: Mapped[str] = mapped_column(String(160), nullable=False)
    file_bytes: Mapped[int] = mapped_column(BigInteger, nullable=False)
    file_hash: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    format: Mapped[str] = mapped_column(String(4), nullable=False)
    heading_row: Mapped[int | None] = mapped_column(Integer)
    headings: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    first_rows: Mapped[bytes | None] = mapped_column(LargeBinary)
    mapping: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    rows_done: Mapped[int] = mapped_column(Integer, nullable=False, server_default="0")
    phase: Mapped[str | None] = mapped_column(String(20))
    report: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    problem: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    added_by: Mapped[int] = key("ab_user.id")
    added_at: Mapped[dt.datetime] = stamped()
    asked_by: Mapped[int | None] = user_key()
    finished_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    wiped_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    series: Mapped[Series] = relationship(Series)

    def __repr__(self) -> str:
        return self.file_name


def _file_key(**options: Any) -> Mapped[int]:
    target = ForeignKey("result_file.id", ondelete="CASCADE")
    return mapped_column(Integer, target, nullable=False, **options)


class ResultPiece(Model):
    """One sealed piece of the file, packed."""

    __tablename__ = "result_piece"
    __scope__ = RESULTS_ONLY

    file_id: Mapped[int] = _file_key(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)


class ResultLine(Model):
    """A row of the file about which something is to be said, its cells sealed."""

    __tablename__ = "result_line"
    __scope__ = RESULTS_ONLY

    file_id: Mapped[int] = _file_key(primary_key=True)
    row_number: Mapped[int] = mapped_column(Integer, primary_key=True)
    rejected: Mapped[bool] = mapped_column(Boolean, nullable=False)
    cells: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)


class ResultFault(Model):
    """What is wrong with a cell, or only worth a look; `at` is its column counted from 0."""

    __tablename__ = "result_fault"
    __scope__ = RESULTS_ONLY
    __table_args__: Any = (Index("ix_result_fault_file_id_row_number", "file_id", "row_number"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    file_id: Mapped[int] = _file_key()
    row_number: Mapped[int] = mapped_column(Integer, nullable=False)
    at: Mapped[int | None] = mapped_column(SmallInteger)
    code: Mapped[str] = mapped_column(String(40), nullable=False)
    message: Mapped[str] = mapped_column(String(300), nullable=False)
    facts: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    warning: Mapped[bool] = mapped_column(Boolean, nullable=False, server_default=false())


class ResultSwitch(Model):
    """An approver switched a channel of a release on or off; the last row holds, none means off.

    Append-only. Of the release and not of anybody's result: whoever reads the release reads it.
    """

    __tablename__ = "result_switch"
    __table_args__: Any = (
        CheckConstraint(f"channel IN ({_listed(Channel)})", name="channel"),
        CheckConstraint("length(reason) > 0", name="reason"),
        Index("ix_result_switch_release_id_channel", "release_id", "channel", "id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    release_id: Mapped[int] = key("result_release.id", index=False)
    channel: Mapped[str] = mapped_column(String(4), nullable=False)
    is_on: Mapped[bool] = mapped_column(Boolean, nullable=False)
    reason: Mapped[str] = mapped_column(String(300), nullable=False)
    switched_by: Mapped[int] = key("ab_user.id")
    actor_name: Mapped[str] = mapped_column(String(128), nullable=False)
    switched_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)


class ResultQuestion(Model):
    """Somebody asked for a result by telephone: counted against the number, and nothing else kept.

    `asker` is a keyed hash of the number, `once` the gateway's own id of the message or session,
    `version` the result's that was shown.
    """

    __tablename__ = "result_question"
    __table_args__: Any = (
        CheckConstraint(f"channel IN ({_listed(Channel)})", name="channel"),
        Index("ix_result_question_asker_asked_at", "asker", "asked_at"),
        Index("ix_result_question_asked_at", "asked_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    release_id: Mapped[int] = key("result_release.id")
    channel: Mapped[str] = mapped_column(String(4), nullable=False)
    once: Mapped[str] = mapped_column(String(110), nullable=False, unique=True)
    asker: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    shown: Mapped[bool] = mapped_column(Boolean, nullable=False)
    version: Mapped[int | None] = mapped_column(Integer)
    asked_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)


class EdgeNotice(Model):
    """An act on what the public edge says to everybody: a notice put up, or one taken away.

    Append-only. A notice is shown from `shown_from` until `shown_until`; the row that takes it away
    names it and has no words of its own.
    """

    __tablename__ = "edge_notice"
    __table_args__: Any = (
        UniqueConstraint("takes_away_id"),
        CheckConstraint("length(reason) > 0", name="reason"),
        CheckConstraint(
            "num_nonnulls(text_en, text_sw, shown_from, shown_until)"
            " = CASE WHEN takes_away_id IS NULL THEN 4 ELSE 0 END",
            name="whole",
        ),
        CheckConstraint("text_en <> '' AND text_sw <> ''", name="says"),
        CheckConstraint("shown_until > shown_from", name="times"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    takes_away_id: Mapped[int | None] = mapped_column(Integer, ForeignKey("edge_notice.id"))
    text_en: Mapped[str | None] = mapped_column(String(300))
    text_sw: Mapped[str | None] = mapped_column(String(300))
    shown_from: Mapped[dt.datetime | None] = mapped_column(Instant)
    shown_until: Mapped[dt.datetime | None] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(String(300), nullable=False)
    actor_id: Mapped[int | None] = user_key()
    actor_name: Mapped[str] = mapped_column(String(128), nullable=False)
    acted_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)


class EdgeNode(Model):
    """What a node of the edge on another machine told when it was last heard, and when it was last
    asked; both in real time. `told` is null while it was never heard."""

    __tablename__ = "edge_node"
    __table_args__: Any = (
        CheckConstraint("(heard_at IS NULL) = (told IS NULL)", name="heard_with_told"),
    )

    address: Mapped[str] = mapped_column(String(200), primary_key=True)
    asked_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)
    heard_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    told: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
