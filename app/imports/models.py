"""Tables of imports: a file in sealed pieces, what its rows were found to be, remembered mappings.

The file and the rows that have faults are sealed, because they hold identity numbers; they are
wiped when the list is stored or discarded, and after some days in any case.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Instant, Model, optional_key, stamped, user_key
from app.exams.models import Series
from app.places.models import SubCounty
from app.scoping.restrict import ScopeKeys

__all__ = [
    "SEALED_FILE",
    "SEALED_LINE",
    "SEALED_ROWS",
    "ImportFault",
    "ImportLine",
    "ImportMapping",
    "ImportPiece",
    "ListImport",
]

SEALED_FILE, SEALED_ROWS, SEALED_LINE = "import.file", "import.first_rows", "import.line"
"""What a sealed value is, so that one cannot stand in another's place."""

_STATES = "'received', 'to_map', 'checking', 'checked', 'storing', 'stored', 'refused', 'discarded'"


class ListImport(Model):
    """A list that somebody brought. `sub_county_id` is the director's; empty for headquarters.

    `run` counts what was asked of the queue: a job for an earlier run does nothing.
    """

    __tablename__ = "list_import"
    __scope__ = ScopeKeys(sub_county="sub_county_id")
    __table_args__: Any = (
        CheckConstraint("kind IN ('officers', 'centres', 'candidates', 'schools')", name="kind"),
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("format IN ('csv', 'xlsx')", name="format"),
        CheckConstraint(
            "(series_id IS NOT NULL) = (kind IN ('centres', 'candidates'))",
            name="series_of_centres",
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), nullable=False)
    series_id: Mapped[int | None] = optional_key("series.id")
    sub_county_id: Mapped[int | None] = optional_key("sub_county.id")
    state: Mapped[str] = mapped_column(String(10), nullable=False, server_default="received")
    run: Mapped[int] = mapped_column(Integer, nullable=False, server_default="0")
    file_name: Mapped[str] = mapped_column(String(160), nullable=False)
    file_bytes: Mapped[int] = mapped_column(Integer, nullable=False)
    file_hash: Mapped[bytes] = mapped_column(LargeBinary, nullable=False, index=True)
    format: Mapped[str] = mapped_column(String(4), nullable=False)
    heading_row: Mapped[int | None] = mapped_column(Integer)
    headings: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    first_rows: Mapped[bytes | None] = mapped_column(LargeBinary)
    mapping: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    choices: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    rows_checked: Mapped[int] = mapped_column(Integer, nullable=False, server_default="0")
    phase: Mapped[str | None] = mapped_column(String(20))
    counts: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    problem: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    added_by: Mapped[int | None] = user_key()
    added_at: Mapped[dt.datetime] = stamped()
    asked_by: Mapped[int | None] = user_key()
    asked_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    finished_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    wiped_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    series: Mapped[Series | None] = relationship(Series)
    sub_county: Mapped[SubCounty | None] = relationship(SubCounty)

    def __repr__(self) -> str:
        return self.file_name


def _import_key(**options: Any) -> Mapped[int]:
    target = ForeignKey("list_import.id", ondelete="CASCADE")
    return mapped_column(Integer, target, nullable=False, **options)


class ImportPiece(Model):
    """One sealed piece of the file, packed."""

    __tablename__ = "import_piece"
    __scope__ = ScopeKeys(sub_county="sub_county_id")

    import_id: Mapped[int] = _import_key(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    sub_county_id: Mapped[int | None] = mapped_column(Integer)
    body: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)


class ImportLine(Model):
    """A row of the file about which something is to be said, its cells sealed."""

    __tablename__ = "import_line"
    __scope__ = ScopeKeys(sub_county="sub_county_id")

    import_id: Mapped[int] = _import_key(primary_key=True)
    row_number: Mapped[int] = mapped_column(Integer, primary_key=True)
    sub_county_id: Mapped[int | None] = mapped_column(Integer)
    rejected: Mapped[bool] = mapped_column(Boolean, nullable=False)
    cells: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)


class ImportFault(Model):
    """What is wrong with one cell, or is only worth a look (`warning`); never the value itself."""

    __tablename__ = "import_fault"
    __scope__ = ScopeKeys(sub_county="sub_county_id")
    __table_args__: Any = (
        Index("ix_import_fault_import_id_row_number", "import_id", "row_number"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    import_id: Mapped[int] = _import_key()
    row_number: Mapped[int] = mapped_column(Integer, nullable=False)
    sub_county_id: Mapped[int | None] = mapped_column(Integer)
    field: Mapped[str | None] = mapped_column(String(30))
    code: Mapped[str] = mapped_column(String(40), nullable=False)
    message: Mapped[str] = mapped_column(String(300), nullable=False)
    facts: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    warning: Mapped[bool] = mapped_column(Boolean, nullable=False, server_default=false())


class ImportMapping(Model):
    """Which column is what, remembered for files with the very same headings."""

    __tablename__ = "import_mapping"
    __scope__ = ScopeKeys(sub_county="sub_county_id")
    __table_args__: Any = (
        UniqueConstraint(
            "kind", "headings_hash", "sub_county_id", postgresql_nulls_not_distinct=True
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), nullable=False)
    headings_hash: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    sub_county_id: Mapped[int | None] = optional_key("sub_county.id")
    mapping: Mapped[Any] = mapped_column(JSONB, nullable=False)
    choices: Mapped[Any] = mapped_column(JSONB, nullable=False, server_default=text("'{}'::jsonb"))
    saved_by: Mapped[int | None] = user_key()
    saved_at: Mapped[dt.datetime] = stamped()
