"""Results: releases, candidates, their values and versions.

A candidate's result is read by the two results roles and by jobs; it changes by a version that is
written first, and a version is never changed. Nobody joins a release once it was checked.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

PROTECTED = (
    "result_centre",
    "result_candidate",
    "result_version",
    "result_file",
    "result_piece",
    "result_line",
    "result_fault",
)
READS = "(SELECT app_reads_results())"

SCOPE = """
CREATE FUNCTION app_reads_results() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT coalesce(current_setting('app.scope_kind', true), '') = 'system'
      OR (coalesce(current_setting('app.scope_kind', true), '') = 'national'
          AND coalesce(current_setting('app.reads_results', true), '') = 'yes') $$;
"""

TRUTHS = """
CREATE FUNCTION result_changes_by_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.version = OLD.version + 1
     AND to_jsonb(NEW) - '{version,names,sex,mean_grade,held,subjects}'::text[]
         = to_jsonb(OLD) - '{version,names,sex,mean_grade,held,subjects}'::text[]
     AND EXISTS (SELECT 1 FROM result_version v WHERE v.release_id = NEW.release_id
                 AND v.index_number = NEW.index_number AND v.version = NEW.version) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a result changes by a new version only'
    USING ERRCODE = '23514', CONSTRAINT = 'ck_result_changes_by_version';
END $$;
CREATE TRIGGER result_candidate_changes_by_version BEFORE UPDATE ON result_candidate
  FOR EACH ROW EXECUTE FUNCTION result_changes_by_version();
CREATE TRIGGER result_candidate_stays BEFORE DELETE OR TRUNCATE ON result_candidate
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER result_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON result_version
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION results_join_while_loaded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM result_release r WHERE r.state <> 'loaded'
             AND r.id IN (SELECT DISTINCT release_id FROM joining)) THEN
    RAISE EXCEPTION 'nobody joins a release that was checked'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_results_join_while_loaded';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER result_candidate_join_while_loaded AFTER INSERT ON result_candidate
  REFERENCING NEW TABLE AS joining
  FOR EACH STATEMENT EXECUTE FUNCTION results_join_while_loaded();

CREATE FUNCTION release_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR NEW.series_id <> OLD.series_id OR NEW.number <> OLD.number
     OR NEW.file_hash <> OLD.file_hash OR NEW.prepared_by <> OLD.prepared_by
     OR (OLD.released_at IS NOT NULL AND (NEW.released_at, NEW.release_at, NEW.approved_by)
         IS DISTINCT FROM (OLD.released_at, OLD.release_at, OLD.approved_by))
     OR (OLD.state, NEW.state) NOT IN (
       ('loaded', 'loaded'), ('loaded', 'checked'), ('checked', 'loaded'), ('checked', 'checked'),
       ('checked', 'approved'), ('approved', 'approved'), ('approved', 'checked'),
       ('approved', 'released'), ('released', 'released'), ('released', 'superseded'),
       ('superseded', 'superseded')) THEN
    RAISE EXCEPTION 'a release does not move so'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_release_moves';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER result_release_moves BEFORE UPDATE OR DELETE ON result_release
  FOR EACH ROW EXECUTE FUNCTION release_moves();
"""

REVOKE = """
DO $$
DECLARE grantee text;
BEGIN
  FOR grantee IN
    SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
    WHERE g.table_schema = current_schema() AND g.table_name = '{table}'
      AND g.grantee <> current_user AND g.grantee <> 'PUBLIC'
  LOOP
    EXECUTE format('REVOKE {acts} ON {table} FROM %I', grantee);
  END LOOP;
END $$;
"""
KEPT = {
    "result_release": "DELETE, TRUNCATE",
    "result_centre": "DELETE, TRUNCATE",
    "result_candidate": "DELETE, TRUNCATE",
    "result_version": "UPDATE, DELETE, TRUNCATE",
}


def upgrade() -> None:
    _subject()
    _release()
    _centre()
    _candidate()
    _version()
    _file()
    _piece()
    _line()
    _fault()
    op.execute(SCOPE)
    for table in PROTECTED:
        _policies(table)
    op.execute(TRUTHS)
    for table, acts in KEPT.items():
        op.execute(REVOKE.format(table=table, acts=acts))


def _policies(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY scope_read ON {table} FOR SELECT USING ({READS})")
    op.execute(f"CREATE POLICY scope_insert ON {table} FOR INSERT WITH CHECK ({READS})")
    op.execute(
        f"CREATE POLICY scope_update ON {table} FOR UPDATE USING ({READS}) WITH CHECK ({READS})"
    )
    op.execute(f"CREATE POLICY scope_delete ON {table} FOR DELETE USING ({READS})")


def _subject() -> None:
    op.create_table(
        "result_subject",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=3), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("subject_group", sa.String(length=4), nullable=False),
        sa.Column("share", sa.Numeric(precision=6, scale=5), nullable=True),
        sa.Column("assumed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("code ~ '^[0-9]{3}$'", name=op.f("ck_result_subject_code_3_digits")),
        sa.CheckConstraint("share BETWEEN 0 AND 1", name=op.f("ck_result_subject_share")),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_result_subject_series_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_subject")),
        sa.UniqueConstraint("series_id", "code", name=op.f("uq_result_subject_series_id_code")),
    )
    op.create_index(
        op.f("ix_result_subject_series_id"), "result_subject", ["series_id"], unique=False
    )


def _release() -> None:
    op.create_table(
        "result_release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="loaded", nullable=False),
        sa.Column("file_name", sa.String(length=160), nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("file_hash", sa.LargeBinary(), nullable=False),
        sa.Column("format", sa.String(length=4), nullable=False),
        sa.Column("candidates", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "counts", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "proof", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "problem", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("phase", sa.String(length=20), nullable=True),
        sa.Column("rows_done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("prepared_by", sa.Integer(), nullable=False),
        sa.Column(
            "loaded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Integer(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("release_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("built_for", sa.DateTime(timezone=True), nullable=True),
        sa.Column("supersedes_id", sa.Integer(), nullable=True),
        sa.Column("store_key", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(state IN ('approved', 'released', 'superseded')) = (approved_by IS NOT NULL)",
            name=op.f("ck_result_release_approved_by_somebody"),
        ),
        sa.CheckConstraint(
            "(state IN ('released', 'superseded')) = (released_at IS NOT NULL)",
            name=op.f("ck_result_release_released_at"),
        ),
        sa.CheckConstraint("format IN ('csv', 'xlsx')", name=op.f("ck_result_release_format")),
        sa.CheckConstraint(
            "state IN ('loaded', 'checked', 'approved', 'released', 'superseded')",
            name=op.f("ck_result_release_state"),
        ),
        sa.CheckConstraint(
            "approved_by <> prepared_by", name=op.f("ck_result_release_two_persons")
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_result_release_number")),
        sa.CheckConstraint(
            "released_at IS NULL OR released_at >= release_at",
            name=op.f("ck_result_release_never_before_its_minute"),
        ),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["ab_user.id"], name=op.f("fk_result_release_approved_by")
        ),
        sa.ForeignKeyConstraint(
            ["prepared_by"], ["ab_user.id"], name=op.f("fk_result_release_prepared_by")
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_result_release_series_id")
        ),
        sa.ForeignKeyConstraint(
            ["supersedes_id"], ["result_release.id"], name=op.f("fk_result_release_supersedes_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_release")),
        sa.UniqueConstraint("series_id", "number", name=op.f("uq_result_release_series_id_number")),
    )
    op.create_index(
        op.f("ix_result_release_approved_by"), "result_release", ["approved_by"], unique=False
    )
    op.create_index(
        op.f("ix_result_release_prepared_by"), "result_release", ["prepared_by"], unique=False
    )
    op.create_index(
        op.f("ix_result_release_series_id"), "result_release", ["series_id"], unique=False
    )
    op.create_index(
        op.f("ix_result_release_supersedes_id"), "result_release", ["supersedes_id"], unique=False
    )
    op.create_index(
        "uq_result_release_one_open",
        "result_release",
        ["series_id"],
        unique=True,
        postgresql_where=sa.text("state = 'released'"),
    )


def _centre() -> None:
    op.create_table(
        "result_centre",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("county_code", sa.String(length=2), nullable=False),
        sa.Column("county", sa.String(length=60), nullable=False),
        sa.Column("registered", sa.Integer(), nullable=False),
        sa.Column("candidates", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["centre.id"], name=op.f("fk_result_centre_centre_id")
        ),
        sa.ForeignKeyConstraint(
            ["release_id"], ["result_release.id"], name=op.f("fk_result_centre_release_id")
        ),
        sa.PrimaryKeyConstraint("release_id", "centre_id", name=op.f("pk_result_centre")),
        sa.UniqueConstraint("release_id", "code", name=op.f("uq_result_centre_release_id_code")),
    )
    op.create_index(
        op.f("ix_result_centre_centre_id"), "result_centre", ["centre_id"], unique=False
    )


def _candidate() -> None:
    op.create_table(
        "result_candidate",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("index_number", sa.String(length=11), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("sex", sa.String(length=1), nullable=False),
        sa.Column("mean_grade", sa.String(length=2), nullable=False),
        sa.Column("held", sa.String(length=1), nullable=True),
        sa.Column("names", sa.String(length=160), nullable=False),
        sa.Column("subjects", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("row_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("held IN ('W', 'Y', 'P')", name=op.f("ck_result_candidate_held")),
        sa.CheckConstraint(
            "index_number ~ '^[0-9]{11}$'", name=op.f("ck_result_candidate_index_11_digits")
        ),
        sa.CheckConstraint(
            "jsonb_typeof(subjects) = 'object'", name=op.f("ck_result_candidate_subjects")
        ),
        sa.CheckConstraint(
            "mean_grade IN ('A', 'A-', 'B+', 'B', 'B-', 'C+', 'C', 'C-', 'D+', 'D', 'D-', 'E', 'X', 'Y', 'U', 'P', 'W')",
            name=op.f("ck_result_candidate_mean_grade"),
        ),
        sa.CheckConstraint("sex IN ('F', 'M')", name=op.f("ck_result_candidate_sex")),
        sa.CheckConstraint("version > 0", name=op.f("ck_result_candidate_version")),
        sa.ForeignKeyConstraint(
            ["release_id", "centre_id"],
            ["result_centre.release_id", "result_centre.centre_id"],
            name=op.f("fk_result_candidate_release_id_centre_id"),
        ),
        sa.PrimaryKeyConstraint("release_id", "index_number", name=op.f("pk_result_candidate")),
    )


def _version() -> None:
    op.create_table(
        "result_version",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("index_number", sa.String(length=11), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=10), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(length=128), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "act IN ('withhold', 'cancel', 'pend', 'restore', 'amend')",
            name=op.f("ck_result_version_act"),
        ),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_result_version_reason")),
        sa.CheckConstraint("version > 1", name=op.f("ck_result_version_version")),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["ab_user.id"], name=op.f("fk_result_version_changed_by")
        ),
        sa.ForeignKeyConstraint(
            ["release_id", "index_number"],
            ["result_candidate.release_id", "result_candidate.index_number"],
            name=op.f("fk_result_version_release_id_index_number"),
        ),
        sa.PrimaryKeyConstraint(
            "release_id", "index_number", "version", name=op.f("pk_result_version")
        ),
    )
    op.create_index(
        op.f("ix_result_version_changed_by"), "result_version", ["changed_by"], unique=False
    )


def _file() -> None:
    op.create_table(
        "result_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), server_default="received", nullable=False),
        sa.Column("run", sa.Integer(), server_default="0", nullable=False),
        sa.Column("file_name", sa.String(length=160), nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("file_hash", sa.LargeBinary(), nullable=False),
        sa.Column("format", sa.String(length=4), nullable=False),
        sa.Column("heading_row", sa.Integer(), nullable=True),
        sa.Column(
            "headings", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("first_rows", sa.LargeBinary(), nullable=True),
        sa.Column(
            "mapping", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("rows_done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("phase", sa.String(length=20), nullable=True),
        sa.Column(
            "report", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "problem", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("added_by", sa.Integer(), nullable=False),
        sa.Column(
            "added_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wiped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'stored') = (release_id IS NOT NULL)",
            name=op.f("ck_result_file_stored_as_release"),
        ),
        sa.CheckConstraint("format IN ('csv', 'xlsx')", name=op.f("ck_result_file_format")),
        sa.CheckConstraint(
            "state IN ('received', 'to_map', 'checking', 'checked', 'storing', 'stored', 'refused', 'discarded')",
            name=op.f("ck_result_file_state"),
        ),
        sa.ForeignKeyConstraint(["added_by"], ["ab_user.id"], name=op.f("fk_result_file_added_by")),
        sa.ForeignKeyConstraint(["asked_by"], ["ab_user.id"], name=op.f("fk_result_file_asked_by")),
        sa.ForeignKeyConstraint(
            ["release_id"], ["result_release.id"], name=op.f("fk_result_file_release_id")
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_result_file_series_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_file")),
    )
    op.create_index(op.f("ix_result_file_added_by"), "result_file", ["added_by"], unique=False)
    op.create_index(op.f("ix_result_file_asked_by"), "result_file", ["asked_by"], unique=False)
    op.create_index(op.f("ix_result_file_release_id"), "result_file", ["release_id"], unique=False)
    op.create_index(op.f("ix_result_file_series_id"), "result_file", ["series_id"], unique=False)


def _piece() -> None:
    op.create_table(
        "result_piece",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["result_file.id"],
            name=op.f("fk_result_piece_file_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("file_id", "number", name=op.f("pk_result_piece")),
    )


def _line() -> None:
    op.create_table(
        "result_line",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Boolean(), nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["result_file.id"], name=op.f("fk_result_line_file_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("file_id", "row_number", name=op.f("pk_result_line")),
    )


def _fault() -> None:
    op.create_table(
        "result_fault",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("at", sa.SmallInteger(), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("message", sa.String(length=300), nullable=False),
        sa.Column(
            "facts", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("warning", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["result_file.id"],
            name=op.f("fk_result_fault_file_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_fault")),
    )
    op.create_index(
        "ix_result_fault_file_id_row_number",
        "result_fault",
        ["file_id", "row_number"],
        unique=False,
    )


def downgrade() -> None:
    for table in ("fault", "line", "piece", "file", "version", "candidate", "centre"):
        op.drop_table(f"result_{table}")
    op.drop_table("result_release")
    op.drop_table("result_subject")
    for function in (
        "release_moves",
        "results_join_while_loaded",
        "result_changes_by_version",
        "app_reads_results",
    ):
        op.execute(f"DROP FUNCTION {function}()")
